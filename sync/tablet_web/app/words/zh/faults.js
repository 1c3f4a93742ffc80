// One sentence and the next step for everything the engine can answer a call with. Nothing typed
// and nothing saved is lost by any of them; where somebody could doubt it, the sentence says so.

import { span } from "./time.js";

/** @typedef {import("../../types.js").Fault} Fault */
/** @typedef {Record<string, string | number>} Facts */
/** @typedef {{ say: string, next: string }} Said */
/** @typedef {Record<string, Said | ((facts: Facts) => Said)>} Faults */

const ASK = "还是这样，请告诉管理员。";
const KEPT = "存好的都还在。";
const NEW_CODE = "请管理员重新开一个登记码。这台平板上的东西没有变。";

/** @param {Facts} facts @param {string} name */
const number = (facts, name) => Number(facts[name] ?? 0);

/** The app itself. @type {Faults} */
const OF_APP = {
  broken: {
    say: "程序出了错，这一步没有做成",
    next: `${KEPT}请再试一次；还是这样，关掉程序再打开，并告诉管理员。`,
  },
  no_such_call: {
    say: "程序的两半版本不同，这一步没有做成",
    next: `${KEPT}请关掉程序再打开一次。`,
  },
  app_incomplete: {
    say: "程序没有装全，这一页打不开",
    next: `${KEPT}请联网，关掉程序再打开一次。`,
  },
  locked: { say: "平板锁上了，这一步没有做成", next: "请打开平板再做。写了一半的存成了草稿。" },
  wiped: {
    say: "这台平板上能看的已经清掉，不能再打开",
    next: "写好的早就封给了服务器，照样会送出。请联网送完，再重新登记。",
  },
  enrolled_already: {
    say: "这台平板已经登记过了",
    next: "要换一次登记，请管理员先清空这台平板。写好的不会丢。",
  },
  not_wiped: { say: "这台平板还在用，不能从头开始", next: "要换一次登记，请管理员先清空它。" },
  not_enrolling: {
    say: "登记到一半，程序重开过",
    next: "请管理员重新开一个登记码。这台平板上的东西没有变。",
  },
  not_enrolled: { say: "这台平板还没有登记", next: "请找管理员要一个登记码。" },
  batches_wait: {
    say: "还有批次等着送，现在不能从头开始",
    next: "请联网送完，或者存一份救援文件交给管理员。",
  },
};

/** What is stored here. @type {Faults} */
const OF_STORAGE = {
  storage_full: {
    say: "本机存储满了，这一条还没有存上",
    next: "页面先别关。请联网同步，或删掉平板里别的照片和文件，再按一次。",
  },
  storage_broken: {
    say: "本机存储读不出来，这一步没有做成",
    next: "请关掉程序再打开一次，不要清除浏览器数据。还是这样，请告诉管理员。",
  },
  storage_blocked: {
    say: "本机存储正被另一个窗口占着",
    next: "请关掉这个程序的别的窗口，再打开一次。",
  },
  storage_closed: {
    say: "本机存储关着，这一步没有做成",
    next: `${KEPT}请关掉程序再打开一次。`,
  },
  storage_not_kept: {
    say: "浏览器没有答应长期保存，这一条还没有存上",
    next: "页面先别关。请到「设置」打开救援文件，再按一次。",
  },
  not_a_rescue_file: {
    say: "这不是救援文件，或者文件坏了",
    next: "请选名字以 gongwei 开头的那个文件。这台平板上的东西没有变。",
  },
};

/** Enrolment, passphrases and keys. @type {Faults} */
const OF_KEYS = {
  bad_code: {
    say: "登记码有一位不对",
    next: "请从头对一遍，特别看 0 和 8、5 和 S、2 和 Z。",
  },
  other_code: {
    say: "这个登记码不是给这一步、这台平板用的",
    next: "登记平板和添加同事各有各的登记码，添加同事的只给一台。请管理员看看开的是哪一种、哪一台。",
  },
  code_expired: { say: "登记码过期了", next: NEW_CODE },
  enrol_refused: { say: "服务器不收这个登记码：用过了、过期了，或者有一位不对", next: NEW_CODE },
  not_the_server: {
    say: "回话的不是您单位的服务器，已经停下",
    next: `${KEPT}请换一个网络再试。${ASK}`,
  },
  browser_too_old: {
    say: "这个浏览器做不了服务器要的加密",
    next: "请更新浏览器，或者请管理员另开一个 P-256 的登记码。",
  },
  wrong_passphrase: (facts) => ({
    say: "口令不对",
    next:
      facts.left === undefined
        ? "请看清大小写再试一次。写好的记录不受影响。"
        : `还可以试 ${number(facts, "left")} 次。写好的记录不受影响。`,
  }),
  wait: (facts) => ({
    say: `刚才试错了，要等 ${span(number(facts, "ms"))} 再试`,
    next: "写好的记录不受影响，照样会送出。",
  }),
  passphrase_short: (facts) => ({
    say: `口令太短，至少 ${number(facts, "least") || 8} 个字`,
    next: "用一句自己记得住的话最好。",
  }),
  no_such_staff: { say: "这台平板上没有这位同事", next: "请选别的名字，或用登记码添加。" },
};

/** The line and what the server answers (PROTOCOL 9). @type {Faults} */
const OF_LINE = {
  key_ended: {
    say: "您在这台平板上的签字停用了，新内容不再下发",
    next: `${KEPT}要接着用，请管理员重新添加您。`,
  },
  epoch_unconfirmed: {
    say: "这台平板另起了一段，等管理员确认",
    next: `${KEPT}请告诉管理员，在平板那一页确认。`,
  },
  return: { say: "这台平板要交回", next: "等没签收的变成 0 条，再交给管理员。" },
  lease_over: {
    say: "使用期限到了，联网后才能再看档案",
    next: "写好的都已加密存着，一条没丢。连上网络再打开一次，就能接着用。",
  },
  refused_for_days: (facts) => ({
    say: `服务器已经 ${number(facts, "days") || 1} 天不认这台平板`,
    next: "存在本机的都还在。请今天就找管理员；送不出去的，先存一份救援文件。",
  }),
  digest_differs: {
    say: "这台平板上的档案和服务器上的有出入，自动补了几次还没有补齐",
    next: "看到的可能不全，能联网时请以电脑上的为准，并告诉管理员。存在本机的照常会送。",
  },
  no_connection: { say: "没有连上服务器", next: "存在本机的都还在，联网后自动再送。" },
  timeout: { say: "网络太慢，这一次没有送完", next: "存在本机的都还在，会切小一点自动再送。" },
  busy: (facts) => ({
    say: "服务器正忙",
    next: facts.seconds
      ? `存在本机的都还在，${span(1000 * number(facts, "seconds"))}后自动再送。`
      : "存在本机的都还在，过一会儿自动再送。",
  }),
  not_placed: { say: "服务器上的程序还没有放好", next: `${KEPT}请告诉管理员。` },
  unreadable: {
    say: "服务器读不懂这个版本的程序",
    next: "存在本机的都还在，照样会送。请联网让程序更新，锁上再打开。",
  },
  unknown_key: { say: "服务器换了钥匙", next: "存在本机的会重新封好再送，不用重写。" },
  gap: { say: "前面有一批还没有到服务器", next: "会从缺的那一批起自动再送，不用重写。" },
  not_an_envelope: {
    say: "服务器认不出这台平板",
    next: "存在本机的都还在。请找管理员看这台平板还在不在名单上。",
  },
  malformed: { say: "网络中间有东西改了内容", next: `${KEPT}请换一个网络再试。${ASK}` },
  no_such_page: { say: "服务器地址不对", next: `${KEPT}请找管理员核对服务器地址。` },
  wrong_method: { say: "网络中间有东西改了请求", next: `${KEPT}请换一个网络再试。${ASK}` },
  wrong_content: { say: "网络中间有东西改了内容", next: `${KEPT}请换一个网络再试。${ASK}` },
  too_large: { say: "这一批太大，没有送过去", next: "会切小了自动再送，不用重写。" },
};

/** Changes and pictures. @type {Faults} */
const OF_CHANGES = {
  no_such_resident: {
    say: "这位居民的档案不在这台平板上了",
    next: "可能已转到别的团队。写好的照样会送。要看，请联网同步或到工作台查。",
  },
  no_such_day: {
    say: "这台平板上没有这一天的体检日了",
    next: "做过的都存好了，会自动送出。请回到首页看还有哪些体检日。",
  },
  no_such_person: {
    say: "这台平板上的名单里没有这个人",
    next: "请联网同步一次再找；还是没有，可以现场登记。",
  },
  no_numbers: {
    say: "这台平板还没有领到号，条码现在打不出来",
    next: "签到照常存好了。请联网同步一次，再打导检单。",
  },
  no_such_record: {
    say: "这条记录不在这台平板上了",
    next: "可能刚被改过或作废。请回到档案再看一次。",
  },
  nothing_changed: { say: "没有改动，不用存", next: "改了再存，或者返回。" },
  too_many_pictures: { say: "一条记录最多附 4 张照片", next: "请先去掉一张，再拍。" },
  change_too_large: (facts) => ({
    say: `这一条太大（${number(facts, "kib")} KB），没有存上`,
    next: "请把长的文字写短一点，或者分成两条。页面上写的还在。",
  }),
  no_such_picture: { say: "这张照片不在这台平板上了", next: "它已经送到服务器，要看请到工作台。" },
  no_such_attachment: {
    say: "服务器现在不收这张照片",
    next: "照片还在，等它那一条签收后自动再送。",
  },
  out_of_step: { say: "照片送到一半断了", next: "照片还在，会从断的地方接着送。" },
  too_much_waiting: {
    say: "服务器上等着的照片太多",
    next: "照片还在，先送完前面的，再自动接着送。",
  },
  picture_too_large: (facts) => ({
    say: `照片太大，一张最多 ${number(facts, "mib") || 8} MB`,
    next: "请把相机调低一档再拍一张。",
  }),
  picture_unreadable: { say: "这张照片读不出来", next: "请重新拍一张，或者选另一张。" },
  out_of_range: {
    say: "有一个值不可能，没有存上",
    next: "页面上写的还在。请看标红的一项，改好再存。",
  },
  pictures_not_yet: { say: "这台服务器还不收照片", next: "记录照常能存。服务器更新后就能附照片。" },
  pictures_waiting: {
    say: "等着上传的照片太多，先不能再拍",
    next: "请联网把前面的送完。记录照常能存。",
  },
};

/** Bytes that did not hold, by the first check that failed: for people they are all the same. */
const DAMAGED = [
  "bad_deflate",
  "bad_header",
  "bad_key",
  "bad_magic",
  "bad_padding",
  "bad_signature",
  "cannot_open",
  "empty",
  "no_key",
  "too_large_inflated",
  "truncated",
  "unknown_suite",
];

/** @type {Readonly<Faults>} */
export const FAULTS = Object.freeze({
  ...OF_APP,
  ...OF_STORAGE,
  ...OF_KEYS,
  ...OF_LINE,
  ...OF_CHANGES,
  ...Object.fromEntries(
    DAMAGED.map((code) => [
      code,
      { say: "收到的内容坏了，没有用它", next: `${KEPT}会自动再取一次。${ASK}` },
    ]),
  ),
});

/** @type {Said} */
const UNKNOWN = Object.freeze({
  say: "这一步没有做成",
  next: `${KEPT}请再试一次；${ASK}`,
});

/** @param {Fault} fault @returns {Said} */
export function faultWords(fault) {
  const found = Object.hasOwn(FAULTS, fault.code) ? FAULTS[fault.code] : undefined;
  if (typeof found === "function") return found(fault.facts ?? {});
  if (found) return found;
  return fault.say ? { say: fault.say, next: UNKNOWN.next } : UNKNOWN;
}
