"""Tuberculosis of the lungs: the first visit at home and the follow-up, class B as a whole.

肺结核患者第一次入户随访记录表 within 72 hours of the notice (P47), 随访服务记录表 by phase of
treatment (P48, P49), and at its end the closing assessment: regular from 90 %
of the doses due (P51). Resistance to drugs and who watches the doses are
asked (S004-3(8), S003-5(9)). In most districts the registration is first
written in the national system.
"""

from datetime import date
from typing import Final

from server.records import checks
from server.records.definitions import field, known
from server.records.followup import smoke_and_drink
from server.records.form_parts import (
    NEXT_AFTER_VISIT,
    NO_YES,
    WAIVER,
    Part,
    as_class,
    before,
    choices,
    described,
    ending,
    form,
    maybe,
    must,
    next_visit,
    numbered,
    one,
    several,
)
from server.records.model import (
    ON,
    AccessClass,
    Check,
    Code,
    Computed,
    Day,
    Int,
    Kind,
    ResidentMay,
    Shape,
    Text,
    Time,
)

_SINCE: Final = date(2017, 1, 1)
_TAUGHT: Final = Code(numbered("掌握", "未掌握"))
_TOPICS: Final = (
    ("card", "服药记录卡的填写"),
    ("storage", "服药方法及药品存放"),
    ("course", "肺结核治疗疗程"),
    ("irregular", "不规律服药危害"),
    ("adr", "服药后不良反应及处理"),
    ("review", "治疗期间复诊查痰"),
    ("travel", "外出期间如何坚持服药"),
    ("habits", "生活习惯及注意事项"),
    ("contacts", "密切接触者检查"),
)


def _treatment() -> Part:
    return form(
        must("regimen", "化疗方案", Text(1, 100)),
        one("usage", "用法", "每日", "间歇"),
        several(
            "drug_form",
            "药品剂型",
            "固定剂量复合制剂",
            "散装药",
            "板式组合药",
            "注射剂",
            none="",
        ),
    )


def _supervisor() -> Part:
    return form(
        one("supervisor", "督导人员", "医生", "家属", "自服药", "其他"),
        maybe("supervisor_other", "其他督导人员", Text(1, 50)),
        checks.follows("supervisor", "4", then="supervisor_other", sentence_zh="请写明督导人员"),
    )


_SYMPTOMS: Final = (
    "咳嗽咳痰",
    "低热盗汗",
    "咯血或血痰",
    "胸痛消瘦",
    "恶心纳差",
)
_FIRST_SYMPTOMS: Final = {
    "0": "没有症状",
    **numbered(*_SYMPTOMS, "头痛失眠", "视物模糊", "皮肤瘙痒、皮疹", "耳鸣、听力下降", "其他"),
}
_LATER_SYMPTOMS: Final = {
    "0": "没有症状",
    **numbered(
        *_SYMPTOMS,
        "关节疼痛",
        "头痛失眠",
        "视物模糊",
        "皮肤瘙痒、皮疹",
        "耳鸣、听力下降",
        "其他",
    ),
}


_AFTER_72_HOURS: Final = [">", ["days", field("notified_on"), known("on")], 3]
"""Counted in days: the notice does not say its hour."""

_FIRST: Final = form(
    maybe("notified_on", "接到通知日期", Day(past=True)),
    must("time", "随访时间", Time()),
    one("mode", "随访方式", "门诊", "家庭"),
    one("patient_type", "患者类型", "初治", "复治"),
    one("sputum", "痰菌情况", "阳性", "阴性", "未查痰"),
    one("resist", "耐药情况", "耐药", "非耐药", "未检测"),
    choices("symptoms", "症状及体征", _FIRST_SYMPTOMS, other="10", none="0"),
    _treatment(),
    _supervisor(),
    one("room", "单独的居室", "有", "无"),
    one("vent", "通风情况", "良好", "一般", "差"),
    *smoke_and_drink(),
    must("pickup_place", "取药地点", Text(1, 100)),
    must("pickup_date", "取药日期", Day()),
    maybe("pickup_time", "取药时间", Time()),
    *(must(f"edu_{name}", label, _TAUGHT) for name, label in _TOPICS),
    next_visit(),
    ending("评估医生"),
    before("notified_on", ON, "接到通知日期不能晚于随访日期"),
    Check(
        "visited_in_72_hours",
        ("notified_on", ON),
        _AFTER_72_HOURS,
        "距接到通知已超过 72 小时，请核对",
        warn=True,
    ),
)

FIRST_V1: Final = Kind(
    id="tb_first",
    label="肺结核患者第一次入户随访记录表",
    version=1,
    valid_from=_SINCE,
    shape=Shape.EVENT,
    fields=as_class(_FIRST.fields, AccessClass.B, ResidentMay.COMMENT),
    checks=_FIRST.checks,
    access=AccessClass.B,
    waiver=WAIVER,
)


_MORE_THAN_DUE: Final = [">", field("done_doses"), field("due_doses")]

_COUNT: Final = Int(0, 400, 0, 300, "次")
_CLOSING: Final = form(
    maybe("stop_date", "停止治疗日期", Day(past=True)),
    maybe(
        "stop_reason",
        "停止治疗原因",
        Code(numbered("完成疗程", "死亡", "丢失", "转入耐多药治疗")),
    ),
    maybe("due_visits", "应访视次数", _COUNT),
    maybe("done_visits", "实际访视次数", _COUNT),
    maybe("due_doses", "应服药次数", Int(0, 2000, 0, 1100, "次")),
    maybe("done_doses", "实际服药次数", Int(0, 2000, 0, 1100, "次")),
    checks.together("stop_date", then="stop_reason", sentence_zh="请填写停止治疗的原因"),
    checks.together("stop_reason", then="stop_date", sentence_zh="请填写停止治疗的日期"),
    *(
        checks.together("stop_reason", then=name, sentence_zh=f"停止治疗时请填写{label}")
        for name, label in (
            ("due_visits", "应访视次数"),
            ("done_visits", "实际访视次数"),
            ("due_doses", "应服药次数"),
            ("done_doses", "实际服药次数"),
        )
    ),
    Check(
        "doses_within_due",
        ("done_doses", "due_doses"),
        _MORE_THAN_DUE,
        "实际服药次数不能多于应服药次数",
    ),
    before("stop_date", ON, "停止治疗日期不能晚于随访日期"),
)
_FOLLOWUP: Final = form(
    must("month_no", "治疗月序", Int(1, 36, 1, 24, "月")),
    _supervisor(),
    one("mode", "随访方式", "门诊", "家庭", "电话"),
    choices("symptoms", "症状及体征", _LATER_SYMPTOMS, other="11", none="0"),
    *smoke_and_drink(),
    _treatment(),
    must("missed", "漏服药次数", Int(0, 99, 0, 30, "次")),
    described("adr", "药物不良反应", NO_YES),
    described("comorbid", "并发症或合并症", NO_YES),
    maybe("referral_org", "转诊科别", Text(1, 100)),
    maybe("referral_reason", "转诊原因", Text(1, 200)),
    maybe("referral_result", "2 周内随访结果", Text(1, 500)),
    checks.together("referral_org", then="referral_reason", sentence_zh="转诊时请写明原因"),
    checks.together("referral_reason", then="referral_org", sentence_zh="转诊时请写明科别"),
    checks.follows("adr", "2", then="referral_org", sentence_zh="有不良反应应考虑转诊", warn=True),
    must("advice", "处理意见", Text(1, 500)),
    maybe("next_date", "下次随访日期", Day()),
    NEXT_AFTER_VISIT,
    Check(
        "next_date_answered",
        (),
        True,
        "请填写下次随访日期",
        missing="next_date",
        unless=("stop_reason",),
    ),
    _CLOSING,
    ending(),
)

FOLLOWUP_V1: Final = Kind(
    id="tb_followup",
    label="肺结核患者随访服务记录表",
    version=1,
    valid_from=_SINCE,
    shape=Shape.EVENT,
    fields=as_class(_FOLLOWUP.fields, AccessClass.B, ResidentMay.COMMENT),
    checks=_FOLLOWUP.checks,
    access=AccessClass.B,
    after_death=True,
    waiver=WAIVER,
    computed=(
        # Rounded down: 89.9 % is not nine in ten.
        Computed(
            "dose_share",
            "规律服药率",
            Int(0, 100, unit="%"),
            ["floor", ["*", ["field", "done_doses"], 100], ["field", "due_doses"]],
            "P51",
        ),
        Computed(
            "regular",
            "规律服药",
            Code({"1": "规律", "2": "不规律"}),
            [
                *("if", [">=", ["known", "dose_share"], 90], "1"),
                *(["given", ["known", "dose_share"]], "2"),
            ],
            "P51",
        ),
    ),
)
