// What follows from the answers of a form, by the definitions of its kind in the catalogue.

import { compiled } from "./expression.js";
import { readField } from "./values.js";

/** @typedef {import("./kinds.d.ts").Kind} Kind */
/** @typedef {import("./operations.js").Value} Value */
/** @typedef {Record<string, unknown>} Named */

/**
 * Every value that follows from the form, by name; what is not known is left out.
 * @param {Kind} kind @param {Named} body @param {Named} known
 * @param {Named} [last] the body of the record of this kind before
 * @param {Record<string, number>} [numbers] the district's
 * @returns {Record<string, Value>}
 */
export function computed(kind, body, known, last = {}, numbers = {}) {
  const grown = { ...known };
  const scope = { fields: body, last, known: grown, numbers };
  /** @type {Record<string, Value>} */
  const found = {};
  for (const each of kind.computed) {
    const value = compiled(each.expression)(scope);
    grown[each.name] = value;
    if (value !== null) found[each.name] = value;
  }
  return found;
}

/**
 * Of the computed values those that take the place of an answer left out, by field.
 * @param {Kind} kind @param {Named} body @param {Record<string, Value>} values
 * @returns {Named}
 */
export function filledIn(kind, body, values) {
  /** @type {Named} */
  const found = {};
  for (const each of kind.computed) {
    const field = kind.fields.find(({ name }) => each.fills && name === each.fills);
    const value = values[each.name];
    if (!field || value === undefined || Object.hasOwn(body, field.name)) continue;
    if (readField(field, value, "9999-12-31").sound) found[field.name] = value;
  }
  return found;
}
