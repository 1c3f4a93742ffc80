// A combined visit, and a resident who is not on this tablet yet.

export const words = Object.freeze({
  title: "高血压和糖尿病一起随访",
  once: "两张表都问的只问一次，存成两份记录",
  names: /** @type {Record<string, string>} */ (
    Object.freeze({ htn_followup: "高血压", dm_followup: "糖尿病" })
  ),
  /** @param {string} name @param {string} title */
  section: (name, title) => `${name}：${title}`,
  /** @param {string} label @param {string} name */
  label: (label, name) => `${label}（${name}）`,

  newTitle: "新建档案",
  newLead: "先看证件，再看有没有重名。存好以后在这台平板上就能用，上传后由服务器核对。",
  identity: "身份",
  contact: "联系和住址",
  consent: "看过的证件和签字",
  alike: "可能已经有档案",
  alikeNot: "有没有重名",
  /** @param {number} n */
  alikeCount: (n) => `这台平板上有 ${n} 位像是同一个人`,
  alikeOpen: "打开看看",
  notThem: "都不是，继续新建",
  alikeFirst: "先看看是不是同一个人",
  alikeNone: "这台平板上没有像的。上传后服务器再查一遍全区。",
  fromId: "从证件号码读出",
  idWrong: "证件号码最后一位对不上，请核对证件",
  save: "新建，存在本机",
  signMissing: "请本人签字",
  notYet: "这台平板的程序还不能离线新建档案。请更新程序，或到窗口办理。",
});
