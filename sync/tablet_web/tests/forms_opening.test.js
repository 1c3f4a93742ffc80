// A new resident: the document tells birth and sex, and does not go against what was typed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, openingFaults, openingOf, signatureMissing } from "../app/forms/opening.js";
import { catalogue } from "./forms_vectors.js";

const KINDS = catalogue().kinds;
const REGISTER = KINDS.findLast((/** @type {any} */ each) => each.id === "basic_info");
const KIND = KINDS.findLast((/** @type {any} */ each) => each.id === "open_archive");
const TYPED = {
  team: "00112233445566778899aabbccddeeff",
  seen: "1",
  name: "郑立春",
  id_type: "01",
  id_no: "11010519491231002X",
  signed: "1",
};
const TODAY = "2026-03-10";

test("the number of the document says birth and sex where they were left open", () => {
  const { body, told } = openingOf(KIND, TYPED);
  assert.deepEqual(told, { birth_date: "1949-12-31", sex: "2" });
  assert.deepEqual(openingFaults(KIND, REGISTER, body, TODAY), []);
  assert.equal(openingOf(KIND, { ...TYPED, sex: "1" }).told.sex, undefined);
});

test("what goes against the document is named", () => {
  const fields = (/** @type {any} */ typed) =>
    openingFaults(KIND, REGISTER, openingOf(KIND, typed).body, TODAY).map((each) => each.field);
  assert.deepEqual(fields({ ...TYPED, sex: "1" }), ["sex"]);
  assert.ok(fields({ ...TYPED, id_no: "110105194912310021" }).includes("id_no"));
  assert.deepEqual(fields({ ...TYPED, id_no: "", sex: "2", birth_date: "1949-12-31" }), ["id_no"]);
});

test("what is seen and signed is no cell, and a signature is drawn unless nobody can write", () => {
  const { body } = openingOf(KIND, TYPED);
  assert.deepEqual(Object.keys(cellsOf(body)).sort(), [
    "birth_date",
    "id_no",
    "id_type",
    "name",
    "sex",
  ]);
  assert.equal(signatureMissing(body, []), true);
  assert.equal(signatureMissing(body, [{ what: "signature" }]), false);
  assert.equal(signatureMissing({ ...body, signed: "3" }, []), false);
});
