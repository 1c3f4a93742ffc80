// What stands across a page until it is put right: what is so, what to do, and that nothing is lost.

import { count, dayAndWeek, dayOf, span } from "./time.js";

/** @typedef {import("../../types.js").Status} Status */
/** @typedef {{ tone: "wait" | "due" | "alarm", sign: "warn" | "clock" | "stop" | "cloud" | "save", title: string, next: string, to?: string, act?: string }} Standing */

/** @type {Record<string, { title: string, next: string }>} */
const OF_EXCHANGE = Object.freeze({
  unreadable: {
    title: "程序和服务器的版本对不上",
    next: "先连网让程序更新，更新好锁上再开就换新。存在本机的都还在，照样能写、能送。",
  },
  refused_for_days: {
    title: "服务器好几天不认这台平板",
    next: "存在本机的都还在。请今天就找管理员；送不出去的，先存一份救援文件。",
  },
  key_ended: {
    title: "您在这台平板上的签字停用了，新内容不再下发",
    next: "存在本机的都还在，照样上传，由管理员看过再入档。要接着用，请管理员重新添加您。",
  },
  epoch_unconfirmed: {
    title: "这台平板另起了一段，等管理员确认",
    next: "写好的照样上传，确认后入档，不会丢。请告诉管理员，在平板那一页确认。",
  },
  return: {
    title: "这台平板要交回",
    next: "写好的照样上传。等没签收的变成 0 条，再交给管理员。",
  },
  renew: {
    title: "服务器请这台平板重新登记",
    next: "请找管理员要一个新的登记码。没签收的会跟着到新登记里，不会丢。",
  },
  not_an_envelope: {
    title: "服务器认不出这台平板",
    next: "存在本机的都还在。请找管理员看这台平板还在不在名单上。",
  },
  no_such_page: {
    title: "服务器地址不对",
    next: "存在本机的都还在。请找管理员核对服务器地址。",
  },
});

/** @param {Status} status @returns {Standing | null} */
function ofStorage({ storage }) {
  if (storage.full) {
    return {
      tone: "alarm",
      sign: "stop",
      title: "本机存储满了，暂时写不进新的",
      next: "已存的都还在，一条没丢。先删掉平板里别的照片和文件，腾出地方就能接着看、写和上传。",
      to: "sync",
      act: "看同步情况",
    };
  }
  if (storage.persisted) return null;
  if (!storage.rescue_on) {
    return {
      tone: "alarm",
      sign: "save",
      title: "浏览器没有答应长期保存，要先打开救援文件才能写",
      next: "浏览器可能在存储紧张时清掉本机数据。打开后，没签收的会另存一份到下载文件夹。",
      to: "rescue",
      act: "打开救援文件",
    };
  }
  return {
    tone: "due",
    sign: "save",
    title: "浏览器没有答应长期保存，现在靠救援文件",
    next: "每天收工前存一次救援文件，并尽早联网。",
    to: "rescue",
    act: "存救援文件",
  };
}

/** @param {Status} status @returns {Standing | null} */
function ofTrust({ sync, lease, lease_over, now, today }) {
  if (lease_over && !sync.suspended) {
    return {
      tone: "alarm",
      sign: "clock",
      title: "使用期限到了，联网后才能再看档案",
      next: "写好的都已加密存着，一条没丢。连上网同步一次，就能接着用。",
    };
  }
  if (sync.suspended) {
    return {
      tone: "alarm",
      sign: "stop",
      title: "这台平板被暂停了，新内容不再下发",
      next: "存在本机的照样上传，不会丢。请打电话给管理员，由他恢复。",
    };
  }
  if (sync.behind) {
    return {
      tone: "due",
      sign: "warn",
      title: "这台平板的记录和服务器接不上，正在另起一段",
      next: "写好的都还在，会重新送。请告诉管理员，由他确认新的一段。",
    };
  }
  if (sync.audit_alarm) {
    return {
      tone: "alarm",
      sign: "warn",
      title: "服务器的查阅记录对不上",
      next: "存在本机的都还在。请今天就告诉管理员，要有人查。",
    };
  }
  if (lease && lease > now && lease - now < 5 * 24 * 3600 * 1000) {
    return {
      tone: "due",
      sign: "clock",
      title: `使用期限到 ${dayAndWeek(dayOf(lease), today)}，还有 ${span(lease - now)}`,
      next: "在这之前联网同步一次，期限就往后延。",
    };
  }
  return null;
}

/** The one that matters most, or none. @param {Status} status @returns {Standing | null} */
export function standing(status) {
  if (status.storage.full) return ofStorage(status);
  if (status.clock_off) {
    const way = status.clock_off > 0 ? "慢" : "快";
    return {
      tone: "due",
      sign: "clock",
      title: `平板的时间${way}了 ${span(Math.abs(status.clock_off))}`,
      next: "请到系统设置里打开「自动设置时间」。已写的记录由服务器按真实时间排，不会丢。",
    };
  }
  const trust = ofTrust(status);
  if (trust?.tone === "alarm") return trust;
  const known = OF_EXCHANGE[status.sync.fault?.code ?? ""];
  if (known) return { tone: "due", sign: "warn", ...known };
  if (status.stage !== "new" && status.stage !== "enrolling") {
    const stored = ofStorage(status);
    if (stored) return stored;
  }
  if (trust) return trust;
  if (status.sync.rescue_due) {
    return {
      tone: "due",
      sign: "save",
      title: `${count(status.sync.waiting)} 条等着签收，今天还没有存救援文件`,
      next: "存到下载文件夹，拷给卫生院也能收进去。",
      to: "rescue",
      act: "存救援文件",
    };
  }
  return null;
}
