// One value against its field type, with a sentence for every fault: what server/records/values.py
// does, held to the same vectors (tests/vectors/checks.json).

import { words } from "../words/zh/check.js";
import { parts } from "./days.js";

/** @typedef {import("./kinds.d.ts").Field} Field */
/** @typedef {import("./kinds.d.ts").FieldType} FieldType */
/** @typedef {import("./kinds.d.ts").NumberType} NumberType */
/** @typedef {import("./kinds.d.ts").ListType} ListType */
/** @typedef {import("./kinds.d.ts").Fault} Fault */
/** @typedef {import("./kinds.d.ts").FaultCode} FaultCode */

const FIRST_DAY = "1850-01-01";
const LAST_DAY = "2199-12-31";
const TIME = /^([01][0-9]|2[0-3]):[0-5][0-9]$/;
const MONTH = "(18[5-9][0-9]|19[0-9]{2}|2[01][0-9]{2})-(0[1-9]|1[0-2])";
const REF = "[0-9a-f]{32}";

/** @param {string} field @param {FaultCode} code @param {string} say @param {boolean} [warn] */
export const fault = (field, code, say, warn = false) => ({ field, code, say, warn });

/** A scaled integer the way people write it: (705, 1) is "70.5". @param {number} value @param {number} places */
export function decimalText(value, places) {
  if (!places) return String(value);
  const digits = String(Math.abs(value)).padStart(places + 1, "0");
  return `${value < 0 ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/**
 * Every fault of one field's value; `sound`: it may take part in checks between fields.
 * @param {Field} field @param {unknown} raw @param {string} today @param {string} [at] path in front
 * @returns {{ sound: boolean, faults: Fault[] }}
 */
export function readField(field, raw, today, at = "") {
  const faults = read(field.type, raw, field.label, at + field.name, today);
  return { sound: faults.every((each) => each.warn), faults };
}

/** The fault of a required field that was left out. @param {Field} field @param {string} [at] */
export const missing = (field, at = "") =>
  fault(at + field.name, "missing", words.missing(field.label));

/**
 * @param {FieldType} type @param {unknown} raw @param {string} label @param {string} place
 * @param {string} today @returns {Fault[]}
 */
function read(type, raw, label, place, today) {
  switch (type.is) {
    case "integer":
    case "scaled":
      return readNumber(type, raw, label, place);
    case "text":
      return readText(type, raw, label, place);
    case "code":
      if (typeof raw !== "string") return [wrong(label, place, words.code)];
      return Object.hasOwn(type.codes, raw) ? [] : [unknown(label, place)];
    case "codes":
      return readCodes(type, raw, label, place);
    case "day":
      return readDay(type.past, raw, label, place, today);
    case "month":
      return readMonth(type.past, raw, label, place, today);
    case "time":
      return typeof raw === "string" && TIME.test(raw)
        ? []
        : [fault(place, "wrong_type", words.time(label))];
    case "ref":
      return readText({ least: 32, most: 32, pattern: REF }, raw, label, place);
    case "list":
      return readList(type, raw, label, place, today);
  }
}

/** @param {string} label @param {string} place @param {string} expected */
const wrong = (label, place, expected) => fault(place, "wrong_type", words.wrong(label, expected));

/** @param {string} label @param {string} place */
const unknown = (label, place) => fault(place, "unknown_code", words.unknown(label));

/** @param {NumberType} type @param {unknown} raw @param {string} label @param {string} place */
function readNumber(type, raw, label, place) {
  if (typeof raw !== "number" || !Number.isInteger(raw)) {
    return [wrong(label, place, type.is === "integer" ? words.integer : words.number)];
  }
  const { places, low, high, unit } = type;
  if (raw < low || raw > high) {
    const bounds = /** @type {const} */ ([decimalText(low, places), decimalText(high, places)]);
    return [fault(place, "out_of_range", words.beyond(label, ...bounds, unit))];
  }
  if (raw < type.warn_low || raw > type.warn_high) {
    const said = words.rare(label, decimalText(raw, places), unit);
    return [fault(place, "out_of_range", said, true)];
  }
  return [];
}

/** Signs that no text of a form holds: controls but line feed and tab. @param {string} text */
function holdsControl(text) {
  for (const sign of text) {
    const code = sign.codePointAt(0) ?? 0;
    if ((code < 32 && code !== 9 && code !== 10) || code === 127) return true;
  }
  return false;
}

/**
 * @param {{ least: number, most: number, pattern: string }} type @param {unknown} raw
 * @param {string} label @param {string} place @returns {Fault[]}
 */
function readText({ least, most, pattern }, raw, label, place) {
  if (typeof raw !== "string") return [wrong(label, place, words.text)];
  if (holdsControl(raw) || !raw.isWellFormed()) {
    return [fault(place, "malformed", words.control(label))];
  }
  const length = [...raw].length;
  if (length < least || length > most) {
    return [fault(place, "out_of_range", words.length(label, least, most))];
  }
  if (pattern && !new RegExp(`^(?:${pattern})$`, "u").test(raw)) {
    return [fault(place, "wrong_type", words.shape(label))];
  }
  return [];
}

/**
 * @param {{ codes: Record<string, string>, none: string }} type @param {unknown} raw
 * @param {string} label @param {string} place @returns {Fault[]}
 */
function readCodes({ codes, none }, raw, label, place) {
  if (!Array.isArray(raw) || !raw.every((each) => typeof each === "string")) {
    return [wrong(label, place, words.codes)];
  }
  if (!raw.length) return [fault(place, "missing", words.none(label))];
  if (!raw.every((each) => Object.hasOwn(codes, each))) return [unknown(label, place)];
  if (new Set(raw).size !== raw.length) {
    return [fault(place, "contradiction", words.twice(label))];
  }
  if (none && raw.length > 1 && raw.includes(none)) {
    return [fault(place, "contradiction", words.alone(label, codes[none]))];
  }
  return [];
}

/**
 * @param {boolean} past @param {unknown} raw @param {string} label @param {string} place
 * @param {string} today @returns {Fault[]}
 */
function readDay(past, raw, label, place, today) {
  if (typeof raw !== "string" || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(raw)) {
    return [wrong(label, place, words.day)];
  }
  if (!parts(raw)) return [wrong(label, place, words.realDay)];
  if (past && raw > today) return [fault(place, "out_of_range", words.afterToday(label))];
  if (raw < FIRST_DAY || raw > LAST_DAY) {
    return [fault(place, "out_of_range", words.years(label))];
  }
  return [];
}

/**
 * @param {boolean} past @param {unknown} raw @param {string} label @param {string} place
 * @param {string} today @returns {Fault[]}
 */
function readMonth(past, raw, label, place, today) {
  const faults = readText({ least: 7, most: 7, pattern: MONTH }, raw, label, place);
  if (!faults.length && past && /** @type {string} */ (raw) > today.slice(0, 7)) {
    return [fault(place, "out_of_range", words.afterToday(label))];
  }
  return faults;
}

/** @param {unknown} found @returns {found is Record<string, unknown>} */
export const isObject = (found) =>
  found !== null && typeof found === "object" && !Array.isArray(found);

/**
 * @param {ListType} type @param {unknown} raw @param {string} label @param {string} place
 * @param {string} today @returns {Fault[]}
 */
function readList(type, raw, label, place, today) {
  if (!Array.isArray(raw)) return [wrong(label, place, words.list)];
  if (raw.length > type.most) {
    return [fault(place, "out_of_range", words.most(label, type.most))];
  }
  const faults = raw.flatMap((item, index) =>
    isObject(item)
      ? itemFaults(type.fields, item, `${place}/${index}`, today)
      : [fault(`${place}/${index}`, "wrong_type", words.item(label, index + 1))],
  );
  if (!faults.length && type.key) {
    const keys = raw.map((item) => item[type.key]);
    if (new Set(keys).size !== keys.length) {
      return [fault(place, "contradiction", words.sameItem(label))];
    }
  }
  return faults;
}

/**
 * Every fault of one object of a list; keys it does not know are left alone.
 * @param {Field[]} fields @param {Record<string, unknown>} item @param {string} place
 * @param {string} today @returns {Fault[]}
 */
export function itemFaults(fields, item, place, today) {
  return fields.flatMap((field) => {
    if (Object.hasOwn(item, field.name)) {
      return readField(field, item[field.name], today, `${place}/`).faults;
    }
    return field.required ? [missing(field, `${place}/`)] : [];
  });
}

/** The faults of a set element's key. @param {Field} field @param {string} key @returns {Fault[]} */
export function keyFaults(field, key) {
  const place = `${field.name}/${key}`;
  const type =
    field.type.is === "list"
      ? field.type.fields.find((each) => each.name === /** @type {ListType} */ (field.type).key)
          ?.type
      : field.type;
  if (!type) return [];
  if (type.is === "code" || type.is === "codes") {
    return Object.hasOwn(type.codes, key) ? [] : [unknown(field.label, place)];
  }
  return read(type, key, field.label, place, "9999-12-31");
}

export { wrong };
