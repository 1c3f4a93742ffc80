// A Disk in memory, for tests and for what need not last. Exports: memoryDisk.

/** @typedef {import("../types.js").Disk} Disk */
/** @typedef {import("../types.js").Store} Store */

/**
 * `room`: how many rows it takes; one more is refused like a full disk.
 * @param {{ room?: number }} [limits] @returns {Disk}
 */
export function memoryDisk({ room = Number.POSITIVE_INFINITY } = {}) {
  /** @type {Map<Store, Map<string, unknown>>} */
  let stores = new Map();
  let shut = false;
  /** @param {Store} store */
  const rowsOf = (store) => {
    if (shut) throw { code: "storage_closed" };
    return stores.get(store) ?? new Map();
  };
  /** @param {Store} store @param {string} [from] @param {string} [to] */
  const keysOf = (store, from = "", to) =>
    [...rowsOf(store).keys()]
      .filter((key) => key >= from && (to === undefined || key <= to))
      .sort();
  return {
    get: async (store, key) => structuredClone(rowsOf(store).get(key)),
    rows: async (store, from, to) =>
      keysOf(store, from, to).map((key) => [key, structuredClone(rowsOf(store).get(key))]),
    keys: async (store, from, to) => keysOf(store, from, to),
    count: async (store) => rowsOf(store).size,
    async write(rows) {
      const next = new Map(stores);
      for (const { store, key, value } of rows) {
        const changed =
          next.get(store) === stores.get(store) ? new Map(rowsOf(store)) : next.get(store);
        if (value === undefined) changed?.delete(key);
        else changed?.set(key, structuredClone(value));
        next.set(store, changed ?? new Map());
      }
      const count = [...next.values()].reduce((sum, each) => sum + each.size, 0);
      if (rows.some((each) => each.value !== undefined) && count > room) {
        throw { code: "storage_full" };
      }
      stores = next;
    },
    close() {
      shut = true;
    },
  };
}
