"""来过 / 没来过: one plain question a service; three answers of equal weight, none chosen before.

What the resident says is written down at once and shown back; the facility cannot take it away. A
relative sees and answers it as well: whether visits happened is what a helper may always see.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import said
from resident_portal.door import action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.home_parts import PARTS, Matter, Place, Section
from resident_portal.ids import id_of
from resident_portal.words import words
from server.actions.confirmations import answers, denials
from server.actions.confirmations.answers import Question, Said, Saying
from server.actions.residents.visits import Visitor
from server.actions.residents.whose import refusal
from server.errors import RuleSaysNo
from server.pages import times
from server.pages.web import AnyRequest, posted, see
from server.records.values import Fault, FaultCode
from server.rules import confirmations as rule
from server.rules.confirmations import Answer, Channel, Satisfaction
from server.rules.family import Act

HOME = "/portal/confirmations"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as pages show it. `day` and `rest`: the sentence in plain words, in two parts that
    are better not broken; `more`: how many others wait.
    """

    question: Question
    day: str
    rest: str
    answered: str
    more: int = 0

    @property
    def sentence(self) -> str:
        return f"{self.day}{self.rest}"


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    site = portal.site

    @page("/confirmations")
    async def every(request: AnyRequest) -> Response[Any]:
        visitor = visitor_of(request)
        found = await answers.seen_by(site, visitor.acting)
        shown = [_asked(portal, each) for each in found]
        return portal.page(
            request, Page("confirmations.html.j2", "confirmations", words("confirmations").title,
                          back="/portal/"),
            waiting=[each for each in shown if each.question.answer is None],
            answered=[each for each in shown if each.question.answer is not None],
            acts=await _acts(portal, visitor),
        )  # fmt: skip

    @page("/confirmations/{name:str}")
    async def one(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _one(portal, request, name)

    @action("/confirmations/{name:str}")
    async def say(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        visitor, typed, w = visitor_of(request), await posted(request), words("confirmations")
        saying, faults = _saying(typed)
        if not faults:
            channel = Channel.PORTAL if visitor.own else Channel.FAMILY
            try:
                await answers.answer(site, visitor.acting, id_of(name), saying, channel)
            except RuleSaysNo as no:
                faults = (
                    Fault("words", FaultCode.CONTRADICTION, w.no.get(no.detail, w.no.otherwise)),
                )
        if faults:
            return await _one(portal, request, name, typed=typed, faults=faults)
        return see(f"{HOME}/{name}?said=1")

    return [every, one, say]


async def _acts(portal: Portal, visitor: Visitor) -> bool:
    """Whether the answers are this person's to give; whoever may not is only shown the question."""
    asked = partial(refusal, site=portal.site, acting=visitor.acting, act=Act.ANSWER)
    return await portal.site.store.read(asked) is None


def _asked(portal: Portal, of: Question, more: int = 0) -> Asked:
    """The question in plain words, and when it was answered."""
    w = words("confirmations")
    today = times.civil(portal.site.clock()).date()
    day = w.ask_day(day=said.day(of.day, today))
    rest = w.ask[of.service](who=of.staff_name, where=of.facility_name)
    at = said.day_of(of.answered_at, portal.site.clock()) if of.answered_at else ""
    return Asked(of, day, rest, at, more)


def _saying(typed: dict[str, list[str]]) -> tuple[Saying, tuple[Fault, ...]]:
    w = words("confirmations")
    chosen = (typed.get("answer") or [""])[0]
    graded = (typed.get("satisfaction") or [""])[0]
    own = "\n".join(typed.get("words", ())).replace("\r\n", "\n").strip()
    faults: list[Fault] = []
    if chosen not in tuple(Answer):
        faults.append(Fault("answer", FaultCode.MISSING, w.answer_missing))
    if graded not in ("", *Satisfaction):
        faults.append(Fault("satisfaction", FaultCode.UNKNOWN_CODE, w.satisfaction_unknown))
    if len(own) > answers.WORDS_MAX:
        faults.append(Fault("words", FaultCode.OUT_OF_RANGE, w.no.too_long))
    if faults:
        return Saying(Answer.UNSURE), tuple(faults)
    grade = Satisfaction(graded) if graded else None
    return Saying(Answer(chosen), grade, own), ()


async def _one(
    portal: Portal, request: AnyRequest, name: str, *,
    typed: dict[str, list[str]] | None = None, faults: tuple[Fault, ...] = (),
) -> Response[Any]:  # fmt: skip
    visitor, site, w = visitor_of(request), portal.site, words("confirmations")
    found = await answers.one_seen_by(site, visitor.acting, id_of(name))
    history = await site.store.read(partial(answers.history, site=site, name=found.id))
    denial = await site.store.read(partial(denials.told_of, site=site, name=found.id))
    now = site.clock()
    over = now > found.asked_at + rule.table().answer_days * 86_400_000
    return portal.page(
        request, Page("confirmation.html.j2", "confirmations", w.title, back=HOME),
        status=422 if faults else 200, asked=_asked(portal, found), over=over, denial=denial,
        acts=await _acts(portal, visitor),
        history=_lines(history, now), just_said="said" in request.query_params, faults=faults,
        typed=(typed or {}).get("words", [""])[0], chosen=(typed or {}).get("answer", [""])[0],
        graded=(typed or {}).get("satisfaction", [found.satisfaction])[0],
    )  # fmt: skip


def _lines(history: tuple[Said, ...], now: int) -> list[dict[str, Any]]:
    w = words("confirmations")
    return [
        {
            "when": said.moment(each.at, now), "answer": w.answers[each.answer],
            "satisfaction": w.satisfactions.get(each.satisfaction), "words": each.words,
            "channel": w.channels[each.channel], "marked": each.marked,
        }
        for each in history
    ]  # fmt: skip


async def on_home(portal: Portal, visitor: Visitor) -> list[Matter | Section]:
    """The newest question that waits, with its three answers; denials that are open."""
    site, w = portal.site, words("confirmations")
    found = await answers.seen_by(site, visitor.acting)
    today = times.civil(site.clock()).date()
    parts: list[Matter | Section] = []
    denied = next((each for each in found if each.answer is Answer.NOT), None)
    if denied is not None:
        href, day = f"{HOME}/{denied.id.hex()}", said.day(denied.day, today)
        told = await site.store.read(partial(denials.told_of, site=site, name=denied.id))
        state = w.denied_found if told is not None and told.state == "found" else w.denied_state
        title = w.denied_title if visitor.own else w.denied_other(name=visitor.card.name)
        parts.append(Matter(href, title, day, "voice", "voice", state))
    since = site.clock() - rule.table().answer_days * 86_400_000
    waiting = [each for each in found if each.answer is None and each.asked_at > since]
    if waiting and await _acts(portal, visitor):
        asked = _asked(portal, waiting[0], len(waiting) - 1)
        parts.append(Section(Place.QUESTION, "confirmation_part.html.j2", "confirmations", asked))
    return parts


PARTS.append(on_home)
