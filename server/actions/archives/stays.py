"""Since when a temporary resident lives here, kept beside the archive so that the day on which the
district's months are over is found by an index, without opening a register.
"""

from typing import Final

from server.store.tx import Tx, one

WAITING: Final = "waiting"
OVER: Final = "over"
KEPT: Final = "kept"


async def note_stay(tx: Tx, district: int, resident: bytes, said: str) -> None:
    """A temporary archive, and its first day here as the register says; "" where it says none.

    Another day asks the question anew; the same day does not, where a person has answered it.
    """
    known = await one(
        tx, "SELECT said, counted, state FROM stay WHERE district=? AND resident=?",
        district, resident,
    )  # fmt: skip
    if known is None:
        if said:
            await tx.insert("stay", [(district, resident, WAITING, said, said)])
        return
    before, counted, state = known
    if said and said != before:
        after = (said, said, WAITING)
    else:
        after = (before, counted, WAITING if state == OVER else state)
    if after != (before, counted, state):
        await tx.run(
            "UPDATE stay SET said=?, counted=?, state=? WHERE district=? AND resident=?",
            *after, district, resident,
        )  # fmt: skip


async def came_back(tx: Tx, district: int, resident: bytes, *, day: str, said: str) -> None:
    """Temporary again after a time elsewhere: the months begin on the day of coming back, until
    the register says another than `said`.
    """
    await tx.insert("stay", [(district, resident, WAITING, said, day)], ignore=True)
    await tx.run(
        "UPDATE stay SET said=?, counted=?, state=? WHERE district=? AND resident=?",
        said, day, WAITING, district, resident,
    )  # fmt: skip


async def keep_temporary(tx: Tx, district: int, resident: bytes) -> None:
    """A person says that this archive stays temporary, whatever the calendar says."""
    await tx.run(
        "UPDATE stay SET state=? WHERE district=? AND resident=?", KEPT, district, resident
    )
