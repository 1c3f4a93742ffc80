"""The page of one task: what it is about, in words why it waits, and the buttons that end it."""

from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives import matters
from server.actions.archives.decision_notes import MOST
from server.actions.archives.matters import Act, Matter
from server.console import queue_words
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import WORKERS, allergy_names, id_of, row_of
from server.console.rail import QUEUES
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import times, values
from server.pages.forms import Filled, Posted
from server.pages.web import posted, see
from server.records.values import Fault, FaultCode

AnyRequest = Request[Any, Any, Any]
KEYS: Final = {
    "accept": "A", "release": "A", "keep_both": "A", "close": "A", "confirm": "A", "switch": "A",
    "reinstate": "R", "decline": "D", "void": "D",
}  # fmt: skip
QUIETLY: Final = frozenset({"decline"})  # ways that need a reason in words


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of before and after, or of two records side by side."""

    label: str
    cells: tuple[str, ...]
    differs: bool


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/matter/{kind:str}/{subject:str}", roles=WORKERS)
    async def matter(
        request: AnyRequest, kind: FromPath[str], subject: FromPath[str]
    ) -> Response[Any]:
        found = await _opened(console, request, kind, subject)
        return await _draw(console, request, found, {}, ())

    @action("/matter/{kind:str}/{subject:str}", roles=WORKERS)
    async def end(
        request: AnyRequest, kind: FromPath[str], subject: FromPath[str]
    ) -> Response[Any]:
        typed = await posted(request)
        faults = _faults(typed)
        if not faults:
            try:
                await matters.end(
                    console.site, signed_of(request), kind, id_of(subject), _act(typed, kind)
                )
            except RuleSaysNo as no:
                w = words("matter")
                said = w.refused.get(no.detail, w.refused.otherwise)
                faults = (Fault("text", FaultCode.CONTRADICTION, said),)
        if faults:
            found = await _opened(console, request, kind, subject)
            return await _draw(console, request, found, typed, faults)
        return see(f"/console/matter/{kind}/{subject}")

    @page("/quarantine/{tablet:str}", roles=WORKERS)
    async def quarantined(request: AnyRequest, tablet: FromPath[str]) -> Response[Any]:
        return await _quarantine(console, request, tablet, {}, ())

    @action("/quarantine/{tablet:str}", roles=WORKERS)
    async def end_all(request: AnyRequest, tablet: FromPath[str]) -> Response[Any]:
        typed = await posted(request)
        faults = _faults(typed)
        if faults:
            return await _quarantine(console, request, tablet, typed, faults)
        signed, act = signed_of(request), _act(typed, "quarantine")
        done, left = await matters.end_all(console.site, signed, id_of(tablet), act)
        if left:
            return see(f"/console/quarantine/{tablet}?done={done}&left={left}")
        return see("/console/queue/quarantine?which=done")

    return [matter, end, quarantined, end_all]


def _text(typed: Posted) -> str:
    return "\n".join(typed.get("text", ())).replace("\r\n", "\n").strip()


def _way(typed: Posted) -> str:
    return (typed.get("way") or [""])[0]


def _act(typed: Posted, kind: str) -> Act:
    return Act(_way(typed), _text(typed), words("matter").reason.get(kind))


def _faults(typed: Posted) -> tuple[Fault, ...]:
    w = words("matter")
    if _way(typed) in QUIETLY and not _text(typed):
        return (Fault("text", FaultCode.MISSING, w.reason_missing),)
    if len(_text(typed)) > MOST:
        return (Fault("text", FaultCode.OUT_OF_RANGE, w.text_long(most=MOST)),)
    return ()


async def _opened(console: Console, request: AnyRequest, kind: str, subject: str) -> Matter:
    reason = words("matter").reason.get(kind)
    return await matters.open_matter(console.site, signed_of(request), kind, id_of(subject), reason)


async def _draw(
    console: Console, request: AnyRequest, found: Matter, typed: Posted, faults: tuple[Fault, ...]
) -> Response[Any]:
    w, now = words("matter"), console.site.clock()
    task, card = found.line.task, found.line.card
    closed = task.closed_at is not None
    keys = [Key(KEYS[way], w.ways[task.kind][way]) for way in found.ways]
    plain, marked = _sentence(found)
    return await console.page(
        request,
        Page(
            "matter.html.j2", "matter", queue_words.matter(task.kind), here=_queue_of(task.kind),
            keys=(*keys, Key("Esc", words("ui")["keys"].back)),
        ),
        status=422 if faults else 200, found=found, row=row_of(found.line), closed=closed,
        card=card, qw=words("queue"), ways=[(way, KEYS[way]) for way in found.ways],
        filled=Filled(typed, {}, faults), text=_text(typed), plain=plain, marked=marked,
        person=values.person_line(card, times.civil(now).date()) if card else "",
        allergy_text=_allergy(found), left=None if closed else times.left(task.due_at, now),
        due=times.long_day(times.civil(task.due_at).date()), compared=_compared(found),
        heads=_heads(found), why=_why(found), facts=_facts(found, now), back=_back(task.kind),
        say=w.say.get(task.kind), note_label=_note_label(found),
    )  # fmt: skip


def _queue_of(kind: str) -> str:
    return next((each.key for each in QUEUES if kind in each.kinds), "all")


def _back(kind: str) -> str:
    return next((each.path for each in QUEUES if kind in each.kinds), "/console/")


def _allergy(found: Matter) -> str:
    names = allergy_names(found.allergies)
    return words("conflict").allergy(what=words("queue").and_.join(names)) if names else ""


def _sentence(found: Matter) -> tuple[str, str]:
    """The computed sentence: what is plain, what is marked."""
    w, task = words("matter"), found.line.task
    if task.closed_at is not None:
        result = words("queue").results.get(task.result, task.result)
        return w.closed, result
    form = w.sentences.get(task.kind)
    plain, _, marked = form.partition("|")
    places = {
        "who": words("queue").and_.join(found.line.staff) or w.somebody,
        "what": queue_words.content(found.line).split(words("queue").comma)[0],
        "tablet": queue_words.tablets(found.line) if found.line.tablets else w.one_tablet,
    }
    return plain.format(**places), marked.format(**places)


def _why(found: Matter) -> str:
    """Why it waits, in words; what the values' own sentences say comes below."""
    reason = found.tale.reason if found.tale else ""
    if found.hidden and not queue_words.why_text(found.line.about):
        return ""
    return words("matter").why.get(reason) or queue_words.reason_text(reason)


def _note_label(found: Matter) -> str:
    return words("matter").note.get(found.line.task.kind, words("matter").note.otherwise)


def _heads(found: Matter) -> tuple[str, ...]:
    w = words("matter")
    if found.beside:
        return tuple(
            w.record_head(who=who, when=values.moment(each.recorded_at))
            for each, who in found.beside
        )
    return (w.now, w.wanted) if found.asked else (w.said,)


def _compared(found: Matter) -> list[Compared]:
    """Rows of label and values: before and after, two records, or one form."""
    if found.asked:
        return [
            Compared(
                values.cell_label(each.cell),
                (values.cell_text(each.cell, each.now), values.cell_text(each.cell, each.wanted)),
                True,
            )
            for each in found.asked
        ]  # fmt: skip
    if found.beside:
        return _side_by_side(found)
    if found.tale is None or found.tale.change is None:
        return []
    change = found.tale.change
    wrong = {fault.field.partition("/")[0] for fault in found.faults}
    rows = [
        Compared(label, (said,), name in wrong)
        for name, label, said in values.named_rows(change.kind, change.v, found.body)
    ]
    return sorted(rows, key=lambda each: not each.differs)


def _side_by_side(found: Matter) -> list[Compared]:
    columns = [
        {label: said for _, label, said in values.named_rows(r.change.kind, r.change.v, r.form())}
        for r, _ in found.beside
    ]
    labels = dict.fromkeys(label for column in columns for label in column)
    nothing = str(words("values").nothing)
    rows = [tuple(column.get(label, nothing) for column in columns) for label in labels]
    found_rows = [
        Compared(label, said, len(set(said)) > 1) for label, said in zip(labels, rows, strict=True)
    ]
    return sorted(found_rows, key=lambda each: not each.differs)


def _facts(found: Matter, now: int) -> list[tuple[str, str]]:
    """Who, where, when: beside the content."""
    w, line = words("matter").facts, found.line
    facts: list[tuple[str, str]] = []
    if found.tale is not None:
        tale = found.tale
        facts.append((w.who, words("queue").and_.join(line.staff) or w.nobody))
        facts.append((w.written, times.moment_text(tale.recorded_at, now_ms=now)))
        if tale.offline:
            facts.append((w.arrived, times.moment_text(tale.received_at, now_ms=now)))
        if tale.shape == "event":
            facts.append((w.service_day, values.plain_day(tale.day)))
        credit = w.credits.get(tale.credit)
        if line.task.kind == "late_visit" and credit:
            facts.append((w.credit, credit))
    if line.tablets:
        facts.append((w.tablet, words("queue").and_.join(line.tablets)))
    if found.batch is not None:
        facts.append((w.arrived, times.moment_text(found.batch.received_at, now_ms=now)))
        facts.append((w.changes, str(found.batch.changes)))
    if line.task.closed_at is None:
        facts.append((w.holder, line.holder or words("queue").panel.nobody))
    return facts


async def _quarantine(
    console: Console, request: AnyRequest, tablet: str, typed: Posted, faults: tuple[Fault, ...]
) -> Response[Any]:
    lines = await matters.quarantined(console.site, signed_of(request), id_of(tablet))
    w, asked = words("matter"), request.query_params
    done, left = asked.get("done", ""), asked.get("left", "")
    told = (
        w.some_left(done=int(done), left=int(left)) if done.isdecimal() and left.isdecimal() else ""
    )
    ui = words("ui")["keys"]
    return await console.page(
        request,
        Page(
            "quarantine.html.j2", "matter", w.quarantine_title, here="quarantine",
            keys=(Key("J", ui.down), Key("K", ui.up), Key("Enter", ui.open), Key("A", w.all_in),
                  Key("D", w.all_out), Key("Esc", ui.back)),
        ),
        status=422 if faults else 200, rows=[row_of(each) for each in lines], tablet=tablet,
        label=queue_words.tablets(lines[0]) if lines[0].tablets else w.one_tablet, told=told,
        filled=Filled(typed, {}, faults), text=_text(typed), qw=words("queue"),
    )  # fmt: skip
