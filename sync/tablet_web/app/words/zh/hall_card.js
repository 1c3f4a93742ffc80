// What stands on a resident's ID card before the values, as readers that type a whole line write it.

/** Names of the members of a line, longest first. @type {Record<string, string[]>} */
export const CARD_LABELS = {
  number: [
    "公民身份号码",
    "居民身份证号码",
    "身份证号码",
    "身份证号",
    "证件号码",
    "证件号",
    "号码",
  ],
  name: ["姓名"],
  sex: ["性别"],
  nation: ["民族"],
  birth: ["出生日期", "出生"],
  address: ["家庭住址", "住址", "地址"],
  other: ["签发机关", "有效期限", "有效期", "最新住址"],
};

/** Sign of a sex -> its code. @type {Record<string, "1" | "2">} */
export const SEXES = { 男: "1", 女: "2", 男性: "1", 女性: "2" };

/** Behind the name of a nation; readers leave it out as often as not. */
export const NATION = "族";

export const NATIONS = new Set(
  (
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 " +
    "东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 " +
    "俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺"
  ).split(" "),
);

/** Ends of what a line may hold besides: whoever issued the card. */
export const ISSUERS = ["公安局", "分局", "派出所"];
