"""The sender: takes what may go, hands it to the provider outside any transaction, writes down what
became of it.

A row is claimed (waiting -> sending, one more try, its price reserved) in a short transaction under
the outbox's own row, so senders of several processes follow each other and count the month's money
and each resident's messages truly. A process that dies between handing over and writing down
leaves its row in `sending`; when its lease is over nobody knows whether it left. Such a doubt, like
one after no answer, is sent once more with the same id and then left to a person: a message leaves
at most twice, and twice only around a crash or a silent gateway.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from server.actions.keeping.site import Site, district_key_blob
from server.actions.notices.providers import (
    InDoubt,
    Message,
    NotNow,
    Refused,
    Result,
    Sender,
    Taken,
)
from server.actions.notices.telling import content_of
from server.logs import log
from server.rules import notices as rule
from server.rules.notices import (
    NEUTRAL,
    Channel,
    GivenUp,
    GoesLater,
    Rank,
    Stays,
    Template,
    Used,
    Why,
)
from server.settings import CIVIL
from server.store.tx import Row, Tx, locking, one

AT_ONCE: Final = 16  # claimed together
TOGETHER: Final = 8  # on their way at the same moment
LEASE_MS: Final = 60_000
RUN_MS: Final = 20_000
CODES: Final = (Rank.CODE,)
OTHERS: Final = (Rank.URGENT, Rank.ANSWER, Rank.ROUTINE)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message in this process's hand. `tries`: which try this is; `price`: reserved for it, in
    the account of `month`.
    """

    message: Message
    rank: Rank
    tries: int
    doubts: int
    price: int
    month: str


async def run_codes(site: Site) -> int:
    """The job for sign-in codes: they wait behind nothing else."""
    return await _run(site, CODES)


async def run(site: Site) -> int:
    """The job for everything else, bounded in time; how many were handed over."""
    return await _run(site, OTHERS)


async def codes_wait(site: Site) -> bool:
    return await _waits(site, CODES)


async def waits(site: Site) -> bool:
    return await _waits(site, OTHERS)


async def _waits(site: Site, ranks: Sequence[Rank]) -> bool:
    """Whether anything is due at all: asked before the job is claimed."""

    async def ask(tx: Tx) -> bool:
        district, now = site.district, site.clock()
        box = await one(
            tx, "SELECT paused_at, rest_until FROM notice_box WHERE district=?", district
        )
        if box is not None and (box[0] is not None or box[1] > now):
            return False
        for state in ("waiting", "sending"):
            # One range of the index each, however many wait for the morning; the order keeps the
            # planner from looking for a hit row by row.
            for rank in ranks:
                found = await one(
                    tx,
                    "SELECT 1 FROM notice WHERE district=? AND state=? AND rank=? AND "
                    "send_after<=? ORDER BY send_after LIMIT 1",
                    district, state, int(rank), now,
                )  # fmt: skip
                if found is not None:
                    return True
        return False

    return await site.store.read(ask)


async def _run(site: Site, ranks: Sequence[Rank]) -> int:
    began, done = site.clock(), 0
    async with site.provider.opened() as sender:
        while site.clock() - began < RUN_MS:
            claimed, looked = await site.store.write(partial(_claim, site=site, ranks=ranks))
            if not looked:
                break
            await _hand_over(site, sender, claimed)
            done += len(claimed)
    return done


async def _hand_over(site: Site, sender: Sender, claimed: Sequence[Claimed]) -> None:
    gate = asyncio.Semaphore(TOGETHER)

    async def one_message(each: Claimed) -> None:
        async with gate:
            try:
                result = await sender(each.message)
            except Exception as error:  # noqa: BLE001 (logged without its text; the row stays true)
                log.fault("job", error, job="notices")
                result = InDoubt("fault")
        chance = secrets.randbelow(1_000_000) / 1_000_000
        await site.store.write(
            partial(_record, site=site, claimed=each, result=result, chance=chance)
        )

    await asyncio.gather(*(one_message(each) for each in claimed))


# Claiming.

_COLUMNS: Final = (
    "n.notice, n.resident, n.template, n.cls, n.rank, n.channel, n.state, n.expires_at, n.tries, "
    "n.doubts, n.month, n.made_at, n.sealed, r.key"
)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A row of the outbox as it is judged."""

    id: bytes
    resident: bytes | None
    template: str
    cls: str
    rank: int
    channel: str
    state: str
    expires_at: int
    tries: int
    doubts: int
    month: str
    made_at: int
    sealed: bytes
    key: bytes | None


async def _claim(tx: Tx, site: Site, ranks: Sequence[Rank]) -> tuple[list[Claimed], int]:
    """(what may go now, how many rows were looked at)."""
    district, now = site.district, site.clock()
    await make_box(tx, district)
    box = await one(
        tx,
        "SELECT paused_at, rest_until, month, spent_fen FROM notice_box WHERE district=?"
        + locking(tx),
        district,
    )
    assert box is not None
    paused_at, rest_until, month, spent = box
    if paused_at is not None or rest_until > now:
        return [], 0
    rows = await _due(tx, site, ranks)
    if not rows:
        return [], 0
    this = rule.month_of(now)
    so_far = spent if month == this else 0
    blob, claimed = await district_key_blob(tx, district), list[Claimed]()
    for row in rows:
        found = await _judge(tx, site, row, so_far, blob)
        if found is not None:
            claimed.append(found)
            so_far += found.price if found.month == this else 0
    await tx.run(
        "UPDATE notice_box SET month=?, spent_fen=? WHERE district=?", this, so_far, district
    )
    return claimed, len(rows)


async def make_box(tx: Tx, district: int) -> None:
    """The row of the outbox, where there is none yet."""
    await tx.insert("notice_box", [(district, None, None, 0, "", 0)], ignore=True)


async def _due(tx: Tx, site: Site, ranks: Sequence[Rank]) -> list[_Waiting]:
    """First what somebody else left in the middle, then by rank, the longest waiting first."""
    found: list[Row] = []
    for state in ("sending", "waiting"):
        for rank in ranks:
            found += await tx.rows(
                f"SELECT {_COLUMNS} FROM notice n LEFT JOIN resident r ON r.district=n.district "
                "AND r.resident=n.resident WHERE n.district=? AND n.state=? AND n.rank=? AND "
                "n.send_after<=? ORDER BY n.send_after, n.notice LIMIT ?",
                site.district, state, int(rank), site.clock(), AT_ONCE - len(found),
            )  # fmt: skip
    return [_Waiting(*row) for row in found]


async def _judge(
    tx: Tx, site: Site, row: _Waiting, spent: int, district_key: bytes
) -> Claimed | None:
    """Claims the row, puts it off, or ends it."""
    now = site.clock()
    lapsed = row.state == "sending"
    doubts = row.doubts + (1 if lapsed else 0)
    of = rule.rules().templates.get(row.template)
    message = _open(site, row, of, district_key) if of is not None else None
    if of is None or message is None:
        return await _end(tx, site, row.id, "failed", error="unreadable")
    if lapsed and (doubts > rule.DOUBTS_MAX or row.expires_at <= now):
        return await _end(tx, site, row.id, "failed", error="no_answer", doubts=doubts)
    if row.expires_at <= now:
        state = "expired" if of.rank is Rank.CODE else "held"
        return await _end(tx, site, row.id, state, why=Why.STALE)
    used = await _used(tx, site, row, spent)
    outcome = rule.may_go(of, site.rules, used, Channel(row.channel), now)
    if isinstance(outcome, Stays):
        return await _end(tx, site, row.id, "held", why=outcome.why)
    if isinstance(outcome, GoesLater):
        await _put(tx, site, row.id, state="waiting", send_after=outcome.at_ms, doubts=doubts)
        return None
    price = 0 if site.provider.keeps else outcome.cost_fen
    month = row.month or rule.month_of(now)
    await tx.run(
        "UPDATE notice SET state='sending', tries=tries+1, doubts=?, send_after=?, month=?, "
        "counted=?, cost_fen=cost_fen+?, provider=? WHERE district=? AND notice=?",
        doubts, now + LEASE_MS, month, of.counts, price,
        site.provider.name, site.district, row.id,
    )  # fmt: skip
    return Claimed(message, Rank(row.rank), row.tries + 1, doubts, price, month)


async def _used(tx: Tx, site: Site, row: _Waiting, spent: int) -> Used:
    if row.resident is None:
        return Used(spent_fen=spent, counted=0, same=0)
    found = await one(
        tx,
        "SELECT COUNT(CASE WHEN counted THEN 1 END), COUNT(CASE WHEN template=? THEN 1 END) "
        "FROM notice WHERE district=? AND resident=? AND month=? AND state<>'failed' AND "
        "notice<>?",
        row.template, site.district, row.resident, rule.month_of(site.clock()), row.id,
    )  # fmt: skip
    assert found is not None
    return Used(spent_fen=spent, counted=found[0], same=found[1])


def _open(site: Site, row: _Waiting, of: Template, district_key: bytes) -> Message | None:
    """The message in its words; None where it cannot be opened any more."""
    wrapped = row.key if row.resident else district_key
    content = content_of(site, of, row.id, row.resident, wrapped, row.sealed)
    if content is None:
        return None
    said, values = (of, content.values) if row.cls == "A" else (rule.template(NEUTRAL), {})
    return Message(
        row.id, Channel(row.channel), said.id, row.expires_at, content.phone,
        words_of(said, values, Channel(row.channel), row.made_at), values,
    )  # fmt: skip


def words_of(of: Template, values: dict[str, str], channel: Channel, made_at: int) -> str:
    """What is sent or read aloud."""
    made = datetime.fromtimestamp(made_at / 1000, CIVIL).date()
    if channel is Channel.VOICE and of.voice:
        slow = {
            name: rule.spoken(value) if of.variables[name] is rule.Variable.CODE else value
            for name, value in values.items()
        }
        return rule.shown(of.voice, of, slow, made)
    return rule.shown(of.sms, of, values, made)


# Writing down what became of it.


async def _record(tx: Tx, site: Site, claimed: Claimed, result: Result, chance: float) -> None:
    """Only of this very try: a row that somebody else took over, or that a report has settled, is
    left as it is.
    """
    district, now, id_ = site.district, site.clock(), claimed.message.id
    # The box before the row, as when claiming.
    await one(tx, "SELECT 1 FROM notice_box WHERE district=?" + locking(tx), district)
    held = await one(
        tx,
        "SELECT state, tries FROM notice WHERE district=? AND notice=?" + locking(tx),
        district, id_,
    )  # fmt: skip
    if held is None or held[0] != "sending" or held[1] != claimed.tries:
        return
    if isinstance(result, Taken):
        await _put(tx, site, id_, state="sent", error="", sent_at=now)
        if claimed.rank is Rank.CODE and not site.provider.keeps:
            await _put(tx, site, id_, sealed=b"")
        return
    if not isinstance(result, InDoubt):  # certainly not taken: nothing was spent
        await tx.run(
            "UPDATE notice SET cost_fen=cost_fen-?, counted=? WHERE district=? AND notice=?",
            claimed.price, False, district, id_,
        )  # fmt: skip
        await tx.run(
            "UPDATE notice_box SET spent_fen=spent_fen-? WHERE district=? AND month=?",
            claimed.price, district, claimed.month,
        )  # fmt: skip
    if isinstance(result, Refused):
        await _put(tx, site, id_, state="failed", error=result.error)
        return
    doubts = claimed.doubts + (1 if isinstance(result, InDoubt) else 0)
    wait = result.wait_ms if isinstance(result, NotNow) else 0
    if wait:
        await tx.run("UPDATE notice_box SET rest_until=? WHERE district=?", now + wait, district)
    again = rule.after_failure(
        claimed.rank, tries=claimed.tries, doubts=doubts, chance=chance, now_ms=now, wait_ms=wait
    )
    if isinstance(again, GivenUp):
        await _put(tx, site, id_, state="failed", error=result.error, doubts=doubts)
    else:
        await _put(
            tx, site, id_, state="waiting", error=result.error, doubts=doubts,
            send_after=min(again.at_ms, claimed.message.expires_at),
        )  # fmt: skip


async def _end(
    tx: Tx, site: Site, id_: bytes, state: str, *, why: str = "", error: str = "", doubts: int = 0
) -> None:
    put: dict[str, Any] = {"state": state, "why": str(why)}
    if error:
        put |= {"error": error, "doubts": doubts}
    if state == "expired":
        put |= {"sealed": b""}
    await _put(tx, site, id_, **put)


async def _put(tx: Tx, site: Site, id_: bytes, **put: Any) -> None:
    names = tuple(put)
    await tx.update("notice", ("district", "notice"), names, [(site.district, id_, *put.values())])
