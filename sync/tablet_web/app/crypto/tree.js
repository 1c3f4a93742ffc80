// The hash tree of SPEC 6 (RFC 9162). Exports: leafHash, rootOf, verifyConsistency.

import { equal } from "../wire/bytes.js";
import { sha256 } from "./hash.js";

/** @typedef {import("../wire/bytes.js").Bytes} Bytes */

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

/** @param {Uint8Array} entry */
export const leafHash = (entry) => sha256(LEAF, entry);

/** @param {Uint8Array} left @param {Uint8Array} right */
const nodeHash = (left, right) => sha256(NODE, left, right);

/** The root over leaf hashes; of none: SHA-256 of nothing. @param {Bytes[]} leaves */
export async function rootOf(leaves) {
  let row = leaves.length ? leaves : [await sha256()];
  while (row.length > 1) {
    const pairs = [];
    for (let at = 0; at < row.length; at += 2) {
      pairs.push(at + 1 < row.length ? nodeHash(row[at], row[at + 1]) : row[at]);
    }
    row = await Promise.all(pairs);
  }
  return row[0];
}

/**
 * RFC 9162, 2.1.4.2: whether the new tree starts with the old one, which has a leaf at least.
 * @param {{ size: number, root: Uint8Array }} old @param {{ size: number, root: Uint8Array }} fresh
 * @param {Uint8Array[]} path lowest sibling first
 */
export async function verifyConsistency(old, fresh, path) {
  if (old.size < 1 || old.size > fresh.size) return false;
  if (old.size === fresh.size) return path.length === 0 && equal(old.root, fresh.root);
  if (path.some((sibling) => sibling.length !== 32)) return false;
  // Sizes may be above 2^31, where the shifts of numbers end.
  const steps = isPower(old.size) ? [old.root, ...path] : path;
  if (!steps.length) return false;
  let [position, last] = [BigInt(old.size - 1), BigInt(fresh.size - 1)];
  while (position & 1n) [position, last] = [position >> 1n, last >> 1n];
  let [before, after] = [steps[0], steps[0]];
  for (const sibling of steps.slice(1)) {
    if (last === 0n) return false;
    if (position & 1n || position === last) {
      before = await nodeHash(sibling, before);
      after = await nodeHash(sibling, after);
      while (!(position & 1n) && position) [position, last] = [position >> 1n, last >> 1n];
    } else after = await nodeHash(after, sibling);
    [position, last] = [position >> 1n, last >> 1n];
  }
  return last === 0n && equal(before, old.root) && equal(after, fresh.root);
}

/** @param {number} size */
const isPower = (size) => (BigInt(size) & BigInt(size - 1)) === 0n;
