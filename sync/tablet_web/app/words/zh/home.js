// The first page: whom to go to, who has been visited, what residents say, how the tablet stands.

import { count } from "./time.js";

export const words = Object.freeze({
  heads: Object.freeze({ today: "今天到期", week: "7 天内", all: "现在能做的" }),
  ranges: "看哪些",
  range: Object.freeze({ today: "过期和今天", week: "7 天内", all: "全部" }),
  /** @param {number} n @param {number} done */
  tally: (n, done) => (done ? `${count(n + done)} 位，已去 ${done} 位` : `${count(n)} 位`),
  /** @param {string} day */
  order: (day) => `${day}，按村和到期日排`,
  /** @param {number} n */
  left: (n) => `还有 ${count(n)} 位`,
  /** @param {number} n */
  over: (n) => `过期 ${count(n)} 位`,
  unknown_village: "没有写村和街道",
  /** @param {string} what @param {string} turn */
  turn: (what, turn) => `${what}，今年第 ${turn} 次`,
  /** @param {string} what @param {number} n */
  and_more: (what, n) => `${what}，等 ${n} 项`,
  says: "居民有话要说",
  conflict: "有两个说法要核对",
  /** @param {number} n */
  more_rows: (n) => `再看 ${count(n)} 位`,
  service: "服务",
  /** @param {string[]} parts */
  list: (parts) => parts.filter(Boolean).join("，"),

  done: "已去：",
  join: "、",
  /** @param {number} n */
  and_others: (n) => `等 ${n} 位`,
  /** @param {number} n */
  saved: (n) => `存好 ${n} 位`,

  /** @param {number} n */
  voice: (n) => `居民的话 ${n} 条`,
  voice_row: "提出异议，打开档案时会看到。",
  /** @param {number} n */
  voice_more: (n) => `还有 ${n} 位`,

  /** @param {number} n */
  begun: (n) => `没写完的 ${n} 张`,
  /** @param {string} when @param {boolean} amends */
  begun_at: (when, amends) => `${amends ? "更正，" : ""}${when} 放下的，点开接着写`,
  /** @param {number} n */
  begun_more: (n) => `还有 ${n} 张`,
  new_archive: "新建档案",

  tablet: "这台平板",
  waiting: "等上传",
  /** @param {number} n @param {string} oldest */
  waiting_some: (n, oldest) => `${count(n)} 条，最早 ${oldest}`,
  waiting_none: "没有",
  last: "上次同步",
  never: "还没有同步过",
  residents: "存着的居民",
  /** @param {number} n */
  people: (n) => `${count(n)} 位`,
  look: "要您核对",
  /** @param {number} n */
  conflicts: (n) => `${n} 处数据不同`,
  held: "先收着",
  /** @param {number} n */
  changes: (n) => `${n} 条`,
  to_sync: "看同步情况",
  find: "找人",
  /** @param {string} name */
  next: (name) => `打开下一位：${name}`,

  empty: "居民的档案还没有下来。",
  /** @param {number} residents @param {number} records */
  empty_running: (residents, records) =>
    `正在下来：${count(residents)} 位居民、${count(records)} 条记录。名单到了就能用。`,
  empty_next: "连上网络会自动下来，也可以现在就同步。",
  none_today: "今天没有到期的服务。",
  none_week: "7 天内没有到期的服务。",
  none_all: "现在没有能做的服务。",
  /** @param {string} day @param {number} n */
  later: (day, n) => `${day}起有 ${count(n)} 位。`,
  /** @param {string} range @param {number} n */
  wider: (range, n) => `看${range}：${count(n)} 位`,
  /** @param {number} n */
  all_done: (n) => `都去过了，${n} 位的记录存好了。`,
  loading: "正在打开名单",
});
