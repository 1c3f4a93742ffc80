// JSON as it stood on the wire. Exports: readExact, Malformed.
//
//   const { value, exact } = readExact(bytes);
//   exact(value.answer)    the very bytes of that object or list
//
// `raw` values of the protocol are signed and committed to byte for byte, so they are never written
// anew; and an object that names a member twice is no message, since two readers could read two.

import { text, utf8 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

const DEPTH = 64;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORDS = /** @type {const} */ ([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Bytes that are no message. */
export class Malformed extends Error {
  code = "malformed";
}

/** @param {Uint8Array} bytes @returns {{ value: any, exact: (part: object) => Bytes }} */
export function readExact(bytes) {
  const reader = new Reader(decoded(bytes));
  const value = reader.whole();
  return { value, exact: (part) => reader.exact(part) };
}

/** @param {Uint8Array} bytes */
function decoded(bytes) {
  try {
    return text(bytes);
  } catch {
    throw new Malformed("not UTF-8");
  }
}

class Reader {
  #text;
  #at = 0;
  /** @type {WeakMap<object, [number, number]>} */
  #spans = new WeakMap();

  /** @param {string} written */
  constructor(written) {
    this.#text = written;
  }

  /** @param {object} part */
  exact(part) {
    const span = this.#spans.get(part);
    if (!span) throw new Malformed("no part of this message");
    return utf8(this.#text.slice(...span));
  }

  whole() {
    const value = this.#value(0);
    if (this.#at < this.#text.length) throw new Malformed("something follows");
    return value;
  }

  /** One value, with the white space around it. @param {number} depth @returns {unknown} */
  #value(depth) {
    this.#match(SPACE);
    const sign = this.#text[this.#at];
    const from = this.#at;
    let value;
    if (sign === "{" || sign === "[") {
      if (depth > DEPTH) throw new Malformed("too deep");
      this.#at += 1;
      const part = sign === "{" ? this.#object(depth) : this.#list(depth);
      this.#spans.set(part, [from, this.#at]);
      value = part;
    } else value = sign === '"' ? this.#string() : this.#plain();
    this.#match(SPACE);
    return value;
  }

  /** @param {number} depth */
  #object(depth) {
    /** @type {Record<string, unknown>} */
    const object = {};
    if (this.#ends("}")) return object;
    for (;;) {
      this.#match(SPACE);
      const name = this.#string();
      if (Object.hasOwn(object, name)) throw new Malformed("a member twice");
      this.#match(SPACE);
      if (!this.#is(":")) throw new Malformed("no colon");
      const value = this.#value(depth + 1);
      // A plain assignment of this one name would change what the object is.
      if (name === "__proto__") {
        const what = { value, enumerable: true, configurable: true, writable: true };
        Object.defineProperty(object, name, what);
      } else object[name] = value;
      if (this.#is("}")) return object;
      if (!this.#is(",")) throw new Malformed("no comma");
    }
  }

  /** @param {number} depth */
  #list(depth) {
    /** @type {unknown[]} */
    const list = [];
    if (this.#ends("]")) return list;
    for (;;) {
      list.push(this.#value(depth + 1));
      if (this.#is("]")) return list;
      if (!this.#is(",")) throw new Malformed("no comma");
    }
  }

  /** @returns {string} */
  #string() {
    const found = this.#match(STRING);
    if (!found) throw new Malformed("not a text");
    return found.includes("\\") ? JSON.parse(found) : found.slice(1, -1);
  }

  #plain() {
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    const number = Number(this.#match(NUMBER) || Number.NaN);
    if (!Number.isFinite(number)) throw new Malformed("not a value");
    return number;
  }

  /** @param {string} sign */
  #ends(sign) {
    this.#match(SPACE);
    return this.#is(sign);
  }

  /** @param {string} sign */
  #is(sign) {
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  /** @param {RegExp} what sticky */
  #match(what) {
    what.lastIndex = this.#at;
    const found = what.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }
}
