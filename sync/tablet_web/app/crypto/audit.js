// The server's word about its audit log (SPEC 6, PROTOCOL 8.8). Exports: checkpointHolds.

import { concat, u64be, utf8 } from "../wire/bytes.js";
import { verifyConsistency } from "./tree.js";

/** @typedef {{ size: number, root: Uint8Array }} Tree */

const LABEL = utf8("gongwei/checkpoint\0");

/**
 * Whether the key of the log signed this statement and, where one was held before,
 *   the log only grew.
 * @param {Tree & { at: number, signature: Uint8Array, proof: Uint8Array[] }} fresh
 * @param {{ origin: string, key: import("./suites.js").SigningPublic, held: Tree | null }} known
 */
export async function checkpointHolds(fresh, { origin, key, held }) {
  if (fresh.root.length !== 32) return false;
  const name = utf8(origin);
  const message = concat(LABEL, new Uint8Array([name.length]), name, u64be(fresh.size), fresh.root);
  if (!(await key.verify(concat(message, u64be(fresh.at)), fresh.signature))) return false;
  return !held || verifyConsistency(held, fresh, fresh.proof);
}
