// A filled-in form: is it all right, and if not, what exactly is wrong with it. What stands in the
// catalogue is evaluated, nothing is decided here: server/records/check.py gives the same answers,
// and tests/vectors/checks.json holds both to them.

import { words } from "../words/zh/check.js";
import { compiled } from "./expression.js";
import { same } from "./operations.js";
import { fault, isObject, itemFaults, keyFaults, missing, readField, wrong } from "./values.js";

/** @typedef {import("./kinds.d.ts").Kind} Kind */
/** @typedef {import("./kinds.d.ts").Check} Check */
/** @typedef {import("./kinds.d.ts").Field} Field */
/** @typedef {import("./kinds.d.ts").Fault} Fault */
/** @typedef {import("./kinds.d.ts").Beside} Beside */
/** @typedef {Record<string, unknown>} Named */

/**
 * What single answers are found to be.
 * @typedef {object} Read
 * @property {Named} sound answers that may take part in checks
 * @property {Set<string>} wrong fields that are faulty or missing
 * @property {Named} clashing known codes that contradict each other
 * @property {Fault[]} faults
 */

/**
 * Every fault of a form, hard ones and questions; none when it is all right.
 * @param {Kind} kind @param {Named} body @param {Beside} beside
 * @returns {Fault[]}
 */
export function check(kind, body, beside) {
  const found = singly(kind, body, beside.today);
  const waiver = kind.waiver?.field ?? "";
  const waived = Boolean(waiver) && (waiver in found.sound || found.wrong.has(waiver));
  return [
    ...found.faults,
    ...between(kind, found, beside, waived),
    ...ofALife(kind, beside, waived),
    ...questions(kind, found.sound, beside),
  ];
}

/** @param {Kind} kind @param {Named} body @param {string} today @returns {Read} */
function singly(kind, body, today) {
  /** @type {Read} */
  const found = { sound: {}, wrong: new Set(), clashing: {}, faults: [] };
  const { waiver } = kind;
  const waived = waiver !== null && Object.hasOwn(body, waiver.field);
  for (const field of kind.fields) {
    const { name } = field;
    if (Object.hasOwn(body, name)) {
      const { sound, faults } = readField(field, body[name], today);
      found.faults.push(...faults);
      if (sound) found.sound[name] = body[name];
      else {
        found.wrong.add(name);
        const clash = faults.every((each) => each.code === "contradiction");
        if (field.type.is === "codes" && clash) found.clashing[name] = body[name];
      }
    } else if (field.required && (!waived || waiver?.keeps.includes(name))) {
      found.faults.push(missing(field));
      found.wrong.add(name);
    }
  }
  return found;
}

/** What is known beside the form, by name. @param {Beside} beside @returns {Named} */
const knownOf = ({ on, today, sex, birth }) => ({
  on,
  today,
  sex: sex ?? null,
  birth: birth ?? null,
});

/** @param {Kind} kind @param {Read} found @param {Beside} beside @param {boolean} waived */
function between(kind, found, beside, waived) {
  const known = knownOf(beside);
  return kind.checks.filter((each) => isMade(kind, each, found, known, waived)).map(said);
}

/** @param {Check} each */
const said = (each) =>
  fault(each.at, each.missing ? "missing" : "contradiction", each.sentence, each.warn);

/**
 * @param {Kind} kind @param {Check} each @param {Read} found @param {Named} known
 * @param {boolean} waived
 */
function isMade(kind, each, found, known, waived) {
  const { sound } = found;
  if (each.missing && (each.missing in sound || found.wrong.has(each.missing))) return false;
  // Of a service that was not given nothing is asked for but what the waiver itself needs.
  if (waived && each.missing && !each.needs.includes(kind.waiver?.field ?? "")) return false;
  if (each.unless.some((name) => name in sound)) return false;
  let fields = sound;
  for (const name of each.needs) {
    if (name.startsWith("@")) {
      if (known[name.slice(1)] == null) return false;
    } else if (!(name in sound)) {
      if (!each.missing || each.needs.length > 1 || !(name in found.clashing)) return false;
      fields = { ...sound, [name]: found.clashing[name] };
    }
  }
  return compiled(each.broken)({ fields, known }) === true;
}

/** A service lies between birth and death. @param {Kind} kind @param {Beside} beside @param {boolean} waived */
function ofALife(kind, { on, birth, died }, waived) {
  if (kind.shape !== "event") return [];
  const found = [];
  if (birth && on < birth) found.push(words.beforeBirth);
  if (died && on > died && !waived && !kind.after_death) found.push(words.afterDeath);
  return found.map((say) => fault("@on", "contradiction", say));
}

/**
 * What was typed and does not follow from the rest.
 * @param {Kind} kind @param {Named} fields @param {Beside} beside @returns {Fault[]}
 */
function questions(kind, fields, { on, birth, sex, known, numbers }) {
  /** @type {Named} */
  const grown = { on, birth: birth ?? null, sex: sex ?? null, ...known };
  const scope = { fields, known: grown, numbers: numbers ?? {} };
  /** @type {Fault[]} */
  const found = [];
  for (const each of kind.computed) {
    const value = compiled(each.expression)(scope);
    grown[each.name] = value;
    if (value === null || !each.at) continue;
    const typed = fields[each.fills];
    const differs =
      each.asks !== null
        ? compiled(each.asks)(scope) === true
        : Boolean(each.fills) && typed !== undefined && !same(/** @type {any} */ (typed), value);
    if (differs) found.push(fault(each.at, "contradiction", each.sentence, each.warn));
  }
  return found;
}

/** The faults that keep a form from being saved. @param {Fault[]} faults */
export const hard = (faults) => faults.filter((each) => !each.warn);

// Registers.

/**
 * Every fault of one register cell's new value; null takes it away.
 * @param {Kind} kind @param {string} cell @param {unknown} value @param {string} today
 * @returns {Fault[]}
 */
export function editFaults(kind, cell, value, today) {
  const [name, ...rest] = cell.split("/");
  const field = kind.fields.find((each) => each.name === name);
  if (!field) return [];
  if (field.policy === "set") return elementFaults(field, cell, rest.join("/"), value, today);
  if (rest.length) return [fault(cell, "unknown_code", words.noSet(field.label))];
  if (value === null) return field.required ? [missing(field)] : [];
  return readField(field, value, today).faults;
}

/**
 * @param {Field} field @param {string} cell @param {string} key @param {unknown} value
 * @param {string} today @returns {Fault[]}
 */
function elementFaults(field, cell, key, value, today) {
  const faults = keyFaults(field, key);
  if (faults.length || value === null || value === false) return faults;
  const { type } = field;
  if (type.is !== "list") return value === true ? [] : [wrong(field.label, cell, words.yesNo)];
  const item = value === true ? {} : value;
  if (!isObject(item)) return [fault(cell, "wrong_type", words.content(field.label))];
  return itemFaults(
    type.fields.filter((each) => each.name !== type.key),
    item,
    cell,
    today,
  );
}

/**
 * What single answers of a register contradict each other, where one of those touched takes part.
 * @param {Kind} kind @param {Named} values @param {Set<string>} touched @param {string} on
 * @returns {Fault[]}
 */
export function contradictions(kind, values, touched, on) {
  /** @type {Named} */
  const sound = {};
  for (const field of kind.fields) {
    const value = values[field.name];
    if (field.policy === "set" || value === undefined || value === null) continue;
    if (readField(field, value, on).sound) sound[field.name] = value;
  }
  const known = { on };
  return kind.checks
    .filter((each) => !each.warn && !each.missing && !each.unless.length)
    .filter((each) => each.needs.some((name) => touched.has(name)))
    .filter((each) => each.needs.every((name) => name === "@on" || name in sound))
    .filter((each) => compiled(each.broken)({ fields: sound, known }) === true)
    .map(said);
}
