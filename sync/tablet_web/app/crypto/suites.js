// The two suites of SPEC 1: HPKE and signatures, on WebCrypto. Exports: suiteHere, newPrivate,
// kemPublic, kemPair, signingPublic, signingPair, encSize (and the types of what they make).
// A private key exists as a non-extractable CryptoKey and as the 32 bytes the vault wraps. Names of
// keys (kid, fingerprint) are hex.

import { bytesOf, concat, hex, unb64u, unhex, utf8 } from "../wire/bytes.js";
import {
  Aes256Gcm,
  CipherSuite,
  DhkemP256HkdfSha256,
  DhkemX25519HkdfSha256,
  HkdfSha256,
} from "../../vendor/hpke/core/mod.js";
import { sha256 } from "./hash.js";
import { soundEd25519, soundX25519 } from "./points.js";
import { Refused } from "./refused.js";

/** @typedef {import("../types.js").Suite} Suite */
/** @typedef {import("../wire/bytes.js").Bytes} Bytes */
/** @typedef {{ info: Uint8Array, psk?: { id: Uint8Array, key: Uint8Array } }} Context */
/** @typedef {{ suite: Suite, raw: Bytes, fingerprint: string, kid: string }} Named */
/**
 * @typedef {Named & { seal(plain: Uint8Array, context: Context): Promise<{ enc: Bytes,
 *   ciphertext: Bytes }> }} KemPublic
 */
/**
 * @typedef {Named & { verify(message: Uint8Array,
 *   signature: Uint8Array): Promise<boolean> }} SigningPublic
 */
/**
 * @typedef {{ suite: Suite, public: KemPublic, open(enc: Uint8Array, ciphertext: Uint8Array,
 *   context: Context): Promise<Bytes> }} KemPair
 */
/**
 * @typedef {{ suite: Suite, public: SigningPublic,
 *   sign(message: Uint8Array): Promise<Bytes> }} SigningPair
 */
/** @typedef {{ name: string, namedCurve?: string }} Curve */

const KEM_LABEL = utf8("gongwei/kem-key\0");
const SIGNING_LABEL = utf8("gongwei/signing-key\0");
const P256_PKCS8 = unhex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420");
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ES256 = { name: "ECDSA", hash: "SHA-256" };

/**
 * @typedef {{ kem: Curve, sign: Curve, verify: { name: string, hash?: string }, kemPkcs8: Bytes,
 *   signPkcs8: Bytes, size: number }} Parts
 */
/** @type {Record<Suite, Parts>} */
const PARTS = {
  1: {
    kem: { name: "X25519" },
    sign: { name: "Ed25519" },
    verify: { name: "Ed25519" },
    kemPkcs8: unhex("302e020100300506032b656e04220420"),
    signPkcs8: unhex("302e020100300506032b657004220420"),
    size: 32,
  },
  3: {
    kem: { name: "ECDH", namedCurve: "P-256" },
    sign: { name: "ECDSA", namedCurve: "P-256" },
    verify: ES256,
    kemPkcs8: P256_PKCS8,
    signPkcs8: P256_PKCS8,
    size: 65,
  },
};

/** Bytes of the encapsulated key in front of a ciphertext. @param {Suite} suite */
export const encSize = (suite) => PARTS[suite].size;

/** @param {Suite} suite */
const hpke = (suite) =>
  new CipherSuite({
    kem: suite === 1 ? new DhkemX25519HkdfSha256() : new DhkemP256HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  });

/** Suite 1 where this browser has both of its curves, else 3, which all have. */
export async function suiteHere() {
  try {
    const seed = new Uint8Array(32).fill(1);
    await kemPair(1, seed);
    await signingPair(1, seed);
    return /** @type {Suite} */ (1);
  } catch {
    return /** @type {Suite} */ (3);
  }
}

/**
 * 32 fresh private bytes, of either use.
 * @param {Suite} suite @param {(length: number) => Uint8Array} random @returns {Bytes}
 */
export function newPrivate(suite, random) {
  for (;;) {
    const raw = bytesOf(random(32));
    if (suite !== 3 || isScalar(raw)) return raw; // a scalar outside [1, n): once in 2^32
  }
}

/** @param {Uint8Array} raw */
function isScalar(raw) {
  const value = whole(raw);
  return value > 0n && value < P256_ORDER;
}

/** @param {Uint8Array} raw */
const whole = (raw) => raw.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** @param {bigint} value @returns {Bytes} */
const bytes32 = (value) => unhex(value.toString(16).padStart(64, "0"));

/** @param {Suite} suite @param {Uint8Array} raw @param {Bytes} label @returns {Promise<Named>} */
async function named(suite, raw, label) {
  const fingerprint = hex(await sha256(label, new Uint8Array([0, suite]), raw));
  return { suite, raw: bytesOf(raw.slice()), fingerprint, kid: fingerprint.slice(0, 16) };
}

/** @param {Parts} parts @param {Curve} curve @param {Uint8Array} raw @param {KeyUsage[]} uses */
async function publicKey(parts, curve, raw, uses) {
  if (raw.length !== parts.size || (parts.size === 65 && raw[0] !== 4))
    throw new Refused("bad_key");
  if (curve.name === "X25519" && !soundX25519(raw)) throw new Refused("bad_key");
  if (curve.name === "Ed25519" && !soundEd25519(raw)) throw new Refused("bad_key");
  try {
    return await crypto.subtle.importKey("raw", bytesOf(raw), curve, true, uses);
  } catch {
    throw new Refused("bad_key");
  }
}

/**
 * The private key, and the raw public one that belongs to it.
 * @param {Bytes} pkcs8
 * @param {Curve} curve
 * @param {Uint8Array} raw
 * @param {KeyUsage[]} uses
 */
async function privateKey(pkcs8, curve, raw, uses) {
  if (raw.length !== 32 || (curve.namedCurve && !isScalar(raw))) throw new Refused("bad_key");
  const { subtle } = crypto;
  try {
    const wrapped = concat(pkcs8, raw);
    const shown = await subtle.exportKey(
      "jwk",
      await subtle.importKey("pkcs8", wrapped, curve, true, uses),
    );
    const key = await subtle.importKey("pkcs8", wrapped, curve, false, uses);
    const x = unb64u(shown.x ?? "");
    return { key, raw: shown.y ? concat(new Uint8Array([4]), x, unb64u(shown.y)) : x };
  } catch {
    throw new Refused("bad_key");
  }
}

/** @param {Suite} suite @param {Uint8Array} raw @returns {Promise<KemPublic>} */
export async function kemPublic(suite, raw) {
  const key = await publicKey(PARTS[suite], PARTS[suite].kem, raw, []);
  return {
    ...(await named(suite, raw, KEM_LABEL)),
    async seal(plain, { info, psk }) {
      const sender = await hpke(suite).createSenderContext({
        recipientPublicKey: key,
        info: bytesOf(info),
        ...(psk ? { psk: { id: bytesOf(psk.id), key: bytesOf(psk.key) } } : {}),
      });
      const ciphertext = new Uint8Array(await sender.seal(bytesOf(plain)));
      return { enc: new Uint8Array(sender.enc), ciphertext };
    },
  };
}

/** @param {Suite} suite @param {Uint8Array} private32 @returns {Promise<KemPair>} */
export async function kemPair(suite, private32) {
  const parts = PARTS[suite];
  const own = await privateKey(parts.kemPkcs8, parts.kem, private32, ["deriveBits"]);
  const shown = await kemPublic(suite, own.raw);
  const publicHalf = await publicKey(parts, parts.kem, own.raw, []);
  return {
    suite,
    public: shown,
    async open(enc, ciphertext, { info, psk }) {
      if (suite === 3 && enc[0] !== 4) throw new Refused("cannot_open");
      try {
        const recipient = await hpke(suite).createRecipientContext({
          recipientKey: { privateKey: own.key, publicKey: publicHalf },
          enc: bytesOf(enc),
          info: bytesOf(info),
          ...(psk ? { psk: { id: bytesOf(psk.id), key: bytesOf(psk.key) } } : {}),
        });
        return new Uint8Array(await recipient.open(bytesOf(ciphertext)));
      } catch {
        throw new Refused("cannot_open");
      }
    },
  };
}

/** @param {Suite} suite @param {Uint8Array} raw @returns {Promise<SigningPublic>} */
export async function signingPublic(suite, raw) {
  const parts = PARTS[suite];
  const key = await publicKey(parts, parts.sign, raw, ["verify"]);
  return {
    ...(await named(suite, raw, SIGNING_LABEL)),
    async verify(message, signature) {
      if (signature.length !== 64) return false;
      if (suite === 3 && 2n * whole(signature.subarray(32)) > P256_ORDER) return false;
      return crypto.subtle.verify(parts.verify, key, bytesOf(signature), bytesOf(message));
    },
  };
}

/** @param {Suite} suite @param {Uint8Array} private32 @returns {Promise<SigningPair>} */
export async function signingPair(suite, private32) {
  const parts = PARTS[suite];
  const own = await privateKey(parts.signPkcs8, parts.sign, private32, ["sign"]);
  const shown = await signingPublic(suite, own.raw);
  return {
    suite,
    public: shown,
    async sign(message) {
      const made = await crypto.subtle.sign(parts.verify, own.key, bytesOf(message));
      const signature = new Uint8Array(made);
      const s = suite === 3 ? whole(signature.subarray(32)) : 0n;
      // Of r and s, n - s would verify as well: only the low one is ours (SPEC 1).
      if (2n * s > P256_ORDER) signature.set(bytes32(P256_ORDER - s), 32);
      return signature;
    },
  };
}
