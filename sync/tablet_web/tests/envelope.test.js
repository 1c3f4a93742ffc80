// The envelopes of the vectors, good and bad, and those sealed here.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { inflate } from "../app/crypto/deflate.js";
import { openBody, parseDown, parseUp, sealUp, verify } from "../app/crypto/envelope.js";
import { writePackedUp } from "../app/crypto/packed_headers.js";
import {
  kemPair,
  kemPublic,
  newPrivate,
  signingPair,
  signingPublic,
} from "../app/crypto/suites.js";
import { hex, unhex, utf8 } from "../app/wire/bytes.js";
import { refusalOf, vectors } from "./vectors.js";

/** @typedef {import("../app/types.js").Suite} Suite */

const SUITES = /** @type {const} */ ([1, 3]);

for (const suite of SUITES) {
  const given = vectors(`envelope_suite${suite}`);
  /** @param {string} role */
  const raw = (role) => unhex(given.private_keys[role]);

  test(`suite ${suite}: keys have the names of the vectors`, async () => {
    for (const [role, kid] of Object.entries(given.kids)) {
      const made = role.endsWith("kem") ? kemPair : signingPair;
      assert.equal((await made(suite, raw(role))).public.kid, kid);
    }
  });

  test(`suite ${suite}: every envelope meets its expected end`, async () => {
    for (const each of given.cases) {
      const up = each.direction !== "down";
      const signer = (await signingPair(suite, raw(up ? "device_sign" : "server_sign"))).public;
      const pair = await kemPair(suite, raw(up ? "server_kem" : "device_kem"));
      const met = await refusalOf(async () => {
        const parse = up ? parseUp : parseDown;
        const sealed = await parse(unhex(each.bytes), each.max_bytes);
        await verify(sealed, signer);
        assert.equal(hex(await openBody(sealed, pair, each.max_inflated)), each.body);
      });
      assert.equal(met, each.expect, each.name);
    }
  });

  test(`suite ${suite}: what is sealed here opens, at every size of padding`, async () => {
    const signer = await signingPair(suite, newPrivate(suite, randomBytes));
    const pair = await kemPair(suite, newPrivate(suite, randomBytes));
    for (const size of [0, 1, 27, 28, 29, 509, 1000, 40000, 300000]) {
      const body = new Uint8Array(randomBytes(size));
      const place = { device: "00".repeat(16), epoch: 1, seq: 7, prev: "ab".repeat(32) };
      const { bytes, digest } = await sealUp(place, body, { recipient: pair.public, signer });
      const sealed = await parseUp(bytes, bytes.length);
      await verify(sealed, signer.public);
      assert.equal(sealed.digest, digest);
      assert.equal(sealed.header.seq, 7);
      assert.deepEqual(await openBody(sealed, pair, size), body);
    }
  });

  test(`suite ${suite}: a signature is taken only as it was made`, async () => {
    const signer = await signingPair(suite, newPrivate(suite, randomBytes));
    for (let round = 0; round < 8; round += 1) {
      const message = new Uint8Array(randomBytes(round));
      const signature = await signer.sign(message);
      assert.equal(await signer.public.verify(message, signature), true);
      signature[63] ^= 1;
      assert.equal(await signer.public.verify(message, signature), false);
    }
  });
}

test("of an ES256 signature only the one with a low s is taken", async () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const signer = await signingPair(3, newPrivate(3, randomBytes));
  const low = await signer.sign(utf8("gongwei"));
  const s = BigInt(`0x${hex(low.subarray(32))}`);
  assert.ok(2n * s < order);
  const high = unhex(hex(low.subarray(0, 32)) + (order - s).toString(16).padStart(64, "0"));
  assert.equal(await signer.public.verify(utf8("gongwei"), high), false);
});

test("keys that hide or prove nothing are refused", async () => {
  const p = 2n ** 255n - 19n;
  const y8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
  const u8 = 325606250916557431795983626356110631294008115727848805560023387167927233504n;
  const high = 2n ** 255n;
  /** @param {bigint} value */
  const little = (value) => unhex(value.toString(16).padStart(64, "0")).reverse();
  for (const weak of [0n, 1n, p - 1n, p, p + 1n, y8, p - y8, 1n + high, y8 + high]) {
    assert.equal(await refusalOf(() => signingPublic(1, little(weak))), "bad_key");
  }
  for (const weak of [0n, 1n, p - 1n, p, p + 1n, u8, u8 + high]) {
    assert.equal(await refusalOf(() => kemPublic(1, little(weak))), "bad_key");
  }
  const point = (await kemPair(3, newPrivate(3, randomBytes))).public.raw;
  const compressed = new Uint8Array([2 + (point[64] & 1), ...point.subarray(1, 33)]);
  const off = point.slice();
  off[64] ^= 1;
  const hybrid = new Uint8Array([6 + (point[64] & 1), ...point.subarray(1)]);
  for (const bad of [compressed, off, hybrid, point.subarray(1), new Uint8Array([0])]) {
    assert.equal(await refusalOf(() => kemPublic(3, bad)), "bad_key");
    assert.equal(await refusalOf(() => signingPublic(3, bad)), "bad_key");
  }
  assert.equal(await refusalOf(() => signingPair(3, new Uint8Array(32))), "bad_key");
  assert.equal(await refusalOf(() => kemPair(3, new Uint8Array(32).fill(255))), "bad_key");
  assert.equal(await refusalOf(() => kemPair(1, new Uint8Array(31))), "bad_key");
});

test("a header that nobody would take is not written", () => {
  const names = { suite: /** @type {Suite} */ (1), kid: "00".repeat(8), signer: "11".repeat(8) };
  const good = { ...names, device: "22".repeat(16), epoch: 1 };
  assert.ok(writePackedUp({ ...good, seq: 1, replaces: [1, 2] }, 1).length < 1024);
  for (const bad of [
    { ...good },
    { ...good, seq: 1, counter: 0 },
    { ...good, seq: 0 },
    { ...good, seq: 1, replaces: [2, 1] },
    { ...good, counter: 0, prev: "ab".repeat(32) },
    { ...good, epoch: 0, seq: 1 },
    { ...good, seq: 2 ** 53 },
    { ...good, device: "22", seq: 1 },
  ]) {
    assert.throws(() => writePackedUp(bad, 1), { code: "bad_header" });
  }
});

test("a bomb is not inflated past its limit", async () => {
  const bomb = new Uint8Array(deflateRawSync(new Uint8Array(64 << 20)));
  const before = process.memoryUsage().arrayBuffers;
  assert.equal(
    await refusalOf(() => inflate(bomb, 1 << 20, new Uint8Array(0))),
    "too_large_inflated",
  );
  assert.ok(process.memoryUsage().arrayBuffers - before < 48 << 20);
});
