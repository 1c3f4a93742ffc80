"""Lists of organisations, villages and staff from a file: sent, looked at, taken over."""

from typing import Any, Final, cast

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.places import office_import, office_template
from server.actions.places.office_import import BYTES_MAX, Taken, counts_of
from server.actions.places.office_lists import LISTS, NEEDED, LineFault
from server.console.door import action, page
from server.console.frame import Console, Page, signed_of
from server.console.organisations import HERE, WRITERS, id_of
from server.console.words import words
from server.errors import NotYours, Refusal
from server.pages.web import HEADERS, see
from server.rules.accounts import may_make

AnyRequest = Request[Any, Any, Any]
MOST: Final = BYTES_MAX + 64 * 1024  # the form around the file
SHOWN: Final = 200  # faults on one page
PATH: Final = "/console/organisation-list"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_sending(console), *_deciding(console)]


def _sheet() -> Page:
    return Page(
        "organisation_list.html.j2", "organisations", words("organisations").list.title, HERE
    )


async def _faulty(console: Console, request: AnyRequest, faults: list[LineFault]) -> Response[str]:
    shown = faults[:SHOWN]
    return await console.page(
        request, _sheet(), status=422, step="faults", faults=shown, n=len(faults)
    )


def _sending(console: Console) -> list[HTTPRouteHandler]:
    w = words("organisations")

    async def start(request: AnyRequest, say: str = "") -> Response[str]:
        return await console.page(
            request, _sheet(), status=422 if say else 200, step="send", say=say, lists=LISTS,
            needed=NEEDED, csv=office_template.CSV, workbook=office_template.WORKBOOK,
        )  # fmt: skip

    @page("/organisation-list", roles=WRITERS)
    async def begin(request: AnyRequest) -> Response[str]:
        return await start(request)

    @action("/organisation-list", roles=WRITERS, most=MOST)
    async def send(request: AnyRequest) -> Response[Any]:
        form = await request.form()
        file = cast("object", form.get("file"))
        data = await file.read() if isinstance(file, UploadFile) else b""
        if not data:
            return await start(request, w.list.missing)
        try:
            name = await office_import.send(console.site, signed_of(request), data)
        except NotYours:
            raise
        except Refusal as refused:
            return await start(request, refused.say)
        return see(f"{PATH}/{name.hex()}")

    @page("/organisation-list/template/{name:str}", roles=WRITERS)
    async def template(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:  # noqa: ARG001
        data = office_template.file_of(name)
        if data is None:
            raise NotYours
        kind = "text/csv" if name.endswith(".csv") else _XLSX
        headers = HEADERS | {"content-disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type=kind, headers=headers)

    return [begin, send, template]


def _deciding(console: Console) -> list[HTTPRouteHandler]:
    @page("/organisation-list/{upload:str}", roles=WRITERS)
    async def look(request: AnyRequest, upload: FromPath[str]) -> Response[str]:
        signed = signed_of(request)
        found = await office_import.look(console.site, signed, id_of(upload))
        if found.faults:
            return await _faulty(console, request, found.faults)
        accounts = sum(
            bool(each.login) and may_make(signed.role, each.role) for each in found.people.values()
        )
        return await console.page(
            request, _sheet(), step="ok", counts=counts_of(found), accounts=accounts, upload=upload,
            empty=found.empty,
        )  # fmt: skip

    @action("/organisation-list/{upload:str}/take", roles=WRITERS)
    async def take(request: AnyRequest, upload: FromPath[str]) -> Response[Any]:
        taken = await office_import.take_over(console.site, signed_of(request), id_of(upload))
        if not isinstance(taken, Taken):
            return await _faulty(console, request, list(taken))
        address = str(request.base_url).rstrip("/")
        links = [
            (name, link.login, f"{address}/console/invite/{link.token}")
            for name, link in taken.links
        ]
        return await console.page(request, _sheet(), step="done", counts=taken, links=links)

    @action("/organisation-list/{upload:str}/drop", roles=WRITERS)
    async def drop(request: AnyRequest, upload: FromPath[str]) -> Response[Any]:
        await office_import.drop(console.site, signed_of(request), id_of(upload))
        return see(PATH)

    return [look, take, drop]


_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
