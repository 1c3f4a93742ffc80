// Envelopes up (GWB1, GWB2) and down (GWD1, GWD2), SPEC 2. What is sealed here is GWB2; the others
// are read: a batch may have been sealed by an app of before. Exports: sealUp, parseUp, parseDown,
// verify, openBody. A refusal is a Refused whose code is that of SPEC 2.4; the order is the one there.

import { concat, hex, u32be, utf8 } from "../wire/bytes.js";
import { DICTIONARY } from "../words/zh/dictionary.js";
import { deflate, inflate } from "./deflate.js";
import { deflateShort } from "./deflate_short.js";
import { sha256 } from "./hash.js";
import { HEADER_MAX, readDown, readUp } from "./headers.js";
import {
  DICTIONARY_1,
  NO_DICTIONARY,
  readPackedDown,
  readPackedUp,
  writePackedUp,
} from "./packed_headers.js";
import { Refused } from "./refused.js";
import { encSize } from "./suites.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../wire/bytes.js").Bytes} Bytes */
/** @typedef {import("./headers.js").UpHeader} UpHeader */
/** @typedef {import("./headers.js").DownHeader} DownHeader */
/**
 * An envelope taken apart, nothing verified yet. `digest` names all its bytes.
 * @template H
 * @typedef {{ magic: string, header: H, headerBytes: Bytes, enc: Bytes, ciphertext: Bytes,
 *   signature: Bytes, digest: Hex, bodyHash: Bytes }} Sealed
 */

const STEP_MIN = 32;
const TAG = 16;
const SIGNATURE = 64;
/** Above this many bytes the browser's own streams make less of a body, and in no time. */
const SHORT = 2000;
const NOTHING = new Uint8Array(0);
const dictionary = utf8(DICTIONARY);

/**
 * A finished batch; suite, kid and signer of its header are those of the keys.
 * @param {Omit<UpHeader, "suite" | "kid" | "signer">} place
 * @param {Uint8Array} body
 * @param {{ recipient: import("./suites.js").KemPublic,
 *   signer: import("./suites.js").SigningPair }} keys
 * @returns {Promise<{ bytes: Bytes, digest: Hex }>}
 */
export async function sealUp(place, body, { recipient, signer }) {
  if (recipient.suite !== signer.suite) throw new Refused("unknown_suite");
  const { suite, kid } = recipient;
  const short = body.length <= SHORT;
  const names = { ...place, suite, kid, signer: signer.public.kid };
  const header = writePackedUp(names, short ? DICTIONARY_1 : NO_DICTIONARY);
  const deflated = short ? deflateShort(body, dictionary) : await deflate(body);
  const info = concat(utf8("GWB2"), header);
  const { enc, ciphertext } = await recipient.seal(pad(deflated), { info });
  const message = signedMessage("GWB2", header, await sha256(enc, ciphertext));
  const signature = await signer.sign(message);
  const bytes = concat(utf8("GWB2"), u32be(header.length), header, enc, ciphertext, signature);
  return { bytes, digest: hex(await sha256(bytes)) };
}

/** @param {Uint8Array} data @param {number} most @returns {Promise<Sealed<UpHeader>>} */
export async function parseUp(data, most) {
  const { magic, headerBytes } = frame(data, most, ["GWB1", "GWB2"]);
  const read = magic === "GWB2" ? readPackedUp : readUp;
  return split(data, magic, read(headerBytes), headerBytes);
}

/** @param {Uint8Array} data @param {number} most @returns {Promise<Sealed<DownHeader>>} */
export async function parseDown(data, most) {
  const { magic, headerBytes } = frame(data, most, ["GWD1", "GWD2"]);
  const read = magic === "GWD2" ? readPackedDown : readDown;
  return split(data, magic, read(headerBytes), headerBytes);
}

/**
 * Refuses bad_signature unless this key, named by the header, signed it.
 * @param {Sealed<UpHeader | DownHeader>} sealed @param {import("./suites.js").SigningPublic} key
 */
export async function verify(sealed, key) {
  const named = sealed.header.signer === key.kid && sealed.header.suite === key.suite;
  const message = signedMessage(sealed.magic, sealed.headerBytes, sealed.bodyHash);
  if (!named || !(await key.verify(message, sealed.signature))) throw new Refused("bad_signature");
}

/**
 * The body, at most `most` bytes. Verify first.
 * @param {Sealed<UpHeader | DownHeader>} sealed @param {import("./suites.js").KemPair} pair
 * @param {number} most
 */
export async function openBody(sealed, pair, most) {
  const { header, headerBytes, magic } = sealed;
  if (header.kid !== pair.public.kid || header.suite !== pair.suite)
    throw new Refused("cannot_open");
  const info = concat(utf8(magic), headerBytes);
  const deflated = unpad(await pair.open(sealed.enc, sealed.ciphertext, { info }));
  const behind = magic.endsWith("2") && headerBytes[2] === DICTIONARY_1;
  return inflate(deflated, most, behind ? dictionary : NOTHING);
}

/** @param {string} magic @param {Uint8Array} header @param {Uint8Array} bodyHash */
const signedMessage = (magic, header, bodyHash) =>
  concat(utf8(`gongwei/${magic}/signature\0`), u32be(header.length), header, bodyHash);

/** Steps of 1/16 to 1/32 of the size, 32 bytes at least. @param {number} length of the deflated */
function paddedSize(length) {
  const used = length + 4;
  const step = Math.max(STEP_MIN, 2 ** (31 - Math.clz32(used) - 4));
  return Math.ceil(used / step) * step;
}

/** @param {Uint8Array} deflated */
function pad(deflated) {
  const padded = new Uint8Array(paddedSize(deflated.length));
  padded.set(u32be(deflated.length));
  padded.set(deflated, 4);
  return padded;
}

/** @param {Bytes} padded */
function unpad(padded) {
  const length = u32At(padded, 0);
  const end = 4 + length;
  if (end > padded.length || paddedSize(length) !== padded.length) throw new Refused("bad_padding");
  if (padded.subarray(end).some((byte) => byte !== 0)) throw new Refused("bad_padding");
  return padded.subarray(4, end);
}

/** @param {Uint8Array} data @param {number} at */
const u32At = (data, at) => new DataView(data.buffer, data.byteOffset).getUint32(at);

/**
 * Size, magic and header length; the magic and the header bytes.
 * @param {Uint8Array} data
 * @param {number} most
 * @param {string[]} magics
 */
function frame(data, most, magics) {
  if (data.length > most) throw new Refused("too_large");
  if (data.length < 8) throw new Refused("truncated");
  const magic = magics.find((each) => utf8(each).every((sign, at) => data[at] === sign));
  if (!magic) throw new Refused("bad_magic");
  const length = u32At(data, 4);
  if (length > HEADER_MAX) throw new Refused("bad_header");
  if (data.length < 8 + length) throw new Refused("truncated");
  return { magic, headerBytes: data.slice(8, 8 + length) };
}

/**
 * @template {UpHeader | DownHeader} H
 * @param {Uint8Array} data @param {string} magic @param {H} header @param {Bytes} headerBytes
 * @returns {Promise<Sealed<H>>}
 */
async function split(data, magic, header, headerBytes) {
  const start = 8 + headerBytes.length;
  const body = start + encSize(header.suite);
  const end = data.length - SIGNATURE;
  const padded = end - body - TAG;
  // A sealed plaintext is whole steps of 32 bytes, so most cuts show before any signature check.
  if (padded < STEP_MIN || padded % STEP_MIN) throw new Refused("truncated");
  return {
    magic,
    header,
    headerBytes,
    enc: data.slice(start, body),
    ciphertext: data.slice(body, end),
    signature: data.slice(end),
    digest: hex(await sha256(data)),
    bodyHash: await sha256(data.subarray(start, end)),
  };
}
