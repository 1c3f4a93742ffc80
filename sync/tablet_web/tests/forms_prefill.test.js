// What a form begins with, what was typed as values, and what a slip of the pen likely meant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { knownOf, lastOf, lastValues, prefilled } from "../app/forms/prefill.js";
import { bodyOf, likely, typedFrom, valueOf } from "../app/forms/typed.js";
import { catalogue, vectors } from "./forms_vectors.js";

const RULES = catalogue();
/** @param {string} id */
const kindOf = (id) => RULES.kinds.findLast((/** @type {any} */ each) => each.id === id);
/** @param {string} kind @param {string} name */
const fieldOf = (kind, name) =>
  kindOf(kind).fields.find((/** @type {any} */ each) => each.name === name);

test("a form begins with what the server begins it with", () => {
  const { histories, cases } = vectors("prefill.json");
  for (const each of cases) {
    const kind = kindOf(each.kind);
    const at = `${each.kind} after history ${each.after}`;
    const { on, basics } = each;
    const written = histories[each.after];
    assert.deepEqual(prefilled(RULES, kind, written, on, basics), each.values, at);
    const last = Object.entries(lastValues(RULES, kind, written)).map(
      ([name, { value, on: day, kind: from }]) => [name, [value, day, from]],
    );
    assert.deepEqual(Object.fromEntries(last), each.last, at);
    const person = { birth: each.birth, sex: "2" };
    assert.deepEqual(knownOf(RULES, written, on, person), each.known, at);
    const before = /** @type {any} */ (lastOf(each.kind, written, on));
    assert.deepEqual(before?.body ?? {}, each.before, at);
  }
});

test("a good body comes back as it was from what is typed", () => {
  for (const [form, body] of Object.entries(vectors("checks.json").good)) {
    const [id, version] = form.split("/");
    const kind = RULES.kinds.find(
      (/** @type {any} */ each) => each.id === id && each.version === Number(version),
    );
    assert.deepEqual(bodyOf(kind.fields, typedFrom(kind.fields, /** @type {any} */ (body))), body);
  }
});

test("a number is read as people type it, and never rounded", () => {
  const weight = fieldOf("htn_followup", "weight").type;
  assert.equal(valueOf(weight, "61.2"), 612);
  assert.equal(valueOf(weight, " ６１．２ "), 612);
  assert.equal(valueOf(weight, "61"), 610);
  assert.equal(valueOf(weight, "61.20"), 612);
  assert.equal(valueOf(weight, "61.25"), "61.25");
  assert.equal(valueOf(weight, ""), undefined);
  assert.equal(valueOf(fieldOf("htn_followup", "sbp").type, "149.0"), "149.0");
});

test("a missed decimal point is offered, a rare true value is left alone", () => {
  const weight = fieldOf("htn_followup", "weight");
  assert.equal(likely(weight, 6120, 610), "61.2");
  assert.equal(likely(weight, 1900, 610), null);
  assert.equal(likely(fieldOf("htn_followup", "sbp"), 1490, 152), "149");
  assert.equal(likely(fieldOf("htn_followup", "sbp"), 15, undefined), "150");
});

test("days and months are read in the ways people write them", () => {
  const day = fieldOf("htn_followup", "next_date").type;
  assert.equal(valueOf(day, "2026年3月1日"), "2026-03-01");
  assert.equal(valueOf(day, "20260301"), "2026-03-01");
  assert.equal(valueOf(day, "soon"), "soon");
});
