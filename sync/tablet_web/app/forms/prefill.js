// The same information is filled in once: what a new form begins with, what stands beside it as
// 上次, what is known beyond it. The rules are the catalogue's `prefill` and `beside`
// (server/records/prefill.py, known.py); tests/vectors/prefill.json holds both to one answer.

import { computed } from "./computed.js";
import { daysBetween } from "./days.js";
import { readField } from "./values.js";

/** @typedef {import("./kinds.d.ts").Kind} Kind */
/** @typedef {import("./kinds.d.ts").Field} Field */
/** @typedef {Record<string, unknown>} Named */
/** @typedef {{ kind: string, v: number, on: string, body: Named }} Written */
/** @typedef {{ value: any, on: string, kind: string }} Last */

/**
 * @typedef {object} Rules
 * @property {{ lasting: string[], target: string, basics: Record<string, Record<string, string>>, same: Record<string, Record<string, string[]>> }} prefill
 * @property {{ measured: Record<string, string[]>, pregnancy: { from: string, days: number, until: string[] }, this_year: Record<string, string> }} beside
 * @property {Kind[]} kinds
 */

const NO_DAY = "9999-12-31";

/** @param {{ on: string }[]} written */
const oldestFirst = (written) =>
  [...written].sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));

/**
 * Of each field the newest value in any form that asks the same.
 * @param {Rules} rules @param {Kind} kind @param {Written[]} written
 * @returns {Record<string, Last>}
 */
export function lastValues(rules, kind, written) {
  /** @type {Record<string, Last>} */
  const found = {};
  for (const each of /** @type {Written[]} */ (oldestFirst(written))) {
    for (const { name } of shared(rules, kind, each)) {
      found[name] = { value: each.body[name], on: each.on, kind: each.kind };
    }
  }
  return found;
}

/**
 * The values a form for a service on that day begins with.
 * @param {Rules} rules @param {Kind} kind @param {Written[]} written @param {string} on
 * @param {Named} [basics] what the archive's own page says
 * @returns {Named}
 */
export function prefilled(rules, kind, written, on, basics = {}) {
  /** @type {Named} */
  const values = {};
  const asked = rules.prefill.basics[`${kind.id}/${kind.version}`] ?? {};
  for (const [name, own] of Object.entries(asked)) {
    if (basics[own] != null) values[name] = basics[own];
  }
  const { lasting, target } = rules.prefill;
  for (const each of /** @type {Written[]} */ (oldestFirst(written))) {
    const sameDay = each.on === on && each.kind !== kind.id;
    for (const { name } of shared(rules, kind, each)) {
      if (sameDay || lasting.includes(name) || name.endsWith(target))
        values[name] = each.body[name];
    }
  }
  return values;
}

/**
 * Fields that the record holds with the same meaning. Nothing goes down a class: what a revealing
 * answer makes restricted stays out of an open form.
 * @param {Rules} rules @param {Kind} kind @param {Written} written @returns {Field[]}
 */
function shared(rules, kind, { kind: id, v, body }) {
  const theirs = rules.kinds.find((each) => each.id === id && each.version === v);
  if (!theirs) return [];
  const same = rules.prefill.same[`${kind.id}/${kind.version}`] ?? {};
  const reveals = theirs.fields.some((each) => each.reveals && Object.hasOwn(body, each.name));
  return kind.fields.filter((field) => {
    if (!Object.hasOwn(body, field.name)) return false;
    if (!same[field.name]?.includes(`${id}/${v}`)) return false;
    const hidden = reveals && field.type.is === "text" && field.class === "A" && kind.class === "A";
    return !hidden && fits(field, body[field.name]);
  });
}

/** Whether a number of another form lies in what this one takes. @param {Field} field @param {unknown} value */
function fits(field, value) {
  const { is } = field.type;
  return (is !== "integer" && is !== "scaled") || readField(field, value, NO_DAY).sound;
}

/**
 * All that is known beside a form for a service on that day.
 * @param {Rules} rules @param {Written[]} written @param {string} on
 * @param {{ birth: string, sex: string }} person
 * @returns {Named}
 */
export function knownOf(rules, written, on, { birth, sex }) {
  const { measured, pregnancy, this_year: year } = rules.beside;
  /** @type {Named} */
  const found = { on };
  if (birth) found.birth = birth;
  if (sex) found.sex = sex;
  const before = /** @type {Written[]} */ (oldestFirst(written.filter((each) => each.on <= on)));
  for (const { kind, v, on: day, body } of before) {
    for (const [name, kinds] of Object.entries(measured)) {
      if (kinds.includes(kind) && Number.isInteger(body[name])) found[name] = body[name];
    }
    const ago = daysBetween(day, on);
    if (kind === pregnancy.from && ago !== null && ago <= pregnancy.days) found.lmp = body.lmp;
    if (pregnancy.until.includes(kind)) delete found.lmp;
    for (const [name, from] of Object.entries(year)) {
      const form = rules.kinds.find((each) => each.id === kind && each.version === v);
      if (kind !== from || day.slice(0, 4) !== on.slice(0, 4) || !form) continue;
      found[name] = computed(form, body, {})[name];
    }
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value != null));
}

/**
 * The newest record of that kind before that day; null for the first.
 * @template {{ kind: string, on: string }} T
 * @param {string} kindId @param {T[]} written @param {string} on
 * @returns {T | null}
 */
export function lastOf(kindId, written, on) {
  const before = written.filter((each) => each.kind === kindId && each.on < on);
  return before.reduce((/** @type {T | null} */ a, b) => (a && a.on >= b.on ? a : b), null);
}
