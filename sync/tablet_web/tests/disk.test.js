// The disk in memory keeps to what a disk keeps to; that of the browser is held to it in Chromium.

import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryDisk } from "../app/disk/memory.js";
import { LAWS } from "./disk_laws.js";

for (const [name, law] of Object.entries(LAWS)) {
  test(name, () => law(memoryDisk()));
}

test("a full disk takes nothing of a write, and still takes a row away", async () => {
  const disk = memoryDisk({ room: 2 });
  await disk.write([{ store: "meta", key: "a", value: 1 }]);
  const two = ["b", "c"].map((key) => ({ store: /** @type {const} */ ("own"), key, value: 2 }));
  await assert.rejects(disk.write(two), { code: "storage_full" });
  assert.equal(await disk.count("own"), 0);
  await disk.write([{ store: "meta", key: "a" }]);
  await disk.write(two);
});
