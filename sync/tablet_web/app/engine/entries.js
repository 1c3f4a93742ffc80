// The index of residents in memory, and the sixteen sealed rows it is kept in: by the last sign of
// the id, so that a page of a few rows writes a sixteenth of it.

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./rows.js").Entry} Entry */

const SIGNS = "0123456789abcdef";

export class Entries {
  constructor() {
    /** @type {Map<Hex, Entry>} */
    this._all = new Map();
    /** Rises with every change: what was made from it before is old. */
    this.version = 0;
  }

  get all() {
    return [...this._all.values()];
  }

  get size() {
    return this._all.size;
  }

  /** @param {Hex} id */
  get(id) {
    return this._all.get(id);
  }

  /** @param {Entry} entry */
  set(entry) {
    this._all.set(entry.id, entry);
    this.version += 1;
  }

  /** @param {Hex} id */
  delete(id) {
    this._all.delete(id);
    this.version += 1;
  }

  /** One opened shard. @param {Uint8Array} plain */
  take(plain) {
    for (const entry of /** @type {Entry[]} */ (JSON.parse(new TextDecoder().decode(plain)))) {
      this._all.set(entry.id, entry);
    }
    this.version += 1;
  }

  /**
   * The shards that these entries change, ready to be sealed; null: nobody is left in it.
   * @param {Map<Hex, Entry | null>} changed
   * @returns {[string, Uint8Array | null][]}
   */
  shards(changed) {
    const dirty = new Set([...changed.keys()].map(shardOf));
    /** @type {Map<string, Entry[]>} */
    const found = new Map([...dirty].map((key) => [key, []]));
    for (const entry of this._all.values()) {
      if (!changed.has(entry.id)) found.get(shardOf(entry.id))?.push(entry);
    }
    for (const entry of changed.values()) {
      if (entry) found.get(shardOf(entry.id))?.push(entry);
    }
    const encoder = new TextEncoder();
    return [...found].map(([key, all]) => [
      key,
      all.length ? encoder.encode(JSON.stringify(all)) : null,
    ]);
  }
}

/** @param {Hex} id */
function shardOf(id) {
  const sign = id.at(-1) ?? "0";
  return SIGNS.includes(sign) ? sign : "0";
}
