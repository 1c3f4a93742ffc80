"""Style sheets, the script and the icon of the console. Their address changes with their content,
so the browser may keep them.
"""

from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.console.door import open_page
from server.console.frame import Console, asset, files
from server.errors import NotFound
from server.pages.web import KEEP

_TYPES: Final = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}


def handlers(_: Console) -> list[HTTPRouteHandler]:
    content = files()

    @open_page("/static/{mark:str}/{name:str}")
    async def static(mark: FromPath[str], name: FromPath[str]) -> Response[Any]:
        if name not in content or asset(name) != f"/console/static/{mark}/{name}":
            raise NotFound
        kind = _TYPES[name.rpartition(".")[2]]
        return Response(content[name], media_type=kind, headers=KEEP)

    return [static]
