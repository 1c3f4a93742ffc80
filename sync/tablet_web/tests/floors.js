// Run inside Chromium by tests/test_tablet_floors.py: the lower floors of the app, over the
// browser's own cryptography and storage. Exports: disks, envelopes, full, suite,
// passphrase, upgrade. Each gives the sentences that do not hold.

import { openBody, parseDown, parseUp, sealUp, verify } from "../app/crypto/envelope.js";
import { kemPair, kemPublic, signingPair, signingPublic, suiteHere } from "../app/crypto/suites.js";
import { openDisk } from "../app/disk/idb.js";
import { Vault } from "../app/engine/vault.js";
import { hex, unhex } from "../app/wire/bytes.js";
import { LAWS } from "./disk_laws.js";

/** @typedef {import("../app/types.js").Suite} Suite */

export async function disks() {
  /** @type {string[]} */
  const broken = [];
  for (const [name, law] of Object.entries(LAWS)) {
    const disk = await openDisk(name);
    await law(disk).catch((error) => broken.push(`${name}: ${error.message ?? error.code}`));
    disk.close();
  }
  return broken;
}

/** What lies there outlives its window, and a newer app need not wait for an older one. */
export async function upgrade() {
  /** @type {string[]} */
  const broken = [];
  const first = await openDisk();
  await first.write([{ store: "batch", key: "1", value: new Uint8Array([7]) }]);
  const second = await openDisk();
  const found = /** @type {any} */ (await second.get("batch", "1"));
  if (found?.[0] !== 7) broken.push("two windows of one app see one disk");
  second.close();
  const newer = indexedDB.open("gongwei", 99);
  await new Promise((resolve, reject) => {
    newer.onsuccess = resolve;
    newer.onerror = reject;
  });
  const met = await first.get("batch", "1").catch((fault) => fault.code);
  if (met !== "storage_closed") broken.push(`the older app is told so: ${met}`);
  newer.result.close();
  const older = await openDisk().catch((fault) => fault.code);
  if (older !== "storage_closed") broken.push("an older app does not open a newer disk");
  return broken;
}

/** A full disk takes nothing of a write, and still reads and lets go. */
export async function full() {
  /** @type {string[]} */
  const broken = [];
  const disk = await openDisk("full");
  await disk.write([{ store: "person", key: "r", value: new Uint8Array(300_000) }]);
  const met = await disk
    .write([
      { store: "meta", key: "a", value: 1 },
      { store: "person", key: "s", value: new Uint8Array(4_000_000) },
    ])
    .then(
      () => "done",
      (fault) => fault.code,
    );
  if (met !== "storage_full") broken.push(`written: ${met}`);
  if ((await disk.count("meta")) || (await disk.count("person")) !== 1) broken.push("half written");
  await disk.write([{ store: "person", key: "r" }]).catch((fault) => broken.push(fault.code));
  if (await disk.count("person")) broken.push("it does not let go");
  disk.close();
  return broken;
}

export const suite = suiteHere;

/** @param {any} given vectors of one suite */
export async function envelopes(given) {
  /** @type {string[]} */
  const broken = [];
  const s = /** @type {Suite} */ (given.suite);
  /** @param {string} role */
  const raw = (role) => unhex(given.private_keys[role]);
  for (const each of given.cases) {
    const up = each.direction !== "down";
    const signer = (await signingPair(s, raw(up ? "device_sign" : "server_sign"))).public;
    const pair = await kemPair(s, raw(up ? "server_kem" : "device_kem"));
    let met = "ok";
    try {
      const sealed = await (up ? parseUp : parseDown)(unhex(each.bytes), each.max_bytes);
      await verify(sealed, await signingPublic(s, signer.raw));
      if (hex(await openBody(sealed, pair, each.max_inflated)) !== each.body) met = "other body";
    } catch (error) {
      met = /** @type {any} */ (error).code ?? String(error);
    }
    if (met !== each.expect) broken.push(`${each.name}: ${met}, not ${each.expect}`);
  }
  const [signer, pair] = [await signingPair(s, raw("other")), await kemPair(s, raw("other"))];
  for (const size of [0, 30, 5000, 100_000]) {
    const keys = { signer, recipient: await kemPublic(s, pair.public.raw) };
    const body = new Uint8Array(size).map((_, at) => (at * at) % 251);
    const place = { device: "00".repeat(16), epoch: 1, seq: 1 };
    const sealed = await parseUp((await sealUp(place, body, keys)).bytes, 1 << 20);
    await verify(sealed, signer.public);
    if (hex(await openBody(sealed, pair, size)) !== hex(body)) broken.push(`sealed ${size}`);
  }
  return broken;
}

/** An unlock as dear as it is on a tablet; the name that it makes readable. */
export async function passphrase() {
  const disk = await openDisk("passphrase");
  const random = (/** @type {number} */ length) => crypto.getRandomValues(new Uint8Array(length));
  const vault = new Vault({ disk, clock: Date.now, random, cost_log2: 17 });
  const key = { suite: /** @type {Suite} */ (3), private: random(32) };
  await disk.write(await vault.found("00".repeat(16), "苏小满", "青山绿水长流不息", key));
  await disk.write([await vault.sealRow("person", "r", { name: "周谷雨" })]);
  vault.lock();
  await vault.unlock("00".repeat(16), "青山绿水长流不息");
  const blob = /** @type {any} */ (await disk.get("person", "r"));
  const { name } = /** @type {any} */ (await vault.readRow("person", "r", blob));
  return name;
}
