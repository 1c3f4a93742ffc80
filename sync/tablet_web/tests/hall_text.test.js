// What scanners, card readers and fingers make of a code, a number or a card, read as it was meant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { meant } from "../app/engine/hall_text.js";
import { readIdNumber } from "../app/forms/id_number.js";

const FIFTEEN = "371002550302123";
const NUMBER = "371002195503021238";

/** @param {string} start seventeen digits */
function whole(start) {
  return [..."0123456789X"].map((sign) => start + sign).find((each) => readIdNumber(each)) ?? "";
}
const GOOD = whole(NUMBER.slice(0, 17));
const WITH_X = (() => {
  for (let n = 0; n < 1000; n += 1) {
    const found = whole(`37100219550302${String(n).padStart(3, "0")}`);
    if (found.endsWith("X")) return found;
  }
  return "";
})();

/** @param {string} text */
const card = (text) => {
  const said = meant(text);
  return said.is === "card" ? said.card : null;
};

test("a code is found behind whatever a scanner puts in front, with its line end cut off", () => {
  for (const front of ["", "]Q3", "  ", "QR: ", "\u0002"]) {
    for (const end of ["", "\r\n", "\t"]) {
      const said = meant(`${front}gw1:AB 12.3${end}`);
      assert.deepEqual(said, { is: "code", text: "gw1:AB 12.3" });
    }
  }
  assert.equal(meant("GW1\uff1aAB").is, "code");
  const whole = `GW1:${"0".repeat(135)}`;
  assert.deepEqual(meant(`${whole}\u0003${whole}\r`), { is: "code", text: whole });
});

test("an ID number is known in any spelling", () => {
  for (const text of [GOOD, ` ${GOOD}\n`, GOOD.replace(/(.{6})/g, "$1 "), `ID${GOOD}`.slice(2)]) {
    assert.equal(card(text)?.number, GOOD);
  }
  assert.equal(card(WITH_X.toLowerCase())?.number, WITH_X);
  assert.equal(card(WITH_X.replace(/./g, wide))?.number, WITH_X);
  const old = card(FIFTEEN);
  assert.equal(old?.number.slice(0, 17), "37100219550302123");
  assert.deepEqual([old?.birth, old?.sex], ["1955-03-02", "1"]);
});

/** @param {string} sign */
const wide = (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0);

test("a slip of the finger in an ID number is told and nobody is looked for", () => {
  const wrong = GOOD.slice(0, 17) + (GOOD[17] === "1" ? "2" : "1");
  assert.deepEqual(meant(wrong), { is: "bad_number" });
});

test("the line of a card reader is read, whatever it puts between the values", () => {
  const values = ["周谷雨", "女", "汉", "19550302", "山东省威海市环翠区张村镇前双岛村12号", GOOD];
  const wanted = {
    number: GOOD,
    name: "周谷雨",
    sex: readIdNumber(GOOD)?.sex,
    birth: "1955-03-02",
    nation: "汉族",
    address: "山东省威海市环翠区张村镇前双岛村12号",
  };
  const tail = ["威海市公安局环翠分局", "20150101-20350101"];
  for (const between of [",", "，", "\t", "|", ";", "#", "^", " ", "  ", "\r\n", "$"]) {
    assert.deepEqual(card(values.join(between)), wanted, JSON.stringify(between));
    assert.deepEqual(card([...values, ...tail].join(between) + between), wanted);
    const other = [values[5], ...values.slice(0, 5)].join(between);
    assert.deepEqual(card(other), wanted, `number first ${JSON.stringify(between)}`);
  }
});

test("a line with names of its values is read by them", () => {
  const said = card(
    `姓名：周谷雨 性别：女 民族：汉 出生：1955年3月2日 住址：山东省威海市环翠区张村镇 前双岛村12号 公民身份号码：${GOOD}`,
  );
  assert.equal(said?.name, "周谷雨");
  assert.equal(said?.nation, "汉族");
  assert.equal(said?.address, "山东省威海市环翠区张村镇 前双岛村12号");
  const other = card(`公民身份号码:${GOOD},姓名:阿依古丽·买买提,民族:维吾尔族`);
  assert.deepEqual([other?.name, other?.nation], ["阿依古丽·买买提", "维吾尔族"]);
});

test("tickets and digits are known by how they look", () => {
  assert.deepEqual(meant("a 036"), { is: "ticket", ticket: "A036" });
  assert.deepEqual(meant("ba1024"), { is: "ticket", ticket: "BA1024" });
  assert.deepEqual(meant("1234 5678 9012\n"), { is: "digits", digits: "123456789012" });
  assert.deepEqual(meant("3710021010010012 3"), { is: "other", text: "37100210100100123" });
  assert.deepEqual(meant("e12345678"), { is: "other", text: "E12345678" });
  for (const text of ["", " ", "周谷雨"]) assert.deepEqual(meant(text), { is: "other", text: "" });
});
