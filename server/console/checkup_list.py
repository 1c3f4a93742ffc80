"""A list of people to invite, from a file: the empty list, the file, what it would do with every
fault by line, and taking it over.
"""

from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.checkup import days, invited_file
from server.actions.checkup.invited_file import LineFault, Taken
from server.actions.checkup.invited_lines import BYTES_MAX
from server.console.board import csv_answer
from server.console.checkup_days import HERE, PATH
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.import_upload import in_memory
from server.console.words import words
from server.errors import NotYours, Refusal, RuleSaysNo
from server.pages import times, values
from server.pages.web import see
from server.rules.checkup_days import PREPARES

AnyRequest = Request[Any, Any, Any]
MOST: Final = BYTES_MAX + 64 * 1024  # the form around the file
SHOWN: Final = 200  # lines on one page
ONE: Final = "/checkup/{day:str}/list"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_sending(console), *_deciding(console)]


def _sending(console: Console) -> list[HTTPRouteHandler]:
    @page(ONE, roles=PREPARES)
    async def begin(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        return await _start(console, request, day)

    @page(ONE + "/template.csv", roles=PREPARES)
    async def template(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        await days.one_of(console.site, signed_of(request), id_of(day))
        return csv_answer(invited_file.template(), "guests.csv")

    @action(ONE, roles=PREPARES, most=MOST, own_csrf=True)
    async def send(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        _, data = await in_memory(request, most=MOST)
        if not data:
            return await _start(console, request, day, words("checkup").upload.missing)
        try:
            upload = await invited_file.send(console.site, signed_of(request), id_of(day), data)
        except NotYours:
            raise
        except RuleSaysNo as no:
            w = words("checkup").no
            return await _start(console, request, day, w.get(no.detail, w.otherwise))
        except Refusal as refused:
            return await _start(console, request, day, refused.say)
        return see(f"{PATH}/{day}/list/{upload.hex()}")

    return [begin, template, send]


def _deciding(console: Console) -> list[HTTPRouteHandler]:
    @page(ONE + "/{upload:str}", roles=PREPARES)
    async def look(request: AnyRequest, day: FromPath[str], upload: FromPath[str]) -> Response[Any]:
        found = await invited_file.look(console.site, signed_of(request), id_of(day), id_of(upload))
        if found.faults:
            return await _faulty(console, request, day, found.faults)
        today = times.civil(console.site.clock()).date()
        ages = {
            seat.who: values.age_text(seat.card.birth, today) if seat.card.birth else ""
            for seat in found.seats[:SHOWN]
        }
        return await _page(
            console, request, day, step="ok", found=found, seats=found.seats[:SHOWN], ages=ages,
            upload=upload, most=SHOWN,
        )  # fmt: skip

    @action(ONE + "/{upload:str}/take", roles=PREPARES)
    async def take(request: AnyRequest, day: FromPath[str], upload: FromPath[str]) -> Response[Any]:
        try:
            taken = await invited_file.take_over(
                console.site, signed_of(request), id_of(day), id_of(upload)
            )
        except RuleSaysNo as no:
            w = words("checkup").no
            return await _start(console, request, day, w.get(no.detail, w.otherwise))
        if not isinstance(taken, Taken):
            return await _faulty(console, request, day, taken)
        n = f"{taken.added}-{taken.booked}-{taken.there}"
        return see(f"{PATH}/{day}/people?listed={n}")

    @action(ONE + "/{upload:str}/drop", roles=PREPARES)
    async def drop(request: AnyRequest, day: FromPath[str], upload: FromPath[str]) -> Response[Any]:
        await invited_file.drop(console.site, signed_of(request), id_of(upload))
        return see(f"{PATH}/{day}/list")

    return [look, take, drop]


async def _start(console: Console, request: AnyRequest, day: str, say: str = "") -> Response[Any]:
    return await _page(console, request, day, status=422 if say else 200, step="send", say=say)


async def _faulty(
    console: Console, request: AnyRequest, day: str, faults: tuple[LineFault, ...]
) -> Response[Any]:
    return await _page(
        console, request, day, status=422, step="faults", faults=faults[:SHOWN], n=len(faults)
    )


async def _page(
    console: Console, request: AnyRequest, day: str, *, status: int = 200, **shown: Any
) -> Response[Any]:
    w = words("checkup")
    found, _ = await days.one_of(console.site, signed_of(request), id_of(day))
    if not days.may_prepare(signed_of(request), found.day.facility):
        raise NotYours
    keys = (Key("Ctrl Enter", w["keys"].list), Key("B", w.back_day))
    return await console.page(
        request, Page("checkup_list.html.j2", "checkup", w.upload.title, HERE, keys),
        status=status, id=day, day=found.day, headings=invited_file.HEADINGS, **shown,
    )  # fmt: skip
