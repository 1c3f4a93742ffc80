"""A person of the facility says who a guest was: an archive that is there, or one just opened."""

from functools import partial

from server.actions.accounts.sessions import Signed
from server.actions.archives.ledger import audit
from server.actions.archives.standing import MERGED
from server.actions.checkup.day_reading import check_prepares, seen
from server.actions.checkup.day_reading import held as held_day
from server.actions.checkup.day_rows import save_day
from server.actions.checkup.guests import MATCHED, WAITING, Guest, guests_of
from server.actions.checkup.taking import hand_over
from server.actions.keeping.site import Site
from server.errors import NotYours, RuleSaysNo
from server.store.tx import Tx, one


async def waiting(site: Site, signed: Signed, day: bytes) -> list[Guest]:
    """Guests of a day whom nobody has recognised, one line a person. Raises NotYours."""

    async def read(tx: Tx) -> list[Guest]:
        check_prepares(signed, (await seen(tx, site, signed, day)).facility)
        found = await guests_of(tx, site, day)
        return [each for each in found if each.state == WAITING]

    return await site.store.read(read)


async def match(site: Site, signed: Signed, day: bytes, guest: bytes, resident: bytes) -> None:
    """Everything noted of the guest, and of whoever was noted as the same, is this resident's.

    Raises NotYours; RuleSaysNo("matched_already") when somebody else was named before.
    """
    work = partial(_match, site=site, signed=signed, day=day, guest=guest, resident=resident)
    await site.store.write(work)


async def _match(
    tx: Tx, site: Site, signed: Signed, day: bytes, guest: bytes, resident: bytes
) -> None:
    held = await held_day(tx, site, signed, day)
    row = await one(
        tx, "SELECT status FROM resident WHERE district=? AND resident=?", site.district, resident
    )
    if row is None or row[0] == MERGED:
        raise NotYours("resident")
    every = {each.guest: each for each in await guests_of(tx, site, day)}
    if guest not in every:
        raise NotYours("guest")
    found = every[guest]
    if found.person == resident:
        return
    if found.state == MATCHED and found.person not in every:
        raise RuleSaysNo("matched_already")
    same = [name for name, each in every.items() if guest in (name, each.person)]
    await tx.update(
        "checkup_guest", ("district", "day", "guest"), ("person", "state"),
        [(site.district, day, name, resident, MATCHED) for name in same],
    )  # fmt: skip
    for name in sorted(same):
        await hand_over(tx, site, held, name, resident)
    await save_day(tx, site, held)
    detail = b"hall-guest" + day + guest + resident + signed.staff
    await audit(tx, site.district, "act", detail, site.clock())
