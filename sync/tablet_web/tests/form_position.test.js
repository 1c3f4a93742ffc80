// Where the tablet was: what of the browser's finding goes beside a record, and when it is asked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { batchBytes } from "../app/engine/batch_body.js";
import { isFresh, isHomeVisit, positionOf } from "../app/ui/screens/form_position.js";
import { text } from "../app/wire/bytes.js";

const AT = Date.parse("2026-11-23T02:47:00Z");

/** @param {object} [coords] */
const found = (coords = {}) => ({
  coords: { latitude: 37.512346, longitude: 122.11999, accuracy: 20.4, ...coords },
  timestamp: AT + 0.4,
});

test("what the browser found is put as whole numbers", () => {
  assert.deepEqual(positionOf(found()), { lat: 3_751_235, lon: 12_211_999, acc: 21, at: AT });
  assert.equal(positionOf(found({ latitude: -33.9 }))?.lat, -3_390_000);
});

test("what is wrong by half a kilometre or is no place on earth does not go", () => {
  assert.equal(positionOf(found({ accuracy: 500 })), null);
  assert.equal(positionOf(found({ accuracy: Number.NaN })), null);
  assert.equal(positionOf(found({ latitude: 91 })), null);
  assert.equal(positionOf(found({ longitude: -180.1 })), null);
});

test("a finding of more than two minutes ago says nothing of the visit", () => {
  const position = positionOf(found());
  assert.equal(isFresh(position, AT + 120_000), true);
  assert.equal(isFresh(position, AT + 120_001), false);
  assert.equal(isFresh(null, AT), false);
});

test("it is asked for at a home visit of today, switched on, and for nothing else", () => {
  /** @type {any} */
  const page = { paper: { on: "2026-11-23" }, found: [{ body: { mode: "2" } }] };
  /** @type {any} */
  const got = { amends: null };
  /** @type {any} */
  const status = { today: "2026-11-23", position_on: true };
  assert.equal(isHomeVisit(got, page, status), true);
  assert.equal(isHomeVisit(got, page, { ...status, position_on: false }), false);
  assert.equal(isHomeVisit(got, page, { ...status, today: "2026-11-24" }), false);
  assert.equal(isHomeVisit({ ...got, amends: {} }, page, status), false);
  assert.equal(isHomeVisit(got, { ...page, found: [{ body: { mode: "1" } }] }, status), false);
});

test("a position stands beside its change in the batch and leaves its bytes alone", () => {
  const known = { panel: "00".repeat(16), epoch: 1, csn: 1, at: 0 };
  const plain = [0, 1].map((n) => ({
    ...{ resident: "", kind: "", on: "", name: "", known, raw: `{"n":${n}}` },
    ...(n ? { position: { lat: 3_751_235, lon: 12_211_999, acc: 21, at: AT } } : {}),
  }));
  /** @type {any} */
  const step = { get: () => undefined };
  /** @type {any} */
  const rows = [0, 1].map((n) => [String(n), { session: "00".repeat(8) }]);
  const said = JSON.parse(text(batchBytes(step, { v: 1 }, rows, plain)));
  assert.deepEqual(said.positions, [[1, 3_751_235, 12_211_999, 21, AT]]);
  assert.deepEqual(said.changes, [{ n: 0 }, { n: 1 }]);
  const none = JSON.parse(text(batchBytes(step, { v: 1 }, rows.slice(0, 1), plain.slice(0, 1))));
  assert.equal("positions" in none, false);
});
