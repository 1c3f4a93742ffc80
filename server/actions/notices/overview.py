"""The outbox as the county sees it: what went out, what waits, what failed and why, what it cost;
and what a person does about it.

Numbers and reasons name nobody. The words of a message are shown only while nothing leaves the
machine (the embedded outbox), to the county alone, and each look is an audit leaf.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from server.actions.archives.told import staff_names
from server.actions.keeping.site import Site, district_key_blob
from server.actions.notices.outbox import make_box, words_of
from server.actions.notices.telling import HOUR_MS, content_of
from server.errors import NotFound, RuleSaysNo
from server.rules import notices as rule
from server.rules.notices import NEUTRAL, Channel, Rank
from server.settings import CIVIL
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one

LISTED: Final = 100
AGAIN_MS: Final = 62 * 24 * HOUR_MS
GOING: Final = ("waiting", "sending")


@dataclass(frozen=True, slots=True)
class Tally:
    """One template in this civil month, by what became of its notices."""

    template: str
    label: str
    inbox: int
    waiting: int
    sent: int
    delivered: int
    failed: int
    held: int
    cost_fen: int


@dataclass(frozen=True, slots=True)
class Item:
    """One notice that waits or failed. `label`: of its template."""

    id: bytes
    template: str
    label: str
    channel: str
    state: str
    made_at: int
    send_after: int
    tries: int
    error: str
    again: bool
    """A person may send it again."""


@dataclass(frozen=True, slots=True)
class Words:
    """One message that stayed here: to which telephone (its last four digits), in which words."""

    id: bytes
    made_at: int
    channel: str
    state: str
    tail: str
    text: str


@dataclass(frozen=True, slots=True)
class Overview:
    """`keeps`: nothing leaves this machine. `paused_by`: "" where it was done on the machine."""

    month: str
    tallies: Sequence[Tally]
    waiting: Sequence[Item]
    failed: Sequence[Item]
    spent_fen: int
    budget_fen: int
    keeps: bool
    paused_at: int | None
    paused_by: str
    rest_until: int

    @property
    def sent(self) -> int:
        return sum(each.sent + each.delivered for each in self.tallies)

    @property
    def held(self) -> int:
        return sum(each.held for each in self.tallies)


async def overview(site: Site) -> Overview:
    """This civil month."""
    return await site.store.read(partial(_overview, site=site))


async def _overview(tx: Tx, site: Site) -> Overview:
    now, district = site.clock(), site.district
    box = await one(
        tx,
        "SELECT paused_at, paused_by, rest_until, month, spent_fen FROM notice_box WHERE "
        "district=?",
        district,
    )
    nothing: Row = (None, None, 0, "", 0)
    paused_at, paused_by, rest_until, month, spent = box if box is not None else nothing
    names = await staff_names(tx, site, {paused_by} if paused_by else set())
    this = rule.month_of(now)
    return Overview(
        month=this, tallies=await _tallies(tx, site),
        waiting=await _items(tx, site, GOING), failed=await _items(tx, site, ("failed",)),
        spent_fen=spent if month == this else 0, budget_fen=site.rules.sms_budget_month_fen,
        keeps=site.provider.keeps, paused_at=paused_at, paused_by=names.get(paused_by or b"", ""),
        rest_until=rest_until if rest_until > now else 0,
    )  # fmt: skip


async def _tallies(tx: Tx, site: Site) -> Sequence[Tally]:
    begin = datetime.fromtimestamp(site.clock() / 1000, CIVIL).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    rows = await tx.rows(
        "SELECT template, state, COUNT(*), SUM(cost_fen) FROM notice WHERE district=? AND "
        "made_at>=? GROUP BY template, state",
        site.district, int(begin.timestamp() * 1000),
    )  # fmt: skip
    counts: dict[str, dict[str, int]] = {}
    cost: dict[str, int] = {}
    for template, state, count, fen in rows:
        counts.setdefault(template, {})[state] = count
        cost[template] = cost.get(template, 0) + int(fen)
    order = [each for each in rule.rules().templates if each in counts]
    return tuple(
        Tally(
            each, _label(each), found.get("inbox", 0), sum(found.get(s, 0) for s in GOING),
            found.get("sent", 0), found.get("delivered", 0), found.get("failed", 0),
            found.get("held", 0) + found.get("expired", 0), cost[each],
        )
        for each in (*order, *sorted(counts.keys() - set(order)))
        for found in (counts[each],)
    )  # fmt: skip


def _label(template: str) -> str:
    of = rule.rules().templates.get(template)
    return of.label if of is not None else template


async def _items(tx: Tx, site: Site, states: Sequence[str]) -> Sequence[Item]:
    """What goes first stands first; of what failed the newest."""
    marks = ",".join("?" * len(states))
    order = "rank, send_after" if "waiting" in states else "made_at DESC"
    rows = await tx.rows(
        "SELECT notice, template, channel, state, made_at, send_after, tries, error, rank FROM "
        f"notice WHERE district=? AND state IN ({marks}) ORDER BY {order} LIMIT ?",
        site.district, *states, LISTED,
    )  # fmt: skip
    return tuple(
        Item(
            id_, template, _label(template), channel, state, made_at, send_after, tries, error,
            state == "failed" and rank != Rank.CODE,
        )
        for id_, template, channel, state, made_at, send_after, tries, error, rank in rows
    )  # fmt: skip


# What stayed here.


async def kept_words(site: Site, reader: bytes) -> Sequence[Words]:
    """The newest messages of the embedded outbox, codes included; () under any other provider.

    `reader`: the member of staff who looks, or NOBODY at the server's command line.
    """
    if not site.provider.keeps:
        return ()
    return await site.store.write(partial(_kept_words, site=site, reader=reader))


async def _kept_words(tx: Tx, site: Site, reader: bytes) -> Sequence[Words]:
    district = site.district
    rows = await tx.rows(
        "SELECT n.notice, n.resident, n.template, n.cls, n.channel, n.state, n.made_at, n.sealed, "
        "r.key FROM notice n LEFT JOIN resident r ON r.district=n.district AND "
        "r.resident=n.resident WHERE n.district=? AND n.channel<>'inbox' AND n.provider IN "
        "('', 'outbox') AND n.state IN ('waiting','sending','sent') ORDER BY n.made_at DESC, "
        "n.notice DESC LIMIT ?",
        district, LISTED,
    )  # fmt: skip
    blob = await district_key_blob(tx, district)
    found = [made for row in rows if (made := _words(site, row, blob)) is not None]
    await audit(tx, district, "act", b"outbox-read" + reader, site.clock())
    return found


def _words(site: Site, row: Row, blob: bytes) -> Words | None:
    id_, resident, template, cls, channel, state, made_at, sealed, wrapped = row
    of = rule.rules().templates.get(template)
    if of is None:
        return None
    content = content_of(site, of, id_, resident, wrapped if resident else blob, sealed)
    if content is None:
        return None
    said, values = (of, content.values) if cls == "A" else (rule.template(NEUTRAL), {})
    text = words_of(said, values, Channel(channel), made_at)
    return Words(id_, made_at, channel, state, content.phone[-4:], text)


# What a person does.


async def pause(site: Site, by: bytes, *, on: bool) -> None:
    """Nothing leaves any more, codes included; or it goes on. `by`: staff, or NOBODY."""

    async def work(tx: Tx) -> None:
        now = site.clock()
        await make_box(tx, site.district)
        await tx.run(
            "UPDATE notice_box SET paused_at=?, paused_by=? WHERE district=?",
            now if on else None, by if on else None, site.district,
        )  # fmt: skip
        what = b"outbox-paused" if on else b"outbox-resumed"
        await audit(tx, site.district, "act", what + by, now)

    await site.store.write(work)


async def send_again(site: Site, id_: bytes, by: bytes) -> None:
    """One that failed waits again, with as many tries as a new one. Raises NotFound; RuleSaysNo for
    one that did not fail, and for a code: whoever wanted it has long asked for another.
    """

    async def work(tx: Tx) -> None:
        now = site.clock()
        row = await one(
            tx, "SELECT state, template FROM notice WHERE district=? AND notice=?" + locking(tx),
            site.district, id_,
        )  # fmt: skip
        if row is None:
            raise NotFound
        of = rule.rules().templates.get(row[1])
        if row[0] != "failed" or of is None or of.rank is Rank.CODE:
            raise RuleSaysNo("not_failed")
        await tx.run(
            "UPDATE notice SET state='waiting', send_after=?, expires_at=?, tries=0, doubts=0, "
            "error='' WHERE district=? AND notice=?",
            now, now + of.hours * HOUR_MS, site.district, id_,
        )  # fmt: skip
        await audit(tx, site.district, "act", b"notice-again" + id_ + by, now)

    await site.store.write(work)


async def send_all_again(site: Site, by: bytes) -> int:
    """Every one that failed this month and the last but for codes; how many."""

    async def work(tx: Tx) -> int:
        now, done = site.clock(), 0
        for of in rule.rules().templates.values():
            if of.rank is not Rank.CODE:
                done += await tx.run(
                    "UPDATE notice SET state='waiting', send_after=?, expires_at=?, tries=0, "
                    "doubts=0, error='' WHERE district=? AND state='failed' AND rank=? AND "
                    "template=? AND made_at>?",
                    now, now + of.hours * HOUR_MS, site.district, int(of.rank), of.id,
                    now - AGAIN_MS,
                )  # fmt: skip
        if done:
            await audit(tx, site.district, "act", b"notices-again" + by, now)
        return done

    return await site.store.write(work)
