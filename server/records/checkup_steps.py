"""What happens to somebody in the hall on a checkup day (体检日): one form a step.

A step is no record: it stands in no archive, feed or figure (sync/PROTOCOL.md, 5.3). Together a
person's steps are their state of the day (sync/hall.py), and what the stations wrote becomes the
records of that day (server/actions/checkup/results.py). Each is a form, so that it is checked,
signed and kept like any other change.
"""

from datetime import date
from typing import Final

from server.records.acts import VALUE_MOST
from server.records.form_parts import maybe, must
from server.records.model import Code, Codes, Day, Field, Int, Kind, ListOf, Ref, Shape, Text
from sync import hall

STATION: Final = Text(1, 20, "[a-z][a-z_]*")
TICKET: Final = Text(4, 8, "[A-Z]{1,2}[0-9]{3,5}")
SPECIMEN: Final = Text(12, 12, "[0-9]{12}")
GUEST: Final = "6"
DESK: Final = "7"
HOW: Final = {
    "1": "扫体检卡", "2": "扫手机码", "3": "证件号码", "4": "姓名", "5": "档案编号",
    GUEST: "现场登记", DESK: "窗口登记",
}  # fmt: skip
URGENT: Final = {
    "st": "ST 段明显抬高或压低",
    "vt": "室性心动过速或室颤",
    "block": "二度 II 型以上房室传导阻滞",
    "rate": "心室率低于 40 或高于 150",
    "other": "其他要马上请医生看的情况",
}
"""What an operator finds critical and no single value says."""

_DAY: Final = must("day", "体检日", Ref("checkup_day"))


def _step(kind_id: str, label: str, *fields: Field) -> Kind:
    return Kind(
        id=kind_id, label=label, version=1, valid_from=date(2026, 1, 1), shape=Shape.STEP,
        fields=(_DAY, *fields), neutral_label="体检日",
    )  # fmt: skip


CHECK_IN_V1: Final = _step(
    "check_in", "体检签到",
    must("how", "怎么来的", Code(HOW)),
    maybe("code", "码", Ref("code")),
    maybe("ticket", "序号", TICKET),
    # Of somebody who stands on no list of this tablet: read by the server, never by another tablet.
    maybe("number", "证件号码", Text(1, 40)),
    maybe("id_type", "证件类型", Text(1, 4)),
    maybe("name", "姓名", Text(1, 50)),
    maybe("sex", "性别", Text(1, 1)),
    maybe("birth_date", "出生日期", Day()),
    maybe("phone", "手机号", Text(7, 20)),
    maybe("agreed", "本人同意", Code({"1": "同意登记并做体检"})),
)  # fmt: skip
PART_V1: Final = _step(
    "station_part", "体检项目",
    must("station", "项目", STATION),
    must("mark", "做没做", Code({
        hall.DONE: "做完", hall.NOT_DONE: "不做", hall.TAKEN_BACK: "撤回",
    })),
    maybe("why", "为什么不做", Text(1, 200)),
    maybe("form", "表单", Text(1, 40, "[a-z][a-z0-9_]*")),
    maybe("v", "表单版本", Int(1, 99)),
    maybe("values", "填的内容（JSON）", Text(2, VALUE_MOST)),
    maybe("urgent", "要马上处理", Codes(URGENT)),
    maybe("specimen", "标本号", SPECIMEN),
)  # fmt: skip
SHEET_V1: Final = _step(
    "route_sheet", "导检单",
    maybe(
        "labels", "标本条码",
        ListOf(
            (must("tube", "标本", STATION), must("number", "标本号", SPECIMEN)),
            most=hall.LABELS_MOST, key="tube",
        ),
    ),
)  # fmt: skip
ACTED_V1: Final = _step(
    "critical_acted", "危急值处理",
    must("part", "哪一次的值", Ref("record")),
    must("field", "哪一项", Text(1, 60, "[a-z][a-z0-9_]*(:[a-z0-9]+)?")),
    must("did", "怎么处理的", Code({
        "1": "医生已看", "2": "已转诊", "3": "量错了，已重新测", "4": "已送医院",
    })),
    maybe("doctor", "医生", Ref("staff")),
    maybe("text", "说明", Text(1, 300)),
)  # fmt: skip
OUT_V1: Final = _step(
    "check_out", "离开体检日", maybe("missing", "还差哪些", Text(1, 200))
)  # fmt: skip

ALL: Final = (CHECK_IN_V1, PART_V1, SHEET_V1, ACTED_V1, OUT_V1)
