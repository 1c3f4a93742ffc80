"""Whose a tablet is to deal with: asked inside the transaction of an act."""

from collections.abc import Awaitable, Callable

from server.actions.archives.standing import DeviceRow, lock_device
from server.errors import NotFound
from server.store.tx import Tx

Guard = Callable[[Tx], Awaitable[object]]
"""Asked inside the transaction of an act, under its locks; raises when it is not this person's."""


async def anybody(_: Tx) -> None:
    """The command line: whoever has the machine."""


async def guarded(tx: Tx, district: int, device: bytes, allowed: Guard) -> DeviceRow:
    """The locked row of a tablet, when this act is allowed. Raises NotFound."""
    row = await lock_device(tx, district, device)
    await allowed(tx)
    if row is None:
        raise NotFound("device")
    return row
