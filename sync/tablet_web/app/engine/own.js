// What was saved on this tablet and has not come back with a page: sealed on disk, open in memory
// while the tablet is unlocked.

import { base64, text, unhex, utf8, uuid7 } from "../wire/bytes.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").World} World */
/** @typedef {import("./ledger.js").Ledger} Ledger */
/** @typedef {import("./ledger.js").Step} Step */
/** @typedef {import("./outbox.js").Own} Own */
/** @typedef {import("./rows.js").OwnPlain} OwnPlain */
/** @typedef {import("./rows.js").OwnRow} OwnRow */
/** What a change is about, before it has an id and stamps; ids are hex. `hall`: of a step, its day;
 * `after`: a change before which it must not rank.
 * @typedef {{ resident: Hex, kind: string, v: number, on: string, body?: unknown,
 *   set?: Record<string, { value: unknown, saw: Hex[] }>, amends?: Hex, voids?: Hex,
 *   reason?: string, ground?: { kind: string, note: string },
 *   attach?: { id: Hex, key: string, size: number, type: string }[], hall?: Hex, after?: Hex,
 *   position?: import("../types.js").Position }} Wanted */

export const CHANGE_BYTES = 65536;

export class OwnChanges {
  /**
   * @param {Ledger} ledger
   * @param {World} world
   */
  constructor(ledger, world) {
    this.ledger = ledger;
    this.world = world;
    /** @type {Map<Hex, OwnPlain>} */
    this._open = new Map();
    /** This run of the app. */
    this.session = Array.from(world.random(8), (each) => each.toString(16).padStart(2, "0")).join(
      "",
    );
    this._started = world.mono();
  }

  /** Opens what lies on disk. */
  async unseal() {
    this._open.clear();
    await this.plain(this.ledger.rows("own"));
  }

  lock() {
    this._open.clear();
  }

  /** @param {Own[]} rows @returns {Promise<OwnPlain[]>} */
  async plain(rows) {
    const found = [];
    for (const [id, row] of rows) found.push(this._open.get(id) ?? (await this._unsealed(id, row)));
    return found;
  }

  /** @param {Hex} id @param {OwnRow} row */
  async _unsealed(id, row) {
    const { sealer } = this.ledger;
    if (!sealer) throw { code: "locked" };
    /** @type {OwnPlain} */
    const plain = JSON.parse(text(await sealer.unseal("own", id, row.sealed)));
    this._open.set(id, plain);
    return plain;
  }

  /**
   * Own changes on a resident that are shown beside what was received, in order of saving.
   * @param {Hex} resident
   * @returns {{ id: Hex, row: OwnRow, plain: OwnPlain }[]}
   */
  on(resident) {
    const found = [];
    for (const [id, plain] of this._open) {
      const row = this.ledger.get("own", id);
      if (row && plain.resident === resident) found.push({ id, row, plain });
    }
    return found.sort((a, b) => a.row.n - b.row.n);
  }

  /** Everybody of whom something own is here. */
  residents() {
    const found = new Set();
    for (const [id, plain] of this._open) if (this.ledger.get("own", id)) found.add(plain.resident);
    return /** @type {Set<Hex>} */ (found);
  }

  /** Whom a change of this tablet is about; null: not known here any more. @param {Hex} id */
  async residentOf(id) {
    const row = this.ledger.get("own", id);
    if (!row) return null;
    const [plain] = await this.plain([[id, row]]);
    return plain.resident;
  }

  get sessionMs() {
    return Math.max(0, Math.round(this.world.mono() - this._started));
  }

  /** Writes down this run's clocks. @param {Step} step */
  noteSession(step) {
    const { offset, sigma } = step.facts;
    const wall = this.world.clock();
    step.put("session", this.session, { wall, mono: this.sessionMs, offset, sigma });
  }

  /**
   * A change in a step: its bytes are written once, here, and stay.
   * @param {Step} step
   * @param {Wanted} wanted
   * @param {Hex} staff
   * @param {{ name: string, known: OwnPlain["known"] }} beside
   * @returns {Promise<Hex>}
   */
  async make(step, wanted, staff, { name, known }) {
    const { sealer } = this.ledger;
    if (!sealer) throw { code: "locked" };
    const at = this.world.clock();
    const id = uuid7(at, this.world.random(10), wanted.after);
    const raw = written(id, at, this.sessionMs, wanted);
    const size = utf8(raw).length;
    if (size > CHANGE_BYTES)
      throw { code: "change_too_large", facts: { kib: Math.ceil(size / 1024) } };
    const { resident, kind, on, position } = wanted;
    /** @type {OwnPlain} */
    const plain = { resident, kind, on, name, raw, known, ...(position ? { position } : {}) };
    const state = step.facts;
    state.saved += 1;
    const n = state.saved;
    const sealed = await sealer.seal("own", id, utf8(JSON.stringify(plain)));
    /** @type {OwnRow} */
    const row = {
      n,
      staff,
      state: "open",
      epoch: 0,
      seq: 0,
      was: [],
      session: this.session,
      at,
      ...(wanted.hall ? { hall: wanted.hall } : {}),
      sealed,
    };
    step.put("own", id, row);
    const told = utf8(JSON.stringify({ resident, kind, on, name }));
    step.put("fate", id, {
      n,
      staff,
      at,
      state: "",
      reason: "",
      receipt: 0,
      ...(wanted.hall ? { hall: wanted.hall } : {}),
      sealed: await sealer.seal("fate", id, told),
    });
    this._open.set(id, plain);
    return id;
  }
}

/** The bytes of a change (PROTOCOL 5, Change). @param {Hex} id @param {number} at @param {number} mono @param {Wanted} wanted */
function written(id, at, mono, wanted) {
  const { resident, kind, v, on, body, set, amends, voids, reason, ground, attach } = wanted;
  return JSON.stringify({
    id: onWire(id),
    resident: onWire(resident),
    kind,
    v,
    on,
    at,
    mono,
    ...(body === undefined ? {} : { body }),
    ...(set ? { set: edits(set) } : {}),
    ...(amends ? { amends: onWire(amends) } : {}),
    ...(voids ? { voids: onWire(voids) } : {}),
    ...(reason ? { reason } : {}),
    ...(ground ? { ground } : {}),
    ...(attach?.length ? { attach: attach.map((each) => ({ ...each, id: onWire(each.id) })) } : {}),
  });
}

/** @param {Record<string, { value: unknown, saw: Hex[] }>} set */
function edits(set) {
  return Object.fromEntries(
    Object.entries(set).map(([cell, { value, saw }]) => [
      cell,
      { value, ...(saw.length ? { saw: saw.map(onWire) } : {}) },
    ]),
  );
}

/** @param {Hex} id */
const onWire = (id) => base64(unhex(id));
