"""What a resident does by a member of staff's hand, on a tablet without a network (代办).

An act is no record: it asks the server to do what portal and desk do, for somebody who was there,
and stands in no archive, feed or figure (sync/PROTOCOL.md, 5.2). Each is a form, so that a tablet
draws it like any other; what becomes of it is decided where portal and desk decide
(server/actions/residents/tablet_acts.py). `open_archive` is the one that is carried out on arrival.
"""

from dataclasses import replace
from datetime import date
from typing import Final

from server.records import basic_info
from server.records.form_parts import maybe, must
from server.records.model import Code, Codes, Day, Field, Kind, ListOf, Ref, Shape, Text
from server.records.statement import REASONS, TEXT_MOST
from sync.policy import Policy

AGREE: Final = "act_agree"
PHONE: Final = "act_phone"
CORRECT: Final = "act_correct"
STATE: Final = "act_state"
FAMILY: Final = "act_family"
SWITCH: Final = "act_switch"
UNSWITCH: Final = "act_unswitch"
ANSWER: Final = "act_answer"
OPEN: Final = "open_archive"

RESIDENT, GUARDIAN = "1", "2"
NO_DOCUMENT: Final = "9"
AGREED, TAKEN_BACK = "1", "2"
CANNOT_SIGN: Final = "3"
CELLS_MOST: Final = 20
VALUE_MOST: Final = 4000
WORDS_MOST: Final = 300

_SEEN: Final = {
    "1": "居民身份证", "2": "户口簿", "3": "社会保障卡", "4": "其他证件", NO_DOCUMENT: "没看证件",
}  # fmt: skip
_PRESENT: Final = (
    must("present", "谁在场", Code({RESIDENT: "本人", GUARDIAN: "监护人"})),
    maybe("person", "监护人", Ref("person")),
    must("seen", "看过的证件", Code(_SEEN)),
    # Typed anew or read by a scanner: nothing is done to the archive that happened to be open.
    maybe("number", "证件号码", Text(1, 40)),
)
_SIGNED: Final = must(
    "signed", "签字", Code({"1": "本人签字", "2": "按手印", CANNOT_SIGN: "不会签字，口头同意"})
)
_WHY: Final = must("why", "为什么", Code(REASONS))


def _act(kind_id: str, label: str, *fields: Field, who: tuple[Field, ...] = _PRESENT) -> Kind:
    return Kind(
        id=kind_id, label=label, version=1, valid_from=date(2026, 1, 1), shape=Shape.ACT,
        fields=(*who, *fields), neutral_label="代办",
    )  # fmt: skip


def _of_basics(name: str, *, required: bool = False) -> Field:
    found = basic_info.V1.field(name)
    assert found is not None
    return replace(found, policy=Policy.EVENT, safer=None, std=None, required=required)


AGREE_V1: Final = _act(
    AGREE, "看档案的同意",
    must("agreed", "同不同意", Code({AGREED: "同意", TAKEN_BACK: "收回同意"})),
    maybe("version", "读的是哪一版须知", Text(1, 40)),
    _SIGNED,
)  # fmt: skip
PHONE_V1: Final = _act(
    PHONE, "绑定手机", must("phone", "手机号", Text(11, 11, "1[3-9][0-9]{9}")), _SIGNED
)
CORRECT_V1: Final = _act(
    CORRECT, "更正档案",
    must(
        "cells", "改哪几项",
        ListOf(
            (
                must("cell", "项目", Text(1, 80, "[a-z][a-z0-9_]*(/[a-z0-9]{1,32})?")),
                must("value", "改成（JSON）", Text(1, VALUE_MOST)),
            ),
            most=CELLS_MOST, key="cell",
        ),
    ),
    _WHY,
    maybe("text", "居民的话", Text(1, TEXT_MOST)),
)  # fmt: skip
STATE_V1: Final = _act(
    STATE, "居民的话",
    maybe("record", "说的是哪份记录", Ref("record")),
    maybe("field", "说的是哪一项", Text(1, 60, "[a-z][a-z0-9_]*")),
    _WHY,
    must("text", "居民的话", Text(1, TEXT_MOST)),
)  # fmt: skip
FAMILY_V1: Final = _act(
    FAMILY, "请家人帮着看",
    must("relative_number", "家人的证件号码", Text(1, 40)),
    must("relative_phone", "家人手机号的后四位", Text(4, 4, "[0-9]{4}")),
    maybe("scopes", "多让家人看什么、办什么", Codes({"archive": "看档案", "act": "替我办事"})),
    maybe("until", "看到哪天", Day()),
    _SIGNED,
)  # fmt: skip
SWITCH_V1: Final = _act(
    SWITCH, "换机构",
    must("team", "换到哪个团队", Ref("team")),
    must("ground", "因为什么", Text(1, 40, "[a-z][a-z0-9_]*")),
    maybe("day", "从哪天起", Day()),
    _SIGNED,
)  # fmt: skip
UNSWITCH_V1: Final = _act(UNSWITCH, "撤回换机构", must("of", "撤回哪一次", Ref("record")))
ANSWER_V1: Final = _act(
    ANSWER, "来过没来过",
    must("record", "哪次服务", Ref("record")),
    must("answer", "来过没有", Code({"came": "来过", "not": "没来过", "unsure": "记不清"})),
    maybe("satisfaction", "满意吗", Code({"good": "满意", "fair": "一般", "poor": "不满意"})),
    maybe("text", "居民的话", Text(1, WORDS_MOST)),
)  # fmt: skip
OPEN_V1: Final = _act(
    OPEN, "新建档案",
    must("team", "责任团队", Ref("team")),
    must("seen", "看过的证件", Code(_SEEN)),
    *(_of_basics(name, required=True) for name in ("name", "id_type")),
    _of_basics("id_no"),
    *(_of_basics(name, required=True) for name in ("sex", "birth_date")),
    *(
        _of_basics(name)
        for name in (
            "phone", "contact_name", "contact_phone", "residence_kind", "residence_since",
            "address_region", "address_text",
        )
    ),
    _SIGNED,
    who=(),
)  # fmt: skip

ALL: Final = (
    AGREE_V1, PHONE_V1, CORRECT_V1, STATE_V1, FAMILY_V1, SWITCH_V1, UNSWITCH_V1, ANSWER_V1, OPEN_V1,
)  # fmt: skip
COUNTYS: Final = frozenset({SWITCH, UNSWITCH, ANSWER})
"""What judges or leaves the facility: one that could not be done is the county's to look at."""
