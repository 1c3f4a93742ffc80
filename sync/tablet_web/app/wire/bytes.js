// Bytes and the forms in which they are written. Exports: hex, unhex, base64, unbase64, b64u,
// unb64u, concat, u32be, u64be, equal, utf8, text, uuid7, bytesOf.

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const encoder = new TextEncoder();
const LAST_MS = 2 ** 48 - 1;

/** What every call of WebCrypto takes; nothing here is ever in shared memory. */
export const bytesOf = (/** @type {Uint8Array} */ data) => /** @type {Bytes} */ (data);

/** @param {Uint8Array} data */
export function hex(data) {
  let said = "";
  for (const byte of data) said += HEX[byte];
  return said;
}

/** @param {string} said @returns {Bytes} */
export function unhex(said) {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(said)) throw new SyntaxError("not hex");
  const data = new Uint8Array(said.length / 2);
  for (let at = 0; at < data.length; at += 1) {
    data[at] = Number.parseInt(said.slice(2 * at, 2 * at + 2), 16);
  }
  return data;
}

/** Base64 with padding (RFC 4648, 4), as bodies carry it. @param {Uint8Array} data */
export function base64(data) {
  let signs = "";
  for (let at = 0; at < data.length; at += 0x8000) {
    signs += String.fromCharCode(...data.subarray(at, at + 0x8000));
  }
  return btoa(signs);
}

/** Strict: the one spelling of these bytes. @param {string} said @returns {Bytes} */
export function unbase64(said) {
  let signs;
  try {
    signs = atob(said);
  } catch {
    throw new SyntaxError("not base64");
  }
  const data = new Uint8Array(signs.length);
  for (let at = 0; at < data.length; at += 1) data[at] = signs.charCodeAt(at);
  // atob takes white space, missing padding and stray low bits; what was signed has one spelling.
  if (base64(data) !== said) throw new SyntaxError("not base64");
  return data;
}

/** Base64url without padding (RFC 4648, 5). @param {Uint8Array} data */
export const b64u = (data) =>
  base64(data).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** Strict: the one spelling of these bytes. @param {string} said @returns {Bytes} */
export function unb64u(said) {
  if (!/^[A-Za-z0-9_-]*$/.test(said) || said.length % 4 === 1) throw new SyntaxError("not b64u");
  const plain = said.replaceAll("-", "+").replaceAll("_", "/");
  return unbase64(plain + "=".repeat(-plain.length & 3));
}

/** @param {...Uint8Array} parts @returns {Bytes} */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {number} value @returns {Bytes} */
export function u32be(value) {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value);
  return data;
}

/** @param {number | bigint} value @returns {Bytes} */
export function u64be(value) {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigUint64(0, BigInt(value));
  return data;
}

/** Same bytes; takes as long wherever they differ. @param {Uint8Array} a @param {Uint8Array} b */
export function equal(a, b) {
  let other = a.length ^ b.length;
  for (let at = 0; at < a.length; at += 1) other |= a[at] ^ (b[at] ?? 0);
  return other === 0;
}

/** @param {string} said @returns {Bytes} */
export const utf8 = (said) => encoder.encode(said);

/** Strict UTF-8; a byte order mark stays what it is. @param {Uint8Array} data */
export const text = (data) =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);

/**
 * RFC 9562: 48 bits of milliseconds, version 7, variant 10, 74 random bits; lower-case hex.
 * @param {number} now ms UTC
 * @param {Uint8Array} random 10 bytes
 * @param {string} [after] an id that it must be above, whatever the clock says
 */
export function uuid7(now, random, after = "") {
  const id = new Uint8Array(16);
  const least = after ? Number.parseInt(after.slice(0, 12), 16) + 1 : 0;
  id.set(u64be(Math.min(Math.max(now, least), LAST_MS)).subarray(2), 0);
  id.set(random.subarray(0, 10), 6);
  id[6] = 0x70 | (id[6] & 0x0f);
  id[8] = 0x80 | (id[8] & 0x3f);
  return hex(id);
}
