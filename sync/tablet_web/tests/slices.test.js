// JSON as it stood on the wire, and the spellings of bytes.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  b64u,
  base64,
  hex,
  text,
  unb64u,
  unbase64,
  unhex,
  utf8,
  uuid7,
} from "../app/wire/bytes.js";
import { Malformed, readExact } from "../app/wire/slices.js";

test("a part comes back as the very bytes that stood there", () => {
  const inside = '{ "b" : [1, 2.50,"\\u5f20三"] , "a":{}\t}';
  const { value, exact } = readExact(utf8(` {"x":${inside}, "list":[ [ ] ,{"n":1e2}]}\n`));
  assert.deepEqual(value.x, { b: [1, 2.5, "张三"], a: {} });
  assert.equal(text(exact(value.x)), inside);
  assert.equal(text(exact(value.list)), '[ [ ] ,{"n":1e2}]');
  assert.equal(text(exact(value.list[0])), "[ ]");
  assert.equal(text(exact(value.list[1])), '{"n":1e2}');
  assert.throws(() => exact({}), Malformed);
});

test("whatever JSON is, it reads alike", () => {
  for (const written of [
    "null",
    "true",
    " [ ] ",
    "-0.5e-3",
    '""',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"',
    "[[[1]],{},0]",
    '{"":{"":[null,false]}}',
    "9007199254740991",
    '"\u2028 \u{1f600}"',
  ]) {
    assert.deepEqual(readExact(utf8(written)).value, JSON.parse(written), written);
  }
});

test("what is no message, or could be read as two, is refused", () => {
  for (const written of [
    "",
    " ",
    "{",
    "[1,]",
    '{"a":1,}',
    '{"a" 1}',
    "{a:1}",
    "[1] 2",
    "01",
    "1.",
    "+1",
    ".5",
    "NaN",
    "1e999",
    "nul",
    "'a'",
    '"\n"',
    '"\\x"',
    '"\\u12"',
    '{"a":1,"a":1}',
    '{"a":{"b":1,"\\u0062":2}}',
    '{"__proto__":1,"__proto__":2}',
    `${"[".repeat(70)}${"]".repeat(70)}`,
    "\u{feff}[]",
  ]) {
    assert.throws(() => readExact(utf8(written)), Malformed, written);
  }
  assert.throws(() => readExact(new Uint8Array([0x22, 0xff, 0x22])), Malformed);
});

test("a member with an odd name is a member, and changes nothing else", () => {
  const { value } = readExact(utf8('{"__proto__":{"x":1},"constructor":2}'));
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
});

test("bytes have one spelling", () => {
  /** @type {[(data: Uint8Array) => string, (said: string) => Uint8Array][]} */
  const spellings = [
    [hex, unhex],
    [base64, unbase64],
    [b64u, unb64u],
  ];
  for (let size = 0; size < 70; size += 1) {
    const data = Uint8Array.from({ length: size }, (_, at) => (at * 37 + size) % 256);
    for (const [write, read] of spellings) {
      assert.deepEqual(read(write(data)), data);
    }
  }
  for (const bad of ["A", "AB", "AB=", "AB==C", "AB ==", "AR==", "AAB=", "A-==", "=", "AA\n=="]) {
    assert.throws(() => unbase64(bad), SyntaxError, bad);
  }
  for (const bad of ["A", "AR", "AAB", "A+", "AA==", "AA "]) {
    assert.throws(() => unb64u(bad), SyntaxError, bad);
  }
  for (const bad of ["0", "0g", " 00"]) assert.throws(() => unhex(bad), SyntaxError);
});

test("an id holds the time and the random bits it was made of", () => {
  const id = uuid7(0x0199_aabb_ccdd, new Uint8Array(10).fill(0xff));
  assert.equal(id, "0199aabbccdd7fffbfffffffffffffff");
});
