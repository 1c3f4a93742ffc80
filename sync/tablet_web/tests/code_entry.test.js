// An enrolment code while it is typed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { caretAfter, grouped, look } from "../app/ui/code_entry.js";

const WHOLE = "0K7M-2XQ4-9ZTR-C8VN-5HBW-3DEF-GJ1P";

test("signs fall into groups of four, look-alikes are put right", () => {
  assert.equal(grouped("ok7m2xq4"), "0K7M-2XQ4");
  assert.equal(grouped("0k7m 2xq4—9ztr"), "0K7M-2XQ4-9ZTR");
  assert.equal(grouped("lI1"), "111");
  assert.equal(grouped("ＡＢＣ"), "ABC");
  assert.equal(grouped(""), "");
});

test("what was scanned is taken as it stands", () => {
  const text = "GWE1:0K7M2XQ49ZTRC8VN5HBW3DEFGJ1P:3:ABCDEF";
  assert.equal(grouped(` ${text} `), text);
  assert.deepEqual(look(text), { short: 0, long: 0, strange: "" });
});

test("it says how many are missing, too many, or in no code", () => {
  assert.deepEqual(look(WHOLE), { short: 0, long: 0, strange: "" });
  assert.equal(look("0K7M-2").short, 23);
  assert.equal(look(`${WHOLE}-2`).long, 1);
  assert.equal(look("0K7U").strange, "U");
  assert.equal(look("0K7号").strange, "号");
});

test("the caret stays behind the sign that was typed", () => {
  assert.equal(caretAfter("0K7M2", 5), 6);
  assert.equal(caretAfter("0K7M", 4), 4);
  assert.equal(caretAfter("0K-7M2X", 3), 2);
  assert.equal(caretAfter("", 0), 0);
});
