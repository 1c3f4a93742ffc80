// The checkup day in the hall: signing in, the stations, critical values, leaving, the overview.

import { count, hour } from "./time.js";

/** @typedef {{ title: string, say: string, next: string }} Outcome */

/** What is true of a code or a number, and what to do next. @type {Record<string, Outcome>} */
export const OUTCOMES = Object.freeze({
  expired: {
    title: "这张卡过期了",
    say: "码是真的，有效期过了。",
    next: "看证件，按证件号签到；请他体检后换一张新卡。",
  },
  wrong_day: {
    title: "不是今天的码",
    say: "码是真的，是另一个体检日的。",
    next: "和他核对日子。今天也能做：按证件号签到。",
  },
  forged: {
    title: "这个码是假的",
    say: "签名对不上，不是我们发的码。",
    next: "收下这张码，看证件，按证件号签到，并告诉负责医生。",
  },
  revoked: {
    title: "这张卡挂失了",
    say: "卡补办过，旧的不能再用。",
    next: "看证件是不是本人，按证件号签到；把旧卡收下。",
  },
  unknown_key: {
    title: "认不出是哪里发的码",
    say: "可能是新发的，这台平板还没有那把钥匙。",
    next: "有网络就同步一次再扫；没有网络，看证件按证件号签到。",
  },
  not_on_list: {
    title: "名单里没有",
    say: "今天的名单和这台平板上都没有这个人。",
    next: "换一种找法：姓名、证件号。还是没有，就现场登记。",
  },
  unreadable: {
    title: "没有读出来",
    say: "不是体检卡、证件号、档案号，也不是序号。",
    next: "擦一擦再扫一次，或者输码下面的数字、证件号、姓名。",
  },
  already_in: {
    title: "已经签过到",
    say: "再签一次也只算一次。",
    next: "单子丢了就重打一张；要走，看看还差什么。",
  },
});

export const words = Object.freeze({
  tab: "体检日",
  /** @param {string} place */
  at: (place) => `体检日 · ${place}`,
  modes: "这台平板做什么",
  mode: Object.freeze({ desk: "签到", station: "项目", leave: "离开", overview: "总览" }),
  opening: "正在打开体检日",
  days: "哪一个体检日",
  /** @param {string} day @param {string} place */
  day: (day, place) => `${day} ${place}`,
  none: "这台平板上没有体检日。",
  none_next: "管理员把平板派给体检日，联网后名单会自己下来。结束的体检日，名单已经从这台清掉。",
  /** @param {string} day @param {string} opens */
  later: (day, opens) => `${day} ${opens} 开始，到那天才能签到。`,
  past: "这个体检日过了。没上传的联网后照样会送。",
  incomplete: "名单还在下来",
  incomplete_next: "先用着。这时候找不到的人，可能过一会儿就有了。",
  no_numbers: "这台平板还没有号段",
  no_numbers_next: "签到照常。联网一次以后，序号和标本条码才打得出来。",
  sound_on: "声音开着",
  sound_off: "声音关了",
  join: "、",
  dot: " · ",
  comma: "，",
  /** @param {string} birth */
  born: (birth) => (birth ? `${birth.slice(0, 4)} 年生` : "出生年份没有写"),
  /** @param {string} tail */
  tail: (tail) => `证件尾号 ${tail}`,
  /** @param {string} ticket */
  ticket: (ticket) => `序号 ${ticket}`,
  no_ticket: "还没有序号",
  /** @param {string} slot */
  slot: (slot) => `约了 ${slot}`,

  lens: Object.freeze({
    waiting: "正在打开相机",
    on: "把码对着相机，一掌远",
    failed: "相机没有打开。用扫码枪，或者输数字。",
  }),
  lens_on: "打开相机",
  lens_off: "关上相机",
  scan: "扫码，或输证件号、序号、姓名",
  scan_hint: "身份证放到读卡器上也行",
  look_up: "找这个人",
  keys: "用屏幕键盘",

  // Signing in.
  /** @param {number} n */
  arrived: (n) => `已到 ${count(n)} 人`,
  desk: "扫下一位",
  confirm: "请他说姓名和出生年份",
  confirm_enter: "对得上，按回车也行",
  check_in: "签到",
  checking_in: "正在签到",
  not_them: "不是这个人",
  own: "不在名单上，是本团队管理的居民，当场加进来",
  route: "要做的项目",
  welcome: "签好了",
  your_ticket: "序号",
  /** @param {string} station */
  first: (station) => `先去：${station}`,
  all_first: "没有排项目，请问负责医生",
  doubled: "之前在别的平板签过，只算一次。序号以先签的为准。",
  ticket_later: "序号稍后补：这台平板联网一次以后就有",
  printing: "正在打印",
  printed: "导检单送去打印了",
  /** @param {number} n */
  printed_labels: (n) => `导检单和 ${n} 张标本条码送去打印了`,
  not_printed: "没有打印。要单子，按右边的打印",
  print: "打印导检单和条码",
  print_sheet: "打印导检单",
  reprint: "重打一张，旧的作废",
  reprinted: "打了新的。手上的旧导检单和旧条码作废，请收回来。",
  go_on: "接着扫下一位",
  recent: "刚签到的",
  recent_none: "还没有人签到。",
  /** @param {number} at */
  at_hour: (at) => hour(at),
  first_in: (/** @type {number} */ at) => `${hour(at)} 签的到`,
  papers: "签到后打印",
  sheet: "导检单",
  labels: "标本条码",
  paper: "导检单的纸",
  sizes: Object.freeze({ a5: "A5", a4: "A4", roll: "80 毫米卷纸" }),
  /** @param {number} n */
  found: (n) => `找到 ${n} 位，请选一位`,
  found_none: "没有叫这个名字的",
  found_none_next: "看看姓名有没有写错，或者用证件号找。都没有，就现场登记。",
  by_name: "按姓名找",
  guest: "现场登记",
  sync_now: "同步一次再扫",
  leave_look: "看还差什么",

  // A stranger.
  guest_title: "现场登记",
  guest_lead: "名单上没有的人。看着证件写，念同意书，请本人签字。上传后由服务器核对有没有档案。",
  guest_said: Object.freeze([
    "我们要记下您的姓名、证件号、出生日期和电话，用来做今天的体检，把结果给您，并归到您的健康档案。",
    "只有为您体检的人和管您档案的单位看得到。您可以不同意，也可以以后要求更正。",
  ]),
  consent: "念给他听",
  agree: "听明白了，同意登记并做体检",
  not_agreed: "请问他同意不同意",
  sign: "请本人签字",
  sign_missing: "请本人签字，或拍下签了字的纸",
  /** @param {number} n */
  short: (n) => `还差 ${n} 处`,
  guest_save: "登记并签到",
  saving: "正在存",
  guest_back: "不登记了",
  missing: "还没有填",
  number_wrong: "证件号最后一位对不上，请对着证件再看一遍",
  phone_wrong: "手机号是 11 位数字",
  birth_wrong: "出生日期要在今天之前",
  from_number: "从证件号读出",
  optional: "可不填",
  from_card: "读卡器读出来的",
  fields: Object.freeze({
    id_type: "证件",
    number: "证件号码",
    name: "姓名",
    sex: "性别",
    birth_date: "出生日期",
    phone: "手机号",
  }),
  sexes: Object.freeze({ 1: "男", 2: "女" }),

  // Stations.
  choose_station: "这台平板放在哪一项",
  choose_station_next: "选一次就记住。哪台平板都能记哪一项，随时可以换。",
  change_station: "换一项",
  /** @param {number} n */
  waiting: (n) => (n ? `${n} 人等着` : "没有人等"),
  waiting_list: "等着的人",
  nobody: "现在没有人等这一项。",
  nobody_next: "扫码或输序号，谁来都能记。",
  next_here: "轮到这一项",
  /** @param {string} station */
  before: (station) => `先做 ${station}`,
  more: (/** @type {number} */ n) => `再看 ${n} 位`,
  not_in: "还没在登记台签到",
  not_in_next: "照样可以做；顺手签到，就不用再去排队。",
  not_routed: "他今天不用做这一项",
  not_routed_next: "做了也照样记下。",
  done_at: (/** @type {number} */ at) => `${hour(at)} 做完了`,
  not_done_at: (/** @type {number} */ at) => `${hour(at)} 记了不做`,
  done_again: "再填一遍，以新的为准",
  take_back: "撤回，算没做",
  taken_back: "撤回了，算没做",
  form_lead: "填得出的先填，结果晚到的先记做完，以后补录。",
  done: "做完了，存在本机",
  bare: "一项都没填。结果以后再补，还是现在填？",
  bare_fill: "现在填",
  bare_done: "没有结果也算做完",
  done_critical: "就是这个数，存下叫医生",
  not_done: "今天不做",
  not_done_why: "为什么不做",
  reasons: Object.freeze(["本人不愿意做", "没有空腹", "身体不适合", "机器坏了", "改天再来做"]),
  other_reason: "别的原因",
  reason_missing: "请选一个原因，或者写下来",
  not_done_save: "记下不做",
  put_aside: "放下，回名单",
  labels_of: "他的标本条码",
  no_labels: "还没有标本条码",
  print_labels: "打印条码",
  urgent: "看到要马上处理的情况",
  saved: "存好了",
  /** @param {string} who @param {string} station */
  saved_of: (who, station) => `${who}的${station}存好了`,
  next_to: (/** @type {string} */ station) => `下一项：${station}`,
  form_more: (/** @type {string} */ label) => `另一张表：${label}`,
  value_wrong: (/** @type {number} */ n) => `有 ${n} 处要改`,
  restored: (/** @type {number} */ at) => `接着 ${hour(at)} 写的继续`,

  // Critical values.
  critical: "危急值",
  /** @param {string} doctor */
  call: (doctor) => `马上叫${doctor}医生到台前，人不要走开`,
  call_nobody: "马上叫负责医生到台前，人不要走开",
  again: "量错了，重新量",
  /** @param {number} n */
  alarms: (n) => `${n} 项危急值还没有处理`,
  /** @param {number} n */
  alarms_more: (n) => `另有 ${n} 项`,
  acted: "医生处理",
  acted_title: "危急值，要医生处理",
  did: "怎么处理的",
  dids: Object.freeze({
    1: "医生看过，可以接着做",
    2: "转诊到上级医院",
    3: "量错了，已重新量",
    4: "已经送医院",
  }),
  doctor: "哪位医生",
  did_text: "写一句情况",
  did_missing: "请选怎么处理的",
  acted_save: "处理好了，记下",
  acted_back: "先不处理，红条留着",
  acted_done: "处理好了，红条收起",
  lead: "负责医生",

  // Leaving.
  leave: "扫要走的人",
  all_done: "全部做完",
  all_done_next: "导检单收回来，可以回家了。结果在手机和村里都能看到。",
  still: "还差",
  go_to: (/** @type {string} */ station) => `请他去：${station}`,
  go_to_next: "带他去做，这里接着扫下一位",
  leave_now: "离开，记下",
  leave_anyway: "他还是要走",
  leave_why: "为什么先走",
  leave_reasons: Object.freeze(["不想等了", "身体不舒服", "家里有事", "改天再来做"]),
  leave_save: "记下，让他走",
  left: "记下了，慢走",
  left_at: (/** @type {number} */ at) => `${hour(at)} 离开`,
  leave_alarm: "先别让他走",
  not_in_yet: "今天还没有签到",
  stay: "先不走",
  wait_of: (/** @type {number} */ n) => (n ? `${n} 人等` : "不用等"),

  // Overview.
  overview: (/** @type {number} */ arrived, /** @type {number} */ of) =>
    `到了 ${count(arrived)} 人，名单上 ${count(of)} 人`,
  counts: Object.freeze({
    arrived: "到了",
    registered: "刚签到",
    under_way: "正在做",
    finished: "全部做完",
    left: "没做完走了",
    expected: "还没来",
  }),
  people: (/** @type {number} */ n) => `${count(n)} 人`,
  beside: (/** @type {number} */ walkIns, /** @type {number} */ guests) =>
    `其中当场加的 ${walkIns} 人，现场登记的 ${guests} 人`,
  doubles: (/** @type {number} */ n) => `重复签到 ${n} 次，已各并成一次`,
  stations: "各项",
  station: "项目",
  waits: "等着",
  dones: "做了",
  this_tablet: "这台平板看到的",
  online: (/** @type {number} */ at) => `别的平板写的，看到 ${hour(at)} 为止`,
  never: "还没有同步过，别的平板写的看不到",
  steps: (/** @type {number} */ n) =>
    n ? `这一天的 ${n} 步存在本机，联网后自动上传` : "这一天写的，服务器都签收了",
  offline_too: "没有网络也照样签到、记项目，人数合到一起以后会再变",
  list: "看名单",
  list_of: (/** @type {string} */ what, /** @type {number} */ n) => `${what} ${count(n)} 人`,
  closed: "收起名单",
  to_sync: "看同步情况",
});

/** What stands on paper. */
export const paper = Object.freeze({
  sheet: "导检单",
  ticket: "序号",
  no_ticket: "待补",
  checks: "做完一项，请那里的人打勾",
  order: "先做要空腹的，再吃东西",
  fasting: "空腹",
  back: "全部做完，交回登记台。还差的，走之前会告诉您。",
  printed: (/** @type {string} */ when) => `${when} 打印`,
  voids: "重打：以前的导检单和条码作废",
  scan: "每一项扫这个码，或报序号",
  born: (/** @type {string} */ birth) => (birth ? `${birth.slice(0, 4)} 年生` : ""),
  sex: /** @type {Record<string, string>} */ (Object.freeze({ 1: "男", 2: "女" })),
  tail: (/** @type {string} */ tail) => `证件尾号 ${tail}`,
  no_code: "码画不出来，请报序号",
  signed: "签到",
});
