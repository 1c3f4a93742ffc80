// Keys that sign codes: Ed25519 always, whatever this tablet's own suite is (SPEC 11.1). Exports:
// cardKey.
//
// A browser without Ed25519 checks by a package that computes it in JavaScript: some milliseconds
// instead of a fraction of one, fetched only where it is needed.

import { utf8 } from "../wire/bytes.js";
import { sha256 } from "./hash.js";
import { soundEd25519 } from "./points.js";
import { Refused } from "./refused.js";
import { signingPublic } from "./suites.js";

/** @typedef {{ id: number, verify(message: Uint8Array, signature: Uint8Array): Promise<boolean> }} CardKey */

const LABEL = utf8("gongwei/signing-key\0");
const SUITE = new Uint8Array([0, 1]);

/** @param {Uint8Array} raw @returns {Promise<CardKey>} */
export async function cardKey(raw) {
  if (raw.length !== 32 || !soundEd25519(raw)) throw new Refused("bad_key");
  const name = await sha256(LABEL, SUITE, raw);
  const id = new DataView(name.buffer).getUint32(0) & 0x7fffffff;
  const held = await signingPublic(1, raw).catch(() => undefined);
  if (held) return { id, verify: held.verify };
  const ed25519 = await import("../../vendor/ed25519.js");
  return {
    id,
    verify: (message, signature) =>
      ed25519.verifyAsync(signature, message, raw, { zip215: false }).catch(() => false),
  };
}
