// The language in which the catalogue writes down what is computed, checked and advised; its table
// stands in server/records/expression.py and one file of vectors holds both to the same answers.

import { answersOf, LARGEST, OPERATIONS, totalOf, value } from "./operations.js";

/** @typedef {import("./operations.js").Value} Value */
/** @typedef {Record<string, unknown>} Named */

/**
 * What an expression may look at, by name.
 * @typedef {object} Scope
 * @property {Named} fields
 * @property {Named} [last]
 * @property {Named} [known]
 * @property {Record<string, number>} [numbers]
 */

/** @typedef {(scope: Scope) => Value} Made */

export class ExpressionBroken extends Error {}

const DEEPEST = 40;
const NONE = Object.freeze({});
/** @type {Record<string, (scope: Scope) => Named>} */
const PLACES = {
  field: (scope) => scope.fields,
  last: (scope) => scope.last ?? NONE,
  known: (scope) => scope.known ?? NONE,
  number: (scope) => scope.numbers ?? NONE,
};

/** @type {WeakMap<object, Made>} */
const kept = new WeakMap();

/**
 * The expression as a function of what it looks at; made once for each that the catalogue holds.
 * @param {unknown} expression @returns {Made}
 */
export function compiled(expression) {
  if (!Array.isArray(expression)) return made(expression, 0);
  const before = kept.get(expression);
  if (before) return before;
  const run = made(expression, 0);
  kept.set(expression, run);
  return run;
}

/**
 * @param {unknown} expression @param {number} depth @returns {Made}
 */
function made(expression, depth) {
  if (depth > DEEPEST) throw new ExpressionBroken(`deeper than ${DEEPEST}`);
  if (expression === null || typeof expression === "string" || typeof expression === "boolean") {
    return () => expression;
  }
  if (typeof expression === "number") {
    if (!Number.isInteger(expression) || Math.abs(expression) > LARGEST) {
      throw new ExpressionBroken(`${expression} is no whole number, or too large`);
    }
    return () => expression;
  }
  if (!Array.isArray(expression) || !expression.length || typeof expression[0] !== "string") {
    throw new ExpressionBroken("no expression");
  }
  const [op, ...rest] = expression;
  if (Object.hasOwn(PLACES, op)) return source(op, rest);
  if (op === "each" || op === "total") return ofList(op, rest);
  if (op === "some") return some(rest, depth);
  if (op === "look") return look(rest, depth);
  if (op === "if") return choose(rest, depth);
  return operation(op, rest, depth);
}

/** @param {string} op @param {unknown[]} rest @param {number} depth @returns {Made} */
function operation(op, rest, depth) {
  if (!Object.hasOwn(OPERATIONS, op)) throw new ExpressionBroken(`no operation ${op}`);
  const [least, most, run] = OPERATIONS[op];
  if (rest.length < least || rest.length > most) {
    throw new ExpressionBroken(`${op} takes ${least} to ${most} values, not ${rest.length}`);
  }
  const values = rest.map((each) => made(each, depth + 1));
  return (scope) => run(...values.map((each) => each(scope)));
}

/** @param {string} op @param {unknown[]} rest @returns {Made} */
function source(op, rest) {
  const [name] = rest;
  if (rest.length !== 1 || typeof name !== "string") {
    throw new ExpressionBroken(`${op} names one thing`);
  }
  const place = PLACES[op];
  return (scope) => {
    const held = place(scope);
    return Object.hasOwn(held, name) ? value(held[name]) : null;
  };
}

/** @param {Scope} scope @param {string} name */
const listed = (scope, name) => (Object.hasOwn(scope.fields, name) ? scope.fields[name] : null);

/** @param {string} op @param {unknown[]} rest @returns {Made} */
function ofList(op, rest) {
  const [name, key] = rest;
  if (rest.length !== 2 || typeof name !== "string" || typeof key !== "string") {
    throw new ExpressionBroken(`${op} names a list and a key of its objects`);
  }
  const run = op === "each" ? answersOf : totalOf;
  return (scope) => run(listed(scope, name), key);
}

/** @param {unknown[]} rest @param {number} depth @returns {Made} */
function some(rest, depth) {
  const [name, asked] = rest;
  if (rest.length !== 2 || typeof name !== "string") {
    throw new ExpressionBroken("some names a list and asks of its objects");
  }
  const run = made(asked, depth + 1);
  return (scope) => {
    const items = listed(scope, name);
    if (!Array.isArray(items)) return null;
    return items.some(
      (each) =>
        each !== null &&
        typeof each === "object" &&
        !Array.isArray(each) &&
        run({ fields: each }) === true,
    );
  };
}

/** @param {unknown[]} rest @param {number} depth @returns {Made} */
function look(rest, depth) {
  const [asked, table] = rest;
  if (rest.length !== 2 || table === null || typeof table !== "object" || Array.isArray(table)) {
    throw new ExpressionBroken("look takes a value and an object");
  }
  const run = made(asked, depth + 1);
  const beside = /** @type {Record<string, Value>} */ (table);
  return (scope) => {
    const found = run(scope);
    if (typeof found !== "string" && typeof found !== "number") return null;
    return Object.hasOwn(beside, String(found)) ? beside[String(found)] : null;
  };
}

/** @param {unknown[]} rest @param {number} depth @returns {Made} */
function choose(rest, depth) {
  if (rest.length < 2) throw new ExpressionBroken("if takes 2 values or more");
  const values = rest.map((each) => made(each, depth + 1));
  return (scope) => {
    for (let at = 0; at + 1 < values.length; at += 2) {
      if (values[at](scope) === true) return values[at + 1](scope);
    }
    return values.length % 2 ? values[values.length - 1](scope) : null;
  };
}

/**
 * [where, name] of everything an expression looks at: ["field", "sbp"].
 * @param {unknown} expression @returns {[string, string][]}
 */
export function lookedAt(expression) {
  if (!Array.isArray(expression) || !expression.length) return [];
  const [op, ...rest] = expression;
  if (Object.hasOwn(PLACES, op)) return [[op, rest[0]]];
  if (op === "each" || op === "total" || op === "some") return [["field", rest[0]]];
  return rest.flatMap(lookedAt);
}

/** What an expression comes to. @param {unknown} expression @param {Partial<Scope>} scope */
export const evaluate = (expression, scope) => compiled(expression)({ fields: {}, ...scope });
