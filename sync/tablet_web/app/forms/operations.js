// What the operations of the expression language do with values (server/records/operations.py).

import { daysBetween, daysLater, fullMonths, fullYears, monthsLater, parts } from "./days.js";
import { readIdNumber } from "./id_number.js";

/** @typedef {number | string | boolean | string[] | null} Value */
/** @typedef {(...values: Value[]) => Value} Run */

export const LARGEST = 2 ** 53;

/** What stands in a form as a value; null for what the language has none for.
 * @param {unknown} found @returns {Value} */
export function value(found) {
  if (typeof found === "string" || typeof found === "boolean") return found;
  if (typeof found === "number") return bounded(found);
  if (!Array.isArray(found)) return null;
  return found.every((each) => typeof each === "string") ? found : null;
}

/** @param {number} found @returns {number | null} */
const bounded = (found) =>
  Number.isInteger(found) && Math.abs(found) <= LARGEST ? (found === 0 ? 0 : found) : null;

/** @param {Value} found @returns {number | null} */
const number = (found) => (typeof found === "number" ? found : null);

/** @param {unknown} item @param {string} key @returns {unknown} */
const answer = (item, key) =>
  item !== null && typeof item === "object" && !Array.isArray(item) && Object.hasOwn(item, key)
    ? /** @type {Record<string, unknown>} */ (item)[key]
    : undefined;

/** Of a list of objects the answers to one question. @param {unknown} items @param {string} key */
export function answersOf(items, key) {
  if (!Array.isArray(items)) return null;
  return items.map((item) => answer(item, key)).filter((each) => typeof each === "string");
}

/** Of a list of objects the sum of one number. @param {unknown} items @param {string} key */
export function totalOf(items, key) {
  if (!Array.isArray(items)) return null;
  let total = 0n;
  for (const item of items) {
    const found = number(value(answer(item, key)));
    if (found !== null) total += BigInt(found);
  }
  return exact(total);
}

/** @param {bigint} found @returns {number | null} */
const exact = (found) =>
  found <= BigInt(LARGEST) && found >= -BigInt(LARGEST) ? Number(found) : null;

/**
 * Folds numbers; what comes near the largest is worked out again without rounding.
 * @param {(a: number, b: number) => number} fold @param {(a: bigint, b: bigint) => bigint} wide
 * @returns {Run}
 */
const arithmetic =
  (fold, wide) =>
  (...values) => {
    /** @type {number | null} */
    let total = null;
    for (const [at, each] of values.entries()) {
      const found = number(each);
      if (found === null) return null;
      if (at === 0) total = found;
      else {
        const made = fold(Number(total), found);
        total =
          Math.abs(made) < LARGEST ? made + 0 : exact(wide(BigInt(Number(total)), BigInt(found)));
      }
      if (total === null) return null;
    }
    return total;
  };

/** @type {Run} */
function div(above, below) {
  const [a, b] = [number(above), number(below)];
  if (a === null || !b) return null;
  const [n, d] = [BigInt(Math.abs(a)), BigInt(Math.abs(b))];
  const whole = Number((2n * n + d) / (2n * d));
  return whole === 0 ? 0 : a < 0 === b < 0 ? whole : -whole;
}

/** @param {(n: bigint, d: bigint) => bigint} of @returns {Run} */
const whole = (of) => (above, below) => {
  const [a, b] = [number(above), number(below)];
  return a !== null && b !== null && b > 0 ? Number(of(BigInt(a), BigInt(b))) : null;
};

/** @param {bigint} n @param {bigint} d */
const rest = (n, d) => ((n % d) + d) % d;

/** @param {(...numbers: number[]) => number} choose @returns {Run} */
const extreme =
  (choose) =>
  (...values) => {
    const known = values.filter((each) => typeof each === "number");
    return known.length ? choose(...known) : null;
  };

/** @param {(a: any, b: any) => boolean} holds @returns {Run} */
const compare = (holds) => (a, b) =>
  a !== null && !Array.isArray(a) && typeof a === typeof b && b !== null ? holds(a, b) : null;

/** @type {Run} */
const and = (...values) =>
  values.includes(false) ? false : values.every((each) => each === true) ? true : null;

/** @type {Run} */
const or = (...values) =>
  values.includes(true) ? true : values.every((each) => each === false) ? false : null;

/** @param {Value} a @param {Value} b */
export const same = (a, b) =>
  a === b ||
  (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((x, n) => x === b[n]));

/** @type {Run} */
const has = (found, ...codes) =>
  Array.isArray(found)
    ? codes.some((code) => typeof code === "string" && found.includes(code))
    : null;

/** @type {Run} */
const list = (...values) => {
  /** @type {string[]} */
  const found = [];
  for (let at = 0; at + 1 < values.length; at += 2) {
    const then = values[at + 1];
    if (values[at] === true && typeof then === "string") found.push(then);
  }
  return found;
};

/** @param {(from: string, n: number) => string | null} move @returns {Run} */
const later = (move) => (from, n) => {
  const by = number(n);
  return typeof from === "string" && by !== null ? move(from, by) : null;
};

/** @param {Value} text @returns {number | null} */
function minute(text) {
  const found = typeof text === "string" ? /^([01][0-9]|2[0-3]):([0-5][0-9])$/.exec(text) : null;
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/** @type {Run} */
function minutes(from, to) {
  const [begin, end] = [minute(from), minute(to)];
  return begin !== null && end !== null ? end - begin : null;
}

/** @type {Run} */
const begins = (found, ...others) =>
  typeof found === "string"
    ? others.some((each) => typeof each === "string" && found.startsWith(each))
    : null;

/** @param {"holder" | "birth" | "sex"} part @returns {Run} */
const ofId = (part) => (text) =>
  typeof text === "string" ? (readIdNumber(text)?.[part] ?? null) : null;

const MANY = 200;

/** How many values an operation takes, at least and at most, and what it makes of them.
 * @type {Record<string, [number, number, Run]>} */
export const OPERATIONS = {
  "+": [
    1,
    MANY,
    arithmetic(
      (a, b) => a + b,
      (a, b) => a + b,
    ),
  ],
  "-": [
    2,
    2,
    arithmetic(
      (a, b) => a - b,
      (a, b) => a - b,
    ),
  ],
  "*": [
    2,
    MANY,
    arithmetic(
      (a, b) => a * b,
      (a, b) => a * b,
    ),
  ],
  div: [2, 2, div],
  floor: [2, 2, whole((n, d) => (n - rest(n, d)) / d)],
  rest: [2, 2, whole(rest)],
  abs: [1, 1, (a) => (typeof a === "number" ? Math.abs(a) : null)],
  min: [1, MANY, extreme(Math.min)],
  max: [1, MANY, extreme(Math.max)],
  "<": [2, 2, compare((a, b) => a < b)],
  "<=": [2, 2, compare((a, b) => a <= b)],
  ">": [2, 2, compare((a, b) => a > b)],
  ">=": [2, 2, compare((a, b) => a >= b)],
  "=": [2, 2, compare((a, b) => a === b)],
  "!=": [2, 2, compare((a, b) => a !== b)],
  and: [1, MANY, and],
  or: [1, MANY, or],
  not: [1, 1, (a) => (typeof a === "boolean" ? !a : null)],
  given: [1, 1, (a) => a !== null],
  in: [2, MANY, (a, ...others) => (a === null ? null : others.some((each) => same(a, each)))],
  has: [2, MANY, has],
  size: [1, 1, (a) => (Array.isArray(a) ? a.length : null)],
  days: [2, 2, daysBetween],
  months: [2, 2, fullMonths],
  years: [2, 2, fullYears],
  add_days: [2, 2, later(daysLater)],
  add_months: [2, 2, later(monthsLater)],
  year: [1, 1, (day) => parts(day)?.[0] ?? null],
  minutes: [2, 2, minutes],
  begins: [2, MANY, begins],
  id_holder: [1, 1, ofId("holder")],
  id_birth: [1, 1, ofId("birth")],
  id_sex: [1, 1, ofId("sex")],
  count: [1, MANY, (...values) => values.filter((each) => each === true).length],
  list: [2, MANY, list],
};
