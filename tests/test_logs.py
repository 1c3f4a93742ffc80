"""The server's lines: JSON, useful, and nothing about anybody. A canary is put everywhere."""

import asyncio
import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import structlog

from server import logs
from server.logs import KEYS, RequestLog, configure, frames_of, log
from tests.server_process import Installation, Running, served

ID_NUMBER, PHONE, NAME = "371002195503120028", "19900001234", "王䶮芒种"
CANARY = f"{ID_NUMBER}/{PHONE}/{NAME}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("logs")
    here = Installation(folder, f"sqlite:///{folder}/gongwei.sqlite3")
    here.extra["GONGWEI_LOG"] = "debug"
    here.begin()
    with served(here) as running:
        yield running


def spellings(secret: str) -> list[str]:
    """How a secret could stand in a line."""
    raw = secret.encode()
    return [secret, quote(secret), json.dumps(secret)[1:-1], raw.hex(), repr(raw)[2:-1]]


def test_no_line_holds_an_id_number_a_phone_or_a_name(server: Running) -> None:
    octets = {"content-type": "application/octet-stream"}
    for call in ("/sync/v1/exchange", "/sync/v1/enrol", "/health/ready", "/metrics", "/demo"):
        for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"):
            server.client.request(
                method,
                f"{call}/{quote(CANARY)}?name={quote(NAME)}&phone={PHONE}",
                content=CANARY.encode(),
                headers=octets,
            )
            server.client.request(
                method, call, params={"id_no": ID_NUMBER, "name": NAME, "phone": PHONE},
                content=b"GWB1" + len(CANARY.encode()).to_bytes(4) + CANARY.encode() * 20,
                headers={
                    **octets, "x-canary": quote(CANARY), "user-agent": PHONE,
                    "referer": f"http://x/{ID_NUMBER}", "x-request-id": ID_NUMBER,
                    "cookie": f"name={quote(NAME)}", "authorization": f"Bearer {ID_NUMBER}",
                },
            )  # fmt: skip
    server.client.post(
        "/sync/v1/exchange", content=CANARY.encode(), headers={"content-type": quote(CANARY)}
    )
    server.client.post(
        "/sync/v1/exchange", content=b"x", headers={**octets, "content-encoding": quote(CANARY)}
    )
    for junk in (f"GET /{ID_NUMBER} {PHONE}\r\n\r\n", f"{ID_NUMBER} / HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=120) as line:
            line.sendall(junk.encode())
            line.recv(4096)
    server.line(server.client.get("/health/live").headers["x-request-id"])
    text = server.log.read_text("utf-8")
    assert len(server.lines()) > 60
    found = [each for secret in (ID_NUMBER, PHONE, NAME) for each in spellings(secret)]
    assert [each for each in found if each in text] == []


def test_no_line_holds_what_somebody_signed_in_with_or_a_one_time_link(server: Running) -> None:
    login, password, token = "canary.login", "canary password of mine", "canary-token-" + "x" * 30
    for fields in ({"login": login, "password": password, "code": "123456"}, {"login": login}):
        answer = server.client.post("/console/sign-in", data=fields)
        assert answer.status_code == 422
    for path in (f"/console/invite/{token}", f"/console/invite/{token}/code"):
        server.client.get(path)
        last = server.client.post(path, data={"new": password, "carried": token})
    line = server.line(last.headers["x-request-id"])
    assert line["path"] == "/console/invite/{token}/code"
    text = server.log.read_text("utf-8")
    assert [
        each for each in ("canary.login", "canary password", "canary-token") if each in text
    ] == []


def test_every_line_is_json_with_known_keys_only(server: Running) -> None:
    server.client.get("/health/live")
    server.line(server.client.get("/nothing").headers["x-request-id"])
    for line in server.lines():
        assert set(json.loads(line)) <= KEYS, line


def test_a_request_line_names_the_route_and_never_the_path(server: Running) -> None:
    answer = server.client.get("/health/live", params={"q": "1"})
    unknown = server.client.get("/health/unknown")
    mine = server.line(answer.headers["x-request-id"])
    assert (mine["method"], mine["path"], mine["status"]) == ("GET", "/health/live", 200)
    assert mine["ms"] >= 0
    other = server.line(unknown.headers["x-request-id"])
    assert (other["path"], other["status"], other["verdict"]) == ("-", 404, "no_such_page")


def test_the_kind_of_a_fault_before_the_signature_is_in_the_log_only(server: Running) -> None:
    answer = server.client.post(
        "/sync/v1/exchange", content=b"hello, this is no envelope at all, but long enough" * 9,
        headers={"content-type": "application/octet-stream"},
    )  # fmt: skip
    assert server.line(answer.headers["x-request-id"])["verdict"] == "not_an_envelope:bad_magic"
    assert "bad_magic" not in answer.text


@pytest.fixture
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("_restored")
def test_the_words_of_a_library_or_of_an_exception_stay_out(
    capfd: pytest.CaptureFixture[str],
) -> None:
    configure("debug")
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        logging.getLogger("asyncio").error(CANARY, exc_info=error)
        logging.getLogger("uvicorn.error").error("%s", CANARY)
        log.fault("job", error, job="count", patient=CANARY)
    written = capfd.readouterr().err
    assert NAME not in written
    assert ID_NUMBER not in written
    lines = [json.loads(each) for each in written.splitlines()]
    assert [each["event"] for each in lines] == ["library", "library", "job"]
    assert lines[0]["error"] == "ValueError"
    assert "test_logs.py" in lines[2]["frames"]
    assert "patient" not in lines[2]


@pytest.mark.usefixtures("_restored")
async def test_a_fault_past_every_handler_is_answered_and_shows_only_its_way(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def broken(_scope: logs.Scope, _receive: logs.Receive, _send: logs.Send) -> None:
        await asyncio.sleep(0)
        raise RuntimeError(CANARY)

    configure("info")
    app = RequestLog(broken, broken=b"{}", media_type="application/problem+json")
    transport = httpx.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        answer = await client.get(f"/{ID_NUMBER}")
    assert answer.status_code == 500
    written = capfd.readouterr().err
    assert ID_NUMBER not in written
    line = json.loads(written.splitlines()[-1])
    assert (line["error"], line["status"], line["level"]) == ("RuntimeError", 500, "warning")
    assert "broken" in line["frames"]


def test_the_way_of_an_exception_names_files_and_functions() -> None:
    try:
        raise KeyError(CANARY)
    except KeyError as error:
        way = frames_of(error.__traceback__)
    assert f"{Path(__file__).name}:" in way
    assert "test_the_way_of_an_exception" in way
