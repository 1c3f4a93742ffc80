"""Rescue files of tablets, taken in at the console: what became of every batch, line by line."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from multipart import MultipartSegment  # pyright: ignore[reportMissingTypeStubs]

from server.actions.tablets import rescue
from server.actions.tablets.rescue import BYTES_MAX, FILES_MAX, Became, Line
from server.actions.tablets.tablets import KEEPERS
from server.console.door import action, check_csrf, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.import_upload import FIELD_MAX, UploadBroken, pieces
from server.console.words import words
from server.pages.web import CSRF

AnyRequest = Request[Any, Any, Any]
BODY_MAX: Final = BYTES_MAX + 64 * 1024
NAME_SHOWN: Final = 60
DONE: Final = frozenset({Became.TAKEN, Became.REPEAT})


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/devices/rescue", roles=KEEPERS)
    async def ask(request: AnyRequest) -> Response[Any]:
        return await _draw(console, request, ())

    @action("/devices/rescue", roles=KEEPERS, most=BODY_MAX, own_csrf=True)
    async def take(request: AnyRequest) -> Response[Any]:
        files = await _files(request)
        if not files or not any(content for _, content in files):
            return await _draw(console, request, (), fault=words("rescue").no_file)
        lines = await rescue.take_in(console.site, signed_of(request), files)
        return await _draw(console, request, lines)

    return [ask, take]


async def _files(request: AnyRequest) -> list[tuple[str, bytes]]:
    """Names and contents, all of them here before the first is looked at, so that a line that
    breaks leaves nothing half done. Raises FormNotOurs, UploadBroken.
    """
    token, files, at = b"", list[tuple[str, bytearray]](), ""
    checked = False
    async for piece in pieces(request, parts=FILES_MAX + 2, most=BYTES_MAX):
        if isinstance(piece, MultipartSegment):
            at = piece.name or ""
            if at == "file":
                if not checked:
                    check_csrf(request, token.decode("ascii", "replace"))
                    checked = True
                files.append((_shown(piece.filename or "", len(files) + 1), bytearray()))
        elif at == "file":
            files[-1][1].extend(piece)
        elif at == CSRF and len(token) + len(piece) <= FIELD_MAX:
            token += piece
        else:
            raise UploadBroken
    if not checked:
        check_csrf(request, token.decode("ascii", "replace"))
    return [(name, bytes(content)) for name, content in files]


def _shown(name: str, number: int) -> str:
    """Of a name that a browser gave: what can be shown, never twice the same."""
    plain = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(sign for sign in plain if sign.isprintable())[:NAME_SHOWN]
    return f"{number}. {kept}" if kept else f"{number}."


async def _draw(
    console: Console, request: AnyRequest, lines: Sequence[Line], *, fault: str = ""
) -> Response[Any]:
    w = words("rescue")
    done = sum(each.became in DONE for each in lines)
    return await console.page(
        request,
        Page("rescue.html.j2", "rescue", w.title, here="devices",
             keys=(Key("U", w.key_upload), Key("Esc", w.back))),
        status=422 if fault else 200, lines=[_line(each) for each in lines], fault=fault, done=done,
        rest=len(lines) - done, changes=sum(each.changes for each in lines),
    )  # fmt: skip


def _line(each: Line) -> tuple[Line, str, str, str]:
    """(line, tone, sign, what it means and what to do) as drawn."""
    w = words("rescue")
    tone, sign = ("done", "check") if each.became in DONE else ("due", "warn")
    said = w.says[each.became.value]
    if each.became is Became.TAKEN and each.waiting:
        tone, sign, said = "wait", "wait", w.some_wait(n=each.waiting)
    return each, tone, sign, said
