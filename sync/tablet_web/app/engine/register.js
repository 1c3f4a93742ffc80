// The register of one resident: cells as received with own edits laid over, and what the catalogue
// says of each cell.

import { cellsIn, choose, claims, EMPTY, idOf, put } from "../merge/cells.js";
import { parsed } from "./person.js";
import { OPEN_ARCHIVE, openingCells } from "./acts.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../merge/cells.js").Cell} Cell */
/** @typedef {import("../merge/cells.js").Safer} Safer */
/** @typedef {import("./initials.js").Letters} Letters */
/** @typedef {import("./rows.js").Person} Person */
/** @typedef {import("./rows.js").OwnPlain} OwnPlain */
/** @typedef {{ id: Hex, row: import("./rows.js").OwnRow, plain: OwnPlain }} OwnChange */
/** @typedef {{ name: string, policy: string, type: { is: string, none?: string }, safer?: Safer | null }} Field */
/** @typedef {{ kinds: { id: string, version: number, shape: string, class: string, fields: Field[] }[], plan: { id: string, label: string, kinds: string[] }[] }} Catalogue */

export class Words {
  /** @param {Catalogue} catalogue @param {Letters} letters */
  constructor(catalogue, letters) {
    this.letters = letters;
    /** @type {Map<string, Field>} */
    this._fields = new Map();
    /** @type {Map<string, string>} */
    this._class = new Map();
    for (const kind of catalogue.kinds) {
      this._class.set(kind.id, kind.class);
      if (kind.shape !== "register") continue;
      for (const field of kind.fields) this._fields.set(field.name, field);
    }
    /** Rule of the plan -> kinds of record that do it. @type {Map<string, string[]>} */
    this.doneBy = new Map(catalogue.plan.map((rule) => [rule.id, rule.kinds]));
  }

  /** @param {string} cell */
  policyOf(cell) {
    return this._fields.get(fieldOf(cell))?.policy ?? "note";
  }

  /** @param {string} cell @returns {Safer | null} */
  saferOf(cell) {
    return this._fields.get(fieldOf(cell))?.safer ?? null;
  }

  /** Of a record of this kind; what is not known is B. @param {string} kind @returns {"A" | "B"} */
  classOf(kind) {
    return this._class.get(kind) === "A" ? "A" : "B";
  }

  /** The cell of the answer that excludes this one; "" where there is none. @param {string} cell */
  noneBeside(cell) {
    const none = this._fields.get(fieldOf(cell))?.type.none ?? "";
    return none && cell !== `${fieldOf(cell)}/${none}` ? `${fieldOf(cell)}/${none}` : "";
  }
}

/** @param {string} cell */
export function fieldOf(cell) {
  return cell.split("/", 1)[0];
}

/**
 * Cells as received, with own edits laid over by the same rule.
 * @param {Person} person
 * @param {OwnChange[]} own
 * @returns {Map<string, Cell>}
 */
export function cellsOf(person, own) {
  /** @type {Map<string, Cell>} */
  const cells = new Map();
  for (const register of Object.values(person.regs)) {
    for (const [name, cell] of cellsIn(parsed(register).cells)) cells.set(name, cell);
  }
  for (const { id, row, plain } of own) {
    const { set, at, body } = JSON.parse(plain.raw);
    const laid = plain.kind === OPEN_ARCHIVE ? openingCells(body) : (set ?? {});
    for (const [name, edit] of Object.entries(laid)) {
      const head = {
        change: id,
        value: edit.value,
        author: /** @type {const} */ ("staff"),
        staff: row.staff,
        at,
      };
      cells.set(name, put(cells.get(name) ?? EMPTY, head, (edit.saw ?? []).map(idOf)));
    }
  }
  return cells;
}

/**
 * Own edits that count in the shown values: all of somebody new here, else those not put aside.
 * @param {Person} person @param {OwnChange[]} own
 */
export function laidOver(person, own) {
  const fresh = Object.keys(person.regs).length === 0;
  return own.filter(({ row }) => fresh || (row.state !== "kept" && row.state !== "aside"));
}

/** @param {Map<string, Cell>} cells @param {string} name @param {Words} words */
export function shownOf(cells, name, words) {
  return choose(cells.get(name) ?? EMPTY, words.policyOf(name), words.saferOf(name)).value;
}

/** Conflicts and disputes of a register. @param {Map<string, Cell>} cells @param {Words} words */
export function troubles(cells, words) {
  let conflict = false;
  let disputed = false;
  for (const [name, cell] of cells) {
    if (cell.heads.length < 2 && cell.heads[0]?.author !== "resident") continue;
    const policy = words.policyOf(name);
    const open = claims(cell, policy).length > 0;
    disputed ||= open;
    conflict ||= !open && choose(cell, policy, words.saferOf(name)).conflict;
  }
  return { conflict, disputed };
}
