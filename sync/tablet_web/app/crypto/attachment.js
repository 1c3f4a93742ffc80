// GWA1: one file sealed under a key of its own, in chunks (SPEC 9.1). Exports: sealFile, openFile.

import { bytesOf, concat, equal, u32be, utf8 } from "../wire/bytes.js";
import { Refused } from "./refused.js";

/** @typedef {import("../wire/bytes.js").Bytes} Bytes */

const MAGIC = utf8("GWA1");
const LABEL = utf8("gongwei/attachment\0");
const CHUNK = 64 * 1024;
const TAG = 16;

/** @param {number} index @param {boolean} last */
const how = (index, last) => ({
  name: "AES-GCM",
  iv: concat(new Uint8Array(7), u32be(index), new Uint8Array([last ? 1 : 0])),
  additionalData: LABEL,
});

/** @param {Uint8Array} key @param {KeyUsage} use */
const held = (key, use) => crypto.subtle.importKey("raw", bytesOf(key), "AES-GCM", false, [use]);

/**
 * The sealed file; its SHA-256 is its id. A key seals one file, since the nonce is the place.
 * @param {Uint8Array} key 32 random bytes @param {Uint8Array} plain @returns {Promise<Bytes>}
 */
export async function sealFile(key, plain) {
  if (!plain.length) throw new Refused("empty");
  const cipher = await held(key, "encrypt");
  /** @type {Bytes[]} */
  const parts = [MAGIC];
  for (let at = 0; at < plain.length; at += CHUNK) {
    const chunk = bytesOf(plain.subarray(at, at + CHUNK));
    const nonce = how(at / CHUNK, at + CHUNK >= plain.length);
    parts.push(new Uint8Array(await crypto.subtle.encrypt(nonce, cipher, chunk)));
  }
  return concat(...parts);
}

/**
 * The content of a whole file, or one refusal for all.
 * @param {Uint8Array} key
 * @param {Uint8Array} sealed
 * @returns {Promise<Bytes>}
 */
export async function openFile(key, sealed) {
  const refused = new Refused("cannot_open");
  const cipher = await held(key, "decrypt");
  const size = CHUNK + TAG;
  if (!equal(sealed.subarray(0, 4), MAGIC)) throw refused;
  /** @type {Bytes[]} */
  const parts = [];
  for (let at = 4; at === 4 || at < sealed.length; at += size) {
    const chunk = bytesOf(sealed.subarray(at, at + size));
    if (chunk.length <= TAG) throw refused;
    try {
      const nonce = how((at - 4) / size, at + size >= sealed.length);
      parts.push(new Uint8Array(await crypto.subtle.decrypt(nonce, cipher, chunk)));
    } catch {
      throw refused;
    }
  }
  return concat(...parts);
}
