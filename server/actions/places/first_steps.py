"""What a new county or a new facility still has to do before anybody can work, in order."""

from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site
from server.rules.accounts import StaffRole
from server.rules.organisations import Level
from server.store.tx import Tx

ORGANISATIONS: Final = "organisations"
STAFF: Final = "staff"
IMPORTS: Final = "imports"
DEVICES: Final = "devices"


async def first_steps(site: Site, signed: Signed) -> tuple[str, ...]:
    """The steps that nobody has taken yet; () for roles that take none."""

    async def read(tx: Tx) -> tuple[str, ...]:
        if signed.role is StaffRole.COUNTY:
            here = (site.district,)
            asked = {
                ORGANISATIONS: ("facility WHERE district=? AND level=?", (*here, Level.FACILITY)),
                IMPORTS: ("resident WHERE district=?", here),
                DEVICES: ("device WHERE district=?", here),
            }
        else:
            own = (site.district, signed.facility)
            asked = {
                STAFF: ("panel WHERE district=? AND facility=?", own),
                DEVICES: ("device WHERE district=? AND facility=?", own),
            }
        return tuple(
            [
                step
                for step, (where, values) in asked.items()
                if not await tx.rows(f"SELECT 1 FROM {where} LIMIT 1", *values)
            ]
        )

    if signed.role not in (StaffRole.COUNTY, StaffRole.MANAGER):
        return ()
    return await site.store.read(read)
