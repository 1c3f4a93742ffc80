// Finding one resident of the panels that are on this tablet.

import { count } from "./time.js";

export const words = Object.freeze({
  title: "找人",
  label: "姓名、拼音首字母、证件或电话后四位",
  hint: "比如：周谷雨、zgy、0012",
  clear: "清空",
  /** @param {number} n @param {boolean} more */
  found: (n, more) => (more ? `不止 ${count(n)} 位，先列前 ${count(n)} 位` : `找到 ${count(n)} 位`),
  /** @param {number} n @param {boolean} more */
  listed: (n, more) => (more ? `名单前 ${count(n)} 位` : `名单里 ${count(n)} 位`),
  begin: "写一个字就开始找，没有网络也能找。",
  none: "名单里没有找到。",
  none_next:
    "换一个字、拼音首字母或后四位再找。不是这台平板管理的人，可以新建档案，上传后由服务器核对。",
  more: "再看一些",
  create: "新建居民档案",
  phone: "电话",
  says: "居民有话要说",
  conflict: "有两个说法",
  /** @param {number} n */
  waiting: (n) => `等上传 ${n} 条`,
  new_here: "在这里新建",
  last: "上次服务",
  never: "还没有服务记录",
  results: "找到的居民",
});
