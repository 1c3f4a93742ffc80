"""Telling somebody something: a row in the caller's transaction, and nothing leaves before it
commits.

`tell(tx, site, resident, "correction_answered", facility=ID, day=date(...))` is all a caller says;
template and variables are checked at once, and what does not fit is a fault of the caller. By which
way it leaves, and whether, follows from the resident's choice and the bound telephone. When it may
go is asked by the sender (outbox.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from crypto.columns import ColumnRefused, DataKey
from server.access import living
from server.actions.archives.told import staff_names
from server.actions.keeping.site import Site, district_key_blob
from server.actions.residents.phones import phone_of
from server.rules import notices as rule
from server.rules.life import STATES, Life
from server.rules.notices import Channel, Leaves, Rank, Reach, Stays, Template, Variable
from server.store.ids import new_id
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_NOTICE

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
CODE_MINUTES_MAX: Final = 30

Said = str | int | date | bytes
"""A variable as a caller gives it: a day as date, a facility or a member of staff by id."""


class Content(msgspec.Struct, frozen=True):
    """What is sealed of a notice. `phone`: "" where nothing leaves."""

    phone: str
    values: dict[str, str]


def content_of(
    site: Site,
    of: Template,
    id_: bytes,
    resident: bytes | None,
    wrapped: bytes | None,
    sealed: bytes,
) -> Content | None:
    """What is sealed of a notice; None where it cannot be opened, was destroyed, or was written for
    a template that a later version changed. `wrapped`: data key of the resident, or the district's.
    """
    if wrapped is None:
        return None
    owner = resident or NOBODY
    try:
        plain = site.vault.key(owner, wrapped).open(site.vault.at(T_NOTICE, id_, owner), sealed)
        content = msgspec.json.decode(plain, type=Content)
    except (ColumnRefused, msgspec.MsgspecError):
        return None
    return content if content.values.keys() == of.variables.keys() else None


@dataclass(frozen=True, slots=True)
class Queued:
    """The code is in the outbox, or would be if the number were anybody's."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """The number has had its codes for now."""

    until_ms: int


async def tell(
    tx: Tx,
    site: Site,
    resident: bytes,
    template: str,
    *,
    to: str | None = None,
    cls: str = "A",
    about: bytes | None = None,
    **variables: Said,
) -> bytes:
    """Into the resident's inbox and, where there is a way, into the outbox; the notice's id.

    `to`: another telephone than the bound one (the old one, after a change). `cls` "B": it is about
    a restricted record; then the short message says only that there is something, and the inbox
    shows it to the resident alone. `about`: id of the row the inbox leads to.
    Of an archive that was merged the inbox is the one of the archive that is kept.
    Raises ValueError or KeyError for what does not fit: a fault of the caller.
    """
    of = rule.template(template)
    if not of.inbox:
        raise ValueError(f"{template} has nothing to say in an inbox")
    values = rule.checked(of, await _texts(tx, site, of, variables))
    resident = await living(tx, site.district, resident)
    row = await one(
        tx, "SELECT key, status FROM resident WHERE district=? AND resident=?",
        site.district, resident,
    )  # fmt: skip
    if row is None:
        raise KeyError("tell is asked of nobody's archive")
    phone = to if to is not None else await phone_of(tx, site, resident)
    reach = Reach(
        phone is not None, await channel_of(tx, site, resident), not STATES[Life(row[1])].sign_in
    )
    way = rule.way_out(of, reach)
    key = site.vault.key(resident, row[0])
    kept = Content(phone or "" if isinstance(way, Leaves) else "", values)
    return await _write(tx, site, _New(of, kept, key, resident, way, cls=cls, about=about))


async def send_code(
    tx: Tx,
    site: Site,
    phone: str | None,
    code: str,
    minutes: int,
    *,
    spoken: bool = False,
    template: str = "sign_in_code",
) -> Queued | TooMany:
    """A code, before everything else; no inbox, no cap, some an hour to one number.

    `template`: what the code is for, sign_in_code or bind_code. `phone` None: nobody's number was
    typed; the same work, the same answer, and no row. `spoken`: read aloud instead. An older code
    that has not left yet never leaves: only the newest counts. A page says the same whichever
    outcome it gets.
    """
    if not 0 < minutes <= CODE_MINUTES_MAX:
        raise ValueError(f"a code is good for 1 to {CODE_MINUTES_MAX} minutes")
    of, now = rule.template(template), site.clock()
    if of.rank is not Rank.CODE:
        raise ValueError(f"{template} is no code")
    values = rule.checked(of, {"code": code, "minutes": str(minutes)})
    mark = site.index.of_phone(phone if phone is not None else "10000000000")
    busy = await _too_many(tx, site, mark, now)
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    if busy is not None:
        return busy
    if phone is None:
        return Queued()
    await tx.run(
        "UPDATE notice SET state='expired', why='replaced', sealed=? WHERE district=? AND "
        "phone_mark=? AND made_at>? AND state='waiting'",
        b"", site.district, mark, now - HOUR_MS,
    )  # fmt: skip
    way = Leaves(Channel.VOICE if spoken else Channel.SMS)
    new = _New(of, Content(phone, values), key, None, way, mark=mark, life_ms=minutes * MINUTE_MS)
    await _write(tx, site, new)
    return Queued()


async def _too_many(tx: Tx, site: Site, mark: bytes, now: int) -> TooMany | None:
    numbers = rule.rules()
    rows = await tx.rows(
        "SELECT made_at FROM notice WHERE district=? AND phone_mark=? AND made_at>? "
        "ORDER BY made_at DESC LIMIT ?",
        site.district, mark, now - DAY_MS, numbers.codes_a_day,
    )  # fmt: skip
    made = [row[0] for row in rows]
    for most, span in ((numbers.codes_an_hour, HOUR_MS), (numbers.codes_a_day, DAY_MS)):
        if len(made) >= most and made[most - 1] > now - span:
            return TooMany(made[most - 1] + span)
    return None


@dataclass(frozen=True, slots=True)
class _New:
    of: Template
    content: Content
    key: DataKey
    resident: bytes | None
    way: Leaves | Stays
    cls: str = "A"
    about: bytes | None = None
    mark: bytes | None = None
    life_ms: int | None = None


async def _write(tx: Tx, site: Site, new: _New) -> bytes:
    now = site.clock()
    id_ = new_id(now)
    place = site.vault.at(T_NOTICE, id_, new.resident or NOBODY)
    sealed = new.key.seal(place, msgspec.json.encode(new.content))
    leaves = isinstance(new.way, Leaves)
    channel = new.way.channel if isinstance(new.way, Leaves) else Channel.INBOX
    why = "" if isinstance(new.way, Leaves) else str(new.way.why)
    life = new.life_ms if new.life_ms is not None else new.of.hours * HOUR_MS
    row: Row = (
        site.district, id_, new.resident, new.of.id, new.cls, int(new.of.rank), str(channel),
        "waiting" if leaves else "inbox", why, now, now, now + life, 0, 0, "", False, 0, "", "",
        None, None, None, new.mark, new.about, sealed,
    )  # fmt: skip
    await tx.insert("notice", [row])
    return id_


async def channel_of(tx: Tx, site: Site, resident: bytes) -> Channel:
    """By which way the resident wants to be told; by short message where nothing was said."""
    row = await one(
        tx, "SELECT channel FROM notice_choice WHERE district=? AND resident=?",
        site.district, resident,
    )  # fmt: skip
    return Channel(row[0]) if row is not None else Channel.SMS


async def _texts(tx: Tx, site: Site, of: Template, variables: Mapping[str, Said]) -> dict[str, str]:
    """Variables as they are kept: names are those of today, and stay when a name changes."""
    made: dict[str, str] = {}
    for name, value in variables.items():
        kind = of.variables.get(name)
        if isinstance(value, bytes):
            made[name] = await _name(tx, site, kind, value)
        elif kind in (Variable.FACILITY, Variable.STAFF):
            raise ValueError(f"{of.id}: {name} is given by its id")
        else:
            made[name] = value.isoformat() if isinstance(value, date) else str(value)
    return made


async def _name(tx: Tx, site: Site, kind: Variable | None, id_: bytes) -> str:
    """Raises ValueError for an id that is of nobody."""
    if kind is Variable.STAFF:
        found = (await staff_names(tx, site, {id_})).get(id_)
    elif kind is Variable.FACILITY:
        row = await one(
            tx, "SELECT name FROM facility WHERE district=? AND facility=?", site.district, id_
        )
        found = row[0] if row is not None else None
    else:
        raise ValueError("only a facility and a member of staff are given by id")
    if found is None:
        raise ValueError(f"no {kind} has that id")
    return " ".join(found.split())
