"""One line of a list as a filled-in form: what it says, and every reason why it cannot be taken.

A list seldom fills a whole form, so what is missing stays open and is no fault; what contradicts
itself is one. A value that is the resident's own matter (telephone, address, work) and cannot be
read is left out and said; an unreadable fact about identity or health refuses the line, because
nobody would notice that an allergy is gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import msgspec

from server.records.check import FaultCode, check, hard
from server.records.id_number import Holder, Invalid, Reason, Valid, read_id_number
from server.records.kinds import REGISTER
from server.records.model import ON as SERVICE_DAY
from server.records.model import AccessClass, Field, Kind, Shape
from server.records.sheet_columns import (
    FACILITY,
    ID_NO,
    NAME,
    OLD_NO,
    ON,
    REG_NO,
    SINCE,
    STATE,
    TEAM,
    VILLAGE,
)
from server.records.sheet_values import Said, day_of, is_nothing, narrow, not_a_day, value_of
from sync.policy import Policy

_TYPE_OF: Final = {Holder.CITIZEN: "01", Holder.HK_MO_TW: "05", Holder.FOREIGNER: "06"}
_FOLLOWS_THE_RULE: Final = frozenset({"", "01", "05"})
_WHY_NOT: Final = {
    Reason.SHAPE: "证件号码应为 18 位（旧的 15 位也可以）",
    Reason.REGION: "证件号码的前 6 位不是行政区划",
    Reason.BIRTH: "证件号码里的出生日期不是日历上的日期",
    Reason.CHECK_SIGN: "证件号码的最后一位对不上，请核对证件",
}
_LEFT_OUT: Final = frozenset({Policy.RESIDENT, Policy.NOTE})
RESTRICTED_SAY: Final = "含有限制内容，上传的人没有这项权限"


@dataclass(slots=True)
class Read:
    """A line as read. `refusals`: sentences that keep it out; `notes`: what was left out of it.

    `basics` is the body of the form. The texts are as written, "" when nothing was.
    """

    basics: dict[str, Any] = field(default_factory=dict[str, Any])
    day: str = ""  # archive opened on, or day of the service
    day_told: bool = False  # that its day cannot be read was said already
    facility: str = ""
    team: str = ""
    village: str = ""
    old_no: str = ""
    id_no: str = ""
    name: str = ""  # whose line it says it is, beside the number
    reg_no: str = ""  # number in the other system
    state: str = ""
    holder: Valid | None = None  # what a good ID number says of its holder
    refusals: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    is_restricted: bool = False


def read_person(
    cells: Sequence[str],
    bad: Mapping[int, str],
    mapping: Mapping[int, str],
    *,
    today: date,
    restricted: bool,
) -> Read:
    """A line of a list of residents. `bad`: columns that cannot be read, with the end of the
    sentence that says why; `restricted`: whether class B facts may be taken.
    """
    found = Read()
    read_columns(found, REGISTER, cells, bad, mapping)
    _identify(found)
    _check_day(found, today, SINCE)
    _keep_class(found, REGISTER, restricted)
    _judge(found, REGISTER, today)
    if found.old_no:
        said = f"原档案编号 {narrow(found.old_no)[:40]}"
        remarks = found.basics.get("remarks")
        found.basics["remarks"] = f"{said}；{remarks}"[:500] if remarks else said
    found.basics["archive_status"] = "0"
    return found


def read_record(
    kind: Kind,
    cells: Sequence[str],
    bad: Mapping[int, str],
    mapping: Mapping[int, str],
    *,
    today: date,
    restricted: bool,
) -> Read:
    """A line of old checkups or follow-ups. Whose it is says its ID number alone."""
    found = Read()
    read_columns(found, kind, cells, bad, mapping)
    identify_holder(found)
    if not found.day and not found.day_told:
        found.refusals.append("没有服务日期")
    _check_day(found, today, ON)
    _keep_class(found, kind, restricted)
    if not found.basics and not found.refusals:
        found.refusals.append("这一行没有任何结果")
    _judge(found, kind, today)
    return found


def identify_holder(found: Read) -> None:
    """What the ID number says; a text that is none refuses the line."""
    number = read_id_number(found.id_no)
    if isinstance(number, Invalid):
        found.refusals.append(_WHY_NOT[number.reason] if found.id_no else "没有证件号码")
    else:
        found.holder = number


def read_columns(
    found: Read,
    kind: Kind | None,
    cells: Sequence[str],
    bad: Mapping[int, str],
    mapping: Mapping[int, str],
) -> None:
    """Lays the cells of a line down. `kind` None: a list whose columns are no fields of a form."""
    width = len(cells)
    for at, name in mapping.items():
        text = cells[at] if at < width else ""
        each = kind.field(name) if kind is not None else None
        if at in bad:
            found.day_told |= name in (SINCE, ON)
            _faulty(found, each, f"{each.label if each else _LABELS[name]}{bad[at]}")
        elif not text or is_nothing(text):
            continue
        elif each is None:
            _beside(found, name, text)
        else:
            assert kind is not None
            _take(found, each, value_of(kind, each, text))


def _beside(found: Read, name: str, text: str) -> None:
    match name:
        case "@since" | "@on":
            day = day_of(text)
            if day is None:
                found.day_told = True
                found.refusals.append(not_a_day(_LABELS[name], text, "2024-03-11"))
            else:
                found.day = day.isoformat()
        case "@id_no":
            found.id_no = text
        case _:
            setattr(found, _PLACES[name], text)


_LABELS: Final = {
    SINCE: "建档日期", ON: "服务日期", ID_NO: "证件号码", FACILITY: "机构", TEAM: "团队",
    VILLAGE: "村（居）名称", OLD_NO: "原档案编号", NAME: "姓名", REG_NO: "登记号",
    STATE: "在管状态",
}  # fmt: skip
_PLACES: Final = {
    FACILITY: "facility", TEAM: "team", VILLAGE: "village", OLD_NO: "old_no", NAME: "name",
    REG_NO: "reg_no", STATE: "state",
}  # fmt: skip
assert (SINCE, ON, ID_NO) == ("@since", "@on", "@id_no")  # as matched above


def _take(found: Read, each: Field, said: Said) -> None:
    if said.fault:
        _faulty(found, each, said.fault)
        return
    if said.value is not None:
        found.basics[each.name] = said.value
    if said.restricted is not None:
        found.basics[f"{each.name}_restricted"] = said.restricted


def _faulty(found: Read, each: Field | None, sentence: str) -> None:
    if each is not None and each.policy in _LEFT_OUT:
        found.notes.append(f"没有读入：{sentence}")
    else:
        found.refusals.append(sentence)


def _identify(found: Read) -> None:
    """What the ID number says of birth, sex and type; a text that is none refuses the line."""
    basics = found.basics
    number, kind = basics.get("id_no", ""), basics.get("id_type", "")
    if number and kind in _FOLLOWS_THE_RULE:
        read = read_id_number(number)
        if isinstance(read, Valid):
            basics["id_type"] = _TYPE_OF[read.holder]
            basics.setdefault("birth_date", read.birth.isoformat())
            basics.setdefault("sex", read.sex)
        else:
            found.refusals.append(_WHY_NOT[read.reason])
            basics.pop("id_no")
    elif not number and kind in {"", "01"}:
        basics["id_type"] = "99"
    if "name" not in basics and not any("姓名" in each for each in found.refusals):
        found.refusals.append("没有姓名")
    if not found.refusals:
        if "sex" not in basics:
            found.refusals.append("没有性别，证件号码里也读不出来")
        if "birth_date" not in basics:
            found.refusals.append("没有出生日期，证件号码里也读不出来")


def _check_day(found: Read, today: date, column: str) -> None:
    if found.day and found.day > today.isoformat():
        said = "建档日期" if column == SINCE else "服务日期"
        found.refusals.append(f"{said}不能晚于今天")
        found.day = ""


def _keep_class(found: Read, kind: Kind, restricted: bool) -> None:
    """Facts that reveal a protected condition come in by the hand of somebody who may see them."""
    classes = kind.access_given(frozenset(found.basics))
    found.is_restricted = any(each is not AccessClass.A for each in classes.values())
    if found.is_restricted and not restricted:
        found.refusals.append(RESTRICTED_SAY)


def _judge(found: Read, kind: Kind, today: date) -> None:
    """What the form itself finds wrong, missing answers left aside. A record's questions (a value
    that is rare and may be) are kept and said; of a register they are nobody's to answer here.
    """
    on = date.fromisoformat(found.day) if found.day else today
    body = msgspec.json.encode(found.basics)
    holder = found.holder
    faults = check(
        kind, body, on=on, today=today, sex=holder.sex if holder else None,
        birth=holder.birth if holder else None,
    )  # fmt: skip
    # Without a day nothing is said of how answers fit it: that it is missing was said.
    open_day = kind.shape is Shape.EVENT and not found.day
    of_the_day = {
        each.sentence_zh for each in kind.checks if open_day and SERVICE_DAY in each.needs
    }
    if holder is not None:
        asked = [f for f in faults if f.warn and f.code is not FaultCode.MISSING]
        found.notes += [f"请核对：{fault.sentence_zh}" for fault in asked]
    for fault in hard(faults):
        if fault.code is FaultCode.MISSING or fault.sentence_zh in of_the_day:
            continue
        each = kind.field_of(fault.field)
        if each is not None and each.policy in _LEFT_OUT:
            found.basics.pop(each.name, None)
            found.notes.append(f"没有读入：{fault.sentence_zh}")
        else:
            found.refusals.append(fault.sentence_zh)
