// The frame round every screen: the strip that says the state, the rail, what stands across a page.

import { count, when } from "./time.js";

/** @typedef {import("../../types.js").Status} Status */
/** @typedef {import("../../types.js").SyncState} SyncState */

export const words = Object.freeze({
  title: "公卫平板",
  skip: "跳到正文",
  rail: "主要页面",
  home: "今天",
  people: "居民",
  hall: "体检日",
  sync: "同步",
  settings: "设置",
  lock: "锁上",
  locking: "正在锁上",
  daylight: "日光",
  back: "返回",
  show_typed: "看输入的字",
  opening: "正在打开",
  online: "有网络",
  offline: "没有网络",
  running: "正在同步",
  nobodys: "登记好以后，没有网络也能用",
  second_title: "平板程序已经在另一个窗口打开",
  second_now: "同一台平板只能开一个窗口，免得两边各写各的。",
  second_next: "请回到那个窗口，或者把它关掉。关掉以后这里会自己接着打开。",
  engine_title: "程序没有启动起来",
  engine_now: "存在本机的记录都还在，一条没丢。",
  engine_next: "请关掉这个页面再打开一次。还是这样，请找管理员，不要清除浏览器数据。",
  again: "重新打开",
  not_yet_title: "这一页还没有装好",
  not_yet_next: "联网后重新打开程序，会自动补上。",
  screen_failed: "这一页没有打开。存在本机的记录都还在。",
});

/** @param {number} waiting */
export const railCount = (waiting) => `${count(waiting)} 条`;

/** @param {SyncState} sync */
function looking(sync) {
  return [
    sync.held && `先收着 ${count(sync.held)} 条`,
    sync.conflicts && `说法不一 ${count(sync.conflicts)} 处`,
    sync.proposals && `待采纳 ${count(sync.proposals)} 条`,
    sync.quarantined && `隔离 ${count(sync.quarantined)} 条`,
    sync.unread && `读不出 ${count(sync.unread)} 条`,
  ].filter(Boolean);
}

/** @param {NonNullable<SyncState["running"]>} running */
export function progressWords({ step, done, of }) {
  const part = of > 0 ? `${count(done)} / ${count(of)}` : done > 0 ? count(done) : "";
  const said = {
    unlock: "正在打开钥匙",
    send: `正在送出${part ? ` ${part} 批` : ""}`,
    take: `正在收${part ? ` ${part} 条` : ""}`,
    photo: `正在送照片${part ? ` ${part} 段` : ""}`,
    seal: `正在加密存好${part ? ` ${part}` : ""}`,
  };
  return said[step];
}

/** @param {Status} status */
function saying(status) {
  const { sync, now } = status;
  if (status.stage === "new" || status.stage === "enrolling") return words.nobodys;
  if (sync.running) return progressWords(sync.running);
  if (sync.snapshot) {
    const { residents, records } = sync.snapshot;
    const have = `已收到 ${count(residents)} 位居民、${count(records)} 条记录`;
    return sync.snapshot.lane > 0 ? `${have}，其余接着收，现在就能用` : `第一次下发，${have}`;
  }
  if (sync.waiting === 0) return "本机写的，服务器都签收了";
  const oldest = sync.oldest ? `，最早 ${when(sync.oldest, now)}` : "";
  const lead = `${count(sync.waiting)} 条记录存在本机${oldest}`;
  if (!sync.online) return `${lead}，联网后自动上传，不会丢`;
  if (sync.next_try && sync.next_try > now) {
    return `${lead}，${when(sync.next_try, now)} 再送，不会丢`;
  }
  return `${lead}，等着送出，不会丢`;
}

/** The strip: the network in one word, the state in a sentence, then what people have to look at. @param {Status} status */
export function strip(status) {
  const { sync, now } = status;
  const fresh = status.stage === "new" || status.stage === "enrolling";
  const last = sync.last ? `上次同步 ${when(sync.last, now)}` : fresh ? "" : "还没有同步过";
  return {
    bold: sync.running ? words.running : sync.online ? words.online : words.offline,
    say: saying(status),
    push: [...looking(sync), last].filter(Boolean).join(" · "),
  };
}
