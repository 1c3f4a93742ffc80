// Every failure that a person can meet has one sentence and the next step.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FAULTS, faultWords } from "../app/words/zh/faults.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const APP = join(HERE, "..", "app");
const PROTOCOL = join(HERE, "..", "..", "PROTOCOL.md");
const ROOMS = ["engine", "disk", "wire", "crypto", "merge"];
// Pages name faults of fields too, by codes of their own: of theirs only what is thrown counts.
const PAGES = ["forms", "ui"];
const THROWN = /\bthrow \{\s*code: "([a-z_]+)"/g;
// As they stand in the sources: an object with a code, or a check of bytes that refuses.
const GIVEN = /\bcode: "([a-z_]+)"|Refused\("([a-z_]+)"/g;

/** @param {string} folder @returns {string[]} */
function sources(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
}

function given() {
  const found = new Set();
  for (const room of [...ROOMS, ...PAGES]) {
    const pattern = PAGES.includes(room) ? THROWN : GIVEN;
    for (const text of sources(join(APP, room))) {
      for (const [, one, other] of text.matchAll(pattern)) found.add(one ?? other);
    }
  }
  return found;
}

/** Codes of PROTOCOL 9: the first table behind its heading. */
function answered() {
  const section = readFileSync(PROTOCOL, "utf8").split("\n## 9 ")[1].split("\n## 10 ")[0];
  const rows = section.matchAll(/^\| `([a-z_]+)` \| (?:sealed|\d{3}) \|/gm);
  return new Set([...rows].map(([, code]) => code));
}

test("every code that the app gives has its sentence", () => {
  const codes = given();
  assert.ok(codes.size > 20, "the codes are not found any more");
  assert.deepEqual([...codes].filter((code) => !Object.hasOwn(FAULTS, code)).sort(), []);
});

test("every refusal of the protocol has its sentence", () => {
  const codes = answered();
  assert.ok(codes.size > 10, "the table of the protocol is not found any more");
  assert.deepEqual([...codes].filter((code) => !Object.hasOwn(FAULTS, code)).sort(), []);
});

test("a sentence never blames, never shouts, and always says what comes next", () => {
  for (const code of Object.keys(FAULTS)) {
    const { say, next } = faultWords({ code, facts: { left: 3, ms: 5000, seconds: 9, kib: 70 } });
    assert.ok(say && next, code);
    assert.doesNotMatch(say + next, /[!！]|请勿|非法|失败|undefined|NaN/, code);
  }
});

test("numbers of a fault stand in its words", () => {
  assert.match(faultWords({ code: "wrong_passphrase", facts: { left: 3 } }).next, /还可以试 3 次/);
  assert.match(faultWords({ code: "wait", facts: { ms: 29_500 } }).say, /30 秒/);
  assert.match(faultWords({ code: "busy", facts: { seconds: 90 } }).next, /2 分钟后/);
});

test("what nobody foresaw is said by the server, or said plainly", () => {
  assert.equal(
    faultWords({ code: "of_tomorrow", say: "服务器正在升级。" }).say,
    "服务器正在升级。",
  );
  assert.match(faultWords({ code: "of_tomorrow" }).next, /存好的都还在/);
  assert.match(faultWords({ code: "constructor" }).say, /没有做成/);
});
