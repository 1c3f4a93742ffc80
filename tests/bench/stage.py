"""The stage: a district with its teams, residents and tablets, and a real server process on it."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from crypto.keys import Suite
from server.actions.archives import afterwork
from server.actions.figures import figures_recount
from server.actions.keeping.keyring import Keyring
from server.actions.places.district import Loader, NewRecord, NewResident
from server.actions.plan import nightly
from server.settings import CIVIL, now_ms
from server.store.tables import SPECS
from server.store.tx import Tx
from sync import wire
from sync.enrol_wire import open_bundle
from sync.limits import LEASE_MS
from tests.bench.figures import say
from tests.bench.tablet import BenchTablet
from tests.bench.work import SEED, Size, follow_up, id_of
from tests.cast_forms import good
from tests.commands import undisturbed
from tests.world import DISTRICT, Clock, World, check_digit, new_world

REPOSITORY: Final = Path(__file__).resolve().parent.parent.parent
START_TIMEOUT_S: Final = 300  # on a machine that others keep busy
STOP_TIMEOUT_S: Final = 20
_BODIES: Final = 400  # different past records, each loaded many times
_ZERO: Final[dict[str, Any]] = {"bytea": b"", "text": "", "boolean": False}


@dataclass(slots=True)
class Stage:
    """A prepared database: where it is, its tablets, and the keys of its server."""

    url: str
    kek_file: Path
    folder: Path
    tablets: list[BenchTablet]
    today: date
    keys: Keyring


def prepare(url: str, folder: Path, size: Size, *, past: int = 0) -> Stage:
    """Makes the district in an empty database, with `past` records already in it."""
    folder.mkdir()
    return asyncio.run(_prepare(url, folder, size, past))


async def _prepare(url: str, folder: Path, size: Size, past: int) -> Stage:
    now = now_ms()
    async with new_world(url, folder, clock=Clock(now), empty=True) as world:
        bundle = world.site.keys.bundles[Suite.X25519_ED25519]
        trust = world.site.keys.trust[Suite.X25519_ED25519].public
        tablets = _tablets(size, open_bundle(bundle, trust), now)
        today = _civil(now)
        await _load(world, tablets, past, now, today)
        await _as_on_any_day(world)
        await _enrol(world, tablets, now)
        return Stage(url, world.kek_file, folder, tablets, today, world.site.keys)


def _civil(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, CIVIL).date()


def _tablets(size: Size, keys: wire.ServerKeys, now: int) -> list[BenchTablet]:
    """Two tablets a team, each with its own half of the team's residents."""
    made = now - 10**10
    return [
        BenchTablet(
            number=n,
            device=id_of(f"device/{n}", made),
            staff=id_of(f"staff/{n}", made),
            panel=id_of(f"panel/{n // 2}", made),
            facility=id_of("facility", made),
            residents=[id_of(f"resident/{n}/{r}", made) for r in range(size.residents)],
            server=keys,
            rng=random.Random(f"{SEED}/tablet/{n}"),
        )
        for n in range(size.tablets)
    ]


async def _load(world: World, tablets: list[BenchTablet], past: int, now: int, today: date) -> None:
    loader = Loader(world.site)
    await loader.begin()
    loader.facility(tablets[0].facility, "青禾镇卫生院")
    for number, panel in enumerate(sorted({each.panel for each in tablets})):
        loader.panel(panel, tablets[0].facility, f"青禾{number + 1}队")
    for each in tablets:
        loader.staff(
            each.staff, facility=each.facility, panel=each.panel, role="doctor", name="苏清明"
        )
    residents = [(each, who) for each in tablets for who in each.residents]
    records = _past_records(tablets, [who for _, who in residents], past, now, today)
    for place, (tablet, who) in enumerate(residents):
        loader.resident(_resident(tablet, who, place, now))
        for record in records.get(who, ()):
            loader.record(record)
        if loader.full:
            await loader.flush()
    await loader.finish()


async def _as_on_any_day(world: World) -> None:
    """Cards, figures and plans are made, as they are within seconds of an edit and once a year: the
    server has nothing left over from the loading while it is measured.
    """
    await afterwork.catch_up(world.site)
    await figures_recount.keep_year(world.site)
    await nightly.keep(world.site)


def _past_records(
    tablets: list[BenchTablet], residents: list[bytes], past: int, now: int, today: date
) -> dict[bytes, list[NewRecord]]:
    """So many records of earlier years, spread over the residents."""
    rng = random.Random(f"{SEED}/past")
    tablet = tablets[0]
    days = [today - timedelta(days=400 + n) for n in range(_BODIES)]
    bodies = [wire.encode(follow_up(rng, tablet.staff, day)) for day in days]
    found: dict[bytes, list[NewRecord]] = {}
    for serial in range(past):
        pick, who = serial % _BODIES, residents[serial * len(residents) // past]
        at_ms = now - (today - days[pick]).days * 86_400_000
        record = NewRecord(
            id=id_of(f"past/{serial}", at_ms), resident=who, facility=tablet.facility,
            staff=tablet.staff, kind="htn_followup", version=1, day=days[pick].isoformat(),
            at_ms=at_ms, body=bodies[pick],
        )  # fmt: skip
        found.setdefault(who, []).append(record)
    return found


def _resident(tablet: BenchTablet, who: bytes, place: int, now: int) -> NewResident:
    born = date(1940, 1, 1) + timedelta(days=place % 9000)
    base = f"371002{born:%Y%m%d}{place % 1000:03d}"
    number = base + check_digit(base)
    sex = "1" if int(base[16]) % 2 else "2"
    return NewResident(
        id=who, panel=tablet.panel, facility=tablet.facility, archive_no=f"3710020010{place:07d}",
        id_no=number, since_day="2024-03-11", created_ms=now - 10**10,
        basics=good("basic_info", id_no=number, birth_date=born.isoformat(), sex=sex),
    )  # fmt: skip


async def _enrol(world: World, tablets: list[BenchTablet], now: int) -> None:
    """The rows that an enrolment ends in."""

    devices = [
        _row(
            "device", device=each.device, facility=each.facility, label=f"平板 {each.number}",
            status="enrolled", suite=1, kem_key=each.kem.public.raw, chain_epoch=1,
            epoch_allowed=1, head_digest=bytes(32), lease_until=now + LEASE_MS,
            first_contact=now, last_contact=now,
        )
        for each in tablets
    ]  # fmt: skip
    keys = [
        _row(
            "device_key", key=each.sign.public.kid(), device=each.device, staff=each.staff,
            public=each.sign.public.raw, since=now,
        )
        for each in tablets
    ]  # fmt: skip
    panels = [_row("device_panel", device=each.device, panel=each.panel) for each in tablets]

    async def write(tx: Tx) -> None:
        await tx.insert("device", devices)
        await tx.insert("device_key", keys)
        await tx.insert("device_panel", panels)

    await world.store.write(write)


def _row(table: str, **values: Any) -> tuple[Any, ...]:
    """A row with what is not named empty, zero or null."""
    spec = SPECS[table]
    unknown = set(values) - set(spec.columns)
    assert not unknown, unknown
    values["district"] = DISTRICT
    return tuple(
        values[name]
        if name in values
        else None
        if name in spec.nullable
        else _ZERO.get(spec.types[name], 0)
        for name in spec.columns
    )


@dataclass(slots=True)
class Process:
    """A running server."""

    pid: int
    port: int


@contextmanager
def serving(*stages: Stage, jobs: bool = True) -> Iterator[list[Process]]:
    """`python -m server serve` on each stage's database, all at once, until the block ends. A
    stage that is named twice has two processes on its database. Without `jobs` no timed work
    falls into what is measured.
    """
    logs = [stage.folder / f"server_{place}.log" for place, stage in enumerate(stages)]
    started: list[tuple[subprocess.Popen[bytes], int]] = []
    try:
        for stage, log in zip(stages, logs, strict=True):
            with undisturbed():
                started.append(_start(stage, log, jobs=jobs))
        for (process, port), log in zip(started, logs, strict=True):
            _wait_until_ready(process, port, log)
        yield [Process(process.pid, port) for process, port in started]
    except Exception:
        for log in logs:
            say(f"a server's log ends with:\n{log.read_text(errors='replace')[-1000:]}")
        raise
    finally:
        for process, _ in started:
            process.send_signal(signal.SIGTERM)
        for process, _ in started:
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(stage: Stage, log: Path, *, jobs: bool) -> tuple[subprocess.Popen[bytes], int]:
    port = _free_port()
    env = {
        **os.environ,
        "DATABASE_URL": stage.url,
        "GONGWEI_KEK_FILE": str(stage.kek_file),
        "GONGWEI_BACKUP_DIR": str(stage.folder / "backup"),
        "GONGWEI_DISTRICT": str(DISTRICT),
        "GONGWEI_HOST": "127.0.0.1",
        "GONGWEI_PORT": str(port),
    }
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", *(() if jobs else ("--no-jobs",))],
            cwd=REPOSITORY, env=env, stdout=file, stderr=file,
        )  # fmt: skip
    return process, port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
