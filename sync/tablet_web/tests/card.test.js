// Codes of a checkup day: what the server's vectors say, the tablet says, with and without Ed25519
// in the browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decode45 } from "../app/crypto/base45.js";
import { asTyped, checkCard, codeListOf, digitsOf, isDigits } from "../app/crypto/card.js";
import { cardKey } from "../app/crypto/card_key.js";
import { checkDigit } from "../app/crypto/damm.js";
import { signingPublic } from "../app/crypto/suites.js";
import { hex, unhex, utf8 } from "../app/wire/bytes.js";
import { refusalOf, vectors } from "./vectors.js";

const given = vectors("card");
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

async function trusted() {
  const key = await cardKey(unhex(given.public));
  return { counter: 1, at: 0, keys: new Map([[key.id, key]]), revoked: new Set(given.revoked) };
}

/** A browser without Ed25519. @param {() => Promise<void>} act */
async function withoutEd25519(act) {
  const { importKey } = crypto.subtle;
  /** @param {any[]} said */
  const lacking = (...said) =>
    said[2]?.name === "Ed25519"
      ? Promise.reject(new DOMException("no such algorithm", "NotSupportedError"))
      : Reflect.apply(importKey, crypto.subtle, said);
  Object.defineProperty(crypto.subtle, "importKey", { value: lacking, configurable: true });
  try {
    await act();
  } finally {
    Reflect.deleteProperty(crypto.subtle, "importKey");
  }
}

/** @param {Uint8Array} data */
function encode45(data) {
  let text = "GW1:";
  for (let at = 0; at < data.length; at += 2) {
    let pair = 256 * data[at] + data[at + 1];
    for (let sign = 0; sign < 3; sign += 1) {
      text += ALPHABET[pair % 45];
      pair = Math.floor(pair / 45);
    }
  }
  return text;
}

async function everyCase() {
  const list = await trusted();
  for (const { name, text, expect, now_s, day_ends_s } of given.cases) {
    const met = await checkCard(text, list, { nowS: now_s, dayEndsS: day_ends_s });
    assert.equal(met.outcome, expect, name);
    const proved = ["valid", "revoked", "wrong_day", "expired"].includes(expect);
    assert.equal(met.card !== undefined, proved, name);
  }
}

test("base45 agrees and refuses all else", () => {
  for (const { bytes, text } of given.base45) {
    assert.equal(hex(decode45(text) ?? new Uint8Array([9])), bytes);
  }
  for (const text of given.not_base45) assert.equal(decode45(text), undefined, text);
});

test("a text meets its expected end", everyCase);

test("so it does in a browser without Ed25519", () => withoutEd25519(everyCase));

test("a key has its name, and a weak one is none", async () => {
  assert.equal((await cardKey(unhex(given.public))).id, given.key_id);
  const weak = new Uint8Array(32);
  weak[0] = 1;
  assert.equal(await refusalOf(() => cardKey(weak)), "bad_key");
});

test("every change of one bit is refused", async () => {
  const list = await trusted();
  const { bytes } = given.sealed;
  const when = { nowS: given.cases[0].now_s };
  assert.equal((await checkCard(encode45(unhex(bytes)), list, when)).outcome, "valid");
  for (let bit = 0; bit < 8 * 90; bit += 1) {
    const changed = unhex(bytes);
    changed[bit >> 3] ^= 1 << (bit & 7);
    const { outcome } = await checkCard(encode45(changed), list, when);
    assert.ok(["not_a_code", "unknown_key", "forged"].includes(outcome), `${bit}: ${outcome}`);
  }
});

test("the list is believed as it was signed and not otherwise", async () => {
  const { trust, raw, signature } = given.list;
  const pinned = await signingPublic(1, unhex(trust));
  const list = await codeListOf(utf8(raw), unhex(signature), pinned);
  assert.deepEqual([...list.keys.keys()], [given.key_id]);
  assert.deepEqual([...list.revoked], given.revoked);
  assert.equal(list.counter, 7);
  const changed = utf8(raw.replace('"counter":7', '"counter":8'));
  const met = await refusalOf(() => codeListOf(changed, unhex(signature), pinned));
  assert.equal(met, "bad_signature");
});

test("what scanners type is put right", () => {
  for (const { typed, meant } of given.typed) assert.equal(asTyped(typed), meant);
});

test("the digits agree and a slip is told", async () => {
  for (const { id, digits } of given.digits) {
    assert.equal(await digitsOf(id), digits);
    assert.ok(isDigits(digits));
  }
  for (const text of given.not_digits) assert.equal(isDigits(text), false, text);
  assert.equal(checkDigit("572"), "4");
});
