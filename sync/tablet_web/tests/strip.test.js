// The state of the tablet in words: the strip, what stands across a page, days and hours.

import assert from "node:assert/strict";
import { test } from "node:test";
import { standing } from "../app/words/zh/banners.js";
import { strip } from "../app/words/zh/shell.js";
import { why, STATES } from "../app/words/zh/sync.js";
import { count, dayAndWeek, daysBetween, size, span, when } from "../app/words/zh/time.js";

const NOW = Date.parse("2026-11-23T02:47:00Z");
const HOUR = 3600_000;

/** @param {object} [sync] @param {object} [rest] @returns {any} */
function status(sync = {}, rest = {}) {
  return {
    stage: "open",
    now: NOW,
    today: "2026-11-23",
    staff: [],
    sync: {
      waiting: 0,
      oldest: null,
      last: NOW - 2 * HOUR - 35 * 60_000,
      running: null,
      next_try: null,
      online: false,
      held: 0,
      conflicts: 0,
      proposals: 0,
      quarantined: 0,
      unread: 0,
      snapshot: null,
      fault: null,
      ...sync,
    },
    storage: { persisted: true, full: false, rescue_on: true },
    lease: NOW + 25 * 24 * HOUR,
    lease_over: false,
    clock_off: 0,
    ...rest,
  };
}

test("without a network it says how many wait, since when, and that none is lost", () => {
  const said = strip(status({ waiting: 5, oldest: NOW - 2 * HOUR }));
  assert.equal(said.bold, "没有网络");
  assert.equal(said.say, "5 条记录存在本机，最早 今天 08:47，联网后自动上传，不会丢");
  assert.equal(said.push, "上次同步 今天 08:12");
});

test("what people have to look at stands beside the last exchange", () => {
  const said = strip(status({ online: true, held: 1, conflicts: 2 }));
  assert.equal(said.push, "先收着 1 条 · 说法不一 2 处 · 上次同步 今天 08:12");
  assert.equal(said.say, "本机写的，服务器都签收了");
});

test("while it runs it says how far, also of the first copy", () => {
  const running = { step: "send", done: 2, of: 5 };
  assert.equal(strip(status({ waiting: 5, running })).say, "正在送出 2 / 5 批");
  const snapshot = { lane: 1, residents: 1204, records: 31_200 };
  const said = strip(status({ snapshot })).say;
  assert.equal(said, "已收到 1,204 位居民、31,200 条记录，其余接着收，现在就能用");
});

test("a tablet that is nobody's claims nothing of receipts", () => {
  const said = strip(status({ last: null }, { stage: "new" }));
  assert.doesNotMatch(said.say, /签收/);
  assert.equal(said.push, "");
});

test("one thing stands across a page, the worst first, and says that nothing is lost", () => {
  const full = { persisted: true, full: true, rescue_on: true };
  assert.match(standing(status({}, { storage: full, clock_off: 9 * HOUR }))?.title ?? "", /存储满/);
  assert.match(standing(status({}, { clock_off: 47 * 60_000 }))?.title ?? "", /慢了 47 分钟/);
  assert.match(standing(status({}, { clock_off: -HOUR }))?.title ?? "", /快了/);
  assert.match(standing(status({}, { lease_over: true }))?.next ?? "", /一条没丢/);
  assert.match(standing(status({ suspended: true }))?.next ?? "", /不会丢/);
  assert.match(standing(status({ suspended: true }, { lease_over: true }))?.title ?? "", /暂停/);
  for (const code of ["key_ended", "epoch_unconfirmed", "return"]) {
    assert.match(standing(status({ fault: { code } }))?.next ?? "", /照样上传/);
  }
  assert.match(standing(status({ fault: { code: "unreadable" } }))?.next ?? "", /都还在/);
  assert.equal(standing(status()), null);
});

test("a browser that keeps nothing is named until the rescue file is on, and after", () => {
  const off = { persisted: false, full: false, rescue_on: false };
  assert.equal(standing(status({}, { storage: off }))?.tone, "alarm");
  assert.equal(standing(status({}, { storage: { ...off, rescue_on: true } }))?.tone, "due");
  assert.equal(standing(status({}, { stage: "new", storage: off })), null);
});

test("every state that waits for people says what is so", () => {
  for (const state of ["held", "conflict", "proposal", "quarantined", "superseded"]) {
    assert.ok(STATES[state].word);
    assert.ok(why(/** @type {any} */ ({ state, reason: "" })), state);
  }
  assert.match(why(/** @type {any} */ ({ state: "quarantined", reason: "unread" })), /重新写一条/);
});

test("days and hours are Shanghai's, short, with the year only when it is another", () => {
  assert.equal(when(NOW - 24 * HOUR, NOW), "昨天 10:47");
  assert.equal(when(Date.parse("2026-11-20T16:30:00Z"), NOW), "11-21 00:30");
  assert.equal(when(Date.parse("2025-12-31T15:59:00Z"), NOW), "2025-12-31 23:59");
  assert.equal(dayAndWeek("2026-11-23", "2026-11-23"), "11月23日 周一");
  assert.equal(dayAndWeek("2027-01-01", "2026-11-23"), "2027年1月1日 周五");
  assert.equal(daysBetween("2026-11-23", "2026-12-01"), 8);
  assert.equal(span(29_100), "30 秒");
  assert.equal(count(1204567), "1,204,567");
  assert.equal(size(186e6), "186 MB");
});
