"""The short-message gateway: JSON over HTTPS, signed with HMAC-SHA256 (docs/OPERATIONS.md, Short
messages).

What is signed: direction, the second it was made, a random nonce and the hash of the body, so
that a request can be neither changed nor sent again later. Whatever is not a clear answer about
this very message is a doubt, and a doubt is sent once more at most.
"""

import asyncio
import os
import ssl
import stat
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from crypto.primitives import hmac_sha256, random_bytes, sha256
from server.actions.notices.providers import (
    OUTBOX,
    InDoubt,
    Message,
    NotNow,
    Provider,
    Refused,
    Result,
    Sender,
    Taken,
)
from server.errors import StartRefused
from server.settings import Settings

TIMEOUT_S: Final = 10.0
ANSWER_BYTES: Final = 16 * 1024
WAIT_MAX_MS: Final = 10 * 60_000
BUSY_MS: Final = 5_000
KEY_BYTES: Final = (32, 512)
TIME, NONCE, SIGNATURE = "x-gongwei-time", "x-gongwei-nonce", "x-gongwei-signature"
SAID: Final = frozenset({"bad_number", "blocked", "not_registered", "content"})
"""Why a gateway says that it never takes a message; anything else is "refused"."""


def provider_of(settings: Settings) -> Provider:
    """The way out that the settings name; the outbox where they name none. Raises StartRefused."""
    if not settings.sms_url:
        return OUTBOX
    return Http(settings.sms_url, read_key(settings.sms_key_file), settings.clock)


def read_key(path: Path | None) -> bytes:
    """The gateway's key: the file without white space around. Raises StartRefused when somebody
    else may read it, or when it is too short to be one.
    """
    try:
        descriptor = os.open(path or Path(), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        raise StartRefused(
            f"The key of the message gateway is not there: {path or 'GONGWEI_SMS_KEY_FILE'}."
        ) from None
    try:
        # The open file is asked, not the path: nobody can swap it between check and reading.
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
            raise StartRefused(
                f"{path}: the key of the message gateway must be a file of mode 0600."
            )
        key = os.read(descriptor, KEY_BYTES[1] + 2).strip()
    finally:
        os.close(descriptor)
    if not KEY_BYTES[0] <= len(key) <= KEY_BYTES[1]:
        raise StartRefused(f"{path}: the key of the message gateway has 32 to 512 characters.")
    return key


def signed(key: bytes, direction: str, time: str, nonce: str, body: bytes) -> str:
    """The signature in hex. direction: send | report, so that one is never taken for the other."""
    said = f"gongwei {direction}\n{time}\n{nonce}\n{sha256(body).hex()}"
    return hmac_sha256(key, said.encode()).hex()


@dataclass(frozen=True, slots=True)
class Http:
    """A gateway at `url`. The key is in no repr."""

    url: str
    key: bytes = field(repr=False)
    clock: Callable[[], int] = field(repr=False)
    timeout_s: float = TIMEOUT_S
    name: str = "http"
    keeps: bool = False

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[Sender]:
        # The machine's own trust store; neither a proxy nor a password from the environment.
        async with httpx.AsyncClient(
            verify=ssl.create_default_context(), trust_env=False, follow_redirects=False,
            timeout=self.timeout_s,
        ) as client:  # fmt: skip
            yield partial(self._send, client)

    async def _send(self, client: httpx.AsyncClient, message: Message) -> Result:
        body = msgspec.json.encode(
            {
                "id": message.id.hex(), "to": message.to, "channel": str(message.channel),
                "text": message.text, "template": message.template, "values": message.values,
                "expires": message.expires_at // 1000,
            }
        )  # fmt: skip
        time, nonce = str(self.clock() // 1000), random_bytes(16).hex()
        headers = {
            "content-type": "application/json", "accept-encoding": "identity",
            TIME: time, NONCE: nonce, SIGNATURE: signed(self.key, "send", time, nonce, body),
        }  # fmt: skip
        try:
            async with asyncio.timeout(self.timeout_s):
                request = client.build_request("POST", self.url, content=body, headers=headers)
                answer = await client.send(request, stream=True)
                try:
                    return self._read(message, answer, await _bounded(answer))
                finally:
                    await answer.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return NotNow("unreachable")
        except (httpx.HTTPError, TimeoutError):
            return InDoubt("no_answer")

    def _read(self, message: Message, answer: httpx.Response, body: bytes) -> Result:
        status = answer.status_code
        said = _object(body)
        if status in (200, 201, 202, 409):  # 409: it has this id already
            same = said.get("id") == message.id.hex()
            return Taken() if same else InDoubt("unreadable")
        if status in (429, 503):
            return NotNow("busy", _retry_after(answer, self.clock()))
        if status in (400, 413, 422):
            error = said.get("error")
            return Refused(error if isinstance(error, str) and error in SAID else "refused")
        if status in (502, 504):
            return InDoubt("no_answer")
        if status in (401, 403):
            return NotNow("key_refused")
        return NotNow("gateway_fault" if status >= 500 else "gateway_setup")


async def _bounded(answer: httpx.Response) -> bytes:
    """The beginning of the body; a gateway that never stops talking is not listened to."""
    read = bytearray()
    async for part in answer.aiter_raw():
        read += part
        if len(read) > ANSWER_BYTES:
            break
    return bytes(read[: ANSWER_BYTES + 1])


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _retry_after(answer: httpx.Response, now_ms: int) -> int:
    """RFC 9110 section 10.2.3: seconds or a date; between 5 seconds and 10 minutes."""
    text = answer.headers.get("retry-after", "")
    wait = BUSY_MS
    if text.isascii() and text.isdigit():
        wait = int(text[:9]) * 1000
    elif text:
        try:
            at = parsedate_to_datetime(text)
            wait = int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000) - now_ms
        except ValueError:
            wait = BUSY_MS
    return max(BUSY_MS, min(WAIT_MAX_MS, wait))


def moment_near(time: str, now_ms: int, within_ms: int) -> bool:
    """Whether these seconds are within that span of now."""
    if not (time.isascii() and time.isdigit() and len(time) <= 12):
        return False
    return abs(int(time) * 1000 - now_ms) <= within_ms
