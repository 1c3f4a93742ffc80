// The engine driven by lines of JSON, for tests in another language: one call a line on standard
// input, one answer a line on standard output. Bytes are {"b64": "..."}.
//
//   {"id": 1, "do": "install", "with": {"server": "http://127.0.0.1:PORT", "folder": FOLDER}}
//                                                   first; a tablet that knows nothing of any before
//                                                   (FOLDER holds catalogue.json, initials.json)
//   {"id": 2, "method": "status", "args": []}       a call of the engine
//   {"id": 3, "do": "restart", ...}                 what only a test does; see `deeds`

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { STORES } from "../app/disk/idb.js";
import { memoryDisk } from "../app/disk/memory.js";
import { Engine } from "../app/engine/engine.js";
import { initials } from "../app/engine/initials.js";
import { leaf, minus } from "../app/engine/sums.js";
import { called, faultOf } from "../app/engine/serve.js";

/** @typedef {import("../app/types.js").Call} Call */
/** @typedef {import("../app/types.js").Reply} Reply */
/** @typedef {import("../app/types.js").World} World */
/** @typedef {import("../app/types.js").Write} Write */

let server = "";
let folder = "";
let base = memoryDisk();
/** A copy of the whole disk, as somebody would copy the profile folder. @type {Write[]} */
let kept = [];
/** How this tablet is at the moment; `writes_left`: the app is killed after so many. */
const unharmed = () => ({
  now: Date.now(),
  online: true,
  /** ms for which the machine slept: the monotonic clock did not go on. */
  slept: 0,
  /** Answers to lose; "late": they time out. */
  lose: 0,
  late: false,
  /** Statuses to answer with in place of the server. @type {number[]} */
  instead: [],
  /** The next answer bears a signature that is nobody's; or is the answer to an earlier request. */
  unsigned: false,
  recorded: false,
  /** The newest one. */
  last: new Uint8Array(0),
  /** What such an answer says: come again after so many seconds. */
  after: "0",
  /** A line that takes no larger body; 0: any. */
  narrow: 0,
  writes_left: Number.POSITIVE_INFINITY,
  /** Bytes that fit on the disk. */
  most: Number.POSITIVE_INFINITY,
  writes: 0,
  /** What was sent. @type {{ path: string, size: number, digest: string, status: number }[]} */
  sent: [],
});
let life = unharmed();
const KILLED = { code: "killed" };
/** What somebody does while the next answer is on the way. @type {(() => unknown) | null} */
let during = null;

/** @param {unknown} value */
const sizeOf = (value) =>
  JSON.stringify(value ?? "", (_, each) =>
    each instanceof Uint8Array ? "x".repeat(each.length) : each,
  ).length;

/** Bytes on the disk after these rows. @param {Write[]} rows */
async function sizeWith(rows) {
  if (life.most === Number.POSITIVE_INFINITY) return 0;
  let size = 0;
  const fresh = new Map(rows.map((each) => [`${each.store} ${each.key}`, each.value]));
  for (const store of STORES) {
    for (const [key, value] of await base.rows(store)) {
      if (!fresh.has(`${store} ${key}`)) size += sizeOf(value);
    }
  }
  for (const value of fresh.values()) if (value !== undefined) size += sizeOf(value);
  return size;
}

/** @returns {import("../app/types.js").Disk} */
function disk() {
  const dead = () => {
    if (life.writes_left < 0) throw KILLED;
  };
  return {
    count: (store) => base.count(store),
    close: () => {},
    get: async (store, key) => (dead(), base.get(store, key)),
    rows: async (store, from, to) => (dead(), base.rows(store, from, to)),
    keys: async (store, from, to) => (dead(), base.keys(store, from, to)),
    async write(/** @type {Write[]} */ rows) {
      life.writes_left -= 1;
      dead();
      life.writes += 1;
      // A full disk: nothing that makes it larger fits, until something else goes.
      const size = await sizeWith(rows);
      if (size > life.most && rows.some((each) => each.value !== undefined)) {
        throw { code: "storage_full" };
      }
      await base.write(rows);
    },
  };
}

/** @param {Call} call @param {number} status */
const noted = ({ path, body = new Uint8Array(0) }, status) => {
  const digest = createHash("sha256").update(body).digest("hex");
  return { path, size: body.length, digest, status };
};

/** Somebody stands there. @param {Uint8Array<ArrayBuffer>} body */
function onTheLine(body) {
  if (life.unsigned) body[body.length - 1] ^= 1;
  const given = life.recorded ? life.last : body;
  life.last = body;
  life.unsigned = life.recorded = false;
  return given;
}

/** @param {Call} call @returns {Promise<Reply>} */
async function send(call) {
  if (life.writes_left < 0) throw KILLED;
  if (!life.online) throw { code: "no_connection" };
  const status = life.instead.shift();
  if (status !== undefined) {
    return { status, headers: { "retry-after": life.after }, body: new Uint8Array(0) };
  }
  if (life.narrow && (call.body?.length ?? 0) > life.narrow) {
    life.sent.push(noted(call, 413));
    return { status: 413, headers: {}, body: new Uint8Array(0) };
  }
  const answer = await fetch(server + call.path, {
    method: call.method,
    headers: call.headers ?? {},
    ...(call.body ? { body: /** @type {BodyInit} */ (call.body) } : {}),
  });
  const body = onTheLine(new Uint8Array(await answer.arrayBuffer()));
  const meanwhile = during;
  during = null;
  await meanwhile?.();
  life.sent.push(noted(call, answer.status));
  if (life.lose > 0) {
    life.lose -= 1;
    throw { code: life.late ? "timeout" : "no_connection" };
  }
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body };
}

/** @returns {World} */
function world() {
  const started = life.now;
  return {
    disk: disk(),
    clock: () => life.now,
    mono: () => life.now - started - life.slept,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    send,
    online: () => life.online,
    cost_log2: 4,
    data: async (name) => JSON.parse(readFileSync(join(folder, name), "utf8")),
  };
}

/** @type {unknown[]} */
const said = [];
let engine = new Engine(world(), (each) => said.push(each));

/** What only a test does. @type {Record<string, (args: any) => unknown>} */
const deeds = {
  /** A tablet that has nothing of those before it: one process serves many tests. */
  install(at) {
    ({ server, folder } = at);
    base = memoryDisk();
    kept = [];
    life = unharmed();
    during = null;
    said.length = 0;
    engine = new Engine(world(), (each) => said.push(each));
  },
  /** The app is killed and opened again. */
  restart(changed) {
    Object.assign(life, { writes_left: Number.POSITIVE_INFINITY }, changed ?? {});
    engine = new Engine(world(), (each) => said.push(each));
  },
  set(changed) {
    Object.assign(life, changed);
  },
  /** Nothing more fits on the disk; or again everything. */
  async full({ is }) {
    life.most = 0;
    life.most = is ? await sizeWith([]) : Number.POSITIVE_INFINITY;
  },
  meanwhile({ method, args }) {
    during = () => called(engine, method, args);
  },
  /** This person's key was ended, as their own exchange has told this tablet. */
  end: ({ staff }) => engine._parts.vault.end(staff),
  /** The browser's data are cleared. */
  forget() {
    base = memoryDisk();
  },
  /** The records of a resident are lost here, as by a fault of the app. */
  async spoil({ resident }) {
    const { ledger } = engine._parts;
    const step = ledger.step();
    const person = await step.person(resident);
    const entry = step.entry(resident);
    if (!entry) return;
    let { sum } = entry;
    for (const [key, each] of Object.entries(person.events)) {
      sum = minus(sum, await leaf(key.slice(0, 32), key.slice(33), each.rev));
    }
    step.putEntry({ ...entry, sum });
    step.putPerson(resident, { ...person, events: {} });
    await step.commit();
  },
  life: () => ({ ...life, writes_left: String(life.writes_left) }),
  sent: () => life.sent.splice(0),
  said: () => said.splice(0),
  rows: async ({ store }) => base.rows(store),
  keys: async ({ store }) => base.keys(store),
  async keep() {
    kept = [];
    for (const store of STORES) {
      for (const [key, value] of await base.rows(store)) kept.push({ store, key, value });
    }
  },
  async go_back() {
    base = memoryDisk();
    await base.write(kept);
  },
  /** Everything on the disk, as text: what a search of the profile folder would find. */
  async whole() {
    const found = [];
    for (const store of STORES) {
      for (const [key, value] of await base.rows(store)) {
        found.push(
          key,
          JSON.stringify(value, (_, each) =>
            each instanceof Uint8Array ? Buffer.from(each).toString("latin1") : each,
          ),
        );
        found.push(Buffer.from(found.at(-1) ?? "", "latin1").toString("utf8"));
      }
    }
    return found.join("\n");
  },
  /** First letters of names, by the table of this server. */
  async initials({ names }) {
    const table = await world().data("initials.json");
    return names.map((/** @type {string} */ each) => initials(each, /** @type {any} */ (table)));
  },
  put: async ({ store, key, value }) => base.write([{ store, key, value }]),
};

/** @param {unknown} _ @param {any} value */
const outOf = (_, value) =>
  value instanceof Uint8Array ? { b64: Buffer.from(value).toString("base64") } : value;
/** @param {unknown} _ @param {any} value */
const into = (_, value) =>
  typeof value?.b64 === "string" ? new Uint8Array(Buffer.from(value.b64, "base64")) : value;

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, args, do: deed, with: how } = JSON.parse(line, into);
  /** @type {unknown} */
  let answer;
  try {
    const value = deed ? await deeds[deed](how) : await called(engine, method, args ?? []);
    answer = { id, ok: true, value: value ?? null };
  } catch (error) {
    const text = error instanceof Error ? `${error.stack}` : "";
    answer = { id, ok: false, value: faultOf(error), text };
  }
  process.stdout.write(`${JSON.stringify(answer, outOf)}\n`);
}
