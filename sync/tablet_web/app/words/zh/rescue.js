// The rescue file, and the tablet whose readable copies are gone.

import { count, when } from "./time.js";

export const words = Object.freeze({
  title: "救援文件：",
  marked: "没签收的另存一份",
  what: "写好的每一批都已加密、签名，封给服务器。救援文件就是这些批次：只有服务器打得开，谁捡到也看不到内容。",
  when_title: "什么时候用",
  when_lines: Object.freeze([
    "很久没有网络，怕平板坏了、丢了。",
    "浏览器没有答应长期保存。",
    "要清浏览器数据、换浏览器、恢复出厂之前。",
  ]),
  how_title: "存好以后",
  how_lines: Object.freeze([
    "文件在平板的「下载」里。可以拷到 U 盘，交给管理员。",
    "管理员在工作台「平板」里导入，和联网上传一样。收两次也只算一次。",
    "联网上传照常，不用等。",
  ]),
  make: "存救援文件到「下载」",
  making: "正在做救援文件",
  nothing: "没有等着签收的，不用存",
  saved: (/** @type {number} */ batches, /** @type {number} */ changes) =>
    `已交给浏览器存：${count(batches)} 批，${count(changes)} 条`,
  saved_next: "请到「下载」里看一眼，文件在不在。没有，按这里再存：",
  last: (/** @type {number} */ at, /** @type {number} */ now) => `上次存 ${when(at, now)}`,
  never: "这台还没有存过",
  ready: (/** @type {number} */ n) => `有 ${count(n)} 批等着签收`,
  now: "现在",
  before: "以前",
  in_title: "从文件读回来",
  in_hint: "浏览器数据被清掉后，把以前存的救援文件读回这台平板，联网就会送出。",
  in_choose: "选救援文件",
  in_reading: "正在读",
  in_done: (/** @type {number} */ n) => `读回来 ${count(n)} 批，联网后自动送出`,
  switch_title: "救援文件",
  on: "开着",
  off: "关着",
  turn_on: "打开救援文件",
  turn_off: "关掉救援文件",
  on_hint: "很久没有送出去时，提醒存一份。",
  must_hint: "浏览器没有答应长期保存，救援文件要一直开着。",
});

export const wiped = Object.freeze({
  titles: Object.freeze({
    tries: ["口令连错 10 次，", "能看的都清掉了"],
    server: ["管理员清空了这台平板，", "能看的都清掉了"],
    site_data: ["浏览器数据被清过，", "能看的没有了"],
    "": ["这台平板上，", "能看的都清掉了"],
  }),
  kept: "写好的一条没丢",
  kept_now: (/** @type {number} */ n) =>
    n > 0
      ? `还有 ${count(n)} 批等着送。它们早就封给了服务器，这台平板自己也打不开，联网就会送出。`
      : "等着送的都已由服务器签收。",
  next: "接下来",
  next_waiting: Object.freeze([
    "连上网络，等着的批次会自己送完。",
    "送不出去，就存一份救援文件交给管理员。",
    "找管理员要一个新的登记码，重新登记。等着的留着，登记好照样送。",
    "登记好，档案会重新下发。",
  ]),
  next_done: Object.freeze([
    "找管理员要一个新的登记码，重新登记这台平板。",
    "登记好，档案会重新下发。",
    "不再用这台，就把它清成新的。",
  ]),
  enrol: "重新登记",
  start_over: "清成新的一台",
  starting: "正在清理",
});
