// How people, organisations and places are called, as the server last told it (PROTOCOL 8.10).
// Nothing depends on it: who is not in it is somebody unknown.

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {{ version: Hex, facilities: [Hex, string][], staff: [Hex, string, number][], regions: [string, string][],
 *   teams?: [Hex, string, number][], grounds?: [string, string][] }} Told */

export class Directory {
  constructor() {
    /** Called with the names of staff, each time they have come. @type {(names: Map<Hex, string>) => void} */
    this.heard = () => {};
    this.clear();
  }

  clear() {
    /** @type {Map<Hex, string>} */
    this._names = new Map();
    /** Staff with their facility. @type {Map<Hex, string>} */
    this._by = new Map();
    /** @type {Map<string, string>} */
    this._regions = new Map();
    /** @type {import("../types.js").Choices} */
    this.choices = { teams: [], grounds: [] };
  }

  /** @param {Told} told */
  take({ facilities, staff, regions, teams = [], grounds = [] }) {
    this._names = new Map(facilities);
    this._by = new Map();
    for (const [id, name, at] of staff) {
      this._names.set(id, name);
      const facility = facilities[at]?.[1];
      this._by.set(id, facility ? `${name} \u00b7 ${facility}` : name);
    }
    this._regions = new Map(regions);
    this.heard(new Map(staff.map(([id, name]) => [id, name])));
    this.choices = {
      teams: teams.map(([id, name, at]) => ({ id, name, facility: facilities[at]?.[1] ?? "" })),
      grounds: grounds.map(([code, label]) => ({ code, label })),
    };
  }

  /** Who wrote something: name and facility; "" unknown. @param {Hex} staff */
  by(staff) {
    return this._by.get(staff) ?? this._names.get(staff) ?? "";
  }

  /** The place of an address, by its code; "" unknown. @param {string} code */
  region(code) {
    if (code.length < 9) return "";
    return this._regions.get(code.slice(0, 12)) ?? this._regions.get(code.slice(0, 9)) ?? "";
  }

  /** @returns {Record<Hex, string>} */
  all() {
    return Object.fromEntries(this._names);
  }
}
