// What the pages read: home, search, one archive. Everybody's line is made once from the sealed
// index and what was saved here, and made again only when one of them changes.

import { isAct } from "./acts.js";
import { BLANK } from "./apply.js";
import { cellsShown, recordsShown } from "./archive.js";
import { dayOf } from "./civil.js";
import { describe } from "./describe.js";
import { dueOf, homeOf } from "./due.js";
import { emptyPerson, readPerson } from "./ledger.js";
import { alike, search } from "./search.js";
import { serverTime } from "./status.js";

/** @typedef {import("../types.js").Archive} Archive */
/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Line} Line */
/** @typedef {import("./rows.js").Entry} Entry */
/** @typedef {import("./register.js").OwnChange} OwnChange */
/** Everybody as lists show them; `of`: what it was made from.
 * @typedef {{ of: string, version: number, all: Map<Hex, Entry>, lines: Map<Hex, Line> }} Made */
/**
 * @typedef {{ ledger: import("./ledger.js").Ledger, own: import("./own.js").OwnChanges,
 *   photos: import("./photos.js").Photos, directory: import("./directory.js").Directory,
 *   world: import("../types.js").World, words: () => import("./register.js").Words }} Parts
 */

const TAIL = 4;

export class Reading {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    /** What own changes make of a resident's entry. @type {Map<Hex, import("./describe.js").Described>} */
    this._over = new Map();
    /** @type {Made | null} */
    this._made = null;
  }

  get today() {
    const { world, ledger } = this.parts;
    return dayOf(serverTime(ledger, world.clock()));
  }

  clear() {
    this._over.clear();
    this._made = null;
  }

  /** After unlocking: what own changes make of the index. */
  async prepare() {
    this.clear();
    await this.refresh(this.parts.own.residents());
  }

  /** @param {Iterable<Hex>} residents */
  async refresh(residents) {
    const { ledger, own, words } = this.parts;
    const made = this._made;
    const changed = [...residents];
    for (const who of changed) {
      const mine = own.on(who);
      if (!mine.length || this._left(who)) {
        this._over.delete(who);
        continue;
      }
      const person = (await readPerson(ledger, who)) ?? emptyPerson();
      this._over.set(who, describe(person, mine, words()));
    }
    if (!made || made !== this._made || made.of !== this._madeOf()) return;
    for (const who of changed) this._remake(made, who);
    made.version = ledger.entries.version;
  }

  /** What all lines rest on together. */
  _madeOf() {
    return `${this.today} ${this.parts.ledger.state?.names}`;
  }

  /** @param {Made} made @param {Hex} who */
  _remake(made, who) {
    const here = this.parts.ledger.entries.get(who);
    const over = this._over.get(who);
    // Of another team: written for on some ground, and no archive of them is here.
    if (!here && !over?.name) {
      made.all.delete(who);
      made.lines.delete(who);
      return;
    }
    const entry = { ...(here ?? { ...BLANK, id: who }), ...over };
    made.all.set(who, entry);
    made.lines.set(who, this._line(entry, this.today));
  }

  /** Gone from every panel of this tablet: what still waits is for sending only. @param {Hex} who */
  _left(who) {
    return !this.parts.ledger.entries.get(who) && Boolean(this.parts.ledger.get("gone", who));
  }

  /** @returns {Made} */
  _people() {
    const of = this._madeOf();
    const { entries } = this.parts.ledger;
    if (this._made?.of === of && this._made.version === entries.version) return this._made;
    /** @type {Made} */
    const made = { of, version: entries.version, all: new Map(), lines: new Map() };
    for (const { id } of entries.all) this._remake(made, id);
    for (const id of this._over.keys()) this._remake(made, id);
    this._made = made;
    return made;
  }

  /** @param {Entry} entry @param {string} today @returns {Line} */
  _line(entry, today) {
    const { own, directory, words } = this.parts;
    const mine = this._over.has(entry.id) ? own.on(entry.id) : [];
    const { id, name, initials, birth, address, no, status, panels, marks, last } = entry;
    return {
      id,
      name,
      initials,
      sex: /** @type {Line["sex"]} */ (entry.sex),
      birth,
      tail: entry.doc.slice(-TAIL),
      phone: entry.tel.slice(-TAIL),
      village: directory.region(entry.region) || entry.village,
      address,
      no,
      status,
      panels,
      marks,
      due: dueOf(entry, mine, today, words()),
      last,
      waiting: mine.filter(({ row }) => row.state === "open" || row.state === "sent").length,
    };
  }

  home() {
    const { lines } = this._people();
    const { own } = this.parts;
    const { today } = this;
    const visited = (/** @type {Line} */ line) =>
      this._over.has(line.id) &&
      own.on(line.id).some(({ row, plain }) => plain.on === today && counts(plain, row.state));
    return homeOf([...lines.values()], today, visited);
  }

  /** @param {string} text @param {number} most */
  search(text, most) {
    const { all, lines } = this._people();
    return linesOf(lines, search([...all.values()], text, most));
  }

  /** @param {{ name: string, birth: string, sex: string, id_no: string }} person */
  alike(person) {
    const { all, lines } = this._people();
    return linesOf(lines, alike([...all.values()], person));
  }

  /** @param {Hex} resident */
  knows(resident) {
    const here = this.parts.ledger.entries.get(resident) !== undefined;
    return here || Boolean(this._over.get(resident)?.name);
  }

  /** @param {Hex} resident */
  nameOf(resident) {
    const over = this._over.get(resident);
    return over?.name ?? this.parts.ledger.entries.get(resident)?.name ?? "";
  }

  /** @param {Hex} resident @returns {Promise<Archive>} */
  async archive(resident) {
    const { ledger, own, photos, directory, words } = this.parts;
    const line = this._people().lines.get(resident);
    if (!line) throw { code: "no_such_resident" };
    const person = (await readPerson(ledger, resident)) ?? emptyPerson();
    const from = {
      person,
      own: own.on(resident),
      words: words(),
      names: (/** @type {Hex} */ id) => directory.by(id),
      fate: (/** @type {Hex} */ id) => ledger.get("fate", id) ?? { state: "", reason: "" },
      picture: (/** @type {Hex} */ id) => photos.shown(id),
    };
    return {
      line,
      cells: cellsShown(from),
      records: recordsShown(from),
      due: line.due,
      restricted: line.marks.includes("restricted"),
      new_here: line.marks.includes("new_here"),
    };
  }

  /** Heads of cells as they stand now, own unsent ones too. @param {Hex} resident */
  async heads(resident) {
    const { ledger, own, words } = this.parts;
    const person = (await readPerson(ledger, resident)) ?? emptyPerson();
    const none = () => ({ state: "", reason: "" });
    const hidden = { here: false, state: /** @type {const} */ (""), reason: "" };
    const from = { person, own: own.on(resident), words: words(), names: () => "", fate: none };
    const cells = cellsShown({ ...from, picture: () => hidden });
    /** @type {Record<string, Hex[]>} */
    const found = {};
    for (const cell of Object.values(cells))
      found[cell.name] = cell.heads.map((each) => each.change);
    return found;
  }
}

/** A record, or a change of the register, that a visit left behind. @param {import("./rows.js").OwnPlain} plain @param {string} state */
const counts = (plain, state) =>
  plain.kind !== "basic_info" && !isAct(plain.kind) && state !== "kept" && state !== "aside";

/** @param {Map<Hex, Line>} lines @param {Entry[]} found */
const linesOf = (lines, found) =>
  found.flatMap(({ id }) => {
    const line = lines.get(id);
    return line ? [line] : [];
  });
