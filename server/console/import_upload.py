"""A file on its way in: read from the connection part by part, never laid down on a disk.

The framework's own form reader puts large files into readable temporary ones, so this form is read
here. Its fields come in the order of the page: the session's token first, the file last.
"""

import re
from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import Request
from multipart import (  # pyright: ignore[reportMissingTypeStubs]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from server.actions.keeping.site import Site
from server.actions.lists.import_upload import Receiving, receive
from server.actions.lists.imports import CSV_MAX, Importer
from server.actions.lists.sheet_parts import SheetEmpty
from server.console.door import check_csrf
from server.errors import Refusal
from server.pages.web import CSRF, FormNotOurs

AnyRequest = Request[Any, Any, Any]
BODY_MAX: Final = CSV_MAX + 64 * 1024
FIELD_MAX: Final = 1_024
PARTS_MAX: Final = 8
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{1,70}")


class UploadBroken(Refusal):
    """The body is no form with a file, or it ended in the middle."""

    code = "upload_broken"
    status = 400
    say = "文件没有传完整，什么也没有保存。请再传一次。"
    hint = "multipart/form-data with the fields of the page in their order."


async def take_upload(site: Site, request: AnyRequest, who: Importer) -> bytes:
    """The job of a list that has arrived whole. Raises FormNotOurs, UploadBroken, SheetRefused."""
    texts: dict[str, bytes] = {}
    taking: Receiving | None = None
    try:
        part = ""
        async for piece in pieces(request):
            if isinstance(piece, MultipartSegment):
                part = piece.name or ""
                if part == "file" and taking is None:
                    check_csrf(request, texts.get(CSRF, b"").decode("ascii", "replace"))
                    kind = texts.get("kind", b"").decode("ascii", "replace")
                    taking = await receive(site, who, kind=kind, name=piece.filename or "")
            elif part == "file" and taking is not None:
                await taking.take(piece)
            else:
                texts[part] = texts.get(part, b"") + piece
                if len(texts[part]) > FIELD_MAX:
                    raise UploadBroken
        if taking is None:
            check_csrf(request, texts.get(CSRF, b"").decode("ascii", "replace"))
            raise SheetEmpty
        return await taking.end()
    except BaseException:
        if taking is not None:
            await taking.drop()
        raise


async def in_memory(request: AnyRequest, *, most: int) -> tuple[dict[str, str], bytes]:
    """The texts of a form and its file, for one that is small. Raises FormNotOurs, UploadBroken."""
    texts: dict[str, bytes] = {}
    data, part = bytearray(), ""
    async for piece in pieces(request, most=most):
        if isinstance(piece, MultipartSegment):
            part = piece.name or ""
            if part == "file":
                check_csrf(request, texts.get(CSRF, b"").decode("ascii", "replace"))
        elif part == "file":
            data += piece
            if len(data) > most:
                raise UploadBroken
        else:
            texts[part] = texts.get(part, b"") + piece
            if len(texts[part]) > FIELD_MAX:
                raise UploadBroken
    check_csrf(request, texts.get(CSRF, b"").decode("ascii", "replace"))
    return {name: raw.decode("utf-8", "replace") for name, raw in texts.items()}, bytes(data)


async def pieces(
    request: AnyRequest, *, parts: int = PARTS_MAX, most: int = BODY_MAX
) -> AsyncIterator[MultipartSegment | bytes]:
    """Heads of the parts and their content, in order. Raises FormNotOurs, UploadBroken."""
    kind, options = request.content_type
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not _BOUNDARY.fullmatch(boundary):
        raise FormNotOurs
    parser = PushMultipartParser(
        boundary, max_segment_count=parts, max_segment_size=most, strict=True
    )
    try:
        async for block in request.stream():
            for event in parser.parse(block):
                if event is not None:
                    yield event if isinstance(event, MultipartSegment) else bytes(event)
        parser.close()
    except MultipartError:
        raise UploadBroken from None
