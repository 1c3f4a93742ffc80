// The vectors that the server runs as well: what both compute, both compute alike.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openFile, sealFile } from "../app/crypto/attachment.js";
import { checkpointHolds } from "../app/crypto/audit.js";
import { commit } from "../app/crypto/commitment.js";
import { Code, commitmentOf, parseTyped, sixDigits, transcript } from "../app/crypto/enrolment.js";
import { sha256 } from "../app/crypto/hash.js";
import { kemPair, signingPublic } from "../app/crypto/suites.js";
import { leafHash, rootOf, verifyConsistency } from "../app/crypto/tree.js";
import { bucketOf, bucketsOf, leaf, minus, plus, rootOf as sumOf } from "../app/engine/sums.js";
import { cellsIn, choose, claims, EMPTY, put } from "../app/merge/cells.js";
import { concat, hex, unhex } from "../app/wire/bytes.js";
import { refusalOf, vectors } from "./vectors.js";

test("commitments agree", async () => {
  const given = vectors("commitment");
  for (const { items, root } of given.batches) {
    if (items.length) assert.equal(await commit(unhex(given.secret), items.map(unhex)), root);
  }
});

test("the typed code agrees, in every writing", async () => {
  const given = vectors("enrolment");
  for (const typed of given.accepted) assert.equal(hex(await parseTyped(typed)), given.code);
  for (const typed of given.refused) {
    assert.equal(await refusalOf(() => parseTyped(typed)), "bad_code", typed);
  }
  assert.equal(hex(await parseTyped(given.zero_code_typed)), "00".repeat(16));
  assert.equal(hex(await parseTyped(given.full_code_typed)), "ff".repeat(16));
});

test("what follows from the code agrees", async () => {
  const given = vectors("enrolment");
  const code = new Code(unhex(given.code));
  assert.equal(hex(await code.offer()), given.offer_id);
  assert.equal(hex((await code.psk()).key), given.psk);
  const hash = await transcript(...given.messages.map(unhex));
  assert.equal(hex(hash), given.transcript);
  assert.equal(hex(await code.mac(hash)), given.answer_mac);
  const [theirs, ours] = [unhex(given.server_nonce), unhex(given.tablet_nonce)];
  assert.equal(hex(await commitmentOf(theirs)), given.commitment);
  assert.equal(await sixDigits(theirs, ours, hash), given.six_digits);
});

test("a request opens with the code and the server's key", async () => {
  const given = vectors("enrolment");
  const code = new Code(unhex(given.code));
  for (const suite of /** @type {const} */ ([1, 3])) {
    const { private: raw, body, cases } = given.requests[suite];
    const pair = await kemPair(suite, unhex(raw));
    const size = pair.public.raw.length;
    const sealed = await code.sealRequest(unhex(body), pair.public);
    for (const bytes of [sealed, unhex(cases[0].bytes)]) {
      const context = { info: bytes.subarray(0, 22), psk: await code.psk() };
      const enc = bytes.subarray(22, 22 + size);
      assert.equal(hex(await pair.open(enc, bytes.subarray(22 + size), context)), body);
    }
  }
});

test("sealed files agree, and open only whole", async () => {
  const given = vectors("attachment");
  const key = unhex(given.key);
  const cipher = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  const additionalData = new TextEncoder().encode("gongwei/attachment\0");
  for (const { name, parts, id, opens_to } of given.files) {
    const chunks = parts.map(async (/** @type {number[]} */ [index, last, size]) => {
      const iv = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, index, last]);
      const plain = new Uint8Array(size).fill(0x61);
      const how = { name: "AES-GCM", iv, additionalData };
      return new Uint8Array(await crypto.subtle.encrypt(how, cipher, plain));
    });
    const file = concat(new TextEncoder().encode("GWA1"), ...(await Promise.all(chunks)));
    assert.equal(hex(await sha256(file)), id, name);
    if (opens_to === null) {
      assert.equal(await refusalOf(() => openFile(key, file)), "cannot_open", name);
      continue;
    }
    const plain = new Uint8Array(opens_to).fill(0x61);
    assert.deepEqual(await openFile(key, file), plain, name);
    assert.deepEqual(await sealFile(key, plain), file, name);
  }
  assert.equal(hex(await openFile(key, unhex(given.small))), given.small_opens_to);
});

test("tree roots and consistency proofs agree", async () => {
  const given = vectors("audit");
  const leaves = await Promise.all(
    given.entries.map((/** @type {string} */ entry) => leafHash(unhex(entry))),
  );
  /** @param {number} size */
  const tree = async (size) => ({ size, root: await rootOf(leaves.slice(0, size)) });
  for (const [at, root] of given.roots.entries()) {
    assert.equal(hex((await tree(at + 1)).root), root);
  }
  for (const { old, new: fresh, path } of given.consistency) {
    const [from, to] = [await tree(old), await tree(fresh)];
    assert.equal(await verifyConsistency(from, to, path.map(unhex)), true, `${old} to ${fresh}`);
    const other = { ...from, root: await sha256(from.root) };
    assert.equal(await verifyConsistency(other, to, path.map(unhex)), false);
    const more = [...path.map(unhex), from.root];
    assert.equal(await verifyConsistency(from, to, more), false, "a step too many");
  }
});

test("checkpoints agree", async () => {
  const { origin, size, root, at_ms, signatures } = vectors("audit").checkpoint;
  for (const { suite, public: raw, signature } of signatures) {
    const key = await signingPublic(suite, unhex(raw));
    const fresh = { size, root: unhex(root), at: at_ms, signature: unhex(signature), proof: [] };
    const known = { origin, key, held: null };
    assert.equal(await checkpointHolds(fresh, known), true);
    assert.equal(await checkpointHolds({ ...fresh, at: at_ms + 1 }, known), false);
  }
});

test("edits of a cell come together as at the server, in every history", () => {
  const { histories } = vectors("merge");
  assert.ok(histories.length);
  for (const { edits, looks } of histories) {
    let cell = EMPTY;
    for (const { change, value, author, staff, at, saw, claim, cell: expected } of edits) {
      cell = put(cell, { change, value, author, staff, at }, saw, claim);
      const { heads, seen, claimed } = cell;
      assert.deepEqual({ heads: heads.map((each) => each.change), seen, claimed }, expected);
    }
    for (const { policy, safer, claims: claimed, ...expected } of looks) {
      const { value, head, others, conflict } = choose(cell, policy, safer);
      const met = {
        value,
        head: head?.change ?? null,
        others: others.map((e) => e.change),
        conflict,
      };
      assert.deepEqual(met, expected, `${policy} ${JSON.stringify(safer)}`);
      const said = claims(cell, policy).map((each) => each.change);
      assert.deepEqual(said, claimed, policy);
    }
  }
});

test("a register in short is the same register", () => {
  const { registers } = vectors("registers");
  assert.ok(registers.length);
  for (const { whole, short } of registers) {
    const [long, brief] = [whole, short].map((said) => cellsIn(JSON.parse(said)));
    assert.deepEqual(
      long.map(([name]) => name),
      Object.keys(JSON.parse(whole)),
    );
    assert.deepEqual(brief, long, "in the same order");
  }
});

test("digests agree, whatever order the leaves come in", async () => {
  const given = vectors("digest");
  const members = [];
  for (const { resident, entities, sum, bucket } of given.residents) {
    let total = "0".repeat(32);
    for (const { entity, cls, rev, leaf: expected } of entities.reverse()) {
      const found = await leaf(entity, cls, rev);
      assert.equal(found, expected);
      total = plus(minus(plus(total, found), found), found);
    }
    assert.equal(total, sum);
    assert.equal(await bucketOf(resident), bucket);
    members.push(/** @type {any} */ ({ id: resident, sum: total }));
  }
  assert.equal(sumOf(members), given.root);
  assert.deepEqual(await bucketsOf(members), given.buckets);
});
