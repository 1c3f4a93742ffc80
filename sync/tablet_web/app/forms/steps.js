// What follows from a record: how things stand, when to come again, whether to refer. The decision
// table is the catalogue's next_steps; server/rules/next_step.py asks the same rows, and
// tests/vectors/next_steps.json holds both to the same answers.

import { computed } from "./computed.js";
import { daysLater, monthsLater } from "./days.js";
import { compiled } from "./expression.js";
import { AND } from "../words/zh/marks.js";
import { decimalText } from "./values.js";

/** @typedef {import("./kinds.d.ts").Kind} Kind */
/** @typedef {import("./kinds.d.ts").FieldType} FieldType */
/** @typedef {import("./expression.js").Scope} Scope */
/** @typedef {Record<string, unknown>} Named */
/** @typedef {{ when?: unknown, text: string }} Sentence */
/** @typedef {{ value: number, places?: number, unit?: string }} Numeral */

/**
 * @typedef {object} Row
 * @property {string[]} kinds
 * @property {string} id
 * @property {string} [track]
 * @property {unknown} when
 * @property {string} level
 * @property {string} refer
 * @property {Record<string, string>} [refer_as]
 * @property {number | string} [due_days]
 * @property {number | string} [due_months]
 * @property {string} rule
 * @property {string} clause
 * @property {string} [class]
 * @property {Sentence[]} reasons
 */

/**
 * @typedef {object} Table
 * @property {Record<string, Numeral>} number
 * @property {Record<string, string>} basis
 * @property {{ kinds: string[], name: string, expression: unknown, last?: boolean }[]} value
 * @property {Row[]} row
 * @property {({ kinds: string[] } & Sentence)[]} note
 */

/**
 * What follows from one record; `due` is the last day of the next service, null where the form's
 * own plan decides.
 * @typedef {object} Step
 * @property {string} row
 * @property {string} level at_goal, not_yet, twice, abnormal or emergency
 * @property {string} refer no, advise or now
 * @property {Record<string, string> | null} referAs
 * @property {string | null} due
 * @property {string} rule
 * @property {string} clause
 * @property {string} cls
 * @property {string[]} reasons
 * @property {string} basis
 */

/** Filled in, this field says that the visit did not take place. */
const LOST = "lost_reason";
const HARDEST = ["emergency", "twice", "abnormal", "not_yet", "at_goal"];
const KNOWN = [
  ...["on", "birth", "sex", "last_on", "hypertension", "diabetes", "copd", "pregnant"],
  ...["lactating", "retreated"],
];
const PART = /\{(?:(last|number|value):)?([^{}:]+)\}/g;

/**
 * @typedef {object} Asked
 * @property {string} on
 * @property {Named | null} [last] the record of the same kind before it
 * @property {Named} [known]
 * @property {Record<string, number>} [numbers] the district's
 */

/**
 * All that follows from a record in the newest form of its kind, one answer a track.
 * @param {Table} table @param {Kind} kind @param {Named} body @param {Asked} asked
 * @returns {Step[]}
 */
export function stepsAfter(table, kind, body, asked) {
  if (!Object.hasOwn(table.basis, kind.id) || Object.hasOwn(body, LOST)) return [];
  const scope = scopeOf(table, kind, body, asked);
  /** @type {Map<string, Step>} */
  const made = new Map();
  for (const row of table.row) {
    const track = row.track ?? "";
    if (!row.kinds.includes(kind.id) || made.has(track)) continue;
    if (compiled(row.when)(scope) === true)
      made.set(track, step(table, kind, row, scope, asked.on));
  }
  return [...made.values()];
}

/** The gravest of several. @param {Step[]} steps @returns {Step | null} */
export function gravest(steps) {
  const rank = (/** @type {Step} */ each) => HARDEST.indexOf(each.level);
  return steps.reduce(
    (/** @type {Step | null} */ worst, each) => (!worst || rank(each) < rank(worst) ? each : worst),
    null,
  );
}

/**
 * The numbers in force: the district's before the national ones.
 * @param {Table} table @param {Record<string, number>} [district]
 */
export function numbersOf(table, district = {}) {
  return Object.fromEntries(
    Object.entries(table.number).map(([name, each]) => [name, district[name] ?? each.value]),
  );
}

/**
 * What the rows look at: answers, the record before, what is known or was worked out.
 * @param {Table} table @param {Kind} kind @param {Named} body @param {Asked} asked
 * @returns {Scope}
 */
function scopeOf(table, kind, body, asked) {
  const last = asked.last ?? {};
  const before = Object.keys(last).length > 0;
  const handed = asked.known ?? {};
  const told = KNOWN.filter((name) => handed[name] != null).map((name) => [name, handed[name]]);
  /** @type {Named} */
  const given = { ...Object.fromEntries(told), on: asked.on };
  const numbers = numbersOf(table, asked.numbers);
  /** @type {Named} */
  const then = { ...given, on: given.last_on ?? asked.on };
  Object.assign(given, computed(kind, body, given, last, numbers));
  const scope = { fields: body, last, known: given, numbers };
  if (before) Object.assign(then, computed(kind, last, then, {}, numbers));
  const earlier = { fields: last, last: {}, known: then, numbers };
  for (const each of table.value.filter(({ kinds }) => kinds.includes(kind.id))) {
    const run = compiled(each.expression);
    given[each.name] = run(scope);
    if (each.last && before) {
      then[each.name] = run(earlier);
      given[`last_${each.name}`] = then[each.name];
    }
  }
  return scope;
}

/** @param {Table} table @param {Kind} kind @param {Row} row @param {Scope} scope @param {string} on @returns {Step} */
function step(table, kind, row, scope, on) {
  const numbers = scope.numbers ?? {};
  const span = (/** @type {number | string} */ n) => (typeof n === "number" ? n : numbers[n]);
  const due =
    row.due_days !== undefined
      ? daysLater(on, span(row.due_days))
      : row.due_months !== undefined
        ? monthsLater(on, span(row.due_months))
        : null;
  const notes = table.note.filter(({ kinds }) => kinds.includes(kind.id));
  const said = [...row.reasons, ...notes].map((each) => sentence(table, kind, each, scope, due));
  return {
    row: row.id,
    level: row.level,
    refer: row.refer,
    referAs: row.refer_as ?? null,
    due,
    rule: row.rule,
    clause: row.clause,
    cls: kind.class === "B" ? "B" : (row.class ?? "A"),
    reasons: [...new Set(said.filter((each) => each !== null))],
    basis: table.basis[kind.id],
  };
}

/**
 * A sentence with its parts; null when it is not said, or a part is not known.
 * @param {Table} table @param {Kind} kind @param {Sentence} each @param {Scope} scope
 * @param {string | null} due @returns {string | null}
 */
function sentence(table, kind, each, scope, due) {
  if (each.when !== undefined && compiled(each.when)(scope) !== true) return null;
  let whole = true;
  const text = each.text.replace(PART, (_, source, name) => {
    const found = part(table, kind, source ?? "", name, scope, due);
    if (found === null) whole = false;
    return found ?? "";
  });
  return whole ? text : null;
}

/**
 * @param {Table} table @param {Kind} kind @param {string} source @param {string} name
 * @param {Scope} scope @param {string | null} due @returns {string | null}
 */
function part(table, kind, source, name, scope, due) {
  if (!source && name === "due") return due;
  if (source === "number") {
    return decimalText(Number(scope.numbers?.[name]), table.number[name].places ?? 0);
  }
  if (source === "value") {
    const found = scope.known?.[name];
    if (found == null) return null;
    const worked = kind.computed.find((each) => each.name === name);
    return worked ? (asWritten(worked.type, found) ?? "") : String(found);
  }
  const found = (source === "last" ? scope.last : scope.fields)?.[name];
  const field = kind.fields.find((each) => each.name === name);
  return found == null || !field ? null : asWritten(field.type, found);
}

/** An answer as people write it. @param {FieldType} type @param {unknown} found @returns {string | null} */
export function asWritten(type, found) {
  if (type.is === "scaled" && typeof found === "number") return decimalText(found, type.places);
  if (type.is === "code") return type.codes[String(found)] ?? null;
  if (type.is === "codes" && Array.isArray(found)) {
    return found
      .filter((each) => each in type.codes)
      .map((each) => type.codes[each])
      .join(AND);
  }
  return String(found);
}
