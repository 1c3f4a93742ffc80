// Public points that prove or hide nothing (SPEC 1): those of small order, in whatever spelling.
// Exports: soundX25519, soundEd25519.

const P = 2n ** 255n - 19n;
/** u of the points of order 1, 2, 4 and 8 of the curve and its twist. */
const WEAK_U = new Set([
  0n,
  1n,
  P - 1n,
  0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5fn,
  0xb8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0n,
]);
/** y of the points of order 1, 2, 4 and 8. */
const Y8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const WEAK_Y = new Set([1n, P - 1n, 0n, Y8, P - Y8]);

/** The little-endian coordinate without its highest bit, mod p. @param {Uint8Array} raw */
function coordinate(raw) {
  let value = 0n;
  for (let at = 31; at >= 0; at -= 1) value = (value << 8n) | BigInt(raw[at]);
  return (value & (2n ** 255n - 1n)) % P;
}

/** @param {Uint8Array} raw */
export const soundX25519 = (raw) => !WEAK_U.has(coordinate(raw));

/** @param {Uint8Array} raw */
export const soundEd25519 = (raw) => !WEAK_Y.has(coordinate(raw));
