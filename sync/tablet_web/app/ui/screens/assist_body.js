// What an act says, made from what was typed; and what still keeps it from being signed. Pure.

import { check, editFaults } from "../../forms/check.js";
import { bodyOf, valueOf } from "../../forms/typed.js";

/** @typedef {import("../../forms/kinds.d.ts").Field} Field */
/** @typedef {import("../../forms/kinds.d.ts").Fault} Fault */
/** @typedef {import("../../forms/kinds.d.ts").Kind} Kind */
/** @typedef {import("../../forms/typed.js").TypedForm} TypedForm */
/** @typedef {import("../../types.js").Cell} Cell */

const NO_DOCUMENT = "9";
const CANNOT_SIGN = "3";
const AGREED = "1";
/** Questions that a page asks in a way of its own. */
const APART = ["present", "person", "seen", "number", "signed", "cells", "version", "agreed"];
const WITH_DOCUMENT = ["act_agree", "act_phone", "act_family", "act_switch"];

/** The questions that are drawn as the catalogue has them. @param {Kind} kind @param {string[]} [asked] asked otherwise */
export const plainFields = (kind, asked = []) =>
  kind.fields.filter(({ name }) => !APART.includes(name) && !asked.includes(name));

/** Who was there and what was seen. @param {Kind} kind */
export const whoFields = (kind) =>
  kind.fields.filter(
    ({ name }) => name === "seen" || (name === "number" && WITH_DOCUMENT.includes(kind.id)),
  );

/** @param {Kind} kind @param {TypedForm} typed */
export const isSigned = (kind, typed) =>
  kind.fields.some(({ name }) => name === "signed") && typed.agreed !== "2";

/** @param {Kind} kind @param {TypedForm} typed @param {{ name: string, value: unknown }[]} cells */
export function actBody(kind, typed, cells) {
  const body = bodyOf(kind.fields, { ...typed, present: "1" });
  if (typed.agreed === "2") Object.assign(body, { signed: CANNOT_SIGN });
  if (kind.fields.some(({ name }) => name === "cells")) {
    body.cells = cells.map(({ name, value }) => ({ cell: name, value: JSON.stringify(value) }));
  }
  return body;
}

/**
 * What is still missing or cannot be, in the order of the page.
 * @param {Kind} kind @param {Record<string, any>} body
 * @param {{ today: string, pictures: number, register: Kind, cells: { name: string, value: unknown }[] }} beside
 * @returns {Fault[]}
 */
export function lacks(kind, body, { today, pictures, register, cells }) {
  const found = check(kind, body, { on: today, today }).filter(({ warn }) => !warn);
  for (const { name, value } of cells) found.push(...editFaults(register, name, value, today));
  const agrees = kind.id !== "act_agree" || body.agreed === AGREED;
  const said = (/** @type {string} */ field) => found.some((each) => each.field === field);
  if (WITH_DOCUMENT.includes(kind.id) && agrees && body.seen === NO_DOCUMENT && !said("seen")) {
    found.push(fault("seen"));
  }
  if (kind.id === "act_phone" && !body.number) found.push(fault("number"));
  if (agrees && body.signed && body.signed !== CANNOT_SIGN && !pictures)
    found.push(fault("signed"));
  return found;
}

/** @param {string} field @returns {Fault} */
const fault = (field) => ({ field, code: "missing", say: "", warn: false });

/** A field of the register that can be put right here: one value, or answers out of codes. @param {Field} field */
export const correctable = (field) =>
  (field.resident_may === "ask" || field.resident_may === "change") &&
  (field.policy !== "set" || field.type.is === "codes");

/**
 * The cells that come of what was typed for one field; none where it says the same as now.
 * @param {Field} field @param {TypedForm} typed @param {Record<string, Cell>} cells
 * @returns {{ name: string, value: unknown }[]}
 */
export function cellsOf(field, typed, cells) {
  const value = valueOf(field.type, typed[field.name]);
  if (field.policy !== "set") {
    const now = cells[field.name]?.shown;
    return same(value, now) ? [] : [{ name: field.name, value: value ?? null }];
  }
  const wanted = new Set(/** @type {string[]} */ (value ?? []));
  const codes = field.type.is === "codes" ? Object.keys(field.type.codes) : [];
  return codes.flatMap((code) => {
    const name = `${field.name}/${code}`;
    const is = Boolean(cells[name]?.shown);
    return is === wanted.has(code) ? [] : [{ name, value: wanted.has(code) }];
  });
}

/** @param {unknown} a @param {unknown} b */
const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** What stands there now, as it is typed. @param {Field} field @param {Record<string, Cell>} cells */
export function shownNow(field, cells) {
  if (field.policy !== "set") return cells[field.name]?.shown;
  const codes = field.type.is === "codes" ? Object.keys(field.type.codes) : [];
  return codes.filter((code) => cells[`${field.name}/${code}`]?.shown);
}
