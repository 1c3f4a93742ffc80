// The line between pages and engine: answers find their calls, faults cross, texts of bugs do not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "../app/engine/serve.js";
import { connect } from "../app/ui/rpc.js";

/** @param {object} engine */
function line(engine) {
  /** @type {any} */
  const worker = { onmessage: null };
  worker.postMessage = (/** @type {any} */ call) =>
    serve(/** @type {any} */ (engine), (data) => worker.onmessage({ data }), structuredClone(call));
  /** @type {any[]} */
  const heard = [];
  return { engine: connect(worker, (said) => heard.push(said)), heard, worker };
}

test("answers find their calls in whatever order they come", async () => {
  const { engine } = line({
    search: (/** @type {string} */ text) =>
      new Promise((done) => setTimeout(() => done([text]), text === "first" ? 20 : 1)),
  });
  const both = await Promise.all([engine.search("first"), engine.search("second")]);
  assert.deepEqual(both, [["first"], ["second"]]);
});

test("a fault crosses with its facts, a bug without its text", async () => {
  const { engine } = line({
    unlock: () => Promise.reject({ code: "wrong_passphrase", facts: { left: 9 } }),
    lock: () => Promise.reject(new TypeError("张三 has no key")),
  });
  await assert.rejects(engine.unlock("", ""), { code: "wrong_passphrase", facts: { left: 9 } });
  await assert.rejects(engine.lock(), (fault) => {
    assert.deepEqual(fault, { code: "broken", facts: { error: "TypeError" } });
    return true;
  });
});

test("what is no call of the engine is refused", async () => {
  const { engine } = line({ _keys: () => "secret" });
  const all = /** @type {any} */ (engine);
  await assert.rejects(all._keys(), { code: "no_such_call" });
  await assert.rejects(all.nothing(), { code: "no_such_call" });
});

test("what the engine says by itself is heard", () => {
  const { heard, worker } = line({});
  worker.onmessage({ data: { event: "changed", residents: ["00"] } });
  assert.deepEqual(heard, [{ event: "changed", residents: ["00"] }]);
});
