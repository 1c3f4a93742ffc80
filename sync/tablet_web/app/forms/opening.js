// A resident who is not on this tablet: what is asked, what the document says by itself, and what
// keeps the new archive from being begun.

import { check } from "./check.js";
import { readIdNumber } from "./id_number.js";
import { bodyOf } from "./typed.js";

/** @typedef {import("./kinds.d.ts").Kind} Kind */
/** @typedef {import("./kinds.d.ts").Fault} Fault */
/** @typedef {import("./typed.js").TypedForm} TypedForm */
/** @typedef {Record<string, unknown>} Named */

/** Documents whose number says birth and sex. */
const TELLING = ["01", "05"];
/** Of the form what is no answer of the archive's own page. */
const BESIDE = ["team", "seen", "signed"];
const SAID_SO = "3";

/**
 * The form as it stands: with birth and sex of the document's number where they were left open.
 * @param {Kind} kind @param {TypedForm} typed
 * @returns {{ body: Named, told: Record<string, string> }}
 */
export function openingOf(kind, typed) {
  const own = bodyOf(kind.fields, typed);
  const number = own.id_no;
  const type = String(own.id_type ?? "");
  const said = typeof number === "string" && TELLING.includes(type) ? readIdNumber(number) : null;
  /** @type {Record<string, string>} */
  const told = {};
  if (said && own.birth_date === undefined) told.birth_date = said.birth;
  if (said && own.sex === undefined) told.sex = said.sex;
  return { body: { ...own, ...told }, told };
}

/**
 * What is wrong with it: by its own form, and by the checks of the archive's own page.
 * @param {Kind} kind @param {Kind} register @param {Named} body @param {string} today
 * @returns {Fault[]}
 */
export function openingFaults(kind, register, body, today) {
  const beside = { on: today, today };
  const names = new Set(kind.fields.map(({ name }) => name));
  const required = new Set(register.fields.filter((each) => each.required).map(({ name }) => name));
  const cells = cellsOf(body);
  const later = check(register, cells, beside)
    .filter((each) => names.has(each.field) && !each.warn)
    .filter((each) => each.code !== "missing" || !required.has(each.field));
  const found = check(kind, body, beside);
  const said = new Set(found.map((each) => `${each.field} ${each.say}`));
  return [...found, ...later.filter((each) => !said.has(`${each.field} ${each.say}`))];
}

/** The answers that become cells of the new archive. @param {Named} body @returns {Named} */
export const cellsOf = (body) =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !BESIDE.includes(name)));

/** Whether a signature has to be drawn: who cannot write says so. @param {Named} body @param {{ what: string }[]} pictures */
export const signatureMissing = (body, pictures) =>
  body.signed !== undefined &&
  body.signed !== SAID_SO &&
  !pictures.some((each) => each.what === "signature" || each.what === "photo");
