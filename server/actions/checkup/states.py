"""What happened to one person on one day, sealed under the district's key beside their row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from crypto.columns import DataKey
from server.actions.keeping.site import Site, district_key_blob
from server.actions.plan.facts import district_numbers
from server.actions.tablets.intake import civil_day
from server.rules import checkup
from server.store.tx import Tx
from server.store.vault import NOBODY, T_HALL
from sync.hall import NOTHING, Critical, State

_state: Final = msgspec.json.Decoder(State)


@dataclass(frozen=True, slots=True)
class States:
    """Opens and seals the states of a district."""

    site: Site
    key: DataKey

    def open(self, day: bytes, who: bytes, sealed: bytes | None) -> State:
        """What happened; NOTHING where nothing has."""
        if sealed is None:
            return NOTHING
        return _state.decode(self.plain(day, who, sealed))

    def plain(self, day: bytes, who: bytes, sealed: bytes) -> bytes:
        """The JSON of a state, as tablets are sent it."""
        return self.key.open(self.site.vault.at(T_HALL, day + who), sealed)

    def seal(self, day: bytes, who: bytes, state: State) -> bytes:
        plain = msgspec.json.encode(state)
        return self.key.seal(self.site.vault.at(T_HALL, day + who), plain)


async def states_in(tx: Tx, site: Site) -> States:
    return States(site, site.vault.key(NOBODY, await district_key_blob(tx, site.district)))


def numbers_now(site: Site) -> Mapping[str, int]:
    """The district's own numbers of this year, by name."""
    return district_numbers(site, civil_day(site.clock()).year)


def critical_of(site: Site) -> Critical:
    return checkup.critical(numbers_now(site))
