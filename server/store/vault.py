"""Sealing at the server: key-encryption keys, one data key a resident, one a district, and places.

A place (district, table, row, resident, revision) is bound into each sealed value, so a blob
moved to another row, or an old one put back under a new revision, does not open. Unwrapped data
keys live in a bounded cache; KEKs come from a file outside the database.
"""

from functools import lru_cache
from typing import Final

from crypto.columns import BlindIndex, DataKey, KekRing, new_data_key, place, unwrap, wrap

# Numbers of tables in a place; never reused.
T_CELLS: Final = 1
T_RESTRICTED: Final = 2
T_CHANGE: Final = 3
T_PARTS: Final = 4
T_STAFF: Final = 5
T_SERVER_KEY: Final = 6
T_ENROL: Final = 7
T_INDEX: Final = 8
T_DRAFT: Final = 9
T_ACCOUNT: Final = 10  # the second factor of an account
T_IMPORT: Final = 11  # uploaded lists
T_CARD: Final = 12  # what lists show of a resident
T_LIFE: Final = 13  # evidence of a step in an archive's life
T_CASE: Final = 14  # special cases
T_NOTE: Final = 15  # what the resident or the writer is told of a decision
T_SEARCH: Final = 16  # what staff searched for
T_REASON: Final = 17  # why staff opened an archive outside their panel
T_PLAN: Final = 18  # the service plan, class A
T_PLAN_RESTRICTED: Final = 19  # the service plan, class B
T_DUE: Final = 20  # one owed service of class B
T_FACILITY_RECORD: Final = 21  # patrols and health education of a facility
T_SOURCE: Final = 22  # which other system a list of records comes from
T_RECONCILE: Final = 23  # who is registered in another system
T_ATTACHMENT: Final = 24  # key, type and size of a picture
T_NOTICE: Final = 25  # to which telephone a notice goes, and its variables
T_PORTAL: Final = 26  # bound telephones, evidence of family links
T_CORRECTION: Final = 28  # what a resident wants put right, and the answers
T_PORTAL_CODE: Final = 27  # a one-time code and the telephone it went to
T_SWITCH: Final = 33  # on which ground somebody switches
T_REPORT: Final = 30  # what a resident reports of a look, and what was answered
T_FAMILY: Final = 31  # relatives without an archive, offers, freezes of family links
T_PORTAL_DRAFT: Final = 35  # what a resident had typed when the session ran out
T_CONFIRMATION: Final = 29  # what residents said of a service, and what was said to it
T_CHECKUP_AFTER: Final = 44  # what follows from a checkup day: results, findings, letters
T_EXPORT: Final = 32  # an archive packed for its resident
T_HALL: Final = 39  # what happened to one person on a checkup day
T_HALL_GUEST: Final = 40  # who came to a checkup day and stands on no list
T_CARD_SHEET: Final = 41  # sheets of cards, drawn and not yet fetched
T_GUEST_LIST: Final = 42  # an uploaded list of people to invite to a checkup day
T_POSITION: Final = 38  # where the tablet was when a change was saved
T_LAB: Final = 43  # a list of results of a laboratory

NOBODY: Final = bytes(16)  # the resident of a place that belongs to none
CACHE: Final = 1_000  # unwrapped data keys kept: 3 kB each with its cipher, 3 us to make anew


class Vault:
    """Opens and seals for one district. Thread-safe."""

    def __init__(self, ring: KekRing, district: int) -> None:
        self.ring = ring
        self.district = district
        self._unwrapped = lru_cache(maxsize=CACHE)(self._unwrap)

    def __repr__(self) -> str:
        return f"Vault(district={self.district}, cached={self._unwrapped.cache_info().currsize})"

    def new_key(self, owner: bytes) -> tuple[DataKey, bytes]:
        """A fresh data key for a resident (or NOBODY for the district) and its wrapped form."""
        key = new_data_key()
        current = self.ring.current
        return key, wrap(current, district=self.district, owner=owner, key=key)

    def key(self, owner: bytes, wrapped: bytes) -> DataKey:
        return self._unwrapped(owner, wrapped)

    def _unwrap(self, owner: bytes, wrapped: bytes) -> DataKey:
        return unwrap(self.ring, district=self.district, owner=owner, blob=wrapped)

    def at(self, table: int, row: bytes, resident: bytes = NOBODY, revision: int = 0) -> bytes:
        return place(self.district, table, row, resident, revision)


def open_index(vault: Vault, district_key: DataKey, sealed: bytes) -> BlindIndex:
    """The blind index of ID numbers and bound phones."""
    return BlindIndex(district_key.open(vault.at(T_INDEX, b""), sealed))
