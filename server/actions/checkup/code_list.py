"""The signed list by which a tablet checks codes with no network (crypto/SPEC.md 11.2)."""

from typing import Final

from msgspec import Raw

from crypto.card import key_id_of
from crypto.keys import SigningPublicKey, Suite
from server.actions.checkup.codes import revoked_ids
from server.actions.keeping.keyring import CODE
from server.actions.keeping.site import Site
from server.store.tx import Tx, one
from sync.hall_wire import CODES_LABEL, CodeList, SignedCodes
from sync.wire import encode

EPOCH_BITS: Final = 32


async def signed(tx: Tx, site: Site, suite: Suite) -> SignedCodes:
    """As it stands now, signed by the trust key of the tablet's suite."""
    now = site.clock()
    # As the database has them now: another process may have made one since this one looked.
    keys = await tx.rows(
        "SELECT suite, public FROM server_key WHERE district=? AND purpose=? AND "
        "retired_at IS NULL ORDER BY epoch",
        site.district, CODE,
    )  # fmt: skip
    listed = CodeList(
        v=1, counter=await counter(tx, site), at=now,
        keys=tuple((key_id_of(SigningPublicKey(Suite(of), raw)), raw) for of, raw in keys),
        revoked=tuple(sorted(await revoked_ids(tx, site.district, now))),
    )  # fmt: skip
    raw = encode(listed)
    signature = site.keys.trust[suite].sign(CODES_LABEL + raw)
    return SignedCodes(codes=Raw(raw), signature=signature)


async def counter(tx: Tx, site: Site) -> int:
    """Rises with every code revoked and every key made or retired, over a restored backup too.

    What has ended by itself leaves the list without a word: who holds the older one refuses more.
    """
    row = await one(
        tx,
        "SELECT d.feed_epoch, (SELECT COUNT(*) FROM checkup_code c WHERE c.district=d.district AND "
        "c.revoked_at IS NOT NULL), (SELECT COUNT(*) + COUNT(k.retired_at) FROM server_key k "
        "WHERE k.district=d.district AND k.purpose=?) FROM district d WHERE d.district=?",
        CODE, site.district,
    )  # fmt: skip
    assert row is not None
    epoch, revoked, keys = row
    return (epoch << EPOCH_BITS) + revoked + keys
