"""Who opened which archive, and what happened to accounts. Reading it is noted as well."""

import re
from datetime import date
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from server.actions.accounts.audit_reading import BACK_DAYS, NEWEST, READERS, Wanted, read_audit
from server.console.door import action, page
from server.console.frame import Console, Page, signed_of
from server.console.words import words
from server.pages import forms
from server.pages.forms import Filled
from server.pages.web import posted
from server.records.model import Day
from server.records.values import Fault, FaultCode

_ID = re.compile(r"[0-9a-f]{32}")

AnyRequest = Request[Any, Any, Any]


def handlers(console: Console) -> list[HTTPRouteHandler]:
    w = words("audit")
    sheet = Page("audit.html.j2", "audit", w.title, here="audit")

    async def draw(request: AnyRequest, wanted: Wanted, filled: Filled) -> Response[str]:
        seen, choices = await read_audit(console.site, signed_of(request), wanted)
        return await console.page(
            request, sheet, status=422 if filled.faults else 200, filled=filled, seen=seen,
            choices=choices, newest=NEWEST, back_days=BACK_DAYS, account=words("account"),
        )  # fmt: skip

    @page("/audit", roles=READERS)
    async def newest(request: AnyRequest) -> Response[str]:
        return await draw(request, Wanted(), forms.EMPTY)

    @action("/audit", roles=READERS)
    async def chosen(request: AnyRequest) -> Response[str]:
        filled = Filled(await posted(request))
        day, fault = _day(filled, w.day_unreadable)
        if fault is not None:
            filled = filled.but(fault)
        wanted = Wanted(_id(filled.text("staff")), _id(filled.text("facility")), day)
        return await draw(request, wanted, filled)

    return [newest, chosen]


def _id(text: str) -> bytes | None:
    return bytes.fromhex(text) if _ID.fullmatch(text) else None


def _day(filled: Filled, unreadable: str) -> tuple[date | None, Fault | None]:
    value = forms.value_of(Day(), [filled.text("day")])
    if value is None:
        return None, None
    try:
        return date.fromisoformat(value), None
    except ValueError:
        return None, Fault("day", FaultCode.WRONG_TYPE, unreadable)
