// What a batch commits to: a root over its changes, each provable alone (SPEC 3). Exports: commit.

import { concat, hex, u32be, utf8 } from "../wire/bytes.js";
import { hmac } from "./hash.js";
import { leafHash, rootOf } from "./tree.js";

const LABEL = utf8("gongwei/change"); // the one label without a zero

/**
 * The root over the exact bytes of the changes, in the order of the batch.
 * @param {Uint8Array} secret 16 random bytes, in the sealed body
 * @param {Uint8Array[]} changes one at least
 * @returns {Promise<import("../types.js").Hex>}
 */
export async function commit(secret, changes) {
  const leaves = changes.map(async (change, index) => {
    const key = (await hmac(secret, concat(LABEL, u32be(index)))).subarray(0, 16);
    return leafHash(await hmac(key, change));
  });
  return hex(await rootOf(await Promise.all(leaves)));
}
