// What a form says about an answer: the sentences of server/records/values.py, held to its vectors.

/** A gap before a word, none after a Chinese unit. @param {string} unit */
const gap = (unit) => (unit && unit.slice(-1) >= "一" ? "" : " ");

export const words = Object.freeze({
  /** @param {string} label */
  missing: (label) => `请填写${label}`,
  /** @param {string} label @param {string} expected */
  wrong: (label, expected) => `${label}应为${expected}`,
  integer: "整数",
  number: "数字",
  text: "文字",
  code: "选项代码",
  codes: "选项列表",
  day: "日期（年-月-日）",
  realDay: "日历上有的日期",
  list: "列表",
  yesNo: "有或没有",
  /** @param {string} label */
  unknown: (label) => `${label}没有这个选项`,
  /** @param {string} label @param {string} low @param {string} high @param {string} unit */
  beyond: (label, low, high, unit) =>
    `${label}应在 ${low} 到 ${high}${unit && ` ${unit}`}${gap(unit)}之间`,
  /** @param {string} label @param {string} found @param {string} unit */
  rare: (label, found, unit) => `${label} ${found}${unit && ` ${unit}`} 少见，请核对`,
  /** @param {string} label */
  control: (label) => `${label}含有无法保存的字符`,
  /** @param {string} label @param {number} least @param {number} most */
  length: (label, least, most) =>
    least === most ? `${label}应为 ${most} 位` : `${label}应为 ${least} 到 ${most} 个字`,
  /** @param {string} label */
  shape: (label) => `${label}的格式不对`,
  /** @param {string} label */
  time: (label) => `${label}请写成 09:30 这样`,
  /** @param {string} label */
  none: (label) => `请至少选择一项${label}`,
  /** @param {string} label */
  twice: (label) => `${label}有重复的选项`,
  /** @param {string} label @param {string} chosen */
  alone: (label, chosen) => `${label}选择了“${chosen}”，不能再选其他项`,
  /** @param {string} label */
  afterToday: (label) => `${label}不能晚于今天`,
  /** @param {string} label */
  years: (label) => `${label}应在 1850 年到 2199 年之间`,
  /** @param {string} label @param {number} most */
  most: (label, most) => `${label}最多填写 ${most} 项`,
  /** @param {string} label @param {number} number */
  item: (label, number) => `${label}第 ${number} 项无法读取`,
  /** @param {string} label */
  sameItem: (label) => `${label}有重复的项`,
  /** @param {string} label */
  noSet: (label) => `${label}不是多项`,
  /** @param {string} label */
  content: (label) => `${label}的内容无法读取`,
  beforeBirth: "服务日期不能早于出生日期",
  afterDeath: "服务日期在死亡日期之后，请核对",
});
