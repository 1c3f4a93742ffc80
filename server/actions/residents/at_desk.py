"""手机登录 at a desk: the resident is there and the document was seen. Telephone, pass, notice and
class B, each by the action that the portal uses or that only a desk may take.

The number of the document is typed anew, or read by a card reader that types; it must be this
archive's, so nothing is bound to the archive that happened to be open. Staff of any facility may do
it: the gate lets them in for as long as the resident is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from server.access import living
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import cards_of
from server.actions.archives.opening import still_open
from server.actions.keeping.site import Site
from server.actions.residents import binding, changing, codes, opening, sign_in
from server.actions.residents.acting import Acting, Helper, assisted
from server.actions.residents.binding import Binding, Bound
from server.actions.residents.changing import TooManyCodes
from server.actions.residents.codes import New, Over, Right, Sent, WrongDigits
from server.actions.residents.opening import Agreed, Explanation
from server.actions.residents.presence import until_in
from server.actions.residents.sign_in import ForPass
from server.errors import NotYours, RuleSaysNo
from server.rules.access import Tie
from server.store.tx import Tx, one


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose document was seen. `number`: as it was typed anew; `present`: ticked."""

    resident: bytes
    number: str
    present: bool

    def __repr__(self) -> str:
        return f"Seen({self.resident.hex()})"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page shows. `guardians`: who else may agree for this archive, with their names."""

    bindings: Sequence[Bound]
    agreed: Agreed | None
    explained: Explanation | None
    may_explain: bool
    may_agree: str
    guardians: Sequence[tuple[bytes, str]]


async def standing(site: Site, signed: Signed, resident: bytes) -> Standing:
    """Of an archive whose opening has passed the gate."""
    return await site.store.read(partial(_standing, site=site, signed=signed, resident=resident))


async def _standing(tx: Tx, site: Site, signed: Signed, resident: bytes) -> Standing:
    links = await tx.rows(
        "SELECT person FROM family_link WHERE district=? AND resident=? AND state='standing' AND "
        "tie IN (?,?) ORDER BY link",
        site.district, resident, Tie.PARENT, Tie.APPOINTED,
    )  # fmt: skip
    others = [
        row[0] for row in links if not await opening.may_agree(tx, site, row[0], resident)
    ]  # fmt: skip
    cards = await cards_of(tx, site, set(others))
    return Standing(
        await binding.bindings_of(tx, site, resident),
        await opening.agreed_of(tx, site, resident),
        await opening.explained_of(tx, site, resident),
        await opening.may_explain(tx, site, signed, resident),
        await opening.may_agree(tx, site, resident, resident),
        tuple((who, cards[who].name) for who in others if who in cards),
    )


async def ask_code(
    site: Site, signed: Signed, seen: Seen, phone: str, *, spoken: bool = False
) -> Sent | TooManyCodes:
    """A code to the telephone that is to be bound: read back, it proves that it is in hand.

    Raises NotYours, RuleSaysNo.
    """

    async def work(tx: Tx) -> Sent | TooManyCodes:
        who = await _check(tx, site, signed, seen)
        return await changing.send(tx, site, New(codes.BIND, who, phone, spoken=spoken))

    return await site.store.write(work)


async def bind_with_code(
    site: Site, signed: Signed, resident: bytes, token: str, digits: str
) -> bytes | WrongDigits | Over:
    """The code was read back: bound. Raises NotYours, RuleSaysNo with a value of NoBinding."""

    async def work(tx: Tx) -> bytes | WrongDigits | Over:
        who = await _open(tx, site, signed, resident)
        answer = await codes.check(tx, site, token, codes.BIND, digits)
        if not isinstance(answer, Right):
            return answer
        if answer.resident != who:
            return Over()
        return await bind_for(tx, site, _acting(signed, who, who), answer.phone, binding.DESK)

    return await site.store.write(work)


async def bind_without_code(site: Site, signed: Signed, seen: Seen, phone: str) -> bytes:
    """Where no message arrives: bound on sight of the telephone, and marked so.

    Raises NotYours, RuleSaysNo.
    """

    async def work(tx: Tx) -> bytes:
        who = await _check(tx, site, signed, seen)
        acting = _acting(signed, who, who)
        return await bind_for(tx, site, acting, phone, binding.DESK_NO_CODE)

    return await site.store.write(work)


async def bind_for(tx: Tx, site: Site, acting: Acting, phone: str, how: str) -> bytes:
    """Bound for the resident who is present, at a desk or beside a tablet; the helper's document
    look is what it rests on. Raises RuleSaysNo with a value of NoBinding.
    """
    assert acting.helper is not None
    new = Binding(acting.resident, phone, how, acting.helper.staff, acting.helper.facility)
    bound = await binding.bind(tx, site, new)
    await assisted(tx, site, acting, "phone", bound)
    return bound


async def end_phone(site: Site, signed: Signed, seen: Seen, *, lost: bool) -> None:
    """Raises NotYours, RuleSaysNo."""

    async def work(tx: Tx) -> None:
        who = await _check(tx, site, signed, seen)
        why = "lost" if lost else "asked"
        await binding.end(tx, site, who, by=signed.staff, why=why)
        await sign_in.end_passes(tx, site, who)
        await assisted(tx, site, _acting(signed, who, who), "phone", who)

    await site.store.write(work)


async def pass_for(site: Site, signed: Signed, seen: Seen) -> str:
    """The token of a pass, for the code on the screen. Raises NotYours, RuleSaysNo."""

    async def work(tx: Tx) -> str:
        who = await _check(tx, site, signed, seen)
        return await sign_in.make_pass(tx, site, ForPass(who, signed.staff, signed.facility))

    return await site.store.write(work)


async def agree_for(
    site: Site, signed: Signed, resident: bytes, person: bytes, *, end: bool = False
) -> None:
    """The notice was read on paper and signed by `person`, or the consent is taken back.

    Raises NotYours, RuleSaysNo.
    """

    async def work(tx: Tx) -> None:
        who = await _open(tx, site, signed, resident)
        act = opening.withdraw if end else opening.agree
        await act(tx, site, _acting(signed, person, who))

    await site.store.write(work)


async def explain_to(site: Site, signed: Signed, resident: bytes, *, undo: bool = False) -> None:
    """Class B was explained, or that was a wrong entry. Raises NotYours, RuleSaysNo."""

    async def work(tx: Tx) -> None:
        who = await _open(tx, site, signed, resident)
        await (opening.unexplain if undo else opening.explain)(tx, site, signed, who)

    await site.store.write(work)


def _acting(signed: Signed, person: bytes, resident: bytes) -> Acting:
    return Acting(person, resident, Helper(signed.staff, signed.facility))


async def _open(tx: Tx, site: Site, signed: Signed, resident: bytes) -> bytes:
    """The archive that stands for it. Raises NotYours where the gate keeps shut: a guest's was
    opened, and logged, with the word that the resident is there.
    """
    who = await living(tx, site.district, resident)
    if not await still_open(tx, site, signed, who, None):
        raise NotYours("resident")
    home = await one(
        tx, "SELECT facility FROM resident WHERE district=? AND resident=?", site.district, who
    )
    ours = home is not None and home[0] == signed.facility
    if not ours and await until_in(tx, site, signed, who) is None:
        raise NotYours("resident")  # who may look by a consent is no desk of theirs
    return who


async def _check(tx: Tx, site: Site, signed: Signed, seen: Seen) -> bytes:
    """Raises RuleSaysNo("not_present" | "number_differs") as well."""
    who = await _open(tx, site, signed, seen.resident)
    if not seen.present:
        raise RuleSaysNo("not_present")
    await number_fits(tx, site, who, seen.number)
    return who


async def number_fits(tx: Tx, site: Site, who: bytes, number: str) -> None:
    """The number that was typed anew is this archive's. Raises RuleSaysNo("number_differs")."""
    row = await one(
        tx, "SELECT id_index FROM resident WHERE district=? AND resident=?", site.district, who
    )
    if row is None or row[0] is None or row[0] != site.index.of_id_number(number):
        raise RuleSaysNo("number_differs")
