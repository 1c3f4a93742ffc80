"""The county's random sample by telephone, for people who do not answer in the portal.

The draw can be made again by anybody: its seed is the newest signed root of the audit tree and the
moment, its pool the services of that time without an answer, in order of id. Callers sit at the
county, so no answer is taken by the people it is about. A number is shown one call at a time,
through the gate, and that is logged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from random import Random
from typing import Final

from crypto.primitives import sha256
from server.access import Asking, open_archive
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.opening import actor_of
from server.actions.archives.told import facility_names
from server.actions.confirmations.answers import Saying, answer_in
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting
from server.errors import NotAllowed, NotYours, RuleSaysNo
from server.rules import confirmations as rule
from server.rules.accounts import StaffRole
from server.rules.confirmations import Channel
from server.rules.consent import Purpose
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from sync.merge import EMPTY, choose
from sync.policy import Policy

RESULTS: Final = ("not_reached", "declined")


@dataclass(frozen=True, slots=True)
class Draw:
    """What is to be drawn. `facility` None: of all."""

    facility: bytes | None
    from_day: date
    until_day: date
    size: int


async def draw(site: Site, signed: Signed, wish: Draw) -> bytes:
    """The sample's id. Raises NotYours, RuleSaysNo (days, size, nothing to draw from)."""
    if signed.role is not StaffRole.COUNTY:
        raise NotYours("sample")
    if wish.until_day < wish.from_day:
        raise RuleSaysNo("days")
    if not 1 <= wish.size <= rule.table().sample_most:
        raise RuleSaysNo("size")
    return await site.store.write(partial(_draw, site=site, signed=signed, wish=wish))


async def _draw(tx: Tx, site: Site, signed: Signed, wish: Draw) -> bytes:
    district, now = site.district, site.clock()
    name = new_id(now)
    pool = await _pool(tx, district, wish)
    if not pool:
        raise RuleSaysNo("nothing_to_draw")
    seed = await _seed(tx, district, name)
    chosen = drawn(pool, seed, wish.size)
    sample: Row = (
        district, name, wish.facility, wish.from_day.isoformat(), wish.until_day.isoformat(), now,
        signed.staff, seed, len(pool), len(chosen),
    )  # fmt: skip
    await tx.insert("telephone_sample", [sample])
    lines: list[Row] = [
        (district, name, n, each, "waiting", 0, None, None) for n, each in enumerate(chosen, 1)
    ]
    await tx.insert("sample_line", lines)
    await audit(tx, district, "act", b"sample" + name + seed, now)
    return name


async def _pool(tx: Tx, district: int, wish: Draw) -> list[bytes]:
    """Services of those days that nobody has answered, in order of id; one that is in an open
    sample already is not drawn twice.
    """
    rows = await tx.rows(
        "SELECT c.confirmation FROM confirmation c WHERE c.district=? AND c.day BETWEEN ? AND ? "
        "AND c.answer='' AND c.gone_at IS NULL AND (?=1 OR c.facility=?) AND NOT EXISTS (SELECT 1 "
        "FROM sample_line l WHERE l.district=c.district AND l.confirmation=c.confirmation) "
        "ORDER BY c.confirmation",
        district, wish.from_day.isoformat(), wish.until_day.isoformat(),
        1 if wish.facility is None else 0, wish.facility or b"",
    )  # fmt: skip
    return [row[0] for row in rows]


async def _seed(tx: Tx, district: int, name: bytes) -> bytes:
    row = await one(
        tx, "SELECT root FROM audit_checkpoint WHERE district=? ORDER BY size DESC LIMIT 1",
        district,
    )  # fmt: skip
    return sha256((row[0] if row is not None else b"") + name)


def drawn(pool: Sequence[bytes], seed: bytes, size: int) -> list[bytes]:
    """The draw itself: the same for the same pool and seed (Python's `random.sample`)."""
    ordered = sorted(pool)
    return Random(seed).sample(ordered, min(size, len(ordered)))  # noqa: S311 (a public draw)


@dataclass(frozen=True, slots=True)
class Call:
    """One line: whom to ring, about which service."""

    n: int
    confirmation: bytes
    card: Card
    facility: str
    day: str
    service: str
    state: str
    tries: int


@dataclass(frozen=True, slots=True)
class Sample:
    id: bytes
    facility: str
    from_day: str
    until_day: str
    drawn_at: int
    pool: int
    size: int
    seed: bytes
    done: int
    calls: tuple[Call, ...] = ()


async def facilities(site: Site, signed: Signed) -> tuple[tuple[bytes, str], ...]:
    """Those a sample can be drawn of: (id, name), by name."""
    _county(signed)
    rows = await site.store.read(
        lambda tx: tx.rows(
            "SELECT facility, name FROM facility WHERE district=? AND level='facility' "
            "ORDER BY name",
            site.district,
        )
    )
    return tuple((row[0], row[1]) for row in rows)


async def samples(site: Site, signed: Signed) -> tuple[Sample, ...]:
    """The newest first, without their calls."""
    _county(signed)
    return await site.store.read(partial(_samples, site=site))


async def _samples(tx: Tx, site: Site, name: bytes | None = None) -> tuple[Sample, ...]:
    only = "" if name is None else "AND s.sample=? "
    rows = await tx.rows(
        "SELECT s.sample, s.facility, s.from_day, s.until_day, s.drawn_at, s.pool, s.size, s.seed, "
        "(SELECT COUNT(*) FROM sample_line l WHERE l.district=s.district AND l.sample=s.sample AND "
        f"l.state<>'waiting') FROM telephone_sample s WHERE s.district=? {only}"
        "ORDER BY s.drawn_at DESC LIMIT 100",
        site.district, *(() if name is None else (name,)),
    )  # fmt: skip
    places = await facility_names(tx, site)
    return tuple(Sample(row[0], places.get(row[1] or b"", ""), *row[2:]) for row in rows)


async def sample(site: Site, signed: Signed, name: bytes) -> Sample:
    """One sample with its calls. Raises NotYours."""
    _county(signed)
    return await site.store.read(partial(_sample, site=site, name=name))


async def _sample(tx: Tx, site: Site, name: bytes) -> Sample:
    found = await _samples(tx, site, name)
    if not found:
        raise NotYours("sample")
    rows = await tx.rows(
        "SELECT l.n, l.confirmation, c.resident, f.name, c.day, c.service, l.state, l.tries FROM "
        "sample_line l JOIN confirmation c ON c.district=l.district AND "
        "c.confirmation=l.confirmation JOIN facility f ON f.district=c.district AND "
        "f.facility=c.facility WHERE l.district=? AND l.sample=? ORDER BY l.n",
        site.district, name,
    )  # fmt: skip
    cards = await cards_of(tx, site, {row[2] for row in rows})
    calls = tuple(Call(row[0], row[1], cards[row[2]], *row[3:]) for row in rows if row[2] in cards)
    whole = found[0]
    return Sample(
        whole.id, whole.facility, whole.from_day, whole.until_day, whole.drawn_at, whole.pool,
        whole.size, whole.seed, whole.done, calls,
    )  # fmt: skip


def _county(signed: Signed) -> None:
    if signed.role is not StaffRole.COUNTY:
        raise NotYours("sample")


async def number_of(site: Site, signed: Signed, name: bytes, n: int, why: str) -> str:
    """The telephone for one call, through the gate and logged; "" where none is known."""
    _county(signed)
    found = await site.store.write(
        partial(_number_of, site=site, signed=signed, name=name, n=n, why=why)
    )
    if isinstance(found, NotAllowed):
        raise found
    return found


async def _number_of(
    tx: Tx, site: Site, signed: Signed, name: bytes, n: int, why: str
) -> str | NotAllowed:
    line = await _line(tx, site, name, n)
    asking = Asking(actor_of(signed), Purpose.REVIEW, why)
    opened = await open_archive(tx, site.vault, line[1], asking, site.clock())
    if isinstance(opened, NotAllowed):
        return opened
    for cell in ("phone", "contact_phone"):
        value = choose(opened.cells.get(cell, EMPTY), Policy.RESIDENT).value
        if isinstance(value, str) and value:
            return value
    return ""


async def _line(tx: Tx, site: Site, name: bytes, n: int, *, lock: bool = False) -> Row:
    """(confirmation, resident, state, tries) of a line. Raises NotYours."""
    row = await one(
        tx,
        "SELECT l.confirmation, c.resident, l.state, l.tries FROM sample_line l JOIN confirmation "
        "c ON c.district=l.district AND c.confirmation=l.confirmation WHERE l.district=? AND "
        f"l.sample=? AND l.n=?{locking(tx) if lock else ''}",
        site.district, name, n,
    )  # fmt: skip
    if row is None:
        raise NotYours("sample")
    return row


async def record(site: Site, signed: Signed, name: bytes, n: int, said: Saying | str) -> None:
    """What came of a call: an answer, or not_reached | declined. Raises NotYours, RuleSaysNo."""
    _county(signed)
    await site.store.write(partial(_record, site=site, signed=signed, name=name, n=n, said=said))


async def _record(
    tx: Tx, site: Site, signed: Signed, name: bytes, n: int, said: Saying | str
) -> None:
    now = site.clock()
    confirmation, resident, state, tries = await _line(tx, site, name, n)
    if state != "waiting":
        raise RuleSaysNo("called")
    new = "answered"
    if isinstance(said, Saying):
        acting = Acting(resident, resident)
        await answer_in(tx, site, acting, confirmation, said, Channel.TELEPHONE)
    elif said == "declined":
        new = "declined"
    elif said == "not_reached":
        new = "not_reached" if tries + 1 >= rule.table().tries_most else "waiting"
    else:
        raise RuleSaysNo("result")
    await tx.run(
        "UPDATE sample_line SET state=?, tries=tries+1, last_try=?, caller=? WHERE district=? AND "
        "sample=? AND n=? AND state='waiting'",
        new, now, signed.staff, site.district, name, n,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"call" + name + n.to_bytes(4) + signed.staff, now)
