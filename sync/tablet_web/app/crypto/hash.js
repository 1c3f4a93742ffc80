// Hashing by WebCrypto. Exports: sha256, hmac, hkdf.

import { bytesOf, concat } from "../wire/bytes.js";

/** @typedef {import("../wire/bytes.js").Bytes} Bytes */

/** SHA-256 over the parts, joined. @param {...Uint8Array} parts @returns {Promise<Bytes>} */
export async function sha256(...parts) {
  const whole = parts.length === 1 ? parts[0] : concat(...parts);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(whole)));
}

/** HMAC-SHA-256. @param {Uint8Array} key @param {Uint8Array} data @returns {Promise<Bytes>} */
export async function hmac(key, data) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const held = await crypto.subtle.importKey("raw", bytesOf(key), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", held, bytesOf(data)));
}

/**
 * HKDF-SHA-256 (RFC 5869).
 * @param {Uint8Array} ikm @param {Uint8Array} salt @param {Uint8Array} info @param {number} length
 * @returns {Promise<Bytes>}
 */
export async function hkdf(ikm, salt, info, length) {
  const held = await crypto.subtle.importKey("raw", bytesOf(ikm), "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: bytesOf(salt), info: bytesOf(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(how, held, 8 * length));
}
