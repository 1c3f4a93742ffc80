// Raw DEFLATE (RFC 1951) by the browser's own streams. Exports: deflate, inflate.

import { bytesOf, concat } from "../wire/bytes.js";
import { Refused } from "./refused.js";

/** @typedef {import("../wire/bytes.js").Bytes} Bytes */

/** In pieces, since what one piece becomes is made at once: at most 1030 times as much. */
const PIECE = 16 * 1024;

/** @param {Uint8Array} data @returns {Promise<Bytes>} */
export async function deflate(data) {
  return run(new CompressionStream("deflate-raw"), data, Number.POSITIVE_INFINITY);
}

/**
 * The stream ends exactly with the data, or bad_deflate; longer than `most`: too_large_inflated,
 * and no more is made of it. No browser takes a dictionary, but what a stored block says (RFC 1951,
 * 3.2.4) is what the blocks after it look back on: so it goes first, and its bytes are left out.
 * @param {Uint8Array} data @param {number} most
 * @param {Uint8Array} dictionary less than 32 KiB, or nothing
 * @returns {Promise<Bytes>}
 */
export async function inflate(data, most, dictionary) {
  const { length } = dictionary;
  const size = [length & 255, length >> 8];
  const block = new Uint8Array([0, ...size, ...size.map((each) => each ^ 255)]);
  const whole = concat(...(length ? [block, dictionary] : []), data);
  try {
    const stream = new DecompressionStream("deflate-raw");
    return (await run(stream, whole, most + length)).subarray(length);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused("bad_deflate");
  }
}

/**
 * @param {CompressionStream | DecompressionStream} stream
 * @param {Uint8Array} data
 * @param {number} most
 */
async function run(stream, data, most) {
  const reader = stream.readable.getReader();
  const fed = feed(stream.writable.getWriter(), data);
  fed.catch(() => {}); // its failure is the reader's as well
  /** @type {Bytes[]} */
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      reader.cancel().catch(() => {});
      throw new Refused("too_large_inflated");
    }
    parts.push(bytesOf(value));
  }
  await fed;
  return concat(...parts);
}

/** @param {WritableStreamDefaultWriter<BufferSource>} writer @param {Uint8Array} data */
async function feed(writer, data) {
  for (let at = 0; at < data.length; at += PIECE) {
    await writer.ready;
    await writer.write(bytesOf(data.subarray(at, at + PIECE)));
  }
  await writer.close();
}
