"""After a full day nothing at rest tells who was treated, for what, or with which result.

Every table and index, the database files as bytes, the log, the tablets' disks and the backup are
searched for everything the cast said and measured that day, in every spelling a leak could have.
"""

import base64
import io
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
import structlog

from server.actions.archives import consent, opening
from server.actions.archives.decisions import decide_cells
from server.actions.keeping.audit_tree import make_checkpoint, number_leaves
from server.actions.keeping.backup import backup
from server.actions.notices import outbox
from server.actions.places import move
from server.actions.tablets.devices import mark_lost, revoke
from server.actions.tablets.release import release
from server.app import create_app
from server.logs import configure
from server.rules.consent import Purpose
from server.settings import Settings
from server.store.tables import SPECS
from sync import wire
from sync.limits import DAY_MS
from tests.cast_forms import good
from tests.forge import DAY, forger
from tests.lists import signed
from tests.messages import answered, code
from tests.portal import bind
from tests.world import (
    DISTRICT,
    HE,
    NAMES,
    PHONES,
    QIN,
    TEAM_B,
    WANG,
    WU,
    XIE,
    YANG,
    ZHENG,
    ZHOU,
    Field,
    World,
    an_id,
    field,
    id_number,
)

STAFF = ("苏清明", "谢芒种", "何小满", "秦霜降")
SAID = {
    "address": "云栖县柳湾镇芦花荡四十七号",
    "complaint": "咽痛七天夜里盗汗",
    "diagnosis": "急性会厌炎",
    "code": "J05.137",
    "drug": "蒙脱石散加倍量",
    "ground": "路边晕倒由邻居送来",
    "void": "记错了人应是隔壁家",
    "reason": "家属来电说昏迷不醒",
    "contact": "李寒露",
    "other phone": "13777776661",
    "broken": "无人能读的一句话",
    "too large": "写得太长的一句话",
    "newer": "新表单里的一句话",
    "restricted": "强制隔离的缘由",
    "weight": ":1937,",
    "systolic": ':187,"',
    "sign-in code": "402173",
    "form member": '"sbp":',
    "other member": '"hx_disease',
}
VISIT = good(
    "htn_followup", next_date="2027-02-18", sbp=187, weight=1937,
    meds=[{"name": SAID["drug"], "times_per_day": 2, "dose": "20mg"}],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Needle:
    what: str
    spelling: str
    raw: bytes


def needles() -> list[Needle]:
    """Everything that was said, in every spelling. Nothing shorter than six bytes: those stand by
    chance in so much that is sealed.
    """
    words = {
        **{f"name {name}": name for name in (*NAMES.values(), *STAFF)},
        **{f"ID of {name}": id_number(who) for who, name in NAMES.items()},
        **{f"phone of {NAMES[who]}": phone for who, phone in PHONES.items()},
        **SAID,
    }
    return [
        Needle(what, spelling, raw)
        for what, word in words.items()
        for spelling, raw in spellings(word)
        if len(raw) >= 6
    ]


def spellings(word: str) -> Iterator[tuple[str, bytes]]:
    plain = word.encode()
    yield "UTF-8", plain
    yield "GB 18030", word.encode("gb18030")
    yield "UTF-16", word.encode("utf-16-le")
    yield "UTF-16 BE", word.encode("utf-16-be")
    yield "JSON", "".join(f"\\u{ord(c):04x}" if ord(c) > 126 else c for c in word).encode()
    for name, raw in (("UTF-8", plain), ("GB 18030", word.encode("gb18030"))):
        yield f"hex of {name}", raw.hex().encode()
        yield f"HEX of {name}", raw.hex().upper().encode()
        for shift in range(3):
            # A word inside a longer text starts at any of three places of a base64 group.
            coded = base64.b64encode(bytes(shift) + raw)
            inner = coded[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6]
            yield f"base64 of {name}", inner
            yield f"base64url of {name}", inner.replace(b"+", b"-").replace(b"/", b"_")


NEEDLES = needles()


def found_in(where: str, data: bytes) -> list[str]:
    return [f"{where}: {n.what} as {n.spelling}" for n in NEEDLES if n.raw in data]


# ---- the day ------------------------------------------------------------------------------------


async def a_full_day(world: World, post: httpx.AsyncClient) -> list[Field]:
    """Visits, edits, a conflict, everything held and quarantined, a move, a consent, a backup."""
    su = await field(world, "07", restricted=True)
    xie = await field(world, "11", staff=XIE)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,), restricted=True)
    fields = [su, xie, he]
    for each in fields:
        await sync(each, post)
    visit = su.tablet.save_event(ZHOU, "htn_followup", DAY, VISIT)
    su.tablet.save_event(
        WU, "encounter", DAY,
        good(
            "encounter", subjective=SAID["complaint"], assessment=SAID["diagnosis"],
            icd10=[{"code": "J05.1", "name": SAID["diagnosis"] + SAID["code"]}],
        ),
    )  # fmt: skip
    cells = {
        "address_text": SAID["address"], "contact_name": SAID["contact"],
        "phone": SAID["other phone"], "hx_disease_restricted/8": True, "blood_abo": "1",
        "remarks": SAID["restricted"],
    }  # fmt: skip
    su.tablet.save_edit(ZHOU, cells, DAY)
    xie.tablet.save_edit(ZHOU, {"blood_abo": "2", "remarks": SAID["complaint"]}, DAY)
    su.tablet.note_reading(ZHOU, SAID["ground"])
    why = opening.Given(Purpose.EMERGENCY, SAID["reason"])
    await opening.open_by_number(world.site, await signed(world, HE), id_number(WU), why)
    held = su.tablet.save_event(ZHOU, "htn_followup", DAY, {**VISIT, "sbp": 999})
    for each in (su, xie, su):
        await sync(each, post)
    su.tablet.void(ZHOU, "htn_followup", DAY, visit, SAID["void"])
    await sync(su, post)
    await release(world.site, held, staff=XIE)
    await decide_cells(world.site, ZHOU, {"blood_abo": "2"}, staff=XIE)
    await the_liar(world, post)
    await consent.grant(
        world.site, WU, panel=TEAM_B, purpose="service", classes="A",
        until=world.clock() + 30 * DAY_MS, text_version="1",
    )  # fmt: skip
    ask = move.Ask(resident=ZHOU, panel=TEAM_B, ground="moved", by=QIN, at_new_desk=True)
    await move.switch(world.site, ask)
    su.tablet.save_event(ZHOU, "htn_followup", "2026-11-19", VISIT)
    su.tablet.save_edit(ZHOU, {"phone": SAID["other phone"]}, DAY)
    for each in (*fields, *fields):
        await sync(each, post)
    for who in (ZHOU, WU):
        await bind(world, who)
        await answered(world, who)
        await code(world, PHONES[who], spoken=who == WU)
    await outbox.run_codes(world.site)
    await outbox.run(world.site)
    await answered(world, ZHOU)  # waits in the outbox
    su.tablet.save_event(WU, "htn_followup", DAY, VISIT)  # waits on the tablet, sealed and open
    su.tablet.seal()
    su.tablet.save_edit(WU, {"contact_name": SAID["contact"]}, DAY)
    await world.store.write(lambda tx: number_leaves(tx, DISTRICT))
    await world.store.write(lambda tx: make_checkpoint(tx, world.site, world.clock()))
    return fields


async def sync(each: Field, post: httpx.AsyncClient) -> None:
    while True:
        request = each.tablet.request()
        assert request is not None
        answer = await post.post(
            "/sync/v1/exchange", content=request,
            headers={"content-type": "application/octet-stream"},
        )  # fmt: skip
        assert answer.status_code == 200
        result = each.tablet.take(request, answer.content)
        if not (result.more or result.receipts):
            return


async def the_liar(world: World, post: httpx.AsyncClient) -> None:
    """Everything that ends in quarantine, or breaks."""
    liar = await forger(world, "66")
    body = wire.encode(VISIT)
    ground = wire.Ground(kind=SAID["ground"], note=SAID["ground"])
    known = liar.visit(WANG)
    raws = [
        liar.visit(YANG),
        liar.event(an_id("nobody"), body),
        liar.event(WANG, body, ground=wire.Ground(kind="emergency", note=SAID["ground"])),
        liar.event(WANG, body, ground=ground, reason=SAID["void"]),
        liar.event(ZHENG, wire.encode({"word": SAID["broken"]}).replace(b"}", b',"word":1}')),
        liar.event(ZHENG, wire.encode({"word": SAID["too large"] * 3000})),
        liar.event(ZHENG, wire.encode({"word": SAID["newer"]}), kind=SAID["newer"]),
        wire.encode({"word": SAID["broken"]}),
        known,
        known.replace(b":138", b":187"),
    ]
    reads = (wire.Read(resident=ZHENG, at=world.clock(), purpose=SAID["ground"]),)
    await liar.send(*raws, reads=reads)
    unreadable = wire.encode({"word": SAID["broken"]})
    await liar.post(liar.seal(unreadable, liar.header(bytes(32))))
    for path, content in (
        ("/sync/v1/exchange", SAID["broken"].encode()),
        ("/sync/v1/enrol", SAID["broken"].encode()),
        (f"/{SAID['broken']}?name={SAID['contact']}", b""),
    ):
        answer = await post.post(
            path, content=content, headers={"content-type": "application/octet-stream"}
        )
        assert answer.status_code in (400, 403, 404)
        assert found_in("answer", answer.content) == []
    await mark_lost(world.site, liar.keys.device, world.clock())
    await liar.send(liar.event(ZHENG, body))
    gone = await forger(world, "67")
    await revoke(world.site, gone.keys.device, "staff_left")
    await gone.send(gone.event(ZHENG, body))


# ---- the search ---------------------------------------------------------------------------------


async def tables(world: World) -> list[str]:
    hits: list[str] = []
    for name, spec in SPECS.items():
        for row in await world.rows(f'SELECT * FROM "{name}"'):
            for column, value in zip(spec.columns, row, strict=True):
                data = value if isinstance(value, bytes) else str(value).encode()
                hits += found_in(f"{name}.{column}", data)
    return hits


async def database_files(world: World) -> list[Path]:
    """Everything the engine has written: tables, indexes, log."""
    if world.store.path is not None:
        here = Path(world.store.path)
        files = [here, Path(f"{here}-wal")]
        reader = sqlite3.connect(here)
        reader.execute("PRAGMA wal_checkpoint(PASSIVE)")  # the pages are in both from here on
        reader.close()
        assert min(each.stat().st_size for each in files) > 64 * 1024
        return files
    parts = urlsplit(world.url)
    data = Path(parse_qs(parts.query)["host"][0]) / "data"
    connection = await asyncpg.connect(world.url)
    await connection.execute("CHECKPOINT")
    await connection.close()
    oid = await world.one("SELECT oid FROM pg_database WHERE datname=current_database()")
    heap = sorted((data / "base" / str(oid)).iterdir())
    assert len(heap) > len(SPECS)
    log = [each for each in (data / "pg_wal").iterdir() if each.is_file()]
    return [*heap, *log, data.parent / "log"]


def _at_rest(path: Path) -> bytes:
    """A file's bytes. The cluster is shared with other tests: a segment of its log may be recycled
    between the listing and the reading, and what another's checkpoint found dropped (the file of a
    table made anew) is unlinked; then nothing of it is at rest any more.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        assert path.parent.name == "pg_wal" or path.parent.parent.name == "base"
        return b""


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The server's log at its loudest."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    configure("debug")
    # Not sys.stderr: pytest puts its own there between the fixture and the test.
    structlog.configure(logger_factory=lambda *_: structlog.WriteLogger(written))
    loggers = [logging.getLogger(each) for each in ("uvicorn", "litestar", "asyncpg", "piccolo")]
    loggers += [logging.getLogger("asyncio")]
    levels = [each.level for each in loggers]
    for each in (root, *loggers):
        each.setLevel(logging.DEBUG)
    yield written
    for each, before in zip(loggers, levels, strict=True):
        each.setLevel(before)  # another test may look at what a library says
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_nothing_at_rest_tells_what_was_said(world: World, log: io.StringIO) -> None:
    settings = Settings(database_url=world.url, kek_file=world.kek_file)
    app = create_app(world.site, settings, jobs=False)
    transport = httpx.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as post:
        fields = await a_full_day(world, post)
    done = await backup(world.site, world.folder / "backup")
    hits = await tables(world)
    for each in await database_files(world):
        hits += found_in(each.name, _at_rest(each))
    hits += found_in("backup", done.path.read_bytes())
    assert log.getvalue().count('"event":"request"') >= 20
    hits += found_in("log", log.getvalue().encode())
    disks = [path for path in world.folder.iterdir() if ".tablet" in path.name]
    assert len(disks) >= 3
    for each in disks:
        hits += found_in(each.name, each.read_bytes())
    assert sorted(set(hits)) == []
    assert_the_search_finds(fields[2])


def assert_the_search_finds(he: Field) -> None:
    """The same search over what He's unlocked tablet shows: the words were really there."""
    rows = [wire.encode(row) for who in (ZHOU, WU) for row in he.tablet.archive.events(who)]
    cells = [repr(he.tablet.archive.cells(who)).encode() for who in (ZHOU, WU)]
    told = {
        hit.split(": ")[1].split(" as ")[0] for hit in found_in("shown", b"".join(rows + cells))
    }
    assert {"diagnosis", "complaint", "weight", "systolic", "drug", "address", "void"} <= told


@pytest.mark.parametrize("word", ["周谷雨", "吴𠮷祥", "19900001000"])
def test_the_search_knows_every_spelling(word: str) -> None:
    texts = {
        "UTF-8": f"x{word}y".encode(),
        "GB 18030": f"x{word}y".encode("gb18030"),
        "hex of UTF-8": f"x{word}y".encode().hex().encode(),
        "base64 of UTF-8": base64.b64encode(f"xy{word}z".encode()),
        "base64url of GB 18030": base64.urlsafe_b64encode(f"x{word}z".encode("gb18030")),
    }
    for spelling, data in texts.items():
        assert any(hit.endswith(f"as {spelling}") for hit in found_in("text", data)), spelling
