// Base45 (RFC 9285): the signs of a QR code's alphanumeric mode. Exports: decode45.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const VALUES = new Map([...ALPHABET].map((sign, value) => [sign, value]));

/** The bytes of a text, or nothing where it is no Base45 of any. @param {string} text */
export function decode45(text) {
  const values = Array.from(text, (sign) => VALUES.get(sign) ?? -1);
  if (values.includes(-1) || values.length % 3 === 1) return undefined;
  const pairs = Math.floor(values.length / 3);
  const odd = values.length % 3 ? 1 : 0;
  const data = new Uint8Array(2 * pairs + odd);
  for (let at = 0; at < pairs; at += 1) {
    const pair = values[3 * at] + 45 * values[3 * at + 1] + 2025 * values[3 * at + 2];
    if (pair > 0xffff) return undefined;
    data[2 * at] = pair >> 8;
    data[2 * at + 1] = pair & 0xff;
  }
  if (!odd) return data;
  const last = values[3 * pairs] + 45 * values[3 * pairs + 1];
  if (last > 0xff) return undefined;
  data[2 * pairs] = last;
  return data;
}
