"""A resident's answer to one question: written once more each time, never over what was said.

A denial reaches the county in the same transaction, and asks the facility for its word; only the
resident takes it back, and both sayings stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.archives.standing import lock_residents, names_of
from server.actions.archives.told import facility_names, staff_names
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting, assisted
from server.actions.residents.sight import WHOLE, Sight, sight_of
from server.actions.residents.whose import theirs
from server.errors import NotYours, RuleSaysNo
from server.rules import confirmations as rule
from server.rules.confirmations import Answer, Channel, Satisfaction, Turn
from server.rules.family import Act
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from server.store.vault import T_CONFIRMATION
from sync.limits import DAY_MS

DENIAL: Final = "denial"  # the county's task
REPLY: Final = "denial_reply"  # the facility's task
WORDS_MAX: Final = 300
COLUMNS: Final = (
    "confirmation, resident, facility, staff, day, service, asked_at, answer, satisfaction, "
    "channel, counts, answered_at"
)


@dataclass(frozen=True, slots=True)
class Question:
    """One service, and what was said of it so far. `answer`: None while nobody has answered."""

    id: bytes
    resident: bytes
    facility: bytes
    facility_name: str
    staff_name: str
    day: str
    service: str
    asked_at: int
    answer: Answer | None
    satisfaction: str
    channel: str
    counts: bool
    answered_at: int | None


@dataclass(frozen=True, slots=True)
class Saying:
    """What somebody says. `words`: their own, "" for none. `satisfaction`: None for not said.
    `said_at`: ms UTC, of what was said without a network; whether it was in time is asked of then.
    """

    answer: Answer
    satisfaction: Satisfaction | None = None
    words: str = ""
    said_at: int | None = None


async def questions(
    tx: Tx, site: Site, resident: bytes, *, unanswered: bool = False, most: int = 200,
    sight: Sight = WHOLE,
) -> tuple[Question, ...]:  # fmt: skip
    """Of one resident, the newest service first. Whoever shows them has passed the gate; `sight`:
    how far they see.
    """
    names = await names_of(tx, site.district, resident)
    only = "AND answer='' " if unanswered else ""
    rows = await tx.rows_in(
        f"SELECT {COLUMNS} FROM confirmation WHERE district=? AND gone_at IS NULL {only}"
        "AND resident {ids} ORDER BY day DESC, confirmation",
        names, site.district,
    )  # fmt: skip
    hidden = await _hidden(tx, site, [row[0] for row in rows], sight)
    return await told(tx, site, [row for row in rows if row[0] not in hidden][:most])


async def seen_by(site: Site, acting: Acting) -> tuple[Question, ...]:
    """The questions of an archive that are this person's to see."""

    async def read(tx: Tx) -> tuple[Question, ...]:
        sight = await sight_of(tx, site, acting)
        return await questions(tx, site, acting.resident, sight=sight)

    return await site.store.read(read)


async def one_seen_by(site: Site, acting: Acting, name: bytes) -> Question:
    """Raises NotYours for one of somebody else, or out of sight."""

    async def read(tx: Tx) -> Question:
        sight = await sight_of(tx, site, acting)
        return await question(tx, site, acting.resident, name, sight)

    return await site.store.read(read)


async def _hidden(tx: Tx, site: Site, names: Sequence[bytes], sight: Sight) -> set[bytes]:
    """Questions of records of which nothing may be seen: that one is asked would tell of it."""
    if sight is WHOLE or not names:
        return set()
    rows = await tx.rows_in(
        "SELECT f.confirmation, x.cls, x.kind FROM confirmation f JOIN change x ON "
        "x.district=f.district AND x.change=f.record WHERE f.district=? AND f.confirmation {ids}",
        names, site.district,
    )  # fmt: skip
    return {name for name, cls, kind in rows if not sight.shows(cls, kind)}


async def told(tx: Tx, site: Site, rows: Sequence[Row]) -> tuple[Question, ...]:
    """Rows of COLUMNS with names."""
    places = await facility_names(tx, site)
    staff = await staff_names(tx, site, {row[3] for row in rows})
    return tuple(
        Question(
            row[0], row[1], row[2], places.get(row[2], ""), staff.get(row[3], ""), row[4], row[5],
            row[6], Answer(row[7]) if row[7] else None, row[8], row[9], bool(row[10]), row[11],
        )
        for row in rows
    )  # fmt: skip


async def question(
    tx: Tx, site: Site, resident: bytes, name: bytes, sight: Sight = WHOLE
) -> Question:
    """Raises NotYours for one of somebody else, or out of sight, as for one of nobody."""
    row = await one(
        tx,
        f"SELECT {COLUMNS} FROM confirmation WHERE district=? AND confirmation=? AND "
        "gone_at IS NULL",
        site.district, name,
    )  # fmt: skip
    if row is None or row[1] not in await names_of(tx, site.district, resident):
        raise NotYours("confirmation")
    if await _hidden(tx, site, [name], sight):
        raise NotYours("confirmation")
    return (await told(tx, site, [row]))[0]


async def answer(site: Site, acting: Acting, name: bytes, saying: Saying, channel: Channel) -> Turn:
    """Takes the answer; what it did. Raises NotYours, RuleSaysNo (too late, words too long)."""
    return await site.store.write(
        partial(
            answer_in, site=site, acting=acting, name=name, saying=saying, channel=channel
        )
    )  # fmt: skip


async def answer_in(
    tx: Tx, site: Site, acting: Acting, name: bytes, saying: Saying, channel: Channel
) -> Turn:
    """`answer` in the caller's transaction."""
    now, district = site.clock(), site.district
    rows = await lock_residents(tx, district, {acting.resident}, cells_of=())
    if acting.resident not in rows:
        raise NotYours("resident")
    if channel is not Channel.TELEPHONE:  # who answers a call is whom the county reached
        await theirs(tx, site, acting, Act.ANSWER)
    if len(saying.words) > WORDS_MAX:
        raise RuleSaysNo("too_long")
    row = await one(
        tx,
        "SELECT resident, facility, answer, asked_at FROM confirmation WHERE district=? AND "
        f"confirmation=? AND gone_at IS NULL{locking(tx)}",
        district, name,
    )  # fmt: skip
    if row is None or row[0] not in await names_of(tx, district, acting.resident):
        raise NotYours("confirmation")
    if await _hidden(tx, site, [name], await sight_of(tx, site, acting)):
        raise NotYours("confirmation")
    _, judged, before, asked_at = row
    if (saying.said_at or now) > asked_at + rule.table().answer_days * DAY_MS:
        raise RuleSaysNo("too_late")
    hand = acting.helper.facility if acting.helper else None
    itself = rule.judges_itself(channel, hand=hand, judged=judged)
    said_before = Answer(before) if before else None
    stood = rule.stands(said_before, saying.answer, by_itself=itself)
    key = site.vault.key(acting.resident, rows[acting.resident].key)
    said = new_id(now)
    sealed = key.seal(site.vault.at(T_CONFIRMATION, said, acting.resident), saying.words.encode())
    written: Row = (
        district, name, said, saying.answer.value, _code(saying), channel.value, acting.hand, hand,
        not itself, stood, now, acting.resident, sealed,
    )  # fmt: skip
    await tx.insert("confirmation_answer", [written])
    if stood:
        await tx.run(
            "UPDATE confirmation SET answer=?, satisfaction=?, channel=?, counts=?, answered_at=? "
            "WHERE district=? AND confirmation=?",
            saying.answer.value, _code(saying), channel.value, not itself, now, district, name,
        )  # fmt: skip
    turned = rule.turn(said_before, saying.answer, by_itself=itself) if stood else Turn.NOTHING
    if turned is Turn.DENIES:
        await _deny(tx, site, acting.resident, name, judged, now)
    elif turned is Turn.MISTAKEN:
        await _mistaken(tx, site, acting, name, now)
    await assisted(tx, site, acting, "confirmation", name)
    await audit(tx, district, "act", b"confirmation" + name + said, now)
    return turned


def _code(saying: Saying) -> str:
    return saying.satisfaction.value if saying.satisfaction else ""


async def _deny(
    tx: Tx, site: Site, resident: bytes, name: bytes, facility: bytes, now: int
) -> None:
    """The county knows at once; what was found of an earlier denial is asked anew."""
    district, numbers = site.district, rule.table()
    again = await tx.run(
        "UPDATE denial SET state='open', opened_at=? WHERE district=? AND confirmation=?",
        now, district, name,
    )  # fmt: skip
    if not again:
        denial: Row = (
            district, name, facility, now, "open", None, None, "", None, None, resident, b"",
        )  # fmt: skip
        await tx.insert("denial", [denial])
    for kind, place, days in (
        (DENIAL, None, numbers.finding_days), (REPLY, facility, numbers.reply_days),
    ):  # fmt: skip
        await tx.run(
            "DELETE FROM task WHERE district=? AND kind=? AND subject=? AND closed_at IS NOT NULL",
            district, kind, name,
        )  # fmt: skip
        task: Row = (
            district, kind, name, resident, place, now, now + days * DAY_MS, None, None, "",
        )  # fmt: skip
        await tx.insert("task", [task], ignore=True)


async def _mistaken(tx: Tx, site: Site, acting: Acting, name: bytes, now: int) -> None:
    await tx.run(
        "UPDATE denial SET state='mistaken' WHERE district=? AND confirmation=?",
        site.district, name,
    )  # fmt: skip
    await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result='mistaken' WHERE district=? AND "
        "kind IN (?, ?) AND subject=? AND closed_at IS NULL",
        now, acting.hand, site.district, DENIAL, REPLY, name,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the history. `marked`: taken by the people it is about."""

    answer: Answer
    satisfaction: str
    channel: str
    words: str
    at: int
    marked: bool


async def history(tx: Tx, site: Site, name: bytes) -> tuple[Said, ...]:
    """Every saying, the oldest first; `question` has said that the reader may see it."""
    rows = await tx.rows(
        "SELECT a.said, a.answer, a.satisfaction, a.channel, a.at, a.counts, a.sealed_for, "
        "a.sealed, r.key FROM confirmation_answer a JOIN resident r ON r.district=a.district AND "
        "r.resident=a.sealed_for WHERE a.district=? AND a.confirmation=? ORDER BY a.said",
        site.district, name,
    )  # fmt: skip
    found: list[Said] = []
    for said, each, satisfaction, channel, at, counts, whose, sealed, wrapped in rows:
        place = site.vault.at(T_CONFIRMATION, said, whose)
        words = site.vault.key(whose, wrapped).open(place, sealed).decode()
        found.append(Said(Answer(each), satisfaction, channel, words, at, not counts))
    return tuple(found)
