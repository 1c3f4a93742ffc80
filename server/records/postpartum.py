"""Care after birth: the visit at home and the check at 42 days, national specification 2017.

产后访视记录表 within seven days of leaving hospital, with the visit to the newborn (P39; the
indicator counts up to 28 days); 产后 42 天健康检查记录表 on day 42 to 56 (P40).
"""

from datetime import date
from typing import Final

from server.records import checks
from server.records.definitions import field, known
from server.records.form_parts import (
    TEMPERATURE,
    WAIVER,
    Part,
    before,
    described,
    ending,
    form,
    maybe,
    must,
    next_visit,
    one,
    pressure,
    referral,
    several,
)
from server.records.model import ON, Check, Day, Kind, Shape, Text
from server.records.pregnancy import of_a_woman, pressure_fits, well_at_high_pressure

_SINCE: Final = date(2017, 1, 1)


def _days() -> Part:
    return form(
        must("delivery_date", "分娩日期", Day(past=True)),
        must("discharge_date", "出院日期", Day(past=True)),
        before("delivery_date", "discharge_date", "分娩日期不能晚于出院日期"),
        before("delivery_date", ON, "分娩日期不能晚于随访日期"),
        before("discharge_date", ON, "出院日期不能晚于随访日期"),
    )


def _state() -> Part:
    return form(
        must("general", "一般健康情况", Text(1, 200)),
        must("psych", "一般心理状况", Text(1, 200)),
        pressure(),
        described("breast", "乳房"),
        described("lochia", "恶露"),
        described("uterus", "子宫"),
        described("wound", "伤口"),
        maybe("exam_other", "其他检查", Text(1, 200)),
    )


_SINCE_BIRTH: Final = ["days", field("delivery_date"), known("on")]
_LONG_AGO: Final = [">", _SINCE_BIRTH, 42]

_VISIT: Final = form(
    _days(),
    must("temp", "体温", TEMPERATURE),
    _state(),
    described("class", "分类"),
    several(
        "guidance",
        "指导",
        "个人卫生",
        "心理",
        "营养",
        "母乳喂养",
        "新生儿护理与喂养",
        "其他",
        other="6",
        none="",
    ),
    referral(),
    next_visit(),
    ending(),
    of_a_woman("delivery_date"),
    pressure_fits("class"),
    Check(
        "visited_soon",
        ("delivery_date", ON),
        _LONG_AGO,
        "分娩已超过 42 天，请核对是否应填写产后 42 天检查",
        warn=True,
    ),
)

VISIT_V1: Final = Kind(
    id="postpartum_visit",
    label="产后访视记录表",
    version=1,
    valid_from=_SINCE,
    shape=Shape.EVENT,
    fields=_VISIT.fields,
    checks=_VISIT.checks,
    waiver=WAIVER,
    neutral_label="产后访视",
)


_NOT_42_TO_56: Final = ["or", ["<", _SINCE_BIRTH, 42], [">", _SINCE_BIRTH, 56]]

_CLOSED_UNWELL: Final = ["and", ["=", field("class"), "2"], ["=", field("disposal"), "1"]]

_DAY_42: Final = form(
    _days(),
    _state(),
    one("class", "分类", "已恢复", "未恢复"),
    maybe("class_text", "未恢复的情况", Text(1, 200)),
    checks.follows("class", "2", then="class_text", sentence_zh="请写明未恢复的情况"),
    several(
        "guidance",
        "指导",
        "心理保健",
        "性保健与避孕",
        "婴儿喂养",
        "产妇营养",
        "其他",
        other="5",
        none="",
    ),
    one("disposal", "处理", "结案", "转诊"),
    *referral().fields[1:],
    checks.follows("disposal", "2", then="referral_reason", sentence_zh="转诊时请写明原因"),
    checks.follows("disposal", "2", then="referral_org", sentence_zh="转诊时请写明机构及科室"),
    ending(),
    of_a_woman("delivery_date"),
    Check(
        "days_42_to_56",
        ("delivery_date", ON),
        _NOT_42_TO_56,
        "检查不在产后 42 到 56 天，请核对",
        warn=True,
    ),
    Check(
        "class_fits_pressure",
        ("class", "sbp", "dbp"),
        well_at_high_pressure("class"),
        "血压达到 140/90 却选择了已恢复，请核对",
        warn=True,
    ),
    Check(
        "closed_when_well",
        ("class", "disposal"),
        _CLOSED_UNWELL,
        "未恢复却结案，请核对",
        field="disposal",
        warn=True,
    ),
)

DAY_42_V1: Final = Kind(
    id="postpartum_42",
    label="产后 42 天健康检查记录表",
    version=1,
    valid_from=_SINCE,
    shape=Shape.EVENT,
    fields=_DAY_42.fields,
    checks=_DAY_42.checks,
    waiver=WAIVER,
    neutral_label="产后检查",
)
