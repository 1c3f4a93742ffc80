"""The tablets' door over real HTTP: what it refuses and how, and a tablet from code to receipt."""

import asyncio
import json
import os
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from crypto.keys import Suite
from server.api import IN_HAND
from server.app import create_app
from server.settings import CIVIL, Settings, now_ms
from sync.enrol import Enrolled, Enrolment
from sync.limits import ENROL_BYTES, ENVELOPE_BYTES
from sync.tablet import Tablet
from tests.cast_forms import good
from tests.server_process import Installation, Running, served
from tests.world import World, an_id

OCTETS = {"content-type": "application/octet-stream"}
EXCHANGE, ENROL = "/sync/v1/exchange", "/sync/v1/enrol"
PARTS = {"type", "title", "status", "detail", "code", "say", "next"}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("api")
    made = Installation(folder, f"sqlite:///{folder}/gongwei.sqlite3")
    made.extra["GONGWEI_DEMO"] = str(folder / "report.html")
    made.begin()
    return made


@pytest.fixture(scope="module")
def server(here: Installation) -> Iterator[Running]:
    with served(here) as running:
        yield running


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Asserts a whole problem document that holds nothing of the request or of the code."""
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    ), answer.text
    found: dict[str, Any] = answer.json()
    assert set(found) == PARTS
    assert (found["status"], found["code"]) == (status, code)
    assert found["type"] == f"urn:gongwei:problem:{code}"
    assert re.search("[一-鿿]", found["say"]), "one sentence people can read"
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text
    assert answer.headers["x-request-id"]
    return found


def test_every_fault_before_the_signature_has_the_same_answer(server: Running) -> None:
    envelope = b"GWB1" + (40).to_bytes(4)
    bodies = [b"", b"hello", os.urandom(500), envelope, envelope + b"{" * 40 + os.urandom(300)]
    found = [server.client.post(EXCHANGE, content=each, headers=OCTETS) for each in bodies]
    assert len({json.dumps(problem(each, 400, "not_an_envelope")) for each in found}) == 1


@pytest.mark.parametrize(("call", "most"), [(EXCHANGE, ENVELOPE_BYTES), (ENROL, ENROL_BYTES)])
def test_a_body_past_the_limit_is_too_large_however_it_is_sent(
    server: Running, call: str, most: int
) -> None:
    problem(server.client.post(call, content=bytes(most + 1), headers=OCTETS), 413, "too_large")

    def pieces() -> Iterator[bytes]:
        for _ in range(most // 1024 + 2):
            yield bytes(1024)

    problem(server.client.post(call, content=pieces(), headers=OCTETS), 413, "too_large")


@pytest.mark.parametrize("call", [EXCHANGE, ENROL])
@pytest.mark.parametrize(
    "headers",
    [
        {**OCTETS, "content-encoding": "gzip"},
        {**OCTETS, "content-encoding": "br"},
        {"content-type": "application/json"},
        {"content-type": "multipart/form-data; boundary=x"},
        {},
    ],
)
def test_another_content_type_or_an_encoded_body_is_refused_unread(
    server: Running, call: str, headers: dict[str, str]
) -> None:
    answer = server.client.post(call, content=b"x" * 100, headers=headers)
    problem(answer, 415, "wrong_content")


def test_an_unknown_enrolment_code_is_refused_in_one_way(server: Running) -> None:
    for body in (b"", b"{}", os.urandom(200)):
        problem(server.client.post(ENROL, content=body, headers=OCTETS), 403, "enrol_refused")


@pytest.mark.parametrize("path", ["/nothing", "/sync/v1/exchange/more", "/schema", "/%ff"])
def test_an_unknown_address_is_a_problem_document(server: Running, path: str) -> None:
    problem(server.client.get(path), 404, "no_such_page")


def test_a_wrong_method_says_which_is_right(server: Running) -> None:
    answer = server.client.get(EXCHANGE)
    problem(answer, 405, "wrong_method")
    assert "POST" in answer.headers["allow"]


def test_bytes_that_are_no_http_get_a_problem_document(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as line:
        line.sendall(b"NOT HTTP AT ALL\x00\r\n\r\n")
        answer = b""
        while part := line.recv(4096):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in head
    assert set(json.loads(body)) == PARTS


def test_health_and_readiness(server: Running) -> None:
    assert server.client.get("/health/live").json() == {"status": "live"}
    assert server.client.get("/health/ready").json() == {"status": "ready", "faults": []}


def test_the_report_of_a_demo_is_served_once_it_is_there(
    server: Running, here: Installation
) -> None:
    problem(server.client.get("/demo/"), 404, "no_such_page")
    Path(here.extra["GONGWEI_DEMO"]).write_text("<p>实地一天</p>", "utf-8")
    answer = server.client.get("/demo/")
    assert answer.text == "<p>实地一天</p>"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def metric(server: Running, name: str) -> float:
    page = server.client.get("/metrics").text
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    return float(found[1]) if found else 0.0


def post(server: Running, call: str) -> Any:
    def send(body: bytes) -> bytes:
        answer = server.client.post(call, content=body, headers=OCTETS)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/octet-stream"
        return answer.content

    return send


def enrol(here: Installation, server: Running, *, scanned: bool, suite: str = "1") -> Enrolled:
    """A tablet through the two calls and the two commands, as people do it."""
    staff = json.loads(here.run("staff", "list", "--json").stdout)
    doctor = next(each for each in staff if each["panel"])
    offer = json.loads(
        here.run(
            "device", "enrol", "--staff", doctor["staff"], "--label", "一号", "--suite", suite,
            "--json",
        ).stdout
    )  # fmt: skip
    send = post(server, ENROL)
    code = offer["qr"] if scanned else offer["code"]
    enrolment = Enrolment(
        code, app="test", label="一号", random=os.urandom, now_ms=now_ms(),
        suite=None if scanned else Suite(int(suite)),
    )  # fmt: skip
    enrolment.on_hello(send(enrolment.hello()))
    enrolment.on_join(send(enrolment.join()))
    assert enrolment.on_poll(send(enrolment.poll())) is None
    here.run("device", "confirm", offer["offer"], enrolment.six_digits())
    enrolled = enrolment.on_poll(send(enrolment.poll()))
    assert enrolled is not None
    return enrolled


def a_visit(server: Running, enrolled: Enrolled, folder: Path) -> tuple[Tablet, bytes, bytes]:
    """A tablet that has its panel and one sealed visit: (tablet, change, the bytes to send)."""
    tablet = Tablet.create(
        folder / "tablet", enrolled, "一二三四五六七八", clock=now_ms,
        new_id=lambda at: an_id(f"{at} {time.perf_counter_ns()}"), cost_log2=4,
    )  # fmt: skip
    tablet.sync(post(server, EXCHANGE))
    today = datetime.now(CIVIL).date()
    form = good("htn_followup", next_date=(today + timedelta(60)).isoformat())
    who = min(tablet.archive.members(enrolled.panels[0].id))
    change = tablet.save_event(who, "htn_followup", today.isoformat(), form)
    tablet.seal()
    request = tablet.request()
    assert request is not None
    return tablet, change, request


@pytest.mark.parametrize(("scanned", "suite"), [(True, "1"), (False, "3")])
def test_a_tablet_from_its_code_to_its_receipts(
    here: Installation, server: Running, tmp_path: Path, scanned: bool, suite: str
) -> None:
    enrolled = enrol(here, server, scanned=scanned, suite=suite)
    tablet, change, request = a_visit(server, enrolled, tmp_path)
    send = post(server, EXCHANGE)
    before = metric(server, 'gongwei_exchanges_total{verdict="repeat"}')
    send(request)
    tablet.take(request, send(request))
    assert tablet.fate(change)[0] == "applied"
    assert metric(server, 'gongwei_exchanges_total{verdict="repeat"}') == before + 1
    assert metric(server, "gongwei_changes_total") >= 1
    assert metric(server, 'gongwei_tablets{status="enrolled"}') >= 1
    tablet.close()
    shown = json.loads(here.run("device", "show", enrolled.device.hex(), "--json").stdout)
    assert shown["head_seq"] == 1
    assert set(server.line(enrolled.device.hex()[:8])) == {
        "event", "level", "at", "id", "method", "path", "status", "ms", "device", "verdict",
    }  # fmt: skip


def test_two_processes_on_postgresql_serve_one_tablet_and_count_together(
    postgres_url: str, tmp_path: Path
) -> None:
    here = Installation(tmp_path, postgres_url)
    here.begin()
    with served(here, "--workers", "2") as server:
        enrolled = enrol(here, server, scanned=True)
        tablet, change, request = a_visit(server, enrolled, tmp_path)
        # Each request on a line of its own, so that both processes get some.
        for _ in range(12):
            with httpx.Client(
                base_url=server.client.base_url, trust_env=False, timeout=120
            ) as line:
                answer = line.post(EXCHANGE, content=request, headers=OCTETS)
        tablet.take(request, answer.content)
        assert tablet.fate(change)[0] == "applied"
        tablet.close()
        assert metric(server, 'gongwei_exchanges_total{verdict="repeat"}') == 11
        assert metric(server, "gongwei_changes_total") == 1
    assert len({json.loads(each)["id"] for each in server.lines() if '"id"' in each}) > 12


@pytest.fixture
async def inside(world: World) -> AsyncIterator[tuple[World, httpx.AsyncClient]]:
    """The application without a socket, to bring it into states a process cannot be talked into."""
    app: Any = create_app(world.site, Settings(clock=world.clock), jobs=False)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        yield world, client


async def test_a_fault_nobody_expected_says_nothing_of_itself(
    inside: tuple[World, httpx.AsyncClient],
) -> None:
    world, client = inside
    await world.store.write(lambda tx: tx.run("DROP TABLE enrol_offer"))
    await world.store.write(lambda tx: tx.run("DROP TABLE device"))
    problem(await client.get("/metrics"), 500, "broken")


async def test_a_server_that_lacks_a_migration_is_not_ready(
    inside: tuple[World, httpx.AsyncClient],
) -> None:
    world, client = inside
    assert (await client.get("/health/ready")).status_code == 200
    await world.store.write(lambda tx: tx.run("DELETE FROM migration"))
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not_ready", "faults": ["migrations_pending"]}


async def test_a_database_that_takes_no_writes_is_not_ready(
    inside: tuple[World, httpx.AsyncClient],
) -> None:
    world, client = inside
    await world.store.write(lambda tx: tx.run("ALTER TABLE job_run RENAME TO gone"))
    assert (await client.get("/health/ready")).json()["faults"] == ["database_not_writable"]


async def test_past_what_it_can_hold_the_server_says_when_to_come_again(
    inside: tuple[World, httpx.AsyncClient],
) -> None:
    _, client = inside
    body = b"GWB1" + bytes(600)
    answers = await asyncio.gather(
        *(client.post(ENROL, content=body, headers=OCTETS) for _ in range(IN_HAND + 20))
    )
    busy = [each for each in answers if each.status_code == 503]
    assert all(each.status_code in (403, 503) for each in answers)
    for each in busy:
        problem(each, 503, "busy")
        assert int(each.headers["retry-after"]) > 0
