"""The server's own keys: made, sealed under the district's key, renewed by epoch, given to
tablets as a trust bundle.

purpose kem     envelopes to the server; a new epoch each quarter, old ones open until every
tablet has moved on
        sign    answers and receipts
        audit   checkpoints of the audit tree
        trust   the trust bundle; its fingerprint is in the enrolment code
Each exists for suite 1 and suite 3, so that a tablet needs one suite only. One more has suite 1
alone, since there is one kind of code for all tablets (crypto/SPEC.md 11):
        code    cards and day codes; every epoch that is not retired still proves its codes
"""

from dataclasses import dataclass
from typing import Final

from msgspec import Raw

from crypto.card import key_id_of
from crypto.columns import DataKey
from crypto.keys import KemKeyPair, SigningKeyPair, Suite
from server.store.tx import Tx, one
from server.store.vault import NOBODY, T_SERVER_KEY, Vault
from sync.wire import ServerKeys, SignedBundle, encode

SUITES: Final = (Suite.X25519_ED25519, Suite.P256_ES256)
CODE: Final = "code"
BUNDLE_LABEL: Final = b"gongwei/trust\x00"
RECEIPT_LABEL: Final = b"gongwei/receipt\x00"


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """All keys of the server, opened. `bundles` are ready to send, by suite."""

    kem: dict[bytes, KemKeyPair]  # by kid
    sign: dict[Suite, SigningKeyPair]  # newest epoch
    audit: dict[Suite, SigningKeyPair]
    trust: dict[Suite, SigningKeyPair]
    newest_kem: dict[Suite, KemKeyPair]
    bundles: dict[Suite, SignedBundle]
    version: int
    code: dict[int, SigningKeyPair]  # by the number that stands in a code, the newest last

    @property
    def newest_code(self) -> SigningKeyPair:
        """The key that signs codes now."""
        return list(self.code.values())[-1]

    def __repr__(self) -> str:
        return f"Keyring(version={self.version})"


async def make_keys(tx: Tx, vault: Vault, district_key: DataKey, now: int) -> None:
    """First keys of a new database."""
    for purpose in ("kem", "sign", "audit", "trust"):
        for suite in SUITES:
            await _add(tx, vault, district_key, purpose, suite, epoch=1, now=now)
    await _add(tx, vault, district_key, CODE, Suite.X25519_ED25519, epoch=1, now=now)


async def make_missing(tx: Tx, vault: Vault, wrapped: bytes, now: int) -> None:
    """What a district that was founded by an older version lacks. Several may do it at once."""
    sql = "SELECT 1 FROM server_key WHERE district=? AND purpose=?"
    if await one(tx, sql, vault.district, CODE) is None:
        key = vault.key(NOBODY, wrapped)
        await _add(tx, vault, key, CODE, Suite.X25519_ED25519, epoch=1, now=now)


async def renew_code(tx: Tx, vault: Vault, district_key: DataKey, now: int) -> int:
    """A new key for codes; those it follows prove theirs until they end. Returns the epoch."""
    found = await one(
        tx, "SELECT MAX(epoch) FROM server_key WHERE district=? AND purpose=?", vault.district, CODE
    )
    epoch = (found[0] if found is not None else 0) + 1
    await _add(tx, vault, district_key, CODE, Suite.X25519_ED25519, epoch=epoch, now=now)
    return epoch


async def renew_kem(tx: Tx, vault: Vault, district_key: DataKey, now: int) -> int:
    """A new epoch of the key tablets seal for; the old ones go on opening. Returns the epoch."""
    newest = await tx.rows(
        "SELECT COALESCE(MAX(epoch), 0) FROM server_key WHERE district=? AND purpose='kem'",
        vault.district,
    )
    epoch = newest[0][0] + 1
    for suite in SUITES:
        await _add(tx, vault, district_key, "kem", suite, epoch=epoch, now=now)
    return epoch


async def _add(
    tx: Tx, vault: Vault, district_key: DataKey, purpose: str, suite: Suite, *, epoch: int, now: int
) -> None:
    pair = KemKeyPair.generate(suite) if purpose == "kem" else SigningKeyPair.generate(suite)
    kid, public = pair.public.kid(), pair.public.raw
    sealed = district_key.seal(vault.at(T_SERVER_KEY, kid), pair.private_bytes())
    row = (vault.district, purpose, int(suite), epoch, kid, public, sealed, now, None)
    await tx.insert("server_key", [row], ignore=True)


async def load_keys(tx: Tx, vault: Vault, wrapped: bytes) -> Keyring:
    district_key = vault.key(NOBODY, wrapped)
    rows = await tx.rows(
        "SELECT purpose, suite, epoch, kid, sealed_private, since, retired_at FROM server_key "
        "WHERE district=? AND purpose<>? ORDER BY epoch",
        vault.district, CODE,
    )  # fmt: skip
    saved = await one(tx, "SELECT MAX(taken_at) FROM backup_mark WHERE district=?", vault.district)
    saved_at = saved[0] or 0 if saved is not None else 0
    kem: dict[bytes, KemKeyPair] = {}
    by_suite: dict[Suite, list[tuple[int, int, KemKeyPair]]] = {}
    signing: dict[str, dict[Suite, SigningKeyPair]] = {"sign": {}, "audit": {}, "trust": {}}
    gone, at = 0, 0
    for purpose, number, epoch, kid, sealed, since, retired in rows:
        at = max(at, since, retired or 0)
        if retired is not None:
            gone += 1
            continue
        suite = Suite(number)
        private = district_key.open(vault.at(T_SERVER_KEY, kid), sealed)
        if purpose == "kem":
            kem[kid] = pair = KemKeyPair.from_private(suite, private)
            by_suite.setdefault(suite, []).append((epoch, since, pair))
        else:
            signing[purpose][suite] = SigningKeyPair.from_private(suite, private)
    shown = {suite: _published(keys, saved_at) for suite, keys in by_suite.items()}
    newest = {suite: keys[-1][2] for suite, keys in shown.items()}
    epochs = [
        (int(suite), epoch, pair.public.raw)
        for suite, keys in shown.items()
        for epoch, _, pair in keys
    ]
    # Counts up with every key that is shown and every one that is taken away.
    version = max((epoch for _, epoch, _ in epochs), default=0) * 1_000 + gone
    bundles = {suite: _bundle(suite, epochs, signing, version=version, at=at) for suite in newest}
    return Keyring(
        kem, signing["sign"], signing["audit"], signing["trust"], newest, bundles, version,
        await _code_keys(tx, vault, district_key),
    )  # fmt: skip


async def _code_keys(tx: Tx, vault: Vault, district_key: DataKey) -> dict[int, SigningKeyPair]:
    rows = await tx.rows(
        "SELECT suite, kid, sealed_private FROM server_key WHERE district=? AND purpose=? AND "
        "retired_at IS NULL ORDER BY epoch",
        vault.district, CODE,
    )  # fmt: skip
    pairs = [
        SigningKeyPair.from_private(
            Suite(suite), district_key.open(vault.at(T_SERVER_KEY, kid), sealed)
        )
        for suite, kid, sealed in rows
    ]
    return {key_id_of(pair.public): pair for pair in pairs}


def _published(
    keys: list[tuple[int, int, KemKeyPair]], saved_at: int
) -> list[tuple[int, int, KemKeyPair]]:
    """Keys (epoch, since, pair) that tablets may seal for, oldest first.

    A key that no verified backup holds would be gone with the disk, and what was sealed for it with
    it: it waits for the next backup. When nothing else is left, the newest is better than none.
    """
    held = [each for each in keys if each[0] == 1 or each[1] < saved_at]
    return held or keys[-1:]


def _bundle(
    suite: Suite,
    kem: list[tuple[int, int, bytes]],
    signing: dict[str, dict[Suite, SigningKeyPair]],
    *,
    version: int,
    at: int,
) -> SignedBundle:
    """What a tablet of this suite may trust, signed by the trust key of its suite."""
    raw = encode(
        ServerKeys(
            version=version,
            kem=tuple(each for each in kem if each[0] == suite),
            signing=((int(suite), signing["sign"][suite].public.raw),),
            audit=signing["audit"][suite].public.raw,
            at=at,
        )
    )
    return SignedBundle(bundle=Raw(raw), signature=signing["trust"][suite].sign(BUNDLE_LABEL + raw))
