"""Many people into slots at once: those of a list that names slots, and everybody who has none yet,
village by village in the order of the day. Staff's work, so it may be taken back as a whole.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import cards_of
from server.actions.archives.standing import lock_residents
from server.actions.checkup import tellings
from server.actions.checkup.booking import next_ticket
from server.actions.checkup.day_reading import held
from server.actions.checkup.day_rows import (
    INVITED,
    Day,
    PersonRow,
    SlotRow,
    expected_elsewhere,
    persons,
    save_day,
    slots_of,
    take,
    touched,
)
from server.actions.keeping.site import Site
from server.actions.residents.day_passes import end_booking
from server.actions.tablets.intake import civil_day
from server.errors import RuleSaysNo
from server.rules.checkup_days import (
    BOOKABLE,
    EDITABLE,
    DayState,
    NoBooking,
    Wish,
    after_ticket,
    no_booking,
)
from server.settings import CIVIL
from server.store.trail import audit
from server.store.tx import Tx

Wanted = tuple[PersonRow, int]
"""Somebody, and the number of the slot they get."""


async def put_all(tx: Tx, site: Site, day: Day, wanted: Sequence[Wanted]) -> None:
    """Takes a place for each under the day's lock and writes the rows; the caller writes the day.
    Tickets go in the order that is given. Raises RuleSaysNo with a value of NoBooking.
    """
    now = datetime.fromtimestamp(site.clock() / 1000, CIVIL)
    slots = {each.slot: each for each in await slots_of(tx, site, day.day)}
    before = dict(slots)
    newest, due = "", tellings.reminder_due(day)
    for row, number in wanted:
        slot = slots.get(number)
        if slot is None:
            raise RuleSaysNo(NoBooking.NO_SUCH_SLOT)
        no = no_booking(_wish(day, slot, row), now)
        if no is not None:
            raise RuleSaysNo(no)
        slots[number] = replace(slot, taken=slot.taken + 1)
        row.slot, row.booked_at = number, site.clock()
        if not row.ticket:
            newest = after_ticket(newest) if newest else await next_ticket(tx, site, day.day)
            row.ticket = newest
    for number, slot in slots.items():
        more = slot.taken - before[number].taken
        if more:
            await take(tx, site, day, before[number], more)
    await touched(tx, site, day, [row for row, _ in wanted])
    if day.state in BOOKABLE and due > site.clock():
        whos = {row.who for row, _ in wanted}
        await tellings.plan(tx, site, day.day, whos, tellings.REMINDER, due)


def _wish(day: Day, slot: SlotRow, row: PersonRow) -> Wish:
    """Staff fill slots while the day is still being prepared."""
    state = DayState.READY if day.state is DayState.DRAFT else day.state
    arrived = row.arrived_at is not None
    return Wish(state, day.on, slot.plain, slot.taken, row.status == INVITED, arrived)


async def spread(site: Site, signed: Signed, day: bytes) -> tuple[int, int]:
    """Gives everybody without a slot one while there is room: the villages one after the other, so
    that neighbours come together. Who has one at another day ahead keeps that one. How many got
    one, and when it was done (ms, for `unspread`). Raises NotYours, RuleSaysNo("over").
    """

    async def work(tx: Tx) -> tuple[int, int]:
        # Locked before the day: nobody gets a place at another day meanwhile.
        there = await lock_residents(tx, site.district, await persons(tx, site, day), cells_of=())
        found = await held(tx, site, signed, day)
        if found.state not in EDITABLE:
            raise RuleSaysNo("over")
        rows = [each for who, each in (await persons(tx, site, day)).items() if who in there]
        today = civil_day(site.clock())
        booked = await expected_elsewhere(tx, site, found, today, slotted=True)
        free = [
            each
            for each in rows
            if each.expected and not each.slot and not each.arrived_at and each.who not in booked
        ]
        cards = await cards_of(tx, site, {each.who for each in free})

        def by_village(row: PersonRow) -> tuple[str, str, str, bytes]:
            card = cards.get(row.who)
            return (card.village, card.address, card.name, row.who) if card else ("", "", "", b"")

        now = datetime.fromtimestamp(site.clock() / 1000, CIVIL)
        rooms = [
            each.slot
            for each in await slots_of(tx, site, day)
            if (found.on, each.end) > (now.date(), now.strftime("%H:%M"))
            for _ in range(each.left)
        ]
        wanted = list(zip(sorted(free, key=by_village), rooms, strict=False))
        await put_all(tx, site, found, wanted)
        knew = await tellings.was_told(
            tx, site, day, tellings.INVITED_TO, {row.who for row, _ in wanted}
        )
        if found.state in BOOKABLE:
            await tellings.plan(tx, site, day, knew, tellings.SLOTTED, tellings.soon(site))
        await save_day(tx, site, found)
        await audit(tx, site.district, "act", b"checkup-spread" + day + signed.staff, site.clock())
        return len(wanted), site.clock()

    return await site.store.write(work)


async def unspread(site: Site, signed: Signed, day: bytes, at: int) -> int:
    """Takes back what `spread` gave at that moment, from whoever has it still; how many. Raises
    NotYours, RuleSaysNo("over").
    """

    async def work(tx: Tx) -> int:
        found = await held(tx, site, signed, day)
        if found.state not in EDITABLE:
            raise RuleSaysNo("over")
        rows = [
            each
            for each in (await persons(tx, site, day)).values()
            if each.booked_at == at and each.expected and each.arrived_at is None
        ]
        slots = {each.slot: each for each in await slots_of(tx, site, day)}
        for number, slot in slots.items():
            n = sum(each.slot == number for each in rows)
            if n:
                await take(tx, site, found, slot, -n)
        whos = {each.who for each in rows}
        told = await tellings.was_told(tx, site, day, tellings.SLOTTED, whos)
        for (who,) in await tx.rows(
            "SELECT DISTINCT resident FROM day_pass WHERE district=? AND day=? AND ended=''",
            site.district, day,
        ):  # fmt: skip
            if who in whos:
                await end_booking(tx, site.district, day, who)
        for each in rows:
            each.slot, each.booked_at = None, None
        await touched(tx, site, found, rows)
        for what in (tellings.SLOTTED, tellings.REMINDER):
            await tellings.forget(tx, site, day, whos, what)
        if told:
            await tellings.plan(tx, site, day, told, tellings.UNBOOKED, tellings.soon(site))
        await save_day(tx, site, found)
        await audit(
            tx, site.district, "act", b"checkup-unspread" + day + signed.staff, site.clock()
        )
        return len(rows)

    return await site.store.write(work)
