// What the pages of an archive make of it: values, bars, groups, restricted parts, due items.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ageText, left } from "../app/ui/ages.js";
import * as facts from "../app/ui/screens/archive_facts.js";
import { cellText, decimal, gist, wholeOf } from "../app/ui/screens/archive_values.js";
import { forget, goesOn, pageOf, turnedTo } from "../app/ui/screens/archive_opened.js";
import { words } from "../app/words/zh/archive.js";
import { cut, record } from "./catalogue_cut.js";

const TODAY = "2026-11-23";
const DOCTOR = "0a".repeat(16);
const reader = { today: TODAY, names: { [DOCTOR]: "苏清明" } };
const forms = cut();

/** @param {string} change @param {unknown} value @param {any} [more] */
const head = (change, value, more = {}) => ({
  change,
  value,
  author: "staff",
  staff: DOCTOR,
  by: "苏清明",
  at: 1,
  own: false,
  ...more,
});

/** @param {string} name @param {string} policy @param {unknown} shown @param {any} [more] */
function cell(name, policy, shown, more = {}) {
  const [field, element = ""] = name.split("/");
  const made = { name, field, element, policy, shown, heads: [head("1", shown)], conflict: false };
  return { ...made, claims: [], ...more };
}

/** @param {any} more @returns {import("../app/types.js").Archive} */
const archive = (more) => ({
  line: /** @type {any} */ ({ marks: [], birth: "1955-03-02" }),
  cells: Object.fromEntries((more.list ?? []).map((/** @type {any} */ each) => [each.name, each])),
  records: [],
  due: [],
  restricted: true,
  new_here: false,
  ...more,
});

test("a record is read whole under the headings of its form, with units, codes, days and names", () => {
  const kind = forms.kind("htn_followup");
  assert.ok(kind);
  const parts = wholeOf(
    forms.sections(kind),
    {
      mode: "2",
      sbp: 156,
      weight: 627,
      meds: [{ name: "氨氯地平", times_per_day: 1 }],
      next_date: "2026-12-04",
      doctor: DOCTOR,
    },
    reader,
  );
  assert.deepEqual(
    parts.map(({ title, rows }) => [title, rows.map((row) => row.items ?? row.text)]),
    [
      ["随访和症状", ["家庭"]],
      ["体征", ["156 mmHg", "62.7 kg"]],
      ["用药", [["氨氯地平，1 次"]]],
      ["下次随访", ["12月4日", "苏清明"]],
    ],
  );
});

test("what a newer form asks is shown as such, and an id without a name not at all", () => {
  const kind = forms.kind("htn_followup");
  assert.ok(kind);
  const parts = wholeOf(forms.sections(kind), { spo2: 97, doctor: "ff" }, reader);
  assert.deepEqual(
    parts.map(({ rows }) => rows.map((row) => [row.label, row.text])),
    [[["新版表单的一项", "97"]]],
  );
});

test("numbers keep their places, a document shows only its tail", () => {
  assert.equal(decimal(5, 2), "0.05");
  assert.equal(decimal(-365, 1), "-36.5");
  assert.equal(cellText(forms.register, "id_no", "110101195503020012", reader), "证件尾号 0012");
  assert.equal(cellText(forms.register, "phone", "13800000039", reader), "13800000039");
});

test("an element of a set is there with its details, or said to be absent", () => {
  const said = (/** @type {string} */ name, /** @type {unknown} */ value) =>
    cellText(forms.register, name, value, reader);
  assert.equal(said("drug_allergy/2", true), "青霉素");
  assert.equal(said("drug_allergy/2", false), "没有青霉素");
  assert.equal(said("hx_disease/2", { code: "2", since: "2015-03" }), "高血压（2015年3月）");
});

test("a list tells a record by what was measured and how things stand", () => {
  const kind = forms.kind("htn_followup");
  assert.equal(gist(kind, { sbp: 156, dbp: 88, class: "2" }, reader), "156/88，控制不满意");
  assert.equal(gist(kind, { lost_reason: "4", sbp: 1, dbp: 1 }, reader), "拒绝");
  assert.equal(gist(undefined, {}, reader), "一份记录");
});

test("an allergy that only one of two people or only the resident says is shown all the same", () => {
  const two = cell("drug_allergy/2", "set", false, {
    heads: [head("1", true), head("2", false)],
    conflict: true,
  });
  assert.deepEqual(facts.allergies(archive({ list: [two] }), forms, reader), {
    state: "known",
    drugs: ["青霉素"],
  });
  const none = cell("drug_allergy/1", "set", true);
  assert.equal(facts.allergies(archive({ list: [none] }), forms, reader).state, "none");
  assert.equal(facts.allergies(archive({}), forms, reader).state, "unknown");
});

test("a drug that is named takes the place of the word other", () => {
  const list = [
    cell("drug_allergy/5", "set", true),
    cell("drug_allergy_other", "clinical", "头孢"),
  ];
  assert.deepEqual(facts.allergies(archive({ list }), forms, reader).drugs, ["头孢"]);
});

test("restricted records and cells are in no group and no open list", () => {
  const records = [
    record("htn_followup", "2026-11-20", {}),
    record("tb_followup", "2026-11-01", {}, { cls: "B" }),
    record("statement", "2026-11-02", {}),
  ];
  assert.deepEqual(
    facts.grouped(records).map(([group, found]) => [group, found.length]),
    [["followup", 1]],
  );
  assert.deepEqual(
    facts.restrictedRecords(records).map((rec) => rec.kind),
    ["tb_followup"],
  );
  const hidden = cell("special_group_restricted/5", "set", true, {
    heads: [head("1", true), head("2", false)],
    conflict: true,
  });
  const whole = archive({ list: [hidden] });
  assert.equal(facts.conflicts(whole, forms).length, 0);
  assert.equal(facts.conflicts(whole, forms, true).length, 1);
});

test("a claim of the resident stands apart from the two values of staff", () => {
  const claim = head("9", "头孢", { author: "resident" });
  const cells = [
    cell("drug_allergy_other", "clinical", "青霉素", {
      heads: [head("1", "青霉素"), claim],
      claims: [claim],
      conflict: true,
    }),
  ];
  const whole = archive({ list: cells });
  assert.equal(facts.conflicts(whole, forms).length, 0);
  assert.equal(facts.claimed(whole, forms).length, 1);
  assert.equal(facts.lastEdit(cells)?.by, "苏清明");
});

test("identity, death and what the server decides are not to be settled here", () => {
  const policies = ["identity", "terminal", "authority", "clinical", "set", "resident"];
  assert.deepEqual(
    policies.map((policy) => facts.decidable(/** @type {any} */ (cell("name", policy, "")))),
    [false, false, false, true, true, true],
  );
});

test("what is due is told by its days; a restricted item stands apart", () => {
  const due = (/** @type {any} */ more) => ({
    rule: "P05",
    slot: "2026-4",
    cls: "A",
    opens: "2026-09-01",
    due: "2026-11-21",
    closes: "2026-12-31",
    done: false,
    reason: "",
    ...more,
  });
  const dues = [
    due({ rule: "P21", due: "2026-11-30" }),
    due({}),
    due({ done: true, slot: "2026-3" }),
    due({ opens: "2026-12-01", due: "2026-12-20" }),
    due({ closes: "2026-11-22" }),
    due({ rule: "P49", cls: "B" }),
  ];
  const open = facts.duesOf(dues, TODAY, false);
  assert.deepEqual([open.now.length, open.later.length, open.done.length], [2, 1, 1]);
  assert.deepEqual(facts.kindsDue(open.now, forms, TODAY), ["htn_followup", "health_check"]);
  assert.equal(facts.duesOf(dues, TODAY, true).now.length, 1);
});

test("only forms that are in force may be begun, restricted ones only where they are shown", () => {
  const ids = (/** @type {boolean} */ restricted) =>
    facts.formsToBegin(forms, TODAY, restricted).map((kind) => kind.id);
  assert.deepEqual(ids(false), ["htn_followup", "health_check"]);
  assert.deepEqual(ids(true), ["htn_followup", "health_check", "tb_followup"]);
});

test("ages and days that run are told as people say them", () => {
  assert.equal(ageText("1955-03-02", TODAY), "71岁");
  assert.equal(ageText("2025-12-30", TODAY), "10个月");
  assert.equal(ageText("2026-11-20", TODAY), "3天");
  assert.deepEqual(
    ["2026-11-21", TODAY, "2026-11-26", "2026-12-20"].map((day) => [
      left(day, TODAY).text,
      left(day, TODAY).tone,
    ]),
    [
      ["过期 2 天", "alarm"],
      ["今天到期", "due"],
      ["还有 3 天", "due"],
      ["还有 27 天", "wait"],
    ],
  );
  assert.equal(words.short("高血压患者随访服务记录表"), "高血压随访");
  assert.equal(words.short("健康体检表"), "健康体检");
});

test("coming back from a form is no further reading, coming from the list is one", () => {
  forget();
  assert.equal(goesOn("a"), false);
  turnedTo("plan");
  assert.equal(goesOn("a"), true);
  assert.equal(pageOf("a"), "plan");
  assert.equal(pageOf("b"), "overview");
  assert.equal(goesOn("b"), false);
  assert.equal(pageOf("b"), "overview");
  forget();
  assert.equal(goesOn("b"), false);
});

test("who says there is an allergy says with it that 'none' is wrong: one word, shown once", () => {
  const claim = (/** @type {unknown} */ value) => head("c", value, { author: "resident" });
  const said = { claims: [claim(true)], heads: [claim(true)] };
  const silent = { claims: [claim(false)], heads: [head("1", true), claim(false)] };
  const list = [
    cell("drug_allergy/1", "set", true, silent),
    cell("drug_allergy/3", "set", true, said),
  ];
  const whole = archive({ list });
  assert.deepEqual(
    facts.claimed(whole, forms).map((each) => each.name),
    ["drug_allergy/3"],
  );
  assert.equal(
    facts.noneBeside(whole, forms, whole.cells["drug_allergy/3"])?.name,
    "drug_allergy/1",
  );
  const alone = archive({ list: [cell("drug_allergy/1", "set", true, silent)] });
  assert.equal(facts.claimed(alone, forms).length, 1, "'none is wrong' alone is a word of its own");
});
