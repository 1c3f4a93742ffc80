"""Every page and every form of the portal, walked by every kind of reader and by nobody.

The routes are those of the application, so a page that is made tomorrow is walked as well. What
somebody else has is answered like what nobody has: whoever asks, whatever the id is of.
"""

import asyncio
import io
import logging
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import structlog

from server.actions.residents import visits
from server.logs import configure
from server.store.tables import SPECS
from tests.portal import Phone, phone, text_of, visit_of
from tests.portal_life import EXAMPLES, Life, Way, ways
from tests.portal_readers import SECRET, Here, filled
from tests.world import (
    NAMES,
    PHONES,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    Clock,
    World,
    id_number,
    new_world,
)

OPEN_PAGES = {
    "/portal/static/{mark}/{name}", "/portal/size/{size}", "/portal/sign-in",
    "/portal/sign-in/again", "/portal/sign-in/code", "/portal/pass/{token}",
    "/portal/checkup/card", "/portal/checkup/card/{name}",
    "/portal/checkup/card/{name}/picture.png", "/portal/checkup/card/leave",
}  # fmt: skip
"""What may be opened without a session: a new one is written here on purpose, or this test fails.
"""
BEARER = "/portal/pass/{token}"
"""Who holds the pass is who it was made for: its token is no id."""
NOBODYS = {"photo": "ab" * 32}
SAME = {"statement": "correction"}  # both are corrections
LEAVES = {"/portal/sign-out", "/portal/account/out", "/portal/notice/withdraw"}
HELD = {
    "content-security-policy": "default-src 'none'", "x-content-type-options": "nosniff",
    "x-frame-options": "DENY", "cache-control": "no-store", "referrer-policy": "same-origin",
}  # fmt: skip
THEIRS = (NAMES[YANG], id_number(YANG), PHONES[YANG], SECRET)
NUMBERS = tuple(each for who in NAMES for each in (id_number(who), PHONES[who]))


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Here]:
    """Made once: a folder with the database and the key, and what is in it."""
    folder = tmp_path_factory.mktemp("two-lives")

    async def make() -> Here:
        async with new_world(f"sqlite:///{folder}/w.sqlite3", folder) as world:
            return await filled(world)

    return folder, asyncio.run(make())


@pytest.fixture
async def here(standing: tuple[Path, Here], tmp_path: Path) -> AsyncIterator[Here]:
    """A copy of it for one test."""
    folder, made = standing
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    clock = Clock(made.world.clock())
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path, clock=clock) as world:
        yield replace(made, world=world)


def nobodys(life: Life) -> dict[str, str]:
    """Ids of nothing, by the names of real ones."""
    return {name: NOBODYS.get(name, "ab" * 16) for name in life.ids}


def mixed(theirs: Mapping[str, str], mine: Mapping[str, str]) -> dict[str, str]:
    """Every id of theirs; facilities are nobody's and stay."""
    return {**theirs, "facility": mine["facility"], "panel": mine["panel"], "pass": mine["pass"]}


def plain(answer: httpx.Response) -> tuple[Any, ...]:
    """What an answer is, without what is another in each: ids, tokens, the number of a fault."""
    text = re.sub(r"\b[0-9a-f]{16,}\b", "#", answer.text)
    to = re.sub(r"[0-9a-f]{16,}", "#", answer.headers.get("location", ""))
    return answer.status_code, answer.headers.get("content-type"), to, text


def told(answer: httpx.Response, *, named: bool = False) -> list[str]:
    """What of the other resident is in an answer, its addresses included. `named`: the reader has
    or had a link and finds the name among the own ones.
    """
    to = unquote(answer.headers.get("location", ""))
    return [each for each in THEIRS[int(named) :] if each in answer.text or each in to]


async def send(one: Phone, way: Way, address: str, form: Mapping[str, str]) -> httpx.Response:
    return await (one.get(address) if way.method == "GET" else one.post(address, dict(form)))


async def kept(world: World, who: bytes) -> dict[str, list[Any]]:
    """Every row that names this resident, in every table but that of sessions."""
    found: dict[str, list[Any]] = {}
    for table, spec in SPECS.items():
        if "resident" in spec.columns and table != "portal_session":
            rows = await world.rows(f"SELECT * FROM {table} WHERE resident=?", who)
            found[table] = sorted(repr(each) for each in rows)
    return found


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    heard = io.StringIO()
    configure("debug")
    structlog.configure(logger_factory=lambda *_: structlog.WriteLogger(heard))
    yield heard
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_every_handler_says_who_may_use_it_and_every_address_has_an_example(
    world: World,
) -> None:
    every = ways(world)
    assert len(every) > 60
    assert {each.path for each in every if each.who == "open"} == OPEN_PAGES
    assert {each.who for each in every} == {"open", "early", "signed"}
    assert {each.method for each in every} == {"GET", "POST"}
    assert {each.path for each in every if "{" in each.path} == set(EXAMPLES)


async def test_an_id_of_somebody_else_is_answered_like_one_of_nobody(
    here: Here, log: io.StringIO
) -> None:
    """Every route, every reader; afterwards not a row of the other resident is another."""
    world, every = here.world, ways(here.world)
    before, faults = await kept(world, YANG), list[Any]()
    nothing = mixed(nobodys(here.theirs), here.mine.ids)
    foreign = mixed(here.theirs.ids, here.mine.ids)
    for reader in here.readers:
        async with phone(world, reader.person, reader.resident) as one:
            for way in every:
                if "{" not in way.path or way.path == BEARER:
                    continue
                real = await send(one, way, way.at(foreign), foreign)
                if reader.person is None and real.status_code in (303, 401):
                    continue
                none = await send(one, way, way.at(nothing), nothing)
                if real.status_code >= 500 or told(real) or plain(real) != plain(none):
                    faults.append((reader.what, way, real.status_code, none.status_code))
    assert faults == []
    assert await kept(world, YANG) == before
    said = log.getvalue()
    assert "/portal/correct/{name}" in said, "the log is the one that is read"
    assert [each for each in (*NAMES.values(), *NUMBERS, SECRET) if each in said] == []


async def test_an_id_of_one_thing_is_no_id_of_another_whoevers_it_is(here: Here) -> None:
    world, faults = here.world, list[Any]()
    before = await kept(world, YANG)
    nothing = nobodys(here.mine)
    async with phone(world, ZHOU) as zhou:
        for way in ways(world):
            places = re.findall(r"{(\w+)}", EXAMPLES.get(way.path, ""))
            if not places or way.path == BEARER or "facility" in places:
                continue
            some = [here.theirs.ids] if way.method == "POST" else [here.theirs.ids, here.mine.ids]
            for ids, chosen in product(some, here.theirs.ids):
                if ids is here.mine.ids and SAME.get(chosen, chosen) in places:
                    continue
                there = {**nothing, **dict.fromkeys(places, ids[chosen])}
                answer = await send(zhou, way, way.at(there), here.theirs.ids)
                if answer.status_code not in (403, 404) or told(answer):
                    faults.append((way, chosen, answer.status_code))
    assert faults == []
    assert await kept(world, YANG) == before


async def test_who_has_them_opens_them(here: Here) -> None:
    """The ids of the tests above are real ones."""
    async with phone(here.world, YANG) as yang:
        for way in ways(here.world):
            if way.method == "GET" and re.search(r"{\w+}", EXAMPLES.get(way.path, "")):
                address = way.at(here.theirs.ids)
                answer = await yang.get(address)
                assert answer.status_code == 200, way
    async with phone(here.world, YANG) as yang:
        words = await yang.get(f"/portal/correct/{here.theirs.ids['correction']}")
        assert SECRET in words.text


async def test_a_helper_without_a_scope_is_shown_nothing_measured_and_nothing_written(
    here: Here,
) -> None:
    """Whether visits happened and what is due, with what was said to that; nothing else."""
    (helper,) = (each for each in here.readers if each.what == "a helper")
    mine, faults = here.mine, list[Any]()
    async with phone(here.world, helper.person, helper.resident) as one:
        for way in ways(here.world):
            if way.method == "GET" and way.path != "/portal/confirmations/{name}":
                answer = await one.get(way.at(mine.ids))
                said = text_of(answer)
                shown = [each for each in (mine.words, "156/88", "磺胺", "高血压") if each in said]
                kind = answer.headers.get("content-type", "")
                file = way.who != "open" and answer.status_code == 200 and "html" not in kind
                if shown or file:
                    faults.append((way, shown, kind))
    assert faults == []


async def test_ids_of_somebody_else_in_a_form_do_nothing_to_them(here: Here) -> None:
    """Forms that are whole but for one id; each names the field in which the id travels."""
    world, mine, theirs = here.world, here.mine.ids, here.theirs.ids
    before = await kept(world, YANG)
    facility = mine["facility"]
    claim = {"why": "1", "text": "头晕", "drug_allergy": "3", "drug_allergy_other": ""}
    agreed = {"team": mine["panel"], "purpose": "service", "classes": "A", "manner": "view",
              "duration": "month"}  # fmt: skip
    moved = {"panel": mine["panel"], "ground": "choice", "day": "2026-11-27"}
    case = {"panel": mine["panel"], "code": "pregnancy", "evidence": "手册"}
    forms: tuple[tuple[str, dict[str, str]], ...] = (
        ("/portal/correct/field/drug_allergy", {**claim, "id": theirs["correction"]}),
        ("/portal/correct/field/phone",
         {"phone": "13900000009", "why": "3", "id": theirs["correction"]}),
        ("/portal/correct/field/address", {**claim, "id": "cd" * 16, "photo": theirs["photo"]}),
        (f"/portal/correct/record/{mine['record']}",
         {"why": "1", "text": "头晕", "id": theirs["statement"]}),
        (f"/portal/correct/record/{mine['record']}",
         {"why": "1", "text": "头晕", "id": "ce" * 16, "photo": theirs["photo"]}),
        (f"/portal/consent/to/{facility}", {**agreed, "id": theirs["consent"]}),
        (f"/portal/switch/to/{facility}", {**moved, "id": theirs["switch"]}),
        (f"/portal/switch/to/{facility}/special", {**case, "id": theirs["case"]}),
        ("/portal/family/open", {"link": theirs["link"]}),
        (f"/portal/family/{theirs['link']}/end", {"as": "helper"}),
        (f"/portal/family/offer/{theirs['offer']}/answer", {"way": "accept"}),
        ("/portal/inbox/read", {"notice": theirs["notice"]}),
        ("/portal/pick", {"archive": theirs["resident"]}),
    )  # fmt: skip
    async with phone(world, ZHOU) as zhou:
        token = zhou.token
        for address, form in forms:
            zhou.token = token
            answer = await zhou.post(address, form)
            assert (answer.status_code < 500, told(answer)) == (True, []), (address, form)
            assert await kept(world, YANG) == before, (address, form)
        zhou.token = await visit_of(world, ZHOU)
        for page in ("/portal/", "/portal/correct", "/portal/inbox", "/portal/family"):
            assert told(await zhou.get(page)) == [], page
    held = "SELECT COUNT(*) FROM attachment WHERE resident=?"
    assert await world.one(held, YANG) > 0
    assert await world.rows(
        "SELECT 1 FROM attachment WHERE attachment=? AND resident=?",
        bytes.fromhex(theirs["photo"]), ZHOU,
    ) == []  # fmt: skip


async def test_nothing_is_taken_without_the_sessions_own_token(here: Here) -> None:
    world, mine = here.world, here.mine
    posts = [each for each in ways(world) if each.method == "POST"]
    async with phone(world, ZHOU) as zhou:
        other = visits.form_token(await visit_of(world, ZHOU))
        before = await kept(world, ZHOU)
        for way in posts:
            for token in ("", "0" * 48, other):
                form = {**mine.ids, "csrf": token}
                answer = await zhou.client.post(way.at(mine.ids), data=form)
                if way.who == "open":  # no session yet: a cookie of its own is asked for
                    assert answer.status_code in (303, 422), way
                    assert "gongwei_portal=" not in answer.headers.get("set-cookie", ""), way
                    continue
                said = answer.status_code, "form_not_ours" in answer.text
                assert said == (403, True), (way, token)
        assert await kept(world, ZHOU) == before
    async with phone(world) as nobody:
        for way in posts:
            answer = await nobody.client.post(way.at(mine.ids), data={"csrf": other})
            assert (
                answer.status_code in (303, 422)
                if way.who == "open"
                else (answer.status_code == 401)
            ), way


async def test_every_answer_is_held_and_no_address_or_fault_names_anybody(
    here: Here, log: io.StringIO
) -> None:
    """Own ids: pages with everything on them, in every reader's hands."""
    world, mine, faults = here.world, here.mine, list[Any]()
    every = ways(world)
    for reader in here.readers:
        async with phone(world, reader.person, reader.resident) as one:
            for way in every:
                if way.path in LEAVES or way.path.startswith("/portal/static"):
                    continue
                if way.method == "POST" and reader.person is not None and way.who == "early":
                    continue
                answer = await send(one, way, way.at(mine.ids), {"nothing": "of use"})
                loose = [
                    name for name, start in HELD.items()
                    if not answer.headers.get(name, "").startswith(start)
                ]  # fmt: skip
                named = named_in(answer)
                linked = reader.person in (WU, ZHENG) and way.path == "/portal/family"
                shut = reader.person is None and way.who != "open" and answer.status_code < 300
                if (
                    answer.status_code >= 500
                    or loose
                    or named
                    or shut
                    or told(answer, named=linked)
                ):
                    faults.append((reader.what, way, answer.status_code, loose, named))
    assert faults == []
    said = log.getvalue()
    assert [each for each in (*NAMES.values(), *NUMBERS) if each in said] == []


WHOLE = {"/portal/passport"}
"""Whose purpose is to be read by strangers in an emergency: whom to ring stands there whole."""


def named_in(answer: httpx.Response) -> list[str]:
    """Numbers and names in the addresses of an answer, and whole numbers anywhere in a page."""
    addresses = [answer.headers.get("location", "")]
    addresses += re.findall(r'(?:href|action|src)="([^"]*)"', answer.text)
    joined = "\n".join(unquote(each) for each in addresses if not each.startswith("tel:"))
    asked = answer.request.method == "POST" or answer.request.url.path in WHOLE
    whole = [] if asked else [n for n in NUMBERS if n in answer.text]
    return [each for each in (*NAMES.values(), *NUMBERS) if each in joined] + whole
