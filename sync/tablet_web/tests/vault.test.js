// Who may read a tablet, how often they may try, and what is left when they tried too often.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { newPrivate } from "../app/crypto/suites.js";
import { memoryDisk } from "../app/disk/memory.js";
import { Vault } from "../app/engine/vault.js";
import { hex, utf8 } from "../app/wire/bytes.js";

/** @typedef {import("../app/types.js").Suite} Suite */

const SU = "aa".repeat(16);
const XIE = "bb".repeat(16);
const RIGHT = "清河村卫生室2026";
const WRONG = "清河村卫生室2025";
const random = (/** @type {number} */ length) => new Uint8Array(randomBytes(length));

/** A tablet of Su's, unlocked, and its clock. @param {Suite} [suite] */
async function tablet(suite = 1) {
  const time = { now: 1_790_000_000_000 };
  const disk = memoryDisk();
  const means = { disk, clock: () => time.now, random, cost_log2: 4 };
  const vault = new Vault(means, async () => [{ store: "photo", key: "loose" }]);
  const key = { suite, private: newPrivate(suite, random) };
  await disk.write(await vault.found(SU, "苏小满", RIGHT, key));
  return { vault, disk, time, means, key };
}

/** Everything that lies on the disk, as one text. @param {import("../app/types.js").Disk} disk */
async function everything(disk) {
  const stores = /** @type {const} */ (["meta", "staff", "own", "person", "batch", "draft"]);
  const rows = await Promise.all(stores.map((store) => disk.rows(store)));
  return JSON.stringify(rows, (_, value) => (value instanceof Uint8Array ? hex(value) : value));
}

test("what is sealed opens in its own row only, and after the next unlock", async () => {
  const { vault, disk, means } = await tablet();
  await disk.write([await vault.sealRow("person", "r1", { name: "周谷雨" })]);
  const blob = /** @type {any} */ (await disk.get("person", "r1"));
  assert.equal((await everything(disk)).includes(hex(utf8("周谷雨"))), false);
  vault.lock();
  await assert.rejects(vault.unseal("person", "r1", blob), { code: "locked" });
  const later = new Vault(means);
  await later.unlock(SU, RIGHT);
  assert.equal(later.me, SU);
  assert.deepEqual(await later.readRow("person", "r1", blob), { name: "周谷雨" });
  await assert.rejects(later.unseal("person", "r2", blob), { code: "storage_broken" });
  await assert.rejects(later.unseal("index", "r1", blob), { code: "storage_broken" });
  blob[20] ^= 1;
  await assert.rejects(later.unseal("person", "r1", blob), { code: "storage_broken" });
});

test("two people read the same, and each signs as themselves", async () => {
  const { vault, disk, means } = await tablet(3);
  const key = { suite: /** @type {Suite} */ (3), private: newPrivate(3, random) };
  const own = vault.signer.public.kid;
  await disk.write(await vault.admit(XIE, "谢芒种", "另一句口令八个字", key));
  await disk.write([await vault.sealRow("person", "r1", 7)]);
  const blob = /** @type {any} */ (await disk.get("person", "r1"));
  const other = new Vault(means);
  await other.unlock(XIE, "另一句口令八个字");
  assert.equal(await other.readRow("person", "r1", blob), 7);
  assert.notEqual(other.signer.public.kid, own);
  await other.unlock(SU, RIGHT);
  assert.equal(other.signer.public.kid, own);
  await assert.rejects(new Vault(means).unlock(XIE, RIGHT), { code: "wrong_passphrase" });
  const names = (await other.staff()).map(({ name, tries_left }) => [name, tries_left]);
  assert.deepEqual(names, [
    ["苏小满", 10],
    ["谢芒种", 9],
  ]);
});

test("a try is on the disk before it is judged", async () => {
  const { disk, means } = await tablet();
  /** @type {Promise<unknown>[]} */
  const seen = [];
  const watching = {
    ...disk,
    write: (/** @type {any} */ rows) => {
      seen.push(disk.write(rows).then(() => disk.get("staff", SU)));
      return Promise.all(seen).then(() => undefined);
    },
  };
  await new Vault({ ...means, disk: watching }).unlock(SU, RIGHT);
  const tries = (await Promise.all(seen)).map((row) => /** @type {any} */ (row).tries);
  assert.deepEqual(tries, [1, 0], "counted, then found right");
});

test("each wrong try waits longer, also after the app was killed", async () => {
  const { means, time } = await tablet();
  await assert.rejects(new Vault(means).unlock(SU, WRONG), {
    code: "wrong_passphrase",
    facts: { left: 9 },
  });
  const wait = { code: "wait", facts: { ms: 5000 } };
  await assert.rejects(new Vault(means).unlock(SU, RIGHT), wait);
  time.now -= 3_600_000;
  await assert.rejects(new Vault(means).unlock(SU, RIGHT), wait, "a clock that was set back");
  time.now += 3_600_000 + 5000;
  await assert.rejects(new Vault(means).unlock(SU, WRONG), { facts: { left: 8 } });
  const [su] = await new Vault(means).staff();
  assert.equal(su.wait_until - time.now, 10_000);
  time.now += 10_000;
  await new Vault(means).unlock(SU, RIGHT);
  assert.equal((await new Vault(means).staff())[0].tries_left, 10);
});

test("after ten wrong tries in a row the readable copies go, and sealed batches stay", async () => {
  const { vault, disk, means, time } = await tablet();
  await disk.write([
    await vault.sealRow("person", "r1", 7),
    await vault.sealRow("draft", "d", 7),
    { store: "batch", key: "1", value: new Uint8Array([1]) },
    { store: "mine", key: "digest", value: 1 },
    { store: "photo", key: "loose", value: 1 },
  ]);
  for (let left = 9; left > 0; left -= 1) {
    await assert.rejects(new Vault(means).unlock(SU, WRONG), { facts: { left } });
    time.now += 3_600_000;
  }
  await assert.rejects(vault.unlock(SU, WRONG), { code: "wiped" });
  assert.equal(vault.me, null);
  for (const store of /** @type {const} */ (["person", "draft", "photo"])) {
    assert.equal(await disk.count(store), 0, store);
  }
  assert.equal(await disk.count("batch"), 1);
  assert.equal(await disk.count("mine"), 1);
  assert.equal(await disk.get("meta", "wiped"), "tries");
  const row = /** @type {any} */ (await disk.get("staff", SU));
  assert.equal(row.wrap, undefined);
  await assert.rejects(new Vault(means).unlock(SU, RIGHT), { code: "wiped" });
});

test("the readable copies go from a full disk too", async () => {
  const { vault, disk, means } = await tablet();
  await disk.write([await vault.sealRow("person", "r1", 7)]);
  const full = {
    ...disk,
    write: async (/** @type {any[]} */ rows) => {
      if (rows.some((each) => each.value !== undefined)) throw { code: "storage_full" };
      await disk.write(rows);
    },
  };
  await assert.rejects(
    new Vault({ ...means, disk: full }).unlock(SU, RIGHT),
    {
      code: "storage_full",
    },
    "a try that cannot be counted is none",
  );
  const more = [
    { store: /** @type {const} */ ("meta"), key: "app", value: 1 },
    { store: /** @type {const} */ ("draft"), key: "d" },
  ];
  await new Vault({ ...means, disk: full }, async () => more).wipe("server");
  assert.equal(await disk.count("person"), 0);
  assert.equal(await disk.count("staff"), 0);
});

test("a lock in the middle of bringing a colleague spoils nobody's key", async () => {
  const { vault, disk, means, key } = await tablet();
  await disk.write([await vault.sealRow("person", "r1", 7)]);
  const blob = /** @type {any} */ (await disk.get("person", "r1"));
  const bringing = vault.admit(XIE, "谢芒种", RIGHT, key);
  vault.lock();
  await disk.write(await bringing);
  const other = new Vault(means);
  await other.unlock(XIE, RIGHT);
  assert.equal(await other.readRow("person", "r1", blob), 7);
});

test("who kills the app while the tenth try is judged has had it", async () => {
  const { disk, means } = await tablet();
  const row = /** @type {any} */ (await disk.get("staff", SU));
  await disk.write([{ store: "staff", key: SU, value: { ...row, tries: 10 } }]);
  await assert.rejects(new Vault(means).unlock(SU, RIGHT), { code: "wiped" });
});

test("a passphrase is changed by who knows the old one", async () => {
  const { vault, means, time } = await tablet();
  await assert.rejects(vault.changePassphrase(RIGHT, "太短了"), { code: "passphrase_short" });
  await assert.rejects(vault.changePassphrase(WRONG, "新的口令也够长"), {
    code: "passphrase_short",
  });
  await assert.rejects(vault.changePassphrase(WRONG, "新的口令也足够长"), { facts: { left: 9 } });
  time.now += 5000;
  await vault.changePassphrase(RIGHT, "新的口令也足够长");
  await assert.rejects(new Vault(means).unlock(SU, RIGHT), { facts: { left: 9 } });
  time.now += 5000;
  await new Vault(means).unlock(SU, "新的口令也足够长");
});

test("full-width and half-width signs of a passphrase are the same", async () => {
  const { means } = await tablet();
  await new Vault(means).unlock(SU, "清河村卫生室２０２６");
});

test("nobody signs, seals or brings a colleague while it is locked", async () => {
  const { vault, key } = await tablet();
  vault.lock();
  assert.throws(() => vault.signer, { code: "locked" });
  await assert.rejects(vault.seal("own", "a", utf8("x")), { code: "locked" });
  await assert.rejects(vault.admit(XIE, "谢芒种", RIGHT, key), { code: "locked" });
  await assert.rejects(vault.changePassphrase(RIGHT, RIGHT), { code: "locked" });
  await assert.rejects(vault.unlock(XIE, RIGHT), { code: "no_such_staff" });
});
