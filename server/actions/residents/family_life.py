"""What becomes of family links when archives are merged, and as days pass."""

from datetime import date, timedelta
from functools import partial
from typing import Final

from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.residents.links import has_archive, put_end, told_both
from server.actions.residents.people import key_of
from server.actions.tablets.intake import civil_day
from server.rules import family as rule
from server.rules.access import Tie
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx
from server.store.vault import T_FAMILY, T_PORTAL
from sync.limits import DAY_MS

AT_ONCE: Final = 200
REVIEW: Final = "mandate_review"


# Merges.

Moved = tuple[bytes, bytes, bytes, bytes]
"""(resident, link) as it was and as it is now; twice empty where the kept archive has one."""


async def carry(tx: Tx, site: Site, gone: bytes, kept: bytes) -> tuple[Moved, ...]:
    """Links of the archive that goes are made anew in the one that is kept, evidence and all; links
    by the person go on by the kept id. What is there already stays as it is.
    """
    rows = await tx.rows(
        "SELECT link, resident, person, tie, scopes, from_day, until_day, frozen_at, made_at, "
        "made_by, sealed FROM family_link WHERE district=? AND (resident=? OR person=?) AND "
        "state='standing' ORDER BY link",
        site.district, gone, gone,
    )  # fmt: skip
    moved: list[Moved] = []
    for row in rows:
        whose, copy = await _copy(tx, site, row, gone, kept)
        moved.append((row[1], row[0], whose, copy))
        await tx.run(
            "UPDATE family_link SET state='moved', ended_at=? WHERE district=? AND resident=? AND "
            "link=?",
            site.clock(), site.district, row[1], row[0],
        )  # fmt: skip
    return tuple(moved)


async def _copy(tx: Tx, site: Site, row: Row, gone: bytes, kept: bytes) -> tuple[bytes, bytes]:
    link, resident, person, *middle, sealed = row
    whose, who = (kept if each == gone else each for each in (resident, person))
    there = await tx.rows(
        "SELECT link FROM family_link WHERE district=? AND resident=? AND person=? AND "
        "state='standing'",
        site.district, whose, who,
    )  # fmt: skip
    if whose == who or there:
        return b"", b""
    copy = new_id(site.clock())
    again = await _resealed(tx, site, T_PORTAL, (link, resident), (copy, whose), sealed)
    tie, scopes, from_day, until_day, frozen_at, made_at, made_by = middle
    made: Row = (
        site.district, whose, copy, who, tie, scopes, from_day, until_day, "standing", frozen_at,
        made_at, made_by, None, again,
    )  # fmt: skip
    await tx.insert("family_link", [made])
    await _freeze_follows(tx, site, (resident, link), (whose, copy))
    return whose, copy


async def _resealed(
    tx: Tx, site: Site, table: int, before: tuple[bytes, bytes], after: tuple[bytes, bytes],
    sealed: bytes,
) -> bytes:  # fmt: skip
    """(row, resident) before and after."""
    old, new = await key_of(tx, site, before[1]), await key_of(tx, site, after[1])
    assert old is not None
    assert new is not None
    return new.seal(site.vault.at(table, *after), old.open(site.vault.at(table, *before), sealed))


async def _freeze_follows(
    tx: Tx, site: Site, before: tuple[bytes, bytes], after: tuple[bytes, bytes]
) -> None:
    """A freeze that the county has not looked at goes with its link: (resident, link)."""
    rows = await tx.rows(
        "SELECT family_freeze, sealed FROM family_freeze WHERE district=? AND resident=? AND "
        "link=? AND state='open'",
        site.district, *before,
    )  # fmt: skip
    for name, sealed in rows:
        again = await _resealed(
            tx, site, T_FAMILY, (name, before[0]), (name, after[0]), sealed
        )  # fmt: skip
        await tx.run(
            "UPDATE family_freeze SET resident=?, link=?, sealed=? WHERE district=? AND "
            "family_freeze=?",
            *after, again, site.district, name,
        )  # fmt: skip


async def give_back(tx: Tx, site: Site, moved: tuple[Moved, ...]) -> None:
    """The merge was taken back: each link stands where it stood, as it was left meanwhile; the
    copies are over. One that was ended as a copy is ended.
    """
    for resident, link, whose, copy in moved:
        state = "standing"
        if copy:
            state = await _as_left(tx, site, (resident, link), (whose, copy))
            await tx.run(
                "UPDATE family_link SET state='ended', ended_at=? WHERE district=? AND "
                "resident=? AND link=? AND state='standing'",
                site.clock(), site.district, whose, copy,
            )  # fmt: skip
            await _freeze_follows(tx, site, (whose, copy), (resident, link))
        await tx.run(
            "UPDATE family_link SET state=?, ended_at=? WHERE district=? AND resident=? AND "
            "link=? AND state='moved'",
            state, site.clock() if state == "ended" else None, site.district, resident, link,
        )  # fmt: skip


async def _as_left(
    tx: Tx, site: Site, before: tuple[bytes, bytes], after: tuple[bytes, bytes]
) -> str:
    """What became of the copy, (resident, link) of it in `after`, is so of the link: what it opens,
    until when, whether it is shut. Its state from now on.
    """
    (row,) = await tx.rows(
        "SELECT state, scopes, until_day, frozen_at, sealed FROM family_link WHERE district=? AND "
        "resident=? AND link=?",
        site.district, *after,
    )  # fmt: skip
    state, scopes, until_day, frozen_at, sealed = row
    again = await _resealed(
        tx, site, T_PORTAL, (after[1], after[0]), (before[1], before[0]), sealed
    )  # fmt: skip
    await tx.run(
        "UPDATE family_link SET scopes=?, until_day=?, frozen_at=?, sealed=? WHERE district=? AND "
        "resident=? AND link=?",
        scopes, until_day, frozen_at, again, site.district, *before,
    )  # fmt: skip
    return "ended" if state == "ended" else "standing"


# As days pass.


async def keep(site: Site) -> int:
    """Ends what is over, told; opens the yearly look at mandates. Returns how many rows it moved.

    Nothing waits for this: the rule is asked with today's date at each opening.
    """
    ended = await site.store.write(partial(_end_over, site=site))
    asked = await site.store.write(partial(_ask_reviews, site=site))
    offers = await site.store.write(
        lambda tx: tx.run(
            "UPDATE family_offer SET state='expired' WHERE district=? AND state IN "
            "('asked','declined') AND expires_at<=?",
            site.district, site.clock(),
        )
    )  # fmt: skip
    return ended + asked + offers


async def _end_over(tx: Tx, site: Site) -> int:
    today = civil_day(site.clock())
    rows = await tx.rows(
        "SELECT resident, link, person, tie FROM family_link WHERE district=? AND "
        "state='standing' AND until_day<? ORDER BY until_day LIMIT ?",
        site.district, today.isoformat(), AT_ONCE,
    )  # fmt: skip
    for resident, link, person, tie in rows:
        await put_end(tx, site, resident, link)
        said = b"family-over" + resident + link
        await audit(tx, site.district, "act", said, site.clock())
        over = "guardianship_ends" if tie == Tie.PARENT else "family_link_ended"
        await told_both(tx, site, resident, person, over, link)
    return len(rows)


async def _ask_reviews(tx: Tx, site: Site) -> int:
    """A task for the facility and word to both, from thirty days before the review day."""
    of, now, today = rule.numbers(), site.clock(), civil_day(site.clock())
    last = today + timedelta(days=of.mandate_told_days + of.mandate_grace_days)
    rows = await tx.rows(
        "SELECT l.resident, l.link, l.person, l.until_day, r.facility FROM family_link l JOIN "
        "resident r ON r.district=l.district AND r.resident=l.resident WHERE l.district=? AND "
        "l.tie='appointed' AND l.state='standing' AND l.until_day<=? AND NOT EXISTS (SELECT 1 "
        "FROM task t WHERE t.district=l.district AND t.kind=? AND t.subject=l.link AND "
        "t.closed_at IS NULL) ORDER BY l.until_day LIMIT ?",
        site.district, last.isoformat(), REVIEW, AT_ONCE,
    )  # fmt: skip
    for resident, link, person, until, facility in rows:
        until_day = date.fromisoformat(until)
        left = (rule.review_day(until_day) - today).days
        await tx.run(  # last year's, closed: one row a link
            "DELETE FROM task WHERE district=? AND kind=? AND subject=?", site.district, REVIEW,
            link,
        )  # fmt: skip
        task: Row = (
            site.district, REVIEW, link, resident, facility, now, now + max(left, 0) * DAY_MS,
            None, None, "",
        )  # fmt: skip
        await tx.insert("task", [task])
        for who in (resident, person):
            if await has_archive(tx, site, who):
                await tell(tx, site, who, "mandate_review", about=link, day=until_day)
    return len(rows)
