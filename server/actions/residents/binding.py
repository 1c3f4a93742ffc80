"""The telephone with which somebody signs in: bound face to face, changed, ended, carried over when
two archives become one.

Bound is only what was handed in here: a telephone of the register or of a list never is. The row of
the resident says who may sign in now (`phone_index`, which steps in an archive's life take away and
put back); the rows of `bound_phone` say which number, since when and by whom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from server.actions.archives.cards import cards_of
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.residents.visits import birth_of, end_all
from server.actions.tablets.intake import civil_day
from server.errors import NotFound, RuleSaysNo
from server.rules.life import STATES, Life
from server.rules.sign_in import NoBinding, Standing, full_at, may_bind
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from server.store.vault import T_PORTAL

DESK, DESK_NO_CODE, OLD_PHONE, CARRIED = "desk", "desk_no_code", "old_phone", "merged"
TABLET: Final = "tablet"
TAIL: Final = 4


@dataclass(frozen=True, slots=True)
class Binding:
    """One telephone for one archive. how: desk (a code was read back), desk_no_code, tablet,
    old_phone.

    `by`: the member of staff who saw the document, or the resident; `facility`: at whose desk.
    """

    resident: bytes
    phone: str
    how: str
    by: bytes
    facility: bytes | None = None

    def __repr__(self) -> str:
        return f"Binding({self.resident.hex()}, {self.how})"


@dataclass(frozen=True, slots=True)
class Bound:
    """A binding as pages show it. `ended_why`: "" while it stands."""

    id: bytes
    tail: str
    how: str
    at: int
    by: bytes
    full_at: int
    ended_at: int | None
    ended_why: str


async def bind(tx: Tx, site: Site, new: Binding) -> bytes:
    """Binds the telephone, in place of the one before; the id of the binding.

    Raises NotFound, RuleSaysNo with a value of NoBinding.
    """
    now, who = site.clock(), new.resident
    wrapped, status = await _held(tx, site, who)
    index = site.index.of_phone(new.phone)
    standing = await _standing(tx, site, who, index, sign_in=STATES[Life(status)].sign_in)
    no = may_bind(standing, civil_day(now))
    if no is not None:
        raise RuleSaysNo(no)
    before = await one(
        tx,
        "SELECT MAX(CASE WHEN ended_at IS NULL THEN ? ELSE ended_at END) FROM bound_phone WHERE "
        "district=? AND resident=?",
        now, site.district, who,
    )  # fmt: skip
    old = await phone_now(tx, site, who, wrapped)
    if old is not None:
        await _end(tx, site, who, "changed")
    bound = await _write(tx, site, new, wrapped, full_at(now, before[0] if before else None))
    await tx.run(
        "UPDATE resident SET phone_index=? WHERE district=? AND resident=?",
        index, site.district, who,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"phone-bound" + who + bound + new.by, now)
    await _tell(tx, site, new, old, civil_day(now))
    return bound


async def end(tx: Tx, site: Site, resident: bytes, *, by: bytes, why: str) -> None:
    """The telephone signs nobody in from now on, and whoever is signed in is not any more.

    `why`: lost | asked. Raises NotFound, RuleSaysNo("no_phone").
    """
    await _held(tx, site, resident)
    if not await _end(tx, site, resident, why):
        raise RuleSaysNo(NoBinding.NONE)
    await tx.run(
        "UPDATE resident SET phone_index=NULL WHERE district=? AND resident=?",
        site.district, resident,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"phone-ended" + resident + by, site.clock())


async def said_since(tx: Tx, site: Site, resident: bytes, at: int) -> bool:
    """Whether the resident bound another telephone after that moment, or let one go. What a tablet
    brought was said when it was signed, which its acts know and these rows do not.
    """
    row = await one(
        tx,
        "SELECT 1 FROM bound_phone WHERE district=? AND resident=? AND ((bound_at>? AND how NOT IN "
        "(?,?)) OR (ended_at>? AND ended_why IN ('lost','asked'))) LIMIT 1",
        site.district, resident, at, TABLET, CARRIED, at,
    )  # fmt: skip
    return row is not None


async def bindings_of(tx: Tx, site: Site, resident: bytes) -> Sequence[Bound]:
    """Every telephone this archive had, the newest first."""
    rows = await tx.rows(
        "SELECT b.bound, b.sealed, b.how, b.bound_at, b.bound_by, b.full_at, b.ended_at, "
        "b.ended_why, r.key FROM bound_phone b JOIN resident r ON r.district=b.district AND "
        "r.resident=b.resident WHERE b.district=? AND b.resident=? ORDER BY b.bound DESC",
        site.district, resident,
    )  # fmt: skip
    made: list[Bound] = []
    for bound, sealed, how, at, by, full, ended_at, why, wrapped in rows:
        number = _open(site, resident, bound, sealed, wrapped)
        made.append(Bound(bound, number[-TAIL:], how, at, by, full, ended_at, why))
    return made


async def archives_on(tx: Tx, site: Site, phone_index: bytes) -> list[bytes]:
    """Whose archives a telephone opens now: bound to it, and their state lets them sign in."""
    rows = await tx.rows(
        "SELECT r.resident, r.status FROM resident r JOIN bound_phone b ON b.district=r.district "
        "AND b.resident=r.resident AND b.ended_at IS NULL AND b.phone_index=r.phone_index "
        "WHERE r.district=? AND r.phone_index=? ORDER BY b.bound_at, r.resident",
        site.district, phone_index,
    )  # fmt: skip
    return [who for who, status in rows if STATES[Life(status)].sign_in]


async def phone_now(tx: Tx, site: Site, resident: bytes, wrapped: bytes) -> str | None:
    """The number that signs this resident in now; None where none does."""
    row = await _standing_row(tx, site, resident)
    return None if row is None else _open(site, resident, row[0], row[1], wrapped)


# Two archives become one, and are two again.


async def follow_merge(tx: Tx, site: Site, kept: bytes, gone: bytes) -> None:
    """The gone archive's telephone opens the kept one where that has none. Both rows are locked."""
    keys = {
        row[0]: row[1]
        for row in await tx.rows_in(
            "SELECT resident, key FROM resident WHERE district=? AND resident {ids}",
            [kept, gone],
            site.district,
        )
    }
    theirs = await _standing_row(tx, site, gone)
    if theirs is None:
        return
    await _end(tx, site, gone, "merged")
    if await _standing_row(tx, site, kept) is not None:
        return
    number = _open(site, gone, theirs[0], theirs[1], keys[gone])
    carried = Binding(kept, number, CARRIED, theirs[2])
    await _write(tx, site, carried, keys[kept], theirs[3])


async def follow_unmerge(tx: Tx, site: Site, kept: bytes, gone: bytes) -> None:
    """Each has again what it had, unless another telephone was bound since, or that one ended."""
    back = await one(
        tx,
        "SELECT bound, phone_index, ended_at FROM bound_phone WHERE district=? AND resident=? AND "
        "ended_why='merged' ORDER BY ended_at DESC, bound DESC LIMIT 1",
        site.district, gone,
    )  # fmt: skip
    if back is None:
        return
    over = await one(
        tx,
        "SELECT 1 FROM bound_phone WHERE district=? AND resident=? AND how=? AND phone_index=? AND "
        "bound_at>=? AND ended_at IS NOT NULL AND ended_why NOT IN ('merged','unmerged') LIMIT 1",
        site.district, kept, CARRIED, back[1], back[2],
    )  # fmt: skip
    if over is not None:  # whoever ended it in the kept archive ended it for this person
        await tx.run(
            "UPDATE resident SET phone_index=NULL WHERE district=? AND resident=?",
            site.district, gone,
        )  # fmt: skip
        return
    lent = await tx.run(
        "UPDATE bound_phone SET ended_at=?, ended_why='unmerged' WHERE district=? AND resident=? "
        "AND how=? AND phone_index=? AND ended_at IS NULL",
        site.clock(), site.district, kept, CARRIED, back[1],
    )  # fmt: skip
    if lent:
        await end_all(tx, site.district, kept, "unmerged")
    await tx.run(
        "UPDATE bound_phone SET ended_at=NULL, ended_why='' WHERE district=? AND resident=? AND "
        "bound=?",
        site.district, gone, back[0],
    )  # fmt: skip


# The rows.


async def _held(tx: Tx, site: Site, resident: bytes) -> tuple[bytes, str]:
    """(wrapped key, status) under the resident's lock. Raises NotFound."""
    row = await one(
        tx,
        f"SELECT key, status FROM resident WHERE district=? AND resident=?{locking(tx)}",
        site.district, resident,
    )  # fmt: skip
    if row is None:
        raise NotFound("resident")
    return row[0], row[1]


async def _standing(
    tx: Tx, site: Site, resident: bytes, index: bytes, *, sign_in: bool
) -> Standing:
    """Counted under the locks of the telephone's other bindings: two desks do not make five."""
    args = (site.district, index)
    sql = "SELECT resident FROM bound_phone WHERE district=? AND phone_index=? AND ended_at IS NULL"
    await tx.rows(sql + locking(tx), *args)
    theirs = {row[0] for row in await tx.rows(sql, *args)}
    cards = await cards_of(tx, site, {resident})
    card = cards.get(resident)
    return Standing(
        sign_in=sign_in, birth=birth_of(card) if card is not None else None,
        others=len(theirs - {resident}), bound=resident in theirs,
    )  # fmt: skip


async def _standing_row(tx: Tx, site: Site, resident: bytes) -> Row | None:
    """(id, sealed number, by whom, full from when) of the telephone that signs in now."""
    return await one(
        tx,
        "SELECT b.bound, b.sealed, b.bound_by, b.full_at FROM bound_phone b JOIN resident r ON "
        "r.district=b.district AND r.resident=b.resident AND r.phone_index=b.phone_index WHERE "
        "b.district=? AND b.resident=? AND b.ended_at IS NULL ORDER BY b.bound DESC LIMIT 1",
        site.district, resident,
    )  # fmt: skip


async def _write(tx: Tx, site: Site, new: Binding, wrapped: bytes, full: int) -> bytes:
    now = site.clock()
    bound = new_id(now)
    place = site.vault.at(T_PORTAL, bound, new.resident)
    sealed = site.vault.key(new.resident, wrapped).seal(place, new.phone.encode())
    row: Row = (
        site.district, new.resident, bound, site.index.of_phone(new.phone), sealed, new.how, now,
        new.by, full, None, "",
    )  # fmt: skip
    await tx.insert("bound_phone", [row])
    return bound


async def _end(tx: Tx, site: Site, resident: bytes, why: str) -> int:
    await end_all(tx, site.district, resident, f"phone_{why}")
    return await tx.run(
        "UPDATE bound_phone SET ended_at=?, ended_why=? WHERE district=? AND resident=? AND "
        "ended_at IS NULL",
        site.clock(), why, site.district, resident,
    )  # fmt: skip


async def _tell(tx: Tx, site: Site, new: Binding, old: str | None, today: date) -> None:
    """Both telephones are told, so that who did not want it can object at any desk."""
    tail = new.phone[-TAIL:]
    if old is not None:
        await tell(tx, site, new.resident, "phone_changed", to=old, day=today, tail=tail)
    if new.facility is not None:
        await tell(
            tx, site, new.resident, "phone_bound", day=today, facility=new.facility, tail=tail
        )


def _open(site: Site, resident: bytes, bound: bytes, sealed: bytes, wrapped: bytes) -> str:
    place = site.vault.at(T_PORTAL, bound, resident)
    return site.vault.key(resident, wrapped).open(place, sealed).decode()
