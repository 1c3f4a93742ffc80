// The first page: which rows a range holds, and that a row names no diagnosis.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  neutral,
  overdue,
  place,
  tally,
  villagesOf,
  visitOf,
} from "../app/ui/screens/home_rows.js";
import { cut } from "./catalogue_cut.js";

const TODAY = "2026-11-23";
const forms = cut();

/** @param {string} until @param {any} [more] */
const due = (until, more = {}) => ({
  rule: "P05",
  slot: "2026-4",
  cls: "A",
  opens: "2026-09-01",
  due: until,
  closes: null,
  done: false,
  reason: "",
  ...more,
});

/** @param {any[]} dues @param {any} [more] @returns {import("../app/types.js").Line} */
const line = (dues, more = {}) =>
  /** @type {any} */ ({
    id: "1",
    name: "周谷雨",
    village: "柳湾村",
    address: "",
    marks: [],
    due: dues,
    ...more,
  });

/** @param {import("../app/types.js").Line[]} lines @returns {import("../app/types.js").Home} */
const home = (lines) => ({
  today: TODAY,
  villages: [{ name: "柳湾村", lines }],
  done: [],
  later: null,
  residents: lines.length,
  disputed: [],
  empty: false,
});

test("a range holds what is overdue and what falls due in it; all holds everything open", () => {
  const lines = ["2026-11-21", TODAY, "2026-11-30", "2026-12-15"].map((day) => line([due(day)]));
  const found = /** @type {const} */ (["today", "week", "all"]).map((range) =>
    tally(villagesOf(home(lines), range)),
  );
  assert.deepEqual(found, [2, 3, 4]);
  assert.equal(overdue(villagesOf(home(lines), "all")[0].visits, TODAY), 1);
});

test("a row shows what is due first, and counts what else is open", () => {
  const dues = [
    due("2026-12-15", { rule: "P21" }),
    due("2026-11-25"),
    due("2026-11-20", { done: true }),
    due("2026-11-20", { opens: "2026-12-01" }),
    due("2026-11-20", { closes: "2026-11-22" }),
  ];
  const visit = visitOf(line(dues), TODAY);
  assert.equal(visit.due?.due, "2026-11-25");
  assert.equal(visit.others, 1);
});

test("a row says the service without the disease, and nothing at all of a restricted one", () => {
  assert.equal(neutral(forms, due("2026-11-25")), "随访服务，今年第 4 次");
  assert.equal(neutral(forms, due("2026-11-25", { rule: "P21", slot: "2026-check" })), "健康体检");
  assert.equal(neutral(forms, due("2026-11-25", { rule: "P49", cls: "B" })), "服务");
  assert.equal(neutral(null, due("2026-11-25")), "服务，今年第 4 次");
});

test("the second line says where within the village, and that the resident has something to say", () => {
  const here = line([], { address: "柳湾村 3 组 12 号", marks: ["disputed", "conflict"] });
  assert.equal(place(here), "3 组 12 号，居民有话要说");
  assert.equal(place(line([], { address: "", marks: [] })), "");
});
