// Letting a tablet in with a one-time code that never travels (SPEC 5). Exports: parseTyped, Code,
// transcript, commitmentOf, sixDigits. What is refused is a Refused: bad_code.

import { concat, hex, u32be, unhex, utf8 } from "../wire/bytes.js";
import { hkdf, hmac, sha256 } from "./hash.js";
import { Refused } from "./refused.js";

/** @typedef {import("../wire/bytes.js").Bytes} Bytes */

const SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SALT = utf8("gongwei/enrolment\0");

/**
 * The 16 bytes of a typed code, whatever case, spaces and dashes.
 * @param {string} typed
 * @returns {Promise<Bytes>}
 */
export async function parseTyped(typed) {
  const plain = typed
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s\p{Pd}\p{Cf}]/gu, "");
  const signs = [...plain.replaceAll("O", "0").replace(/[IL]/g, "1")];
  if (signs.length !== 28 || signs.some((sign) => !SIGNS.includes(sign))) refuse();
  const value = signs
    .slice(0, 26)
    .reduce((sum, sign) => 32n * sum + BigInt(SIGNS.indexOf(sign)), 0n);
  if (value >> 128n) refuse();
  const code = unhex(value.toString(16).padStart(32, "0"));
  const check = await sha256(utf8("gongwei/enrolment/check\0"), code);
  const bits = (check[0] << 2) | (check[1] >> 6);
  if (signs[26] !== SIGNS[bits >> 5] || signs[27] !== SIGNS[bits & 31]) refuse();
  return code;
}

/** @returns {never} */
function refuse() {
  throw new Refused("bad_code");
}

/** What both sides derive from the code. */
export class Code {
  #code;

  /** @param {Uint8Array} code */
  constructor(code) {
    this.#code = code;
  }

  /** Names the offer on the wire and tells nothing of the code. */
  offer() {
    return this.#derived("offer-id", 8);
  }

  async psk() {
    return { id: await this.offer(), key: await this.#derived("psk", 32) };
  }

  /** Proves that an answer comes from who showed the code. @param {Uint8Array} transcript_ */
  async mac(transcript_) {
    return hmac(await this.#derived("answer-mac", 32), transcript_);
  }

  /** A GWE1 request. @param {Uint8Array} body @param {import("./suites.js").KemPublic} recipient */
  async sealRequest(body, recipient) {
    const suite = new Uint8Array([0, recipient.suite]);
    const info = concat(utf8("GWE1"), suite, await this.offer(), unhex(recipient.kid));
    const { enc, ciphertext } = await recipient.seal(body, { info, psk: await this.psk() });
    return concat(info, enc, ciphertext);
  }

  /** @param {string} purpose @param {number} length */
  #derived(purpose, length) {
    return hkdf(this.#code, SALT, utf8(purpose), length);
  }
}

/** Over each message, in the order they travelled. @param {...Uint8Array} messages */
export const transcript = (...messages) =>
  sha256(
    utf8("gongwei/enrolment/transcript\0"),
    ...messages.flatMap((message) => [u32be(message.length), message]),
  );

/** Of the server's nonce, sent before it knows the tablet's. @param {Uint8Array} nonce */
export const commitmentOf = (nonce) => sha256(utf8("gongwei/enrolment/nonce\0"), nonce);

/**
 * What both screens show.
 * @param {Uint8Array} theirs
 * @param {Uint8Array} ours
 * @param {Uint8Array} hash of the transcript
 */
export async function sixDigits(theirs, ours, hash) {
  const digest = await sha256(utf8("gongwei/enrolment/digits\0"), theirs, ours, hash);
  const number = BigInt(`0x${hex(digest.subarray(0, 8))}`) % 1_000_000n;
  return number.toString().padStart(6, "0");
}
