"""One vaccination (预防接种记录), one record a dose (P53).

Three checks and one verification (S004-3(3)-b): what was asked before, and who confirmed person,
vaccine and day; batch, expiry, site and vaccinator, so that a dose can be traced (S004-3(3)-a);
then half an hour under observation. In most districts these records are first written in the
national system and only shown here.
"""

from datetime import date
from typing import Final

from server.records import checks, vaccines
from server.records.definitions import field, known
from server.records.form_parts import ORGANISATION, described, form, maybe, must, one, several
from server.records.health_check_fields import asked
from server.records.model import BIRTH, ON, SEX, Check, Code, Day, Int, Kind, Shape, Text, Time

_EXPIRED: Final = ["<", field("expiry"), known("on")]

_MONTHS: Final = [
    "if",
    *(
        part
        for each, ages in vaccines.MIN_AGE_MONTHS.items()
        for part in (
            ["=", field("vaccine"), each],
            ["look", field("dose_no"), {str(n): age for n, age in enumerate(ages, start=1)}],
        )
    ),
]
"""Youngest age in months at which this dose is given."""

_BY_MOUTH: Final = ["=", field("route"), vaccines.BY_MOUTH]
_TOO_YOUNG: Final = ["<", known("on"), ["add_months", known("birth"), _MONTHS]]

_BEYOND_THE_SERIES: Final = [
    ">",
    field("dose_no"),
    ["look", field("vaccine"), {each: len(ages) for each, ages in vaccines.MIN_AGE_MONTHS.items()}],
]

_WRONG_WAY: Final = [
    "and",
    ["!=", field("vaccine"), vaccines.OTHER],
    ["!=", _BY_MOUTH, ["=", field("vaccine"), "bopv"]],
]

_SITE_DIFFERS: Final = ["!=", ["=", field("site"), "5"], _BY_MOUTH]

_NOT_INTO_THE_SKIN: Final = ["and", ["=", field("vaccine"), "bcg"], ["!=", field("route"), "3"]]

_TOO_SOON: Final = ["<", ["minutes", field("time"), field("observed_until")], 30]
"""Both HH:MM; past midnight nobody vaccinates."""

_LIVE_AND_ILL: Final = [
    "and",
    ["in", field("vaccine"), *sorted(vaccines.LIVE)],
    ["has", field("precheck"), "2", "8"],
]

_HPV_FOR_A_BOY: Final = ["and", ["=", field("vaccine"), "2vhpv"], ["=", known("sex"), "1"]]

_FORM: Final = form(
    must("cert_no", "接种证号", Text(1, 40)),
    must("vaccine", "疫苗", Code(vaccines.VACCINES)),
    maybe("vaccine_name", "非免疫规划疫苗名称", Text(1, 60)),
    checks.follows("vaccine", vaccines.OTHER, then="vaccine_name", sentence_zh="请写明疫苗名称"),
    must("dose_no", "剂次", Int(1, 5, unit="剂")),
    must("time", "接种时间", Time()),
    must("batch", "疫苗批号", Text(1, 40)),
    must("expiry", "有效期至", Day()),
    must("maker", "生产企业", Text(1, 60)),
    must("site", "接种部位", Code(vaccines.SITES)),
    must("route", "接种途径", Code(vaccines.ROUTES)),
    several(
        "precheck",
        "接种前健康询问和禁忌",
        "无异常",
        "发热",
        "急性疾病",
        "慢性疾病急性发作",
        "过敏史",
        "神经系统疾病史",
        "近期用药或输注血液制品",
        "妊娠",
        "其他",
        other="9",
    ),
    *asked("temp"),
    one("verify_by", "一验证（确认人）", "受种者本人", "监护人"),
    one("observed", "留观 30 分钟", "是", "否"),
    maybe("observed_until", "留观结束时间", Time()),
    checks.follows("observed", "1", then="observed_until", sentence_zh="请填写留观结束时间"),
    described("aefi", "疑似预防接种异常反应", {"1": "无", "2": "有"}),
    must("clinic", "接种单位", Text(1, 100), std=ORGANISATION),
    must("vaccinator", "接种人员", Text(1, 30)),
    Check("not_expired", ("expiry", ON), _EXPIRED, "疫苗已过有效期"),
    Check(
        "old_enough",
        ("vaccine", "dose_no", BIRTH, ON),
        _TOO_YOUNG,
        "未到这一剂的起始月龄，请核对",
        field="dose_no",
        warn=True,
    ),
    Check(
        "within_the_series",
        ("dose_no", "vaccine"),
        _BEYOND_THE_SERIES,
        "剂次超过免疫程序，请核对",
        warn=True,
    ),
    Check(
        "hpv_is_for_girls",
        ("vaccine", SEX),
        _HPV_FOR_A_BOY,
        "免疫规划的人乳头瘤病毒疫苗为女孩接种，请核对",
        warn=True,
    ),
    Check("route_of_vaccine", ("route", "vaccine"), _WRONG_WAY, "接种途径与疫苗不符"),
    Check("site_of_route", ("site", "route"), _SITE_DIFFERS, "接种部位与途径不符"),
    Check("bcg_into_the_skin", ("route", "vaccine"), _NOT_INTO_THE_SKIN, "卡介苗应皮内注射"),
    Check(
        "observed_half_an_hour",
        ("observed_until", "time"),
        _TOO_SOON,
        "留观不足 30 分钟",
    ),
    Check(
        "no_live_vaccine_when_ill",
        ("precheck", "vaccine"),
        _LIVE_AND_ILL,
        "发热或妊娠时接种减毒活疫苗，请核对",
        warn=True,
    ),
)

V1: Final = Kind(
    id="vaccination",
    label="预防接种记录",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FORM.fields,
    checks=_FORM.checks,
    neutral_label="预防接种",
)
