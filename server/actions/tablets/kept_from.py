"""Why a tablet that is neither lost nor revoked gets no page now: it is told, so that it can say to
whoever holds it what to do.
"""

from crypto.headers import UpHeader
from server.actions.archives.standing import DeviceRow
from server.actions.keeping.site import Site
from server.store.tx import Tx, one
from sync import wire


async def kept_from(tx: Tx, site: Site, device: DeviceRow, header: UpHeader) -> wire.Command | None:
    """None: pages go out."""
    if device.status == "suspended":
        return wire.Command(do="suspended")
    if device.chain_epoch > device.epoch_allowed:
        return wire.Command(do="epoch_unconfirmed")
    key = await one(
        tx,
        "SELECT k.until, (SELECT 1 FROM tablet_return r WHERE r.district=k.district "
        "AND r.device=k.device) FROM device_key k WHERE k.district=? AND k.device=? AND k.key=?",
        site.district, device.device, header.signer,
    )  # fmt: skip
    if key is None or key[0] is not None:
        return wire.Command(do="key_ended")
    return None if key[1] is None else wire.Command(do="return")
