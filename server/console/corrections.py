"""A resident's correction: what stood there beside what is wanted, who wrote it, the clock, and the
words that the resident will read. The same page is the county's for an appeal.
"""

from dataclasses import dataclass
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.queues import corrections
from server.actions.queues.corrections import Answer, Case, Recorder, Wanted
from server.actions.residents.correction_file import APPEAL, KIND, TEXT_MOST
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import WORKERS, allergy_names, id_of
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import correcting, times, values
from server.pages.forms import EMPTY, Filled, Posted
from server.pages.web import AnyRequest, posted, see
from server.records.kinds import UnknownKind, get
from server.records.statement import REASONS
from server.records.values import Fault, FaultCode
from server.rules.accounts import StaffRole
from server.rules.corrections import Lane, Outcome, Way, together

KEYS: Final = {
    Way.ANSWER: "Ctrl Enter", Way.CONFIRM: "A", Way.NOTE: "A", Way.DECLINE: "D", Way.LEAVE: "L",
    Way.ASK_BACK: "Q",
}  # fmt: skip
WHOLE: Final = "whole"  # verdict of an appeal about a statement: it has no cells
YES, NO = "yes", "no"
DECLINES: Final = frozenset({Way.DECLINE, Way.LEAVE})


@dataclass(frozen=True, slots=True)
class Row:
    """One value as drawn. `now`: "" where it is as it was; `picked`: yes | no | ""."""

    name: str
    label: str
    before: str
    wanted: str
    now: str
    by: str
    standing: bool
    picked: str
    seen: str | None  # None: of a class that the county does not see
    fault: Fault | None


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/correction/{name:str}", roles=WORKERS)
    async def correction(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, name, KIND, EMPTY)

    @action("/correction/{name:str}", roles=WORKERS)
    async def answer(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _decide(console, request, name, KIND)

    @page("/appeal/{name:str}", roles={StaffRole.COUNTY})
    async def appeal(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, name, APPEAL, EMPTY)

    @action("/appeal/{name:str}", roles={StaffRole.COUNTY})
    async def rule(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _decide(console, request, name, APPEAL)

    return [correction, answer, appeal, rule]


async def _opened(console: Console, request: AnyRequest, name: str, kind: str) -> Case:
    reason = words("correction").reason[kind]
    return await corrections.open_case(
        console.site, signed_of(request), id_of(name), reason, kind=kind
    )


async def _decide(console: Console, request: AnyRequest, name: str, kind: str) -> Response[Any]:
    typed, signed, site = await posted(request), signed_of(request), console.site
    found = await _opened(console, request, name, kind)
    said, faults = _said(found, typed, kind)
    if faults:
        return await _draw(console, request, name, kind, Filled(typed, {}, faults), found)
    act = corrections.answer if kind == KIND else corrections.rule_on
    try:
        done = await act(site, signed, id_of(name), said)
    except RuleSaysNo as no:
        w = words("correction").no
        fault = Fault("text", FaultCode.CONTRADICTION, w.get(no.detail, w.otherwise))
        return await _draw(console, request, name, kind, Filled(typed, {}, (fault,)), found)
    if not done:
        return await _draw(console, request, name, kind, Filled(typed), moved=True)
    return see(f"/console/{kind}/{name}")


def _said(found: Case, typed: Posted, kind: str) -> tuple[Answer, tuple[Fault, ...]]:
    """What was decided, and every fault at once."""
    w, faults = words("correction"), list[Fault]()
    text = "\n".join(typed.get("text", ())).replace("\r\n", "\n").strip()
    choice = (typed.get("choice") or [""])[0]
    way = _way(typed)
    verdicts: dict[str, bool] = {}
    cells = [each.cell for each in _decided(found)] or ([WHOLE] if kind == APPEAL else [])
    for cell in cells if way is Way.ANSWER else ():
        picked = (typed.get(f"pick:{cell}") or [""])[0]
        if picked not in (YES, NO):
            what = values.cell_label(cell) if cell != WHOLE else w.statement
            faults.append(Fault(cell, FaultCode.MISSING, w.choose(what=what)))
        else:
            verdicts[cell] = picked == YES
    declines = way in DECLINES or False in verdicts.values()
    silent = kind == KIND and (way is Way.CONFIRM or (way is Way.ANSWER and not declines))
    if kind == KIND and (way is Way.DECLINE or False in verdicts.values()) and not choice:
        faults.append(Fault("choice", FaultCode.MISSING, w.choice_missing))
    if not text and not silent:
        faults.append(Fault("text", FaultCode.MISSING, w.text_missing))
    if len(text) > TEXT_MOST:
        faults.append(Fault("text", FaultCode.OUT_OF_RANGE, w.text_long(most=TEXT_MOST)))
    seen = {
        name[5:]: tuple(id_of(each) for each in value[0].split(",") if each)
        for name, value in typed.items()
        if name.startswith("seen:") and value
    }
    return Answer(way, verdicts, text, choice, seen, w.reason[kind]), tuple(faults)


def _way(typed: Posted) -> Way:
    try:
        return Way((typed.get("way") or [""])[0])
    except ValueError:
        return Way.ANSWER


# The page.


async def _draw(
    console: Console, request: AnyRequest, name: str, kind: str, filled: Filled,
    found: Case | None = None, *, moved: bool = False,
) -> Response[Any]:  # fmt: skip
    found = found or await _opened(console, request, name, kind)
    w, now, card, file = words("correction"), console.site.clock(), found.line.card, found.file
    today, task = times.civil(now).date(), found.line.task
    closed = task.closed_at is not None
    ways = [] if closed else [(way, w.ways[kind].get(way, w.ways[way]), KEYS[way])
                              for way in found.ways]  # fmt: skip
    keys = (*(Key(key, label) for _, label, key in ways), Key("Esc", words("ui")["keys"].back))
    due = times.civil(task.due_at).date()
    plain, marked = _sentence(found, kind, closed=closed)
    allergy = allergy_names(found.allergies)
    return await console.page(
        request,
        Page("correction.html.j2", "correction", w.title, here=kind, keys=keys),
        status=409 if moved else 422 if filled.faults else 200, found=found, file=file, name=name,
        kind=kind, closed=closed, card=card, filled=filled, moved=moved, ways=ways,
        person=values.person_line(card, today) if card else "", plain=plain, marked=marked,
        allergy_text=w.allergy(what=words("values").comma.join(allergy)) if allergy else "",
        left=None if closed else times.left(task.due_at, now), due=times.long_day(due),
        rows=[_row(each, found, filled) for each in _decided(found)],
        seen_too=[(each, _seen(found, each)) for each in _follow(found)],
        whole=_whole(found, kind, filled),
        recorders=[_recorder(each, now) for each in found.recorders],
        record=_record(found), about=_about(found), why=REASONS.get(file.content.why, ""),
        choices=words("correcting").declined, talk=_talk(found, now), story=_story(found, now),
        asked=times.moment_text(file.asked_at, now_ms=now), qw=words("queue"),
        answered=_answered(found), choice=words("correcting").declined.get(file.content.choice),
        photos=[each.hex() for each in found.pictures],
    )  # fmt: skip


def _sentence(found: Case, kind: str, *, closed: bool) -> tuple[str, str]:
    w, file = words("correction"), found.file
    if closed:
        return w.closed, w.outcomes.get(file.outcome.value, w.outcomes.none)
    if found.hidden:
        return w.sentence.hidden, w.sentence.hidden_mark
    if kind == APPEAL:
        return w.sentence.appeal, w.sentence.appeal_mark
    return w.sentence[file.lane.value], w.sentence[f"{file.lane.value}_mark"]


def _follow(found: Case) -> list[str]:
    """Cells that are decided with another: 无 beside an allergy that is claimed."""
    return [cell for cell in together(found.file.content.wanted) if cell in found.heads]


def _decided(found: Case) -> list[Wanted]:
    """The cells that are questions of their own."""
    follow = together(found.file.content.wanted)
    return [each for each in found.cells if each.cell not in follow]


def _seen(found: Case, cell: str) -> str:
    return ",".join(head.hex() for head in found.heads[cell])


def _row(each: Wanted, found: Case, filled: Filled) -> Row:
    cell, lane, content = each.cell, found.file.lane, found.file.content
    said = content.rulings or content.verdicts  # the county's word is the last one
    verdict = (YES if said[cell] else NO) if cell in said else ""
    settled = not each.standing and lane is Lane.ASK
    return Row(
        name=cell, label=values.cell_label(cell),
        before=correcting.answer_text({cell: each.before, **content.before}, cell),
        wanted=correcting.answer_text(content.wanted, cell),
        now=values.cell_text(cell, each.now) if settled else "", by=each.by,
        standing=each.standing, picked=filled.text(f"pick:{cell}") or verdict,
        seen=_seen(found, cell) if cell in found.heads else None,
        fault=next((f for f in filled.faults if f.field == cell), None),
    )  # fmt: skip


def _whole(found: Case, kind: str, filled: Filled) -> str | None:
    """What was picked for a statement that was appealed; None where there are cells."""
    if kind != APPEAL or found.file.lane is not Lane.COMMENT:
        return None
    return filled.text(f"pick:{WHOLE}")


def _recorder(each: Recorder, now: int) -> str:
    w = words("correction")
    who = w.authors.get(each.author) if each.author != "staff" else each.name
    parts = [who or w.unknown]
    if each.tablet:
        parts.append(w.tablet(label=each.tablet))
    parts.append(times.moment_text(each.at, now_ms=now))
    if each.offline:
        parts.append(w.offline)
    return words("values").comma.join(parts)


def _about(found: Case) -> str:
    content = found.file.content
    if found.file.lane is not Lane.COMMENT:
        return ""
    label = values.form_label(content.kind) if content.kind else words("queue").restricted_form
    day = values.plain_day(content.on) if content.on else ""
    return words("values").comma.join(each for each in (label, day) if each)


def _record(found: Case) -> list[tuple[str, str, bool]]:
    """The record a statement is about: label, answer, whether it is the line in question."""
    content = found.file.content
    if not found.record or not content.kind:
        return []
    try:
        version = max(v for v in range(1, 9) if _known(content.kind, v))
    except ValueError:
        return []
    rows = values.named_rows(content.kind, version, found.record, found.names)
    return [(label, text, name == content.field) for name, label, text in rows]


def _known(kind: str, version: int) -> bool:
    try:
        get(kind, version)
    except UnknownKind:
        return False
    return True


def _talk(found: Case, now: int) -> list[tuple[str, str]]:
    w = words("correction")
    return [
        (
            w.said(
                who=found.names.get(bytes.fromhex(each.staff), "") if each.staff else w.resident,
                when=times.moment_text(each.at, now_ms=now),
            ),
            each.text,
        )
        for each in found.file.content.talk
    ]


def _answered(found: Case) -> str:
    by = found.file.answered_by
    return found.names.get(by, "") if by else ""


def _story(found: Case, now: int) -> list[tuple[str, str]]:
    """How it came to this."""
    w, file = words("correction").steps, found.file
    helped = file.helper is not None
    steps = [(file.asked_at, w.asked_helped(who=found.names.get(file.helper, ""))
              if file.helper and helped else w.asked)]  # fmt: skip
    if file.overdue_at:
        steps.append((file.overdue_at, w.overdue))
    if file.answered_at and file.outcome not in (Outcome.WITHDRAWN, Outcome.REPLACED):
        steps.append((file.answered_at, w.answered(who=_answered(found))))
    if file.appealed_at:
        steps.append((file.appealed_at, w.appealed))
    if file.ruled_at and file.ruled_by:
        steps.append((file.ruled_at, w.ruled(who=found.names.get(file.ruled_by, ""))))
    return [(times.moment_text(at, now_ms=now), text) for at, text in sorted(steps)]
