"""Codes that were given out: printed cards (体检卡) and day codes (当日码), crypto/SPEC.md 11.

A code is made once and drawn as often as wanted: its signature comes out the same, so only the id
and the end are kept. Who has a card that lasts keeps it; a lost one is revoked, and the next is
another. Rows stay for good: a scan that arrives late still finds whose code it was.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Final

from crypto.card import (
    ID_SIZE,
    CardType,
    Outcome,
    Trust,
    as_typed,
    check,
    digits_of,
    is_digits,
    key_id_of,
    seal_card,
    text_of,
)
from crypto.primitives import random_bytes
from server.access import living
from server.actions.accounts.sessions import Signed
from server.actions.checkup.day_rows import (
    days_where,
    lock_day,
    lock_days,
    persons,
    read_day,
    save_day,
    touched,
)
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup_days import PREPARES
from server.settings import CIVIL
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from sync.limits import DAY_MS

CARD_YEARS: Final = 2
LASTS_MS: Final = 90 * DAY_MS  # a card that ends sooner is followed by a new one
REASONS: Final = ("lost", "broken", "wrong_person")
_FIELDS: Final = "code, resident, type, day, key_id, issued_at, expires_at, revoked_at, reason"
_LASTING: Final = "type=1 AND expires_at>?"
_OF_DAY: Final = "day=? AND expires_at=?"
_ON_TABLETS: Final = "state IN ('ready', 'open')"


@dataclass(frozen=True, slots=True)
class Code:
    """One code. `text`: what its QR says, "" when its key is no longer there to draw it; `digits`:
    below it; times in ms UTC.
    """

    id: bytes
    resident: bytes
    type: CardType
    day: bytes | None
    issued_at: int
    ends_ms: int
    revoked_at: int | None
    reason: str
    text: str
    digits: str

    def __repr__(self) -> str:
        return f"Code({self.id.hex()})"


def day_ends_ms(day: date) -> int:
    """The first moment after a civil day."""
    return round(datetime.combine(day + timedelta(days=1), time(), CIVIL).timestamp() * 1000)


def _card_ends_ms(today: date) -> int:
    year = today.year + CARD_YEARS
    try:
        last = today.replace(year=year)
    except ValueError:  # 29 February
        last = date(year, 2, 28)
    return day_ends_ms(last - timedelta(days=1))


# Making them.


async def issue_cards(
    tx: Tx, site: Site, residents: Collection[bytes], by: bytes | None
) -> dict[bytes, Code]:
    """A card for each: the one they have if it lasts, else a new one. `by`: the member of staff."""
    now = site.clock()
    wanted = sorted(set(residents))
    found = await _rows(tx, site, wanted, _LASTING, now + LASTS_MS)
    cards = {who: _code(site, row) for who, row in found.items()}
    missing = [who for who in wanted if who not in cards]
    ends = _card_ends_ms(civil_day(now))
    made = await _make(tx, site, missing, CardType.CARD, None, ends, by)
    if made:
        await _told_to_tablets(tx, site, list(made))
        await audit(tx, site.district, "act", b"cards" + b"".join(sorted(made)), now)
    return cards | {who: _code(site, row) for who, row in made.items()}


async def day_codes(tx: Tx, site: Site, day: bytes, whos: Collection[bytes]) -> dict[bytes, Code]:
    """The code of each for that day, made where there is none; tablets learn of new ones by the
    people's rows. Raises NotYours for no day.
    """
    made = await _made_for(tx, site, day, whos)
    if made:
        locked = await lock_day(tx, site, day)
        people = await persons(tx, site, day, made)
        await touched(tx, site, locked, people.values())
        await save_day(tx, site, locked)
    found = await _rows(tx, site, whos, _OF_DAY, day, await _day_ends(tx, site, day))
    return {who: _code(site, row) for who, row in found.items()}


async def prepare(tx: Tx, site: Site, day: bytes, whos: Collection[bytes]) -> None:
    """Before a tablet is told of these people: each has a code of that day, so that a telephone is
    known in a hall with no network although its page was never opened before.
    """
    await _made_for(tx, site, day, whos)


async def _made_for(tx: Tx, site: Site, day: bytes, whos: Collection[bytes]) -> Collection[bytes]:
    """Those who had none. A day that was moved has other codes than before."""
    ends = await _day_ends(tx, site, day)
    found = await _rows(tx, site, whos, _OF_DAY, day, ends)
    if all(who in found for who in whos):
        return ()
    # Under the lock of the day, so that two pages that are opened at once show one code.
    await lock_day(tx, site, day)
    found = await _rows(tx, site, whos, _OF_DAY, day, ends)
    missing = sorted(who for who in set(whos) if who not in found)
    await _make(tx, site, missing, CardType.DAY, day, ends, None)
    return missing


async def _day_ends(tx: Tx, site: Site, day: bytes) -> int:
    found = await read_day(tx, site, day)
    if found is None:
        raise NotYours("day")
    return day_ends_ms(found.on)


async def day_code(tx: Tx, site: Site, day: bytes, who: bytes) -> Code:
    """The one code of this person for that day. Raises NotYours for no day."""
    return (await day_codes(tx, site, day, [who]))[who]


async def _make(
    tx: Tx, site: Site, whos: Sequence[bytes], kind: CardType, day: bytes | None, ends: int,
    by: bytes | None,
) -> dict[bytes, Row]:  # fmt: skip
    now, key_id = site.clock(), key_id_of(site.keys.newest_code.public)
    made: dict[bytes, Row] = {}
    while missing := [who for who in whos if who not in made]:
        drawn: dict[bytes, Row] = {}
        for who in missing:
            id_ = random_bytes(ID_SIZE)
            drawn[id_] = (
                site.district, id_, who, int(kind), day, key_id, now, by, ends, None, None, "",
                digits_of(id_),
            )  # fmt: skip
        # An id whose digits somebody has already is not taken, and drawn again.
        await tx.insert("checkup_code", list(drawn.values()), ignore=True)
        kept = await tx.rows_in(
            f"SELECT {_FIELDS} FROM checkup_code WHERE district=? AND code {{ids}}",
            list(drawn), site.district,
        )  # fmt: skip
        made |= {row[1]: row for row in kept}
    return made


def _code(site: Site, row: Row) -> Code:
    id_, resident, kind, day, key_id, issued_at, ends_ms, revoked_at, reason = row
    signer = site.keys.code.get(key_id)
    text = ""
    if signer is not None:
        text = text_of(seal_card(CardType(kind), id_, ends_ms // 1000, signer=signer))
    return Code(
        id_, resident, CardType(kind), day, issued_at, ends_ms, revoked_at, reason, text,
        digits_of(id_),
    )  # fmt: skip


# Finding them.


async def _owners(tx: Tx, district: int, whos: Collection[bytes]) -> dict[bytes, bytes]:
    """Archives whose codes count for these: themselves, and those that were merged into them."""
    if not whos:
        return {}
    gone = await tx.rows_in(
        "SELECT gone, kept FROM merged WHERE district=? AND kept {ids}", sorted(whos), district
    )
    return {who: who for who in whos} | {row[0]: row[1] for row in gone}


async def _rows(
    tx: Tx, site: Site, whos: Collection[bytes], where: str, *args: object
) -> dict[bytes, Row]:
    """The newest code of each that is not revoked and can be drawn, as its row."""
    owners = await _owners(tx, site.district, whos)
    if not owners:
        return {}
    rows = await tx.rows_in(
        f"SELECT {_FIELDS} FROM checkup_code WHERE district=? AND revoked_at IS NULL AND {where} "
        "AND resident {ids} ORDER BY issued_at, code",
        list(owners), site.district, *args,
    )  # fmt: skip
    return {owners[row[1]]: row for row in rows if row[4] in site.keys.code}


async def with_card(tx: Tx, site: Site, residents: Collection[bytes]) -> frozenset[bytes]:
    """Those whose card lasts."""
    ends = site.clock() + LASTS_MS
    return frozenset(await _rows(tx, site, residents, _LASTING, ends))


async def codes_of(
    tx: Tx, district: int, whos: Collection[bytes], day: bytes
) -> dict[bytes, list[bytes]]:
    """By which ids a tablet finds each of these people on that day. Cards that have ended are among
    them, so that whoever brings one is greeted all the same; revoked ones are not.
    """
    owners = await _owners(tx, district, whos)
    found: dict[bytes, list[bytes]] = {who: [] for who in whos}
    if owners:
        rows = await tx.rows_in(
            "SELECT code, resident FROM checkup_code WHERE district=? AND revoked_at IS NULL AND "
            "(type=1 OR day=?) AND resident {ids} ORDER BY issued_at, code",
            list(owners), district, day,
        )  # fmt: skip
        for code, resident in rows:
            found[owners[resident]].append(code)
    return found


async def issued_to(tx: Tx, site: Site, resident: bytes) -> tuple[Code, ...]:
    """Every card of somebody, the newest first, revoked ones too."""
    owners = await _owners(tx, site.district, [resident])
    rows = await tx.rows_in(
        f"SELECT {_FIELDS} FROM checkup_code WHERE district=? AND type=1 AND resident {{ids}} "
        "ORDER BY issued_at DESC, revoked_at IS NOT NULL, code",
        list(owners), site.district,
    )  # fmt: skip
    return tuple(_code(site, row) for row in rows)


async def scanned(
    tx: Tx, site: Site, text: str, *, on: date | None = None
) -> tuple[Outcome, bytes | None]:
    """What a scanned text is, or twelve digits that were typed, and whose: the living archive.

    `on`: the checkup day it is shown on. Opens nothing and is logged by whoever shows a name.
    """
    typed, digits = as_typed(text), "".join(as_typed(text).split())
    if is_digits(digits):
        row = await one(
            tx,
            f"SELECT {_FIELDS} FROM checkup_code WHERE district=? AND digits=?",
            site.district, digits,
        )  # fmt: skip
        typed = _code(site, row).text if row is not None else ""
        revoked = {row[0]} if row is not None and row[7] is not None else set[bytes]()
    else:
        revoked = await revoked_ids(tx, site.district, site.clock())
    keys = {key_id: pair.public for key_id, pair in site.keys.code.items()}
    ends_s = day_ends_ms(on) // 1000 if on is not None else None
    outcome, card = check(
        typed, Trust(keys, revoked), now_s=site.clock() // 1000, day_ends_s=ends_s
    )
    if card is None:
        return outcome, None
    owner = await one(
        tx, "SELECT resident FROM checkup_code WHERE district=? AND code=?",
        site.district, card.id,
    )  # fmt: skip
    return outcome, None if owner is None else await living(tx, site.district, owner[0])


async def revoked_ids(tx: Tx, district: int, now: int) -> frozenset[bytes]:
    """Those that have not ended by themselves."""
    rows = await tx.rows(
        "SELECT code FROM checkup_code WHERE district=? AND revoked_at IS NOT NULL AND "
        "expires_at>?",
        district, now,
    )  # fmt: skip
    return frozenset(row[0] for row in rows)


# Taking them back.


async def revoke(site: Site, signed: Signed, code: bytes, reason: str) -> None:
    """Does not count any more, on any tablet from its next exchange. Twice is once. Raises NotYours
    for a code of another facility's resident, RuleSaysNo for a reason that is none.
    """
    if reason not in REASONS:
        raise RuleSaysNo("reason")
    await site.store.write(partial(_revoke, site=site, signed=signed, code=code, reason=reason))


async def _revoke(tx: Tx, site: Site, signed: Signed, code: bytes, reason: str) -> None:
    row = await one(
        tx, "SELECT resident, revoked_at FROM checkup_code WHERE district=? AND code=?",
        site.district, code,
    )  # fmt: skip
    resident = await living(tx, site.district, row[0]) if row is not None else None
    place = await one(
        tx, "SELECT facility FROM resident WHERE district=? AND resident=?",
        site.district, resident,
    ) if resident is not None else None  # fmt: skip
    if row is None or place is None or resident is None:
        raise NotYours("code")
    if signed.role not in PREPARES or place[0] != signed.facility:
        raise NotYours("code")
    if row[1] is not None:
        return
    now = site.clock()
    done = await tx.run(
        "UPDATE checkup_code SET revoked_at=?, revoked_by=?, reason=? WHERE district=? AND code=? "
        "AND revoked_at IS NULL",
        now, signed.staff, reason, site.district, code,
    )  # fmt: skip
    if done:
        await list_changed(tx, site)
        await _told_to_tablets(tx, site, [resident])
        await audit(tx, site.district, "act", b"revoke-code" + code + signed.staff, now)


async def list_changed(tx: Tx, site: Site) -> None:
    """Every tablet of a day gets the list of codes anew: it travels with what they carry of it."""
    days = await days_where(tx, site, _ON_TABLETS)
    for locked in (await lock_days(tx, site, [each.day for each in days])).values():
        locked.version_up()
        await save_day(tx, site, locked)


async def _told_to_tablets(tx: Tx, site: Site, residents: Collection[bytes]) -> None:
    """Their rows on days that tablets carry come again, with the ids that count now."""
    rows = await tx.rows_in(
        "SELECT p.day, p.who FROM checkup_person p JOIN checkup_day d ON d.district=p.district AND "
        f"d.day=p.day WHERE p.district=? AND d.{_ON_TABLETS} AND p.who {{ids}}",
        sorted(residents), site.district,
    )  # fmt: skip
    by_day: dict[bytes, list[bytes]] = {}
    for day, who in rows:
        by_day.setdefault(day, []).append(who)
    for day, locked in (await lock_days(tx, site, by_day)).items():
        people = await persons(tx, site, day, by_day[day])
        await touched(tx, site, locked, people.values())
        await save_day(tx, site, locked)
