"""A referral's form as it begins: from the record that asked for it, or from the sheet it answers.

The page's address names records by id and steps by their number; what they say is read from the
archive that is open, so nothing of it stands in an address.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from server.access import Opened
from server.actions.accounts.sessions import Signed
from server.actions.archives.following import facts_seen, following
from server.actions.keeping.site import Site
from server.console.words import words
from server.pages import times, values
from server.pages.forms import Filled
from server.records.model import Field, Kind, Ref, Text
from server.records.referral import BACK, ENDED, RECEIVED, SENT, V2
from server.rules.accounts import StaffRole
from server.rules.next_step import Step
from server.rules.plan.model import Record
from server.rules.referrals import REFERRAL

FOR: Final = "for"
STEP: Final = "step"
ANSWERS: Final = "answers"
DIRECTION: Final = "direction"
RECORD: Final = "record"  # of Ref
_CARRIED: Final = (
    "from_org", "from_doctor", "to_org", "to_dept", "to_doctor", "reason", "reason_restricted",
)  # fmt: skip
_PLACES: Final = ("direction", "answers", "from_org", "reason", "reason_restricted", "reason_text")
_TO: Final = ("to_org", "to_dept", "to_doctor")
_ASKED: Final[Mapping[str, frozenset[str]]] = {
    SENT: frozenset(
        {
            *_PLACES, *_TO, "from_doctor", "impression", "history", "treatment", "out_time",
            "follow_due",
        }
    ),
    RECEIVED: frozenset({*_PLACES, *_TO, "received_on"}),
    BACK: frozenset(
        {
            *_PLACES, *_TO, "back_dx", "back_treatment", "rehab_advice", "back_date", "back_time",
        }
    ),
    ENDED: frozenset({*_PLACES, "ended", "ended_text"}),
}  # fmt: skip
"""What a sheet of each direction asks for."""
_OF_ENDING: Final = frozenset({"ended", "ended_text"})


def begun(site: Site, signed: Signed, opened: Opened, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the form begins with; {} for an address that names nothing in view."""
    records = {each.id.hex(): each for each in facts_seen(opened).records}
    record = records.get(asked.get(FOR, "") or asked.get(ANSWERS, ""))
    if record is None:
        return {}
    step = _step(site, opened, record, asked.get(STEP, ""))
    direction = asked.get(DIRECTION, "")
    if FOR in asked:
        body = _sent(site, signed, record, step)
    elif direction in (BACK, RECEIVED, ENDED):
        body = _answer(site, signed, record, step, direction)
    else:
        return {}
    return {name: value for name, value in body.items() if value}


def _step(site: Site, opened: Opened, record: Record, number: str) -> Step | None:
    """The step that asks for the referral, by its number among those that follow."""
    found = following(site, opened, record.id)
    if found is None or not number.isdecimal() or len(number) > 2:
        return None
    step = next(iter(found.steps[int(number) :]), None)
    return step if step is not None and step.refer_as is not None else None


def _sent(site: Site, signed: Signed, record: Record, step: Step | None) -> dict[str, Any]:
    body = {DIRECTION: SENT, ANSWERS: record.id.hex(), **_from(site, signed)}
    body["to_org"] = str(record.body.get("referral_org", ""))
    return body | _reason(step) if step is not None else body


def _from(site: Site, signed: Signed) -> dict[str, Any]:
    """Who sends, and when."""
    doctor = signed.name if signed.role is StaffRole.DOCTOR else ""
    clock = times.civil(site.clock()).strftime("%H:%M")
    return {"from_org": signed.facility_name, "from_doctor": doctor, "out_time": clock}


def _reason(step: Step) -> dict[str, Any]:
    assert step.refer_as is not None
    name, code = step.refer_as
    impression = V2.field("impression")
    joined = words("values").semicolon.join(step.reasons[:-1] or step.reasons)
    most = impression.type.most if impression and isinstance(impression.type, Text) else 0
    return {name: code, "impression": joined[:most]}


def _answer(
    site: Site, signed: Signed, record: Record, step: Step | None, direction: str
) -> dict[str, Any]:
    """A receipt, a return or an end, with what the sheet said of places and reason: an answer to a
    restricted sheet is as restricted.
    """
    body: dict[str, Any] = {DIRECTION: direction, ANSWERS: record.id.hex()}
    if record.kind == REFERRAL:
        body |= {name: record.body[name] for name in _CARRIED if name in record.body}
    else:
        body |= {"from_org": signed.facility_name, "to_org": record.body.get("referral_org", "")}
        body |= dict((step.refer_as,)) if step is not None and step.refer_as is not None else {}
    today = times.civil(site.clock()).date().isoformat()
    if direction == RECEIVED:
        body["received_on"] = today
    elif direction == BACK:
        body["back_date"] = today
    return body


def drawn_fields(fields: Sequence[Field], filled: Filled) -> tuple[Field, ...]:
    """The questions of the direction that is chosen, with those that were answered or are at
    fault; all of them while none is chosen.
    """
    asked = _ASKED.get(filled.text(DIRECTION))
    if asked is None:
        return tuple(fields)
    return tuple(
        each
        for each in fields
        if each.name in asked or filled.text(each.name) or filled.fault(each.name)
    )


def unasked(fields: Sequence[Field], filled: Filled) -> frozenset[str]:
    """What a sheet that ends without a result carries along unseen: what it answers, where from and
    why. Nothing that was not filled in, or is at fault.
    """
    if filled.text(DIRECTION) != ENDED or not filled.text(ANSWERS):
        return frozenset()
    return frozenset(
        each.name
        for each in fields
        if each.name not in _OF_ENDING and filled.text(each.name) and not filled.fault(each.name)
    )


def title_of(filled: Filled, opened: Opened | None) -> str:
    """What such a sheet is called: a sending that ended, or one that was not made; "" for every
    other sheet.
    """
    if filled.text(DIRECTION) != ENDED:
        return ""
    w, answers = words("desk"), filled.text(ANSWERS)
    sent = opened is not None and any(
        each.change.id.hex() == answers and each.change.kind == REFERRAL for each in opened.records
    )
    return w.referral_over if sent else w.referral_none


def choices(kind: Kind, opened: Opened, today: date) -> dict[str, str]:
    """The records that a form may name, newest first: id in hex, and day with form. None for a form
    that names no record.
    """
    if not any(isinstance(each.type, Ref) and each.type.to == RECORD for each in kind.fields):
        return {}
    newest = sorted(facts_seen(opened).records, key=lambda each: (each.on, each.id), reverse=True)
    return {each.id.hex(): _named(each, today) for each in newest}


def _named(record: Record, today: date) -> str:
    day = times.day_text(record.on, today=today)
    return f"{day} {values.form_label(record.kind)}"
