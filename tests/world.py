"""The standing world of the tests: one county, two centres, their teams, a few residents with
rare names.

`new_world(url, folder)` makes a migrated database with keys and this cast; `cast` is at module
level so that a test reads like a sentence. A virtual clock stands still until a test moves it.
"""

import dataclasses
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from crypto.columns import add_kek
from crypto.keys import KemKeyPair, SigningKeyPair, Suite
from server.actions.keeping.site import Site, found_district, kek_ring, open_site
from server.actions.places.district import Loader, NewRecord, NewResident
from server.actions.tablets.exchange import exchange
from server.settings import CIVIL
from server.store.ids import new_id
from server.store.migrate import migrate
from server.store.store import Store
from server.store.vault import Vault
from sync.enrol import Enrolled
from sync.enrol_wire import PanelInfo, open_bundle
from sync.limits import LEASE_MS
from sync.tablet import Tablet
from sync.tablet_state import Result
from sync.wire import encode
from tests.cast_forms import good

DISTRICT = 1
START_MS = int(datetime(2026, 11, 20, 8, 0, tzinfo=CIVIL).timestamp() * 1000)


def an_id(name: str) -> bytes:
    """A fixed UUIDv7-shaped id for a name of the cast."""
    raw = bytearray(sha256(name.encode()).digest()[:16])
    raw[0:6] = (START_MS - 10**9).to_bytes(6)
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    return bytes(raw)


QINGHE, LIUWAN = an_id("青禾镇卫生院"), an_id("柳湾社区中心")  # facilities
TEAM_A, TEAM_A2, TEAM_B = an_id("青禾一队"), an_id("青禾二队"), an_id("柳湾一队")  # panels
SU, XIE, QIN, HE = an_id("苏清明"), an_id("谢芒种"), an_id("秦霜降"), an_id("何小满")  # staff
ZHOU, WU, ZHENG, WANG, YANG = (
    an_id(each) for each in ("周谷雨", "吴𠮷祥", "郑㛃", "王䶮", "杨白露")
)
NAMES = {ZHOU: "周谷雨", WU: "吴𠮷祥", ZHENG: "郑㛃", WANG: "王䶮", YANG: "杨白露"}
ID_NUMBERS = {
    ZHOU: "371002195503120028",
    WU: "371002194811050017",
    ZHENG: "371002197007190046",
    WANG: "371002196209080031",
    YANG: "371002195812010062",
}
PHONES = {who: f"1990000{1000 + n}" for n, who in enumerate(NAMES)}
HOMES = {ZHOU: TEAM_A, WU: TEAM_A, ZHENG: TEAM_A, WANG: TEAM_A2, YANG: TEAM_B}
FACILITY_OF = {TEAM_A: QINGHE, TEAM_A2: QINGHE, TEAM_B: LIUWAN}


@dataclass(slots=True)
class Clock:
    """Stands still until it is moved; ms UTC."""

    now: int = START_MS

    def __call__(self) -> int:
        return self.now

    def pass_(self, *, days: float = 0, hours: float = 0, minutes: float = 0, ms: int = 0) -> int:
        self.now += int(days * 86_400_000 + hours * 3_600_000 + minutes * 60_000) + ms
        return self.now


@dataclass(slots=True)
class World:
    site: Site
    store: Store
    clock: Clock
    kek_file: Path
    folder: Path
    url: str
    extra: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])

    async def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        found = await self.store.write(lambda tx: tx.rows(sql, *args))
        return [tuple(row) for row in found]

    async def one(self, sql: str, *args: Any) -> Any:
        found = await self.rows(sql, *args)
        assert len(found) == 1, f"{len(found)} rows for {sql}"
        return found[0][0] if len(found[0]) == 1 else found[0]


def check_digit(seventeen: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(d) * w for d, w in zip(seventeen, weights, strict=True))
    return "10X98765432"[total % 11]


def id_number(who: bytes) -> str:
    base = ID_NUMBERS[who][:17]
    return base + check_digit(base)


def basics(who: bytes) -> dict[str, Any]:
    number = id_number(who)
    birth = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    sex = "1" if int(number[16]) % 2 else "2"
    return good(
        "basic_info",
        name=NAMES[who], id_no=number, birth_date=birth, sex=sex, phone=PHONES[who],
    )  # fmt: skip


@asynccontextmanager
async def new_world(
    url: str, folder: Path, *, clock: Clock | None = None, empty: bool = False
) -> AsyncIterator[World]:
    """`url` of an empty database (sqlite:///FILE or postgresql://...)."""
    clock = clock or Clock()
    kek_file = folder / "kek"
    if not kek_file.exists():
        add_kek(kek_file)
    async with Store(url) as store:
        await migrate(store)
        vault = Vault(kek_ring(kek_file), DISTRICT)
        present = await store.write(lambda tx: tx.rows("SELECT district FROM district"))
        if not present:
            await store.write(
                lambda tx: found_district(
                    tx, vault, code="371002", name="云栖县", rules="huancui", now=clock(),
                    index_key=bytes(range(32)),
                )
            )  # fmt: skip
        site = await open_site(store, kek_file=kek_file, district=DISTRICT, clock=clock)
        if not present and not empty:
            await _load(site)
        yield World(site, store, clock, kek_file, folder, url)


async def _load(site: Site) -> None:
    loader = Loader(site)
    await loader.begin()
    begun = site.clock() - 10**9
    today = datetime.fromtimestamp(site.clock() / 1000, CIVIL).date()
    loader.facility(QINGHE, "青禾镇卫生院")
    loader.facility(LIUWAN, "柳湾社区中心")
    loader.panel(TEAM_A, QINGHE, "青禾一队")
    loader.panel(TEAM_A2, QINGHE, "青禾二队")
    loader.panel(TEAM_B, LIUWAN, "柳湾一队")
    for staff, panel, name in (
        (SU, TEAM_A, "苏清明"),
        (XIE, TEAM_A, "谢芒种"),
        (HE, TEAM_B, "何小满"),
    ):
        loader.staff(staff, facility=FACILITY_OF[panel], panel=panel, role="doctor", name=name)
    loader.staff(QIN, facility=QINGHE, panel=None, role="desk", name="秦霜降")
    for number, (who, panel) in enumerate(HOMES.items(), start=1):
        loader.resident(
            NewResident(
                id=who, panel=panel, facility=FACILITY_OF[panel], created_ms=begun,
                archive_no=f"371002001001{number:05d}", id_no=id_number(who),
                since_day="2024-03-11", basics=basics(who),
            )
        )  # fmt: skip
    loader.record(
        NewRecord(
            id=an_id("去年的随访"), resident=ZHOU, facility=QINGHE, staff=SU, kind="htn_followup",
            version=1, day=str(today - timedelta(days=98)), at_ms=begun,
            body=encode(good("htn_followup", next_date=str(today - timedelta(days=6)))),
        )
    )  # fmt: skip
    await loader.flush()


@dataclass(slots=True)
class Keys:
    """The keys of a tablet that was enrolled by hand (most tests are not about enrolment)."""

    device: bytes
    staff: bytes
    panels: tuple[bytes, ...]
    kem: KemKeyPair
    sign: SigningKeyPair


async def enrol_by_hand(
    world: World,
    name: str,
    *,
    staff: bytes,
    panels: tuple[bytes, ...],
    suite: Suite = Suite.X25519_ED25519,
    restricted: bool = False,
) -> Keys:
    """The rows that an enrolment ends in."""
    keys = Keys(
        an_id(f"tablet {name}"), staff, panels, KemKeyPair.generate(suite),
        SigningKeyPair.generate(suite),
    )  # fmt: skip
    now, facility = world.clock(), FACILITY_OF[panels[0]]

    async def write(tx: Any) -> None:
        await tx.insert(
            "device",
            [
                (
                    DISTRICT, keys.device, facility, name, "enrolled", int(suite),
                    keys.kem.public.raw, restricted, 1, 1, 0, bytes(32), 0, 0, 0, 0, "", 0, 0,
                    None, 0, now, now + LEASE_MS, None, 0, 0, "", 0, 0,
                )
            ],
        )  # fmt: skip
        await tx.insert(
            "device_key",
            [
                (
                    DISTRICT, keys.sign.public.kid(), keys.device, staff, keys.sign.public.raw,
                    now, None,
                )
            ],
        )  # fmt: skip
        await tx.insert(
            "device_panel", [(DISTRICT, keys.device, panel, 0, 0, 0, 0, 0) for panel in panels]
        )

    await world.store.write(write)
    return keys


class Field:
    """One tablet in the field, with the network in its hand:

    `go` exchanges once, `settle` until quiet.
    """

    def __init__(self, world: World, tablet: Tablet, keys: Keys) -> None:
        self.world, self.tablet, self.keys = world, tablet, keys

    async def go(self) -> Result:
        request = self.tablet.request()
        assert request is not None
        answered = await exchange(self.world.site, request)
        return self.tablet.take(request, answered.answer)

    async def settle(self) -> list[Result]:
        results = [await self.go()]
        while results[-1].more or results[-1].receipts:
            assert len(results) < 500, "never settles"
            results.append(await self.go())
        return results


async def field(
    world: World,
    name: str,
    *,
    staff: bytes = SU,
    panels: tuple[bytes, ...] = (TEAM_A,),
    suite: Suite = Suite.X25519_ED25519,
    restricted: bool = False,
) -> Field:
    """An enrolled tablet on its own disk."""
    keys = await enrol_by_hand(
        world, name, staff=staff, panels=panels, suite=suite, restricted=restricted
    )
    bundle = world.site.keys.bundles[suite]
    trust = world.site.keys.trust[suite].public
    enrolled = Enrolled(
        district=DISTRICT, device=keys.device, staff=staff, suite=suite, kem=keys.kem,
        signing=keys.sign, epoch=1, restricted=restricted, trust=trust, bundle=bundle,
        keys=open_bundle(bundle, trust), lease=world.clock() + LEASE_MS, now=world.clock(),
        panels=tuple(PanelInfo(id=p, name="", facility=FACILITY_OF[p]) for p in panels),
    )  # fmt: skip
    path = world.folder / f"{name}.tablet"
    tablet = Tablet.create(
        path, enrolled, "青山绿水", clock=world.clock, new_id=new_id, cost_log2=4
    )
    return Field(world, tablet, keys)


def copy_of(source: Path, target: Path) -> Path:
    """A database file with its log, as a thief or an administrator would copy it."""
    for suffix in ("", "-wal", "-shm"):
        part = Path(f"{source}{suffix}")
        if part.exists():
            shutil.copy(part, f"{target}{suffix}")
    return target
