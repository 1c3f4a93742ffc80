"""Tablets: the list, one tablet and what it holds, letting one in by a code on the screen."""

from datetime import date, datetime
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.tablets import enrol_desk, signers, tablets
from server.actions.tablets.enrol_desk import Choices, NewTablet
from server.actions.tablets.tablets import Detail, Tablet
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import EnrolRefused, NotFound, NotYours, RuleSaysNo, WrongDigits
from server.pages import qr, times, values
from server.pages.forms import EMPTY, Filled, Posted, read_form
from server.pages.web import posted, see
from server.records.model import Code, Codes, Day, Field, Kind, Shape, Text, Time
from server.records.values import Fault, FaultCode
from server.rules.accounts import StaffRole
from server.settings import CIVIL

AnyRequest = Request[Any, Any, Any]
KEEPERS: Final = tablets.KEEPERS
FIRST: Final = date(2026, 1, 1)
OFFER_BYTES: Final = 8
DAY_MS: Final = 24 * 60 * 60_000
SILENT_MS: Final = 3 * DAY_MS


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_reading(console), *_letting_in(console), *_people(console), *_ending(console)]


def _reading(console: Console) -> list[HTTPRouteHandler]:
    @page("/devices", roles=KEEPERS)
    async def listing(request: AnyRequest) -> Response[Any]:
        found = await tablets.tablets(console.site, signed_of(request))
        w, ui, now = words("devices"), words("ui")["keys"], console.site.clock()
        keys = (
            Key("J", ui.down),
            Key("K", ui.up),
            Key("Enter", ui.open),
            Key("N", w.enrol),
            Key("R", w.rescue),
        )
        return await console.page(
            request, Page("devices.html.j2", "devices", w.title, here="devices", keys=keys),
            tablets=found, states=[_state(each, now) for each in found],
            sentence=_sentence(found, now), county=signed_of(request).role is StaffRole.COUNTY,
        )  # fmt: skip

    @page("/devices/{device:str}", roles=KEEPERS)
    async def one(request: AnyRequest, device: FromPath[str]) -> Response[Any]:
        return await _one(console, request, device, EMPTY, EMPTY)

    return [listing, one]


def _letting_in(console: Console) -> list[HTTPRouteHandler]:
    @page("/devices/enrol", roles=KEEPERS)
    async def enrol(request: AnyRequest) -> Response[Any]:
        asked = request.query_params
        chosen = await _choices(console, request, asked.get("facility", ""), asked.get("staff", ""))
        return await _form(console, request, chosen, EMPTY)

    @action("/devices/enrol", roles=KEEPERS)
    async def make(request: AnyRequest) -> Response[Any]:
        typed = await posted(request)
        facility, staff = ((typed.get(name) or [""])[0] for name in ("facility", "staff"))
        chosen = await _choices(console, request, facility, staff)
        today = times.civil(console.site.clock()).date()
        filled = read_form(enrol_form(chosen), typed, today=today)
        if filled.hard:
            return await _form(console, request, chosen, filled)
        try:
            made = await enrol_desk.offer(console.site, signed_of(request), _new(chosen, filled))
        except RuleSaysNo as no:
            at = "restricted" if no.detail == "no_scope" else "panels"
            said = words("devices").no_scope if at == "restricted" else words("devices").not_served
            filled = filled.but(Fault(at, FaultCode.CONTRADICTION, said))
            return await _form(console, request, chosen, filled)
        return see(f"/console/devices/enrol/{made.hex()}")

    @page("/devices/enrol/{offer:str}", roles=KEEPERS)
    async def show(request: AnyRequest, offer: FromPath[str]) -> Response[Any]:
        return await _offer(console, request, offer, EMPTY)

    @action("/devices/enrol/{offer:str}", roles=KEEPERS)
    async def confirm(request: AnyRequest, offer: FromPath[str]) -> Response[Any]:
        typed, name = await posted(request), id_of(offer, OFFER_BYTES)
        digits, w = (typed.get("digits") or [""])[0], words("devices")
        found = await enrol_desk.offered(console.site, signed_of(request), name)
        try:
            device = await enrol_desk.confirm(console.site, signed_of(request), name, digits)
        except WrongDigits as wrong:
            fault = Fault("digits", FaultCode.CONTRADICTION, w.wrong_digits(n=wrong.tries_left))
            return await _offer(console, request, offer, Filled(typed, {}, (fault,)))
        except EnrolRefused:
            return await _offer(console, request, offer, EMPTY)
        done = "joined" if found.further else "enrolled"
        return see(f"/console/devices/{device.hex()}?done={done}")

    return [enrol, make, show, confirm]


def _people(console: Console) -> list[HTTPRouteHandler]:
    @action("/devices/{device:str}/staff", roles=KEEPERS)
    async def further(request: AnyRequest, device: FromPath[str]) -> Response[Any]:
        who = id_of(((await posted(request)).get("staff") or [""])[0])
        try:
            made = await signers.offer(console.site, signed_of(request), id_of(device), who)
        except RuleSaysNo:  # the tablet or the scope ended meanwhile: the page says how it stands
            return see(f"/console/devices/{device}")
        return see(f"/console/devices/enrol/{made.hex()}")

    @action("/devices/{device:str}/staff/end", roles=KEEPERS)
    async def end(request: AnyRequest, device: FromPath[str]) -> Response[Any]:
        who = id_of(((await posted(request)).get("staff") or [""])[0])
        try:
            await signers.end(console.site, signed_of(request), id_of(device), who)
        except (NotFound, RuleSaysNo):  # somebody was quicker
            return see(f"/console/devices/{device}")
        return see(f"/console/devices/{device}?done=key_ended")

    return [further, end]


def _ending(console: Console) -> list[HTTPRouteHandler]:
    @action("/devices/{device:str}/revoke", roles=KEEPERS)
    async def revoke(request: AnyRequest, device: FromPath[str]) -> Response[Any]:
        typed = await posted(request)
        today = times.civil(console.site.clock()).date()
        filled = read_form(revoke_form(), typed, today=today)
        if filled.hard:
            return await _one(console, request, device, EMPTY, filled)
        await tablets.revoke(
            console.site, signed_of(request), id_of(device), filled.values["reason"]
        )
        return see(f"/console/devices/{device}?done=revoked")

    @action("/devices/{device:str}/lost", roles=KEEPERS)
    async def lost(request: AnyRequest, device: FromPath[str]) -> Response[Any]:
        typed = await posted(request)
        today = times.civil(console.site.clock()).date()
        filled = read_form(lost_form(), typed, today=today)
        if not filled.hard:
            safe = _instant(filled)
            try:
                await tablets.lose(console.site, signed_of(request), id_of(device), safe)
            except RuleSaysNo:
                said = words("devices").safe_in_future
                filled = filled.but(Fault("time", FaultCode.OUT_OF_RANGE, said))
        if filled.hard:
            return await _one(console, request, device, filled, EMPTY)
        return see(f"/console/devices/{device}?done=lost")

    @action("/devices/{device:str}/epoch", roles=KEEPERS)
    async def epoch(request: AnyRequest, device: FromPath[str]) -> Response[Any]:
        await tablets.allow_epoch(console.site, signed_of(request), id_of(device))
        return see(f"/console/devices/{device}?done=epoch")

    @action("/devices/{device:str}/reinstate", roles=KEEPERS)
    async def reinstate(request: AnyRequest, device: FromPath[str]) -> Response[Any]:
        try:
            await tablets.reinstate(console.site, signed_of(request), id_of(device))
        except RuleSaysNo:  # somebody was quicker: the page says how it stands
            return see(f"/console/devices/{device}")
        return see(f"/console/devices/{device}?done=reinstated")

    return [revoke, lost, epoch, reinstate]


# Forms.


def enrol_form(chosen: Choices) -> Kind:
    """Which of the panels that its user serves today it carries, and how it is called."""
    w = words("devices").form
    scope = Code({"no": w.restricted_no, "yes": w.restricted_yes})
    panels = Codes({panel.hex(): name for panel, name in chosen.panels} or {"none": w.no_team})
    return Kind(
        id="enrol_tablet", label=words("devices").enrol, version=1, valid_from=FIRST,
        shape=Shape.EVENT,
        fields=(
            Field("label", w.label, Text(1, 30), required=True),
            Field("panels", w.panels, panels, required=True),
            Field("restricted", w.restricted, scope, required=True),
            Field("suite", w.suite, Code({"1": w.suite_1, "3": w.suite_3}), required=True),
        ),
    )  # fmt: skip


def lost_form() -> Kind:
    w = words("devices").lost
    return Kind(
        id="lost_tablet", label=w.title, version=1, valid_from=FIRST, shape=Shape.EVENT,
        fields=(
            Field("day", w.day, Day(past=True), required=True),
            Field("time", w.time, Time(), required=True),
        ),
    )  # fmt: skip


def revoke_form() -> Kind:
    w = words("devices").revoke
    return Kind(
        id="revoke_tablet", label=w.title, version=1, valid_from=FIRST, shape=Shape.EVENT,
        fields=(
            Field("reason", w.reason, Code({each: w.reasons[each] for each in w.reasons}),
                  required=True),
        ),
    )  # fmt: skip


def _new(chosen: Choices, filled: Filled) -> NewTablet:
    try:
        return NewTablet(
            chosen.facility, chosen.person or b"",
            tuple(bytes.fromhex(each) for each in filled.values["panels"]),
            filled.values["label"], int(filled.values["suite"]),
            filled.values["restricted"] == "yes",
        )  # fmt: skip
    except ValueError:
        raise NotYours from None


def _instant(filled: Filled) -> int:
    said = datetime.fromisoformat(f"{filled.values['day']}T{filled.values['time']}")
    return int(said.replace(tzinfo=CIVIL).timestamp() * 1000)


# Pages.


async def _choices(console: Console, request: AnyRequest, facility: str, staff: str) -> Choices:
    return await enrol_desk.choices(
        console.site, signed_of(request), id_of(facility) if facility else None,
        id_of(staff) if staff else None,
    )  # fmt: skip


async def _form(
    console: Console, request: AnyRequest, chosen: Choices, filled: Filled
) -> Response[Any]:
    w = words("devices")
    only = [panel.hex() for panel, _ in chosen.panels] if len(chosen.panels) == 1 else []
    typed: Posted = filled.typed or {"suite": ["1"], "restricted": ["no"], "panels": only}
    return await console.page(
        request,
        Page("device_enrol.html.j2", "devices", w.enrol, here="devices",
             keys=(Key("Ctrl Enter", w.make_code), Key("Esc", words("ui")["keys"].back))),
        status=422 if filled.hard else 200, chosen=chosen, kind=enrol_form(chosen),
        filled=Filled(typed, filled.values, filled.faults),
    )  # fmt: skip


async def _offer(
    console: Console, request: AnyRequest, offer: str, filled: Filled
) -> Response[Any]:
    found = await enrol_desk.offered(console.site, signed_of(request), id_of(offer, OFFER_BYTES))
    w, left = words("devices"), found.expires_at - console.site.clock()
    return await console.page(
        request,
        Page("device_offer.html.j2", "devices", w.enrol, here="devices",
             keys=(Key("Ctrl Enter", w.let_in),)),
        status=422 if filled.faults else 200, offer=offer, found=found, filled=filled,
        minutes=max(0, -(-left // 60_000)), code=qr.code_of(found.qr) if found.qr else None,
    )  # fmt: skip


async def _one(
    console: Console, request: AnyRequest, device: str, lost: Filled, revoke: Filled
) -> Response[Any]:
    found = await tablets.tablet(console.site, signed_of(request), id_of(device))
    people = await signers.signers(console.site, signed_of(request), id_of(device))
    w, now = words("devices"), console.site.clock()
    each = found.tablet
    done = request.query_params.get("done", "")
    return await console.page(
        request,
        Page("device.html.j2", "devices", each.label, here="devices",
             keys=(Key("Esc", w.back),)),
        status=422 if lost.faults or revoke.faults else 200, found=found, tablet=each,
        name=_name(each), state=_state(each, now), lost=lost, revoke=revoke,
        filled=Filled({}, {}, (*lost.faults, *revoke.faults)), lost_kind=lost_form(),
        revoke_kind=revoke_form(), done=w.done.get(done) if done else "",
        facts=_facts(found, now), copies=_copies(found),
        since=[_since(s, now) for s in found.since],
        ended=each.status in ("lost", "revoked"), people=people,
    )  # fmt: skip


def _name(each: Tablet) -> str:
    w = words("devices")
    return each.label if words("queue").tablet in each.label else w.named(label=each.label)


def _state(each: Tablet, now: int) -> tuple[str, str, str]:
    """(tone, sign, word) of a tablet."""
    w = words("devices").states
    if each.status in ("lost", "suspended"):
        return "alarm", "warn", w[each.status]
    if each.status == "revoked":
        return "wait", "check", w.revoked
    if each.epoch_waiting:
        return "due", "warn", w.epoch
    if each.leaving:
        return "wait", "wait", w.leaving
    if each.lease_until <= now:
        return "due", "clock", w.lease_over
    return "done", "check", w.enrolled


def _sentence(found: Any, now: int) -> tuple[str, str]:
    """12 台平板，1 台丢失: what is plain, what is marked."""
    w = words("devices").sentences
    if not found:
        return w.none, ""
    in_use = [each for each in found if each.status == "enrolled"]
    lost = sum(each.status == "lost" for each in found)
    silent = sum(now - each.last_contact > SILENT_MS for each in in_use)
    pending = sum(each.pending for each in in_use)
    plain = w.in_use(n=len(in_use))
    if lost:
        return plain, w.lost(n=lost)
    if silent:
        return plain, w.silent(n=silent)
    return plain, w.pending(n=values.count(pending)) if pending else w.calm


def _facts(found: Detail, now: int) -> list[tuple[str, str]]:
    w, each = words("devices").facts, found.tablet
    at = words("queue").and_

    def when(instant: int | None) -> str:
        return times.moment_text(instant, now_ms=now) if instant else w.never

    rows = [
        (w.people, at.join(each.people) or w.nobody), (w.teams, at.join(found.teams) or w.nobody),
        (w.facility, each.facility_name), (w.last_contact, when(each.last_contact)),
        (w.pending, w.pending_said(n=each.pending, oldest=when(each.oldest)) if each.pending
         else w.nothing_pending),
        (w.lease, when(each.lease_until)), (w.quarantined, w.changes(n=found.quarantined)),
        (w.scope, w.scope_b if each.restricted else w.scope_a), (w.app, each.app or w.never),
    ]  # fmt: skip
    if each.safe_until is not None:
        rows.insert(0, (w.safe, when(each.safe_until)))
    return rows


def _copies(found: Detail) -> str:
    w = words("devices").copies
    said = [
        w[state](n=values.count(found.copies[state]))
        for state in ("possible", "asked", "unaccounted", "purged")
        if found.copies.get(state)
    ]
    return words("queue").comma.join(said) if said else w.none


def _since(each: tablets.Since, now: int) -> tuple[str, str, str, str]:
    """(when it came, whose, what, what became of it) of a change since the tablet was seen safe."""
    w = words("devices")
    what = values.form_label(each.kind) if each.kind and each.shape == "event" else w.an_edit
    if each.cls != "A":
        what = words("queue").restricted_form
    state = w.became.get(each.state, each.state)
    who = each.card.name if each.card else w.elsewhere
    return times.moment_text(each.received_at, now_ms=now), who, what, state
