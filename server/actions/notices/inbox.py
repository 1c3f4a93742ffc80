"""What a resident finds in the inbox, and by which way they want to be told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from server.actions.keeping.site import Site
from server.actions.notices.telling import content_of
from server.actions.residents.acting import Acting, assisted
from server.rules import notices as rule
from server.rules.notices import Channel
from server.settings import CIVIL
from server.store.trail import audit
from server.store.tx import Tx, one

NEWEST: Final = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One notice as the inbox shows it.

    `page` and `about`: where it leads, "" and None for nowhere. `left`: whether it went out as
    well: "" | waiting | sent | delivered | failed.
    """

    id: bytes
    template: str
    text: str
    page: str
    about: bytes | None
    made_at: int
    read_at: int | None
    left: str


_LEFT: Final = {"waiting": "waiting", "sending": "waiting", "sent": "sent",
                "delivered": "delivered", "failed": "failed"}  # fmt: skip


async def inbox(
    tx: Tx, site: Site, resident: bytes, *, own: bool = True, most: int = NEWEST
) -> Sequence[Line]:
    """The newest first. `own`: the resident looks, not a relative: what is about a restricted
    record is shown to nobody else. Whoever shows it has passed the gate.
    """
    rows = await tx.rows(
        "SELECT n.notice, n.template, n.state, n.made_at, n.read_at, n.about, n.sealed, r.key "
        "FROM notice n JOIN resident r ON r.district=n.district AND r.resident=n.resident "
        "WHERE n.district=? AND n.resident=? AND n.made_at>? AND (n.cls='A' OR ?=1) "
        "ORDER BY n.made_at DESC, n.notice DESC LIMIT ?",
        site.district, resident, _since(site), 1 if own else 0, most,
    )  # fmt: skip
    lines: list[Line] = []
    for id_, template, state, made_at, read_at, about, sealed, wrapped in rows:
        of = rule.rules().templates.get(template)
        if of is None or not of.inbox:
            continue  # a template that a later version took out
        content = content_of(site, of, id_, resident, wrapped, sealed)
        if content is None:
            continue
        made = datetime.fromtimestamp(made_at / 1000, CIVIL).date()
        text = rule.shown(of.inbox, of, content.values, made)
        lines.append(
            Line(id_, template, text, of.page, about, made_at, read_at, _LEFT.get(state, ""))
        )
    return lines


async def unread(tx: Tx, site: Site, resident: bytes, *, own: bool = True) -> int:
    """How many lines of the inbox nobody has opened."""
    row = await one(
        tx,
        "SELECT COUNT(*) FROM notice WHERE district=? AND resident=? AND made_at>? AND "
        "read_at IS NULL AND (cls='A' OR ?=1)",
        site.district, resident, _since(site), 1 if own else 0,
    )  # fmt: skip
    assert row is not None
    return row[0]


async def mark_read(
    tx: Tx, site: Site, resident: bytes, ids: Collection[bytes] | None = None, *, own: bool = True
) -> int:
    """Says of these lines, or of all, that they were read; how many were not before. An id of
    somebody else's notice changes nothing.
    """
    sql = (
        "UPDATE notice SET read_at=? WHERE district=? AND resident=? AND read_at IS NULL AND "
        "(cls='A' OR ?=1)"
    )
    args = (site.clock(), site.district, resident, 1 if own else 0)
    if ids is None:
        return await tx.run(sql, *args)
    return sum([await tx.run(f"{sql} AND notice=?", *args, each) for each in sorted(set(ids))])


async def set_channel(
    tx: Tx, site: Site, resident: bytes, channel: Channel, *, hand: bytes
) -> None:
    """By which way this resident is told from now on. `hand`: whose hand wrote it. Codes and what
    must be known at once still go by short message where the choice is the inbox alone.
    """
    now = site.clock()
    changed = await tx.run(
        "UPDATE notice_choice SET channel=?, changed_at=?, changed_by=? WHERE district=? AND "
        "resident=?",
        str(channel), now, hand, site.district, resident,
    )  # fmt: skip
    if not changed:
        row = (site.district, resident, str(channel), now, hand)
        await tx.insert("notice_choice", [row], ignore=True)
    await audit(tx, site.district, "act", b"notice-channel" + resident + hand, now)


async def choose(site: Site, acting: Acting, channel: Channel) -> None:
    """`set_channel` as an act of portal or desk."""

    async def work(tx: Tx) -> None:
        await set_channel(tx, site, acting.resident, channel, hand=acting.hand)
        await assisted(tx, site, acting, "channel", acting.resident)

    await site.store.write(work)


def _since(site: Site) -> int:
    return site.clock() - site.rules.notice_keep_days * 24 * 60 * 60_000
