"""A further member of staff on a tablet that is there: the server's side of sync/PROTOCOL.md, 3.2.

The offer names the tablet and the person; what comes under it is a key, the proof of whoever made
it, and the witness of a key of this tablet. Called under the offer's row lock.
"""

from crypto.enrolment import psk_of
from crypto.keys import BadKey, KemPublicKey, SigningPublicKey
from server.actions.archives.told import staff_names
from server.actions.keeping.site import Site
from server.actions.tablets.offers import Came, OfferRow, unsealed
from server.store.tx import Tx, one
from sync import enrol_wire as wire


async def opened(tx: Tx, site: Site, offer: OfferRow, sealed: bytes) -> Came | None:
    """The tablet's words, when code, key, proof and witness all hold."""
    joining = unsealed(site, offer, sealed, wire.StaffJoining)
    if joining is None or (joining.device, joining.staff) != (offer.device, offer.staff):
        return None
    # An ended key of the tablet witnesses as well: it says which tablet this is, no more.
    row = await one(
        tx,
        "SELECT public FROM device_key WHERE district=? AND key=? AND device=?",
        site.district, joining.by, offer.device,
    )  # fmt: skip
    try:
        sign = SigningPublicKey(offer.suite, joining.sign)
        witness = SigningPublicKey(offer.suite, row[0]) if row else None
    except BadKey:
        return None
    taken = await one(
        tx, "SELECT 1 FROM device_key WHERE district=? AND key=?", site.district, sign.kid()
    )
    mine = wire.staff_key_message(device=joining.device, staff=joining.staff, sign=joining.sign)
    here = wire.staff_device_message(
        hello=joining.hello, device=joining.device, staff=joining.staff, sign=joining.sign,
        nonce=joining.nonce,
    )  # fmt: skip
    if witness is None or taken is not None or not sign.verify(mine, joining.proof):
        return None
    if not witness.verify(here, joining.witness):
        return None
    return Came(
        device=joining.device, kem=None, sign=joining.sign, nonce=joining.nonce,
        hello=joining.hello,
    )  # fmt: skip


async def welcome(tx: Tx, site: Site, offer: OfferRow, now: int) -> bytes:
    """For the tablet's own key and under the code: whose key counts from now on."""
    row = await one(
        tx, "SELECT kem_key FROM device WHERE district=? AND device=?", site.district, offer.device
    )
    assert row is not None
    names = await staff_names(tx, site, {offer.staff})
    said = wire.StaffWelcome(
        v=wire.VERSION, device=offer.device, staff=offer.staff, name=names.get(offer.staff, ""),
        now=now,
    )  # fmt: skip
    enc, ciphertext = KemPublicKey(offer.suite, row[0]).seal(
        wire.encode(said),
        info=wire.STAFF_WELCOME_LABEL + offer.offer,
        psk=psk_of(offer.secret.code),
    )
    return enc + ciphertext
