// Charts: what is in target, where marks and numbers stand, and that no two lie over each other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { draw, ends } from "../app/ui/charts.js";

/** @param {[number, number, -1 | 0 | 1][]} values @param {any} [more] @returns {import("../app/ui/charts.js").Row} */
const row = (values, more = {}) => ({
  points: values.map(([day, value, side]) => ({ day, value, side, text: String(value) })),
  below: 150,
  least: null,
  words: "收缩压目标：低于 150",
  ticks: [[150, "150"]],
  step: 10,
  ...more,
});
const DAYS = /** @type {[number, string][]} */ ([
  [0, "1月"],
  [300, "11月20日"],
]);

test("a value in target is a hollow circle, one out of it a filled square with its number", () => {
  const made = draw(
    [
      row([
        [0, 142, 0],
        [300, 156, 1],
      ]),
    ],
    DAYS,
  );
  assert.deepEqual(
    made.marks.map(({ out, series }) => [out, series]),
    [
      [false, 1],
      [true, 1],
    ],
  );
  const numbers = made.texts.filter((each) => each.out).map((each) => each.text);
  assert.deepEqual(numbers, ["156"]);
});

test("the band reaches from its limit to the foot of the panel and has its words inside", () => {
  const made = draw(
    [
      row([
        [0, 142, 0],
        [300, 156, 1],
      ]),
    ],
    DAYS,
  );
  const [band] = made.bands;
  assert.equal(band.edges.length, 1);
  assert.equal(band.edges[0], band.y);
  const label = made.texts.find((each) => each.text.startsWith("收缩压目标"));
  assert.ok(label && label.y > band.y && label.y < band.y + band.height);
  const low = made.marks.find((mark) => !mark.out);
  const high = made.marks.find((mark) => mark.out);
  assert.ok(low && low.y > band.y && high && high.y < band.y);
});

test("the words of a band with two limits stand where no line runs", () => {
  const fpg = { below: 700, least: 391, step: 100, words: "目标：3.9 到 7.0", ticks: [] };
  const falling = row(
    [
      [0, 680, 0],
      [60, 400, 0],
      [300, 690, 0],
    ],
    fpg,
  );
  const made = draw([falling], DAYS);
  const label = made.texts.find((each) => each.text.startsWith("目标"));
  assert.equal(label?.anchor, "end");
  const calm = draw(
    [
      row(
        [
          [0, 650, 0],
          [300, 650, 0],
        ],
        fpg,
      ),
    ],
    DAYS,
  );
  assert.equal(calm.texts.find((each) => each.text.startsWith("目标"))?.anchor, "start");
});

test("the scale holds every value and every limit, and never less than three steps", () => {
  assert.deepEqual(
    ends(
      row([
        [0, 142, 0],
        [1, 156, 1],
      ]),
    ),
    [130, 160],
  );
  assert.deepEqual(ends(row([[0, 142, 0]])), [120, 150]);
  assert.deepEqual(ends(row([[0, 500, 0]], { below: 700, least: 391, step: 100 })), [391, 700]);
});

test("the band is in view however far the values lie from it", () => {
  const far = [row([[0, 199, 1]]), row([[0, 30, -1]], { below: 150, least: 90 })];
  for (const each of far) {
    const [band] = draw([each], [[0, "11月20日"]]).bands;
    assert.ok(band.height > 0, `height ${band.height}`);
  }
});

test("days stand at their true distance, and numbers over no other number or point", () => {
  const crowd = /** @type {[number, number, 1][]} */ (
    Array.from({ length: 40 }, (_, n) => [n * 2, 155 + (n % 5), 1])
  );
  const made = draw(
    [row(crowd)],
    [
      [0, "1月"],
      [78, "3月"],
    ],
  );
  const xs = made.marks.map((mark) => mark.x);
  const gaps = xs.slice(1).map((x, n) => x - xs[n]);
  assert.ok(Math.max(...gaps) - Math.min(...gaps) < 0.01);
  const numbers = made.texts.filter((each) => each.out);
  assert.ok(
    numbers.some((each) => each.text === String(155 + (39 % 5))),
    "the newest is written",
  );
  for (const a of numbers)
    for (const b of numbers)
      assert.ok(a === b || Math.abs(a.x - b.x) > 20 || Math.abs(a.y - b.y) >= a.size);
});

test("two series have a panel each, one below the other, and share the days", () => {
  const low = row(
    [
      [0, 82, 0],
      [300, 88, 0],
    ],
    { below: 90, ticks: [[90, "90"]], words: "低于 90" },
  );
  const made = draw(
    [
      row([
        [0, 142, 0],
        [300, 156, 1],
      ]),
      low,
    ],
    DAYS,
  );
  assert.deepEqual(
    made.lines.map((line) => line.series),
    [1, 2],
  );
  const [a, b] = made.bands;
  assert.ok(a.y + a.height <= b.y);
  assert.ok(made.height > b.y + b.height);
});

test("one value alone is a point in the middle without a line", () => {
  const made = draw([row([[5, 142, 0]])], [[5, "11月20日"]]);
  assert.equal(made.lines.length, 0);
  assert.equal(made.texts.at(-1)?.anchor, "middle");
});
