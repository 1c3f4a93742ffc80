"""What residents read of a facility: telephone, hours and address of its counter."""

from datetime import date
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.places import counter, organisations
from server.actions.places.counter import Counter
from server.console.door import action, page
from server.console.frame import Console, Page, signed_of
from server.console.organisations import HERE, WRITERS, id_of
from server.console.words import words
from server.errors import NotYours
from server.pages import times
from server.pages.forms import Filled, filled_from, read_form
from server.pages.web import AnyRequest, posted, see
from server.records.model import Field, Kind, Shape, Text

PHONE: Final = Text(5, 24, r"[0-9+() -]+")
PLACE: Final = Text(2, 100)


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/organisations/{facility:str}/counter", roles=WRITERS)
    async def show(request: AnyRequest, facility: FromPath[str]) -> Response[str]:
        now = await counter.counter(console.site, id_of(facility))
        told = {"phone": now.phone, "hours": now.hours, "address": now.address}
        filled = filled_from(_kind(), {name: value for name, value in told.items() if value})
        return await _draw(console, request, facility, filled)

    @action("/organisations/{facility:str}/counter", roles=WRITERS)
    async def change(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        today = times.civil(console.site.clock()).date()
        filled = read_form(_kind(), await posted(request), today=today)
        if filled.hard:
            return await _draw(console, request, facility, filled)
        new = Counter(**{name: str(value) for name, value in filled.values.items()})
        await counter.save(console.site, signed_of(request), id_of(facility), new)
        return see(f"/console/organisations/{facility}")

    return [show, change]


def _kind() -> Kind:
    w = words("counter").form
    return Kind(
        id="counter", label=words("counter").title, version=1, valid_from=date(2026, 1, 1),
        shape=Shape.EVENT,
        fields=(
            Field("phone", w.phone, PHONE), Field("hours", w.hours, PLACE),
            Field("address", w.address, PLACE),
        ),
    )  # fmt: skip


async def _draw(
    console: Console, request: AnyRequest, facility: str, filled: Filled
) -> Response[str]:
    w = words("counter")
    found = await organisations.details(console.site, id_of(facility))
    if not counter.may_edit(signed_of(request), found.organisation, found.parent):
        raise NotYours
    return await console.page(
        request, Page("counter.html.j2", "counter", w.title, HERE), filled=filled,
        status=422 if filled.hard else 200, fields=_kind().fields, found=found.organisation,
        back=f"/console/organisations/{facility}",
    )  # fmt: skip
