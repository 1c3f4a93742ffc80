// The sync page: where each change is on its way, and what people have to look at.

import { count, dayAndWeek, dayOf, daysBetween, size, span, when } from "./time.js";

/** @typedef {import("../../types.js").Status} Status */
/** @typedef {import("../../types.js").Mine} Mine */

export const words = Object.freeze({
  kept: "存在本机",
  all_in: "服务器都签收了",
  waiting: "等上传",
  look: "要留意的",
  done: "最近签收的",
  nothing_waiting: "没有等着上传的。",
  nothing_next: "写好一条，就会出现在这里。",
  hidden: "名字和内容要打开平板才看得到。",
  more: (/** @type {number} */ n) => `再看 ${count(n)} 条`,
  receipt: "最近一张回执",
  no_receipt: "还没有回执",
  no_receipt_next: "送出后，服务器每批给一张签名的回执。",
  checked: "服务器签名已核对",
  tally: Object.freeze({
    taken: "已写入档案",
    clash: "说法不一，等人核对",
    held: "先收着，等人看",
    asked: "待采纳",
    kept_out: "隔离，没有写入",
  }),
  now: "现在同步",
  running: "正在同步",
  offline: "有网络后自动上传",
  wifi: (/** @type {number} */ days) => `满 ${days} 天没有网络，请回卫生院连 Wi-Fi。`,
  tablet: "这台平板",
  storage: "本机存储",
  storage_of: (/** @type {number} */ used, /** @type {number} */ quota) =>
    quota > 0
      ? `已用 ${size(used)}，还能存 ${size(Math.max(0, quota - used))}`
      : `已用 ${size(used)}`,
  storage_full: "满了",
  persisted: "浏览器答应长期保存",
  not_persisted: "浏览器没有答应长期保存",
  keeps: "保存",
  lease: "使用期限",
  no_lease: "第一次同步后才有",
  clock: "时间",
  clock_good: "和服务器一致",
  clock_wrong: (/** @type {number} */ off) =>
    `${off > 0 ? "慢" : "快"}了 ${span(Math.abs(off))}，请打开自动设置时间`,
  photos: "照片",
  photos_waiting: (/** @type {number} */ n) => `${count(n)} 张等上传`,
  batches: "等签收",
  batches_of: (/** @type {number} */ n) => `${count(n)} 批`,
  version: "程序版本",
  no_version: "还没有装到本机",
  new_version: "有新版，锁上平板时自动换上",
  failures: "没送成",
  failures_of: (/** @type {number} */ n) => `连着 ${count(n)} 次，会自己再试`,
  rescue: "救援文件",
  rescue_open: "存救援文件",
  rescue_last: (/** @type {number} */ at, /** @type {number} */ now) => `上次存 ${when(at, now)}`,
  rescue_never: "还没有存过",
  no_network: "等网络",
  record: "一份记录",
  edit: "改档案",
  void: "作废一条",
  hall: "体检日",
});

/** Where a change stands: sign, tone, word. @type {Readonly<Record<string, { tone: "wait" | "due" | "alarm" | "done", sign: "clock" | "check" | "warn" | "x" | "swap" | "off", word: string }>>} */
export const STATES = Object.freeze({
  open: { tone: "wait", sign: "clock", word: "等上传" },
  sent: { tone: "wait", sign: "swap", word: "等签收" },
  applied: { tone: "done", sign: "check", word: "写入档案" },
  merged: { tone: "done", sign: "check", word: "并好了" },
  duplicate: { tone: "done", sign: "check", word: "重复送达" },
  applied_guest: { tone: "done", sign: "check", word: "照收" },
  superseded: { tone: "wait", sign: "check", word: "未采用" },
  proposal: { tone: "due", sign: "clock", word: "待采纳" },
  conflict: { tone: "due", sign: "warn", word: "等核对" },
  held: { tone: "due", sign: "clock", word: "先收着" },
  quarantined: { tone: "alarm", sign: "x", word: "隔离" },
});

/** What is so and what to do, by reason; else by state. @type {Readonly<Record<string, string>>} */
const WHY = Object.freeze({
  missing_base: "它改的那一条还没有到服务器。等那台平板同步，到了就自动写入。",
  out_of_range: "有一个值不可能。服务器上的人会看；请核对原始记录，写错了就作废重写。",
  future_day: "服务日期在今天之后。请看平板日期对不对，写错了就作废重写。",
  unknown_kind: "服务器还不认识这张表。服务器更新后自动写入，不用重写。",
  written_elsewhere: "区县规定这一项先在国家系统登记。请在那边录入，这条先留着。",
  malformed: "服务器读不懂这一条。只有这台平板看得到它：请抄下来，重新写一条。",
  too_large: "这一条太大。只有这台平板看得到它：请减少内容，重新写一条。",
  too_many_openings:
    "这台平板今天新建的档案太多。新建的和之后写的都收着，等机构的人看过放行，不用重写。",
  guest: "这个人还没对上档案。机构对上以后自动写入，不用重写。",
  no_such_day: "服务器没有这个体检日。机构的人看过再定，不用重写。",
  unread: "服务器打不开这一条。只有这台平板看得到它：请抄下来，重新写一条，并告诉管理员。",
  actor_not_signer: "署名和签名的人不符。请告诉管理员。",
  same_id_other_bytes: "编号和另一条重了。请重新写一条，并告诉管理员。",
  not_in_panel: "居民不在这台平板的名单里。服务器上的人看过再定；请写明为什么为这位居民服务。",
  device_not_trusted: "这台平板或您的签名钥匙被停用了。请找管理员，由他看过再定。",
  fork: "这台平板有两份在写。请停用另一份，并告诉管理员。",
  epoch_unconfirmed: "平板另起了一段，等管理员确认。确认后按送到时算。",
  late_former_team: "迁走前做的，照样记在您名下。",
  after_move: "居民已迁走，这次照收。算谁的，按区县规定。",
  knew_of_move: "居民已迁走，这次照收，不自动计工作量。",
  past_credit_days: "送到时超过了认定期，照收，不自动计工作量。",
  restricted_scope: "是限制内容，由责任医生采纳。",
  identity: "证件已核验过的身份信息，由登记员定。",
  authority: "这一项由服务器定，您的写法已交给登记员。",
  terminal: "会撤销死亡或迁出，由登记员核实。",
  moved_away: "居民已归别的团队，交给他们看。",
  too_many_heads: "这一项的说法太多，由责任医生先理清。",
  hold_expired: "等的那一条没有来，已交给责任医生。",
  released: "有人看过，放行了。",
  declined: "有人看过，没有写入。要改，请重新写一条。",
  accepted: "已采纳，由采纳的人写入。",
});

/** @type {Readonly<Record<string, string>>} */
const WHY_STATE = Object.freeze({
  proposal: "等责任医生或登记员采纳。",
  conflict: "和别处写的不同，先显示更稳妥的，等人核对。",
  held: "服务器先收着，等人看。",
  quarantined: "没有写入任何档案，等人看过再定。请告诉管理员。",
  superseded: "留在历史里，现在显示的是另一个值。",
});

/** @param {Mine} mine */
export function why({ state, reason }) {
  return WHY[reason] ?? WHY_STATE[state] ?? "";
}

/** The sentence of the page: before, marked, after. @param {Status} status @returns {[string, string, string]} */
export function title({ sync }) {
  const left = sync.waiting;
  return left > 0
    ? [`${count(left)} 条`, words.kept, "，一条没丢"]
    : ["本机写的，", words.all_in, ""];
}

/** @param {Status} status */
export function leaseWords({ lease, lease_over, now, today }) {
  if (!lease) return words.no_lease;
  const day = dayAndWeek(dayOf(lease), today);
  if (lease_over || lease <= now) return `${day}到了，联网后再用`;
  return `到 ${day}，还有 ${daysBetween(today, dayOf(lease))} 天`;
}

/** @param {number} at @param {number} now @param {number} n */
export const receiptTitle = (at, now, n) => `${when(at, now)}，共 ${count(n)} 条`;

/** The four steps of a change, each with what is so of it now. @param {Status} status */
export function way({ sync }) {
  const n = count(sync.waiting);
  return [
    ["存在本机", sync.waiting > 0 ? `${n} 条，已加密签名` : "没有等着的"],
    ["送出", sync.running ? "正在送" : sync.online ? "有网络，自动送" : "有网络就送"],
    ["服务器签收", "每批一张回执"],
    ["服务器备份好", "这时本机才清理"],
  ];
}
