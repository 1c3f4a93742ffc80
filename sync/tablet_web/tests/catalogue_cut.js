// A cut of the exported catalogue: two forms and the register, as the server tells them.

import { read } from "../app/ui/catalogue.js";

/** @param {string} name @param {string} label @param {any} type @param {any} [more] */
const field = (name, label, type, more = {}) => ({
  name,
  label,
  type,
  required: false,
  class: "A",
  policy: "event",
  reveals: false,
  ...more,
});
const whole = (/** @type {string} */ unit) => ({ is: "integer", places: 0, unit });
const tenths = (/** @type {string} */ unit) => ({ is: "scaled", places: 1, unit });
const code = (/** @type {Record<string, string>} */ codes) => ({ is: "code", codes });
const DRUGS = { 1: "无", 2: "青霉素", 5: "其他" };
const DISEASES = { 1: "无", 2: "高血压", 3: "糖尿病" };

const kind = (/** @type {any} */ more) => ({
  version: 1,
  neutral_label: "随访服务",
  valid_from: "2017-01-01",
  valid_until: null,
  shape: "event",
  subject: "resident",
  class: "A",
  draft: false,
  after_death: false,
  waiver: { field: "lost_reason", keeps: [] },
  checks: [],
  computed: [],
  ...more,
});

const FOLLOWUP = kind({
  id: "htn_followup",
  label: "高血压患者随访服务记录表",
  fields: [
    field("mode", "随访方式", code({ 1: "门诊", 2: "家庭" })),
    field("sbp", "收缩压", whole("mmHg")),
    field("dbp", "舒张压", whole("mmHg")),
    field("weight", "体重", tenths("kg")),
    field("weight_target", "目标体重", tenths("kg")),
    field("class", "此次随访分类", code({ 1: "控制满意", 2: "控制不满意" })),
    field("meds", "用药情况", {
      is: "list",
      key: null,
      fields: [
        field("name", "药名", { is: "text" }),
        field("times_per_day", "每日次数", whole("次")),
      ],
    }),
    field("next_date", "下次随访日期", { is: "day" }),
    field("doctor", "随访医生", { is: "ref", to: "staff" }),
    field("lost_reason", "失访原因", code({ 1: "失访", 4: "拒绝" })),
  ],
  computed: [
    {
      name: "sbp_goal",
      label: "收缩压目标",
      type: whole("mmHg"),
      expression: ["if", ["<", ["known", "age"], 65], 140, 150],
      fills: "",
      asks: null,
      at: "",
      warn: true,
      sentence: "",
      source: "P11",
    },
  ],
});
const CHECK = kind({
  id: "health_check",
  label: "健康体检表",
  neutral_label: "健康体检",
  waiver: null,
  fields: [
    field("bp_l_sys", "左侧收缩压", whole("mmHg")),
    field("bp_l_dia", "左侧舒张压", whole("mmHg")),
    field("bp_r_sys", "右侧收缩压", whole("mmHg")),
    field("bp_r_dia", "右侧舒张压", whole("mmHg")),
    field("height", "身高", tenths("cm")),
    field("fpg", "空腹血糖", { is: "scaled", places: 2, unit: "mmol/L" }),
  ],
});
const REGISTER = kind({
  id: "basic_info",
  label: "个人基本信息表",
  neutral_label: "基本信息",
  shape: "register",
  waiver: null,
  fields: [
    field("name", "姓名", { is: "text" }, { policy: "identity" }),
    field("id_no", "证件号码", { is: "text" }, { policy: "identity" }),
    field("phone", "本人电话", { is: "text" }, { policy: "resident" }),
    field(
      "drug_allergy",
      "药物过敏史",
      { is: "codes", codes: DRUGS, none: "1" },
      { policy: "set" },
    ),
    field("drug_allergy_other", "其他过敏药物", { is: "text" }, { policy: "clinical" }),
    field(
      "hx_disease",
      "既往史（疾病）",
      {
        is: "list",
        key: "code",
        fields: [
          field("code", "疾病", code(DISEASES)),
          field("since", "确诊时间", { is: "month" }),
        ],
      },
      { policy: "set" },
    ),
    field(
      "special_group_restricted",
      "特殊人群标记（限制）",
      { is: "codes", codes: { 5: "某病" }, none: "" },
      { policy: "set", class: "B" },
    ),
  ],
});
const RESTRICTED = kind({
  id: "tb_followup",
  label: "限制随访",
  class: "B",
  fields: [],
  waiver: null,
});
const OLD = kind({
  id: "referral",
  label: "双向转诊单",
  valid_until: "2025-12-31",
  fields: [],
  waiver: null,
});

const rule = (/** @type {any} */ more) => ({
  label: "",
  kinds: [],
  subject: "resident",
  class: "A",
  clause: "default",
  reasons: {},
  numbers: {},
  ...more,
});

export const cut = () =>
  read(
    /** @type {any} */ ({
      hash: "0",
      kinds: [REGISTER, FOLLOWUP, CHECK, RESTRICTED, OLD],
      plan: [
        rule({ id: "P03", numbers: { sbp: 140, dbp: 90 } }),
        rule({ id: "P05", label: "高血压随访", kinds: ["htn_followup"] }),
        rule({ id: "P12", numbers: { fpg_from: 610 } }),
        rule({ id: "P21", label: "老年人健康体检", kinds: ["health_check"] }),
        rule({ id: "P49", label: "随访服务", kinds: ["tb_followup"], class: "B" }),
      ],
      next_steps: {
        number: {
          "P16.fpg": { value: 70, places: 1, label: "", clause: "" },
          "P19.fpg_low": { value: 39, places: 1, label: "", clause: "" },
        },
        basis: {},
      },
      goals: {
        adult: 18,
        dbp: 90,
        bmi_least: 185,
        bmi_below: 240,
        children: ["child_check"],
        mothers: [],
      },
    }),
    {
      others: {},
      htn_followup: { mode: "随访和症状", sbp: "体征", meds: "用药", next_date: "下次随访" },
    },
  );

let made = 0;

/** @param {string} kindId @param {string} on @param {Record<string, unknown>} body @param {any} [more] @returns {import("../app/types.js").Rec} */
export function record(kindId, on, body, more = {}) {
  made += 1;
  return {
    change: made.toString(16).padStart(32, "0"),
    kind: kindId,
    v: 1,
    on,
    at: Date.parse(`${on}T02:00:00Z`),
    staff: "",
    by: "苏清明",
    cls: "A",
    state: "applied",
    reason: "",
    own: false,
    body,
    amended: [],
    voided: null,
    flags: [],
    attach: [],
    statements: [],
    ...more,
  };
}
