// Assisted mode: what a resident without a phone does beside the tablet. What is read out says 您 and
// one idea a sentence; what stands for staff is short.

import { dayOf, hour, when } from "./time.js";

/** Why an act was not done; codes of PROTOCOL 5.2. @type {Record<string, string>} */
const NOT_DONE = Object.freeze({
  act: "正在办",
  same_document: "同一个证件已经有档案，等人核对",
  no_document: "没看证件",
  no_signature: "没有签字",
  old_text: "须知换了新的一版，要按新的再读一遍",
  value_out_of_range: "有一个值超出范围",
  no_question: "这次服务不问来过没来过",
  broken: "服务器没办成，等人看",
  archive_there: "这位居民的档案已经建过",
  other: "按规定不能这样办",
  number_differs: "证件号码和这份档案的不一样",
  child: "不满 14 岁，要监护人同意",
  of_age: "本人已经可以自己同意",
  helper: "家人不能替本人同意",
  age: "年纪小，要监护人来办",
  own_hand: "满 14 岁，要本人来办",
  over: "已经成年，监护到期",
  scope: "这位家人没有得到这么多授权",
  never: "这件事只能本人办",
  desk: "这件事要到窗口办",
  not_yours: "这件事不归这份档案或这位家人",
  not_found: "没有找到要办的那一件",
  closed: "档案的状态不能这样办",
  merged: "档案已经并入另一份",
  too_young: "年纪小，不绑自己的手机",
  same_phone: "绑的就是这个手机号",
  phone_full: "这个手机号已经绑了四份档案",
  no_phone: "没有绑过手机",
  open_already: "同一项已经提过更正，正在等答复",
  nothing_changed: "和现在的一样",
  several_lanes: "这几项要分开提",
  too_many: "提得太多，先等前面的有答复",
  crowded: "这一项的说法太多",
  many: "今天请家人的次数够了",
  waiting: "已经请过这位家人，等他同意",
  end: "日子不对",
  not_own: "要本人来请",
  not_an_adult: "不满 18 岁，不这样请家人",
  too_soon: "离上次换机构不到一年",
  special_case: "要报特殊情形，由县里定",
  same_facility: "现在就是这家机构",
  not_published: "这家机构不在可选的名单里",
  too_far: "日子太远",
  asked_since: "居民后来又提了别的，以后来的为准",
  undo_over: "过了可以撤回的日子",
  replaced: "后来又换过，撤不了这一次",
  too_late: "过了回答的日子",
  too_long: "话太长",
});
const SENT = "已上传，等服务器办";

/** @type {Record<string, { name: string, say: string, verb: string }>} */
const ACTS = Object.freeze({
  act_agree: {
    name: "看档案的同意",
    say: "把须知念给本人听，同意了就能在网上看自己的档案；也能收回",
    verb: "签好了，存在本机",
  },
  act_phone: {
    name: "绑定手机",
    say: "写下手机号，看过证件，上传后就能用它登录",
    verb: "绑这个手机，存在本机",
  },
  act_correct: {
    name: "更正档案",
    say: "哪一项不对，替他提；能直接改的上传就改，别的等卫生院答复",
    verb: "提出更正，存在本机",
  },
  act_state: {
    name: "对记录说句话",
    say: "量出来的数不改，把本人的话写在旁边",
    verb: "记下这句话，存在本机",
  },
  act_family: {
    name: "请家人帮着看",
    say: "本人在这里签字，家人在自己的手机上同意",
    verb: "请这位家人，存在本机",
  },
  act_switch: {
    name: "换机构",
    say: "从签字这一刻算起，给本人一张凭条，拿着它到哪家都能办",
    verb: "签好了，给凭条",
  },
  act_unswitch: {
    name: "撤回换机构",
    say: "刚提的换机构不换了",
    verb: "撤回，存在本机",
  },
  act_answer: {
    name: "来过没来过",
    say: "替他回答一次服务。自己团队记的只留底，不算进统计；没来过会直接报到县里",
    verb: "记下回答，存在本机",
  },
});

export const words = Object.freeze({
  acts: ACTS,
  opening: "正在打开档案",
  title: "代办",
  /** @param {string} name */
  sentence: (name) => `替${name}办，`,
  mark: "每一件都告诉本人",
  told: "每一件都记着谁替谁办的。上传以后，本人马上收到通知，能在网上、也能到任何一个窗口撤回。",
  present: "本人要在场。谁来办、看了什么证件，一起记下。",
  done_title: "在这台平板上办过的",
  done_none: "还没有替他办过什么。",
  done_none_next: "办了一件，这里就有一行，写着办成没有。",
  paper: "看凭条",
  back: "回档案",
  again: "再办一件",
  later: "不办了，退回去",
  /** What became of it. @param {string} state @param {string} reason */
  fate: (state, reason) => {
    if (state === "open" || state === "sent") return "存在本机，没上传";
    if (state === "applied") return "办成了";
    if (state === "held" && reason === "declined") return "没有办，有人看过";
    if (state === "held" && reason !== "act") return `没办成：${NOT_DONE[reason] ?? reason}`;
    if (state === "quarantined") return "先隔离着，等人看";
    return SENT;
  },
  /** @param {number} at @param {number} now */
  at: (at, now) => when(at, now),

  who_title: "谁在场",
  read_out: "念给本人听",
  fill_title: "填这几项",
  sign_title: "请本人签字",
  sign_say: "请您在这里签名，不会写字就按手印拍下来。",
  sign_missing: "还没有签字。不会签字就选「不会签字，口头同意」。",
  seen_missing: "这件事要看过证件才能办。",
  /** @param {number} n */
  short: (n) => `还差 ${n} 处`,
  missing: "还没有填",
  choose_one: "还没有选",
  saving: "正在存",
  guardian_desk: "监护人来办的，请到窗口。",

  agree: Object.freeze({
    yes: "我同意",
    no: "收回同意",
    no_place: "本县",
    unread: "须知还没有下到这台平板。联网以后再办。",
  }),
  phone_say: "您以后用这个手机看档案。换了手机、号不用了，到窗口或跟我说一声。",
  family_say: "您请家人帮着看。家人在自己的手机上点同意，才能看到；您随时能收回。",
  family_hint: "家人要在本县有档案、绑过手机。没有的，请家人和本人一起到窗口办。",
  switch_say: "您要换到别的机构，不用原来的机构同意。从您签字算起，七天里能撤回。",
  switch_none: "可以选的机构还没有下到这台平板。联网以后再办，或者到想去的机构窗口办。",
  team: "换到哪家、哪个团队",
  /** Many teams have the facility in their name already. @param {string} facility @param {string} name */
  team_of: (facility, name) => (name.startsWith(facility) ? name : `${facility} ${name}`),
  ground: "因为什么",
  unswitch_none: "这台平板上没有替他提过换机构。",
  which_switch: "撤回哪一次",
  correct_which: "哪一项不对",
  correct_ask: "卫生院最迟 15 天答复您。",
  correct_change: "上传以后就改，卫生院再核对。",
  correct_now: "现在写的是",
  nothing: "没有写",
  same: "和现在的一样，不用改。",
  state_which: "说的是哪一次",
  state_page: "整份档案",
  answer_which: "哪一次服务",
  answer_none: "最近没有要问的服务。",
  /** @param {string} day @param {string} who */
  answer_ask: (day, who) => `${day}，${who}来给您服务过吗？`,
  answers: Object.freeze({ came: "来过", not: "没来过", unsure: "记不清" }),
  /** @param {string} name */
  service: (name) => name || "随访服务",

  saved: "存在本机，一条没丢",
  saved_next: "联网后自动上传。办成没有，这里和「代办」页都写着。",
  /** @param {string} what @param {string} name */
  saved_what: (what, name) => `${name}：${what}`,

  docket: Object.freeze({
    title: "换机构凭条",
    mark: "从签字算起",
    /** @param {string} name @param {string} to */
    say: (name, to) => `${name}要换到${to}。`,
    number: "凭条号码",
    at: "签字时间",
    hold: "请收好，或者用手机拍下来。拿着它到任何一家机构的窗口都能照办，不用原来的机构同意。",
    undo: "不想换了：七天里跟任何一个窗口说，或者在网上撤回。",
    square: "凭条的方块码",
    no_square: "方块码现在画不出来，用号码也能查。",
    gone: "已经上传。用号码就能查到。",
    print: "打印凭条",
    show: "给本人看过了",
    /** With its year: it is a proof. @param {number} at */
    moment: (at) => {
      const [year, month, day] = dayOf(at).split("-").map(Number);
      return `${year}年${month}月${day}日 ${hour(at)}`;
    },
    /** @param {string} number */
    grouped: (number) => number.replace(/(\d{4})(?=\d)/g, "$1 "),
  }),
});
