// How wide a question stands on twelve columns: by what it asks and how long its answers are. The
// order stays that of the form; a row that is not full is filled by its last question.

import { isItem } from "./typed.js";

/** @typedef {import("./kinds.d.ts").Field} Field */

const COLUMNS = 12;
const FEW = 5;
const TARGET = "_target";
const LONG_ANSWER = 9;
const ROOMY = 24;

/** Longer texts are written on several lines. */
export const LINE = 200;

/** Whether answers stand side by side; more of them, or long ones, are chosen from a sheet. @param {Record<string, string>} codes */
export function isSegmented(codes) {
  const labels = Object.values(codes);
  const signs = labels.reduce((sum, label) => sum + label.length, 0);
  const longest = Math.max(...labels.map((label) => label.length));
  return labels.length <= FEW && signs <= ROOMY && longest <= LONG_ANSWER + 3;
}

/** @param {Field} field @param {Field[]} beside */
function wanted(field, beside) {
  const { type } = field;
  const paired = beside.some(({ name }) => name.endsWith(TARGET));
  switch (type.is) {
    case "integer":
    case "scaled":
      return paired ? 3 : 4;
    case "day":
    case "month":
    case "time":
    case "ref":
      return 4;
    case "code": {
      if (!isSegmented(type.codes)) return 6;
      const labels = Object.values(type.codes);
      const signs = labels.reduce((sum, label) => sum + label.length + 2, 0);
      return signs <= 10 ? 4 : signs <= 18 ? 6 : signs <= 26 ? 8 : COLUMNS;
    }
    case "codes":
      return Object.keys(type.codes).length <= 2 ? 6 : COLUMNS;
    case "text":
      return type.most <= 30 ? 4 : type.most <= LINE ? 6 : COLUMNS;
    default:
      return COLUMNS;
  }
}

/**
 * The width of each question.
 * @param {Field[]} fields @returns {number[]}
 */
export function widths(fields) {
  const asks = fields.map((field) => wanted(field, fields));
  /** @type {number[][]} */
  const rows = [];
  let used = COLUMNS;
  asks.forEach((width, at) => {
    // A value and its target stand side by side.
    const next = fields[at + 1];
    const together = next?.name.endsWith(TARGET) && !fields[at]?.name.endsWith(TARGET);
    const needed = together ? width + (asks[at + 1] ?? 0) : width;
    if (used + needed > COLUMNS && used + width + (together ? COLUMNS : 0) > COLUMNS) {
      rows.push([]);
      used = 0;
    }
    rows[rows.length - 1]?.push(at);
    used += width;
  });
  for (const row of rows) filled(row, asks, fields);
  return asks;
}

/** What is left of a row goes to what gains by it. @param {number[]} row @param {number[]} asks @param {Field[]} fields */
function filled(row, asks, fields) {
  const left = COLUMNS - row.reduce((sum, at) => sum + (asks[at] ?? 0), 0);
  if (left <= 0) return;
  const wide = row.findLast((at) => ["code", "codes", "text"].includes(fields[at]?.type.is ?? ""));
  if (wide !== undefined) asks[wide] = (asks[wide] ?? 0) + left;
  else if (row.length === 2 || row.length === 3) {
    for (const at of row) asks[at] = COLUMNS / row.length;
  }
}

/** The fields of a list's row that somebody fills in. @param {Field[]} fields */
export const rowFields = (fields) => fields.filter((field) => !isItem(field));
