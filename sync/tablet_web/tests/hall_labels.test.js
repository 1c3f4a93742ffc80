// The bars of a tube's label, read back by a decoder that is not ours; names as a hall shows them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import { barsOf, pathOf, QUIET } from "../app/ui/hall/code128.js";
import { grouped, masked, ticketText } from "../app/ui/hall/mask.js";

const WASM = new URL("../node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", import.meta.url);
prepareZXingModule({ overrides: { wasmBinary: readFileSync(WASM).buffer } });

const SCALE = 3;
const HIGH = 60;

/** What a printer makes of it, black on white. @param {string} digits */
function picture(digits) {
  const { bars, wide } = barsOf(digits);
  const width = wide * SCALE;
  const data = new Uint8ClampedArray(4 * width * HIGH).fill(255);
  for (const bar of bars) {
    for (let y = 0; y < HIGH; y += 1) {
      for (let x = bar.x * SCALE; x < (bar.x + bar.wide) * SCALE; x += 1) {
        data.fill(0, 4 * (y * width + x), 4 * (y * width + x) + 3);
      }
    }
  }
  return { data, width, height: HIGH, colorSpace: /** @type {const} */ ("srgb") };
}

/** @param {string} digits */
async function read(digits) {
  const made = /** @type {any} */ (picture(digits));
  const [found] = await readBarcodes(made, { formats: ["Code128"] });
  return found?.text;
}

test("a decoder reads every pair of digits where it was written", async () => {
  for (let first = 0; first < 100; first += 5) {
    const digits = Array.from({ length: 6 }, (_, n) => String((first + n * 17) % 100))
      .map((pair) => pair.padStart(2, "0"))
      .join("");
    assert.equal(await read(digits), digits);
  }
  const all = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, "0"));
  for (const pair of all) assert.equal(await read(`${pair}${pair}40`), `${pair}${pair}40`);
});

test("white stands before the first bar and behind the last", () => {
  const { bars, wide } = barsOf("000701000313");
  assert.equal(bars[0]?.x, QUIET);
  const last = /** @type {{ x: number, wide: number }} */ (bars.at(-1));
  assert.equal(last.x + last.wide + QUIET, wide);
  assert.equal(pathOf("000701000313").wide, wide);
});

test("what is no row of pairs is not drawn", () => {
  for (const bad of ["", "123", "12a4", "１２"]) assert.throws(() => barsOf(bad), RangeError);
});

test("a name keeps its first sign, and of three or more its last", () => {
  assert.equal(masked("倪秋水"), "倪*水");
  assert.equal(masked("郑㛃"), "郑*");
  assert.equal(masked("吴𠮷祥"), "吴*祥");
  assert.equal(masked("欧阳小满"), "欧**满");
  assert.equal(masked(""), "");
});

test("a ticket and a number are written as they are read out", () => {
  assert.equal(ticketText("A036"), "A 036");
  assert.equal(ticketText("BA1204"), "BA 1204");
  assert.equal(grouped("000701000313"), "0007 0100 0313");
});
