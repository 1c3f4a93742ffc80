// Who stands there, by what was scanned or typed. A code proves that this district made it and
// names somebody of the list; the person is confirmed by whoever scans.

import { asTyped, checkCard, digitsOf, isDigits } from "../crypto/card.js";
import { hmac } from "../crypto/hash.js";
import { concat, hex, unbase64, utf8 } from "../wire/bytes.js";
import { meant } from "./hall_text.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../hall.js").HallCard} HallCard */
/** @typedef {import("../hall.js").HallHow} HallHow */
/** @typedef {import("../hall.js").HallOutcome} HallOutcome */
/** @typedef {import("../hall.js").HallScan} HallScan */
/** @typedef {import("./hall_day.js").HallDay} HallDay */
/** `who`: "" nobody. `panel`: not on the list.
 * @typedef {Omit<HallScan, "person"> & { who: Hex }} Found */
/** @typedef {{ inPanel: (number: string) => Hex | null, codes: import("../crypto/card.js").CodeList | null, now: number,
 *   digits: Map<Hex, string> }} Means */

const NUMBER_LABEL = utf8("gongwei/hall/number\0");
const ARCHIVE_LABEL = utf8("gongwei/hall/archive\0");
const MARK = 16;
const DAY_S = 86_400;

/** @type {Found} */
const NONE = { outcome: "unreadable", who: "", how: "4", code: "", by: "", card: null };

/** @param {HallDay} here @param {string} text @param {Means} means @returns {Promise<Found>} */
export async function scanned(here, text, means) {
  const said = meant(text);
  switch (said.is) {
    case "code":
      return byCode(here, said.text, means);
    case "card":
      return byCard(here, said.card, means);
    case "ticket":
      return someone(here, here.byTicket(said.ticket)?.row.who, { how: "4", by: "ticket" });
    case "digits":
      return byDigits(here, said.digits, means);
    case "bad_number":
      return { ...NONE, how: "3", by: "number" };
    default:
      return said.text ? byOther(here, said.text, means) : NONE;
  }
}

/** @param {HallDay} here @param {Hex | null | undefined} who @param {Partial<Found>} by @returns {Found} */
function someone(here, who, by) {
  const found = { ...NONE, ...by };
  if (!who) return { ...found, outcome: "not_on_list" };
  const one = here.one(who);
  if (!one) return { ...found, outcome: "not_on_list", who };
  return { ...found, outcome: one.seen.phase === "expected" ? "valid" : "already_in", who };
}

/** @param {HallDay} here @param {string} text @param {Means} means @returns {Promise<Found>} */
async function byCode(here, text, { codes, now }) {
  const by = /** @type {const} */ ({ how: "1", by: "code" });
  if (!codes) return { ...NONE, ...by, outcome: "unknown_key" };
  const dayEndsS = Date.parse(`${here.info.on}T00:00:00+08:00`) / 1000 + DAY_S;
  const nowS = Math.floor(now / 1000);
  const { outcome, card } = await checkCard(asTyped(text), codes, { nowS, dayEndsS });
  const how = card?.type === "day" ? "2" : "1";
  if (outcome === "not_a_code") return { ...NONE, ...by };
  if (outcome !== "valid" || !card) return { ...NONE, ...by, how, outcome };
  return someone(here, here.index.codes.get(card.id), { ...by, how, code: card.id });
}

/** Twelve digits stand below a code or on a tube. @param {HallDay} here @param {string} digits @param {Means} means @returns {Promise<Found>} */
async function byDigits(here, digits, means) {
  if (!isDigits(digits)) return byOther(here, digits, means);
  const tube = here.bySpecimen(digits);
  if (tube) return someone(here, tube.row.who, { by: "specimen" });
  const code = await codeAbove(here, digits, means.digits);
  const by = /** @type {const} */ ({ how: "1", by: "digits" });
  if (!code) return byOther(here, digits, means);
  if (means.codes?.revoked.has(code)) return { ...NONE, ...by, outcome: "revoked" };
  return someone(here, here.index.codes.get(code), { ...by, code });
}

/** The code above these digits; "" none of the list. @param {HallDay} here @param {string} digits @param {Map<Hex, string>} known */
async function codeAbove(here, digits, known) {
  const fresh = [...here.index.codes.keys()].filter((code) => !known.has(code));
  await Promise.all(fresh.map(async (code) => known.set(code, await digitsOf(code))));
  for (const code of here.index.codes.keys()) if (known.get(code) === digits) return code;
  return "";
}

/** @param {HallDay} here @param {HallCard} card @param {Means} means @returns {Promise<Found>} */
async function byCard(here, card, { inPanel }) {
  const who = await byNumber(here, card.number);
  return someone(here, who ?? inPanel(card.number), { how: "3", by: "number", card });
}

/** Whose ID number this is on the list. @param {HallDay} here @param {string} number */
export async function listedBy(here, number) {
  return here.index.ids.get(await markOf(here, NUMBER_LABEL, number));
}

/** And among guests who were taken in here. @param {HallDay} here @param {string} number */
export async function byNumber(here, number) {
  const listed = await listedBy(here, number);
  if (listed) return listed;
  for (const mine of here.mine.values()) {
    for (const { body, who } of mine) if (body.number === number) return who;
  }
  return null;
}

/** The number of an archive, or of a document that is no ID card. @param {HallDay} here @param {string} text @param {Means} means @returns {Promise<Found>} */
async function byOther(here, text, { inPanel }) {
  const archive = here.index.nos.get(await markOf(here, ARCHIVE_LABEL, text));
  if (archive) return someone(here, archive, { how: "5", by: "archive_no" });
  const document = await byNumber(here, text);
  if (document) return someone(here, document, { how: "3", by: "number" });
  const who = inPanel(text);
  if (who) return someone(here, who, { how: "5", by: "archive_no" });
  return /^[0-9A-Z]+$/.test(text) && /[0-9]{5}/.test(text)
    ? { ...NONE, outcome: "not_on_list", how: "5", by: "archive_no" }
    : NONE;
}

/** @param {HallDay} here @param {Uint8Array} label @param {string} text */
async function markOf(here, label, text) {
  const whole = await hmac(unbase64(here.info.key), concat(label, utf8(text)));
  return hex(whole.subarray(0, MARK));
}
