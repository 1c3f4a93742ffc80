"""The document of all routes, held against the application: nothing breaks, and no answer has a
status or a content type that is not declared. Addresses and forms are made up from the document,
with real ids among them and with signs that programs stumble over.
"""

import asyncio
import json
import re
from collections.abc import Generator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from resident_portal.door import COOKIE as PORTAL
from server.actions.accounts import sessions
from server.actions.residents import visits
from server.app import api_document
from server.cli.commands import gongwei
from server.console.door import COOKIE as CONSOLE
from server.settings import Settings
from tests.console import CHEN, LU, MA, TIAN, app_of, hire, session_of
from tests.portal import visit_of
from tests.portal_readers import Here, filled
from tests.world import QIN, QINGHE, SU, ZHOU, World, new_world

DOCUMENT: Final = api_document(Settings())
CHECKS: Final = [not_a_server_error, status_code_conformance, content_type_conformance]
EXAMPLES: Final = 2  # of each route; tests/fuzz/forms.py makes any number of others
STAFF: Final = {
    "doctor": SU, "desk": QIN, "manager": TIAN, "county": CHEN, "city": LU, "auditor": MA,
}  # fmt: skip
LEAVES: Final = re.compile(r"sign-out|account/(out|browsers|password)|notice/withdraw|audit$")
ODD: Final = (
    "", " ", "\x00", "a\x00b", "9" * 400, "-1", "²", "１２３", "1e309", "NaN", "𠮷㛃䶮",
    "\u202e", "\ufeff",
    "' OR 1=1 --", "../../etc/passwd", "%00", "{{7*7}}", "<script>", "2026-02-30", "0001-01-01",
    "9999-12-31", "true", "ab" * 16, "AB" * 16, "zz" * 16, "a" * 5_000, "\r\nset-cookie: a=b",
)  # fmt: skip


HEALTH: Any = list(HealthCheck)
BOUNDED: Final = settings(
    max_examples=EXAMPLES, database=None, deadline=None, derandomize=True,
    phases=[Phase.generate], suppress_health_check=HEALTH,
)  # fmt: skip


@dataclass(slots=True)
class Doors:
    """The application with people signed in at both doors."""

    runner: asyncio.Runner
    client: httpx.AsyncClient
    here: Here
    tokens: dict[str, str]

    def ask(
        self, operation: dict[str, Any], method: str, path: str, *, query: str = "",
        form: dict[str, Any] | None = None, raw: bytes | None = None, pictures: bool = False,
    ) -> httpx.Response:  # fmt: skip
        who = next((each for each in STAFF if each in operation.get("x-roles", ())), "county")
        cookies = f"{PORTAL}={self.tokens['portal']}; {CONSOLE}={self.tokens[who]}"
        more: dict[str, Any] = {}
        if form is not None and pictures:
            parts = [(name, (None, str(text))) for name, text in spread(form)]
            more["files"] = [*parts, ("file", ("a.jpg", b"\xff\xd8nothing", "image/jpeg"))]
        elif form is not None:
            more["data"] = form
        elif raw is not None:
            more["content"] = raw
        headers = {"cookie": cookies}
        request = self.client.build_request(method, path + query, headers=headers, **more)
        request.read()
        return self.runner.run(self.client.send(request))

    def form_token(self, operation: dict[str, Any], path: str) -> str:
        if path.startswith("/portal"):
            return visits.form_token(self.tokens["portal"])
        who = next((each for each in STAFF if each in operation.get("x-roles", ())), "county")
        return sessions.csrf_of(self.tokens[who])


def spread(form: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in form.items():
        for each in value if isinstance(value, list) else [value]:
            yield name, each


async def signed_in(world: World) -> tuple[Here, dict[str, str]]:
    here = await filled(world)
    await hire(world, SU, "苏清明", role="doctor", facility=QINGHE)
    tokens = {who: await session_of(world, staff) for who, staff in STAFF.items()}
    return here, {**tokens, "portal": await visit_of(world, ZHOU)}


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors")
    yield from opened(f"sqlite:///{folder}/w.sqlite3", folder)


def opened(url: str, folder: Path) -> Generator[Doors]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        world = runner.run(stack.enter_async_context(new_world(url, folder)))
        here, tokens = runner.run(signed_in(world))
        transport = httpx.ASGITransport(app=app_of(world), raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://doors.test")
        yield Doors(runner, client, here, tokens)
        runner.run(client.aclose())
        runner.run(stack.aclose())


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if not LEAVES.search(path):
                yield path, method.upper(), operation


def test_every_route_of_every_door_is_in_it() -> None:
    assert {"/sync/v1/exchange", "/sync/v1/attachments/{name}", "/notices/v1/report", "/metrics",
            "/health/ready", "/portal/", "/console/"} <= set(DOCUMENT["paths"])  # fmt: skip
    every = [each for path in DOCUMENT["paths"].values() for each in path.values()]
    assert len({each["operationId"] for each in every}) == len(every) > 250
    assert all(each["responses"] for each in every)
    assert not any(status.startswith("500") for each in every for status in each["responses"])


def test_the_command_prints_it_without_a_database() -> None:
    printed = CliRunner().invoke(gongwei, ["openapi"])
    assert json.loads(printed.output) == DOCUMENT


def placed(path: str, values: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda each: quote(values[each[1]], safe=""), path)


@dataclass(slots=True)
class Asker:
    """Sends what was made up for one operation and writes down what was wrong with the answer."""

    doors: Doors
    path: str
    method: str
    operation: dict[str, Any]
    faults: list[str]

    def ask(self, case: Any, *, known: bool) -> None:
        ids = self.doors.here.mine.ids
        values = {
            name: ids.get(name, ids["correction"]) if known else str(made)
            for name, made in (case.path_parameters or {}).items()
        }
        kinds = self.operation.get("requestBody", {}).get("content", {})
        form = dict(case.body) if isinstance(case.body, dict) else None
        if form is not None and "csrf" in form:
            form["csrf"] = self.doors.form_token(self.operation, self.path)
        answer = self.doors.ask(
            self.operation, self.method, placed(self.path, values), form=form,
            raw=case.body if isinstance(case.body, bytes) else None,
            pictures="multipart/form-data" in kinds,
        )  # fmt: skip
        self.judge(case, answer)

    def judge(self, case: Any, answer: httpx.Response) -> None:
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Failure, FailureGroup) as fault:
            first = fault.exceptions[0] if isinstance(fault, FailureGroup) else fault
            told = " ".join(str(first).split())[:160]
            self.faults.append(f"{self.method} {self.path} {answer.status_code}: {told}")


def test_no_made_up_request_breaks_it_or_is_answered_as_nobody_declared(doors: Doors) -> None:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    faults: list[str] = []
    for path, method, operation in operations():
        one = Asker(doors, path, method, operation, faults)
        strategy = schema[path][method].as_strategy(generation_mode=GenerationMode.POSITIVE)
        given(case=strategy, known=st.booleans())(BOUNDED(asked_by(one)))()
    assert not faults, "\n".join(dict.fromkeys(faults))


def asked_by(one: Asker) -> Any:
    def ask(case: Any, known: bool) -> None:
        one.ask(case, known=known)

    return ask


QUERIES: Final = (
    "again", "before", "by", "done", "facility", "key", "kind", "left", "month", "order", "page",
    "panel", "person", "q", "record", "row", "rule", "saved", "show", "staff", "to", "view",
    "village", "which", "who", "why", "y", "year", "years",
)  # fmt: skip


WORDS: Final = {"token": "x", "kind": "htn_followup", "what": "consent", "size": "elder"}


def names_of(doors: Doors) -> dict[str, set[str]]:
    """The names of the fields of every form that some page draws, by the address it is sent to."""
    found: dict[str, set[str]] = {}
    for path, method, operation in operations():
        if method == "GET":
            page = doors.ask(operation, method, placed(path, known(doors, path)))
            for form in page.text.split("<form")[1:]:
                to = re.search(r'action="([^"]*)"', form)
                names = re.findall(r'name="([^"]+)"', form.partition("</form>")[0])
                found.setdefault(to[1] if to else "", set()).update(names)
    return found


def known(doors: Doors, path: str) -> dict[str, str]:
    """A real id for each place of an address."""
    ids = {**doors.here.mine.ids, "name": doors.here.mine.ids["correction"], **WORDS}
    return {each: ids.get(each, ids["record"]) for each in re.findall(r"{(\w+)}", path)}


def declared(operation: dict[str, Any], answer: httpx.Response) -> bool:
    said = operation["responses"].get(str(answer.status_code))
    kind = answer.headers.get("content-type", "").partition(";")[0]
    kinds = [each.partition(";")[0] for each in (said or {}).get("content", {kind: {}})]
    return said is not None and kind in kinds


def test_odd_signs_in_addresses_queries_and_fields_break_nothing(
    postgres_url: str, tmp_path: Path
) -> None:
    """On PostgreSQL, which is the stricter one about what a text and a number may be."""
    for doors in opened(postgres_url, tmp_path):
        fields, faults, turn = names_of(doors), list[str](), 0
        assert sum(len(each) for each in fields.values()) > 200
        for path, method, operation in operations():
            real = known(doors, path)
            turn += 3
            for odd in ("a\x00b", ODD[turn % len(ODD)]):
                places = [placed(path, real)]
                whole = odd.strip(" .") and "/" not in odd
                places += [placed(path, {**real, each: odd}) for each in real if whole]
                for address in places:
                    form = dict.fromkeys(fields.get(address, {"id", "words", "q"}), odd)
                    form["csrf"] = doors.form_token(operation, path)
                    query = f"?{'&'.join(f'{each}={quote(odd[:200])}' for each in QUERIES)}"
                    kinds = operation.get("requestBody", {}).get("content", {})
                    answer = doors.ask(
                        operation, method, address, query="" if method == "POST" else query,
                        form=form if method == "POST" else None,
                        pictures="multipart/form-data" in kinds,
                    )  # fmt: skip
                    if not declared(operation, answer):
                        faults.append(f"{method} {path} {odd[:20]!r} {answer.status_code}")
        assert not faults, "\n".join(dict.fromkeys(faults))
        for path in ("/portal/account", "/console/account"):  # nobody was signed out on the way
            assert doors.ask(DOCUMENT["paths"][path]["get"], "GET", path).status_code == 200
