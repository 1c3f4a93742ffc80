// What was begun and put aside, which forms can be about somebody, and what follows an answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inTurn, pressed } from "../app/ui/parts/choice.js";
import { suits } from "../app/ui/screens/archive_facts.js";
import { withNew } from "../app/ui/screens/form_state.js";
import { begunOf } from "../app/ui/screens/home_rows.js";
import { words } from "../app/words/zh/assist.js";
import { words as records } from "../app/words/zh/records.js";
import { cut } from "./catalogue_cut.js";

const TODAY = "2026-11-23";

/** @param {string} key @param {string[]} kinds @param {number} at @param {any} typed */
const draft = (key, kinds, at, typed) => ({ key, resident: "z", kinds, at, typed });

test("a form that was put aside stands on the first page, the newest first", () => {
  const drafts = [
    draft("form/z/htn_followup/", ["htn_followup"], 1, { name: "周谷雨" }),
    draft("form/z/htn_followup/c1", ["htn_followup"], 3, { name: "周谷雨" }),
    draft("form/z/htn_followup+dm_followup/", ["htn_followup", "dm_followup"], 2, {}),
    draft("new_resident", ["open_archive"], 4, { typed: { name: "吴芒种" } }),
  ];
  const found = begunOf(drafts, cut());
  assert.deepEqual(
    found.map(({ name, to, params }) => [name, to, params]),
    [
      ["吴芒种", "new_resident", {}],
      ["周谷雨", "form", { resident: "z", kind: "htn_followup", amends: "c1" }],
      ["", "visit", { resident: "z", kinds: ["htn_followup", "dm_followup"] }],
      ["周谷雨", "form", { resident: "z", kind: "htn_followup" }],
    ],
  );
  assert.ok(found.every(({ what }) => what && !what.includes("高血压")));
  assert.equal(begunOf(drafts, cut(), "somebody else").length, 0);
});

test("a man is not offered a form of the antenatal care, nor a child one of the elderly", () => {
  const man = { sex: "1", birth: "1954-12-13" };
  assert.equal(suits("antenatal_first", man, TODAY), false);
  assert.equal(suits("child_check", man, TODAY), false);
  assert.equal(suits("elder_tcm", man, TODAY), true);
  assert.equal(suits("htn_followup", man, TODAY), true);
  assert.equal(suits("elder_tcm", { sex: "2", birth: "2023-01-01" }, TODAY), false);
  assert.equal(suits("child_check", { sex: "2", birth: "2023-01-01" }, TODAY), true);
  assert.equal(suits("child_check", { sex: "", birth: "" }, TODAY), true);
});

test("codes stand in the order of the form, 99 after 01", () => {
  const codes = { 99: "其他", "01": "居民身份证", "02": "居住证", 10: "出生医学证明" };
  assert.deepEqual(inTurn(codes), ["01", "02", "10", "99"]);
  assert.deepEqual(inTurn({ 1: "无", 2: "有" }), ["1", "2"]);
  const records = { "01a2f0": "11月23日", "019f00": "7月8日" };
  assert.deepEqual(inTurn(records), ["01a2f0", "019f00"], "the newest record stays first");
  assert.deepEqual(pressed(["1"], "2", "1"), ["2"]);
});

test("a body mass index that was brought along goes when the weight is another; a typed one stays", () => {
  const brought = { weight: "66.2", bmi: "24.6" };
  assert.deepEqual(withNew(brought, brought, "weight", "61.2"), { weight: "61.2" });
  const typed = { ...brought, bmi: "23.0" };
  assert.deepEqual(withNew(typed, brought, "weight", "61.2"), { weight: "61.2", bmi: "23.0" });
  assert.deepEqual(withNew(brought, brought, "sbp", "150"), { ...brought, sbp: "150" });
});

test("a team is not named twice, and nothing is 没有无", () => {
  assert.equal(words.team_of("桥头镇卫生院", "桥头镇卫生院第1团队"), "桥头镇卫生院第1团队");
  assert.equal(words.team_of("柳湾社区中心", "柳湾一队"), "柳湾社区中心 柳湾一队");
  assert.equal(records.absent("无"), "不再是「无」");
  assert.equal(records.absent("磺胺"), "没有磺胺");
});
