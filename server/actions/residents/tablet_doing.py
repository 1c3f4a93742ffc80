"""What each act of a tablet does: it finds the action that portal and desk call and calls it, with
the member of staff holding the pen. No rule stands here; only what a tablet must have seen to, the
document and the signature, is looked at, for nobody is there any more to be asked.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import UNSET

from server.access import SCOPES
from server.actions.archives.content import contents
from server.actions.archives.standing import lock_residents, names_of
from server.actions.confirmations import answers, asking
from server.actions.confirmations.answers import Saying as Answered
from server.actions.keeping.site import Site
from server.actions.residents import at_desk, binding, corrections, facility_choice, offers, opening
from server.actions.residents.acting import Acting, Helper
from server.actions.residents.correction_gate import tablet_gate
from server.actions.residents.corrections import Saying, Wish
from server.actions.residents.offers import Named
from server.actions.tablets.intake import civil_day, derived_id
from server.errors import RuleSaysNo
from server.records import acts
from server.records.check import edit_faults, hard
from server.records.kinds import REGISTER
from server.rules import assisted as rule
from server.rules import first_notice, switch
from server.rules.confirmations import Answer, Channel, Satisfaction
from server.store.tx import Tx, one
from sync import wire

_SCOPES: Final = {scope.value: scope for scope in SCOPES.values()}


@dataclass(frozen=True, slots=True)
class Asked:
    """One act as it was signed. `resident`: the archive that stands for it now; `restricted`:
    whether class B comes down to that tablet.
    """

    change: wire.Change
    resident: bytes
    device: bytes
    staff: bytes
    facility: bytes
    signed_at: int
    restricted: bool

    @property
    def said(self) -> dict[str, Any]:
        assert self.change.body is not UNSET
        return msgspec.json.decode(bytes(self.change.body), type=dict[str, Any])

    def acting(self) -> Acting:
        """Raises RuleSaysNo for a guardian without a name: it is not the resident's own act."""
        said, person = self.said, self.resident
        if said.get("present") == acts.GUARDIAN:
            if "person" not in said:
                raise RuleSaysNo(first_notice.NotYours.HELPER)
            person = bytes.fromhex(said["person"])
        return Acting(person, self.resident, Helper(self.staff, self.facility))

    def new_id(self) -> bytes:
        """For what it makes: one and the same however often it is tried."""
        return derived_id(b"tablet-act" + self.change.id, 0)


async def do(tx: Tx, site: Site, asked: Asked) -> None:
    """Raises Refusal where it is not done; then nothing of it may be kept."""
    await _DO[asked.change.kind](tx, site, asked, asked.said)


def _seen(said: Mapping[str, Any]) -> None:
    if said["seen"] == acts.NO_DOCUMENT:
        raise RuleSaysNo(rule.NO_DOCUMENT)


def _signed(asked: Asked, said: Mapping[str, Any]) -> None:
    """A signature, or the print of a finger, is a picture that comes with the act."""
    if said["signed"] != acts.CANNOT_SIGN and not asked.change.attach:
        raise RuleSaysNo(rule.NO_SIGNATURE)


async def _agree(tx: Tx, site: Site, asked: Asked, said: Mapping[str, Any]) -> None:
    if said["agreed"] == acts.TAKEN_BACK:  # as easy as giving: nothing more is asked
        await opening.withdraw(tx, site, asked.acting(), asked.signed_at)
        return
    _seen(said)
    _signed(asked, said)
    if said.get("version") != first_notice.version():
        raise RuleSaysNo(rule.OLD_TEXT)  # what was read is not what would be agreed to
    await opening.agree(tx, site, asked.acting(), asked.signed_at)


async def _here(tx: Tx, site: Site, asked: Asked) -> None:
    """Who had left this tablet's panels when it was signed is let in by nobody from here: they
    have another doctor, a desk and their own telephone for that. Raises RuleSaysNo.
    """
    names = await names_of(tx, site.district, asked.resident)
    left = await tx.rows_in(
        "SELECT a.moved_at FROM assignment a JOIN device_panel p ON p.district=a.district AND "
        "p.panel=a.panel WHERE a.district=? AND p.device=? AND a.resident {ids}",
        names, site.district, asked.device,
    )  # fmt: skip
    if not left or any(row[0] is None or row[0] >= asked.signed_at for row in left):
        return
    still = await tx.rows_in(
        "SELECT 1 FROM member m JOIN device_panel p ON p.district=m.district AND p.panel=m.panel "
        "WHERE m.district=? AND p.device=? AND m.resident {ids}",
        names, site.district, asked.device,
    )  # fmt: skip
    given = await tx.rows_in(
        "SELECT 1 FROM consent WHERE district=? AND facility=? AND revoked_at IS NULL AND until>? "
        "AND resident {ids}",
        names, site.district, asked.facility, asked.signed_at,
    )  # fmt: skip
    if not still and not given:
        raise RuleSaysNo("not_yours")


async def _phone(tx: Tx, site: Site, asked: Asked, said: Mapping[str, Any]) -> None:
    await _here(tx, site, asked)
    _seen(said)
    _signed(asked, said)
    await at_desk.number_fits(tx, site, asked.resident, said.get("number", ""))
    acting = asked.acting()
    if acting.person != acting.resident:
        no = await opening.may_agree(tx, site, acting.person, acting.resident)
        if no:
            raise RuleSaysNo(no)
    if await _phone_since(tx, site, asked):
        raise RuleSaysNo(opening.ASKED_SINCE)
    await at_desk.bind_for(tx, site, acting, said["phone"], binding.TABLET)


async def _phone_since(tx: Tx, site: Site, asked: Asked) -> bool:
    """A telephone that was lost, or changed, since the act was signed is not bound by it."""
    if await binding.said_since(tx, site, asked.resident, asked.signed_at):
        return True
    newer = await tx.rows_in(
        "SELECT 1 FROM tablet_act WHERE district=? AND kind=? AND state='done' AND signed_at>? AND "
        "resident {ids}",
        await names_of(tx, site.district, asked.resident), site.district, acts.PHONE,
        asked.signed_at,
    )  # fmt: skip
    return bool(newer)


async def _classes(tx: Tx, site: Site, asked: Asked) -> tuple[str, ...]:
    """What this tablet is sent of the archive; of one that has moved on, class A."""
    if not asked.restricted:
        return ("A",)
    row = await one(
        tx,
        "SELECT 1 FROM member m JOIN device_panel p ON p.district=m.district AND p.panel=m.panel "
        "WHERE m.district=? AND m.resident=? AND m.ground='assigned' AND p.device=?",
        site.district, asked.resident, asked.device,
    )  # fmt: skip
    return ("A", "B") if row is not None else ("A",)


async def _correct(tx: Tx, site: Site, asked: Asked, said: Mapping[str, Any]) -> None:
    today = civil_day(site.clock())
    wanted: dict[str, Any] = {}
    for each in said["cells"]:
        try:
            value = msgspec.json.decode(each["value"])
        except msgspec.MsgspecError:
            raise RuleSaysNo(rule.OUT_OF_RANGE) from None
        if hard(edit_faults(REGISTER, each["cell"], value, today=today)):
            raise RuleSaysNo(rule.OUT_OF_RANGE)
        wanted[each["cell"]] = value
    acting = asked.acting()
    gate = tablet_gate(site, acting, await _classes(tx, site, asked))
    wish = Wish(asked.new_id(), wanted, said["why"], said.get("text", ""))
    await corrections.ask_in(tx, site, acting, gate, wish)


async def _state(tx: Tx, site: Site, asked: Asked, said: Mapping[str, Any]) -> None:
    acting = asked.acting()
    gate = tablet_gate(site, acting, await _classes(tx, site, asked))
    record = bytes.fromhex(said["record"]) if "record" in said else None
    saying = Saying(asked.new_id(), record, said.get("field", ""), said["why"], said["text"])
    await corrections.state_in(tx, site, acting, gate, saying)


async def _family(tx: Tx, site: Site, asked: Asked, said: Mapping[str, Any]) -> None:
    """The offer is the resident's own; the relative accepts on the own telephone."""
    await _here(tx, site, asked)
    _seen(said)
    _signed(asked, said)
    until = date.fromisoformat(said["until"]) if "until" in said else None
    scopes = frozenset(_SCOPES[each] for each in said.get("scopes", ()))
    named = Named(said["relative_number"], said["relative_phone"], scopes, until)
    await offers.name_in(tx, site, asked.acting(), named)


async def _switch(tx: Tx, site: Site, asked: Asked, said: Mapping[str, Any]) -> None:
    _seen(said)
    _signed(asked, said)
    wish = facility_choice.Wish(
        bytes.fromhex(said["team"]), said["ground"],
        date.fromisoformat(said["day"]) if "day" in said else None, asked.change.id,
        asked.signed_at,
    )  # fmt: skip
    outcome = await facility_choice.choose_in(tx, site, asked.acting(), wish)
    if not isinstance(outcome, switch.Granted):
        raise RuleSaysNo(_NO_SWITCH[type(outcome)])


_NO_SWITCH: Final[Mapping[type[switch.Outcome], str]] = {
    switch.TooSoon: "too_soon",
    switch.NeedsSpecialCase: "special_case",
    switch.SameFacility: "same_facility",
    switch.Unpublished: "not_published",
    switch.TooFar: "too_far",
}


async def _unswitch(tx: Tx, site: Site, asked: Asked, said: Mapping[str, Any]) -> None:
    await facility_choice.undo_in(tx, site, asked.acting(), bytes.fromhex(said["of"]))


async def _answer(tx: Tx, site: Site, asked: Asked, said: Mapping[str, Any]) -> None:
    name = await _question(tx, site, asked.resident, bytes.fromhex(said["record"]))
    grade = said.get("satisfaction")
    saying = Answered(
        Answer(said["answer"]), Satisfaction(grade) if grade else None, said.get("text", ""),
        asked.signed_at,
    )  # fmt: skip
    await answers.answer_in(tx, site, asked.acting(), name, saying, Channel.TABLET)


async def _question(tx: Tx, site: Site, who: bytes, record: bytes) -> bytes:
    """What is asked about the service of that record. It may have come with the same batch: then
    the question is made now and not some seconds later.
    """
    found = await _asked_about(tx, site, who, record)
    if found is None:
        rows = await lock_residents(tx, site.district, {who})
        await asking.remake(tx, site, rows, await contents(tx, site, rows))
        found = await _asked_about(tx, site, who, record)
    if found is None:
        raise RuleSaysNo(rule.NO_QUESTION)
    return found


async def _asked_about(tx: Tx, site: Site, who: bytes, record: bytes) -> bytes | None:
    """Of two forms of one service the question stands under the first."""
    rows = await tx.rows_in(
        "SELECT f.confirmation FROM confirmation f JOIN change c ON c.district=f.district AND "
        "c.resident=f.resident AND c.day=f.day LEFT JOIN device d ON d.district=c.district AND "
        "d.device=c.device WHERE f.district=? AND c.change=? AND f.gone_at IS NULL AND "
        "(f.record=c.change OR f.facility=COALESCE(c.credit_facility, d.facility)) AND "
        "f.resident {ids}",
        await names_of(tx, site.district, who), site.district, record,
    )  # fmt: skip
    return rows[0][0] if rows else None


async def _open(_tx: Tx, _site: Site, _asked: Asked, _said: Mapping[str, Any]) -> None:
    """One that opened an archive was done on arrival; this one found somebody there already."""
    raise RuleSaysNo(rule.THERE)


_DO: Final[Mapping[str, Callable[[Tx, Site, Asked, Mapping[str, Any]], Awaitable[None]]]] = {
    acts.AGREE: _agree,
    acts.PHONE: _phone,
    acts.CORRECT: _correct,
    acts.STATE: _state,
    acts.FAMILY: _family,
    acts.SWITCH: _switch,
    acts.UNSWITCH: _unswitch,
    acts.ANSWER: _answer,
    acts.OPEN: _open,
}
