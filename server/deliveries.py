"""The message gateway's door: one call, by which it reports what became of a message.

Signed with the key shared with it; everything that is not is refused alike, and a report about a
message that is not here is answered like any other (docs/OPERATIONS.md, Messages to residents).
"""

from typing import Any

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from server.actions.keeping.site import Site
from server.actions.notices.gateway import NONCE, SIGNATURE, TIME
from server.actions.notices.reports import BYTES_MAX, take_report


def handlers(site: Site) -> list[HTTPRouteHandler]:
    """POST /notices/v1/report of that site."""

    @post("/notices/v1/report", status_code=204, request_max_body_size=BYTES_MAX)
    async def report(request: Request[Any, Any, Any]) -> Response[None]:
        body, said = await request.body(), request.headers
        await take_report(
            site, body, time=said.get(TIME, ""), nonce=said.get(NONCE, ""),
            signature=said.get(SIGNATURE, ""),
        )  # fmt: skip
        return Response(None, status_code=204, headers={"cache-control": "no-store"})

    return [report]
