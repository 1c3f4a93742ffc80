// Headers of GWB2 and GWD2 (SPEC 2.6): ids are bytes, a number is as long as it is large, and each
// meaning has one form. Exports: writePackedUp, readPackedUp, readPackedDown, NO_DICTIONARY,
// DICTIONARY_1.

import { concat, hex, unhex } from "../wire/bytes.js";
import { HEADER_MAX, REPLACES_MAX, refuse } from "./headers.js";
import { Refused } from "./refused.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Suite} Suite */
/** @typedef {import("./headers.js").UpHeader} UpHeader */
/** @typedef {import("./headers.js").DownHeader} DownHeader */

export const NO_DICTIONARY = 0;
export const DICTIONARY_1 = 1;
const VERSION = 2;
const ZEROS = "0".repeat(64);
// Bits of the fourth byte of a header that goes up.
const [CHAIN, PREV, ROOT, REPLACES] = [1, 2, 4, 8];

/**
 * The header bytes of a GWB2 envelope; a header that nobody would take is refused here.
 * @param {UpHeader} header @param {number} dictionary
 */
export function writePackedUp(header, dictionary) {
  const { suite, kid, device, signer, epoch, seq, counter, prev, root, replaces = [] } = header;
  if ((seq === undefined) === (counter === undefined)) refuse();
  const hashes = [prev, root].map((each) => (each && each !== ZEROS ? each : ""));
  const marks =
    (seq === undefined ? 0 : CHAIN) |
    (hashes[0] ? PREV : 0) |
    (hashes[1] ? ROOT : 0) |
    (replaces.length ? REPLACES : 0);
  const numbers = replaces.length ? [replaces.length, ...replaces] : [];
  const written = concat(
    new Uint8Array([VERSION, suite, dictionary, marks]),
    unhex(kid + device + signer),
    ...[epoch, seq ?? counter ?? 0].map(number),
    unhex(hashes.join("")),
    ...numbers.map(number),
  );
  readPackedUp(written);
  return written;
}

/** @param {Uint8Array} bytes @returns {UpHeader} */
export function readPackedUp(bytes) {
  const reader = new Reader(bytes);
  const suite = reader.front();
  const marks = reader.take(1)[0];
  const [kid, device, signer] = [reader.hex(8), reader.hex(16), reader.hex(8)];
  const epoch = reader.number(1);
  const inside = marks & CHAIN;
  if (marks >= 2 * REPLACES || (!inside && marks)) refuse();
  const place = reader.number(inside ? 1 : 0);
  /** @type {UpHeader} */
  const header = { suite, kid, device, signer, epoch };
  if (inside) header.seq = place;
  else header.counter = place;
  if (marks & PREV) header.prev = reader.hash();
  if (marks & ROOT) header.root = reader.hash();
  if (marks & REPLACES) header.replaces = reader.rising();
  reader.end();
  return header;
}

/** @param {Uint8Array} bytes @returns {DownHeader} */
export function readPackedDown(bytes) {
  const reader = new Reader(bytes);
  const header = {
    suite: reader.front(),
    kid: reader.hex(8),
    signer: reader.hex(8),
    device: reader.hex(16),
    request: reader.hex(32),
    feedEpoch: reader.number(0),
    trust: reader.number(0),
  };
  reader.end();
  return header;
}

/** Seven bits a byte, lowest first; the high bit says that more follow. @param {number} value */
function number(value) {
  const made = [];
  for (; value > 0x7f; value = Math.floor(value / 0x80)) made.push(0x80 | value % 0x80);
  return new Uint8Array([...made, value]);
}

/** Takes a header apart from its front; what does not fit is refused as bad_header. */
class Reader {
  #at = 0;

  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data;
    if (data.length > HEADER_MAX) refuse();
  }

  /** @param {number} size */
  take(size) {
    const found = this.data.subarray(this.#at, (this.#at += size));
    return found.length === size ? found : refuse();
  }

  /** @param {number} size @returns {Hex} */
  hex(size) {
    return hex(this.take(size));
  }

  /** Version and dictionary that we know; the suite. */
  front() {
    const [version, suite, dictionary] = this.take(3);
    if (version !== VERSION || dictionary > DICTIONARY_1) refuse();
    if (suite !== 1 && suite !== 3) throw new Refused("unknown_suite");
    return /** @type {Suite} */ (suite);
  }

  /** One number has one form: no byte that adds nothing. @param {number} least */
  number(least) {
    let value = 0;
    for (let place = 0; place < 8; place += 1) {
      const byte = this.take(1)[0];
      value += (byte & 0x7f) * 0x80 ** place;
      if (byte > 0x7f) continue;
      if ((place && !byte) || value < least || value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
    return refuse();
  }

  rising() {
    const count = this.number(1);
    if (count > REPLACES_MAX) refuse();
    const found = Array.from({ length: count }, () => this.number(1));
    if (found.some((each, at) => at > 0 && each <= found[at - 1])) refuse();
    return found;
  }

  /** Zeros have one form, which is absence. */
  hash() {
    const found = this.hex(32);
    return found === ZEROS ? refuse() : found;
  }

  end() {
    if (this.#at !== this.data.length) refuse();
  }
}
