"""Staff look for somebody in a facility of 100,000: the first answer opens every card, later ones
scan what is in memory. Beside it the limit: the same rows read and opened, nothing else.
"""

import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import getpid
from pathlib import Path
from typing import Final

import msgspec

from crypto.columns import add_kek
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Face, key_of, open_face
from server.actions.archives.search import Lookup
from server.actions.keeping.site import Site, found_district, kek_ring, open_site
from server.records.initials import initials
from server.rules.accounts import StaffRole
from server.settings import now_ms
from server.store.migrate import migrate
from server.store.store import Store
from server.store.tx import Row, Tx
from server.store.vault import T_CARD, Vault
from tests.bench.database import Engine
from tests.bench.figures import Report
from tests.bench.meter import resident_mb
from tests.bench.work import Size, bare_archive, id_of

_DISTRICT: Final = 1
_SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗单仇曾区解"
_GIVEN: Final = "谷雨立春清明白露霜降小满芒种寒大暑秋分冬至𠮷㛃䶮祥兰英华国建玉桂秀凤"
_CHUNK: Final = 2_000
_WARM: Final = 40


async def run(where: Engine, folder: Path, size: Size, report: Report) -> None:
    """`folder` exists and is empty."""
    async with _facility(where, folder, size.people) as (site, signed):
        limit = await _limit(site, signed)
        before = resident_mb(getpid())
        lookup = Lookup(site)
        began, spent = time.perf_counter(), time.process_time()
        found = await lookup.find(signed, "zgy")
        cold, cpu = time.perf_counter() - began, time.process_time() - spent
        if not found.cards:
            raise AssertionError("nobody was found")
        report.figure("search_cold_s", cold, "s", people=size.people, found=len(found.cards))
        report.figure("search_cold_cpu_s", cpu, "s", people=size.people)
        report.figure("search_cold_limit_s", limit, "s", people=size.people)
        report.figure("search_cold_of_limit", cold / limit, "ratio")
        warm: list[float] = []
        used: list[float] = []
        rng = random.Random("search")
        for _ in range(_WARM):
            query = rng.choice(
                ("zgy 1955", "谷雨", "𠮷", "19{:02}", "{:04}", "wlx 女", "王 1948", "女")
            )
            began, spent = time.perf_counter(), time.process_time()
            await lookup.find(signed, query.format(rng.randrange(20, 99)))
            warm.append(1000 * (time.perf_counter() - began))
            used.append(1000 * (time.process_time() - spent))
        report.middle("search_warm_ms", warm, "ms", people=size.people)
        slow = sorted(used)[int(0.95 * len(used))]
        report.figure("search_warm_p95_cpu_ms", slow, "ms", people=size.people)
        report.figure("search_memory", resident_mb(getpid()) - before, "MB", people=size.people)


@asynccontextmanager
async def _facility(where: Engine, folder: Path, people: int) -> AsyncIterator[tuple[Site, Signed]]:
    add_kek(folder / "kek")
    async with Store(where.new_database("search")) as store:
        await migrate(store)
        vault = Vault(kek_ring(folder / "kek"), _DISTRICT)
        await store.write(
            lambda tx: found_district(
                tx, vault, code="371002", name="云栖县", rules="huancui", now=now_ms(),
                index_key=bytes(32),
            )
        )  # fmt: skip
        site = await open_site(store, kek_file=folder / "kek", district=_DISTRICT, clock=now_ms)
        facility, panel = id_of("facility", 1), id_of("panel", 1)
        rng = random.Random("people")
        for start in range(0, people, _CHUNK):
            count = min(_CHUNK, people - start)
            await store.write(
                lambda tx, s=start, n=count: _cards(tx, site, rng, facility, panel, s, n)
            )
        yield site, Signed(
            staff=id_of("staff", 1), name="", role=StaffRole.DESK, facility=facility,
            facility_name="", level="facility", panels=frozenset({panel}), restricted=False,
            session=b"", csrf="",
        )  # fmt: skip


async def _cards(
    tx: Tx, site: Site, rng: random.Random, facility: bytes, panel: bytes, start: int, count: int
) -> None:
    key, now = await key_of(tx, site), now_ms()
    rows: list[Row] = []
    archives: list[Row] = []
    for n in range(start, start + count):
        who = id_of(f"card/{n}", now)
        name = rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN, k=rng.choice((1, 2, 2))))
        face = Face(
            name, initials(name), rng.choice("12"),
            f"{rng.randrange(1930, 2026)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
            f"371002{rng.randrange(100_001, 100_060)}", "张村镇前双岛村 12 号",
            f"{rng.randrange(10_000):04}", f"{rng.randrange(10**8):08}",
        )  # fmt: skip
        sealed = key.seal(site.vault.at(T_CARD, who, who, 1), msgspec.json.encode(face))
        # A day old: what was remade in the last minute is read again with each search.
        rows.append((_DISTRICT, who, facility, panel, "usual", 1, now - 86_400_000, sealed))
        archives.append(bare_archive(_DISTRICT, who, facility, panel, "usual"))
    await tx.insert("resident", archives)
    await tx.insert("resident_card", rows)


async def _limit(site: Site, signed: Signed) -> float:
    """The same rows read and opened."""

    async def work(tx: Tx) -> float:
        began = time.perf_counter()
        rows = await tx.rows(
            "SELECT resident, rev, sealed FROM resident_card WHERE district=? AND facility=?",
            _DISTRICT, signed.facility,
        )  # fmt: skip
        key = await key_of(tx, site)
        for who, rev, sealed in rows:
            open_face(site, key, who, rev, sealed)
        return time.perf_counter() - began

    return await site.store.read(work)
