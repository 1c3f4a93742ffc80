// The parts of the engine that need no server: places and people in lists, what is owed, steps on
// the disk, sums.

import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryDisk } from "../app/disk/memory.js";
import { BLANK } from "../app/engine/apply.js";
import { recordsShown } from "../app/engine/archive.js";
import { batchBytes } from "../app/engine/batch_body.js";
import { dayOf, plusDays } from "../app/engine/civil.js";
import { placeOf } from "../app/engine/describe.js";
import { dueOf, homeOf } from "../app/engine/due.js";
import { ballast, Ledger } from "../app/engine/ledger.js";
import { openPerson, parsed, sealPerson } from "../app/engine/person.js";
import { Words } from "../app/engine/register.js";
import { alike, search } from "../app/engine/search.js";
import { leaf, minus, plus, rootOf, ZERO } from "../app/engine/sums.js";
import { base64, unhex, utf8 } from "../app/wire/bytes.js";

const SIGNS = { first: 0, letters: "", also: {}, surnames: {}, compound: {}, most: 6 };
const WORDS = new Words(
  {
    kinds: [
      { id: "basic_info", version: 1, shape: "register", class: "A", fields: [] },
      { id: "htn_followup", version: 1, shape: "event", class: "A", fields: [] },
    ],
    plan: [{ id: "P05", label: "", kinds: ["htn_followup"] }],
  },
  SIGNS,
);
/** Seals nothing. @type {import("../app/engine/ledger.js").Sealer} */
const PLAIN = {
  seal: async (_store, _key, plain) => plain,
  unseal: async (_store, _key, sealed) => sealed,
};
/** @param {Partial<import("../app/engine/rows.js").Entry>} some */
const entry = (some) => ({ ...BLANK, id: "0".repeat(32), ...some });

test("a village is what people call it, whatever stands in front", () => {
  for (const [text, village, address] of [
    ["山东省威海市环翠区张村镇演示3村12号", "演示3村", "12号"],
    ["张村镇前双岛村 12 号", "前双岛村", "12 号"],
    ["前双岛村12号", "前双岛村", "12号"],
    ["环翠区竹岛街道古陌社区 7 号楼 302", "古陌社区", "7 号楼 302"],
    ["市场街 3 号", "市场街", "3 号"],
    ["12 号", "", "12 号"],
    ["", "", ""],
  ]) {
    assert.deepEqual(placeOf(text), { village, address }, text);
  }
});

test("people are found by name, initials and the ends of their numbers, the best first", () => {
  const all = [
    entry({
      id: "1",
      name: "周谷雨",
      initials: "zgy",
      doc: "37100219550312002X",
      tel: "19900001000",
    }),
    entry({ id: "2", name: "周谷", initials: "zg", doc: "371002194811050017", tel: "19900001001" }),
    entry({ id: "3", name: "郑周", initials: "zz", doc: "371002197007190046", tel: "19900000017" }),
  ];
  const ids = (/** @type {string} */ text) => search(all, text, 10).map((each) => each.id);
  assert.deepEqual(ids("周谷"), ["2", "1"]);
  assert.deepEqual(ids(" ZG "), ["2", "1"]);
  assert.deepEqual(ids("周"), ["2", "1", "3"]);
  assert.deepEqual(ids("002x"), ["1"]);
  assert.deepEqual(ids("0017"), ["2", "3"]);
  assert.deepEqual(ids("17"), [], "two digits fit too many");
  assert.deepEqual(ids(""), []);
  assert.equal(search(all, "周", 1).length, 1);
});

test("who may be the same person is asked by document, or by name with what is known beside it", () => {
  const all = [
    entry({ id: "1", name: "周谷雨", birth: "1955-03-12", sex: "2", doc: "37100219550312002X" }),
    entry({ id: "2", name: "周谷雨", birth: "1990-01-01", sex: "2" }),
  ];
  const ids = (/** @type {object} */ some) =>
    alike(all, { name: "", birth: "", sex: "", id_no: "", ...some }).map((each) => each.id);
  assert.deepEqual(ids({ id_no: "37100219550312002x" }), ["1"]);
  assert.deepEqual(ids({ name: "周 谷雨" }), ["1", "2"]);
  assert.deepEqual(ids({ name: "周谷雨", birth: "1990-01-01" }), ["2"]);
  assert.deepEqual(ids({ name: "周谷雨", sex: "1" }), []);
  assert.deepEqual(ids({}), []);
});

test("what is owed is told by the tablet's own day, and an own record strikes it out", () => {
  const plans = [
    {
      cls: /** @type {const} */ ("A"),
      year: 2026,
      items: /** @type {import("../app/engine/rows.js").PlanHere["items"]} */ ([
        ["P05", "4", 273, 364, 364, "每季度一次"],
        ["P05", "3", 181, 272, 272],
        ["P10", "1", 0, 100, null],
      ]),
    },
  ];
  const due = dueOf({ plans }, [], "2026-11-20", WORDS);
  assert.deepEqual(
    due.map(({ slot, opens, due: day, closes, done, reason }) => [
      slot,
      opens,
      day,
      closes,
      done,
      reason,
    ]),
    [
      ["1", "2026-01-01", "2026-04-11", null, false, ""],
      ["4", "2026-10-01", "2026-12-31", "2026-12-31", false, "每季度一次"],
    ],
  );
  const own = /** @type {any} */ ([
    { row: { state: "open" }, plain: { kind: "htn_followup", on: "2026-11-19" } },
  ]);
  assert.deepEqual(
    dueOf({ plans }, own, "2026-11-20", WORDS).map((each) => each.done),
    [false, true],
  );
});

test("home stands by village, the most urgent first, without the dead and the visited", () => {
  const owed = (/** @type {string} */ due) => ({
    rule: "P05",
    slot: "1",
    cls: /** @type {const} */ ("A"),
    opens: "2026-10-01",
    due,
    closes: null,
    done: false,
    reason: "",
  });
  const line = (/** @type {any} */ some) => ({
    id: some.name,
    name: some.name,
    village: "",
    due: [],
    marks: [],
    status: "usual",
    ...some,
  });
  const lines = [
    line({ name: "甲", village: "北村", due: [owed("2026-12-31")] }),
    line({ name: "乙", village: "南村", due: [owed("2026-11-01")] }),
    line({ name: "丙", village: "北村", due: [owed("2026-12-01")], marks: ["disputed"] }),
    line({ name: "丁", village: "北村", due: [owed("2026-11-01")], status: "dead" }),
    line({ name: "戊", due: [{ ...owed("2027-01-01"), opens: "2026-12-01" }] }),
    line({ name: "己", village: "南村", due: [owed("2026-11-01")] }),
  ];
  const home = homeOf(lines, "2026-11-20", (each) => each.name === "己");
  assert.deepEqual(
    home.villages.map(({ name, lines: there }) => [name, there.map((each) => each.name)]),
    [
      ["南村", ["乙"]],
      ["北村", ["丙", "甲"]],
    ],
  );
  assert.deepEqual(
    home.done.map((each) => each.name),
    ["己"],
  );
  assert.deepEqual(
    home.disputed.map((each) => each.name),
    ["丙"],
  );
  assert.deepEqual(home.later, { from: "2026-12-01", count: 1 });
  assert.equal(home.residents, 6);
});

test("a civil day is that of Shanghai", () => {
  assert.equal(dayOf(Date.parse("2026-11-19T16:00:00Z")), "2026-11-20");
  assert.equal(dayOf(Date.parse("2026-11-19T15:59:59Z")), "2026-11-19");
  assert.equal(plusDays("2026-12-31", 1), "2027-01-01");
});

test("a step that finds no room has not happened, on the disk or in memory", async () => {
  const ledger = new Ledger(memoryDisk({ room: 1 }));
  await ledger.load();
  const step = ledger.step();
  step.put("fate", "a", { n: 1 });
  step.put("own", "a", { n: 1 });
  await assert.rejects(step.commit(), { code: "storage_full" });
  assert.equal(ledger.get("fate", "a"), undefined);
  assert.equal(await ledger.disk.get("own", "a"), undefined);
  assert.equal(ledger.full, true);
});

test("what sending needs finds the room that was kept for it", async () => {
  const disk = memoryDisk({ room: 16 });
  await disk.write(ballast());
  const ledger = new Ledger(disk);
  await ledger.load();
  const step = ledger.step();
  step.put("mine", "a", 1);
  await assert.rejects(step.commit(), { code: "storage_full" });
  await step.commit(true);
  assert.equal(await disk.get("mine", "a"), 1);
});

test("a step sees its own rows and nobody else does before they are on disk", async () => {
  const ledger = new Ledger(memoryDisk());
  await ledger.load();
  const step = ledger.step();
  step.put("gone", "a", { at: 0, panel: "p" });
  assert.deepEqual(step.get("gone", "a"), { at: 0, panel: "p" });
  assert.equal(ledger.rows("gone").length, 0);
  await step.commit();
  assert.equal(ledger.rows("gone").length, 1);
  const next = ledger.step();
  next.put("gone", "a");
  assert.equal(next.rows("gone").length, 0);
});

test("an archive comes out of its row as it went in, byte for byte", async () => {
  const raw = utf8('{"put":"event","change":{"on":"2026-11-20","body":{"名":"\\u4f60 1.0"}}}');
  const person = {
    regs: { A: { rev: 2, ep: 1, on: "", raw: utf8('{"cells":{}}') } },
    plans: {},
    events: { "ab/A": { rev: 3, ep: 1, on: "2026-11-20", raw } },
  };
  const there = await openPerson(PLAIN, "id", await sealPerson(PLAIN, "id", person));
  assert.deepEqual([...there.events["ab/A"].raw], [...raw]);
  assert.equal(there.events["ab/A"].on, "2026-11-20");
  assert.deepEqual(parsed(there.regs.A), { cells: {} });
});

test("sums come to the same in any order, and what is taken away leaves no trace", async () => {
  const one = await leaf("01".repeat(16), "A", 4294967297);
  const other = await leaf("02".repeat(16), "B", 4294967298);
  assert.equal(plus(plus(ZERO, one), other), plus(plus(ZERO, other), one));
  assert.equal(minus(plus(ZERO, one), one), ZERO);
  assert.equal(rootOf([]), ZERO);
});

const ID = { a: "aa".repeat(16), b: "bb".repeat(16), c: "cc".repeat(16), d: "dd".repeat(16) };
/** @param {string} id @param {object} change @param {object} [put] */
const event = (id, change, put) => ({
  rev: 1,
  ep: 1,
  on: "",
  raw: utf8(
    JSON.stringify({
      put: "event",
      cls: "A",
      staff: base64(unhex(ID.d)),
      at: 1,
      ...put,
      change: { id: base64(unhex(id)), kind: "htn_followup", v: 1, on: "2026-11-20", ...change },
    }),
  ),
});

test("what amends is shown with what it amends inside it, what takes back with its reason", () => {
  const named = (/** @type {string} */ id) => base64(unhex(id));
  const events = {
    [`${ID.a}/A`]: event(ID.a, { body: { sbp: 1 } }),
    [`${ID.b}/A`]: event(ID.b, { body: { sbp: 2 }, amends: named(ID.a) }),
    [`${ID.c}/A`]: event(ID.c, { voids: named(ID.b), reason: "写错人了" }),
    [`${ID.d}/A`]: event(ID.d, { kind: "statement", body: { record: ID.b, text: "没量过" } }),
  };
  const none = { here: false, state: /** @type {const} */ (""), reason: "" };
  const shown = recordsShown({
    person: { regs: {}, plans: {}, events },
    own: [],
    words: WORDS,
    names: () => "苏清明",
    fate: () => ({ state: "", reason: "" }),
    picture: () => none,
  });
  assert.equal(shown.length, 1);
  assert.equal(shown[0].body.sbp, 2);
  assert.deepEqual(
    shown[0].amended.map((each) => each.body.sbp),
    [1],
  );
  assert.equal(shown[0].voided?.reason, "写错人了");
  assert.deepEqual(
    shown[0].statements.map((each) => each.body.text),
    ["没量过"],
  );
});

test("a batch carries its changes byte for byte, with marks only where they say something", async () => {
  const ledger = new Ledger(memoryDisk());
  await ledger.load();
  const step = ledger.step();
  step.put("session", "01", { wall: 5, mono: 1, offset: null, sigma: 0 });
  const known = { panel: ID.a, epoch: 1, csn: 7, at: 9 };
  const plain = (/** @type {string} */ raw, /** @type {number} */ csn) => ({
    resident: ID.b,
    kind: "k",
    on: "2026-11-20",
    name: "",
    raw,
    known: { ...known, csn },
  });
  const row = /** @type {any} */ ({ session: "01" });
  const text = new TextDecoder();
  const one = text.decode(batchBytes(step, { v: 1 }, [["x", row]], [plain('{"a" :1}', 7)]));
  assert.ok(one.includes('"changes":[{"a" :1}]'));
  assert.equal(JSON.parse(one).marks, undefined);
  const two = JSON.parse(
    text.decode(
      batchBytes(
        step,
        { v: 1 },
        [
          ["x", row],
          ["y", row],
        ],
        [plain("1", 7), plain("2", 8)],
      ),
    ),
  );
  assert.deepEqual(two.marks, [
    [0, 0],
    [0, 1],
  ]);
  assert.equal(two.sessions.length, 1);
});
