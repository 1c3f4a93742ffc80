// Tickets and specimen numbers: never two alike, whatever becomes of a tablet.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fits } from "../app/crypto/damm.js";
import { nothing } from "../app/merge/hall.js";
import {
  lettersOf,
  nextLabels,
  nextTicket,
  numbers,
  raise,
  takeSeries,
} from "../app/engine/hall_numbers.js";

/** @typedef {import("../app/engine/rows.js").State} State */

const DAY = "0a".repeat(16);
const TUBES = [
  { id: "serum", digit: 1 },
  { id: "urine", digit: 4 },
];

/** @param {Partial<State>} [facts] @returns {State} */
const state = (facts = {}) =>
  /** @type {State} */ ({ chain_epoch: 1, head_epoch: 1, halls: {}, ...facts });

/** @param {number} series */
function given(series) {
  const here = state();
  takeSeries(here, DAY, { series, serial: 7 });
  return here;
}

test("no two series share a letter, and none has the letter of those who booked", () => {
  const all = Array.from({ length: 99 }, (_, n) => lettersOf(n + 1));
  assert.equal(new Set([...all, "A"]).size, 100);
  assert.deepEqual([all[0], all[24], all[25], all[26]], ["B", "Z", "BA", "BB"]);
  assert.ok(all.every((each) => /^[A-Z]{1,2}$/.test(each)));
});

test("a ticket and a sheet are counted one by one", () => {
  const here = given(1);
  assert.deepEqual([nextTicket(here, DAY), nextTicket(here, DAY)], ["B001", "B002"]);
  const first = nextLabels(here, DAY, 7, TUBES) ?? [];
  const second = nextLabels(here, DAY, 7, TUBES) ?? [];
  assert.deepEqual(
    first.map(({ tube, number }) => [tube, number.slice(0, 11)]),
    [
      ["serum", "00070100011"],
      ["urine", "00070100014"],
    ],
  );
  const all = [...first, ...second].map((each) => each.number);
  assert.equal(new Set(all).size, 4);
  assert.ok(all.every((each) => each.length === 12 && fits(each)));
});

test("without a series nothing is numbered, nor in the series of another chain", () => {
  const none = state();
  assert.deepEqual([nextTicket(none, DAY), nextLabels(none, DAY, 7, TUBES)], ["", null]);
  const other = given(1);
  other.chain_epoch = 2;
  assert.ok(!numbers(other, DAY));
  assert.equal(nextTicket(other, DAY), "");
});

test("a series that comes again goes on, a new one begins", () => {
  const here = given(2);
  nextTicket(here, DAY);
  takeSeries(here, DAY, { series: 2, serial: 7 });
  assert.equal(nextTicket(here, DAY), "C002");
  takeSeries(here, DAY, { series: 3, serial: 7 });
  assert.equal(nextTicket(here, DAY), "D001");
});

test("what the server knows was given is not given again", () => {
  const here = given(1);
  const ins = /** @type {import("../app/merge/hall.js").Arrived[]} */ ([
    ["01", 1, "B041", "02", "1"],
    ["02", 1, "C099", "02", "1"],
    ["03", 1, "A500", "02", "1"],
  ]);
  const label = nextLabels(given(1), DAY, 7, TUBES)?.[0].number.slice(0, 6) ?? "";
  raise(here, DAY, 7, { ...nothing(), ins, sheet: ["04", [["serum", `${label}002610`]]] });
  assert.equal(nextTicket(here, DAY), "B042");
  assert.equal(nextLabels(here, DAY, 7, TUBES)?.[0].number.slice(6, 10), "0027");
});

test("how far a day was counted outlives the day", () => {
  const here = given(1);
  nextTicket(here, DAY);
  for (let n = 0; n < 40; n += 1) {
    takeSeries(here, n.toString(16).padStart(32, "b"), { series: 1, serial: n });
  }
  takeSeries(here, DAY, { series: 1, serial: 7 });
  assert.equal(nextTicket(here, DAY), "B002");
});
