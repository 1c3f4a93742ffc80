"""The restricted page of an open form (限制内容附页), class B.

Some questions of open forms have answers that reveal a class B condition: hepatitis B markers of
the health check and of the first antenatal check, syphilis and HIV there, purple as the colour of
an infection in pregnancy, mental illness in the family, a mental disability. Kept in the same
record they would close the whole of it to the team that has to know the rest. So they are written
down here, beside the form they belong to, and the form itself says nothing of what was found. A
result is class B whether positive or negative: who was tested is a fact as well.
"""

from datetime import date
from typing import Final

from server.records.form_parts import (
    as_class,
    doctor,
    form,
    given_once,
    maybe,
    must,
    numbered,
)
from server.records.model import (
    AccessClass,
    Code,
    Codes,
    Day,
    Kind,
    Ref,
    ResidentMay,
    Shape,
    Text,
)

_TESTED: Final = Code({"1": "阴性", "2": "阳性"})
_RESULTS: Final = (
    maybe("hbsag", "乙型肝炎表面抗原", _TESTED),
    maybe("hbsab", "乙型肝炎表面抗体", _TESTED),
    maybe("hbeag", "乙型肝炎 e 抗原", _TESTED),
    maybe("hbeab", "乙型肝炎 e 抗体", _TESTED),
    maybe("hbcab", "乙型肝炎核心抗体", _TESTED),
    maybe("syphilis", "梅毒血清学试验", _TESTED),
    maybe("hiv", "HIV 抗体检测", _TESTED),
    maybe("risk_purple", "妊娠风险紫色标识", Code({"1": "否", "2": "是"})),
    maybe("fam_hx_mental", "家族精神疾病史", Code({"1": "无", "2": "有"})),
    maybe("disability_mental", "精神残疾", Code({"1": "无", "2": "有"})),
    maybe("contract_group", "签约人群（限制）", Codes(numbered("严重精神障碍", "肺结核"))),
)
_FORM: Final = form(
    must(
        "beside",
        "附于",
        Code(numbered("健康体检表", "产前检查", "残疾人健康体检", "家庭医生签约服务协议")),
    ),
    maybe("record", "所附的记录", Ref("record")),
    *_RESULTS,
    maybe("tested_on", "检查日期", Day(past=True)),
    maybe("remarks", "说明", Text(1, 500)),
    doctor("填写人"),
    given_once(
        _RESULTS[0].name,
        tuple(each.name for each in _RESULTS[1:]),
        "请至少填写一项",
    ),
)

V1: Final = Kind(
    id="restricted_part",
    label="限制内容附页",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=as_class(_FORM.fields, AccessClass.B, ResidentMay.COMMENT),
    checks=_FORM.checks,
    access=AccessClass.B,
)
