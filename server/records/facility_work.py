"""Work of a facility that concerns no single resident, class C: in no archive, on no tablet.

Patrols of co-managed health supervision (卫生监督协管巡查登记表, at least two a year an item, P58;
S003-5(12), S004-3(11)) and health education (健康教育活动记录表, S003-5(2): printed, audio-visual,
boards, consultations, talks, P59; text and pictures are kept, S004-3(2)). Their service day is the
day of the patrol or activity.
"""

from datetime import date
from typing import Final

from server.records import checks
from server.records.definitions import field, known
from server.records.form_parts import as_class, doctor, form, maybe, must, needed_at, numbered
from server.records.model import (
    ON,
    AccessClass,
    Check,
    Code,
    Codes,
    Day,
    Field,
    Int,
    Kind,
    ListOf,
    ResidentMay,
    Scaled,
    Shape,
    Subject,
    Text,
    Time,
)

_SINCE: Final = date(2017, 1, 1)
_PHOTO: Final = (
    Field("hash", "照片校验值", Text(64, 64, "[0-9a-f]{64}"), required=True),
    Field("lat", "纬度", Scaled(5, 300_000, 5_400_000, unit="°")),
    Field("lon", "经度", Scaled(5, 7_300_000, 13_600_000, unit="°")),
)
_PHOTOS: Final = maybe("photos", "照片", ListOf(_PHOTO, most=20, key="hash"))

ITEMS: Final = {
    "1": "食源性疾病",
    "2": "饮用水卫生",
    "3": "学校卫生",
    "4": "非法行医",
    "5": "非法采供血",
    "6": "计划生育",
    "7": "职业卫生（旧）",
    "9": "其他",
}
RETIRED: Final = {("supervision_patrol", "item"): frozenset({"7"})}
"""{(form, field): codes} that older records hold and no new one is offered."""


_REPORTED_BEFORE: Final = ["<", field("report_date"), known("on")]

_PATROL: Final = form(
    must("site", "巡查地点", Text(1, 100)),
    must("address", "地址", Text(1, 200)),
    must("item", "巡查内容", Code(ITEMS)),
    maybe("item_other", "其他巡查内容", Text(1, 200)),
    checks.follows("item", "9", then="item_other", sentence_zh="请写明其他巡查内容"),
    must("found", "发现的主要问题", Code(numbered("未发现", "发现"))),
    maybe("found_text", "问题说明", Text(1, 1000)),
    checks.follows("found", "2", then="found_text", sentence_zh="请写明发现的问题"),
    _PHOTOS,
    maybe("report_date", "报告日期", Day(past=True)),
    maybe("report_time", "报告时间", Time()),
    maybe("report_to", "报告对象", Text(1, 100)),
    maybe("receiver", "接收人", Text(1, 30)),
    checks.follows("found", "2", then="report_date", sentence_zh="发现问题时请填写报告日期"),
    checks.follows("found", "2", then="report_to", sentence_zh="发现问题时请填写报告对象"),
    checks.follows("found", "2", then="receiver", sentence_zh="发现问题时请填写接收人"),
    maybe("result", "处理结果", Text(1, 1000)),
    doctor("协管员"),
    Check("reported_after", ("report_date", ON), _REPORTED_BEFORE, "报告日期不能早于巡查日期"),
)

PATROL_V1: Final = Kind(
    id="supervision_patrol",
    label="卫生监督协管巡查登记表",
    version=1,
    valid_from=_SINCE,
    shape=Shape.EVENT,
    fields=as_class(_PATROL.fields, AccessClass.C, ResidentMay.NOTHING),
    checks=_PATROL.checks,
    access=AccessClass.C,
    subject=Subject.FACILITY,
    neutral_label="协管巡查",
)

ACTIVITIES: Final = numbered(
    "发放印刷资料",
    "播放音像资料",
    "健康教育宣传栏",
    "公众健康咨询活动",
    "健康知识讲座",
    "个体化健康教育",
)
_PRINTED, _SHOWN, _BOARD, _ASKED, _TALK, _SINGLE = ACTIVITIES


_UNCOUNTED: Final = ["<", field("photo_count"), ["size", ["each", "photos", "hash"]]]

_EDUCATION: Final = form(
    must("activity", "活动形式", Code(ACTIVITIES)),
    must("time", "活动时间", Time()),
    must("place", "活动地点", Text(1, 100)),
    must("topic", "活动主题", Text(1, 200)),
    must(
        "topic_code",
        "内容分类",
        Codes(
            numbered(
                "居民健康素养",
                "健康生活方式和可干预危险因素",
                "重点慢性病和传染病",
                "公共卫生问题",
                "突发公共卫生事件应急处置",
                "医疗卫生法律法规和政策",
                "重点人群健康教育",
                "其他",
            )
        ),
    ),
    must("organiser", "组织者", Text(1, 60)),
    maybe("speaker", "主讲人", Text(1, 60)),
    maybe("hearers_kind", "接受健康教育人员类别", Text(1, 100)),
    maybe("hearers", "接受健康教育人数", Int(0, 100_000, 1, 2_000, "人")),
    maybe("material_kinds", "资料种类", Int(0, 500, 1, 50, "种")),
    maybe("copies", "资料发放或播放数量", Int(0, 1_000_000, 1, 20_000, "份（次）")),
    maybe("content", "活动内容", Text(1, 2000)),
    maybe("summary", "活动总结评价", Text(1, 2000)),
    must(
        "kept",
        "存档材料",
        Codes(numbered("书面材料", "图片材料", "印刷材料", "影音材料", "签到表", "其他")),
    ),
    must("photo_count", "照片数", Int(0, 500, 0, 50, "张")),
    _PHOTOS,
    doctor("负责人"),
    needed_at("activity", (_PRINTED, _SHOWN), "copies", "资料发放或播放数量"),
    needed_at("activity", (_PRINTED, _SHOWN), "material_kinds", "资料种类"),
    needed_at("activity", (_ASKED, _TALK, _SINGLE), "hearers", "接受健康教育人数"),
    needed_at("activity", (_TALK,), "speaker", "主讲人"),
    Check(
        "photos_counted",
        ("photo_count", "photos"),
        _UNCOUNTED,
        "照片数少于所附的照片",
    ),
)

EDUCATION_V1: Final = Kind(
    id="health_education",
    label="健康教育活动记录表",
    version=1,
    valid_from=_SINCE,
    shape=Shape.EVENT,
    fields=as_class(_EDUCATION.fields, AccessClass.C, ResidentMay.NOTHING),
    checks=_EDUCATION.checks,
    access=AccessClass.C,
    subject=Subject.FACILITY,
    neutral_label="健康教育",
)
