"""One running installation: its database, vault, keys, district rules and clock, handed to every
action.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from crypto.columns import BlindIndex, ColumnRefused, KekFileRefused, KekRing, load_kek_file
from crypto.keys import SigningPublicKey, Suite
from server.actions.keeping.keyring import Keyring, load_keys, make_keys, make_missing
from server.actions.notices.providers import OUTBOX, Provider
from server.actions.tablets.pace import MINUTE_MS, Pace
from server.errors import StartRefused
from server.rules.districts import District, load
from server.settings import CIVIL
from server.store.store import Store
from server.store.tx import Tx, one
from server.store.vault import NOBODY, T_INDEX, Vault, open_index
from sync.wire import Directory

KEYS_CACHED: Final = 20_000


@dataclass(slots=True)
class Site:
    store: Store
    vault: Vault
    keys: Keyring
    index: BlindIndex
    rules: District
    clock: Callable[[], int]
    # Signing keys by kid: (device, staff, key). A key never changes under its id; whether it may
    # still be used is read under the locks.
    signers: dict[bytes, tuple[bytes, bytes, SigningPublicKey]] = field(
        default_factory=dict[bytes, tuple[bytes, bytes, SigningPublicKey]]
    )

    paces: dict[str, Pace] = field(default_factory=dict[str, Pace])
    rules_from: tuple[str, int] | None = None  # name of the district's table and its year
    # Archives from which something could not be made, until when they are left alone (afterwork).
    put_off: dict[bytes, int] = field(default_factory=dict[bytes, int])
    font: str = ""  # a file with Chinese characters, for what is drawn; "": where systems keep it
    provider: Provider = OUTBOX  # by whom messages to residents leave
    directory: tuple[int, Directory] | None = None  # names for tablets, and when they were read
    # What is told that the server ends, before lines that are open are waited for.
    closing: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    @property
    def district(self) -> int:
        return self.vault.district

    def pace(self, what: str, most: int, within: int = MINUTE_MS) -> Pace:
        """How often `what` happens here; the same one each time it is asked for."""
        return self.paces.setdefault(what, Pace(most, within))

    def follow_year(self) -> None:
        """Over New Year the district's table of the new year is in force without a restart."""
        if self.rules_from is None:
            return
        name, year = self.rules_from
        now = _year_of(self.clock())
        if now != year:
            self.rules, self.rules_from = load(name, now), (name, now)

    async def reload_keys(self) -> None:
        """After a rotation, by this process or another."""
        self.keys = await self.store.write(lambda tx: _keys(tx, self.vault))


def kek_ring(path: Path) -> KekRing:
    try:
        return load_kek_file(path)
    except KekFileRefused as refused:
        raise StartRefused(str(refused)) from refused


async def found_district(
    tx: Tx, vault: Vault, *, code: str, name: str, rules: str, now: int, index_key: bytes
) -> None:
    """The district row, its data key, its blind index key and the first server keys."""
    key, wrapped = vault.new_key(NOBODY)
    sealed_index = key.seal(vault.at(T_INDEX, b""), index_key)
    await tx.insert("district", [(vault.district, code, name, rules, wrapped, sealed_index, 1)])
    await make_keys(tx, vault, key, now)


async def open_site(
    store: Store, *, kek_file: Path, district: int, clock: Callable[[], int]
) -> Site:
    """Raises StartRefused with one sentence when the key file or the district is missing, or when
    the one does not open the other.
    """
    vault = Vault(kek_ring(kek_file), district)
    row = await store.write(
        lambda tx: one(tx, "SELECT key, index_key, rules FROM district WHERE district=?", district)
    )
    if row is None:
        raise StartRefused(
            f"District {district} is not in this database: "
            "run `python -m server district load` first."
        )
    wrapped, sealed_index, rules = row
    try:
        key = vault.key(NOBODY, wrapped)
        index = open_index(vault, key, sealed_index)
        keys = await store.write(lambda tx: _all_keys(tx, vault, wrapped, clock()))
    except ColumnRefused:
        raise StartRefused(
            "The key file does not open this database: it is of another installation or an older "
            f"copy. Name the right one with GONGWEI_KEK_FILE (now {kek_file})."
        ) from None
    year = _year_of(clock())  # a table written for a year to come waits for it
    return Site(
        store=store, vault=vault, keys=keys, index=index, rules=load(rules, year), clock=clock,
        rules_from=(rules, year),
    )  # fmt: skip


def _year_of(at_ms: int) -> int:
    return datetime.fromtimestamp(at_ms / 1000, CIVIL).year


async def _all_keys(tx: Tx, vault: Vault, wrapped: bytes, now: int) -> Keyring:
    await make_missing(tx, vault, wrapped, now)
    return await load_keys(tx, vault, wrapped)


async def _keys(tx: Tx, vault: Vault) -> Keyring:
    row = await one(tx, "SELECT key FROM district WHERE district=?", vault.district)
    assert row is not None
    return await load_keys(tx, vault, row[0])


async def district_key_blob(tx: Tx, district: int) -> bytes:
    row = await one(tx, "SELECT key FROM district WHERE district=?", district)
    assert row is not None
    return row[0]


async def signer_of(site: Site, kid: bytes) -> tuple[bytes, bytes, SigningPublicKey] | None:
    """(device, staff, public key) of a signing key id, from memory or the database."""
    found = site.signers.get(kid)
    if found is not None:
        return found
    row = await site.store.write(
        lambda tx: one(
            tx,
            "SELECT k.device, k.staff, k.public, d.suite FROM device_key k JOIN device d "
            "ON d.district=k.district AND d.device=k.device WHERE k.district=? AND k.key=?",
            site.district,
            kid,
        )
    )
    if row is None:
        return None
    if len(site.signers) >= KEYS_CACHED:
        site.signers.clear()
    entry = (row[0], row[1], SigningPublicKey(Suite(row[3]), row[2]))
    site.signers[kid] = entry
    return entry
