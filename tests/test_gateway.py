"""The message gateway over real HTTP: what each kind of answer means, and what is never believed.

The other end is a small server of its own that speaks what docs/OPERATIONS.md says, checks each
signature, and misbehaves on demand.
"""

import asyncio
import hmac
import json
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import PIPE
from typing import Any

import httpx
import pytest

from server import settings
from server.actions.notices import gateway as gateways
from server.actions.notices import outbox
from server.actions.notices.gateway import Http, provider_of, read_key
from server.actions.notices.providers import (
    OUTBOX,
    InDoubt,
    Message,
    NotNow,
    Refused,
    Result,
    Taken,
)
from server.app import create_app
from server.errors import StartRefused
from server.rules.notices import Channel
from server.settings import BadSetting
from tests.messages import TODAY, answered, code, state, tell
from tests.portal import bind
from tests.server_process import Installation, free_port
from tests.world import DISTRICT, PHONES, WU, ZHENG, ZHOU, World, new_world

KEY = b"k" * 40
MESSAGE = Message(
    b"m" * 16, Channel.SMS, "correction_answered", 1_795_000_000_000, "19900001000", "text",
    {"day": "2026-11-20"},
)  # fmt: skip


OWN = json.dumps({"id": MESSAGE.id.hex()})


@dataclass
class Outside:
    """One gateway of the world outside. `answer`: (status, headers, body) or a way to misbehave."""

    url: str = ""
    answer: Any = None
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    nonces: list[str] = field(default_factory=list[str])
    free: threading.Event = field(default_factory=threading.Event)


@contextmanager
def network() -> Generator[Outside]:
    made = Outside()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            assert self.headers["x-gongwei-signature"] == _signature("send", self.headers, raw)
            made.nonces.append(self.headers["x-gongwei-nonce"])
            body = json.loads(raw)
            made.bodies.append(body)
            if made.answer == "hang":
                made.free.wait(20)
                self.close_connection = True
                return
            if made.answer == "drip":
                self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
                while not made.free.wait(0.02):
                    self.wfile.write(b"{")
                self.close_connection = True
                return
            if made.answer == "hang up":
                self.close_connection = True
                return
            status, headers, text = made.answer or (200, {}, json.dumps({"id": body["id"]}))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            out = text.encode()
            self.send_header("content-length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/sms"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield made
    finally:
        made.free.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _signature(direction: str, headers: Any, raw: bytes) -> str:
    said = (
        f"gongwei {direction}\n{headers['x-gongwei-time']}\n{headers['x-gongwei-nonce']}\n"
        f"{sha256(raw).hexdigest()}"
    )
    return hmac.new(KEY, said.encode(), sha256).hexdigest()


async def sent(url: str, *, now: int = 1_790_000_000_000, timeout_s: float = 60) -> Result:
    provider = Http(url, KEY, lambda: now, timeout_s=timeout_s)
    assert KEY.decode() not in repr(provider)
    async with provider.opened() as send:
        return await send(MESSAGE)


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (None, Taken()),
        ((202, {}, OWN), Taken()),
        ((409, {}, OWN), Taken()),
        ((200, {}, '{"id": "another"}'), InDoubt("unreadable")),
        ((200, {}, "<html>welcome</html>"), InDoubt("unreadable")),
        ((200, {}, "[" * 100_000), InDoubt("unreadable")),
        ((200, {}, "{" + '"a":1,' * 50_000), InDoubt("unreadable")),
        ((422, {}, '{"error": "bad_number"}'), Refused("bad_number")),
        ((400, {}, '{"error": "19900001000 is wrong"}'), Refused("refused")),
        ((429, {"retry-after": "120"}, ""), NotNow("busy", 120_000)),
        ((429, {"retry-after": "999999999999"}, ""), NotNow("busy", 600_000)),
        ((429, {"retry-after": "-4"}, ""), NotNow("busy", 5_000)),
        ((503, {"retry-after": "Mon, 21 Sep 2026 14:15:00 GMT"}, ""), NotNow("busy", 100_000)),
        ((503, {"retry-after": "soon"}, ""), NotNow("busy", 5_000)),
        ((500, {}, "oops"), NotNow("gateway_fault")),
        ((502, {}, ""), InDoubt("no_answer")),
        ((504, {}, ""), InDoubt("no_answer")),
        ((401, {}, ""), NotNow("key_refused")),
        ((404, {}, ""), NotNow("gateway_setup")),
        ((302, {"location": "http://127.0.0.1:1/"}, ""), NotNow("gateway_setup")),
        ("hang", InDoubt("no_answer")),
        ("drip", InDoubt("unreadable")),
        ("hang up", InDoubt("no_answer")),
    ],
    ids=str,
)
async def test_every_answer_of_a_gateway_has_one_meaning(answer: Any, result: Result) -> None:
    with network() as outside:
        outside.answer = answer
        endless = answer in ("hang", "drip")  # long enough to be asked by a busy machine
        found = await sent(outside.url, timeout_s=3 if endless else 60)
        assert found == result or (answer == "drip" and found == InDoubt("no_answer"))
        assert len(outside.bodies) == 1


async def test_nobody_there_is_not_taken_and_each_request_is_new() -> None:
    assert await sent(f"http://127.0.0.1:{free_port()}/sms") == NotNow("unreachable")
    with network() as outside:
        await sent(outside.url)
        await sent(outside.url)
        assert len(set(outside.nonces)) == 2
        assert outside.bodies[0] == {
            "id": MESSAGE.id.hex(), "to": "19900001000", "channel": "sms", "text": "text",
            "template": "correction_answered", "values": {"day": "2026-11-20"},
            "expires": 1_795_000_000,
        }  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "http://sms.example.cn/send", "https://", "ftp://127.0.0.1/x", "https://u:p@sms.example.cn",
        "sms.example.cn", "https://sms.example.cn:port/", "http://127.0.0.1.example.cn/",
    ],
)  # fmt: skip
def test_an_address_that_would_tell_numbers_to_the_network_is_refused(url: str) -> None:
    with pytest.raises(BadSetting, match="GONGWEI_SMS_URL"):
        settings.read({"GONGWEI_SMS_URL": url, "GONGWEI_SMS_KEY_FILE": "k"})


def test_a_gateway_needs_its_key_and_the_key_its_owner(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="KEY_FILE"):
        settings.read({"GONGWEI_SMS_URL": "https://sms.example.cn/send"})
    assert provider_of(settings.read({})) is OUTBOX
    key = tmp_path / "key"
    env = {"GONGWEI_SMS_URL": "https://sms.example.cn/send", "GONGWEI_SMS_KEY_FILE": str(key)}
    with pytest.raises(StartRefused, match="not there"):
        provider_of(settings.read(env))
    key.write_bytes(KEY + b"\n")
    key.chmod(0o640)
    with pytest.raises(StartRefused, match="0600"):
        read_key(key)
    key.chmod(0o600)
    assert read_key(key) == KEY
    assert isinstance(provider_of(settings.read(env)), Http)
    key.write_bytes(b"short")
    with pytest.raises(StartRefused, match="32"):
        read_key(key)
    with pytest.raises(StartRefused, match="0600"):
        read_key(tmp_path)


async def test_from_the_act_to_the_telephone_and_the_report_back(world: World) -> None:
    await bind(world, ZHOU)
    with network() as outside:
        app = app_with(world, outside.url)
        id_ = await answered(world)
        await code(world, PHONES[ZHOU])
        await outbox.run_codes(world.site)
        await outbox.run(world.site)
        assert [each["template"] for each in outside.bodies] == [
            "sign_in_code", "correction_answered",
        ]  # fmt: skip
        assert await world.one("SELECT sealed FROM notice WHERE resident IS NULL") == b""
        async with client(app) as door:
            good = report(world, id_, state="delivered")
            for wrong in (
                {**good, "x-gongwei-signature": "0" * 64},
                {**good, "x-gongwei-time": str(world.clock() // 1000 - 301)},
                {name: value for name, value in good.items() if "nonce" not in name},
            ):
                answer = await door.post("/notices/v1/report", **body_of(wrong))
                assert (answer.status_code, answer.json()["code"]) == (403, "report_refused")
            assert (await state(world, id_))[0] == "sent"
            assert (await door.post("/notices/v1/report", **body_of(good))).status_code == 204
            assert (await state(world, id_))[0] == "delivered"
            late = report(world, id_, state="failed", error="blocked")
            assert (await door.post("/notices/v1/report", **body_of(late))).status_code == 204
            assert (await state(world, id_))[0] == "delivered", "the first report counts"
            stranger = report(world, b"q" * 16, state="failed")
            assert (await door.post("/notices/v1/report", **body_of(stranger))).status_code == 204
            for odd in (
                {"id": "x", "state": "sent"},
                [],
                {"id": id_.hex(), "state": "failed", "a": 1},
            ):
                answer = await door.post("/notices/v1/report", **body_of(signed(world, odd)))
                assert answer.status_code == 403


async def test_a_report_that_overtakes_us_is_not_undone_and_a_failed_one_is_seen(
    world: World,
) -> None:
    await bind(world, ZHOU)
    with network() as outside:
        app = app_with(world, outside.url)
        ids = [await answered(world), await answered(world)]
        claimed, _ = await world.store.write(
            lambda tx: outbox._claim(tx, world.site, outbox.OTHERS)
        )
        async with client(app) as door:
            for id_, said in zip(ids, ("delivered", "failed"), strict=True):
                await door.post("/notices/v1/report", **body_of(report(world, id_, state=said)))
        for each in claimed:
            await world.store.write(
                lambda tx, each=each: outbox._record(
                    tx, world.site, claimed=each, result=Taken(), chance=0.5
                )
            )
        assert [(await state(world, id_))[0] for id_ in ids] == ["delivered", "failed"]
        assert (await state(world, ids[1]))[2] == "undelivered"


async def test_without_a_gateway_there_is_nobody_to_report(world: World) -> None:
    settings_ = settings.Settings(clock=world.clock)
    async with client(create_app(world.site, settings_, jobs=False)) as door:
        answer = await door.post("/notices/v1/report", **body_of(report(world, b"q" * 16)))
        assert answer.status_code == 403


async def test_nothing_about_a_message_stands_in_the_log(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    await bind(world, ZHOU)
    with network() as outside:
        outside.answer = (500, {}, PHONES[ZHOU])
        app_with(world, outside.url)
        await answered(world)
        await code(world, PHONES[ZHOU])
        await outbox.run_codes(world.site)
        await outbox.run(world.site)
        world.site.provider = Http("http://[", KEY, world.clock)  # a fault of our own
        world.clock.pass_(hours=1)
        await outbox.run(world.site)
    said = capfd.readouterr()
    for secret in (PHONES[ZHOU], "402173", "更正", KEY.decode()):
        assert secret not in said.out + said.err


async def test_two_processes_send_each_message_once(postgres_url: str, tmp_path: Path) -> None:
    with network() as outside:
        async with new_world(postgres_url, tmp_path) as world:
            for who in (ZHOU, WU, ZHENG):
                await bind(world, who)
                for _ in range(12):
                    # By the processes' own clock: never quiet, never capped, not yet stale.
                    await tell(world, who, "export_ready", day=TODAY, until=TODAY)
            await world.rows("UPDATE notice SET expires_at=?", 2**53)
        key = tmp_path / "gateway-key"
        key.write_bytes(KEY)
        key.chmod(0o600)
        place = Installation(tmp_path, postgres_url, {
            "GONGWEI_SMS_URL": outside.url, "GONGWEI_SMS_KEY_FILE": str(key),
        })  # fmt: skip
        words = [sys.executable, "-m", "server", "notices", "send"]
        both = [
            await asyncio.create_subprocess_exec(*words, env=place.environment(), stdout=PIPE)
            for _ in range(2)
        ]
        said = await asyncio.gather(*(each.communicate() for each in both))
        assert [each.returncode for each in both] == [0, 0]
        counts = [int(out.split()[2]) for out, _ in said]
        assert sum(counts) == len(outside.bodies) == 36
        assert len({each["id"] for each in outside.bodies}) == 36


def test_a_server_without_the_key_of_its_gateway_does_not_start(tmp_path: Path) -> None:
    place = Installation(tmp_path, f"sqlite:///{tmp_path / 'w.sqlite3'}", {
        "GONGWEI_SMS_URL": "https://sms.example.cn/send",
        "GONGWEI_SMS_KEY_FILE": str(tmp_path / "none"), "GONGWEI_PORT": str(free_port()),
    })  # fmt: skip
    place.run("keys", "init")
    place.run("migrate")
    assert "key of the message gateway is not there" in place.run("serve", code=2).stderr


def app_with(world: World, url: str) -> Any:
    """The application of a site whose settings name this gateway."""
    key = world.folder / "gateway-key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    made = settings.Settings(
        database_url=world.url, kek_file=world.kek_file, clock=world.clock, district=DISTRICT,
        sms_url=url, sms_key_file=key,
    )  # fmt: skip
    app = create_app(world.site, made, jobs=False)
    provider = world.site.provider
    assert isinstance(provider, Http)
    assert provider.timeout_s == gateways.TIMEOUT_S
    world.site.provider = replace(provider, timeout_s=60)
    return app


def client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test")


def report(world: World, id_: bytes, **said: str) -> dict[str, Any]:
    return signed(world, {"id": id_.hex(), "state": "delivered", **said})


def signed(world: World, said: Any) -> dict[str, Any]:
    raw = json.dumps(said).encode()
    made = {"x-gongwei-time": str(world.clock() // 1000), "x-gongwei-nonce": "ab" * 16}
    return {**made, "x-gongwei-signature": _signature("report", made, raw), "body": raw}


def body_of(signed_: dict[str, Any]) -> dict[str, Any]:
    headers = {name: value for name, value in signed_.items() if name != "body"}
    return {"content": signed_["body"], "headers": headers}
