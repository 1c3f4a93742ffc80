"""What became later of the changes of one tablet: a stream, numbered where it is read."""

from server.actions.archives.standing import DeviceRow
from server.actions.keeping.site import Site
from server.store.tx import Tx
from sync import wire
from sync.limits import OUTCOMES_PER_ANSWER


async def unseen(tx: Tx, site: Site, device: DeviceRow, seen: int) -> tuple[wire.OutcomeRow, ...]:
    """Numbers what is new for this tablet (under its lock, so without gaps) and reads what it has
    not seen.
    """
    fresh = await tx.rows(
        "SELECT outcome FROM outcome WHERE district=? AND device=? AND n IS NULL "
        "ORDER BY at, outcome",
        site.district, device.device,
    )  # fmt: skip
    if fresh:
        numbered = [
            (site.district, device.device, row[0], device.outcome_n + place)
            for place, row in enumerate(fresh, start=1)
        ]
        await tx.update("outcome", ("district", "device", "outcome"), ("n",), numbered)
        await tx.run(
            "UPDATE device SET outcome_n=? WHERE district=? AND device=?",
            device.outcome_n + len(fresh), site.district, device.device,
        )  # fmt: skip
        device.outcome_n += len(fresh)
    if seen >= device.outcome_n:
        return ()
    rows = await tx.rows(
        "SELECT n, change, state, reason, at FROM outcome WHERE district=? AND device=? AND n>? "
        "ORDER BY n LIMIT ?",
        site.district, device.device, seen, OUTCOMES_PER_ANSWER,
    )  # fmt: skip
    return tuple(
        wire.OutcomeRow(n=n, change=change, state=state, reason=reason, at=at)
        for n, change, state, reason, at in rows
    )
