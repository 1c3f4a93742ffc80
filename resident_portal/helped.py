"""代办: what members of staff did for the resident at a desk, and the way to take it back."""

from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from resident_portal import said
from resident_portal.door import page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.words import words
from server.actions.residents import helped
from server.pages.web import AnyRequest

UNDO: Final = {
    "switch": "/portal/switch",
    "consent": "/portal/consent/{subject}",
    "correction": "/portal/correct/{subject}",
    "appeal": "/portal/correct",
    "family": "/portal/family",
    "phone": "/portal/account",
    "channel": "/portal/inbox",
    "confirmation": "/portal/confirmations",
    "booking": "/portal/checkup/day/{subject}",
}
"""Where an act is taken back, by its code; an act without a line can only be asked about."""


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/helped")
    async def every(request: AnyRequest) -> Response[Any]:
        w, now = words("helped"), portal.site.clock()
        done = await helped.helped(portal.site, visitor_of(request).resident)
        return portal.page(
            request, Page("helped.html.j2", "helped", w.title, back="/portal/"),
            lines=[
                {
                    "what": w.acts.get(each.what, w.acts.other),
                    "by": w.by(who=each.staff, facility=each.facility),
                    "when": said.moment(each.at, now),
                    "undone": said.moment(each.undone_at, now) if each.undone_at else "",
                    "undo": UNDO[each.what].format(subject=each.subject.hex())
                    if each.what in UNDO and each.undone_at is None
                    else "",
                }
                for each in done
            ],
        )  # fmt: skip

    return [every]
