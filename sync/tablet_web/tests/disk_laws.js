// What any Disk keeps to: run in node over memory and in Chromium over IndexedDB. Exports: LAWS.

/** @typedef {import("../app/types.js").Disk} Disk */
/** @typedef {(disk: Disk) => Promise<void>} Law */

/** @param {unknown} met @param {unknown} expected */
function same(met, expected) {
  const [one, other] = [JSON.stringify(met), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${one} is not ${other}`);
}

/** @param {Promise<unknown>} act @param {string} code */
async function refused(act, code) {
  const met = await act.then(
    () => "done",
    (fault) => fault.code,
  );
  same(met, code);
}

/** @type {Record<string, Law>} */
export const LAWS = {
  "what was written is read, and what was not is not there": async (disk) => {
    await disk.write([{ store: "meta", key: "a", value: { n: 1 } }]);
    same(await disk.get("meta", "a"), { n: 1 });
    same((await disk.get("meta", "b")) === undefined, true);
    same((await disk.get("person", "a")) === undefined, true);
  },
  "bytes come back as bytes": async (disk) => {
    await disk.write([{ store: "batch", key: "a", value: new Uint8Array([1, 2, 255]) }]);
    const found = /** @type {any} */ (await disk.get("batch", "a"));
    same(found instanceof Uint8Array, true);
    same([...found], [1, 2, 255]);
  },
  "rows come by rising key, within both bounds": async (disk) => {
    const keys = ["b", "a", "c/2", "c/1", "d", "c/10"];
    await disk.write(keys.map((key, value) => ({ store: "own", key, value })));
    same(await disk.keys("own"), ["a", "b", "c/1", "c/10", "c/2", "d"]);
    same(await disk.rows("own", "b", "c/10"), [
      ["b", 0],
      ["c/1", 3],
      ["c/10", 5],
    ]);
    same(await disk.keys("own", "c/2"), ["c/2", "d"]);
    same(await disk.keys("own", undefined, "a"), ["a"]);
    same(await disk.count("own"), 6);
  },
  "a row is put over, deleted, and both in one write in order": async (disk) => {
    await disk.write([{ store: "meta", key: "a", value: 1 }]);
    await disk.write([
      { store: "meta", key: "a" },
      { store: "meta", key: "a", value: 2 },
      { store: "meta", key: "b", value: 3 },
      { store: "meta", key: "b" },
      { store: "meta", key: "never" },
    ]);
    same(await disk.rows("meta"), [["a", 2]]);
  },
  "a write is all or nothing": async (disk) => {
    const bad = () => 1; // no row can hold a function
    const rows = [
      { store: /** @type {const} */ ("meta"), key: "a", value: 1 },
      { store: /** @type {const} */ ("own"), key: "b", value: bad },
    ];
    await disk.write(rows).then(
      () => same("done", "refused"),
      () => undefined,
    );
    same(await disk.count("meta"), 0);
    same(await disk.count("own"), 0);
  },
  "what was given out is nobody's way in": async (disk) => {
    const value = { list: [1] };
    await disk.write([{ store: "meta", key: "a", value }]);
    value.list.push(2);
    const found = /** @type {any} */ (await disk.get("meta", "a"));
    found.list.push(3);
    same(await disk.get("meta", "a"), { list: [1] });
  },
  "writes that are asked for together all arrive": async (disk) => {
    const numbers = [...Array(20).keys()];
    await Promise.all(
      numbers.map((value) => disk.write([{ store: "own", key: String(value), value }])),
    );
    same(await disk.count("own"), 20);
    await disk.write([]);
  },
  "a closed disk says so": async (disk) => {
    disk.close();
    await refused(disk.get("meta", "a"), "storage_closed");
    await refused(disk.write([{ store: "meta", key: "a", value: 1 }]), "storage_closed");
  },
};
