"""The style sheet and the icon, kept by the browser; the two sizes, chosen by a link."""

import gzip
import re
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from resident_portal.door import open_page
from resident_portal.frame import ELDER, SIZE_COOKIE, STATIC, Portal, asset, style_sheet
from server.errors import NotFound
from server.pages.web import KEEP, AnyRequest, see

_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_OURS: Final = re.compile(r"/portal/[a-z0-9/-]*")
SIZE_DAYS: Final = 365


def handlers(_: Portal) -> list[HTTPRouteHandler]:
    content = {"portal.css": style_sheet()}
    for each in (*STATIC.glob("*.svg"), *STATIC.glob("*.js")):
        content[each.name] = each.read_bytes()
    squeezed = {name: gzip.compress(raw, 9, mtime=0) for name, raw in content.items()}

    @open_page("/static/{mark:str}/{name:str}")
    async def static(
        request: AnyRequest, mark: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        if name not in content or asset(name) != f"/portal/static/{mark}/{name}":
            raise NotFound
        kind, headers = _TYPES[name.rpartition(".")[2]], {**KEEP, "vary": "accept-encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            return Response(squeezed[name], media_type=kind, headers=headers)
        return Response(content[name], media_type=kind, headers=headers)

    @open_page("/size/{size:str}")
    async def size(
        request: AnyRequest, size: FromPath[str], to: FromQuery[str] = "/portal/"
    ) -> Response[Any]:
        if size not in (ELDER, "standard"):
            raise NotFound
        answer = see(to if _OURS.fullmatch(to) else "/portal/")
        secure = request.url.scheme == "https"
        answer.set_cookie(
            SIZE_COOKIE, size, path="/portal", httponly=True, samesite="lax", secure=secure,
            max_age=SIZE_DAYS * 86_400,
        )  # fmt: skip
        return answer

    return [static, size]
