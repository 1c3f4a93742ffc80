// What was typed, as values of a form, and values as somebody would have typed them. What cannot be
// read stays a text, so that the check names it.

import { decimalText, isObject, readField } from "./values.js";

/** @typedef {import("./kinds.d.ts").Field} Field */
/** @typedef {import("./kinds.d.ts").FieldType} FieldType */
/** @typedef {import("./kinds.d.ts").NumberType} NumberType */
/** @typedef {import("./kinds.d.ts").ListType} ListType */
/**
 * One field as it stands on the page: a text, the codes chosen, or rows of such.
 * @typedef {string | string[] | Record<string, string>[]} Typed
 * @typedef {Record<string, Typed>} TypedForm
 */

/** A reference to nothing but the row itself: its id is made with the row. @param {Field} field */
export const isItem = (field) => field.type.is === "ref" && field.type.to === "item";

/** @param {NumberType} type @param {string} plain @param {string} text */
function numberOf({ places }, plain, text) {
  const found = /^([+-]?)([0-9]{1,15})(?:[.\u3002]([0-9]{1,9}))?$/.exec(plain);
  if (!found || (places === 0 && found[3] !== undefined)) return text;
  const rest = (found[3] ?? "").replace(/0+$/, "");
  if (rest.length > places) return text;
  const value = Number(found[2] + rest.padEnd(places, "0"));
  if (value > Number.MAX_SAFE_INTEGER) return text;
  return found[1] === "-" && value ? -value : value;
}

/**
 * The value of what was typed; undefined when nothing was.
 * @param {FieldType} type @param {Typed | undefined} typed @returns {unknown}
 */
export function valueOf(type, typed) {
  if (type.is === "list") return rowsOf(type, typed);
  if (type.is === "codes") {
    return Array.isArray(typed) && typed.length ? typed : undefined;
  }
  if (typeof typed !== "string") return undefined;
  const text = typed.normalize("NFC").trim();
  if (!text) return undefined;
  const plain = text.normalize("NFKC");
  switch (type.is) {
    case "integer":
    case "scaled":
      return numberOf(type, plain, text);
    case "day":
      return dayOf(plain) ?? text;
    case "month": {
      const found = /^([0-9]{4})\D?([0-9]{1,2})\D?$/.exec(plain);
      return found ? `${found[1]}-${found[2]?.padStart(2, "0")}` : text;
    }
    case "text":
      return type.pattern && !text.includes("\n") ? plain : text.replaceAll("\r\n", "\n");
    default:
      return text;
  }
}

/** @param {string} plain */
function dayOf(plain) {
  const found =
    /^([0-9]{4})\D([0-9]{1,2})\D([0-9]{1,2})\D?$/.exec(plain) ??
    /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(plain);
  return found && `${found[1]}-${found[2]?.padStart(2, "0")}-${found[3]?.padStart(2, "0")}`;
}

/** Rows in which something is written; the id of the row itself counts as nothing. @param {ListType} type @param {Typed | undefined} typed */
function rowsOf(type, typed) {
  const rows = filledRows(type, typed).map((row) => bodyOf(type.fields, row));
  return rows.length ? rows : undefined;
}

/** @param {ListType} type @param {Typed | undefined} typed @returns {Record<string, string>[]} */
export function filledRows(type, typed) {
  if (!Array.isArray(typed)) return [];
  const rows = /** @type {Record<string, string>[]} */ (typed.filter(isObject));
  return rows.filter((row) =>
    type.fields.some((field) => !isItem(field) && (row[field.name] ?? "").trim()),
  );
}

/** Values of a whole form. @param {Field[]} fields @param {TypedForm} typed @returns {Record<string, unknown>} */
export function bodyOf(fields, typed) {
  /** @type {Record<string, unknown>} */
  const body = {};
  for (const field of fields) {
    const value = valueOf(field.type, typed[field.name]);
    if (value !== undefined) body[field.name] = value;
  }
  return body;
}

/** A value as somebody types it. @param {FieldType} type @param {unknown} value @returns {Typed} */
export function typedOf(type, value) {
  if (type.is === "codes") return Array.isArray(value) ? value.map(String) : [];
  if (type.is === "list") {
    const items = Array.isArray(value) ? value.filter(isObject) : [];
    return items.map(
      (item) => /** @type {Record<string, string>} */ (typedFrom(type.fields, item)),
    );
  }
  if (typeof value === "number" && (type.is === "scaled" || type.is === "integer")) {
    return decimalText(value, type.places);
  }
  return value === undefined || value === null ? "" : String(value);
}

/** @param {Field[]} fields @param {Record<string, unknown>} body @returns {TypedForm} */
export function typedFrom(fields, body) {
  /** @type {TypedForm} */
  const typed = {};
  for (const field of fields) {
    if (Object.hasOwn(body, field.name)) typed[field.name] = typedOf(field.type, body[field.name]);
  }
  return typed;
}

const SLIPS = /** @type {const} */ ([
  [1, 10],
  [1, 100],
  [10, 1],
  [100, 1],
]);

/**
 * The value that was likely meant where a number cannot be: a decimal point or a digit slipped.
 * Nearest to the last value where there is one, else the first that is usual; null for none.
 * @param {Field} field @param {unknown} value @param {unknown} last @returns {string | null}
 */
export function likely(field, value, last) {
  const { type } = field;
  if ((type.is !== "integer" && type.is !== "scaled") || typeof value !== "number") return null;
  if (value >= type.low && value <= type.high) return null;
  const found = SLIPS.map(([times, by]) => (value * times) / by).filter(
    (each) => Number.isInteger(each) && readField(field, each, "").faults.length === 0,
  );
  if (typeof last === "number") found.sort((a, b) => Math.abs(a - last) - Math.abs(b - last));
  return found.length ? decimalText(/** @type {number} */ (found[0]), type.places) : null;
}
