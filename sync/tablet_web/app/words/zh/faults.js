// One sentence and the next step for everything the engine can answer a call with. Nothing typed
// and nothing saved is lost by any of them; where somebody could doubt it, the sentence says so.

import { span } from "./time.js";

/** @typedef {import("../../types.js").Fault} Fault */
/** @typedef {Record<string, string | number>} Facts */
/** @typedef {{ say: string, next: string }} Said */

/** @param {Facts} facts @param {string} name */
const number = (facts, name) => Number(facts[name] ?? 0);

/** @type {Record<string, Said | ((facts: Facts) => Said)>} */
export const FAULTS = Object.freeze({
  broken: {
    say: "程序出了错，这一步没有做成",
    next: "存好的都还在。请再试一次；还是这样，关掉程序再打开，并告诉管理员。",
  },
  no_such_call: {
    say: "程序的两半版本不同，这一步没有做成",
    next: "存好的都还在。请关掉程序再打开一次。",
  },
  storage_full: {
    say: "本机存储满了，这一条还没有存上",
    next: "页面先别关。请联网同步，或删掉平板里别的照片和文件，再按一次。",
  },
  wrong_passphrase: (facts) => ({
    say: "口令不对",
    next:
      facts.left === undefined
        ? "请看清大小写再试一次。写好的记录不受影响。"
        : `还可以试 ${number(facts, "left")} 次。写好的记录不受影响。`,
  }),
  wait: (facts) => ({
    say: `试错多次，要等 ${span(number(facts, "ms"))} 再试`,
    next: "写好的记录不受影响，照样会送出。",
  }),
});

/** @type {Said} */
const UNKNOWN = Object.freeze({
  say: "这一步没有做成",
  next: "存好的都还在。请再试一次；还是这样，请告诉管理员。",
});

/** @param {Fault} fault @returns {Said} */
export function faultWords(fault) {
  const found = FAULTS[fault.code];
  if (typeof found === "function") return found(fault.facts ?? {});
  if (found) return found;
  return fault.say ? { say: fault.say, next: UNKNOWN.next } : UNKNOWN;
}
