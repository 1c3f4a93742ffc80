"""Family-doctor contract (家庭医生签约服务协议): who, for what, who pays, from when to when.

Signed on paper, in the portal or at the tablet; the text that was agreed is held by its hash. Money
travels in fen (`Scaled` of two places). People contracted because of a class B condition are marked
on the restricted page (restricted_part.py); here they are in the groups that anybody may know. The
contract is for one to three years (P62).
"""

from datetime import date
from typing import Any, Final

from server.records import checks
from server.records.definitions import field, known
from server.records.form_parts import form, maybe, must, numbered
from server.records.model import (
    ON,
    Check,
    Code,
    Codes,
    Day,
    Field,
    Int,
    Kind,
    ListOf,
    Ref,
    Scaled,
    Shape,
    Text,
)

_YUAN: Final = Scaled(2, 0, 1_000_000, 0, 200_000, "元")
_HASH: Final = Text(64, 64, "[0-9a-f]{64}")
_ENDED: Final = "2"
GROUPS: Final = numbered(
    "老年人",
    "0～6 岁儿童",
    "孕产妇",
    "高血压",
    "2 型糖尿病",
    "残疾人",
    "脱贫（低收入）人口",
    "计划生育特殊家庭",
    "一般人群",
)
_PACKAGE: Final = (
    Field("code", "服务包", Code({"basic": "基础包", "personal": "个性包"}), required=True),
    Field("name", "名称", Text(1, 60)),
    Field("price", "价格", _YUAN, required=True),
    Field("payer", "付费方", Code(numbered("医保", "公共卫生", "个人")), required=True),
)
_ITEM: Final = (
    Field("name", "项目", Text(1, 60), required=True),
    Field("due", "约定次数", Int(0, 400, 0, 60, "次"), required=True),
    Field("done", "完成次数", Int(0, 400, 0, 60, "次"), required=True),
)


def _last_of(months: int) -> list[Any]:
    """The last day of so many months."""
    return ["add_days", ["add_months", field("begin"), months], -1]


_TOO_SHORT: Final = ["<", field("end"), _last_of(12)]

_TOO_LONG: Final = [">", field("end"), _last_of(36)]


_BEFORE_SIGNING: Final = ["<", field("begin"), field("sign_date")]

_SIGNED_LATER: Final = [">", field("sign_date"), known("on")]

_COSTS_MORE: Final = [
    "!=",
    ["total", "packages", "price"],
    ["+", field("paid_insurance"), field("paid_public"), field("paid_own")],
]

_ALONE: Final = ["and", ["has", field("group"), "9"], [">", ["size", field("group")], 1]]

_FORM: Final = form(
    must("agreement_no", "协议编号", Text(1, 40)),
    must("facility", "签约机构", Ref("facility")),
    must("team", "签约团队", Ref("team")),
    must("leader", "团队长", Ref("staff")),
    must("signer", "乙方签字人", Code(numbered("本人", "监护人"))),
    maybe("guardian_name", "监护人姓名", Text(2, 30)),
    maybe("guardian_tie", "与本人关系", Text(1, 20)),
    checks.follows("signer", "2", then="guardian_name", sentence_zh="请填写监护人姓名"),
    checks.follows("signer", "2", then="guardian_tie", sentence_zh="请填写监护人与本人的关系"),
    must("group", "人群分类", Codes(GROUPS)),
    must("packages", "服务包", ListOf(_PACKAGE, most=10)),
    must("paid_insurance", "医保分担", _YUAN),
    must("paid_public", "公共卫生分担", _YUAN),
    must("paid_own", "个人分担", _YUAN),
    must("channel", "签约来源", Code({"0": "现场", "1": "居民端", "2": "医生端"})),
    must("sign_date", "签约日期", Day()),
    must("begin", "开始日期", Day()),
    must("end", "结束日期", Day()),
    must("state", "状态", Code(numbered("签约", "解约", "续约", "待签约"))),
    maybe(
        "stop_reason",
        "解约原因",
        Code(
            {
                "01": "失访",
                "02": "迁出",
                "03": "死亡",
                "04": "本人拒绝",
                "05": "重签",
                "99": "其他",
            }
        ),
    ),
    maybe("stop_text", "解约说明", Text(1, 200)),
    maybe("stop_date", "解约日期", Day(past=True)),
    checks.follows("state", _ENDED, then="stop_reason", sentence_zh="解约时请填写原因"),
    checks.follows("state", _ENDED, then="stop_date", sentence_zh="解约时请填写日期"),
    checks.follows("stop_reason", "99", then="stop_text", sentence_zh="请写明其他解约原因"),
    must("consent_text_hash", "协议文本校验值", _HASH),
    must("signature", "签名校验值", _HASH),
    must("items", "履约项目", ListOf(_ITEM, most=60)),
    Check("a_year_at_least", ("end", "begin"), _TOO_SHORT, "签约期不能少于一年"),
    Check("three_years_at_most", ("end", "begin"), _TOO_LONG, "签约期不能超过三年"),
    Check(
        "begins_after_signing", ("begin", "sign_date"), _BEFORE_SIGNING, "开始日期不能早于签约日期"
    ),
    Check("signed_by_now", ("sign_date", ON), _SIGNED_LATER, "签约日期不能晚于填表日期"),
    Check(
        "shares_add_up",
        ("packages", "paid_insurance", "paid_public", "paid_own"),
        _COSTS_MORE,
        "三方分担之和与服务包价格不符",
        field="paid_own",
    ),
    Check("general_alone", ("group",), _ALONE, "选择了一般人群，不能再选其他人群"),
)

V1: Final = Kind(
    id="fd_contract",
    label="家庭医生签约服务协议",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FORM.fields,
    checks=_FORM.checks,
    after_death=True,
    neutral_label="签约服务",
)
