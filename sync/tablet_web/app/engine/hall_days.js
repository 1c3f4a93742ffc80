// The checkup days of this tablet on its disk: pages of the server with their cursors (PROTOCOL
// 8.11), each one step; sealed like everything that names people, and gone when the day has ended.
//
// Rows of the store "hall": "DAY.i" the day itself, "DAY.r.X" a sixteenth of its people, "DAY.m"
// guests who turned out to be somebody, "codes" the signed list of codes.

import { codeListOf } from "../crypto/card.js";
import { join, nothing, stateFrom } from "../merge/hall.js";
import { base64, hex, text, unbase64, utf8 } from "../wire/bytes.js";
import { blankRow, HallDay, infoFrom } from "./hall_day.js";
import { raise, takeSeries } from "./hall_numbers.js";
import { listedBy } from "./hall_scan.js";
import { folded } from "./search.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./hall_day.js").Info} Info */
/** @typedef {import("./hall_day.js").Mine} Mine */
/** @typedef {import("./hall_day.js").Row} Row */
/** @typedef {import("./ledger.js").Step} Step */
/** @typedef {import("./rows.js").HallAt} HallAt */
/** @typedef {import("../crypto/card.js").CodeList} CodeList */
/** @typedef {{ epoch: number, counter: number, bytes: string, signature: string }} KeptCodes */
/** @typedef {{ told: any, exact: (part: object) => Uint8Array }} Page */
/**
 * @typedef {{ ledger: import("./ledger.js").Ledger, own: import("./own.js").OwnChanges,
 *   outbox: import("./outbox.js").Outbox, writing: import("./writing.js").Writing }} Parts
 */

/** @type {HallAt} */
const NOTHING = { epoch: 0, csn: 0, version: 0, complete: false };
const CODES = "codes";
const TAIL = 4;

export class HallDays {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {Map<Hex, HallDay>} */
    this.all = new Map();
    /** @type {{ list: CodeList, kept: KeptCodes } | null} */
    this.codes = null;
    /** Id of a code -> the digits below it, once they were asked for. @type {Map<Hex, string>} */
    this.digits = new Map();
    /** @type {Promise<void> | null} */
    this._ready = null;
    /** Rises when everything readable is let go: what was being read then is not kept. */
    this._round = 0;
  }

  /** The tablet is locked: nothing of it stays in memory. */
  clear() {
    this.all = new Map();
    this.codes = null;
    this.digits = new Map();
    this._ready = null;
    this._round += 1;
  }

  /** What lies on disk is open. @returns {Promise<void>} */
  ready() {
    if (!this._ready) {
      const mine = this._load();
      this._ready = mine;
      mine.catch(() => {
        if (this._ready === mine) this._ready = null;
      });
    }
    return this._ready;
  }

  async _load() {
    const round = this._round;
    const { ledger } = this.parts;
    /** @type {Map<Hex, { info: Info | null, rows: Row[], moved?: Record<Hex, Hex> }>} */
    const found = new Map();
    let codes = null;
    for (const [key, sealed] of await ledger.disk.rows("hall")) {
      const told = await this._unsealed(key, /** @type {Uint8Array} */ (sealed));
      if (key === CODES) {
        codes = await this._codes(/** @type {KeptCodes} */ (told));
        continue;
      }
      const [day, what] = key.split(".");
      const here = found.get(day) ?? { info: null, rows: [] };
      if (what === "i") here.info = /** @type {Info} */ (told);
      else if (what === "m") here.moved = /** @type {Record<Hex, Hex>} */ (told);
      else here.rows.push(.../** @type {Row[]} */ (told));
      found.set(day, here);
    }
    /** @type {Map<Hex, HallDay>} */
    const all = new Map();
    for (const [day, { info, rows, moved }] of found) {
      if (!info || !ledger.state?.halls?.[day]) continue;
      const here = this._made(info, new Map(rows.map((each) => [each.who, each])), moved);
      here.lay(await this._mine(day, here));
      all.set(day, here);
    }
    if (round !== this._round) throw { code: "locked" };
    this.all = all;
    this.codes = codes;
  }

  /** @param {Info} info @param {Map<Hex, Row>} rows @param {Record<Hex, Hex>} [moved] */
  _made(info, rows, moved = {}) {
    const made = new HallDay(info, rows, (who, day) => this.ofPanel(who, day));
    made.moved = moved;
    return made;
  }

  /** @param {string} key @param {Uint8Array} sealed */
  async _unsealed(key, sealed) {
    const { sealer } = this.parts.ledger;
    if (!sealer) throw { code: "locked" };
    return JSON.parse(text(await sealer.unseal("hall", key, sealed)));
  }

  /** @param {Step} step @param {string} key @param {unknown} value */
  async _put(step, key, value) {
    const { sealer } = this.parts.ledger;
    if (!sealer) throw { code: "locked" };
    step.put("hall", key, await sealer.seal("hall", key, utf8(JSON.stringify(value))));
  }

  /** @param {KeptCodes} kept */
  async _codes(kept) {
    const { trust } = this.parts.outbox.unlocked;
    const list = await codeListOf(unbase64(kept.bytes), unbase64(kept.signature), trust);
    return { list, kept };
  }

  // ---- who --------------------------------------------------------------------------------------

  /** Steps of a day that were made here and are not known to be in its rows. @param {Hex} day @param {HallDay} here @returns {Promise<Mine[]>} */
  async _mine(day, here) {
    const { ledger, own } = this.parts;
    const rows = ledger.rows("own").filter(([, row]) => row.hall === day);
    const plain = await own.plain(rows);
    const mine = rows.map(([id, row], at) => this.stepOf(here, id, row, plain[at]));
    for (const { who, body } of mine) {
      if (!body.number || here.rows.has(who) || here.moved[who]) continue;
      // Taken in as a guest, and on the list by now.
      const listed = await listedBy(here, body.number);
      if (listed) here.moved = { ...here.moved, [who]: listed };
    }
    return mine;
  }

  /**
   * @param {HallDay} here @param {Hex} change @param {import("./rows.js").OwnRow} own
   * @param {import("./rows.js").OwnPlain} plain @returns {Mine}
   */
  stepOf(here, change, own, plain) {
    const { at, body } = JSON.parse(plain.raw);
    const { kind, resident: who, name } = plain;
    const step = { id: change, kind, at, body };
    const state = here.said(step, this.parts.ledger.facts.device, own.staff);
    return { id: change, own, who, kind, body, name, state };
  }

  /** A resident of this tablet's panels, as a row of a day on whose list they do not stand. @param {Hex} who @param {HallDay} day @returns {Row | null} */
  ofPanel(who, day) {
    const entry = this.parts.ledger.entries.get(who);
    if (!entry) return null;
    const more = /** @type {string[]} */ ([]);
    if (entry.marks.includes("hypertension")) more.push("htn");
    if (entry.marks.includes("diabetes")) more.push("dm");
    const groups = day.groupsOf(entry.birth, more);
    const { name, sex, birth } = entry;
    const route = day.route(groups);
    return { ...blankRow(who), name, sex, birth, tail: entry.doc.slice(-TAIL), groups, route };
  }

  /** By the number of the document or of the archive. @param {string} number @returns {Hex | null} */
  inPanel(number) {
    const asked = folded(number);
    const found = this.parts.ledger.entries.all.find(
      (each) => folded(each.doc) === asked || folded(each.no) === asked,
    );
    return found?.id ?? null;
  }

  /** What was saved or answered since is laid over anew. @param {Iterable<Hex>} [days] */
  async lay(days = this.all.keys()) {
    for (const day of days) {
      const here = this.all.get(day);
      here?.lay(await this._mine(day, here));
    }
  }

  // ---- pages ------------------------------------------------------------------------------------

  /**
   * Pages of an answer, each with its cursor. `whole`: days that are here to their end now, so that
   * steps which the server had taken before it packed them stand in their rows.
   * @param {Page[]} pages @returns {Promise<{ whole: Set<Hex>, days: Hex[], more: boolean }>}
   */
  async take(pages) {
    await this.ready();
    /** @type {Set<Hex>} */
    const whole = new Set();
    const days = new Set(this.all.keys());
    let more = false;
    for (const { told, exact } of pages) {
      const day = hex(unbase64(told.day));
      days.add(day);
      if (told.ended) await this._end(day);
      else if (await this._page(day, told, exact)) {
        if (told.more) more = true;
        else whole.add(day);
      }
    }
    return { whole, days: [...days], more };
  }

  /** @param {Hex} day @param {any} told HallPage @param {Page["exact"]} exact */
  async _page(day, told, exact) {
    const step = this.parts.ledger.step();
    const state = step.facts;
    const at = state.halls?.[day] ?? NOTHING;
    const older = told.epoch < at.epoch || (told.epoch === at.epoch && told.csn < at.csn);
    const held = this.all.get(day);
    const info = told.info ? infoFrom(told.info) : held?.info;
    if (older || !info) return false;
    const more = told.more ?? false;
    const whole = !more || (at.complete && at.epoch === told.epoch);
    const cursor = { epoch: told.epoch, csn: told.csn, version: told.version, complete: whole };
    state.halls = { ...state.halls, [day]: cursor };
    if (told.info) {
      takeSeries(state, day, info);
      await this._put(step, `${day}.i`, info);
      if (told.info.codes) await this._takeCodes(step, told.epoch, told.info.codes, exact);
    }
    const rows = new Map(held?.rows ?? []);
    const dirty = this._rows(rows, told, more);
    for (const who of dirty) {
      const row = rows.get(who);
      if (row) raise(state, day, info.serial, row.state);
    }
    await this._shards(step, day, rows, dirty);
    if (held && !told.info && !told.rows?.length && !dirty.size) {
      await step.commit(); // nothing new but how far it goes
      return true;
    }
    const moved = { ...held?.moved, ...movedIn(told.rows ?? []) };
    if (told.rows?.length && Object.keys(moved).length) await this._put(step, `${day}.m`, moved);
    const here = this._made(info, rows, moved);
    here.lay(await this._mine(day, here));
    step.after.push(() => this.all.set(day, here));
    await step.commit();
    return true;
  }

  /** @param {Map<Hex, Row>} rows @param {any} told @param {boolean} more Who has changed. */
  _rows(rows, told, more) {
    /** @type {Set<Hex>} */
    const dirty = new Set();
    for (const each of told.rows ?? []) {
      const fresh = rowFrom(each, told.epoch);
      const old = rows.get(fresh.who);
      dirty.add(fresh.who);
      if (fresh.status === "removed") rows.delete(fresh.who);
      // What was known of somebody stays known, also where the server was put back to an earlier day.
      else rows.set(fresh.who, old ? { ...fresh, state: join(old.state, fresh.state) } : fresh);
    }
    if (more) return dirty;
    for (const row of [...rows.values()]) {
      if (row.ep >= told.epoch) continue; // a restored server did not name them again
      rows.delete(row.who);
      dirty.add(row.who);
    }
    return dirty;
  }

  /** @param {Step} step @param {Hex} day @param {Map<Hex, Row>} rows @param {Set<Hex>} dirty */
  async _shards(step, day, rows, dirty) {
    const signs = new Set([...dirty].map((who) => who.slice(-1)));
    for (const sign of signs) {
      const these = [...rows.values()].filter((each) => each.who.endsWith(sign));
      const key = `${day}.r.${sign}`;
      if (these.length) await this._put(step, key, these);
      else step.put("hall", key);
    }
  }

  /** A list with a lower counter is refused; one that the pinned key did not sign is none. @param {Step} step @param {number} epoch @param {any} signed @param {Page["exact"]} exact */
  async _takeCodes(step, epoch, signed, exact) {
    const bytes = base64(exact(signed.codes));
    const held = this.codes?.kept;
    if (held?.bytes === bytes && held.epoch === epoch) return;
    const counter = signed.codes.counter;
    if (held && (epoch < held.epoch || (epoch === held.epoch && counter < held.counter))) return;
    const kept = { epoch, counter, bytes, signature: signed.signature };
    const codes = await this._codes(kept).catch(() => null);
    if (!codes) return;
    await this._put(step, CODES, kept);
    step.after.push(() => {
      this.codes = codes;
    });
  }

  /**
   * Steps that the server has go once its rows show them, and with a day that has ended: then the
   * rows are all there is to say.
   * @param {Set<Hex>} whole days of which everything has come
   */
  async settle(whole) {
    await this.ready();
    const { ledger } = this.parts;
    const step = ledger.step();
    for (const [id, own] of step.rows("own")) {
      if (!own.hall || own.state === "open" || own.state === "sent") continue;
      const gone = !step.facts.halls?.[own.hall];
      if (!gone && !(own.state === "receipted" && whole.has(own.hall) && this._shows(own.hall, id)))
        continue;
      step.put("own", id);
      const moved = this.all.get(own.hall)?.moved ?? {};
      if (Object.keys(moved).length) await this._put(step, `${own.hall}.m`, moved);
    }
    dropFates(step);
    if (step.writes.size) await step.commit(true);
    await this.lay();
  }

  /** Whether the rows of a day hold what this step says. @param {Hex} day @param {Hex} change */
  _shows(day, change) {
    const here = this.all.get(day);
    const mine = [...(here?.mine.values() ?? [])].flat().find((each) => each.id === change);
    const row = mine && here?.rows.get(here.now(mine.who));
    if (!mine || !row) return true;
    const held = join(row.state, nothing());
    return JSON.stringify(join(held, mine.state)) === JSON.stringify(held);
  }

  /** Nothing of the day stays but what waits for the server, and how far was counted. @param {Hex} day */
  async _end(day) {
    const { ledger, writing } = this.parts;
    const step = ledger.step();
    const { [day]: _, ...rest } = step.facts.halls ?? {};
    step.facts.halls = rest;
    for (const key of await ledger.disk.keys("hall", `${day}.`, `${day}/`)) step.put("hall", key);
    for (const [id, { hall, state }] of step.rows("own")) {
      if (hall === day && state !== "open" && state !== "sent") step.put("own", id);
    }
    const here = this.all.get(day);
    const whos = [here?.rows, here?.mine].flatMap((each) => [...(each?.keys() ?? [])]);
    const theirs = new Set([...whos, ...Object.keys(here?.moved ?? {})]);
    for (const [photo, each] of step.rows("photo")) {
      const gone = theirs.has(each.resident) && !ledger.entries.get(each.resident);
      if (gone) step.put("photo", photo, { ...each, sealed: new Uint8Array(0) });
    }
    dropFates(step);
    step.after.push(() => this.all.delete(day));
    await step.commit(true);
    for (const { key } of writing.drafts()) {
      if (key.startsWith(`hall.${day}.`)) await writing.dropDraft(key);
    }
  }
}

/** Of steps that are gone; not while bytes of an earlier enrolment wait to hear that they arrived. @param {Step} step */
function dropFates(step) {
  const { gen } = step.facts;
  const earlier = step.rows("batch").filter(([, row]) => row.gen !== gen);
  const waits = new Set(earlier.flatMap(([, row]) => row.ids));
  for (const [id, { hall }] of step.rows("fate")) {
    if (hall && !step.get("own", id) && !waits.has(id)) step.put("fate", id);
  }
}

// ---- as it travels -------------------------------------------------------------------------------

/** @param {string} [said] */
const id = (said) => (said ? hex(unbase64(said)) : "");

/** @param {any} told HallRow @param {number} ep @returns {Row} */
function rowFrom(told, ep) {
  const blank = blankRow(id(told.who));
  const { status, name, sex, birth, tail, groups, route, slot, ticket } = { ...blank, ...told };
  const codes = (told.codes ?? []).map(id);
  const named = { status, name, sex, birth, tail, groups, route, slot, ticket, codes };
  return {
    ...blank,
    ...named,
    id: id(told.id),
    no: id(told.no),
    state: stateFrom(told.state ?? {}),
    ep,
  };
}

/** Guests who turned out to be somebody. @param {any[]} rows HallRow @returns {Record<Hex, Hex>} */
function movedIn(rows) {
  const all = rows.filter((each) => each.status === "removed" && each.now);
  return Object.fromEntries(all.map((each) => [id(each.who), id(each.now)]));
}
