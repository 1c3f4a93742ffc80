// What the engine takes of an answer: rows by their revision, receipts by their signature.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signingPair, signingPublic } from "../app/crypto/suites.js";
import { memoryDisk } from "../app/disk/memory.js";
import { receiptHolds } from "../app/engine/answer.js";
import { Applying } from "../app/engine/apply.js";
import { Ledger } from "../app/engine/ledger.js";
import { letGo } from "../app/engine/letting_go.js";
import { parsed } from "../app/engine/person.js";
import { Words } from "../app/engine/register.js";
import { concat, utf8 } from "../app/wire/bytes.js";

const SIGNS = { first: 0, letters: "", also: {}, surnames: {}, compound: {}, most: 6 };
const WORDS = new Words({ kinds: [], plan: [] }, SIGNS);
const WHO = "ab".repeat(16);
const PANEL = "cd".repeat(16);

/** A page with one register of somebody. @param {number} epoch @param {number} rev @param {string} no */
function pageOf(epoch, rev, no) {
  const raw = utf8(JSON.stringify({ put: "resident", rev, cls: "A", status: "", no, cells: {} }));
  /** @type {import("../app/engine/answer.js").Row} */
  const row = { put: "resident", id: WHO, rev, cls: "A", raw };
  const ends = { panel: PANEL, epoch, start: 0, end: 1, snap: null, more: false };
  return { ...ends, rows: [row], roster: null, snap_rows: [], root: null, again: [], mended: [] };
}

test("an older revision takes no newer one's place", async () => {
  const ledger = new Ledger(memoryDisk());
  await ledger.load();
  ledger.sealer = {
    seal: async (_store, _key, plain) => plain,
    unseal: async (_store, _key, sealed) => sealed,
  };
  const step = ledger.step();
  const held = async () => parsed((await step.person(WHO)).regs.A).no;
  await new Applying(step, pageOf(2, 7, "new"), WORDS).run();
  const sum = step.entry(WHO)?.sum;
  await new Applying(step, pageOf(2, 6, "old"), WORDS).run();
  assert.equal(await held(), "new");
  await new Applying(step, pageOf(1, 9, "of an epoch before"), WORDS).run();
  assert.equal(await held(), "new");
  assert.equal(step.entry(WHO)?.sum, sum);
  await new Applying(step, pageOf(3, 1, "of the next epoch"), WORDS).run();
  assert.equal(await held(), "of the next epoch");
});

test("a purge is stated when the last receipt is in, and not before", async () => {
  const ledger = new Ledger(memoryDisk());
  await ledger.load();
  const step = ledger.step();
  const own = /** @type {import("../app/engine/own.js").OwnChanges} */ (
    /** @type {unknown} */ ({
      plain: async (/** @type {unknown[]} */ rows) => rows.map(() => ({ resident: WHO })),
    })
  );
  const stated = () => step.get("gone", WHO)?.at;
  step.put("gone", WHO, { at: 0, panel: PANEL });
  for (const state of ["open", "sent"]) {
    step.put("own", "01".repeat(16), { state });
    await letGo(step, own, 5);
    assert.equal(stated(), 0, state);
  }
  step.put("own", "01".repeat(16), { state: "receipted" });
  await letGo(step, own, 7);
  assert.equal(stated(), 7);
  assert.equal(step.get("own", "01".repeat(16)), undefined);
});

test("a receipt counts only with the server's signature", async () => {
  const seed = (/** @type {number} */ of) => new Uint8Array(32).fill(of);
  const [server, other] = await Promise.all([signingPair(1, seed(1)), signingPair(1, seed(2))]);
  const keys = /** @type {import("../app/engine/keys.js").Unlocked} */ (
    /** @type {unknown} */ ({ signing: [await signingPublic(1, server.public.raw)] })
  );
  const bytes = utf8('{"n":1}');
  const said = concat(utf8("gongwei/receipt\0"), bytes);
  assert.equal(await receiptHolds(keys, { bytes, signature: await server.sign(said) }), true);
  assert.equal(await receiptHolds(keys, { bytes, signature: await other.sign(said) }), false);
  const unlabelled = await server.sign(bytes);
  assert.equal(await receiptHolds(keys, { bytes, signature: unlabelled }), false);
});
