// Who works with this tablet, and the lock.

import { clock, count, when } from "./time.js";

export const words = Object.freeze({
  title: (/** @type {number} */ n) => `${n} 位同事用这台平板`,
  people: "同事",
  you: "现在是您",
  states: Object.freeze({ active: "可以用", waiting: "等管理员确认", ended: "已停用" }),
  why: Object.freeze({
    active: "",
    waiting: "管理员确认后就能打开。",
    ended: "管理员停用了这位的签名钥匙。他写好没签收的还在，由服务器上的人看过再定。",
  }),
  add: "添加同事",
  apart:
    "每位同事用自己的登记码进来，有自己的口令和签名钥匙。换人打开，不动别人写好的记录：谁写的，署谁的名，照样送出。",
  change: "改我的口令",
  old: "现在的口令",
  old_missing: "请先写现在的口令",
  fresh: "新口令",
  change_do: "改成新口令",
  changed: "口令改好了，下次打开用新的",
});

export const lock = Object.freeze({
  title_one: "写口令，",
  title_many: "选人，写口令，",
  marked: "打开平板",
  who: "谁来打开",
  pass_of: (/** @type {string} */ name) => `${name}的口令`,
  open: "打开",
  opening: "正在用口令打开钥匙",
  pass_missing: "请写口令",
  nobody: "还没有人能打开，等管理员确认同事",
  tries: (/** @type {number} */ left) =>
    left === 1
      ? "只剩最后 1 次。再错，本机能看的档案会清掉；写好的记录照样会送出"
      : `还可以试 ${left} 次。10 次都错，本机能看的档案会清掉；写好的记录照样会送出`,
  wait: (/** @type {number} */ ms) => `还要等 ${clock(ms)}`,
  send: "送出去",
  safe: "锁着，也不会丢",
  safe_now: (/** @type {number} */ n) =>
    n > 0
      ? `${count(n)} 条写好的记录已加密、签名，封给服务器。锁着也会自动送出，换人打开也不会动它们。`
      : "没有等着送出的。这里写的，服务器都签收了。",
  oldest: (/** @type {number} */ at, /** @type {number} */ now) => `最早一条 ${when(at, now)}`,
  needs: (/** @type {string} */ names) =>
    `服务器换了钥匙，${names}写的要重新封一次。请本人打开一次平板，记录都还在。`,
  and: "、",
  someone: "原来的同事",
  sync: "现在送出",
  syncing: "正在送出",
  rescue: "存救援文件",
  forgot: "忘了口令",
  forgot_lines:
    "口令谁也找不回来。写好的先送出或存成救援文件，再找管理员重新登记这台平板。服务器上的档案不受影响。",
});
