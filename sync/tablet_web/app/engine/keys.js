// Keys in memory while somebody is in: their own signing key, the tablet's KEM key, the server's.

import { sealingKey, signingKeys } from "../crypto/trust.js";
import { kemPair, signingPublic } from "../crypto/suites.js";
import { unhex, utf8 } from "../wire/bytes.js";
import { readExact } from "../wire/slices.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./rows.js").State} State */
/** @typedef {import("../crypto/trust.js").ServerKeys} ServerKeys */
/**
 * @typedef {{ me: Hex, signer: import("../crypto/suites.js").SigningPair,
 *   kem: import("../crypto/suites.js").KemPair, trust: import("../crypto/suites.js").SigningPublic,
 *   server: ServerKeys, recipient: import("../crypto/suites.js").KemPublic,
 *   signing: import("../crypto/suites.js").SigningPublic[] }} Unlocked
 */

/**
 * @param {State} state
 * @param {Hex} me
 * @param {import("../crypto/suites.js").SigningPair} signer
 * @param {Uint8Array} kem private
 * @returns {Promise<Unlocked>}
 */
export async function unlocked(state, me, signer, kem) {
  const { suite, trust } = state;
  const keys = {
    me,
    signer,
    kem: await kemPair(suite, kem),
    trust: await signingPublic(suite, unhex(trust)),
  };
  return { ...keys, ...(await serverKeys(state)) };
}

/** The bundle held; it was verified when it was taken. @param {State} state */
export async function serverKeys(state) {
  const server = /** @type {ServerKeys} */ (readExact(utf8(state.bundle)).value);
  return {
    server,
    recipient: await sealingKey(server, state.suite),
    signing: await signingKeys(server, state.suite),
  };
}
