"""One vaccination (预防接种记录), one record a dose (P53).

Three checks and one verification (S004-3(3)-b): what was asked before, and who confirmed person,
vaccine and day; batch, expiry, site and vaccinator, so that a dose can be traced (S004-3(3)-a);
then half an hour under observation. In most districts these records are first written in the
national system and only shown here.
"""

from datetime import date
from typing import Final

from server.records import checks, vaccines
from server.records.ages import months_later
from server.records.form_parts import ORGANISATION, described, form, maybe, must, one, several
from server.records.health_check_fields import asked
from server.records.model import BIRTH, ON, SEX, Check, Code, Day, Int, Kind, Shape, Text, Time


def _expired(expiry: date, on: date) -> bool:
    return expiry < on


def _too_young(vaccine: str, dose: int, birth: date, on: date) -> bool:
    ages = vaccines.MIN_AGE_MONTHS.get(vaccine, ())
    return dose <= len(ages) and on < months_later(birth, ages[dose - 1])


def _beyond_the_series(dose: int, vaccine: str) -> bool:
    known = vaccines.doses(vaccine)
    return known is not None and dose > known


def _wrong_way(route: str, vaccine: str) -> bool:
    if vaccine == vaccines.OTHER:
        return False
    return (route == vaccines.BY_MOUTH) != (vaccine == "bopv")


def _site_differs(site: str, route: str) -> bool:
    return (site == "5") != (route == vaccines.BY_MOUTH)


def _not_into_the_skin(route: str, vaccine: str) -> bool:
    return vaccine == "bcg" and route != "3"


def _too_soon(until: str, given: str) -> bool:
    """Both HH:MM; past midnight nobody vaccinates."""
    minutes = [int(each[:2]) * 60 + int(each[3:]) for each in (given, until)]
    return minutes[1] - minutes[0] < 30


def _live_and_ill(asked_before: list[str], vaccine: str) -> bool:
    return vaccine in vaccines.LIVE and not {"2", "8"}.isdisjoint(asked_before)


def _hpv_for_a_boy(vaccine: str, sex: str) -> bool:
    return vaccine == "2vhpv" and sex == "1"


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
    Check("not_expired", ("expiry", ON), _expired, "疫苗已过有效期"),
    Check(
        "old_enough",
        ("vaccine", "dose_no", BIRTH, ON),
        _too_young,
        "未到这一剂的起始月龄，请核对",
        field="dose_no",
        warn=True,
    ),
    Check(
        "within_the_series",
        ("dose_no", "vaccine"),
        _beyond_the_series,
        "剂次超过免疫程序，请核对",
        warn=True,
    ),
    Check(
        "hpv_is_for_girls",
        ("vaccine", SEX),
        _hpv_for_a_boy,
        "免疫规划的人乳头瘤病毒疫苗为女孩接种，请核对",
        warn=True,
    ),
    Check("route_of_vaccine", ("route", "vaccine"), _wrong_way, "接种途径与疫苗不符"),
    Check("site_of_route", ("site", "route"), _site_differs, "接种部位与途径不符"),
    Check("bcg_into_the_skin", ("route", "vaccine"), _not_into_the_skin, "卡介苗应皮内注射"),
    Check(
        "observed_half_an_hour",
        ("observed_until", "time"),
        _too_soon,
        "留观不足 30 分钟",
    ),
    Check(
        "no_live_vaccine_when_ill",
        ("precheck", "vaccine"),
        _live_and_ill,
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
