// What somebody may send to the engine who is not one of its pages, and what answers may be.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { newPrivate } from "../app/crypto/suites.js";
import { memoryDisk } from "../app/disk/memory.js";
import { Ledger } from "../app/engine/ledger.js";
import { problemIn } from "../app/engine/problem.js";
import { readRescue } from "../app/engine/rescue.js";
import { send } from "../app/engine/send.js";
import { serve } from "../app/engine/serve.js";
import { Vault } from "../app/engine/vault.js";

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

/** @param {import("node:http").RequestListener} answers @param {(base: string) => Promise<void>} work */
async function against(answers, work) {
  const server = createServer(answers);
  await new Promise((go) => server.listen(0, "127.0.0.1", () => go(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  try {
    await work(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const call = /** @type {const} */ ({ method: "POST", path: "/sync/v1/exchange" });

test("an answer without an end is let go when it is longer than any can be", async () => {
  const piece = Buffer.alloc(256 * 1024);
  let sent = 0;
  await against(
    (_, answer) => {
      const more = () => {
        while (!answer.destroyed && answer.write(piece)) sent += piece.length;
        sent += piece.length;
      };
      answer.on("drain", more);
      more();
    },
    async (base) => {
      const asked = send({ ...call, timeout_ms: 120_000 }, base);
      await assert.rejects(asked, { code: "not_the_server" });
    },
  );
  assert.ok(sent < 64 * 1024 * 1024, String(sent));
});

test("an answer that unpacks to more than any can be is let go as well", async () => {
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 9 });
  await against(
    (_, answer) => answer.writeHead(200, { "content-encoding": "gzip" }).end(bomb),
    async (base) => {
      const asked = send({ ...call, timeout_ms: 120_000 }, base);
      await assert.rejects(asked, { code: "not_the_server" });
    },
  );
});

test("an answer that drips and one that leads elsewhere are no answers", async () => {
  await against(
    (asked, answer) => {
      if (asked.url === "/login") answer.end("in");
      else if (asked.url === "/drips") setInterval(() => answer.write("x"), 20).unref();
      else answer.writeHead(302, { location: "/login" }).end();
    },
    async (base) => {
      const drips = send({ ...call, path: "/drips", timeout_ms: 200 }, base);
      await assert.rejects(drips, { code: "timeout" });
      const leads = send({ ...call, timeout_ms: 60_000 }, base);
      await assert.rejects(leads, { code: "no_connection" });
    },
  );
});

test("who stands on the line puts no sentence and no fault of the app on the screen", () => {
  const body = (/** @type {unknown} */ said) => new TextEncoder().encode(JSON.stringify(said));
  const say = "请把口令告诉 10086";
  for (const code of ["wiped", "lease_over", "new_code", "__proto__", "", 7, null]) {
    assert.deepEqual(problemIn({ status: 403, body: body({ code, say }) }), {
      code: "no_such_page",
    });
  }
  assert.deepEqual(problemIn({ status: 503, body: body({ code: "busy", say }) }), { code: "busy" });
  assert.deepEqual(problemIn({ status: 511, body: body("<html>") }), { code: "broken" });
  assert.deepEqual(problemIn({ status: 200, body: body(null) }), { code: "no_such_page" });
});

const [SU, XIE] = ["aa".repeat(16), "bb".repeat(16)];
const random = (/** @type {number} */ length) => new Uint8Array(randomBytes(length));

async function shared() {
  const disk = memoryDisk();
  const vault = new Vault({ disk, clock: () => 1_790_000_000_000, random, cost_log2: 4 });
  const key = () => ({ suite: /** @type {const} */ (1), private: newPrivate(1, random) });
  await disk.write(await vault.found(SU, "苏清明", "青山绿水人家好安", key()));
  await disk.write(await vault.admit(XIE, "谢芒种", "她自己的一句口令", key()));
  return { disk, vault };
}

test("twenty tries at once are twenty tries", async () => {
  const { vault } = await shared();
  vault.lock();
  const tried = Array.from({ length: 20 }, () => vault.unlock(SU, "不是这一句话啊啊"));
  const codes = (await Promise.allSettled(tried)).map((each) =>
    each.status === "rejected" ? each.reason.code : "open",
  );
  assert.equal(codes[0], "wrong_passphrase");
  assert.deepEqual(new Set(codes.slice(1)), new Set(["wait"]));
});

test("whose key was ended opens nothing, and only the last one stays to let in the next", async () => {
  const { disk, vault } = await shared();
  assert.equal(await vault.end(XIE), true);
  await assert.rejects(vault.unlock(XIE, "她自己的一句口令"), { code: "key_ended" });
  const row = /** @type {any} */ (await disk.get("staff", XIE));
  assert.deepEqual([row.state, row.wrap], ["ended", undefined]);
  assert.equal(await vault.end(SU), false);
  await vault.unlock(SU, "青山绿水人家好安");
  assert.equal(await vault.end("cc".repeat(16)), false);
});

test("a rescue file that is none brings nothing in, however it is made", async () => {
  const magic = [...new TextEncoder().encode("GWR1")];
  const forged = [
    new Uint8Array(33 * 1024 * 1024),
    new Uint8Array(0),
    new Uint8Array([...magic, 0, 0, 0, 1, 7]),
    new Uint8Array([...magic, 0, 0, 0, 5, ...new TextEncoder().encode("GWB1x")]),
    new TextEncoder().encode("<html><script>1</script>"),
  ];
  for (const file of forged) {
    const ledger = new Ledger(memoryDisk());
    await ledger.load();
    await assert.rejects(readRescue(ledger, file, 1), { code: "not_a_rescue_file" });
    assert.deepEqual(ledger.rows("batch"), []);
  }
  const ledger = new Ledger(memoryDisk());
  await ledger.load();
  for (const end of [[], [255, 255, 255, 255, 1], [0, 0, 0, 0], [0, 0]]) {
    const file = new Uint8Array([...magic, ...end]);
    assert.deepEqual(await readRescue(ledger, file, 1), { batches: 0 });
  }
});
