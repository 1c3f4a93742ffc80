// What somebody scanned or typed, before anybody is looked for: a code, digits, an ID number, the
// line of a card reader, a ticket. Scanners put signs in front, change case and end with a line.

import { normalised, readIdNumber } from "../forms/id_number.js";
import { CARD_LABELS, ISSUERS, NATION, NATIONS, SEXES } from "../words/zh/hall_card.js";

/** @typedef {import("../hall.js").HallCard} HallCard */
/**
 * @typedef {{ is: "code", text: string } | { is: "card", card: HallCard }
 *   | { is: "ticket", ticket: string } | { is: "digits", digits: string }
 *   | { is: "bad_number" } | { is: "other", text: string }} Meant
 */

const CODE = /GW1[:\uff1a]/i;
const CODE_SIGNS = 139;
const TICKET = /^[A-Z]{1,2}[0-9]{3,5}$/;
const NUMBER = /(?<![0-9])[0-9]{17}[0-9X](?![0-9A-Z])|(?<![0-9])[0-9]{15}(?![0-9X])/;
const DIGITS = /^[0-9]{12}$/;
/** A number or the number of an archive: that much of it is looked for. */
const LEAST = 5;
const STRONG = /[\t,\uff0c;\uff1b|#^$~\r\n]+/u;
const BIRTH = /^[0-9]{4}\D?[0-9]{1,2}\D?[0-9]{1,2}\D?$/;
const UNTIL = /^[0-9]{4}\.?[0-9]{2}\.?[0-9]{2}-/;
const NAME = /^[\p{Script=Han}\u00b7\u2022.]{2,20}$/u;

/** @param {string} text @returns {Meant} */
export function meant(text) {
  const at = text.search(CODE);
  if (at >= 0) {
    // Line ends go, and what a scanner that was pressed twice typed once more.
    const code = text.slice(at).replace(/\p{Cc}+/gu, "");
    return { is: "code", text: code.slice(0, CODE_SIGNS) };
  }
  const wide = text.normalize("NFKC").toUpperCase().trim();
  const plain = wide.replace(/[\s-]+/g, "");
  if (TICKET.test(plain)) return { is: "ticket", ticket: plain };
  if (DIGITS.test(plain)) return { is: "digits", digits: plain };
  const line = NUMBER.test(wide) ? wide : plain;
  const number = NUMBER.exec(line)?.[0] ?? "";
  if (number) {
    const card = cardOf(line, number);
    if (card) return { is: "card", card };
    if (number.length === 18 || line !== number) return { is: "bad_number" };
  }
  return plain.length < LEAST ? { is: "other", text: "" } : { is: "other", text: plain };
}

/** What a card says, by its number and whatever stands around it. @param {string} line @param {string} number @returns {HallCard | null} */
function cardOf(line, number) {
  const told = readIdNumber(number);
  if (!told) return null;
  const sex = told.sex === "1" ? "1" : "2";
  const card = { number: normalised(number), name: "", sex, birth: told.birth, nation: "" };
  return fill({ ...card, sex, address: "" }, parts(line, number));
}

/** @param {string} line @param {string} number */
function parts(line, number) {
  const rest = labelled(line.replace(number, " ")).trim();
  const found = rest.split(STRONG.test(rest) ? STRONG : /\s+/u);
  return found.map((each) => each.trim()).filter(Boolean);
}

/** Every label begins a part of its own. @param {string} text */
function labelled(text) {
  let found = text;
  for (const label of Object.values(CARD_LABELS).flat()) {
    found = found.replace(new RegExp(`(^|[\\s,;|])${label}(?=[:\\s])`, "gu"), `\n${label}`);
  }
  return found;
}

/** @param {HallCard} card @param {string[]} found @returns {HallCard} */
function fill(card, found) {
  const full = { ...card };
  for (const part of found) {
    const [what, text] = named(part);
    if (!text || what === "other" || what === "number") continue;
    if (what === "name" || what === "nation" || what === "address") {
      full[what] = what === "nation" ? nationOf(text) || text : text;
    } else if (!what) guess(full, text);
  }
  return full;
}

/** The label of a part and what follows it. @param {string} part @returns {[string, string]} */
function named(part) {
  for (const [what, labels] of Object.entries(CARD_LABELS)) {
    for (const label of labels) {
      if (!part.startsWith(label)) continue;
      return [
        what,
        part
          .slice(label.length)
          .replace(/^[:\s]+/u, "")
          .trim(),
      ];
    }
  }
  return ["", part];
}

/** Without a label: what it looks like, in the order of a card. @param {HallCard} card @param {string} text */
function guess(card, text) {
  if (Object.hasOwn(SEXES, text) || BIRTH.test(text) || UNTIL.test(text)) return;
  if (ISSUERS.some((each) => text.endsWith(each))) return;
  const nation = nationOf(text);
  if (nation && !card.nation && card.name) card.nation = nation;
  else if (!card.name && NAME.test(text)) card.name = text;
  else if (!card.address && /\p{Script=Han}/u.test(text)) card.address = text;
}

/** With its last sign, as forms have it. @param {string} text */
function nationOf(text) {
  const short = text.endsWith(NATION) ? text.slice(0, -1) : text;
  return NATIONS.has(short) ? short + NATION : "";
}
