// The docket: the number that people read out is the server's, and the square holds its text.

import assert from "node:assert/strict";
import { test } from "node:test";
import { docketNumber } from "../app/crypto/docket.js";
import { pathOf } from "../app/ui/parts/qr.js";

test("the number is the one of the server", async () => {
  assert.equal(await docketNumber("000102030405060708090a0b0c0d0e0f"), "676662925676");
});

test("a square is drawn as dark modules inside a quiet edge", () => {
  const symbol = { data: [0, 255, 255, 0], width: 2, height: 2 };
  assert.equal(pathOf(symbol), "M4 4h1v1h-1zM5 5h1v1h-1z");
});
