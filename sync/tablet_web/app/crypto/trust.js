// The server's keys, as the pinned trust key vouches for them (PROTOCOL 3.4). Exports: bundleOf,
// sealingKey, signingKeys.

import { concat, unbase64, utf8 } from "../wire/bytes.js";
import { Malformed, readExact } from "../wire/slices.js";
import { Refused } from "./refused.js";
import { kemPublic, signingPublic } from "./suites.js";

/** @typedef {import("../types.js").Suite} Suite */
/** @typedef {import("../wire/bytes.js").Bytes} Bytes */
/**
 * @typedef {{ version: number, kem: [number, number, string][], signing: [number, string][],
 *   audit: string, at: number }} ServerKeys
 */

const LABEL = utf8("gongwei/trust\0");

/**
 * The keys of a bundle, or bad_signature when the pinned key did not sign these very bytes.
 * @param {Uint8Array} bundle exact @param {Uint8Array} signature
 * @param {import("./suites.js").SigningPublic} trust @returns {Promise<ServerKeys>}
 */
export async function bundleOf(bundle, signature, trust) {
  if (!(await trust.verify(concat(LABEL, bundle), signature))) throw new Refused("bad_signature");
  const { value } = readExact(bundle);
  if (!Number.isSafeInteger(value.version) || !Array.isArray(value.kem))
    throw new Malformed("bundle");
  return value;
}

/**
 * What this tablet seals for: the newest key of its suite.
 * @param {ServerKeys} keys
 * @param {Suite} suite
 */
export async function sealingKey(keys, suite) {
  const ours = keys.kem.filter((each) => each[0] === suite).sort((a, b) => b[1] - a[1]);
  if (!ours.length) throw new Refused("no_key");
  return kemPublic(suite, unbase64(ours[0][2]));
}

/**
 * Those that sign answers and receipts, of this tablet's suite.
 * @param {ServerKeys} keys
 * @param {Suite} suite
 */
export function signingKeys(keys, suite) {
  const ours = keys.signing.filter((each) => each[0] === suite);
  return Promise.all(ours.map((each) => signingPublic(suite, unbase64(each[1]))));
}
