// The tablet's copy of its panels: a page of the feed is one step, cursor included (PROTOCOL 8.3).
//
// A put counts only when the pair (feed epoch, revision) is above the stored one; a leave removes
// at once. What is compared is received state only: own changes that have not come back lie beside
// it and are laid over for reading.

import { describe, withRecords } from "./describe.js";
import { isEmpty } from "./person.js";
import { bucketOf, leaf, minus, plus, rootOf, ZERO } from "./sums.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./ledger.js").Step} Step */
/** @typedef {import("./rows.js").Entry} Entry */
/** @typedef {import("./rows.js").Person} Person */
/** @typedef {import("./answer.js").Page} Page */
/** @typedef {import("./answer.js").Row} Row */
/** What one page did. `agrees`: null when no digest came with it.
 * @typedef {{ rows: number, touched: Set<Hex>, left: Hex[], agrees: boolean | null }} Applied */

/** Archives that are opened at the same time. */
const TOGETHER = 200;

/** @type {Omit<Entry, "id">} */
export const BLANK = {
  panels: [],
  sum: ZERO,
  name: "",
  initials: "",
  sex: "",
  birth: "",
  doc: "",
  tel: "",
  region: "",
  village: "",
  address: "",
  no: "",
  status: "",
  marks: [],
  plans: [],
  last: "",
  ep: Number.MAX_SAFE_INTEGER,
};

/** Applies one page inside a step that holds nothing else of residents. */
export class Applying {
  /**
   * @param {Step} step
   * @param {Page} page
   * @param {import("./describe.js").Words} words what the catalogue says of cells
   */
  constructor(step, page, words) {
    this.step = step;
    this.page = page;
    this.words = words;
    /** @type {Map<Hex, Person>} */
    this.open = new Map();
    /** @type {Map<Row, Hex>} */
    this._leaves = new Map();
    /** Of whom more than a further record is new. @type {Set<Hex>} */
    this._whole = new Set();
    /** @type {Applied} */
    this.done = { rows: 0, touched: new Set(), left: [], agrees: null };
  }

  /** @returns {Promise<Applied>} */
  async run() {
    const { page, done } = this;
    await this._ahead();
    if (page.roster !== null) await this._roster(page.roster);
    for (const row of page.rows) await this._row(row);
    for (const row of page.snap_rows) await this._row(row);
    if (page.mended.length) await this._again();
    if (page.snap === null && !page.more) await this._dropUnconfirmed();
    await this._close();
    if (page.root !== null && !page.more) {
      done.agrees = rootOf(this._members()) === page.root;
    }
    return done;
  }

  /** What is slow one by one, together: everybody of the page is opened, every leaf is hashed. */
  async _ahead() {
    const rows = [...this.page.rows, ...this.page.snap_rows, ...this.page.again];
    const found = new Set(rows.flatMap((row) => (row.put === "leave" ? [] : [personOf(row)])));
    const ids = [...found].filter((id) => this.step.entry(id));
    for (let at = 0; at < ids.length; at += TOGETHER) {
      await Promise.all(ids.slice(at, at + TOGETHER).map((id) => this._person(id)));
    }
    await Promise.all(
      rows.map(async (row) => {
        if (row.put === "leave" || row.put === "plan") return;
        this._leaves.set(row, await leaf(row.id, row.cls, row.rev));
      }),
    );
  }

  _members() {
    return this.step.everybody().filter((each) => each.panels.includes(this.page.panel));
  }

  /** @param {Hex[]} roster */
  async _roster(roster) {
    const there = new Set(roster);
    for (const entry of this._members()) if (!there.has(entry.id)) this._leave(entry.id);
    for (const who of there) this._join(who);
  }

  /** @param {Row} row */
  async _row(row) {
    this.done.rows += 1;
    if (row.put === "leave") {
      this._leave(row.id);
      return;
    }
    const who = personOf(row);
    if (row.put !== "event" || !this.step.entry(who)) this._whole.add(who);
    this._join(who);
    const person = await this._person(who);
    if (row.put === "plan") {
      const { cls, rev, raw } = row;
      if (isNewer(person.plans[cls], this.page.epoch, rev)) {
        person.plans[cls] = { rev, ep: this.page.epoch, on: "", raw };
      }
    } else if (row.put === "resident") {
      await this._upsert(who, person.regs, row.cls, row);
    } else {
      const key = `${row.id}/${row.cls}`;
      if (row.resident !== who) await this._takeAway(row.resident, key);
      await this._upsert(who, person.events, key, row);
    }
  }

  /**
   * @param {Hex} who @param {Record<string, import("./rows.js").Entity>} held @param {string} key
   * @param {Extract<Row, { raw: Uint8Array }>} row
   */
  async _upsert(who, held, key, row) {
    const { id, cls, rev, raw } = row;
    const old = held[key];
    if (!isNewer(old, this.page.epoch, rev)) return;
    if (old) this._whole.add(who);
    const less = old ? await leaf(id, cls, old.rev) : ZERO;
    const more = this._leaves.get(row) ?? (await leaf(id, cls, rev));
    const entry = this._entry(who);
    this.step.putEntry({ ...entry, sum: plus(minus(entry.sum, less), more) });
    held[key] = { rev, ep: this.page.epoch, on: row.put === "event" ? row.on : "", raw };
  }

  /**
   * A record signed for an archive that was merged into another counts there from now on
   * (PROTOCOL 7.6); the copy that the signed archive still has goes.
   * @param {Hex} from @param {string} key
   */
  async _takeAway(from, key) {
    if (!this.step.entry(from)) return;
    const old = await this._person(from);
    if (old.events[key]) await this._drop(from, old.events, key, key.slice(0, 32));
  }

  /** @param {Hex} who */
  async _person(who) {
    const open = this.open.get(who);
    if (open) return open;
    const person = await this.step.person(who);
    this.open.set(who, person);
    this.done.touched.add(who);
    return person;
  }

  /** @param {Hex} who @returns {Entry} */
  _entry(who) {
    return this.step.entry(who) ?? { ...BLANK, id: who };
  }

  /** @param {Hex} who */
  _join(who) {
    const entry = this._entry(who);
    if (!entry.panels.includes(this.page.panel)) {
      this.step.putEntry({ ...entry, panels: [...entry.panels, this.page.panel] });
    }
    if (this.step.get("gone", who)) this.step.put("gone", who);
  }

  /** @param {Hex} who */
  _leave(who) {
    const { step, page } = this;
    const entry = step.entry(who);
    const rest = entry ? entry.panels.filter((each) => each !== page.panel) : [];
    if (entry && rest.length) {
      step.putEntry({ ...entry, panels: rest }); // still in another panel of this tablet
      return;
    }
    this._forget(who);
    if (!step.get("gone", who)) step.put("gone", who, { at: 0, panel: page.panel });
    this.done.left.push(who);
  }

  /** @param {Hex} who */
  _forget(who) {
    this.open.delete(who);
    this.step.forget(who);
    this.step.entries.set(who, null);
    this.done.touched.add(who);
  }

  /** Residents of mended buckets come whole: what is not among them goes. */
  async _again() {
    const mended = new Set(this.page.mended);
    for (const entry of this._members()) {
      if (!mended.has(await bucketOf(entry.id))) continue;
      const rest = entry.panels.filter((each) => each !== this.page.panel);
      this._forget(entry.id);
      if (rest.length) this.step.putEntry({ ...BLANK, id: entry.id, panels: rest });
    }
    for (const row of this.page.again) await this._row(row);
  }

  /** A snapshot under a newer epoch is complete: what it did not confirm was lost by a restore. */
  async _dropUnconfirmed() {
    const { page } = this;
    for (const { id, ep } of this._members()) {
      if (ep >= page.epoch && !this.open.has(id)) continue;
      const person = await this._person(id);
      for (const [key, each] of Object.entries(person.events)) {
        if (each.ep < page.epoch) await this._drop(id, person.events, key, key.slice(0, 32));
      }
      for (const [cls, each] of Object.entries(person.regs)) {
        if (each.ep < page.epoch) await this._drop(id, person.regs, cls, id);
      }
      for (const [cls, each] of Object.entries(person.plans)) {
        if (each.ep < page.epoch) delete person.plans[cls];
      }
    }
  }

  /**
   * @param {Hex} who @param {Record<string, import("./rows.js").Entity>} held @param {string} key
   * @param {Hex} entity
   */
  async _drop(who, held, key, entity) {
    const cls = key.includes("/") ? key.slice(33) : key;
    this._whole.add(who);
    const entry = this._entry(who);
    const one = await leaf(entity, cls, held[key].rev);
    this.step.putEntry({ ...entry, sum: minus(entry.sum, one) });
    delete held[key];
  }

  /** What was opened is put back, and the index says what lists show of it now. */
  async _close() {
    for (const [who, person] of this.open) {
      if (isEmpty(person)) this.step.forget(who);
      else this.step.putPerson(who, person);
      const entry = this._entry(who);
      const told = this._whole.has(who)
        ? describe(person, [], this.words)
        : withRecords(entry, person, this.page.epoch);
      this.step.putEntry({ ...entry, ...told });
    }
  }
}

/** @param {Exclude<Row, { put: "leave" }>} row @returns {Hex} */
const personOf = (row) => (row.put === "event" ? (row.of ?? row.resident) : row.id);

/** @param {import("./rows.js").Entity | undefined} old @param {number} epoch @param {number} rev */
function isNewer(old, epoch, rev) {
  return !old || old.ep < epoch || (old.ep === epoch && old.rev < rev);
}
