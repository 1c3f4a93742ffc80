"""What is written down about the running of the server: JSON lines on stderr, and nothing about
people.

A line holds only keys of `KEYS`; anything else is dropped, whoever passes it. Bodies, headers,
query strings, real paths and the texts of exceptions never come here: a path is the route's
template, an exception is its type and the places it passed. Other libraries speak through the
standard library's logging; of their lines only logger, level, place and type of error are kept,
because their texts may quote what they worked on.
"""

import logging
import secrets
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import PurePath
from types import TracebackType
from typing import Any, Final, cast

import msgspec
import structlog

KEYS: Final = frozenset(
    {
        "event", "level", "at", "id", "method", "path", "status", "ms", "device", "verdict", "job",
        "slot", "result", "error", "frames", "logger", "place", "host", "port", "pid", "workers",
    }
)  # fmt: skip
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
TEXT_MAX: Final = 300
FRAMES: Final = 12
REQUEST_ID: Final = b"x-request-id"
NOTE: Final = "gongwei.note"  # where a request's Note stands in its ASGI scope

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(slots=True)
class Note:
    """What one request's line may say beside method, route and status. A door fills it in."""

    id: str
    device: str = ""  # first 8 hex digits
    verdict: str = ""
    error: str = ""
    frames: str = ""
    unasked: bool = False  # whether the answer goes without the id unless it was asked for


class Log:
    """The lines of the server. `log.say("started", port=8470)`."""

    def __init__(self) -> None:
        self._logger: Any = structlog.get_logger()

    def say(self, event: str, **facts: Any) -> None:
        self._logger.info(event, **facts)

    def warning(self, event: str, **facts: Any) -> None:
        self._logger.warning(event, **facts)

    def fault(self, event: str, error: BaseException, **facts: Any) -> None:
        """An exception nobody expected: its type and its way, never its text."""
        where = frames_of(error.__traceback__)
        self._logger.error(event, error=type(error).__name__, frames=where, **facts)


log: Final = Log()


def configure(level: str) -> None:
    """Once a process, before anything is logged."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _only_known_keys,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        # Whatever stderr is now, also when it has been replaced since.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Foreign()]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "apscheduler", "litestar"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = name != "uvicorn.access"
        logger.setLevel(logging.WARNING)


def _only_known_keys(
    _logger: Any, _method: str, facts: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {key: _short(value) for key, value in facts.items() if key in KEYS}


def _short(value: Any) -> Any:
    if isinstance(value, (int, float)) or value is None:
        return value
    text = str(value)
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"


def _json(value: Any, **_: Any) -> str:
    return msgspec.json.encode(value).decode()


def frames_of(trace: TracebackType | None) -> str:
    """The innermost frames as `file:line function`, without a word of what they held."""
    walked = traceback.extract_tb(trace)[-FRAMES:]
    return " < ".join(
        f"{'/'.join(PurePath(each.filename).parts[-3:])}:{each.lineno} {each.name}"
        for each in reversed(walked)
    )


class _Foreign(logging.Handler):
    """Lines of libraries, without their texts."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0] if record.exc_info else None
        log.warning(
            "library",
            logger=record.name,
            place=f"{record.module}:{record.lineno}",
            error=error.__name__ if error is not None else "",
        )


class RequestLog:
    """Outermost around the app: one line a request, and the request id in the answer."""

    def __init__(self, app: AsgiApp, *, broken: bytes, media_type: str) -> None:
        """`broken`: what is answered, as `media_type`, when a fault came past every handler."""
        self.app = app
        self._broken = broken
        self._headers = [(b"content-type", media_type.encode())]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        note = scope[NOTE] = Note(secrets.token_hex(8))
        began = time.perf_counter()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = cast("list[tuple[bytes, bytes]]", message.setdefault("headers", []))
                if not note.unasked or any(name == REQUEST_ID for name, _ in scope["headers"]):
                    message["headers"] = [*headers, (REQUEST_ID, note.id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:  # noqa: BLE001 (its text must not reach the server's own log)
            note.error, note.frames = type(error).__name__, frames_of(error.__traceback__)
            if not status:
                await noting(
                    {"type": "http.response.start", "status": 500, "headers": self._headers}
                )
                await noting({"type": "http.response.body", "body": self._broken})
        finally:
            _line(scope, note, status, round((time.perf_counter() - began) * 1000, 1))


def _line(scope: Scope, note: Note, status: int, ms: float) -> None:
    facts: dict[str, Any] = {
        "id": note.id,
        "method": scope["method"] if scope["method"] in METHODS else "-",
        "path": scope.get("path_template") or "-",
        "status": status,
        "ms": ms,
    }
    for key in ("device", "verdict", "error", "frames"):
        value = getattr(note, key)
        if value:
            facts[key] = value
    (log.warning if status >= 500 or not status else log.say)("request", **facts)


def note_of(scope: Any) -> Note:
    """The note of the request a door is answering (one of its own when nothing wraps the app)."""
    found = scope.get(NOTE)
    if found is None:
        found = scope[NOTE] = Note(secrets.token_hex(8))
    return found
