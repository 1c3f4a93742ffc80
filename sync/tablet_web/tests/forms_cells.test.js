// The archive's own page: what nobody changed is no edit, a set changes element by element, and what
// no longer fits together is named.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOfCells, changedCells, changeFaults, typedCell } from "../app/forms/cells.js";
import { catalogue } from "./forms_vectors.js";

const KIND = catalogue().kinds.findLast((/** @type {any} */ each) => each.id === "basic_info");
const FIELDS = KIND.fields;
const DAYS = { on: "2026-03-10", today: "2026-03-10" };
const CELLS = [
  { field: "phone", element: "", shown: "13800000000" },
  { field: "drug_allergy", element: "2", shown: true },
  { field: "drug_allergy", element: "3", shown: null },
  { field: "hx_disease", element: "2", shown: { since: "2019-05" } },
  { field: "hx_surgery", element: "", shown: "1" },
];
/** @param {string} name */
const field = (name) => FIELDS.find((/** @type {any} */ each) => each.name === name);
/** @param {any} touched */
const changed = (touched) => changedCells(FIELDS, touched, CELLS);

test("what is typed as it was is no change", () => {
  const touched = Object.fromEntries(
    FIELDS.map((/** @type {any} */ each) => [each.name, typedCell(each, CELLS)]),
  );
  assert.deepEqual(changed(touched), {});
});

test("an answer that was taken away is null, one that was given is its value", () => {
  assert.deepEqual(changed({ phone: "" }), { phone: null });
  assert.deepEqual(changed({ phone: "13911112222" }), { phone: "13911112222" });
});

test("a set changes element by element", () => {
  assert.deepEqual(changed({ drug_allergy: ["3"] }), {
    "drug_allergy/2": null,
    "drug_allergy/3": true,
  });
  const rows = [...typedCell(field("hx_disease"), CELLS), { code: "3", since: "", text: "" }];
  assert.deepEqual(changed({ hx_disease: rows }), { "hx_disease/3": true });
  const later = [{ code: "2", since: "2020-01", text: "" }];
  assert.deepEqual(changed({ hx_disease: later }), { "hx_disease/2": { since: "2020-01" } });
});

test("what is wrong with a cell and what contradicts another is named, and nothing old", () => {
  const named = (/** @type {any} */ touched) => {
    const body = bodyOfCells(FIELDS, touched, CELLS);
    return changeFaults(KIND, changed(touched), body, DAYS).map((each) => each.field);
  };
  assert.deepEqual(named({ phone: "12" }), ["phone"]);
  assert.deepEqual(named({ phone: "13911112222" }), []);
  const list = [{ id: "0".repeat(32), name: "阑尾切除", since: "" }];
  assert.deepEqual(named({ hx_surgery_list: list }), ["hx_surgery"]);
});
