"""Sign-in to the portal: the number of a document and a code to the bound telephone, or a pass of a
desk. The same answer for everybody: unknown, without a telephone, dead, or signed in next.

Limits (numbers and reasons: server/rules/sign_in.py) count what was asked for a document, whether
it is anybody's or not, so reaching one tells nothing; a browser that has signed the person in
before is counted apart, so strangers lock nobody out. What stays is the desk.
"""

import secrets
from dataclasses import dataclass
from functools import partial

from server.actions.archives.cards import cards_of
from server.actions.archives.search import exact
from server.actions.keeping.site import Site
from server.actions.residents import codes, visits
from server.actions.residents.binding import archives_on, phone_now
from server.actions.residents.codes import New, Over, Right, WrongDigits
from server.actions.residents.people import is_relative_on, relative_on
from server.actions.tablets.intake import civil_day
from server.errors import NotFound, RuleSaysNo
from server.rules import sign_in as rule
from server.rules.life import STATES, Life
from server.rules.sign_in import DAY_MS, HOUR_MS, MINUTE_MS
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one

CODE, PASS = "code", "pass"


@dataclass(frozen=True, slots=True)
class Browser:
    """What is known of who asks. `address`: of the network; `old`: token of a session it has;
    `trying`: token of the code it asked for; `known`: what an earlier sign-in left.
    """

    address: str
    old: str = ""
    trying: str = ""
    known: str = ""

    def __repr__(self) -> str:
        return "Browser(hidden)"


@dataclass(frozen=True, slots=True)
class Asked:
    """A code is on its way if there is anybody. `token`: for the browser."""

    token: str

    def __repr__(self) -> str:
        return "Asked(hidden)"


@dataclass(frozen=True, slots=True)
class Later:
    """So many were asked for; when the next one may be. `whole`: of this address, not document."""

    until: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class In:
    """Signed in. `person`: who; None while one of several archives of the telephone is to be
    picked.
    """

    token: str
    person: bytes | None

    @property
    def known(self) -> str:
        """What the browser keeps, so that it is counted apart next time; opens nothing."""
        return visits.name_of(self.token).hex()

    def __repr__(self) -> str:
        return "In(hidden)"


async def ask(site: Site, browser: Browser, number: str, *, spoken: bool = False) -> Asked | Later:
    """Sends a code to the telephone bound to the archive with this document, if there is one.
    `number`: as server.rules.sign_in.document spells it.
    """
    pace = site.pace("portal_codes", rule.ADDRESS_CODES_HOUR, HOUR_MS)
    now, place = site.clock(), browser.address.encode()
    if pace.full(place, now):
        return Later(now + HOUR_MS, whole=True)
    pace.note(place, now)
    return await site.store.write(
        partial(_ask, site=site, browser=browser, number=number, spoken=spoken)
    )


async def _ask(tx: Tx, site: Site, browser: Browser, number: str, spoken: bool) -> Asked | Later:
    mark = site.index.of_id_number(number)
    who, phone = await _holder(tx, site, number)
    known = who is not None and await _knows(tx, site, browser.known, who)
    later = await _later(tx, site, mark, known=known)
    if later is not None:
        return later
    if browser.trying:
        await codes.give_up(tx, site, browser.trying)
    if phone is not None and not known and await _worn_out(tx, site, phone):
        phone = None  # said to nobody: that there is a telephone is not for strangers
    new = New(codes.SIGN_IN, who, phone, id_mark=mark, known=known, number=number, spoken=spoken)
    sent = await codes.send(tx, site, new)
    await audit(tx, site.district, "act", b"portal-code", site.clock())
    return Asked(sent.token)


async def _holder(tx: Tx, site: Site, number: str) -> tuple[bytes | None, str | None]:
    """Whose document it is, and the telephone that signs them in; (None, None) of nobody."""
    for who in await exact(tx, site, "number", number, None):
        row = await one(
            tx, "SELECT key, status FROM resident WHERE district=? AND resident=?",
            site.district, who,
        )  # fmt: skip
        if row is None or not STATES[Life(row[1])].sign_in:
            continue
        phone = await phone_now(tx, site, who, row[0])
        if phone is not None:
            return who, phone
    return await relative_on(tx, site, number)


async def _knows(tx: Tx, site: Site, known: str, who: bytes) -> bool:
    """Whether this browser has signed the person in before, as long as sessions are kept."""
    try:
        name = bytes.fromhex(known[:64])
    except ValueError:
        return False
    row = await one(
        tx, "SELECT 1 FROM portal_session WHERE district=? AND session=? AND person=?",
        site.district, name, who,
    )  # fmt: skip
    return row is not None


async def _later(tx: Tx, site: Site, mark: bytes, *, known: bool) -> Later | None:
    """The limit that is reached, counted alike for documents of nobody."""
    now = site.clock()
    rows = await tx.rows(
        "SELECT made_at FROM portal_code WHERE district=? AND id_mark=? AND known=? AND made_at>? "
        "ORDER BY made_at DESC LIMIT ?",
        site.district, mark, known, now - DAY_MS, rule.KNOWN_CODES_DAY,
    )  # fmt: skip
    made = [row[0] for row in rows]
    hour = rule.KNOWN_CODES_HOUR if known else rule.STRANGER_CODES_HOUR
    day = rule.KNOWN_CODES_DAY if known else rule.STRANGER_CODES_DAY
    for most, span in ((day, DAY_MS), (hour, HOUR_MS)):
        if len(made) >= most and made[most - 1] > now - span:
            return Later(made[most - 1] + span)
    return None


async def _worn_out(tx: Tx, site: Site, phone: str) -> bool:
    """Whether strangers have had their codes of this telephone, over all archives that it opens:
    what is left of its messages is for browsers that it knows.
    """
    now = site.clock()
    on = await archives_on(tx, site, site.index.of_phone(phone))
    rows = await tx.rows_in(
        "SELECT made_at FROM portal_code WHERE district=? AND known=? AND purpose=? AND made_at>? "
        "AND resident {ids}",
        on, site.district, False, codes.SIGN_IN, now - DAY_MS,
    )  # fmt: skip
    hour = sum(row[0] > now - HOUR_MS for row in rows)
    return hour >= rule.STRANGER_CODES_HOUR or len(rows) >= rule.STRANGER_CODES_DAY


async def asked_for(site: Site, browser: Browser) -> str | None:
    """The document for which this browser asked a code; None where none runs."""
    return await site.store.read(
        partial(codes.number_of, site=site, token=browser.trying, purpose=codes.SIGN_IN)
    )


async def come_in(site: Site, browser: Browser, digits: str) -> In | WrongDigits | Over | Later:
    """The code is read back: a fresh session in place of the one this browser had."""
    pace = site.pace("portal_wrong", rule.ADDRESS_WRONG_HOUR, HOUR_MS)
    now, place = site.clock(), browser.address.encode()
    if pace.full(place, now):
        return Later(now + HOUR_MS, whole=True)
    answer = await site.store.write(partial(_come_in, site=site, browser=browser, digits=digits))
    if not isinstance(answer, In):
        pace.note(place, now)
    return answer


async def _come_in(tx: Tx, site: Site, browser: Browser, digits: str) -> In | WrongDigits | Over:
    answer = await codes.check(tx, site, browser.trying, codes.SIGN_IN, digits)
    if not isinstance(answer, Right):
        await audit(tx, site.district, "act", b"portal-wrong-code", site.clock())
        return answer
    index = site.index.of_phone(answer.phone)
    theirs = await archives_on(tx, site, index)
    relative = await is_relative_on(tx, site, answer.resident, index)
    if (
        answer.resident not in theirs and not relative
    ):  # bound elsewhere, or closed, since the code was sent
        return Over()
    person = answer.resident if relative or len(theirs) == 1 else None
    token = await visits.begin(tx, site, person, how=CODE, phone_index=index, old=browser.old)
    return In(token, person)


# One telephone, several archives.


async def choices(site: Site, session: bytes) -> list[bytes]:
    """The archives that the telephone of this session opens now; [] for a session of a pass."""

    async def read(tx: Tx) -> list[bytes]:
        row = await _session(tx, site, session)
        return [] if row is None or row[0] is None else await archives_on(tx, site, row[0])

    return await site.store.read(read)


async def pick(site: Site, token: str, resident: bytes) -> In:
    """Whose archive is open from now on, in a fresh session. Raises NotFound for an archive that
    this telephone does not open.
    """

    async def work(tx: Tx) -> In:
        row = await _session(tx, site, visits.name_of(token), lock=True)
        if row is None or row[0] is None or resident not in await archives_on(tx, site, row[0]):
            raise NotFound("archive")
        fresh = await visits.begin(
            tx, site, resident, how=row[1], phone_index=row[0], old=token, began_at=row[2]
        )
        return In(fresh, resident)

    return await site.store.write(work)


async def _session(tx: Tx, site: Site, session: bytes, *, lock: bool = False) -> Row | None:
    """(telephone, how, began) of a session that stands."""
    return await one(
        tx,
        "SELECT phone_index, how, began_at FROM portal_session WHERE district=? AND session=? AND "
        f"ended=''{locking(tx) if lock else ''}",
        site.district, session,
    )  # fmt: skip


# Without a short message.


@dataclass(frozen=True, slots=True)
class ForPass:
    """For whom a pass is made, by whom, at whose desk."""

    resident: bytes
    staff: bytes
    facility: bytes


async def make_pass(tx: Tx, site: Site, new: ForPass) -> str:
    """A token that signs the resident in once within ten minutes; the one before it is over.

    Raises NotFound, RuleSaysNo("closed" | "too_young").
    """
    now, who = site.clock(), new.resident
    row = await one(
        tx, f"SELECT status FROM resident WHERE district=? AND resident=?{locking(tx)}",
        site.district, who,
    )  # fmt: skip
    if row is None:
        raise NotFound("resident")
    if not STATES[Life(row[0])].sign_in:
        raise RuleSaysNo(rule.NoBinding.CLOSED)
    card = (await cards_of(tx, site, {who})).get(who)
    if card is not None and rule.too_young(visits.birth_of(card), civil_day(now)):
        raise RuleSaysNo(rule.NoBinding.TOO_YOUNG)
    await end_passes(tx, site, who)
    token = secrets.token_urlsafe(codes.TOKEN_BYTES)
    until = now + rule.PASS_MINUTES * MINUTE_MS
    mark = codes.mark_of(token)
    await tx.insert(
        "portal_pass",
        [(site.district, mark, who, new.staff, new.facility, now, until, None, None)],
    )
    await audit(tx, site.district, "act", b"portal-pass" + who + new.staff, now)
    return token


async def end_passes(tx: Tx, site: Site, resident: bytes) -> int:
    """Passes that nobody has used are over."""
    return await tx.run(
        "UPDATE portal_pass SET ended_at=? WHERE district=? AND resident=? AND used_at IS NULL AND "
        "ended_at IS NULL",
        site.clock(), site.district, resident,
    )  # fmt: skip


async def use_pass(site: Site, browser: Browser, token: str) -> In | Over:
    """Uses the pass up. One answer for unknown, used, ended and expired ones."""

    async def work(tx: Tx) -> In | Over:
        now, mark = site.clock(), codes.mark_of(token[: codes.TOKEN_MAX])
        of_pass = f"{locking(tx)} OF p" if locking(tx) else ""
        row = await one(
            tx,
            "SELECT p.resident, p.expires_at, r.status FROM portal_pass p JOIN resident r ON "
            "r.district=p.district AND r.resident=p.resident WHERE p.district=? AND p.mark=? AND "
            f"p.used_at IS NULL AND p.ended_at IS NULL{of_pass}",
            site.district, mark,
        )  # fmt: skip
        if row is None or now >= row[1] or not STATES[Life(row[2])].sign_in:
            return Over()
        await tx.run(
            "UPDATE portal_pass SET used_at=? WHERE district=? AND mark=?", now, site.district, mark
        )
        return In(await visits.begin(tx, site, row[0], how=PASS, old=browser.old), row[0])

    return await site.store.write(work)
