// How values of records and cells are read, and what charts say.

export const words = Object.freeze({
  nothing: "没有填",
  unknownField: "新版表单的一项",
  unknownForm: "一份记录",
  /** @param {string} what */
  absent: (what) => (what === "无" ? "不再是「无」" : `没有${what}`),
  /** @param {string} what @param {string} details */
  withDetails: (what, details) => `${what}（${details}）`,
  /** @param {string} what */
  oneOf: (what) => `${what}里的一条`,
  comma: "，",
  semicolon: "；",
  dot: " · ",
  /** @param {string} label */
  constitution: (label) => label.replace(/辨识$/, ""),
  /** @param {string} value @param {string} unit */
  withUnit: (value, unit) => `${value} ${unit}`,
  /** @param {string} tail */
  idTail: (tail) => `证件尾号 ${tail}`,

  /** @param {number} year @param {number} month */
  month: (year, month) => `${year}年${month}月`,
  /** @param {number} year two digits @param {number} month */
  shortMonth: (year, month) => `${String(year % 100).padStart(2, "0")}年${month}月`,
  /** @param {number} month */
  onlyMonth: (month) => `${month}月`,

  male: "男",
  female: "女",
  unknownSex: "性别未知",
  /** @param {number} n */
  years: (n) => `${n}岁`,
  /** @param {number} n */
  months: (n) => `${n}个月`,
  /** @param {number} n */
  days: (n) => `${n}天`,

  /** @param {number} n */
  daysLeft: (n) => `还有 ${n} 天`,
  dueToday: "今天到期",
  /** @param {number} n */
  overdue: (n) => `过期 ${n} 天`,
  /** @param {string} day */
  from: (day) => `${day}起`,

  charts: Object.freeze({
    /** @param {number} n @param {string} what */
    byTable: (n, what) => `用表格看 ${n} 次${what}`,
    date: "日期",
    out: "超出",
    under: "偏低",
    outOfGoal: "超出目标",
    outOfHealthy: "超出正常",
    /** @param {string} what */
    empty: (what) => `还没有${what}的记录。`,
    emptyNext: "下次随访或体检量了以后，这里就能看到变化。",
    noGoal: "没有定目标",
    agreed: "目标是随访时定的。",
    /** @param {string} what @param {string} range @param {number} n */
    title: (what, range, n) => `${what}，${range} ${n} 次`,
    /** @param {{ what: string, least: string, most: string, unit: string, goal: string, out: string }} p */
    line: (p) =>
      `${p.what}最低 ${p.least}、最高 ${p.most} ${p.unit}，${[p.goal, p.out].filter(Boolean).join("，")}。`,
    /** @param {string} goal */
    goal: (goal) => `目标${goal}`,
    /** @param {string} goal */
    healthy: (goal) => `正常${goal}`,
    /** @param {number} n */
    outTimes: (n) => `有 ${n} 次超出`,
    inside: "都在目标内",
    /** @param {string} value */
    below: (value) => `低于 ${value}`,
    /** @param {string} value */
    least: (value) => `不低于 ${value}`,
    /** @param {string} least @param {string} below */
    between: (least, below) => `${least} 到 ${below}`,
    /** @param {string} what @param {string} goal */
    bandGoal: (what, goal) => `${what}目标：${goal}`,
    /** @param {string} what @param {string} goal */
    bandHealthy: (what, goal) => `正常${what}：${goal}`,
    /** @param {string} goal */
    bandGoalOnly: (goal) => `目标：${goal}`,
    /** @param {string} goal */
    bandHealthyOnly: (goal) => `正常：${goal}`,
    ranges: "看多久",
    years: Object.freeze({ 1: "近一年", 3: "近三年", 0: "全部" }),
    what: Object.freeze({ pressure: "血压", glucose: "空腹血糖", weight: "体重" }),
    lines: Object.freeze({ sbp: "收缩压", dbp: "舒张压", fpg: "空腹血糖", weight: "体重" }),
    units: Object.freeze({ sbp: "mmHg", dbp: "mmHg", fpg: "mmol/L", weight: "kg" }),
    chips: Object.freeze({
      sbp_high: "收缩压偏高",
      dbp_high: "舒张压偏高",
      both_high: "收缩压、舒张压都偏高",
      fpg_high: "血糖偏高",
      fpg_low: "血糖偏低",
      weight_high: "体重偏高",
      weight_low: "体重偏低",
      goal: "在目标内",
      healthy: "正常",
      agreed: "在目标内",
    }),
  }),
});
