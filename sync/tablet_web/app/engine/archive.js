// One archive as a page shows it: every cell with all its heads, the records with what amends,
// takes back and answers them, what is owed.

import { choose, claims, idOf } from "../merge/cells.js";
import { isAct } from "./acts.js";
import { parsed } from "./person.js";
import { cellsOf, fieldOf, laidOver } from "./register.js";

/** @typedef {import("../types.js").Archive} Archive */
/** @typedef {import("../types.js").Cell} CellShown */
/** @typedef {import("../types.js").Head} Head */
/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Picture} Picture */
/** @typedef {import("../types.js").Rec} Rec */
/** @typedef {import("../merge/cells.js").Placed} Placed */
/** @typedef {import("./register.js").OwnChange} OwnChange */
/** @typedef {import("./register.js").Words} Words */
/** @typedef {import("./rows.js").Person} Person */
/** @typedef {{ rec: Rec, body: boolean, amends: Hex, voids: Hex, reason: string }} Read */
/**
 * @typedef {{ person: Person, own: OwnChange[], words: Words, names: (id: Hex) => string,
 *   fate: (change: Hex) => { state: string, reason: string },
 *   picture: (id: Hex) => Pick<Picture, "here" | "state" | "reason"> }} Sources
 */

const STATEMENT = "statement";

/** @param {Sources} from @returns {Record<string, CellShown>} */
export function cellsShown({ person, own, words, names }) {
  const over = laidOver(person, own);
  const here = new Set(over.map(({ id }) => id));
  const cells = cellsOf(person, over);
  const head = (/** @type {Placed} */ each) => headShown(each, here, names);
  /** @type {Record<string, CellShown>} */
  const found = {};
  for (const [name, cell] of cells) {
    const policy = words.policyOf(name);
    const shown = choose(cell, policy, words.saferOf(name));
    found[name] = {
      name,
      field: fieldOf(name),
      element: name.includes("/") ? name.slice(name.indexOf("/") + 1) : "",
      policy,
      shown: shown.value ?? undefined,
      heads: cell.heads.map(head),
      conflict: shown.conflict,
      claims: claims(cell, policy).map(head),
    };
  }
  return found;
}

/** @param {Placed} placed @param {Set<Hex>} own @param {(id: Hex) => string} names @returns {Head} */
function headShown({ change, value, author, staff, at }, own, names) {
  const by = author === "staff" || author === "registrar" ? names(staff) : "";
  return { change, value, author, staff, by, at, own: own.has(change) };
}

/** Newest service day first. @param {Sources} from @returns {Rec[]} */
export function recordsShown(from) {
  const read = [...received(from), ...unreturned(from)];
  const counts = read.filter(({ rec }) => !isAside(rec));
  /** @type {Map<Hex, Read>} */
  const byId = new Map(read.map((each) => [each.rec.change, each]));
  const hidden = new Set();
  for (const each of [...counts].sort((a, b) => (a.rec.change < b.rec.change ? -1 : 1))) {
    const voided = byId.get(each.voids);
    if (voided) voided.rec.voided = { reason: each.reason, by: each.rec.by, at: each.rec.at };
    const amended = byId.get(each.amends);
    if (!amended || amended === each) continue;
    each.rec.amended.push(amended.rec, ...amended.rec.amended);
    amended.rec.amended = [];
    hidden.add(each.amends);
  }
  for (const { rec } of read) {
    // One about the page itself names no record and stands in the list.
    if (rec.kind === STATEMENT && answers(rec, byId)) hidden.add(rec.change);
  }
  return read
    .filter(({ rec, body }) => body && !hidden.has(rec.change))
    .map(({ rec }) => rec)
    .sort((a, b) => (a.on === b.on ? b.at - a.at : a.on < b.on ? 1 : -1));
}

/** @param {Rec} rec */
const isAside = (rec) =>
  rec.own && ["held", "quarantined", "proposal", "declined"].includes(rec.state);

/** @param {Rec} statement @param {Map<Hex, Read>} byId */
function answers(statement, byId) {
  const named = statement.body.record;
  const about = typeof named === "string" ? byId.get(named.toLowerCase()) : undefined;
  about?.rec.statements.push(statement);
  return about !== undefined;
}

/** @param {Sources} from @returns {Read[]} */
function received(from) {
  return Object.values(from.person.events).map((record) => {
    const put = parsed(record);
    const staff = idOf(put.staff);
    const whole = readChange(put.change, from, {
      staff,
      by: from.names(staff),
      cls: put.cls,
      at: put.at,
      state: put.state ?? "applied",
      reason: "",
      own: false,
      flags: put.flags ?? [],
    });
    return whole;
  });
}

/** Own records that have not come back with a page. @param {Sources} from @returns {Read[]} */
function unreturned(from) {
  const here = new Set(Object.keys(from.person.events).map((key) => key.slice(0, 32)));
  return from.own
    .filter(({ id, plain }) => !here.has(id) && !isAct(plain.kind))
    .map(({ id, row, plain }) => {
      const { state, reason } = from.fate(id);
      const change = JSON.parse(plain.raw);
      return readChange(change, from, {
        staff: row.staff,
        by: from.names(row.staff),
        cls: from.words.classOf(plain.kind),
        at: row.at,
        state: state || (row.state === "open" ? "open" : "sent"),
        reason,
        own: true,
        flags: [],
      });
    })
    .filter(({ rec, voids }) => rec.kind !== "basic_info" || voids);
}

/**
 * @param {any} change as parsed from its bytes
 * @param {Sources} from
 * @param {Pick<Rec, "staff" | "by" | "cls" | "at" | "state" | "reason" | "own" | "flags">} beside
 * @returns {Read}
 */
function readChange(change, from, beside) {
  /** @type {Rec} */
  const rec = {
    change: idOf(change.id),
    kind: change.kind,
    v: change.v,
    on: change.on,
    body: change.body ?? {},
    amended: [],
    voided: null,
    attach: (change.attach ?? []).map((/** @type {any} */ each) => pictureShown(each, from)),
    statements: [],
    ...beside,
  };
  return {
    rec,
    body: change.body !== undefined,
    amends: change.amends ? idOf(change.amends) : "",
    voids: change.voids ? idOf(change.voids) : "",
    reason: change.reason ?? "",
  };
}

/** @param {{ id: string, size: number, type: string }} named @param {Sources} from @returns {Picture} */
function pictureShown({ id, size, type }, from) {
  const name = idOf(id);
  return { id: name, type, size, ...from.picture(name) };
}
