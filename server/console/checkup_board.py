"""The board of a checkup day: a page of its own without the rail, which moves by itself.

The parts that change are drawn once for everybody who looks (server/actions/checkup/board_watch.py)
and sent as server-sent events; they hold masked names and tickets, no values and nothing of a
session. Reading and calling back: server/actions/checkup/board.py.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from server.actions.checkup import board as boards
from server.actions.checkup.board import GONE_SHOWN, Board
from server.actions.checkup.board_watch import Ended, Listener, Watch
from server.console.checkup_board_words import Shown, shown_of
from server.console.door import action, look, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.pages import times
from server.pages.web import HEADERS, posted, see
from server.rules.checkup_days import PREPARES

AnyRequest = Request[Any, Any, Any]
RETRY_MS: Final = 3_000
PARTS: Final = Page("checkup_board_parts.html.j2", "checkup_board", "")


@dataclass(slots=True)
class Drawing:
    """The newest board of a day as it was drawn: one text for all who look."""

    board: Board
    text: str


def handlers(console: Console) -> list[HTTPRouteHandler]:
    watch, drawn = Watch(console.site), dict[bytes, Drawing]()

    @page("/checkup/{day:str}/board", roles=PREPARES)
    async def board(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        found = await boards.board_of(console.site, signed_of(request), id_of(day))
        w = words("checkup_board")
        keys = (
            Key("M", w["keys"].gone), Key("F", w["keys"].screen), Key("D", w["keys"].alarm),
            Key("R", w["keys"].refresh),
        )  # fmt: skip
        here = Page("checkup_board.html.j2", "checkup_board", w.title, "checkup", keys)
        return await console.page(request, here, board=shown_of(found))

    @look("/checkup/{day:str}/board/parts", roles=PREPARES)
    async def parts(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        """The parts alone, for a page that is not sent them."""
        found = await boards.board_of(console.site, signed_of(request), id_of(day))
        return console.draw(PARTS, signed=None, board=shown_of(found))

    @look("/checkup/{day:str}/board/live", roles=PREPARES)
    async def live(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        signed, which = signed_of(request), id_of(day)
        await boards.check_own(console.site, signed, which)
        if watch.close not in console.site.closing:
            console.site.closing.append(watch.close)
        listener = watch.join(which, signed)
        said = _said(console, watch, listener, drawn)
        return ServerSentEvent(said, headers=dict(HEADERS), retry_duration=RETRY_MS)

    @action("/checkup/{day:str}/call", roles=PREPARES)
    async def call(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        typed, signed = await posted(request), signed_of(request)
        for name, act in (("call", boards.call_back), ("undo", boards.undo_call)):
            if typed.get(name):
                await act(console.site, signed, id_of(day), id_of(typed[name][0]))
        return see(f"/console/checkup/{day}/board")

    return [board, parts, live, call]


async def _said(
    console: Console, watch: Watch, listener: Listener | None, drawn: dict[bytes, Drawing]
) -> AsyncGenerator[ServerSentEventMessage]:
    """What one page is sent. One that finds no place is told, and asks by itself now and then."""
    if listener is None:
        yield ServerSentEventMessage(event="crowded", data="-")
        return
    async for turn in watch.turns(listener):
        match turn:
            case Board():
                yield ServerSentEventMessage(event="board", data=_text(console, drawn, turn))
                yield _beat(console)
            case Ended.CLOSING:
                return  # the browser comes back by itself
            case Ended():
                yield ServerSentEventMessage(event="ended", data=turn.value)
            case None:
                yield _beat(console)


def _beat(console: Console) -> ServerSentEventMessage:
    now = console.site.clock()
    said = words("ui").updated(when=times.moment_text(now, now_ms=now))
    return ServerSentEventMessage(event="beat", data=said)


def _text(console: Console, drawn: dict[bytes, Drawing], board: Board) -> str:
    found = drawn.get(board.day.day)
    if found is None or found.board is not board:
        answer = console.draw(PARTS, signed=None, board=shown_of(board))
        found = drawn[board.day.day] = Drawing(board, answer.content)
    return found.text


__all__ = ["GONE_SHOWN", "Shown", "handlers"]
