// Values of forms as people read them: the name of a cell, what was answered, a record whole.
// Pure; what is not in the catalogue is shown as "new", never guessed at.

import { words } from "../../words/zh/records.js";
import { dayWords } from "../../words/zh/time.js";

/** @typedef {import("../catalogue.js").Field} Field */
/** @typedef {import("../catalogue.js").FieldType} FieldType */
/** @typedef {import("../catalogue.js").Kind} Kind */
/** @typedef {{ today: string, names: Record<string, string> }} Reader what reading needs beside the value */
/**
 * An answer as it is drawn: text, or a list of further answers.
 * @typedef {{ name: string, label: string, text: string, items?: string[], cls: string }} Row
 */

const TAIL = 4;

/** 12.5 of 125 with one place. @param {number} value @param {number} places */
export function decimal(value, places) {
  if (!places) return String(value);
  const sign = value < 0 ? "-" : "";
  const digits = String(Math.abs(value)).padStart(places + 1, "0");
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** Whether a set element's value says that the element is there. @param {unknown} value */
export const isPresent = (value) => value !== null && value !== undefined && value !== false;

/** The field a cell is of: drug_allergy of drug_allergy/2. @param {Kind} kind @param {string} cell */
export const fieldOf = (kind, cell) => {
  const name = cell.split("/", 1)[0];
  return kind.fields.find((each) => each.name === name);
};

/** What somebody answered in one register cell. @param {Kind} kind @param {string} cell @param {unknown} value @param {Reader} reader */
export function cellText(kind, cell, value, reader) {
  const field = fieldOf(kind, cell);
  if (!field) return isPresent(value) ? String(value) : words.nothing;
  const slash = cell.indexOf("/");
  if (field.policy === "set" && slash > 0) {
    return elementText(field, cell.slice(slash + 1), value, reader);
  }
  return fieldText(field, value, reader);
}

/** One element of a set: there, with its details, or not there. @param {Field} field @param {string} key @param {unknown} value @param {Reader} reader */
export function elementText(field, key, value, reader) {
  const name = elementName(field, key, value);
  if (!isPresent(value)) return words.absent(name);
  if (field.type.is !== "list" || typeof value !== "object") return name;
  const told = /** @type {Record<string, unknown>} */ (value);
  const details = (field.type.fields ?? [])
    .filter((inner) => inner.name !== "name" && inner.name !== field.type.key)
    .filter((inner) => told[inner.name] !== undefined)
    .map((inner) => fieldText(inner, told[inner.name], reader))
    .join(words.comma);
  return details ? words.withDetails(name, details) : name;
}

/** @param {Field} field @param {string} key @param {unknown} value */
function elementName(field, key, value) {
  const { type } = field;
  if (type.is === "codes") return type.codes?.[key] ?? key;
  const inner = type.fields?.find((each) => each.name === type.key);
  if (inner?.type.is === "code") return inner.type.codes?.[key] ?? key;
  const named = /** @type {{ name?: unknown } | null} */ (value)?.name;
  return typeof named === "string" ? named : words.oneOf(field.label);
}

/** A value of one field; of a document only the tail of its number. @param {Field} field @param {unknown} value @param {Reader} reader */
export function fieldText(field, value, reader) {
  if (value === null || value === undefined || value === "") return words.nothing;
  if (field.name === "id_no") return words.idTail(String(value).slice(-TAIL));
  return typed(field.type, value, reader);
}

/** @param {FieldType} type @param {unknown} value @param {Reader} reader @returns {string} */
function typed(type, value, reader) {
  switch (type.is) {
    case "code":
      return type.codes?.[String(value)] ?? String(value);
    case "codes":
      return list(value)
        .map((each) => type.codes?.[String(each)] ?? String(each))
        .join(words.comma);
    case "integer":
    case "scaled": {
      const places = type.places ?? 0;
      const number = Number.isInteger(value) ? decimal(Number(value), places) : String(value);
      return type.unit ? words.withUnit(number, type.unit) : number;
    }
    case "day":
      return isDay(value) ? dayWords(value, reader.today) : String(value);
    case "month":
      return monthWords(String(value));
    case "list":
      return list(value)
        .map((each) => itemText(type.fields ?? [], each, reader))
        .join(words.semicolon);
    case "ref":
      return reader.names[String(value)] ?? "";
    default:
      return String(value);
  }
}

/** 2025年3月 of 2025-03. @param {string} month */
const monthWords = (month) => words.month(Number(month.slice(0, 4)), Number(month.slice(5)));

/** @param {unknown} value @returns {value is string} */
const isDay = (value) => typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value);

/** @param {unknown} value @returns {unknown[]} */
const list = (value) => (Array.isArray(value) ? value : [value]);

/** One row of a list: 氨氯地平，1 次，5 毫克. @param {Field[]} fields @param {unknown} item @param {Reader} reader */
export function itemText(fields, item, reader) {
  if (typeof item !== "object" || item === null) return String(item);
  const told = /** @type {Record<string, unknown>} */ (item);
  return fields
    .filter((each) => told[each.name] !== undefined && each.type.is !== "ref")
    .map((each) => fieldText(each, told[each.name], reader))
    .join(words.comma);
}

/**
 * A record whole: its answers under the headings of the form, and what its form does not know.
 * A reference without a name is left out: an id tells nobody anything.
 * @param {{ title: string, fields: Field[] }[]} sections @param {Record<string, unknown>} body
 * @param {Reader} reader
 * @returns {{ title: string, rows: Row[] }[]}
 */
export function wholeOf(sections, body, reader) {
  const known = new Set(sections.flatMap((each) => each.fields.map((field) => field.name)));
  const made = sections.map(({ title, fields }) => ({
    title,
    rows: fields
      .filter((field) => body[field.name] !== undefined)
      .map((field) => rowOf(field, body[field.name], reader))
      .filter((row) => row.text || row.items?.length),
  }));
  const others = Object.keys(body).filter((name) => !known.has(name));
  if (others.length) {
    const rows = others.map((name) => ({
      name,
      label: words.unknownField,
      text: plain(body[name]),
      cls: "A",
    }));
    made.push({ title: words.unknownField, rows });
  }
  return made.filter((each) => each.rows.length);
}

/** @param {Field} field @param {unknown} value @param {Reader} reader @returns {Row} */
function rowOf(field, value, reader) {
  const row = { name: field.name, label: field.label, cls: field.class };
  if (field.type.is === "list" && Array.isArray(value)) {
    const items = value.map((each) => itemText(field.type.fields ?? [], each, reader));
    return { ...row, text: "", items };
  }
  return { ...row, text: fieldText(field, value, reader) };
}

/** @param {unknown} value */
const plain = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

/**
 * What lists say of a record in one line: the measured values first, then how things stand.
 * @param {Kind | undefined} kind @param {Record<string, unknown>} body @param {Reader} reader
 */
export function gist(kind, body, reader) {
  if (!kind) return words.unknownForm;
  const lost = kind.waiver && body[kind.waiver.field];
  const text = (/** @type {string} */ name) => {
    const field = kind.fields.find((each) => each.name === name);
    return field && body[name] !== undefined ? fieldText(field, body[name], reader) : "";
  };
  if (kind.waiver && lost !== undefined && lost !== null) return text(kind.waiver.field);
  const pressure = [
    ["sbp", "dbp"],
    ["bp_r_sys", "bp_r_dia"],
    ["bp_l_sys", "bp_l_dia"],
  ].find((pair) => pair.every((name) => Number.isInteger(body[name])));
  const parts = [pressure ? pressure.map((name) => body[name]).join("/") : "", text("fpg")];
  if (!parts.some(Boolean)) parts.push(text("weight"));
  for (const name of GIST) if (body[name] !== undefined) parts.push(text(name));
  parts.push(...constitutions(kind, body));
  const found = parts.filter(Boolean).slice(0, 3);
  return found.length ? found.join(words.comma) : firstAnswer(kind, body, reader);
}

/** What tells a record apart, where it has no measured value: the form's own verdict comes first. */
const GIST = [
  "class",
  "assessment",
  "total",
  "age_slot",
  "vaccine",
  "dose_no",
  "gest_week",
  "direction",
  "reason",
  "impression",
  "subjective",
  "month",
  "state",
];

const YES = "1";

/** The constitutions that a questionnaire found. @param {Kind} kind @param {Record<string, unknown>} body */
const constitutions = (kind, body) =>
  kind.fields
    .filter((each) => each.name.startsWith("is_") && body[each.name] === YES)
    .map((each) => words.constitution(each.label));

/** @param {Kind} kind @param {Record<string, unknown>} body @param {Reader} reader */
function firstAnswer(kind, body, reader) {
  const field = kind.fields.find((each) => body[each.name] !== undefined && each.type.is !== "ref");
  return field ? fieldText(field, body[field.name], reader) : "";
}
