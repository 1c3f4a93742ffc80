// What a page asks: the fields of one form, or of several filled in in one go, where the same
// question is asked once and goes into every record that asks it.

import { filledIn, computed } from "./computed.js";
import { check } from "./check.js";
import { compiled } from "./expression.js";
import { knownOf, lastOf } from "./prefill.js";
import { bodyOf } from "./typed.js";

/** @typedef {import("./kinds.d.ts").Kind} Kind */
/** @typedef {import("./kinds.d.ts").Field} Field */
/** @typedef {import("./kinds.d.ts").Fault} Fault */
/** @typedef {import("./kinds.d.ts").Beside} Beside */
/** @typedef {import("./typed.js").TypedForm} TypedForm */
/** @typedef {import("./operations.js").Value} Value */
/** @typedef {Record<string, unknown>} Named */

/**
 * One question of the page. `key` names what is typed: the field's name, with the form's before it
 * where several forms mean different things by that name.
 * @typedef {object} Question
 * @property {string} key
 * @property {Field} field
 * @property {string[]} kinds The forms that ask it.
 * @property {string} of The form it is told apart by; "" when asked once for all.
 */

/** @typedef {{ title: string, of: string, questions: Question[] }} Section */

/** @param {Kind} kind @param {Field} field */
const filler = (kind, field) =>
  JSON.stringify(kind.computed.find((each) => each.fills === field.name)?.expression ?? null);

/**
 * Whether two forms ask the same: one name, label and type, worked out in one way.
 * @param {Kind} kind @param {Field} field @param {Kind} other
 */
function askedAlike(kind, field, other) {
  const theirs = other.fields.find((each) => each.name === field.name);
  if (!theirs) return null;
  return (
    theirs.label === field.label &&
    JSON.stringify(theirs.type) === JSON.stringify(field.type) &&
    filler(kind, field) === filler(other, theirs)
  );
}

/**
 * The questions of a page under the headings of the first form; what only a later one asks stands
 * under the same heading, or else before the last one, which ends the visit.
 * @param {Kind[]} kinds
 * @param {(kind: Kind) => { title: string, fields: { name: string }[] }[]} sectionsOf
 * @returns {Section[]}
 */
export function asked(kinds, sectionsOf) {
  const made = kinds.flatMap((kind, at) =>
    sectionsOf(kind).map(({ title, fields }) => ({
      title,
      of: at ? kind.id : "",
      questions: fields.flatMap(({ name }) => question(kinds, at, name) ?? []),
    })),
  );
  /** @type {Section[]} */
  const laid = [];
  for (const section of made.filter(({ questions }) => questions.length)) {
    const same = section.of && laid.find((each) => each.title === section.title);
    if (same) same.questions.push(...section.questions);
    else if (section.of) laid.splice(Math.max(1, laid.length - 1), 0, section);
    else laid.push({ ...section, questions: [...section.questions] });
  }
  return laid;
}

/** @param {Kind[]} kinds @param {number} at @param {string} name @returns {Question | null} */
function question(kinds, at, name) {
  const kind = /** @type {Kind} */ (kinds[at]);
  const field = kind.fields.find((each) => each.name === name);
  if (!field) return null;
  const others = kinds.filter((each) => each !== kind);
  const alike = others.filter((each) => askedAlike(kind, field, each) === true);
  if (kinds.slice(0, at).some((each) => alike.includes(each))) return null;
  const unlike = others.some((each) => askedAlike(kind, field, each) === false);
  return {
    key: unlike ? `${kind.id}:${name}` : name,
    field,
    kinds: [kind, ...alike].map(({ id }) => id),
    of: unlike ? kind.id : "",
  };
}

/** What was typed for one form, by its own names. @param {Kind} kind @param {Question[]} questions @param {TypedForm} typed */
export function typedFor(kind, questions, typed) {
  /** @type {TypedForm} */
  const own = {};
  for (const each of questions) {
    const found = typed[each.key];
    if (each.kinds.includes(kind.id) && found !== undefined) own[each.field.name] = found;
  }
  return own;
}

/** Where a form's field is asked. @param {Kind} kind @param {Question[]} questions @param {string} name */
export const keyOf = (kind, questions, name) =>
  questions.find((each) => each.field.name === name && each.kinds.includes(kind.id))?.key ?? name;

/**
 * @typedef {object} Around What is known beside the forms of a page.
 * @property {string} on
 * @property {string} today
 * @property {{ sex: string, birth: string }} person
 * @property {string} [died]
 * @property {import("./prefill.js").Written[]} written
 * @property {Record<string, number>} [numbers]
 */

/**
 * One form judged as it stands.
 * @typedef {object} Judged
 * @property {Kind} kind
 * @property {Named} body with what was worked out where the page was left open
 * @property {Named} filled what was worked out and stands in the form
 * @property {Record<string, Value>} values everything that was worked out
 * @property {Named} sound answers that nothing hard is wrong with
 * @property {Fault[]} faults
 * @property {{ on: string, body: Named } | null} last
 * @property {Named} known
 */

/**
 * @param {import("./prefill.js").Rules} rules @param {Kind} kind @param {TypedForm} typed
 * @param {Around} around @returns {Judged}
 */
export function judged(rules, kind, typed, around) {
  const { on, today, person, written, numbers = {} } = around;
  const known = knownOf(rules, written, on, person);
  const last = lastOf(kind.id, written, on);
  const own = bodyOf(kind.fields, typed);
  const right = soundOf(kind, own, today, around);
  const values = computed(kind, right, known, last?.body ?? {}, numbers);
  const filled = filledIn(kind, own, values);
  const body = { ...own, ...filled };
  const faults = namedAtTheSource(kind, check(kind, body, besideOf(around, known)));
  return { kind, body, filled, values, sound: soundBy(body, faults), faults, last, known };
}

/** @param {Around} around @param {Named} [known] @returns {Beside} */
const besideOf = ({ on, today, person, died, numbers }, known) => ({
  on,
  today,
  sex: person.sex || null,
  birth: person.birth || null,
  died: died || null,
  known: known ?? {},
  numbers: numbers ?? {},
});

/** @param {Kind} kind @param {Named} body @param {string} _today @param {Around} around */
const soundOf = (kind, body, _today, around) => soundBy(body, check(kind, body, besideOf(around)));

/** Answers without those that are refused in themselves. @param {Named} body @param {Fault[]} faults @returns {Named} */
function soundBy(body, faults) {
  const wrong = new Set(
    faults
      .filter((each) => !each.warn && each.code !== "contradiction")
      .map((each) => each.field.split("/")[0]),
  );
  return Object.fromEntries(Object.entries(body).filter(([name]) => !wrong.has(name)));
}

/**
 * Without the question for a number that is worked out from another that is at fault itself.
 * @param {Kind} kind @param {Fault[]} faults
 */
function namedAtTheSource(kind, faults) {
  const wrong = new Set(faults.filter((each) => !each.warn).map((each) => each.field));
  const follows = kind.computed
    .filter(({ type }) => type.is === "integer" || type.is === "scaled")
    .filter(({ expression }) => fieldsIn(expression).some((name) => wrong.has(name)))
    .map(({ fills }) => fills);
  return faults.filter((each) => each.code !== "missing" || !follows.includes(each.field));
}

/** @param {unknown} expression @returns {string[]} */
function fieldsIn(expression) {
  if (!Array.isArray(expression)) return [];
  if (expression[0] === "field") return [expression[1]];
  return expression.slice(1).flatMap(fieldsIn);
}

/**
 * Details that are asked only beside an answer: symptoms_other, adr_text. Everything else stands on
 * the page from the beginning.
 * @param {Kind} kind @param {Field} field @param {Named} sound @param {Named} known
 */
export function isAskedNow(kind, field, sound, known) {
  const rules = kind.checks.filter((each) => each.missing === field.name);
  const detail =
    !field.required &&
    rules.length > 0 &&
    rules.every(
      ({ needs, warn }) =>
        !warn && needs.length === 1 && needs[0] && isDetail(kind, field.name, needs[0]),
    );
  if (!detail) return true;
  return rules.some(
    ({ needs, broken }) =>
      needs.every((name) => name in sound) && compiled(broken)({ fields: sound, known }) === true,
  );
}

/** @param {Kind} kind @param {string} name @param {string} of */
function isDetail(kind, name, of) {
  const type = kind.fields.find((each) => each.name === of)?.type.is;
  return (type === "code" || type === "codes") && name.startsWith(`${of}_`);
}
