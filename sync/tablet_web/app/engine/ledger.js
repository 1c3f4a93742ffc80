// Every small row of the tablet in memory, and the one way to change it: a step. What a step has
// put is seen by nobody until all of it is on disk in one transaction; if the disk has no room,
// nothing has happened.

import { Entries } from "./entries.js";
import { openPerson, sealPerson } from "./person.js";

/** @typedef {import("../types.js").Disk} Disk */
/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Store} Store */
/** @typedef {import("../types.js").Write} Write */
/** @typedef {import("./rows.js").State} State */
/** @typedef {import("./rows.js").AppState} AppState */
/** @typedef {import("./rows.js").Entry} Entry */
/** @typedef {import("./rows.js").Person} Person */
/**
 * What seals and opens rows while the tablet is unlocked.
 * @typedef {{ seal(store: Store, key: string, plain: Uint8Array): Promise<Uint8Array>,
 *   unseal(store: Store, key: string, sealed: Uint8Array): Promise<Uint8Array> }} Sealer
 */
/**
 * @typedef {{ batch: import("./rows.js").BatchRow, own: import("./rows.js").OwnRow,
 *   fate: import("./rows.js").FateRow, session: import("./rows.js").SessionRow,
 *   gone: import("./rows.js").GoneRow, looked: import("./rows.js").LookedRow,
 *   photo: import("./rows.js").PhotoRow }} Rows
 */

/** Stores whose rows are all in memory. Bytes of batches and pictures stay on disk. */
const HELD = /** @type {const} */ (["batch", "own", "fate", "session", "gone", "looked", "photo"]);

/** Rows of the store "batch": "m" what is known of a batch, "b" its bytes, "f" a farewell. */
export const BATCH_ROWS = { from: "m.", to: "m/" };

/** @type {AppState} */
const NEW_APP = {
  rescue_on: false,
  last_rescue: 0,
  idle_minutes: 10,
  position_on: false,
  wiped_why: "",
};

export class Ledger {
  /** @param {Disk} disk */
  constructor(disk) {
    this.disk = disk;
    /** @type {State | null} */
    this.state = null;
    /** @type {AppState} */
    this.app = NEW_APP;
    /** @type {Sealer | null} */
    this.sealer = null;
    /** The newest step found no room. */
    this.full = false;
    /** Of the unlocked tablet; empty when locked. */
    this.entries = new Entries();
    /** @type {Record<string, Map<string, unknown>>} */
    this.held = {};
    for (const store of HELD) this.held[store] = new Map();
  }

  /** Reads what a locked tablet may know. */
  async load() {
    const disk = this.disk;
    this.state = (await disk.get("meta", "state")) ?? null;
    // Of another run of the app: since then somebody may have set the clock.
    if (this.state) this.state = { ...this.state, offset: null, sigma: 0, clock_off: 0 };
    this.app = { ...NEW_APP, ...((await disk.get("meta", "app")) ?? {}) };
    // Without the key of its answers it is wiped, whatever a full disk let nobody write down.
    const gone = this.state && !(await disk.get("meta", "kem"));
    if (gone && !this.app.wiped_why) this.app = { ...this.app, wiped_why: "tries" };
    for (const store of HELD) {
      const { from, to } = store === "batch" ? BATCH_ROWS : { from: undefined, to: undefined };
      this.held[store] = new Map(await disk.rows(store, from, to));
    }
  }

  /** Reads the index. @param {Sealer} sealer */
  async unseal(sealer) {
    this.sealer = sealer;
    this.entries = new Entries();
    for (const [key, sealed] of await this.disk.rows("index")) {
      const plain = await sealer.unseal("index", key, /** @type {Uint8Array} */ (sealed));
      this.entries.take(plain);
    }
  }

  seal() {
    this.sealer = null;
    this.entries = new Entries();
  }

  /** The facts of an enrolled tablet. @returns {State} */
  get facts() {
    if (!this.state) throw { code: "not_enrolled" };
    return this.state;
  }

  /**
   * @template {keyof Rows} S
   * @param {S} store
   * @param {string} key
   * @returns {Rows[S] | undefined}
   */
  get(store, key) {
    return /** @type {Rows[S] | undefined} */ (this.held[store].get(key));
  }

  /**
   * Rows by rising key.
   * @template {keyof Rows} S
   * @param {S} store
   * @returns {[string, Rows[S]][]}
   */
  rows(store) {
    const found = /** @type {[string, Rows[S]][]} */ ([...this.held[store]]);
    return found.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }

  step() {
    return new Step(this);
  }

  /**
   * One row that nothing else depends on, beside whatever step is under way: a keystroke must not
   * wait for a page of the feed. @param {Write} row @param {boolean} [must]
   */
  async alone(row, must = false) {
    await this.write([row], must);
    const held = this.held[row.store];
    if (row.value === undefined) held?.delete(row.key);
    else held?.set(row.key, row.value);
  }

  /** The room for sending is kept again, once there is some. */
  async keepRoom() {
    const kept = await this.disk.keys("meta", "ballast.", "ballast/");
    if (!kept.length && !this.full) await this.disk.write(ballast()).catch(() => {});
  }

  /** @param {Write[]} writes @param {boolean} must */
  async write(writes, must) {
    try {
      await this.disk.write(writes);
      this.full = false;
    } catch (error) {
      this.full = /** @type {import("../types.js").Fault} */ (error)?.code === "storage_full";
      if (!this.full || !must) throw error;
      const ballast = await this.disk.keys("meta", "ballast.", "ballast/");
      if (!ballast.length) throw error;
      await this.disk.write(ballast.map((key) => ({ store: "meta", key })));
      await this.disk.write(writes);
    }
  }
}

/** Room that is kept for sending when nothing else fits any more. @returns {Write[]} */
export function ballast() {
  return Array.from({ length: 16 }, (_, at) => ({
    store: /** @type {const} */ ("meta"),
    key: `ballast.${String(at).padStart(2, "0")}`,
    value: new Uint8Array(32 * 1024),
  }));
}

/** Changes that come to be together. */
export class Step {
  /** @param {Ledger} ledger */
  constructor(ledger) {
    this.ledger = ledger;
    /** @type {Map<string, Write>} */
    this.writes = new Map();
    /** @type {State | null} */
    this.state = ledger.state ? structuredClone(ledger.state) : null;
    /** @type {AppState} */
    this.app = { ...ledger.app };
    /** @type {Map<Hex, Entry | null>} */
    this.entries = new Map();
    /** @type {Map<Hex, Person | null>} */
    this.persons = new Map();
    /** @type {(() => void)[]} */
    this.after = [];
  }

  /** @returns {State} */
  get facts() {
    if (!this.state) throw { code: "not_enrolled" };
    return this.state;
  }

  /**
   * @template {keyof Rows} S
   * @param {S} store
   * @param {string} key
   * @returns {Rows[S] | undefined}
   */
  get(store, key) {
    const mine = this.writes.get(`${store} ${key}`);
    if (mine) return /** @type {Rows[S] | undefined} */ (mine.value);
    return this.ledger.get(store, key);
  }

  /**
   * Rows by rising key, with what this step has put.
   * @template {keyof Rows} S
   * @param {S} store
   * @returns {[string, Rows[S]][]}
   */
  rows(store) {
    const found = new Map(/** @type {[string, Rows[S]][]} */ ([...this.ledger.held[store]]));
    for (const each of this.writes.values()) {
      if (each.store !== store) continue;
      if (store === "batch" && !each.key.startsWith("m.")) continue;
      if (each.value === undefined) found.delete(each.key);
      else found.set(each.key, /** @type {Rows[S]} */ (each.value));
    }
    return [...found].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }

  /**
   * Puts a row; without a value it goes.
   * @param {Store} store
   * @param {string} key
   * @param {unknown} [value]
   */
  put(store, key, value) {
    this.writes.set(`${store} ${key}`, { store, key, value });
  }

  /**
   * A row with some members changed.
   * @template {keyof Rows} S
   * @param {S} store
   * @param {string} key
   * @param {Partial<Rows[S]>} changed
   */
  change(store, key, changed) {
    const row = this.get(store, key);
    if (row) this.put(store, key, { ...row, ...changed });
  }

  /** @param {Hex} id @returns {Entry | null} */
  entry(id) {
    const staged = this.entries.get(id);
    return staged === undefined ? (this.ledger.entries.get(id) ?? null) : staged;
  }

  /** Everybody of the index, as this step leaves it. @returns {Entry[]} */
  everybody() {
    const found = new Map(this.ledger.entries.all.map((each) => [each.id, each]));
    for (const [id, entry] of this.entries) {
      if (entry) found.set(id, entry);
      else found.delete(id);
    }
    return [...found.values()];
  }

  /** @param {Entry} entry */
  putEntry(entry) {
    this.entries.set(entry.id, entry);
  }

  /** What was received of a resident; to be changed in place after `touch`. @param {Hex} id */
  async person(id) {
    const staged = this.persons.get(id);
    if (staged) return staged;
    if (staged === null) return emptyPerson();
    return (await readPerson(this.ledger, id)) ?? emptyPerson();
  }

  /** @param {Hex} id @param {Person} person */
  putPerson(id, person) {
    this.persons.set(id, person);
  }

  /** Everything received of a resident goes. @param {Hex} id */
  forget(id) {
    this.persons.set(id, null);
  }

  /**
   * All of it is on disk when this resolves, or nothing is. `must`: what sending needs; for that
   * there is room on a full disk, too.
   * @param {boolean} [must]
   */
  async commit(must = false) {
    const { ledger } = this;
    const writes = [...this.writes.values()];
    if (this.persons.size || this.entries.size) await this._sealed(writes);
    if (JSON.stringify(this.state) !== JSON.stringify(ledger.state)) {
      writes.push({ store: "meta", key: "state", value: this.state ?? undefined });
    }
    if (JSON.stringify(this.app) !== JSON.stringify(ledger.app)) {
      writes.push({ store: "meta", key: "app", value: this.app });
    }
    if (writes.length) await ledger.write(writes, must);
    this._happened();
  }

  /** @param {Write[]} writes */
  async _sealed(writes) {
    const { sealer, entries } = this.ledger;
    if (!sealer) throw { code: "locked" };
    const persons = [...this.persons].map(async ([id, person]) => ({
      store: /** @type {const} */ ("person"),
      key: id,
      value: person ? await sealPerson(sealer, id, person) : undefined,
    }));
    writes.push(...(await Promise.all(persons)));
    for (const [key, plain] of entries.shards(this.entries)) {
      const value = plain ? await sealer.seal("index", key, plain) : undefined;
      writes.push({ store: "index", key, value });
    }
  }

  _happened() {
    const { ledger } = this;
    ledger.state = this.state;
    ledger.app = this.app;
    for (const { store, key, value } of this.writes.values()) {
      const held = ledger.held[store];
      if (!held || (store === "batch" && !key.startsWith("m."))) continue;
      if (value === undefined) held.delete(key);
      else held.set(key, value);
    }
    for (const [id, entry] of this.entries) {
      if (entry) ledger.entries.set(entry);
      else ledger.entries.delete(id);
    }
    for (const each of this.after) each();
  }
}

/** @returns {Person} */
export function emptyPerson() {
  return { regs: {}, plans: {}, events: {} };
}

/** @param {Ledger} ledger @param {Hex} id @returns {Promise<Person | null>} */
export async function readPerson(ledger, id) {
  if (!ledger.sealer) throw { code: "locked" };
  const sealed = await ledger.disk.get("person", id);
  if (!sealed) return null;
  return openPerson(ledger.sealer, id, /** @type {Uint8Array} */ (sealed));
}
