// The state of a person on a checkup day: the twin of sync/hall.py, held to the same vectors.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compiled } from "../app/forms/expression.js";
import { join, nothing, ofStep, progress, stateFrom, stateOnWire } from "../app/merge/hall.js";
import { hex, unbase64 } from "../app/wire/bytes.js";
import { vectors } from "./vectors.js";

/** @typedef {import("../app/merge/hall.js").State} State */

const told = vectors("hall");
const id = (/** @type {string} */ said) => hex(unbase64(said));

/** @type {import("../app/merge/hall.js").Critical} */
const critical = (form, values) => {
  const fields = told.critical
    .filter(
      (/** @type {any} */ rule) => rule.form === form && (values[rule.field] ?? null) !== null,
    )
    .filter((/** @type {any} */ rule) => compiled(rule.when)({ fields: values }) === true)
    .map((/** @type {any} */ rule) => rule.field);
  return [...new Set(fields)].map((field) => [field, values[field]]);
};

/** @param {any} step @returns {State} */
const alone = (step) => {
  const whose = { id: id(step.id), device: id(step.device), staff: id(step.staff) };
  const values = step.body.values ? JSON.parse(step.body.values) : {};
  return ofStep({ ...step, ...whose }, values, critical);
};

/** @template T @param {T[]} all @param {number} seed @returns {T[]} */
function shuffled(all, seed) {
  const found = [...all];
  let at = seed + 1;
  for (let left = found.length - 1; left > 0; left -= 1) {
    at = (at * 48271) % 2147483647;
    const other = at % (left + 1);
    [found[left], found[other]] = [found[other], found[left]];
  }
  return found;
}

test("steps come to the state and the progress that the server says", () => {
  assert.ok(told.cases.length > 50);
  for (const { steps, ticket, state, progress: wanted } of told.cases) {
    const sum = steps.map(alone).reduce(join, nothing());
    assert.deepEqual(stateOnWire(sum), state);
    assert.deepEqual(stateFrom(state), sum);
    const { arrived, finished, open, ...seen } = progress(sum, told.route, ticket);
    const shown = { ...seen, arrived_at: arrived, done_at: finished };
    const alarms = open.map((each) => [...each]);
    const { open: theirs, ...rest } = wanted;
    assert.deepEqual(shown, rest);
    assert.deepEqual(
      alarms,
      theirs.map((/** @type {any[]} */ [part, ...more]) => [id(part), ...more]),
    );
  }
});

test("the order in which steps come, and how often, changes nothing", () => {
  for (const [n, { steps }] of told.cases.entries()) {
    const states = steps.map(alone);
    const sum = states.reduce(join, nothing());
    for (let seed = 0; seed < 5; seed += 1) {
      const again = shuffled([...states, ...shuffled(states, seed).slice(0, 4)], n * 7 + seed);
      assert.deepEqual(again.reduce(join, nothing()), sum);
      const half = Math.floor(again.length / 2);
      const [one, other] = [again.slice(0, half), again.slice(half)];
      const apart = join(other.reduce(join, nothing()), one.reduce(join, nothing()));
      assert.deepEqual(apart, sum);
    }
    assert.deepEqual(join(sum, sum), sum);
  }
});
