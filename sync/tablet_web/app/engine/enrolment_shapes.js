// The answers of both enrolments (PROTOCOL 3.1, 3.2), read strictly. Exports: read, readReply.
// What does not fit is not from the server; what fits the other kind is a code of the other kind.

import { hex, unbase64 } from "../wire/bytes.js";
import { readExact } from "../wire/slices.js";

/** @param {unknown} value */
const bytes = (value) => unbase64(/** @type {string} */ (value));

/** @param {unknown} value */
function id(value) {
  const raw = bytes(value);
  if (raw.length !== 16) throw new TypeError("not an id");
  return hex(raw);
}

/** @param {"string" | "boolean"} type */
const plain = (type) => (/** @type {unknown} */ value) => {
  if (typeof value !== type) throw new TypeError("of another type");
  return value;
};

/** @param {unknown} value */
function int(value) {
  if (!Number.isSafeInteger(value)) throw new TypeError("not a number");
  return value;
}

/** @param {unknown} value */
function bytes32(value) {
  const raw = bytes(value);
  if (raw.length !== 32) throw new TypeError("not 32 bytes");
  return raw;
}

/** Read where it stands, as the bytes it is. @param {unknown} value */
const part = (value) => value;
const text = plain("string");
const hello = { v: int, suite: int, trust: bytes, bundle: part, commitment: bytes32 };

/** @type {Record<string, Record<string, (value: unknown) => unknown>>} */
const SHAPES = {
  Hello: hello,
  StaffHello: { ...hello, device: id, staff: id },
  Joined: { nonce: bytes32 },
  Polled: { status: text, sealed: (value) => bytes(value ?? "") },
  SignedBundle: { bundle: part, signature: bytes },
  PanelInfo: { id, name: text, facility: id },
  Welcome: {
    v: int,
    district: int,
    device: id,
    staff: id,
    panels: (value) => /** @type {unknown[]} */ (value).map((each) => shaped("PanelInfo", each)),
    epoch: int,
    restricted: plain("boolean"),
    trust: part,
    lease: int,
    now: int,
  },
  StaffWelcome: { v: int, device: id, staff: id, name: text, now: int },
  Reply: { answer: part, mac: bytes32 },
};
const MOST = 64 * 1024;

/**
 * @param {string} kind @param {any} message its bytes, or the value
 * @param {string} [other] kind that is said to be for somebody else
 * @returns {any}
 */
export function read(kind, message, other) {
  try {
    const value = message instanceof Uint8Array ? readExact(message).value : message;
    if (other && fits(other, value)) throw { code: "other_code" };
    return shaped(kind, value);
  } catch (error) {
    if (error && typeof error === "object" && "code" in error && error.code === "other_code") {
      throw error;
    }
    throw { code: "not_the_server", facts: { why: "malformed" } };
  }
}

/** @param {Uint8Array} data */
export function readReply(data) {
  try {
    if (data.length > MOST) throw new RangeError("too large");
    const { value, exact } = readExact(data);
    const { mac } = shaped("Reply", value);
    return { answer: exact(value.answer), mac };
  } catch {
    throw { code: "not_the_server", facts: { why: "malformed" } };
  }
}

/** @param {string} kind @param {any} value */
function fits(kind, value) {
  try {
    return Boolean(shaped(kind, value));
  } catch {
    return false;
  }
}

/** @param {string} kind @param {any} value @returns {any} */
function shaped(kind, value) {
  const shape = SHAPES[kind];
  if (Object.keys(value).some((name) => !Object.hasOwn(shape, name))) throw new TypeError("more");
  return Object.fromEntries(Object.entries(shape).map(([name, as]) => [name, as(value[name])]));
}
