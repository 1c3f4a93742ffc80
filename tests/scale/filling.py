"""The filling: ground, panels, indexes, what the timed work would have made.

A panel is one transaction, its own row with it: a run that broke off goes on with the panels that
are not there. Ids, names and contents follow from the seed and the day, keys and nonces are new.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any, Final

import msgspec

from crypto.audit import leaf_hash
from crypto.columns import card_key
from server.actions.figures import figures_recount
from server.actions.keeping.site import Site, district_key_blob, open_site
from server.actions.plan.facts import district_numbers
from server.rules.plan.edition import edition
from server.store.store import Store
from server.store.tx import Row, Tx
from server.store.vault import NOBODY, T_STAFF
from sync import digest
from sync.limits import LEASE_MS
from tests.commands import Refused
from tests.scale.county import DEVICES, FACILITIES, Size, facility_of, made_id, name_of, noon_ms
from tests.scale.models import MODELS, Model, make_models
from tests.scale.people import Made, Maker
from tests.scale.tables import index_statements, put, row_of, without_indexes
from tests.world import DISTRICT, Clock, new_world

AGO_MS: Final = 86_400_000  # cards were made a day ago: newer ones are read with each search
_BEGUN, _KEPT = "filling.json", "county.json"
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be filled where."""

    url: str
    folder: Path  # the key file lies there
    size: Size
    day: date
    models: int = MODELS

    def begun(self) -> None:
        """Beside the key file, for whoever goes on."""
        (self.folder / _KEPT).unlink(missing_ok=True)
        (self.folder / _BEGUN).write_bytes(
            msgspec.json.encode((self.url, self.size, self.day, self.models))
        )

    def done(self) -> None:
        """From now on the county may be asked something."""
        (self.folder / _BEGUN).replace(self.folder / _KEPT)

    @classmethod
    def kept_in(cls, folder: Path) -> "Order":
        """Of a filled county. Raises Refused."""
        kept = cls._read(folder, _KEPT)
        if kept is None:
            begun = (folder / _BEGUN).is_file()
            how = "is not filled to its end: `fill` goes on" if begun else "has no filled county"
            raise Refused(f"{folder} {how}")
        return kept

    @classmethod
    def begun_in(cls, folder: Path) -> "Order | None":
        return cls._read(folder, _BEGUN) or cls._read(folder, _KEPT)

    @classmethod
    def _read(cls, folder: Path, name: str) -> "Order | None":
        try:
            raw = (folder / name).read_bytes()
            kept = msgspec.json.decode(raw, type=tuple[str, Size, date, int])
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise Refused(f"{folder / name} cannot be read: {error}") from None
        return cls(kept[0], folder, *kept[1:])

    @property
    def at_ms(self) -> int:
        return noon_ms(self.day)


def fill(order: Order, *, processes: int = 2, say: Say = print) -> None:
    """To the end, from wherever an earlier run came to. PostgreSQL takes rows of several."""
    models, missing = asyncio.run(begin(order, say))
    told = _Progress(order.size, len(missing), say)
    if order.url.startswith("sqlite:"):
        asyncio.run(panels(order, models, missing, told))
    else:
        _in_processes(order, models, missing, processes, told)
    asyncio.run(finish(order, say))
    say(f"filled in {time.monotonic() - told.began:.0f} s")


async def begin(order: Order, say: Say) -> tuple[list[Model], list[int]]:
    """The models, and which panels are missing."""
    models = await make_models(order.day, order.size.changes, order.models)
    missing = await _ground(order, models)
    say(f"{order.size.panels - len(missing)} of {order.size.panels} panels are there")
    return models, missing


@dataclass(slots=True)
class _Progress:
    size: Size
    missing: int
    say: Say
    done: int = 0
    began: float = field(default_factory=time.monotonic)

    def panels(self, count: int = 1) -> None:
        self.done += count
        took = time.monotonic() - self.began
        rows = self.done * self.size.panel * self.size.changes
        left_min = took / self.done * (self.missing - self.done) / 60
        self.say(
            f"panel {self.done} of {self.missing}: {rows:,} changes, {rows / took:,.0f} a second, "
            f"{left_min:.0f} min left"
        )


@asynccontextmanager
async def opened(order: Order) -> AsyncIterator[Site]:
    async with Store(order.url) as store:
        yield await open_site(
            store, kek_file=order.folder / "kek", district=DISTRICT, clock=Clock(order.at_ms)
        )


def _in_processes(
    order: Order, models: list[Model], missing: list[int], processes: int, told: _Progress
) -> None:
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_unmoved) as pool:
        parts = [missing[at::processes] for at in range(processes)]
        # Some panels a piece, so that progress is heard; each opens the database anew.
        pieces = [part[at : at + 5] for part in parts for at in range(0, len(part), 5)]
        waiting: set[Future[int]] = {pool.submit(_piece, order, models, piece) for piece in pieces}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for each in done:
                    told.panels(each.result())
        except BaseException:  # stopped: a panel is whole or not there
            pool.shutdown(wait=False, cancel_futures=True)
            for each in active_children():
                each.terminate()
            raise


def _unmoved() -> None:
    """By a Ctrl-C: whoever began it ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _piece(order: Order, models: list[Model], which: list[int]) -> int:
    asyncio.run(panels(order, models, which))
    return len(which)


async def _ground(order: Order, models: Sequence[Model]) -> list[int]:
    """District, facilities and their desks, once; no indexes. Which panels are missing."""
    assert order.size.residents <= len(models) * 10_000, "more people than ID numbers"
    order.begun()
    size = order.size
    async with new_world(order.url, order.folder, clock=Clock(order.at_ms), empty=True) as world:
        wrapped = await world.store.write(lambda tx: district_key_blob(tx, DISTRICT))
        key = world.site.vault.key(NOBODY, wrapped)
        facilities = [
            row_of("facility", facility=size.facility_id(n), name=f"第{n + 1}卫生院",
                   published=True, level="facility", ownership="public")
            for n in range(FACILITIES)
        ]  # fmt: skip
        desks = [
            row_of("staff", staff=size.desk_id(n), facility=size.facility_id(n), role="desk",
                   active=True, sealed_name=key.seal(
                       world.site.vault.at(T_STAFF, size.desk_id(n)), name_of(n).encode()))
            for n in range(FACILITIES)
        ]  # fmt: skip

        async def write(tx: Tx) -> None:
            await tx.insert("facility", facilities, ignore=True)
            await tx.insert("staff", desks, ignore=True)
            await without_indexes(tx)

        await world.store.write(write)
        there = {row[0] for row in await world.rows("SELECT panel FROM panel")}
    return [panel for panel in range(size.panels) if size.panel_id(panel) not in there]


async def panels(
    order: Order,
    models: Sequence[Model],
    which: Sequence[int],
    told: _Progress | None = None,
) -> None:
    """Fills these panels, a transaction each."""
    async with opened(order) as site:
        wrapped = await site.store.write(lambda tx: district_key_blob(tx, DISTRICT))
        district = site.vault.key(NOBODY, wrapped)
        cards = card_key(district)
        makers = [Maker(site, order.size, models, n) for n in range(len(models))]
        for panel in which:
            rows = _panel(order, site, makers, panel, district, cards)
            await put(site.store, rows)
            if told is not None:
                told.panels()


def _panel(
    order: Order, site: Site, makers: Sequence[Maker], panel: int, district: Any, cards: Any
) -> dict[str, list[Row]]:
    """Everything of one panel: its people, its feed, its doctor, its tablets and their copies."""
    size, made = order.size, Made({})
    name = size.panel_id(panel)
    people = size.people(panel)
    events: list[tuple[bytes, list[bytes]]] = []
    planned: list[tuple[str, bytes]] = []
    for number in people:
        maker = makers[number % len(makers)]
        who = size.resident_id(number)
        events.append((who, maker.add(made, panel, number, cards, order.at_ms - AGO_MS)))
        planned.append(("plan", who))
        if maker.restricted_plan:
            planned.append(("plan_restricted", who))
    feed = [("resident", who, who) for who, _ in events]
    for n in range(size.changes - 1):
        feed += [("event", who, ids[n]) for who, ids in events]
    feed += [(op, who, who) for op, who in planned]
    rows = made.rows
    rows["feed"] = [
        row_of("feed", panel=name, csn=csn, op=op, resident=who, entity=entity)
        for csn, (op, who, entity) in enumerate(feed, start=1)
    ]
    doctor, facility = size.doctor_id(panel), size.facility_id(facility_of(panel))
    sealed = district.seal(site.vault.at(T_STAFF, doctor), name_of(panel + 1000).encode())
    rows["staff"] = [
        row_of("staff", staff=doctor, facility=facility, panel=name, role="doctor", active=True,
               sealed_name=sealed)
    ]  # fmt: skip
    rows["panel"] = [
        row_of("panel", panel=name, facility=facility, name=f"第{panel + 1}队", csn=len(feed),
               root_open=digest.add(digest.ZERO, made.open),
               root_restricted=digest.add(digest.ZERO, made.restricted))
    ]  # fmt: skip
    rows |= _tablets(order, panel, len(feed), [who for who, _ in events])
    count = sum(len(some) for some in rows.values())
    rows["audit_leaf"] = [_leaf(order, panel, b"load" + count.to_bytes(4))]
    return rows


def _tablets(order: Order, panel: int, csn: int, people: Sequence[bytes]) -> dict[str, list[Row]]:
    """Two tablets that hold everybody, last in touch a day ago."""
    size, at = order.size, order.at_ms - AGO_MS
    names = [size.device_id(panel, n) for n in range(DEVICES)]
    facility = size.facility_id(facility_of(panel))
    devices = [
        row_of("device", device=each, facility=facility, label=f"平板 {panel + 1}-{n + 1}",
               status="enrolled", suite=1, kem_key=made_id(each.hex(), at) * 2, chain_epoch=1,
               epoch_allowed=1, head_digest=bytes(32), lease_until=at + LEASE_MS,
               first_contact=at, last_contact=at)
        for n, each in enumerate(names)
    ]  # fmt: skip
    panels = [
        row_of("device_panel", device=each, panel=size.panel_id(panel), served_epoch=1,
               served_csn=csn, served_at=at, acked_csn=csn, acked_at=at)
        for each in names
    ]  # fmt: skip
    copies = [
        row_of("copy", resident=who, device=each, since=at, state="possible", changed_at=at)
        for who in people
        for each in names
    ]  # fmt: skip
    return {"device": devices, "device_panel": panels, "copy": copies}


def _leaf(order: Order, panel: int, detail: bytes) -> Row:
    """As server.store.trail.audit writes it."""
    at, leaf = order.at_ms, made_id(f"{order.size.seed}/leaf/{panel}", order.at_ms)
    entry = b"act\x00" + DISTRICT.to_bytes(2) + at.to_bytes(8) + leaf + detail
    return row_of("audit_leaf", leaf=leaf, what="act", hash=leaf_hash(entry), detail=detail, at=at)


async def finish(order: Order, say: Say) -> None:
    """Indexes, counts and what says that the year's work is done."""
    async with opened(order) as site:
        for statement in index_statements(site.store.dialect):
            began = time.monotonic()
            await site.store.write(lambda tx, sql=statement: tx.run(sql))
            say(f"{time.monotonic() - began:6.1f} s  {statement[:70]}")
        await site.store.write(lambda tx: _years(tx, site, order))
        await site.store.write(lambda tx: figures_recount._recount(tx, site))
        if site.store.dialect == "postgres":
            await site.store.write(lambda tx: tx.run("ANALYZE"))
    order.done()


async def _years(tx: Tx, site: Site, order: Order) -> None:
    people, year, at = order.size.residents, order.day.year, order.at_ms
    mark = edition(district_numbers(site, year))
    last = order.size.resident_id(people - 1)
    await tx.insert(
        "figure_year",
        [row_of("figure_year", year=year, state="made", after=last, reached=people,
                total=people, made_at=at, remade_at=at)],
        ignore=True,
    )  # fmt: skip
    await tx.insert(
        "plan_year",
        [row_of("plan_year", year=year, edition=mark, state="made", after=last, reached=people,
                total=people, made_at=at)],
        ignore=True,
    )  # fmt: skip
