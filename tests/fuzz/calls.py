"""Targets of the tablets' calls over HTTP: exchange, enrolment, pictures, with their headers."""

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, Final

import httpx

from crypto.slip import head_slip, put_slip
from sync.enrol import Enrolment
from tests.fuzz.case import Broken, Case, Place, Target, one_by_one
from tests.fuzz.mutate_bytes import changed
from tests.fuzz.mutate_json import changed_json
from tests.fuzz.worlds import Walked, walked
from tests.photo_calls import Door, door, visit_with
from tests.pictures import a_photo
from tests.test_attachments import at_home
from tests.test_enrol import offered
from tests.world import ZHOU, World

OCTETS: Final = "application/octet-stream"
HEADERS: Final = (
    ("content-type", "text/html"), ("content-type", ""), ("content-type", f"{OCTETS}; x=\xff"),
    ("content-encoding", "gzip"), ("content-encoding", "identity"), ("authorization", "GWP1"),
    ("authorization", "GWP1 " + "A" * 226), ("authorization", "Basic \xff"), ("expect", "\x7f"),
    ("content-length", "0"), ("range", "bytes=0-1"), ("accept", "\xff"), ("cookie", "a" * 5_000),
)  # fmt: skip
PATHS: Final = {
    "exchange": ("POST", "/sync/v1/exchange"), "enrol": ("POST", "/sync/v1/enrol"),
    "piece": ("PUT", "/sync/v1/attachments/"), "head": ("HEAD", "/sync/v1/attachments/"),
}  # fmt: skip
Sound = dict[str, tuple[bytes, bytes, str]]  # of each call: its body, its slip, its file


async def _sound(world: World, home: Door) -> tuple[Sound, Enrolment]:
    """One right call of each sort, none of which has been made."""
    su = await at_home(world, home)
    _, (named,) = visit_with(su, ZHOU, a_photo(500, 400))
    await su.settle()
    request = su.tablet.request()
    assert request is not None
    sealed = su.tablet.disk.rows("SELECT body FROM photo_part WHERE n=0")[0][0]
    keys, file = su.keys, named.id.hex()
    code = (await offered(world)).code
    new = Enrolment(code, suite=None, app="fuzz", label="", random=os.urandom, now_ms=world.clock())
    made: Sound = {
        "exchange": (request, b"", ""),
        "enrol": (new.hello(), b"", ""),
        "piece": (sealed, put_slip(keys.device, named.id, 0, sealed, signer=keys.sign), file),
        "head": (b"", head_slip(keys.device, named.id, signer=keys.sign), file),
    }
    return made, new


@contextmanager
def calls(place: Place) -> Iterator[Target]:
    """A call whose body, slip, address or headers are changed: it has a problem with a code, and it
    leaves nothing.
    """
    with walked(place) as at:
        home = at.run(at.stack.enter_async_context(door(at.world)))
        sound, _ = at.run(_sound(at.world, home))

        def make(chance: Random) -> Case:
            call = chance.choices(tuple(PATHS), (3, 3, 3, 1))[0]
            body, slip, file = sound[call]
            what = chance.choice(("body", "slip", "file", "header"))
            if call == "head" and what == "body":
                what = "slip"
            what = what if slip or what == "header" else "body"
            more: list[tuple[str, str]] = []
            if what == "body":
                body = changed_json(json.loads(body), chance) if call == "enrol" else changed(
                    body, chance)  # fmt: skip
            elif what == "slip":
                slip = changed(slip, chance)
            elif what == "file":
                file = changed(file.encode(), chance).decode("latin-1")
            else:
                more.append(chance.choice(HEADERS))
            told = {"call": call, "what": what, "slip": slip.hex(), "file": file, "more": more}
            return Case(body, json.dumps(told))

        def judge(case: Case) -> str:
            at.world.clock.pass_(ms=600)  # nobody asks so often that it would not be listened to
            return at.run(_called(at, home, case))

        yield Target(make, one_by_one(judge), finish=at.look_around)


async def _called(at: Walked, home: Door, case: Case) -> str:
    how = json.loads(case.how)
    method, path = PATHS[how["call"]]
    slip = urlsafe_b64encode(bytes.fromhex(how["slip"])).rstrip(b"=")
    headers = {b"content-type": OCTETS.encode(), b"authorization": b"GWP1 " + slip}
    headers |= {name.encode(): value.encode("latin-1") for name, value in how["more"]}
    own = "".join(each if each.isalnum() and each.isascii() else f"%{ord(each) & 255:02x}"
                  for each in how["file"])  # fmt: skip
    before = await _there(at.world)
    request = home.client.build_request(
        method, path + own, headers=list(headers.items()), content=case.data or None
    )
    answer = await home.client.send(request)
    if answer.status_code >= 500 and _code(answer) != "busy":
        raise Broken(f"{method} {path} answers {answer.status_code}")
    if answer.status_code >= 400 and method != "HEAD" and not _code(answer):
        raise Broken(f"{method} {path} {answer.status_code} has no code")
    if how["what"] in ("body", "slip", "file"):
        if answer.status_code == 200 and how["call"] != "enrol":
            raise Broken(f"a changed {how['what']} of {how['call']} was taken")
        if await _there(at.world) != before:
            raise Broken(f"{how['call']} left something")
    return f"{how['call']} {answer.status_code}"


async def _there(world: World) -> list[tuple[Any, ...]]:
    return await world.rows(
        "SELECT (SELECT COUNT(*) FROM batch), (SELECT COUNT(*) FROM attachment_part), "
        "(SELECT COUNT(*) FROM device), (SELECT COUNT(*) FROM change)"
    )


def _code(answer: httpx.Response) -> str:
    try:
        return json.loads(answer.content)["code"]
    except (ValueError, KeyError, TypeError):
        return ""
