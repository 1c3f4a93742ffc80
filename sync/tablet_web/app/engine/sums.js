// Do server and tablet hold the same? Sums of hashes over what was received (PROTOCOL 8.5), that any
// order of arrival brings to the same value. A sum is hex of 16 bytes.

import { sha256 } from "../crypto/hash.js";
import { concat, hex, u64be, unhex, utf8 } from "../wire/bytes.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./rows.js").Entry} Entry */

export const BUCKETS = 64;
export const ZERO = "0".repeat(32);
const LABEL = utf8("gongwei/digest\0");
const MODULUS = 1n << 128n;

/**
 * @param {Hex} entity resident id, or change id of a record
 * @param {string} cls one letter
 * @param {number} rev
 * @returns {Promise<Hex>}
 */
export async function leaf(entity, cls, rev) {
  const hash = await sha256(concat(LABEL, unhex(entity), utf8(cls), u64be(rev)));
  return hex(hash.subarray(0, 16));
}

/** @param {Hex} sum @param {...Hex} leaves @returns {Hex} */
export function plus(sum, ...leaves) {
  return written(leaves.reduce((total, each) => total + read(each), read(sum)));
}

/** @param {Hex} sum @param {Hex} leaf_ @returns {Hex} */
export function minus(sum, leaf_) {
  return written(read(sum) - read(leaf_));
}

/** The root of a panel: all of its residents. @param {Entry[]} members @returns {Hex} */
export function rootOf(members) {
  return written(members.reduce((total, each) => total + read(each.sum), 0n));
}

/** The sum of each bucket. @param {Entry[]} members @returns {Promise<Hex[]>} */
export async function bucketsOf(members) {
  const totals = new Array(BUCKETS).fill(0n);
  for (const each of members) totals[await bucketOf(each.id)] += read(each.sum);
  return totals.map(written);
}

/** @type {Map<Hex, number>} */
const buckets = new Map();

/** Which bucket a resident falls into. @param {Hex} resident */
export async function bucketOf(resident) {
  const known = buckets.get(resident);
  if (known !== undefined) return known;
  const found = (await sha256(concat(LABEL, unhex(resident))))[0] % BUCKETS;
  buckets.set(resident, found);
  return found;
}

/** @param {Hex} sum */
const read = (sum) => BigInt(`0x${sum}`);

/** @param {bigint} total */
const written = (total) => (((total % MODULUS) + MODULUS) % MODULUS).toString(16).padStart(32, "0");
