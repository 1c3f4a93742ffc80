"""Health check of a disabled resident (残疾人健康体检), all of health_check and what is special.

Once a year from the list of the disabled persons' federation (P60, S003-6(6)). The number of the
certificate ends in type and grade and stands on the archive's own page as a class B value; here it
is only said that it was seen. A mental disability is written on the restricted page
(restricted_part.py), and "as on the certificate" is an answer that anybody may give.
The layout of the record of supporting services has not been found; date, item and doctor are kept.
"""

from datetime import date
from typing import Final

from server.records import checks, health_check
from server.records.form_parts import form, maybe, must, numbered, one
from server.records.model import Code, Codes, Day, Field, Kind, ListOf, Shape, Text

_SUPPORT: Final = (
    Field("date", "日期", Day(past=True), required=True),
    Field("item", "服务项目", Text(1, 100), required=True),
    Field("doctor", "服务人员", Text(1, 30), required=True),
)
_FORM: Final = form(
    one("cert_seen", "残疾证", "已核对，与档案一致", "已核对，档案需更改", "未携带"),
    one(
        "disability_type",
        "残疾类别",
        "视力",
        "听力",
        "言语",
        "肢体",
        "智力",
        "多重",
        "以残疾证为准",
    ),
    one("disability_grade", "残疾等级", "一级", "二级", "三级", "四级"),
    maybe(
        "need_rehab",
        "康复需求",
        Codes(
            numbered("无", "医疗康复", "康复训练", "辅助器具", "心理疏导", "护理照料", "其他"),
            none="1",
        ),
    ),
    maybe("need_rehab_other", "其他康复需求", Text(1, 200)),
    checks.follows("need_rehab", "7", then="need_rehab_other", sentence_zh="请写明其他康复需求"),
    maybe(
        "devices",
        "辅助器具",
        Codes(
            numbered("无", "轮椅", "助行器或拐杖", "助听器", "助视器", "假肢或矫形器", "其他"),
            none="1",
        ),
    ),
    maybe("devices_other", "其他辅助器具", Text(1, 200)),
    checks.follows("devices", "7", then="devices_other", sentence_zh="请写明其他辅助器具"),
    must("support_record", "基本支持性服务记录", ListOf(_SUPPORT, most=30)),
    must(
        "cmp_3y",
        "三年对比",
        Code(numbered("首次体检，无可比结果", "好转", "无明显变化", "加重")),
    ),
    maybe("cmp_3y_text", "三年对比说明", Text(1, 500)),
    checks.follows("cmp_3y", "4", then="cmp_3y_text", sentence_zh="请写明加重的情况"),
)

V1: Final = Kind(
    id="disabled_check",
    label="残疾人健康体检表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=(*health_check.V1.fields, *_FORM.fields),
    checks=(*health_check.V1.checks, *_FORM.checks),
    neutral_label="健康体检",
    computed=health_check.COMPUTED,
)
