// Trends of an archive: which records count, what they are held against, what is said of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compiled } from "../app/forms/expression.js";
import * as series from "../app/ui/screens/archive_series.js";
import { cut, record } from "./catalogue_cut.js";

const TODAY = "2026-11-23";

/** @param {import("../app/types.js").Rec[]} records @param {any} [more] */
const given = (records, more = {}) => ({
  records,
  birth: "1955-03-02",
  treated: { pressure: true, glucose: false },
  today: TODAY,
  catalogue: cut(),
  evaluate: (/** @type {unknown} */ expression, /** @type {any} */ scope) =>
    compiled(expression)({ fields: {}, ...scope }),
  ...more,
});
const visit = (/** @type {string} */ on, /** @type {number} */ sbp, dbp = 80, more = {}) =>
  record("htn_followup", on, { sbp, dbp, ...more });

test("an elder patient is held against 150/90, a younger one against 140/90", () => {
  const records = [visit("2026-11-20", 145)];
  const elder = series.seriesOf("pressure", given(records));
  assert.deepEqual(
    elder.lines.map((line) => line.goal.below),
    [150, 90],
  );
  assert.equal(series.newest(elder).chip, "在目标内");
  const younger = series.seriesOf("pressure", given(records, { birth: "1980-03-02" }));
  assert.equal(younger.lines[0].goal.below, 140);
  assert.equal(series.newest(younger).chip, "收缩压偏高");
});

test("who is no patient is held against the values at which the plan asks to measure again", () => {
  const free = { treated: { pressure: false, glucose: false } };
  const made = series.seriesOf("pressure", given([visit("2026-11-20", 139)], free));
  assert.equal(made.why, "healthy");
  assert.deepEqual(
    made.lines.map((line) => line.goal.below),
    [140, 90],
  );
});

test("of two arms the higher counts, of two forms of one visit one reading", () => {
  const made = series.seriesOf(
    "pressure",
    given([
      record("health_check", "2026-04-10", {
        bp_l_sys: 148,
        bp_l_dia: 84,
        bp_r_sys: 146,
        bp_r_dia: 90,
      }),
      visit("2026-11-20", 156, 88),
      visit("2026-11-20", 156, 88),
    ]),
  );
  assert.deepEqual(
    made.lines[0].points.map(({ value }) => value),
    [148, 156],
  );
  assert.deepEqual(
    made.lines[1].points.map(({ value }) => value),
    [84, 88],
  );
});

test("what was taken back, did not take place or is restricted is in no chart", () => {
  const made = series.seriesOf(
    "pressure",
    given([
      visit("2026-01-05", 150, 80, { lost_reason: "4" }),
      record(
        "htn_followup",
        "2026-02-05",
        { sbp: 151, dbp: 80 },
        { voided: { reason: "", by: "", at: 0 } },
      ),
      record("tb_followup", "2026-03-05", { sbp: 152, dbp: 80 }, { cls: "B" }),
      visit("2026-04-05", 153),
    ]),
  );
  assert.deepEqual(
    made.lines[0].points.map(({ value }) => value),
    [153],
  );
});

test("glucose of forms with one and two places is one series, low values are out of target", () => {
  const made = series.seriesOf(
    "glucose",
    given(
      [
        record("health_check", "2026-04-10", { fpg: 385 }),
        record("health_check", "2026-09-01", { fpg: 700 }),
      ],
      {
        treated: { pressure: true, glucose: true },
      },
    ),
  );
  const [line] = made.lines;
  assert.deepEqual(
    line.points.map(({ value }) => series.side(line.goal, value)),
    [-1, 1],
  );
  assert.equal(series.limits(line), "3.9 到 7.0");
  assert.equal(series.number(line, 385), "3.85");
  assert.equal(series.number(line, 720), "7.2");
});

test("a weight agreed on at a follow-up is met up to its last tenth", () => {
  const body = { weight: 680, weight_target: 680 };
  const made = series.seriesOf("weight", given([record("htn_followup", "2026-11-20", body)]));
  const [line] = made.lines;
  assert.equal(made.why, "agreed");
  assert.equal(series.side(line.goal, 680), 0);
  assert.equal(series.side(line.goal, 681), 1);
  assert.equal(series.limits(line), "低于 68.0");
});

test("the finding says least, most, target and how often it was missed", () => {
  const made = series.seriesOf(
    "pressure",
    given([visit("2026-05-20", 142), visit("2026-11-20", 156, 88)]),
  );
  assert.equal(
    series.describe(made),
    "收缩压最低 142、最高 156 mmHg，目标低于 150，有 1 次超出。" +
      "舒张压最低 80、最高 88 mmHg，目标低于 90，都在目标内。",
  );
});

test("the shortest range with three values is shown first, and only its own values", () => {
  const old = series.seriesOf(
    "pressure",
    given([visit("2024-05-20", 142), visit("2025-01-20", 144), visit("2026-11-20", 146)]),
  );
  assert.equal(series.firstRange(old, TODAY), 3);
  assert.equal(series.within(old, TODAY, 1).lines[0].points.length, 1);
  const few = series.seriesOf("pressure", given([visit("2026-11-20", 146)]));
  assert.equal(series.firstRange(few, TODAY), 0);
  assert.deepEqual(
    series.daysOf(old, TODAY).map(([, text]) => text),
    ["24年5月", "25年1月", "11月20日"],
  );
});
