"""The service plan on the page of one archive: what is due and why, and what was done by which
record. Only classes that the opening has let through are read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from server.access import Opened
from server.actions.plan.explain import Explained, kept_plan
from server.console.basis import cited, own_documents
from server.console.frame import Console
from server.console.words import Words, words
from server.pages import times
from server.records.model import Kind
from server.rules.plan.model import Stage

URGENT = (Stage.OVERDUE, Stage.OPEN)


@dataclass(frozen=True, slots=True)
class Shown:
    """One item as drawn. `record`: id of the record that did it, "" for none; `because`: (id, day)
    of records the reason rests on that are in view; `window`: its pieces, none of them broken.
    `form`: kind of the form that fills it now, "" where nobody here may write it.
    """

    label: str
    reason: str
    clause: str
    window: tuple[str, ...]
    tone: str
    state: str
    record: str
    because: tuple[tuple[str, str], ...]
    draft: bool
    form: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """`now`: what can be done today, overdue first; `rest`: later, done, missed."""

    counts: str
    now: tuple[Shown, ...]
    rest: tuple[Shown, ...]

    def first(self, forms: Sequence[Kind]) -> tuple[list[Kind], list[Kind]]:
        """Those forms that something asks for now, in its order, and the rest."""
        asked = list(dict.fromkeys(each.form for each in self.now if each.form))
        now = [each for each in forms if each.id in asked]
        rest = [each for each in forms if each.id not in asked]
        return sorted(now, key=lambda each: asked.index(each.id)), rest


async def section(console: Console, opened: Opened, may: Collection[str]) -> Section:
    """What the page shows of the plan. `may`: the forms that whoever looks may fill in."""
    w, today = words("plan"), times.civil(console.site.clock()).date()
    found = await kept_plan(console.site, opened.resident, opened.classes)
    days = {each.change.id: each.change.on for each in opened.records}
    urgent = [each for each in found if each.stage in URGENT]
    over = sum(_is_late(each) for each in urgent)
    done = sum(each.stage is Stage.DONE for each in found)
    told, own = w.counts_over if over else w.counts, own_documents(console.site)
    return Section(
        told(over=over, open=len(urgent) - over, done=done) if found else w.none,
        tuple(
            replace(_shown(each, days, today, own), form=form_of(each.item.kinds, may))
            for each in sorted(urgent, key=_is_late, reverse=True)
        ),
        tuple(_shown(each, days, today, own) for each in found if each.stage not in URGENT),
    )


def form_of(kinds: Sequence[str], may: Collection[str]) -> str:
    """The form by which something is done, "" for none that may be filled in."""
    return next((each for each in kinds if each in may), "")


def _shown(each: Explained, days: dict[bytes, str], today: date, own: frozenset[str]) -> Shown:
    item, rule, w = each.item, each.rule, words("plan")
    opens, due = (times.day_text(day, today=today) for day in (item.opens, item.due))
    window = [w.window(opens=opens, due=due) if item.opens != item.due else w.by(due=due)]
    if item.closes is not None and item.closes != item.due:
        window.append(w.window_until(closes=times.day_text(item.closes, today=today)))
    tone, state = _state(each, today, w)
    return Shown(
        rule.label, each.reason, _basis(rule.clause, own, w), tuple(window), tone, state,
        item.done.hex() if item.done in days else "",
        tuple(
            (which.hex(), w.record(day=times.day_text(days[which], today=today)))
            for which in each.because
            if which in days and which != item.done
        ),
        rule.draft,
    )  # fmt: skip


def _basis(clause: str, own: frozenset[str], w: Words) -> str:
    """The paragraph a rule rests on, with its document by the name people call it."""
    found = cited(clause, own)
    return w.clause(document=found[0], clause=found[1]) if found else w.clause_default


def _is_late(each: Explained) -> bool:
    """What waits for the next visit anyhow is not called late."""
    return each.stage is Stage.OVERDUE and each.rule.listed


def _state(each: Explained, today: date, w: Words) -> tuple[str, str]:
    """Tone and words of where it stands."""
    item = each.item
    match each.stage:
        case Stage.OVERDUE if _is_late(each):
            return "alarm", w.overdue(n=(today - item.due).days)
        case Stage.OVERDUE | Stage.OPEN:
            return ("due", w.today) if item.due == today else ("wait", w.open)
        case Stage.LATER:
            return "", w.later(day=times.day_text(item.opens, today=today))
        case Stage.DONE:
            assert item.done_on is not None
            return "", w.done_on(day=times.day_text(item.done_on, today=today))
        case Stage.MISSED:
            return "", w.missed
