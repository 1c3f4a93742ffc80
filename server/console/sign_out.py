"""Leaving: the session ends at the server, not only in the browser."""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from server.actions.accounts import sessions
from server.console.door import SIGN_IN, action, session_cookie
from server.console.frame import Console, signed_of
from server.pages.web import HEADERS
from server.rules.accounts import EVERYBODY


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @action("/sign-out", roles=EVERYBODY)
    async def sign_out(request: Request[Any, Any, Any]) -> Response[str]:
        await sessions.end(console.site, signed_of(request).session)
        leave = {"location": f"{SIGN_IN}?why=left", **session_cookie(request, "")}
        return Response("", status_code=303, headers={**HEADERS, **leave})

    return [sign_out]
