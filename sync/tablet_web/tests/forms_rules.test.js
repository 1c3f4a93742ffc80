// The app's forms against the vectors that the server is held to: expressions, computed values,
// next steps, and every fault of some three thousand bodies.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../app/forms/check.js";
import { computed } from "../app/forms/computed.js";
import { compiled } from "../app/forms/expression.js";
import { stepsAfter } from "../app/forms/steps.js";
import { catalogue, vectors } from "./forms_vectors.js";

const CATALOGUE = catalogue();
const EXPRESSIONS = vectors("expressions.json");

/** @param {string} id @param {number} [version] */
const kindOf = (id, version) =>
  CATALOGUE.kinds.findLast(
    (/** @type {any} */ each) => each.id === id && (!version || each.version === version),
  );

test("every operation comes to what was worked out by hand", () => {
  for (const each of EXPRESSIONS.operations) {
    const { fields = {}, last, known, numbers } = each;
    const found = compiled(each.expression)({ fields, last, known, numbers });
    assert.deepEqual(found, each.value, JSON.stringify(each));
  }
});

test("what is no expression is refused", () => {
  for (const each of EXPRESSIONS.broken) {
    assert.throws(() => compiled(each), JSON.stringify(each));
  }
});

test("every form computes what was worked out by hand", () => {
  for (const each of EXPRESSIONS.computed) {
    const { body, known = {}, last, numbers } = each;
    const found = computed(kindOf(each.kind, each.version), body, known, last, numbers);
    for (const [name, value] of Object.entries(each.values)) {
      assert.deepEqual(found[name] ?? null, value, `${name} of ${JSON.stringify(each)}`);
    }
  }
});

test("what follows from a record is what the server says", () => {
  for (const each of vectors("next_steps.json")) {
    const found = stepsAfter(CATALOGUE.next_steps, kindOf(each.kind), each.body, each);
    const told = found.map(({ row, level, refer, due, rule, clause, cls, reasons }) => {
      return { row, level, refer, due, rule, clause, class: cls, reasons };
    });
    assert.deepEqual(told, each.steps, each.name);
  }
});

test("what is found with a form is what the server finds", () => {
  const { good, cases, on, today } = vectors("checks.json");
  const sorted = (/** @type {any[]} */ rows) => rows.map((row) => JSON.stringify(row)).sort();
  for (const each of cases) {
    const body = { ...good[`${each.kind}/${each.version}`], ...each.set };
    for (const name of each.without ?? []) delete body[name];
    const { sex, birth, died } = each;
    const kind = kindOf(each.kind, each.version);
    const found = check(kind, body, { on, today, sex, birth, died });
    const told = found.map(({ field, code, say, warn }) => [field, code, say, warn]);
    assert.deepEqual(sorted(told), sorted(each.faults), JSON.stringify(each));
  }
  assert.ok(cases.length > 3000);
});
