"""The tablets' door: few calls, bytes in, bytes out. Everything it refuses is a problem+json (RFC
9457).

Nothing is unpacked here: a body with a content encoding is refused rather than inflated, and what
is inside an envelope is the business of server.actions.tablets.exchange. The number of exchanges in
hand is bounded, so memory is.
"""

import re
import time
from base64 import urlsafe_b64decode
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import msgspec
from litestar import Request, Response, head, post, put
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from crypto.slip import Slip, Verb
from server.actions.keeping.site import Site
from server.actions.tablets import attachments
from server.actions.tablets import enrol as enrolment
from server.actions.tablets.exchange import exchange as answer_exchange
from server.errors import Busy, NotAnEnvelope, Refusal, TooLarge
from server.logs import frames_of, log, note_of
from server.metrics import Meters
from sync import attachment_wire, wire
from sync.limits import ATTACHMENT_PIECE_BYTES, ENROL_BYTES, ENVELOPE_BYTES

OCTETS: Final = "application/octet-stream"
PROBLEM: Final = "application/problem+json"
IN_HAND: Final = 64  # requests worked on at a time; the next are told to come again
PICTURES_IN_HAND: Final = 16
RETRY_AFTER_S: Final = 5

_SLIP: Final = re.compile(r"[A-Za-z0-9_-]{226}")  # 169 bytes
_FILE: Final = re.compile(r"[0-9a-f]{64}")


class NoSuchPage(Refusal):
    code = "no_such_page"
    status = 404
    say: ClassVar[str] = "没有这个地址。请核对网址。"
    hint = "Check the address; sync/PROTOCOL.md lists the calls of a tablet."


class WrongMethod(Refusal):
    code = "wrong_method"
    status = 405
    say: ClassVar[str] = "这个地址不接受这种请求。"
    hint = "Use a method that the Allow header names."


class WrongContent(Refusal):
    """Another content type, or an encoding that would have to be unpacked before anything is
    checked.
    """

    code = "wrong_content"
    status = 415
    say: ClassVar[str] = "上传的格式不对，请升级平板上的程序。"
    hint = "Send the envelope as it is: Content-Type application/octet-stream, no Content-Encoding."


class Malformed(Refusal):
    code = "malformed"
    status = 400
    say: ClassVar[str] = "服务器读不懂这个请求，请再试一次。"
    hint = "Check what stands between the tablet and the server."


class Broken(Refusal):
    """Something nobody expected; where it happened is in the log, under the request's id."""

    code = "broken"
    status = 500
    say: ClassVar[str] = "服务器出了故障，记录都在本机，稍后会自动再传。"
    hint = "Look for the log line with this x-request-id; try again later."


# What RFC 9457 calls detail: one English sentence a code, the same for every occurrence, so that
# nothing of a request can be in it and nothing can be learned from it.
DETAIL: Final[Mapping[str, str]] = {
    "not_an_envelope": "The body is not a valid envelope of a tablet that is enrolled here.",
    "too_large": "The body is larger than this call takes.",
    "enrol_refused": "The enrolment code is wrong, used up or expired.",
    "no_such_attachment": "Nothing under this id waits to be sent by who asks.",
    "out_of_step": "The piece is not the next one of its file.",
    "too_much_waiting": "Too much has arrived of pictures that are not whole.",
    "busy": "The server has as much in hand as it can hold.",
    "no_such_page": "There is nothing at this address.",
    "wrong_method": "This address does not take this method.",
    "wrong_content": "The content type or encoding is not the one this call takes.",
    "malformed": "The request is not well formed.",
    "broken": "The server met a fault of its own.",
}
_BY_STATUS: Final[Mapping[int, type[Refusal]]] = {
    404: NoSuchPage,
    405: WrongMethod,
    413: TooLarge,
    415: WrongContent,
}


def problem_document(refusal: type[Refusal], *, status: int | None = None) -> bytes:
    """The JSON of a refusal; holds nothing but what its class says."""
    return msgspec.json.encode(
        {
            "type": f"urn:gongwei:problem:{refusal.code}",
            "title": refusal.code.replace("_", " ").capitalize(),
            "status": status or refusal.status,
            "detail": DETAIL.get(refusal.code, "The request cannot be done as things stand."),
            "code": refusal.code,
            "say": refusal.say,
            "next": refusal.hint,
        }
    )


def _problem(
    refusal: type[Refusal], *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    wait = {"retry-after": str(RETRY_AFTER_S)} if refusal.status in (500, 503) else {}
    return Response(
        problem_document(refusal, status=status),
        status_code=status or refusal.status,
        media_type=PROBLEM,
        headers={"cache-control": "no-store", **wait, **(headers or {})},
    )


def on_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    note = note_of(request.scope)
    note.verdict = _verdict(refusal)
    return _problem(type(refusal))


def _verdict(refusal: Refusal) -> str:
    """For the log only: the kind of a fault before the signature is said nowhere else."""
    kind = refusal.detail
    named = isinstance(refusal, NotAnEnvelope) and kind.isascii() and kind.isidentifier()
    return f"{refusal.code}:{kind}" if named and kind != refusal.code else refusal.code


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework itself refuses: unknown address, method, size, form."""
    if error.status_code >= 500:
        return on_fault(request, error)
    refusal = _BY_STATUS.get(error.status_code, Malformed)
    note_of(request.scope).verdict = refusal.code
    allow = (error.headers or {}).get("allow")
    headers = {"allow": allow} if allow else None
    return _problem(refusal, status=error.status_code, headers=headers)


def on_fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    note = note_of(request.scope)
    note.verdict, note.error = Broken.code, type(error).__name__
    note.frames = frames_of(error.__traceback__)
    return _problem(Broken)


@dataclass(slots=True)
class _Hands:
    """How many requests are worked on now, and may be."""

    most: int = IN_HAND
    busy: int = 0

    @asynccontextmanager
    async def one_more(self) -> AsyncGenerator[None]:
        if self.busy >= self.most:
            raise Busy
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1


def handlers(site: Site, meters: Meters) -> list[HTTPRouteHandler]:
    """POST /sync/v1/exchange and POST /sync/v1/enrol of that site."""
    hands = _Hands()

    @post(
        "/sync/v1/exchange", status_code=200, media_type=OCTETS,
        request_max_body_size=ENVELOPE_BYTES,
    )  # fmt: skip
    async def exchange(request: Request[Any, Any, Any]) -> Response[bytes]:
        """A sealed envelope up, a sealed envelope down."""
        raw = await _octets(request)
        began = time.perf_counter()
        async with hands.one_more():
            try:
                done = await answer_exchange(site, raw)
            except Refusal as refusal:
                meters.exchanges.labels(refusal.code).inc()
                raise
        meters.seconds.observe(time.perf_counter() - began)
        meters.exchanges.labels(done.verdict).inc()
        meters.changes.inc(done.changes)
        meters.rows.inc(done.rows)
        note = note_of(request.scope)
        note.device, note.verdict = done.device.hex()[:8], done.verdict
        note.unasked = True  # the line is found by device and verdict; 33 bytes of every exchange
        return Response(done.answer, media_type=OCTETS)  # of a POST: nothing on the way keeps it

    @post("/sync/v1/enrol", status_code=200, media_type=OCTETS, request_max_body_size=ENROL_BYTES)
    async def enrol(request: Request[Any, Any, Any]) -> Response[bytes]:
        """A request sealed under the one-time code up, the answer of the server down."""
        raw = await _octets(request)
        address = request.client.host if request.client is not None else ""
        async with hands.one_more():
            try:
                sealed = await enrolment.handle(site, raw, address=address)
            except Refusal as refusal:
                meters.enrolments.labels(refusal.code).inc()
                raise
        meters.enrolments.labels("ok").inc()
        note_of(request.scope).verdict = "ok"
        return _answer(sealed)

    return [exchange, enrol, *_attachments(site)]


def _attachments(site: Site) -> list[HTTPRouteHandler]:
    """PUT and HEAD /sync/v1/attachments/{id}. The slip is proved before a byte is read. Counted
    apart: pictures that are decoded keep no visit waiting.
    """
    hands = _Hands(PICTURES_IN_HAND)

    @put(
        "/sync/v1/attachments/{name:str}", status_code=200, media_type=OCTETS,
        request_max_body_size=ATTACHMENT_PIECE_BYTES,
    )  # fmt: skip
    async def piece(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        """One piece of a picture up; how much is there down, at its end the receipt."""
        _octets_only(request)
        async with hands.one_more():
            slip = await attachments.proved(site, _slip(request), Verb.PUT, _file(name))
            done = await attachments.take_piece(site, slip, await request.body())
        _noted(request, slip)
        return _answer(wire.encode(done))

    @head("/sync/v1/attachments/{name:str}", status_code=200)
    async def arrived(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[None]:
        """How much of a picture is there."""
        slip = await attachments.proved(site, _slip(request), Verb.HEAD, _file(name))
        so_far = await attachments.arrived_so_far(site, slip)
        _noted(request, slip)
        told = {"cache-control": "no-store", attachment_wire.ARRIVED_HEADER: str(so_far)}
        return Response(None, headers=told)

    return [piece, arrived]


def _noted(request: Request[Any, Any, Any], slip: Slip) -> None:
    note = note_of(request.scope)
    note.device, note.verdict = slip.device.hex()[:8], "ok"


def _slip(request: Request[Any, Any, Any]) -> bytes:
    """The bytes of the slip; b"" for what is none, which is refused like any other."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme != attachment_wire.SCHEME or _SLIP.fullmatch(text) is None:
        return b""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _file(name: str) -> bytes:
    return bytes.fromhex(name) if _FILE.fullmatch(name) else b""


async def _octets(request: Request[Any, Any, Any]) -> bytes:
    """The body as it came. Raises WrongContent before a byte of it is read."""
    _octets_only(request)
    return await request.body()


def _octets_only(request: Request[Any, Any, Any]) -> None:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise WrongContent
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != OCTETS:
        raise WrongContent


def _answer(sealed: bytes) -> Response[bytes]:
    return Response(sealed, media_type=OCTETS, headers={"cache-control": "no-store"})


def malformed_response() -> bytes:
    """A whole HTTP/1.1 answer for bytes that are no HTTP, written by the server below the app."""
    log.warning("request", verdict=Malformed.code, status=Malformed.status)
    body = problem_document(Malformed)
    head = (
        f"HTTP/1.1 400 Bad Request\r\ncontent-type: {PROBLEM}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
