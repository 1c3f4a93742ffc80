"""The day report of a checkup day: page, PDF, CSV, each summed at the moment somebody looks.
Reading: server/actions/checkup/report.py.
"""

import asyncio
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.checkup.report import DayReport, day_report
from server.actions.lists.sheets import write_csv
from server.console.board import csv_answer
from server.console.checkup_after_letters import pdf_answer
from server.console.door import page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.pages import times
from server.pages.checkup_report_page import Facts, pdf_of, rows_of, tables
from server.pages.words import words as page_words
from server.rules.checkup_days import READS

AnyRequest = Request[Any, Any, Any]
HERE: Final = "checkup"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/{day:str}/report", roles=READS)
    async def show(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        found = await day_report(console.site, signed_of(request), id_of(day))
        w = words("checkup_after")
        keys = (Key("P", w.report.pdf), Key("D", w.report.csv), Key("Escape", w["keys"].back))
        here = Page("checkup_report.html.j2", "checkup_after", w.report.title, HERE, keys)
        made = times.civil(found.made_at)
        return await console.page(
            request, here, found=found, day=day, tables=tables(found.report, _facts(found)),
            made=page_words("checkup_report").made(
                when=times.long_day(made.date()), clock=made.strftime("%H:%M")
            ),
        )  # fmt: skip

    @page("/checkup/{day:str}/report.pdf", roles=READS)
    async def pdf(request: AnyRequest, day: FromPath[str]) -> Response[bytes]:
        found = await day_report(console.site, signed_of(request), id_of(day))
        facts = _facts(found)
        raw = await asyncio.to_thread(
            pdf_of, tables(found.report, facts), facts, font=console.site.font
        )
        return pdf_answer(raw, "report.pdf")

    @page("/checkup/{day:str}/report.csv", roles=READS)
    async def sheet(request: AnyRequest, day: FromPath[str]) -> Response[bytes]:
        found = await day_report(console.site, signed_of(request), id_of(day))
        facts = _facts(found)
        rows = rows_of(tables(found.report, facts), facts)
        return csv_answer(write_csv(rows), "report.csv")

    return [show, pdf, sheet]


def _facts(found: DayReport) -> Facts:
    return Facts(
        found.day.on, found.day.place, found.facility, found.lead, found.made_at,
        {group: (each.done, each.target) for group, each in found.years.items()},
        found.results, found.told, found.open,
    )  # fmt: skip
