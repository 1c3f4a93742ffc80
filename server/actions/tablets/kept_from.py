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
        "SELECT until FROM device_key WHERE district=? AND device=? AND key=?",
        site.district, device.device, header.signer,
    )  # fmt: skip
    if key is None or key[0] is not None:
        return wire.Command(do="key_ended")
    back = await one(
        tx, "SELECT 1 FROM tablet_return WHERE district=? AND device=?",
        site.district, device.device,
    )  # fmt: skip
    return None if back is None else wire.Command(do="return")
