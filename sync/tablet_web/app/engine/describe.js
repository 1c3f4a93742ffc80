// What lists and search show of a resident, made from all that is here of them.

import { isPresent } from "../merge/cells.js";
import { isAct } from "./acts.js";
import { initials } from "./initials.js";
import { parsed } from "./person.js";
import { cellsOf, laidOver, shownOf, troubles } from "./register.js";

/** @typedef {import("../types.js").Mark} Mark */
/** @typedef {import("../merge/cells.js").Cell} Cell */
/** @typedef {import("./register.js").OwnChange} OwnChange */
/** @typedef {import("./register.js").Words} Words */
/** @typedef {import("./rows.js").Entry} Entry */
/** @typedef {import("./rows.js").Person} Person */
/** @typedef {Omit<Entry, "id" | "panels" | "sum">} Described */

/**
 * @param {Person} person
 * @param {OwnChange[]} own
 * @param {Words} words
 * @returns {Described}
 */
export function describe(person, own, words) {
  const over = laidOver(person, own);
  const cells = cellsOf(person, over);
  const shown = (/** @type {string} */ cell) => {
    const value = shownOf(cells, cell, words);
    return typeof value === "string" ? value : "";
  };
  const name = shown("name");
  const text = shown("address_text");
  const register = person.regs.A ? parsed(person.regs.A) : {};
  return {
    name,
    initials: initials(name, words.letters),
    sex: shown("sex"),
    birth: shown("birth_date"),
    doc: shown("id_no"),
    tel: shown("phone").replace(/[^0-9]/g, ""),
    region: shown("address_region"),
    ...placeOf(text),
    no: register.no ?? "",
    status: register.status ?? "",
    marks: marksOf(person, cells, words),
    plans: plansOf(person),
    last: lastDay(person, over),
    ep: lowestEpoch(person),
  };
}

/**
 * The same when nothing but records has come.
 * @param {Entry} entry @param {Person} person @param {number} epoch
 * @returns {Pick<Entry, "last" | "ep" | "marks">}
 */
export function withRecords(entry, person, epoch) {
  /** @type {Mark[]} */
  const marks = entry.marks.filter((each) => each !== "restricted");
  if (hasRestricted(person)) marks.push("restricted");
  return { last: lastDay(person, []), ep: Math.min(entry.ep, epoch), marks };
}

/** @param {Person} person @param {Map<string, Cell>} cells @param {Words} words @returns {Mark[]} */
function marksOf(person, cells, words) {
  const has = (/** @type {string} */ cell) => isPresent(shownOf(cells, cell, words));
  const allergy = [...cells.keys()].some(
    (cell) => cell.startsWith("drug_allergy/") && cell !== "drug_allergy/1" && has(cell),
  );
  const { conflict, disputed } = troubles(cells, words);
  /** @type {[Mark, boolean][]} */
  const all = [
    ["allergy", allergy],
    ["no_allergy", !allergy && has("drug_allergy/1")],
    ["hypertension", has("hx_disease/2")],
    ["diabetes", has("hx_disease/3")],
    ["disputed", disputed],
    ["conflict", conflict],
    ["new_here", !person.regs.A],
    ["restricted", hasRestricted(person)],
  ];
  return all.filter(([, is]) => is).map(([mark]) => mark);
}

/** @param {Person} person */
function hasRestricted(person) {
  return Boolean(person.regs.B) || Object.keys(person.events).some((key) => key.endsWith("/B"));
}

/** @param {Person} person @returns {Entry["plans"]} */
function plansOf(person) {
  return Object.entries(person.plans).flatMap(([cls, plan]) => {
    const { year, items } = parsed(plan);
    if (!items?.length) return [];
    return [
      { cls: cls === "A" ? /** @type {const} */ ("A") : /** @type {const} */ ("B"), year, items },
    ];
  });
}

/** @param {Person} person @param {OwnChange[]} own */
function lastDay(person, own) {
  let last = "";
  for (const { on } of Object.values(person.events)) if (on > last) last = on;
  for (const { plain } of own) {
    if (plain.kind !== "basic_info" && !isAct(plain.kind) && plain.on > last) last = plain.on;
  }
  return last;
}

/** @param {Person} person */
function lowestEpoch(person) {
  const parts = [person.regs, person.plans, person.events].flatMap((each) => Object.values(each));
  return parts.reduce((least, each) => Math.min(least, each.ep), Number.MAX_SAFE_INTEGER);
}

// Province, city, county, township in front, then what people call the place: a village, a
// community, an estate, a road. Written by number, since words of the app stand elsewhere.
const AREA =
  /^(?:.{2,7}?\u7701)?(?:.{2,7}?\u5e02(?!\u573a))?(?:.{1,7}?(?:\u53bf|(?<!\u793e|\u5c0f)\u533a))?(?:.{1,8}?(?:\u9547|\u4e61|\u8857\u9053(?!\u529e)))?/u;
const PLACE =
  /^.{1,14}?(?:\u6751|\u793e\u533a|\u5c45\u59d4\u4f1a|\u5c0f\u533a|\u5c6f|\u5e84|\u5be8|\u8857|\u8def|\u91cc)/u;

/** The village, and what follows it. @param {string} text */
export function placeOf(text) {
  const plain = text.normalize("NFC").trim();
  const rest = plain.replace(AREA, "");
  const village = PLACE.exec(rest)?.[0].trim() ?? "";
  const address = village ? rest.slice(village.length).trim() : rest.trim() || plain;
  return { village, address };
}
