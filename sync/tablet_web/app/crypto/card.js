// GW1: the code of a printed card or a phone, checked with no network (SPEC 11). Exports: codeListOf,
// checkCard, asTyped, digitsOf, isDigits.
//
// A code names a random id and proves that this district made it. Whose it is, is looked up in the
// list of the day; who stands there is seen by whoever scans.

import { concat, hex, unbase64, unhex, utf8 } from "../wire/bytes.js";
import { Malformed, readExact } from "../wire/slices.js";
import { decode45 } from "./base45.js";
import { cardKey } from "./card_key.js";
import { checkDigit, fits } from "./damm.js";
import { sha256 } from "./hash.js";
import { Refused } from "./refused.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {"valid" | "not_a_code" | "unknown_key" | "forged" | "revoked" | "wrong_day" | "expired"} CardOutcome */
/** @typedef {{ type: "card" | "day", id: Hex, endsS: number }} Card */
/** @typedef {{ counter: number, at: number, keys: Map<number, import("./card_key.js").CardKey>, revoked: Set<Hex> }} CodeList */

const PREFIX = "GW1:";
const SIZE = 90;
const SIGNED = SIZE - 64;
const TEXT_SIZE = PREFIX.length + (SIZE / 2) * 3;
const DIGITS = 12;
const LABEL = utf8("gongwei/GW1/signature\0");
const LIST_LABEL = utf8("gongwei/codes\0");
const DIGITS_LABEL = utf8("gongwei/GW1/digits\0");
/** What a Chinese input method makes of signs that a scanner types. */
const TYPED = new Map([
  ["\u3002", "."],
  ["\u3001", "/"],
  ["\uffe5", "$"],
  ["\u00a5", "$"],
  ["\u2014", "-"],
]);

/**
 * The list of keys and revoked ids, or bad_signature when the pinned key did not sign these bytes.
 * @param {Uint8Array} codes exact @param {Uint8Array} signature
 * @param {import("./suites.js").SigningPublic} trust @returns {Promise<CodeList>}
 */
export async function codeListOf(codes, signature, trust) {
  if (!(await trust.verify(concat(LIST_LABEL, codes), signature)))
    throw new Refused("bad_signature");
  const { value } = readExact(codes);
  if (!Number.isSafeInteger(value.counter) || !Array.isArray(value.keys))
    throw new Malformed("codes");
  const keys = new Map();
  for (const [id, raw] of value.keys) keys.set(id, await cardKey(unbase64(raw)));
  const revoked = new Set(
    (value.revoked ?? []).map((/** @type {string} */ each) => hex(unbase64(each))),
  );
  return { counter: value.counter, at: value.at, keys, revoked };
}

/**
 * What a text is at a moment; `dayEndsS`: the first second after the checkup day it is shown on.
 * The code comes along wherever its signature held.
 * @param {string} text @param {CodeList} list @param {{ nowS: number, dayEndsS?: number }} when
 * @returns {Promise<{ outcome: CardOutcome, card?: Card }>}
 */
export async function checkCard(text, list, { nowS, dayEndsS }) {
  const raw = bytesOf(text);
  if (!raw || raw[0] !== 1 || (raw[1] !== 1 && raw[1] !== 2)) return { outcome: "not_a_code" };
  const view = new DataView(raw.buffer);
  const key = list.keys.get(view.getUint32(2));
  if (!key) return { outcome: "unknown_key" };
  const named = key.id === view.getUint32(2);
  const signed = concat(LABEL, raw.subarray(0, SIGNED));
  if (!named || !(await key.verify(signed, raw.subarray(SIGNED)))) return { outcome: "forged" };
  const id = hex(raw.subarray(6, 22));
  /** @type {Card} */
  const card = { type: raw[1] === 1 ? "card" : "day", id, endsS: view.getUint32(22) };
  if (list.revoked.has(id)) return { outcome: "revoked", card };
  if (card.type === "day" && dayEndsS !== undefined && card.endsS !== dayEndsS)
    return { outcome: "wrong_day", card };
  return { outcome: nowS >= card.endsS ? "expired" : "valid", card };
}

/** @param {string} text */
function bytesOf(text) {
  if (text.length !== TEXT_SIZE || !text.startsWith(PREFIX)) return undefined;
  return decode45(text.slice(PREFIX.length));
}

/**
 * What a scanner meant that types: case, width and the signs of an input method are put right. A
 * space may be the last sign of a code, so one that a field cut off is put back.
 * @param {string} text
 */
export function asTyped(text) {
  const meant = Array.from(text, (sign) => TYPED.get(sign) ?? sign).join("");
  const plain = meant.normalize("NFKC").trim().toUpperCase();
  return plain.startsWith(PREFIX) ? plain.padEnd(TEXT_SIZE) : plain;
}

/** The twelve digits below a code; the last one checks the others. @param {Hex} id */
export async function digitsOf(id) {
  const digest = await sha256(DIGITS_LABEL, unhex(id));
  const first = new DataView(digest.buffer).getBigUint64(0);
  const plain = String(first % 10n ** BigInt(DIGITS - 1)).padStart(DIGITS - 1, "0");
  return plain + checkDigit(plain);
}

/** Whether it can stand below a code. @param {string} text */
export const isDigits = (text) => text.length === DIGITS && fits(text);
