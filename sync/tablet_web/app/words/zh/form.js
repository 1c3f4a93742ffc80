// Words of the forms: what stands beside a field, in the column of the next step, at the two ways
// out of a form, and at photos and signatures.

import { dayAndWeek, dayOf, dayWords, daysBetween, when } from "./time.js";

const LEVELS = /** @type {Record<string, string>} */ (
  Object.freeze({
    at_goal: "达标",
    not_yet: "还没达标",
    twice: "连续两次没达标",
    abnormal: "有异常，要跟进",
    emergency: "危急，先处理",
  })
);
const REFER = /** @type {Record<string, string>} */ (
  Object.freeze({ no: "", advise: "建议转诊", now: "立即转诊" })
);
const UNITS = /** @type {Record<string, string>} */ (
  Object.freeze({ mmHg: "毫米汞柱", kg: "公斤", cm: "厘米", "mmol/L": "毫摩尔/升" })
);

export const words = Object.freeze({
  opening: "正在打开表单",
  serviceDay: "服务日期",
  today: "今天",
  /** @param {number} days */
  late: (days) => `补录，${days} 天前的服务`,
  /** @param {string} text */
  last: (text) => `上次 ${text}`,
  sameAsLast: "同上次",
  fromBasics: "档案里有",
  /** @param {string} form */
  sameDay: (form) => `同一天的${form}`,
  workedOut: "算出来的",
  optional: "可不填",
  /** @param {string} unit */
  unit: (unit) => UNITS[unit] ?? unit,
  missing: "还没有填",
  /** @param {string} label */
  choose: (label) => `选${label}`,
  chooseShort: "选一项",
  /** @param {number} n */
  others: (n) => `其他 ${n} 项`,
  /** @param {number} n */
  chosen: (n) => `选了 ${n} 项`,
  done: "选好了",
  cleared: "不选了",
  now: "现在",
  /** @param {number} n */
  row: (n) => `第 ${n} 行`,
  /** @param {string} label */
  addRow: (label) => `加一行${label}`,
  takeRow: "去掉这一行",
  /** @param {string} value */
  meant: (value) => `改成 ${value}`,
  slipped: "少了小数点，还是多打了一位？",
  /** @param {string} goal @param {boolean} again */
  aboveGoal: (goal, again) => `高于目标 ${goal}${again ? "，请再量一次" : ""}`,
  chooseDay: "选日子",
  /** @param {string} day */
  day: (day) => dayAndWeek(day, dayOf(Date.now())),
  nobody: "这里没有可选的",
  unlisted: "选了不在名单里的",
  /** @param {string} text */
  id: (text) => `编号尾号 ${text.slice(-4)}`,

  // Right column.
  next: "下一步",
  nextEmpty: "填了测量值和症状，这里给出下一步。",
  result: "本次",
  /** @param {string} level */
  level: (level) => LEVELS[level] ?? level,
  /** @param {string} how */
  refer: (how) => REFER[how] ?? "",
  dueBy: "下次服务，最迟",
  /** @param {string} basis @param {string} rule */
  basis: (basis, rule) => `依据：${basis}，规则 ${rule}`,
  takeDay: "写进下次随访日期",
  takeReferral: "写进转诊原因",
  computed: "算出来的",
  /** @param {number} n */
  short: (n) => `还差 ${n} 处`,
  /** @param {number} n */
  look: (n) => `再看一眼 ${n} 处`,
  /** @param {number} n */
  more: (n) => `另外 ${n} 处`,
  colon: "：",
  /** Where a long question is cut short. */
  cut: /[：（？]/,
  join: "、",
  save: "完成，存在本机",
  saving: "正在存",
  later: "先放着，回头再写",
  /** @param {string} at */
  kept: (at) => `写一项存一项，最近一次 ${at}`,
  keeping: "写一项存一项",
  withPosition: "带位置",
  withoutPosition: "没有位置",
  /** @param {string} one @param {string} other */
  both: (one, other) => `${one} · ${other}`,
  notKept: "这几笔还没存住，先别关这一页",
  /** @param {string} at */
  restored: (at) => `接着 ${at} 写的继续`,
  startOver: "不要这份草稿，从头写",
  complete: "都填好了",

  // Who it is about, whose work.
  amending: "更正这份记录",
  /** @param {string} day */
  amendingOf: (day) => `更正 ${day} 的记录，原来的留着`,
  guest: "不是本团队管理的居民",
  ground: "为什么由你来做",
  grounds: Object.freeze({ card: "看过本人证件", consent: "本人当面同意", emergency: "急救" }),
  groundNote: "写一句情况",
  groundMissing: "先选为什么由你来做",
  groundShort: "为什么由你来做",
  /** @param {string[]} drugs */
  allergic: (drugs) => `${drugs.join("、")}过敏`,
  noAllergy: "没有药物过敏",
  allergyUnknown: "过敏史没有问过",
  /** @param {string} label @param {number} n */
  timesThisYear: (label, n) => `${label}，今年第 ${n} 次`,
  notYet: "服务日期不能晚于今天",
  /** @param {number} at @param {number} now */
  at: (at, now) => when(at, now),
  restricted: "限制内容，只有管这项的人看得到",
  draft: "这张表还没有官方定稿",

  // Pictures.
  pictures: "照片和签字",
  photo: "拍照",
  sign: "签字",
  signHere: "请在框里签字",
  signDone: "签好了",
  signAgain: "重签",
  signStop: "不签了",
  signEmpty: "还没有签字",
  takeAway: "不要这张",
  heic: "这张照片是 HEIC 格式，这里打不开。到相机设置里把格式改成 JPEG（兼容性最好），再拍一张。",
  unreadable: "这张照片打不开，请再拍一张。",
  working: "正在缩小照片",
  /** @param {number} n */
  pictureNumber: (n) => `第 ${n} 张`,
  signature: "签字",

  // Saved.
  saved: "记好了，存在本机",
  savedNext: "有网络时自动上传，不会丢。",
  /** @param {number} n */
  savedMany: (n) => `${n} 份记录一起存在本机`,
  toArchive: "看档案",
  toHome: "回到今天",
  /** @param {string} day @param {string} today */
  nextDay: (day, today) =>
    `下次最迟 ${dayWords(day, today)}，还有 ${Math.max(0, daysBetween(today, day))} 天`,

  // The archive's own page.
  registerTitle: "改基本信息",
  registerNothing: "还没有改动",
  registerSave: "存在本机",
  /** @param {number} n */
  registerChanged: (n) => `改了 ${n} 项`,
  fixed: "由登记员核对证件后改，这里不能改",
  authority: "由服务器决定，这里不能改",
  conflict: "有两个说法，选一个就以它为准",
  before: "之前",
  nothing: "没有",
  wasBefore: "改过，还没存",
});
