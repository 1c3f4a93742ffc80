// What somebody may send to the engine who is not one of its pages, and what answers may be.

import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "../app/engine/serve.js";

class Told {
  /** @type {any[]} */
  said = [];
  secret = "key";
  /** @param {unknown} words */
  post = (words) => this.said.push(structuredClone(words));
}

class Some {
  _keys = { secret: 1 };
  state = { secret: 2 };
  _inner() {
    return this._keys;
  }
  async status() {
    return 7;
  }
}

test("only what the engine says it can be asked is answered, and nothing of the language", async () => {
  const engine = /** @type {any} */ (new Some());
  for (const method of [
    "constructor",
    "valueOf",
    "toString",
    "hasOwnProperty",
    "isPrototypeOf",
    "__proto__",
    "__defineGetter__",
    "_inner",
    "_keys",
    "state",
    "",
    "then",
  ]) {
    const told = new Told();
    await serve(engine, told.post, { id: 1, method, args: ["secret"] });
    assert.deepEqual(told.said, [{ id: 1, ok: false, value: { code: "no_such_call" } }], method);
  }
  const told = new Told();
  await serve(engine, told.post, { id: 2, method: "status", args: [] });
  assert.deepEqual(told.said, [{ id: 2, ok: true, value: 7 }]);
});

test("a fault that holds typed words crosses without them", async () => {
  const engine = /** @type {any} */ ({
    save: async () => {
      throw new TypeError("cannot read 周谷雨 of undefined");
    },
  });
  const told = new Told();
  await serve(engine, told.post, { id: 1, method: "save", args: [] });
  assert.equal(JSON.stringify(told.said).includes("周"), false);
});
