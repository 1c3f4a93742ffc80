"""Targets of the doors for people: every form and every page of console and portal.

How a body is read is tried 10,000 times by itself; every route with its own form, real ids and the
names of its fields, in both databases, for a share of them (a request through session, action and
page takes some milliseconds).
"""

import asyncio
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from functools import cache
from random import Random
from typing import Any, Final, cast
from urllib.parse import quote, quote_plus

from litestar import Request
from litestar.exceptions import HTTPException

from resident_portal.door import COOKIE as PORTAL
from server.console.door import COOKIE as CONSOLE
from server.console.import_upload import in_memory, pieces
from server.errors import Refusal
from server.pages.pictures import posted_with_pictures
from server.pages.web import FORM_BYTES, posted
from tests.console import session_of
from tests.fuzz.case import Broken, Case, Place, Target, code_of, discreet, one_by_one
from tests.fuzz.mutate_bytes import changed
from tests.fuzz.mutate_sheet import CELLS
from tests.fuzz.worlds import listened
from tests.one_app import _made
from tests.portal import visit_of
from tests.test_openapi import (
    DOCUMENT,
    ODD,
    QUERIES,
    STAFF,
    Doors,
    declared,
    known,
    names_of,
    opened,
    operations,
    placed,
)
from tests.world import ZHOU

TOKEN: Final = "TOKEN-OF-THE-SESSION"  # put in its place when the case is handed in
EDGE: Final = "fuzzfuzzfuzz"
KINDS: Final = {
    "form": "application/x-www-form-urlencoded", "parts": f"multipart/form-data; boundary={EDGE}",
}  # fmt: skip
ODD_KINDS: Final = (
    "", "text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=",
    "multipart/form-data; boundary=\x00", f"multipart/form-data; boundary={'a' * 300}",
    "multipart/form-data; boundary=other", "application/x-www-form-urlencoded; charset=utf-16",
    f"multipart/form-data; boundary={EDGE}; charset=gbk", ";;;",
    "multipart/form-data; boundary*=x''y",
)  # fmt: skip
VALUES: Final = (
    *ODD, *CELLS, "1", "2", "on", "2026-11-20", "2026-11-21", "08:30", "13900001111",
    "htn_followup", "周", "记错了人", "A", "B", "0", "-1", "371002195503120028", "[]", '{"a":1}',
)  # fmt: skip
FILES: Final = (
    b"", b"\xff\xd8\xff\xe0 nothing", b"\x89PNG\r\n\x1a\n\x00\x00",
    "姓名,性别\r\n许清和,男\r\n".encode(), b"PK\x03\x04 and nothing", b"GWR1\x00\x00\x01\x00",
    b"\x00" * 4000, b"--" + EDGE.encode() + b"--",
)  # fmt: skip


# ---- bodies -------------------------------------------------------------------------------------


HASH: Final = 128 << 20  # what one password takes while it is hashed, on purpose
CODED: Final = (400, 401, 403, 404, 405, 413, 415)  # a form shown again says it in words
Fields = list[tuple[str, str]]


def _body(fields: Fields, chance: Random, *, parts: bool) -> bytes:
    if not parts:
        return "&".join(f"{quote_plus(n)}={quote_plus(v)}" for n, v in fields).encode()
    out: list[bytes] = []
    for name, value in fields:
        head = f'--{EDGE}\r\ncontent-disposition: form-data; name="{name}"'
        out.append(f"{head}\r\n\r\n{value}\r\n".encode("utf-8", "surrogatepass"))
    if chance.random() < 0.7:
        head = f'--{EDGE}\r\ncontent-disposition: form-data; name="file"; filename='
        head += f'"{chance.choice(ODD[:9])}"'
        out.append(f"{head}\r\n\r\n".encode() + chance.choice(FILES) + b"\r\n")
    return b"".join(out) + f"--{EDGE}--\r\n".encode()


def _fields(names: list[str], ids: list[str], chance: Random) -> Fields:
    """Every field of a form with some value; some are left out, stand twice or are nobody's."""
    made = [
        (name, chance.choice(ids) if chance.random() < 0.25 else chance.choice(VALUES))
        for name in names if chance.random() < 0.9
    ]  # fmt: skip
    if made and chance.random() < 0.15:
        again = chance.choice(made)
        made += [again] * chance.choice((1, 3, 2_100 if len(again[1]) < 100 else 2))
    if chance.random() < 0.15:
        made.append((chance.choice(VALUES), chance.choice(VALUES)))
    return made


def body(_: Place) -> Iterator[Target]:
    """Bodies of forms by themselves: pairs, parts, pictures, uploads."""
    readers = {
        "posted": posted,
        "pictures": posted_with_pictures,
        "upload": _upload,
        "pieces": _pieces,
    }
    names = ["csrf", "id", "words", "q", "day", "kind"]
    loop = asyncio.Runner()

    def make(chance: Random) -> Case:
        parts = chance.random() < 0.6
        fields: Fields = [("csrf", TOKEN), *_fields(names, ["ab" * 16], chance)]
        data = _body(fields, chance, parts=parts)
        kind = KINDS["parts" if parts else "form"]
        if chance.random() < 0.1:
            kind = chance.choice(ODD_KINDS)
        if chance.random() < 0.7:
            data = changed(data, chance)
        how = json.dumps([chance.choice(tuple(readers)), kind])
        return Case(data[:FORM_BYTES], how)  # more is refused by each route while it arrives

    def judge(case: Case) -> str:
        reader, kind = json.loads(case.how)
        try:
            loop.run(readers[reader](_request(case.data, kind)))
        except Refusal as refused:
            return code_of(refused, refused.code)
        except HTTPException as error:
            if error.status_code >= 500:
                raise
            return f"http {error.status_code}"
        return "read"

    with loop:
        yield Target(make, one_by_one(judge))


def _request(data: bytes, kind: str) -> Any:
    blocks = [data[at : at + 700] for at in range(0, len(data), 700)] or [b""]

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        block = blocks.pop(0) if blocks else b""
        return {"type": "http.request", "body": block, "more_body": bool(blocks)}

    scope: Any = {
        "type": "http", "method": "POST", "path": "/",
        "headers": [(b"content-type", kind.encode())],
        "query_string": b"", "state": {}, "litestar_app": _made().door.app,
        "route_handler": _handler(),
    }  # fmt: skip
    return Request(scope, cast("Any", receive))


@cache
def _handler() -> Any:
    """A route that takes a form."""
    app: Any = _made().door.app
    routes = (each for each in app.routes if each.path == "/console/sign-in")
    return next(
        found for route in routes for found in route.route_handlers if "POST" in found.http_methods
    )


async def _upload(request: Any) -> object:
    return await in_memory(request, most=100_000)


async def _pieces(request: Any) -> list[Any]:
    return [each async for each in pieces(request, most=100_000)]


# ---- through the doors --------------------------------------------------------------------------


_FIELDS: Final[dict[str, list[str]]] = {}  # of each form, by its route; the same in every world


class Pages:
    """The doors with everybody signed in, and what they log."""

    def __init__(self, doors: Doors) -> None:
        self.doors, self.handed, self.said = doors, 0, io.StringIO()
        self.routes = list(operations())
        with redirect_stderr(self.said):
            found = {} if _FIELDS else names_of(doors)
        for path, method, _ in self.routes if not _FIELDS else ():
            if method == "POST":
                own = found.get(placed(path, known(doors, path)), set())
                _FIELDS[path] = sorted(own - {"csrf"}) or ["id", "words", "q"]
        self.ids = sorted(set(doors.here.mine.ids.values()))
        self.listen()

    def listen(self) -> list[dict[str, Any]]:
        """The lines since it was last asked for, none of which tells of anybody."""
        text = self.said.getvalue()
        self.said.seek(0)
        self.said.truncate()
        discreet(text, "the log")
        return [json.loads(line) for line in text.splitlines()]

    def make(self, chance: Random) -> Case:
        path, method, operation = chance.choice(self.routes)
        while chance.random() < 0.6 and method != "POST":
            path, method, operation = chance.choice(self.routes)
        how: dict[str, Any] = {"path": path, "method": method}
        names = re.findall(r"{(\w+)}", path)
        if names and chance.random() < 0.1:
            odd = [each for each in VALUES if each.strip(" .") and "/" not in each]
            how["places"] = {chance.choice(names): chance.choice(odd)}
        if method != "POST":
            pairs = [
                (chance.choice(QUERIES), chance.choice(VALUES)) for _ in range(chance.randint(0, 4))
            ]
            query = "&".join(f"{n}={quote(v[:300], safe='')}" for n, v in pairs)
            raw = changed(query.encode(), chance) if chance.random() < 0.2 else query.encode()
            how["cookie"] = chance.choice((*[""] * 27, "\xff", "a" * 5_000, "=;=;")) or None
            return Case(raw, json.dumps(how))
        parts = "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
        if chance.random() < 0.1:
            parts = not parts
        token = chance.choices((TOKEN, "", "other", "\ud800", "²"), (36, 1, 1, 1, 1))[0]
        fields = _fields(_FIELDS[path], self.ids, chance)
        if token or chance.random() < 0.5:
            fields.insert(0, ("csrf", token.encode("utf-8", "replace").decode()))
        data = _body(fields, chance, parts=parts)
        how["kind"] = KINDS["parts" if parts else "form"]
        how["token"] = token == TOKEN
        if chance.random() < 0.05:
            how["kind"] = chance.choice(ODD_KINDS)
        return Case(changed(data, chance) if chance.random() < 0.15 else data, json.dumps(how))

    def judge(self, case: Case) -> str:
        self.handed += 1
        if self.handed % 40 == 0:  # some of the forms end sessions
            with redirect_stderr(self.said):
                self.doors.tokens = self.doors.runner.run(_again(self.doors))
        how = json.loads(case.how)
        with redirect_stderr(self.said):
            answer = self._asked(how, case.data)
        lines = self.listen()
        operation = DOCUMENT["paths"][how["path"]][how["method"].lower()]
        if not declared(operation, answer):
            frames = [
                each.get("frames") for each in lines if each.get("status") == answer.status_code
            ]
            raise Broken(f"{how['method']} {how['path']} answers {answer.status_code}: {frames}")
        if answer.status_code in CODED and not any(each.get("verdict") for each in lines):
            raise Broken(f"{how['method']} {how['path']} {answer.status_code} has no code")
        if how.get("token") is False and operation["security"] and answer.status_code < 400:
            raise Broken(f"{how['path']} took a form without the session's token")
        verdict = next((each["verdict"] for each in lines if each.get("verdict")), "")
        return f"{how['method']} {answer.status_code} {verdict}".strip()

    def _asked(self, how: dict[str, Any], data: bytes) -> Any:
        doors, operation = self.doors, DOCUMENT["paths"][how["path"]][how["method"].lower()]
        places = {**known(doors, how["path"]), **how.get("places", {})}
        path = placed(how["path"], places)
        token = doors.form_token(operation, path).encode()
        who = next((each for each in STAFF if each in operation.get("x-roles", ())), "county")
        own = f"{PORTAL}={doors.tokens['portal']}; {CONSOLE}={doors.tokens[who]}".encode()
        odd = how.get("cookie")
        cookie = own if odd is None else f"{PORTAL}={odd}; {CONSOLE}={odd}".encode("latin-1")
        headers = [(b"cookie", cookie)]
        if how["method"] == "POST":
            headers.append((b"content-type", how["kind"].encode("latin-1", "replace")))
        scope_path = path if how["method"] == "POST" else f"{path}?{data.decode('latin-1')}"
        request = doors.client.build_request(
            how["method"], _safe(scope_path), headers=headers,
            content=data.replace(TOKEN.encode(), token) if how["method"] == "POST" else b"",
        )  # fmt: skip
        request.read()
        return doors.runner.run(doors.client.send(request))


def _safe(address: str) -> str:
    """What a client can put on a line at all."""
    return "".join(each if 32 < ord(each) < 127 and each != "#" else f"%{ord(each) & 255:02x}"
                   for each in address)  # fmt: skip


async def _again(doors: Doors) -> dict[str, str]:
    """Everybody signed in anew; who was shut out by a form comes back."""
    world = doors.here.world
    await world.store.write(lambda tx: tx.run("UPDATE account SET state='active'"))
    tokens = {who: await session_of(world, staff) for who, staff in STAFF.items()}
    return {**tokens, "portal": await visit_of(world, ZHOU)}


@contextmanager
def pages(place: Place) -> Iterator[Target]:
    """Every route of both doors with fields that nobody would send."""
    with listened():
        made = opened(place.url, place.folder)
        try:
            with redirect_stderr(io.StringIO()):
                doors = next(made)
            all_ = Pages(doors)
            yield Target(all_.make, one_by_one(all_.judge), memory=HASH + (64 << 20))
        finally:
            made.close()
