// The archive's own page as somebody changes it: cells as rows and answers, and back as the cells
// that changed and no others.

import { check, editFaults } from "./check.js";
import { bodyOf, filledRows, typedOf, valueOf } from "./typed.js";

/** @typedef {import("./kinds.d.ts").Kind} Kind */
/** @typedef {import("./kinds.d.ts").Field} Field */
/** @typedef {import("./kinds.d.ts").Fault} Fault */
/** @typedef {import("./typed.js").Typed} Typed */
/** @typedef {import("./typed.js").TypedForm} TypedForm */
/** @typedef {{ field: string, element: string, shown?: unknown }} Shown */
/** @typedef {Record<string, unknown>} Named */

/** @param {unknown} value */
const isThere = (value) => value !== null && value !== undefined && value !== false;

/** The elements of a set that are there. @param {Field} field @param {Shown[]} cells @returns {[string, unknown][]} */
const elements = (field, cells) =>
  cells
    .filter((each) => each.field === field.name && each.element && isThere(each.shown))
    .map((each) => [each.element, each.shown]);

/** What a field says, as somebody would have typed it. @param {Field} field @param {Shown[]} cells @returns {Typed} */
export function typedCell(field, cells) {
  const { type, policy } = field;
  if (policy !== "set") {
    const shown = cells.find((each) => each.field === field.name && !each.element)?.shown;
    return isThere(shown)
      ? typedOf(type, shown)
      : type.is === "codes" || type.is === "list"
        ? []
        : "";
  }
  const there = elements(field, cells);
  if (type.is === "codes") {
    const keys = there.map(([key]) => key);
    return Object.keys(type.codes).filter((code) => keys.includes(code));
  }
  if (type.is !== "list") return "";
  const items = there.map(([key, value]) => ({
    ...(typeof value === "object" ? value : {}),
    [type.key]: key,
  }));
  return typedOf(type, items);
}

/** The cells of one field as it is typed now. @param {Field} field @param {Typed | undefined} typed @returns {Named} */
function cellsOf(field, typed) {
  const { type, policy, name } = field;
  if (policy !== "set") return { [name]: valueOf(type, typed) ?? null };
  if (type.is === "codes") {
    const codes = Array.isArray(typed) ? /** @type {string[]} */ (typed) : [];
    return Object.fromEntries(codes.map((code) => [`${name}/${code}`, true]));
  }
  if (type.is !== "list") return {};
  return Object.fromEntries(
    filledRows(type, typed).map((row) => {
      const { [type.key]: key, ...rest } = bodyOf(type.fields, row);
      return [`${name}/${key}`, Object.keys(rest).length ? rest : true];
    }),
  );
}

/** @param {unknown} value */
const plain = (value) =>
  JSON.stringify(value, (_, each) =>
    each && typeof each === "object" && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );

/**
 * The cells that somebody changed: of what was touched, what says something else than before.
 * @param {Field[]} fields @param {TypedForm} touched by field @param {Shown[]} cells
 * @returns {Named} cell -> value; null takes it away
 */
export function changedCells(fields, touched, cells) {
  /** @type {Named} */
  const changed = {};
  for (const field of fields) {
    if (!(field.name in touched)) continue;
    const before = cellsOf(field, typedCell(field, cells));
    const after = cellsOf(field, touched[field.name]);
    for (const cell of Object.keys({ ...before, ...after })) {
      const [was, is] = [before[cell] ?? null, after[cell] ?? null];
      if (plain(was) !== plain(is)) changed[cell] = is;
    }
  }
  return changed;
}

/** The whole page as one body, as typed. @param {Field[]} fields @param {TypedForm} touched @param {Shown[]} cells */
export function bodyOfCells(fields, touched, cells) {
  const typed = Object.fromEntries(
    fields.map((field) => [field.name, touched[field.name] ?? typedCell(field, cells)]),
  );
  return bodyOf(fields, typed);
}

/**
 * What is wrong with the changes: each cell by itself, and what no longer fits together. What was
 * incomplete before stops nobody.
 * @param {Kind} kind @param {Named} changed @param {Named} body the whole page
 * @param {{ on: string, today: string }} days @returns {Fault[]}
 */
export function changeFaults(kind, changed, body, days) {
  const single = Object.entries(changed).flatMap(([cell, value]) =>
    editFaults(kind, cell, value, days.today),
  );
  const touched = new Set(Object.keys(changed).map((cell) => cell.split("/")[0] ?? ""));
  const between = kind.checks
    .filter((each) => !each.missing && each.needs.some((name) => touched.has(name)))
    .map((each) => each.sentence);
  const found = check(kind, body, { ...days, sex: null, birth: null });
  return [
    ...single,
    ...found.filter((each) => each.code === "contradiction" && between.includes(each.say)),
  ];
}
