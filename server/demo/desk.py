"""The people at the county's desk: they load the district, hand out tablets, and decide.

Each act opens the database for itself, beside the running server, as a command of the command line
does.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from crypto.columns import add_kek
from server.actions.keeping.site import Site, found_district, kek_ring, open_site
from server.actions.places import roster
from server.actions.tablets import devices
from server.demo import entrances, residents
from server.demo import load as loading
from server.demo.entrances import Team
from server.demo.stage import Stage
from server.rules.districts import load as rules_of
from server.settings import Settings
from server.store.migrate import migrate
from server.store.store import Store
from server.store.vault import Vault

T = TypeVar("T")
RULES: Final = "huancui"
INDEX_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class FacilityCount:
    """Archives of one facility in the database."""

    name: str
    archives: int
    records: int


@dataclass(frozen=True, slots=True)
class Desk:
    """The county of one demo."""

    settings: Settings

    @classmethod
    def of(cls, stage: Stage) -> "Desk":
        return cls(stage.settings())

    def do(self, action: Callable[[Site], Awaitable[T]]) -> T:
        """One action in a site of its own."""

        async def work() -> T:
            async with self._site() as site:
                return await action(site)

        return asyncio.run(work())

    @asynccontextmanager
    async def _site(self) -> AsyncGenerator[Site]:
        settings = self.settings
        async with Store(settings.database_url) as store:
            yield await open_site(
                store, kek_file=settings.kek_file, district=settings.district,
                clock=settings.clock,
            )  # fmt: skip

    def found(self) -> None:
        """Key file, database, the district's row and the server's first keys."""
        settings = self.settings
        add_kek(settings.kek_file)
        vault = Vault(kek_ring(settings.kek_file), settings.district)
        rules = rules_of(RULES)

        async def work() -> None:
            async with Store(settings.database_url) as store:
                await migrate(store)
                await store.write(
                    lambda tx: found_district(
                        tx, vault, code=rules.code, name=rules.name, rules=RULES,
                        now=settings.clock(), index_key=secrets.token_bytes(INDEX_KEY_BYTES),
                    )
                )  # fmt: skip

        asyncio.run(work())

    def load(
        self, *, scale: int, seed: int, today: date, progress: Callable[[int], object]
    ) -> loading.Loaded:
        return self.do(
            lambda site: loading.load(site, scale=scale, seed=seed, progress=progress, today=today)
        )

    def facilities(self) -> tuple[FacilityCount, ...]:
        """What the database holds, by facility."""

        async def read(site: Site) -> tuple[FacilityCount, ...]:
            rows = await site.store.write(
                lambda tx: tx.rows(
                    "SELECT f.name, (SELECT COUNT(*) FROM resident r WHERE r.district=f.district "
                    "AND r.facility=f.facility), (SELECT COUNT(*) FROM change c WHERE "
                    "c.district=f.district AND c.credit_facility=f.facility) FROM facility f "
                    "WHERE f.district=?",
                    site.district,
                )
            )
            return tuple(FacilityCount(*row) for row in rows)

        return self.do(read)

    def people(self) -> tuple[tuple[roster.StaffLine, ...], tuple[roster.PanelLine, ...]]:
        async def read(
            site: Site,
        ) -> tuple[tuple[roster.StaffLine, ...], tuple[roster.PanelLine, ...]]:
            return await roster.staff(site), await roster.panels(site)

        return self.do(read)

    def offer(self, staff: bytes, panel: bytes, label: str, suite: int) -> devices.Offer:
        return self.do(
            lambda site: devices.enrol_offer(
                site, staff=staff, panels=(panel,), label=label, suite=suite
            )
        )

    def confirm(self, offer: bytes, digits: str) -> bytes:
        return self.do(lambda site: devices.confirm(site, offer, digits))

    def entrances(self) -> tuple[entrances.Entrance, ...]:
        """Accounts of the team of tablet 01, with links for once."""
        return self.do(entrances.opened)

    def team(self) -> tuple[Team, str]:
        """The team of tablet 01 and its doctor's name."""
        return self.do(entrances.team_with_doctor)

    def residents(self) -> tuple[residents.Visitor, ...]:
        """People who use the portal, with passes for ten minutes."""
        return self.do(residents.opened)

    def has_county(self) -> bool:
        """Whether somebody has made the county's first account."""
        return self.do(entrances.has_county)
