// The Disk of a tablet: IndexedDB, one object store for each Store. Exports: openDisk, STORES.
// Every write is one transaction that has reached the disk ("strict") when it resolves.
//
// Faults: storage_full; storage_blocked (another window holds an older app open);
// storage_closed (the browser took it away, or a newer app upgrades it: load the page again).

/** @typedef {import("../types.js").Disk} Disk */
/** @typedef {import("../types.js").Store} Store */

/** Raised when a Store is added; what is there stays. */
const VERSION = 2;
/** An older app that still has the disk open is told to let go, which takes a moment. */
const PATIENCE_MS = 3000;
/** Every store of a tablet. @type {Store[]} */
export const STORES = [
  "meta",
  "staff",
  "batch",
  "mine",
  "own",
  "fate",
  "receipt",
  "session",
  "person",
  "index",
  "gone",
  "looked",
  "draft",
  "photo",
  "photo_part",
  "hall",
];

/** @param {string} [name] @returns {Promise<Disk>} */
export async function openDisk(name = "gongwei") {
  const db = await opened(name);
  let shut = false;
  const close = () => {
    shut = true;
    db.close();
  };
  db.onversionchange = close; // a newer app must not wait for this one
  db.onclose = close; // the browser took the storage away

  /** @param {Store[]} stores @param {"readonly" | "readwrite"} mode */
  const begun = (stores, mode) => {
    if (shut) throw { code: "storage_closed" };
    try {
      return db.transaction(stores, mode, { durability: "strict" });
    } catch {
      throw { code: "storage_closed" };
    }
  };
  /** @template T @param {Store} store @param {(rows: IDBObjectStore) => IDBRequest<T>} ask */
  const asked = async (store, ask) => answer(ask(begun([store], "readonly").objectStore(store)));

  return {
    get: (store, key) => asked(store, (rows) => rows.get(key)),
    async rows(store, from, to) {
      const within = range(from, to);
      const rows = begun([store], "readonly").objectStore(store);
      // Both asked before either is awaited: a transaction that rests is over.
      const both = [answer(rows.getAllKeys(within)), answer(rows.getAll(within))];
      const [keys, values] = await Promise.all(both);
      return keys.map((key, at) => [String(key), values[at]]);
    },
    keys: async (store, from, to) =>
      (await asked(store, (rows) => rows.getAllKeys(range(from, to)))).map(String),
    count: (store) => asked(store, (rows) => rows.count()),
    async write(rows) {
      if (!rows.length) return;
      const step = begun([...new Set(rows.map((each) => each.store))], "readwrite");
      const done = finished(step);
      try {
        for (const { store, key, value } of rows) {
          const place = step.objectStore(store);
          if (value === undefined) place.delete(key);
          else place.put(value, key);
        }
      } catch (error) {
        step.abort();
        await done.catch(() => {});
        throw fault(error);
      }
      step.commit();
      await done;
    },
    close,
  };
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function opened(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      for (const store of STORES) {
        if (!request.result.objectStoreNames.contains(store)) {
          request.result.createObjectStore(store);
        }
      }
    };
    let late = false;
    request.onblocked = () =>
      setTimeout(() => {
        late = true;
        reject({ code: "storage_blocked" });
      }, PATIENCE_MS);
    request.onerror = () => reject(fault(request.error));
    request.onsuccess = () => (late ? request.result.close() : resolve(request.result));
  });
}

/** @param {string} [from] @param {string} [to] */
function range(from, to) {
  if (from !== undefined && to !== undefined) return IDBKeyRange.bound(from, to);
  if (from !== undefined) return IDBKeyRange.lowerBound(from);
  return to === undefined ? undefined : IDBKeyRange.upperBound(to);
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(fault(request.error));
  });
}

/** @param {IDBTransaction} step @returns {Promise<void>} */
function finished(step) {
  return new Promise((resolve, reject) => {
    step.oncomplete = () => resolve();
    step.onabort = () => reject(fault(step.error));
  });
}

/** @param {unknown} error */
function fault(error) {
  const name = error instanceof Error ? error.name : "none";
  if (name === "QuotaExceededError") return { code: "storage_full" };
  if (name === "InvalidStateError" || name === "VersionError") return { code: "storage_closed" };
  return { code: "storage_broken", facts: { error: name } };
}
