// Raw DEFLATE (RFC 1951) of a short body behind a dictionary, which no browser does: one block of
// fixed codes, whose tables need no room. Exports: deflateShort.

import { concat } from "../wire/bytes.js";

/** @typedef {import("../wire/bytes.js").Bytes} Bytes */

const LEAST = 3;
const MOST = 258;

/**
 * Symbol and extra bits of a length or a distance: four (two) codes for each power of two.
 * @param {number} value from 0 @param {number} log codes a power, as a power of two
 */
function coded(value, log) {
  const extra = Math.max(0, 31 - Math.clz32(value) - log);
  return [(extra << log) + (value >> extra), extra];
}

/** Bits, the first lowest. */
class Bits {
  /** @type {number[]} */
  bytes = [];
  count = 0;

  /** @param {number} value @param {number} size */
  low(value, size) {
    for (let bit = 0; bit < size; bit += 1, this.count += 1) {
      if (!(this.count & 7)) this.bytes.push(0);
      this.bytes[this.count >> 3] |= ((value >> bit) & 1) << (this.count & 7);
    }
  }

  /** A code: its highest bit first. @param {number} value @param {number} size */
  high(value, size) {
    for (let bit = size - 1; bit >= 0; bit -= 1) this.low(value >> bit, 1);
  }

  /** A literal, a length or the end. @param {number} symbol */
  symbol(symbol) {
    if (symbol < 144) this.high(0x30 + symbol, 8);
    else if (symbol < 256) this.high(0x100 + symbol, 9);
    else if (symbol < 280) this.high(symbol - 256, 7);
    else this.high(symbol - 88, 8);
  }
}

/**
 * The longest match at a place, the nearest of the longest.
 * @param {Uint8Array} all @param {number} at @param {number[]} before places of the same start
 */
function longest(all, at, before) {
  let [length, distance] = [0, 0];
  for (let n = before.length - 1; n >= 0 && length < MOST; n -= 1) {
    const from = before[n];
    if (all[from + length] !== all[at + length]) continue;
    let same = LEAST;
    while (same < MOST && at + same < all.length && all[from + same] === all[at + same]) same += 1;
    if (same > length) [length, distance] = [same, at - from];
  }
  return { length, distance };
}

/**
 * @param {Uint8Array} data
 * @param {Uint8Array} dictionary
 * @returns {Bytes}
 */
export function deflateShort(data, dictionary) {
  const all = concat(dictionary, data);
  /** @type {Map<number, number[]>} */
  const places = new Map();
  /** The places that start as this one does; from now on this one too. @param {number} at */
  const beside = (at) => {
    if (at + LEAST > all.length) return [];
    const start = (all[at] << 16) | (all[at + 1] << 8) | all[at + 2];
    const found = places.get(start) ?? [];
    places.set(start, [...found, at]);
    return found;
  };
  const find = (/** @type {number} */ at) => longest(all, at, beside(at));
  for (let at = 0; at < dictionary.length; at += 1) beside(at);
  const bits = new Bits();
  bits.low(3, 3); // the last block, of fixed codes
  let at = dictionary.length;
  let match = find(at);
  while (at < all.length) {
    const next = find(at + 1);
    if (!match.length || next.length > match.length) {
      bits.symbol(all[at]);
      at += 1;
      match = next;
      continue;
    }
    const { length, distance } = match;
    const [symbol, more] = length === MOST ? [28, 0] : coded(length - LEAST, 2);
    bits.symbol(257 + symbol);
    bits.low(length - LEAST, more);
    const [code, extra] = coded(distance - 1, 1);
    bits.high(code, 5);
    bits.low(distance - 1, extra);
    for (let within = at + 2; within < at + length; within += 1) beside(within);
    at += length;
    match = find(at);
  }
  bits.symbol(256);
  return new Uint8Array(bits.bytes);
}
