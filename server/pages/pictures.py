"""A form with pictures, read from the connection into memory within bounds, nothing laid on a disk.

The framework's own reader puts large files into readable temporary ones. Whoever calls it asks the
form's token itself, before anything is done with what came.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

from multipart import (  # pyright: ignore[reportMissingTypeStubs]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from server.errors import Refusal
from server.pages.web import (
    FIELDS_MAX,
    FORM_BYTES,
    AnyRequest,
    FormNotOurs,
    FormTooLarge,
    no_nul,
    posted,
)

AT_ONCE: Final = 4  # pictures in one form
PICTURE_BYTES: Final = 8 * 1024 * 1024
BODY_MOST: Final = AT_ONCE * PICTURE_BYTES + FORM_BYTES
"""For the handler's `request_max_body_size`."""
_SENT: Final = "gongwei_sent"
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{1,70}")


class PicturesBroken(Refusal):
    """The body is no form, or it ended in the middle."""

    code = "pictures_broken"
    status = 400
    say = "照片没有传完整，什么也没有保存。请再传一次。"
    hint = "multipart/form-data; a line that breaks in the middle of a picture ends here."


@dataclass(slots=True)
class Posted:
    """Texts by name, and the files that are not empty, in their order."""

    texts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    files: list[bytes] = field(default_factory=list[bytes])


async def sent_of(request: AnyRequest) -> Posted:
    """A form that may carry pictures, read once however often it is asked for: the door asks for
    its token, the handler for the rest. One that was kept over a sign-in comes as plain text.
    """
    scope: dict[str, Any] = cast("Any", request.scope)
    if _SENT not in scope:
        whole = request.content_type[0] == "multipart/form-data"
        scope[_SENT] = (
            await posted_with_pictures(request) if whole else Posted(await posted(request))
        )
    return scope[_SENT]


async def posted_with_pictures(request: AnyRequest) -> Posted:
    """Raises FormNotOurs for another content type, FormTooLarge, PicturesBroken."""
    kind, options = request.content_type
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not _BOUNDARY.fullmatch(boundary):
        raise FormNotOurs
    done = Posted()
    text_bytes = 0
    try:
        async for head, content in _parts(request, boundary):
            if head.filename is not None:
                if content:
                    done.files.append(content)
                continue
            text_bytes += len(content)
            said = content.decode("utf-8", "replace")
            no_nul((head.name or "", said))
            done.texts.setdefault(head.name or "", []).append(said)
            if text_bytes > FORM_BYTES or len(done.files) > AT_ONCE:
                raise FormTooLarge
    except MultipartError:
        raise PicturesBroken from None
    if len(done.files) > AT_ONCE:
        raise FormTooLarge
    return done


async def _parts(
    request: AnyRequest, boundary: str
) -> AsyncIterator[tuple[MultipartSegment, bytes]]:
    """Each part with its content, once it is whole. Of one that is too large a byte more than it
    may have, so that whoever looks at it says so.
    """
    parser = PushMultipartParser(
        boundary, max_segment_count=FIELDS_MAX, max_segment_size=BODY_MOST, strict=True
    )
    head: MultipartSegment | None = None
    content = bytearray()
    async for block in request.stream():
        for event in parser.parse(block):
            if isinstance(event, MultipartSegment):
                head, content = event, bytearray()
            elif event is None:  # the part is at its end
                if head is not None:
                    yield head, bytes(content)
            else:
                content += event[: PICTURE_BYTES + 1 - len(content)]
    parser.close()
