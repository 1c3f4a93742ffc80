// One archive: whose it is, what is known, what is owed, what was done, what two people say.

import { count } from "./time.js";

export const words = Object.freeze({
  opening: "正在打开档案",
  bar: "打开的档案",
  swap_lead: "不是这位？",
  swap: "换人",
  team: "责任团队",
  /** @param {string} when */
  strip: (when) => `看到的是${when} 的内容。这次查看会记入「谁看过我的档案」`,
  strip_never: "这次查看会记入「谁看过我的档案」",
  /** @param {string} drug */
  allergic: (drug) => `${drug}过敏`,
  no_allergy: "没有药物过敏",
  allergy_unknown: "过敏史没有问过",
  other_drug: "其他",
  join: "、",
  new_here: "在这里新建，还没有上传",
  /** @param {string} status */
  ended: (status) => `档案状态：${status}`,
  gone: "这份档案已不在这台平板上。",
  gone_next: "居民换了责任机构，或不再由这台平板的团队管理。要看，请到窗口说明为什么。",
  back_home: "回到今天",

  tabs: "档案分页",
  overview: "概览",
  trends: "趋势",
  plan: "服务计划",
  register: "基本信息",
  restricted: "限制内容",
  /** @param {string} name @param {number} n */
  counted: (name, n) => (n ? `${name} ${count(n)}` : name),
  groups: Object.freeze({
    followup: "随访",
    checkup: "体检",
    child: "儿童",
    mother: "孕产",
    visit: "就诊转诊",
    contract: "签约",
    others: "其他",
  }),

  // Overview
  latest: "最近的记录",
  meds: "在用药",
  last_visit: "上次随访",
  next_visit: "下次服务",
  none_due: "没有等着做的服务",
  none_yet: "还没有服务记录。",
  none_yet_next: "做完第一次服务，这里就有记录。",
  /** @param {string} day */
  before: (day) => `${day}前`,
  begin: "开始服务",
  other_forms: "其他表单",
  other_forms_next: "选一张表单开始填。",
  unsuited: "和性别、年龄对不上的表单",
  close: "收起",
  assist: "代办",
  /** @param {string} what */
  check_face: (what) => `核对${what}`,
  /** @param {string} what */
  start: (what) => `开始：${what}`,
  combined: "合并随访",
  /** 高血压随访 of 高血压患者随访服务记录表. @param {string} label */
  short: (label) =>
    label
      .replace(/（.*?）/g, "")
      .replace(/(服务)?记录表$|表$|单$|服务协议$/, "")
      .replace("患者随访", "随访")
      .replace(/健康管理服务$/, "健康管理"),

  // What two people say
  /** @param {string} what @param {number} n */
  clash: (what, n) => `${what}有${["", "", "两", "三", "四"][n] ?? ` ${n} `}个说法，等核对`,
  relied: "先按这个用（更稳妥）",
  other: "另一个说法",
  nobody: "不是任何人写的，只在核对前这样用",
  ask_again: "用之前请当面再问一次。",
  registrar: "身份信息由登记员核对，这里不能定。",
  server_decides: "这一项由服务器决定，这里不能定。",
  decide: "当面核对后定下来",
  decide_which: "当面核对过，以哪个为准",
  /** @param {string} value */
  settle: (value) => `以「${value}」为准，存在本机`,
  choose_first: "先选一个当面核对过的说法。",
  not_now: "先不定",
  /** @param {string} what */
  settled: (what) => `${what}定下来了，存在本机。上传后由服务器核对。`,
  authors: Object.freeze({
    staff: "工作人员",
    resident: "居民本人",
    import: "导入",
    registrar: "登记员",
  }),
  by_resident: "居民本人",
  statement_short: "居民的话",
  imported: "从名单导入",
  /** @param {(string | undefined)[]} parts */
  list: (parts) => parts.filter(Boolean).join("，"),
  /** @param {string} what @param {string} why */
  because: (what, why) => (why ? `${what}：${why}` : what),
  /** @param {string} by @param {string} when */
  signed: (by, when) => (by ? `${by}，${when}` : when),
  offline: "离线写的，还没有上传",

  // What the resident says
  /** @param {string} what */
  claim: (what) => `居民提出异议：${what}`,
  /** @param {string} what */
  statement: (what) => `居民的话：${what}`,
  /** @param {string} text */
  quoted: (text) => `“${text}”`,
  now_kept: "档案里写的是",
  accept: "照居民说的改",
  keep: "核对后维持原来的",
  answer_next: "两种都会记下：谁核对的、什么时候、当时看到了什么。",
  photos: "看照片",

  // Records
  /** @param {number} n */
  records: (n) => `${count(n)} 条记录`,
  no_records: "这一类还没有记录。",
  more: "再看一些",
  back_to_list: "回到列表",
  amend: "更正这份记录",
  take_back: "作废这份记录",
  take_back_why: "为什么作废",
  take_back_hint: "写清楚原因，比如：填错了人、重复填写。记录会留着，标上作废。",
  take_back_missing: "先写原因。",
  take_back_do: "作废，存在本机",
  keep_it: "不作废",
  voided: "已作废",
  /** @param {string} reason @param {string} by @param {string} when */
  voided_by: (reason, by, when) => `${reason}（${by ? `${by}，` : ""}${when}）`,
  amended: "改过",
  /** @param {number} n */
  amended_times: (n) => `改过 ${n} 次，看之前的`,
  /** @param {string} when */
  version: (when) => `${when}的版本`,
  restricted_chip: "限制内容",
  draft: "草案表单",
  pictures: "照片",
  picture: "照片",
  picture_away: "照片在服务器上，不在这台平板",
  picture_refused: "服务器没有收这张照片",
  states: Object.freeze({
    open: "存在本机，等签收",
    sent: "存在本机，等签收",
    applied: "已签收",
    merged: "已签收",
    duplicate: "已签收",
    applied_guest: "已签收，非签约服务",
    proposal: "等责任医生采纳",
    conflict: "已签收，等核对",
    superseded: "已签收，未采用",
    held: "服务器先收着",
    quarantined: "服务器隔离，等人看",
    refused: "服务器没有收",
  }),

  // Register
  edit: "修改基本信息",
  not_filled: "没有填",
  none_filled: "这一部分没有填。",

  // Plan
  now: "现在该做的",
  later: "以后的",
  done: "做过了，等服务器确认",
  done_chip: "做过了",
  /** @param {string} opens @param {string} due */
  window: (opens, due) => `${opens}到${due}之间`,
  /** @param {string} due */
  by: (due) => `${due}前`,
  /** @param {string} closes */
  closes: (closes) => `最晚 ${closes}`,
  /** @param {string} day */
  from: (day) => `${day}起可以做`,
  /** @param {string} what @param {string} rule */
  basis: (what, rule) => `依据：${what}；${rule}`,
  national: "国家基本公共卫生服务规范",
  /** @param {string} rule @param {string} clause */
  clause: (rule, clause) =>
    clause === "default" ? `规则 ${rule}` : `规则 ${rule}，条款 ${clause}`,
  plan_empty: "没有等着做的服务。",
  plan_empty_next: "服务器有新的安排，同步后会出现在这里。",
});
