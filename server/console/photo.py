"""One picture of an archive or of a facility's own work, for those whom the gate lets in.

An archive is opened for it like for any page, and logged; where the gate asks why, the page of the
archive does.
"""

from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives import opening
from server.actions.archives.opening import AskWhy
from server.actions.attachments import taken
from server.actions.facility_work.pictures import picture_of
from server.console.door import page
from server.console.frame import Console, signed_of
from server.console.home import WORKERS, id_of
from server.errors import NotFound
from server.pages.web import HEADERS, AnyRequest, see
from server.rules.facility_work import READS

_NAME_SIZE: Final = 64


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/archive/{resident:str}/photos/{name:str}", roles=WORKERS)
    async def of_archive(
        request: AnyRequest, resident: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        picture = name_of(name)
        opened = await opening.open_for(console.site, signed_of(request), id_of(resident))
        if isinstance(opened, AskWhy):
            return see(f"/console/archive/{resident}")
        kind, content = await taken.open_picture(
            console.site, opened.resident, picture, classes=opened.classes
        )
        return Response(content, media_type=kind, headers=HEADERS)

    @page("/work/record/{record:str}/photos/{name:str}", roles=READS)
    async def of_work(
        request: AnyRequest, record: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        kind, content = await picture_of(
            console.site, signed_of(request), id_of(record), name_of(name)
        )
        return Response(content, media_type=kind, headers=HEADERS)

    return [of_archive, of_work]


def name_of(text: str) -> bytes:
    """The id of a picture from an address. Raises NotFound."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(text) != _NAME_SIZE or len(found) * 2 != _NAME_SIZE:
        raise NotFound("picture")
    return found
