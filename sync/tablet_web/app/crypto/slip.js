// GWP1: what a tablet signs to send one piece of a sealed file, or to ask how much of it is there
// (SPEC 9.2). Exports: putSlip, headSlip.

import { concat, u32be, u64be, unhex, utf8 } from "../wire/bytes.js";
import { sha256 } from "./hash.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {{ device: Hex, file: Hex, signer: import("./suites.js").SigningPair }} Whose */

const MAGIC = utf8("GWP1");
const LABEL = utf8("gongwei/GWP1/signature\0");
const PUT = 1;
const HEAD = 2;

/**
 * For the piece that begins at `at` of the sealed file.
 * @param {Whose} whose
 * @param {number} at
 * @param {Uint8Array} piece
 */
export const putSlip = (whose, at, piece) => signed(PUT, whose, at, piece);

/** @param {Whose} whose */
export const headSlip = (whose) => signed(HEAD, whose, 0, new Uint8Array(0));

/** @param {number} verb @param {Whose} whose @param {number} at @param {Uint8Array} piece */
async function signed(verb, { device, file, signer }, at, piece) {
  const plain = concat(
    MAGIC,
    new Uint8Array([verb]),
    unhex(device),
    unhex(signer.public.kid),
    unhex(file),
    u64be(at),
    u32be(piece.length),
    await sha256(piece),
  );
  return concat(plain, await signer.sign(concat(LABEL, plain)));
}
