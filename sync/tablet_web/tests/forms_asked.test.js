// A combined visit asks once what both forms ask, a page shows details when they are asked for, and
// every question has its place on twelve columns.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, isAskedNow, judged, typedFor } from "../app/forms/asked.js";
import { widths } from "../app/forms/layout.js";
import { typedFrom } from "../app/forms/typed.js";
import { catalogue, vectors } from "./forms_vectors.js";

const RULES = catalogue();
/** @param {string} id */
const kindOf = (id) => RULES.kinds.findLast((/** @type {any} */ each) => each.id === id);
const HTN = kindOf("htn_followup");
const DM = kindOf("dm_followup");
/** @param {any} kind */
const whole = (kind) => [{ title: kind.label, fields: kind.fields }];
const AROUND = {
  on: "2026-03-10",
  today: "2026-03-11",
  person: { sex: "1", birth: "1955-06-30" },
  written: [],
};

test("a combined visit asks the pressure once and the symptoms of each disease", () => {
  const questions = asked([HTN, DM], whole).flatMap((each) => each.questions);
  const keys = questions.map((each) => each.key);
  assert.equal(new Set(keys).size, keys.length);
  assert.deepEqual(
    questions.filter((each) => each.field.name === "sbp").map((each) => each.kinds),
    [["htn_followup", "dm_followup"]],
  );
  assert.deepEqual(
    keys.filter((key) => key.endsWith("symptoms")),
    ["htn_followup:symptoms", "dm_followup:symptoms"],
  );
  assert.ok(keys.includes("htn_followup:class") && keys.includes("dm_followup:class"));
});

test("what is typed once goes into both records", () => {
  const questions = asked([HTN, DM], whole).flatMap((each) => each.questions);
  const { good } = vectors("checks.json");
  /** @type {any} */
  const typed = {};
  for (const kind of [DM, HTN]) {
    const own = typedFrom(kind.fields, good[`${kind.id}/1`]);
    for (const each of questions) {
      const value = own[each.field.name];
      if (each.kinds.includes(kind.id) && value !== undefined) typed[each.key] = value;
    }
  }
  for (const kind of [HTN, DM]) {
    const found = judged(RULES, kind, typedFor(kind, questions, typed), AROUND);
    assert.deepEqual(
      found.faults.filter((each) => !each.warn),
      [],
    );
    assert.equal(found.body.sbp, good["htn_followup/1"].sbp);
  }
});

test("details are asked for when an answer asks for them", () => {
  const field = HTN.fields.find((/** @type {any} */ each) => each.name === "adr_text");
  assert.equal(isAskedNow(HTN, field, { adr: "1" }, {}), false);
  assert.equal(isAskedNow(HTN, field, { adr: "2" }, {}), true);
  const reason = HTN.fields.find((/** @type {any} */ each) => each.name === "referral_reason");
  assert.equal(isAskedNow(HTN, reason, {}, {}), true);
});

test("what follows from the answers fills what was left open, and gives way to what is typed", () => {
  const typed = typedFrom(HTN.fields, vectors("checks.json").good["htn_followup/1"]);
  delete typed.class;
  const open = judged(RULES, HTN, typed, AROUND);
  assert.equal(open.filled.class, "1");
  assert.equal(open.body.class, "1");
  const told = judged(RULES, HTN, { ...typed, class: "2" }, AROUND);
  assert.equal(told.filled.class, undefined);
  assert.equal(told.body.class, "2");
});

test("a weight at fault is named, and not the index that follows from it", () => {
  const typed = typedFrom(HTN.fields, vectors("checks.json").good["htn_followup/1"]);
  delete typed.bmi;
  const found = judged(RULES, HTN, { ...typed, weight: "6120" }, AROUND);
  assert.deepEqual(
    found.faults.filter((each) => !each.warn).map((each) => each.field),
    ["weight"],
  );
});

test("the questions of every form fill rows of twelve columns", () => {
  for (const kind of RULES.kinds) {
    for (const width of widths(kind.fields)) assert.ok(width >= 3 && width <= 12, kind.id);
  }
  const names = ["weight", "weight_target", "bmi", "bmi_target"];
  const four = HTN.fields.filter((/** @type {any} */ each) => names.includes(each.name));
  assert.deepEqual(widths(four), [3, 3, 3, 3]);
});
