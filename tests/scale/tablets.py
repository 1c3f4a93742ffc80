"""Tablets of a filled county: the reference tablet on its disk, and the one of the bench."""

import random
from pathlib import Path

from crypto.keys import KemKeyPair, KemPublicKey, SigningKeyPair, SigningPublicKey, Suite
from server.actions.keeping.site import Site
from server.store.ids import new_id
from server.store.tx import Tx
from sync.enrol import Enrolled
from sync.enrol_wire import PanelInfo, open_bundle
from sync.limits import LEASE_MS
from sync.tablet import Tablet
from tests.bench.tablet import BenchTablet
from tests.scale.county import Size, facility_of
from tests.scale.tables import row_of
from tests.world import Keys

_SUITE = Suite.X25519_ED25519


async def bench_tablet(site: Site, size: Size, panel: int, number: int) -> BenchTablet:
    """Enrolled for that panel; all its residents are its own."""
    made = BenchTablet(
        number=number, device=new_id(site.clock()), staff=size.doctor_id(panel),
        panel=size.panel_id(panel), facility=size.facility_id(facility_of(panel)),
        residents=[size.resident_id(n) for n in size.people(panel)],
        server=open_bundle(site.keys.bundles[_SUITE], site.keys.trust[_SUITE].public),
        rng=random.Random(f"{size.seed}/tablet/{panel}/{number}"),
    )  # fmt: skip
    await _enrol(site, size, panel, made.device, made.kem.public, made.sign.public)
    return made


async def reference_tablet(site: Site, size: Size, panel: int, path: Path) -> Tablet:
    """Enrolled for that panel, with nothing on it yet."""
    keys = Keys(
        new_id(site.clock()), size.doctor_id(panel), (size.panel_id(panel),),
        KemKeyPair.generate(_SUITE), SigningKeyPair.generate(_SUITE),
    )  # fmt: skip
    await _enrol(site, size, panel, keys.device, keys.kem.public, keys.sign.public)
    bundle, trust = site.keys.bundles[_SUITE], site.keys.trust[_SUITE].public
    now = site.clock()
    facility = size.facility_id(facility_of(panel))
    enrolled = Enrolled(
        district=site.district, device=keys.device, staff=keys.staff, suite=_SUITE, kem=keys.kem,
        signing=keys.sign, epoch=1, restricted=False, trust=trust, bundle=bundle,
        keys=open_bundle(bundle, trust), lease=now + LEASE_MS, now=now,
        panels=tuple(PanelInfo(id=each, name="", facility=facility) for each in keys.panels),
    )  # fmt: skip
    return Tablet.create(path, enrolled, "青山绿水", clock=site.clock, new_id=new_id, cost_log2=4)


async def _enrol(
    site: Site,
    size: Size,
    panel: int,
    device: bytes,
    kem: KemPublicKey,
    sign: SigningPublicKey,
) -> None:
    """The rows that an enrolment ends in."""
    now, staff = site.clock(), size.doctor_id(panel)
    row = row_of(
        "device", device=device, facility=size.facility_id(facility_of(panel)), label="平板",
        status="enrolled", suite=int(_SUITE), kem_key=kem.raw, chain_epoch=1, epoch_allowed=1,
        head_digest=bytes(32), first_contact=now, last_contact=now, lease_until=now + LEASE_MS,
    )  # fmt: skip
    key = row_of(
        "device_key", key=sign.kid(), device=device, staff=staff, public=sign.raw, since=now
    )

    async def write(tx: Tx) -> None:
        await tx.insert("device", [row])
        await tx.insert("device_key", [key])
        await tx.insert(
            "device_panel", [row_of("device_panel", device=device, panel=size.panel_id(panel))]
        )

    await site.store.write(write)
