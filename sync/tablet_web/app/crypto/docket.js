// GWC1: the paper of a switch that was signed on this tablet, and the number on it (SPEC 9.4).
// Exports: docketText, docketNumber.

import { b64u, concat, u64be, unhex, utf8 } from "../wire/bytes.js";
import { sha256 } from "./hash.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {{ act: Hex, resident: Hex, team: Hex, at: number, device: Hex, ground: string }} Docket */

const MAGIC = utf8("GWC1");
const LABEL = utf8("gongwei/GWC1/signature\0");
const NUMBER = utf8("gongwei/GWC1/number\0");
const DIGITS = 11;

/** What stands in the QR. @param {Docket} docket @param {import("./suites.js").SigningPair} signer */
export async function docketText(docket, signer) {
  const ground = utf8(docket.ground);
  const plain = concat(
    MAGIC,
    unhex(docket.act),
    unhex(docket.resident),
    unhex(docket.team),
    u64be(docket.at),
    unhex(docket.device),
    unhex(signer.public.kid),
    new Uint8Array([ground.length]),
    ground,
  );
  return `GWC1:${b64u(concat(plain, await signer.sign(concat(LABEL, plain))))}`;
}

/** Twelve digits; the last one checks the others (ISO 7064, MOD 11,10). @param {Hex} act */
export async function docketNumber(act) {
  const digest = await sha256(NUMBER, unhex(act));
  const first = new DataView(digest.buffer).getBigUint64(0);
  const plain = String(first % 10n ** BigInt(DIGITS)).padStart(DIGITS, "0");
  return plain + checkDigit(plain);
}

/** @param {string} plain */
function checkDigit(plain) {
  let product = 10;
  for (const digit of plain) {
    const total = (product + Number(digit)) % 10 || 10;
    product = (total * 2) % 11;
  }
  return String((11 - product) % 10);
}
