"""Letting a tablet in at the console: whose it may be, the code on the screen, the six digits."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from crypto.enrolment import typed_form
from server.actions.accounts.sessions import Signed, panels_of
from server.actions.archives.told import facility_names, staff_names, tablet_labels, team_names
from server.actions.keeping.site import Site
from server.actions.tablets import devices
from server.actions.tablets.offers import TRIES, lock_offer, qr_text
from server.actions.tablets.tablets import within
from server.errors import NotYours, RuleSaysNo
from server.rules.accounts import StaffRole
from server.store.tx import Row, Tx, one


@dataclass(frozen=True, slots=True)
class Choices:
    """Who may use a new tablet of a facility, and whose panels it may carry.

    `panels`: that `person` serves today, as a locum too; () before somebody is chosen.
    """

    facility: bytes
    facility_name: str
    staff: tuple[tuple[bytes, str], ...]
    person: bytes | None
    panels: tuple[tuple[bytes, str], ...]
    facilities: tuple[tuple[bytes, str], ...]  # for the county to choose from


async def choices(
    site: Site, signed: Signed, facility: bytes | None, person: bytes | None = None
) -> Choices:
    """For the own facility, or the one the county names. Raises NotYours."""
    return await site.store.read(
        partial(
            read_choices, site=site, signed=signed, facility=facility or signed.facility,
            person=person,
        )
    )  # fmt: skip


async def read_choices(
    tx: Tx, site: Site, signed: Signed, facility: bytes, person: bytes | None
) -> Choices:
    within(signed)
    if signed.role is not StaffRole.COUNTY and facility != signed.facility:
        raise NotYours
    district = site.district
    staff = await tx.rows(
        "SELECT staff, panel FROM staff WHERE district=? AND facility=? AND active=? "
        "AND role IN ('doctor','desk','manager') "
        "ORDER BY CASE WHEN role='doctor' THEN 0 ELSE 1 END, role, staff",
        district, facility, True,
    )  # fmt: skip
    own = {row[0]: row[1] for row in staff}
    if person is not None and person not in own:
        raise NotYours
    served = frozenset[bytes]()
    if person is not None:
        served = await panels_of(tx, site, person, own[person])
    every: Sequence[Row] = ()
    if signed.role is StaffRole.COUNTY:
        every = await tx.rows(
            "SELECT facility, name FROM facility WHERE district=? AND level='facility' AND "
            "closed_on IS NULL ORDER BY name",
            district,
        )
    places = await facility_names(tx, site)
    if facility not in places:
        raise NotYours
    names, teams = await staff_names(tx, site, own.keys()), await team_names(tx, site, served)
    return Choices(
        facility, places[facility], tuple((who, names.get(who, "")) for who in own), person,
        tuple(sorted(teams.items(), key=lambda each: each[1])),
        tuple((row[0], row[1]) for row in every),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewTablet:
    """Who will sign on it, which panels it carries. `restricted`: class B as well."""

    facility: bytes
    staff: bytes
    panels: tuple[bytes, ...]
    label: str
    suite: int
    restricted: bool


async def offer(site: Site, signed: Signed, new: NewTablet) -> bytes:
    """A code for one tablet; the id of the offer. Raises NotYours; RuleSaysNo("not_served") when
    one of the panels is not served by that person today.
    """

    async def allowed(tx: Tx) -> None:
        found = await read_choices(tx, site, signed, new.facility, new.staff)
        if not set(new.panels) <= dict(found.panels).keys():
            raise RuleSaysNo("not_served")

    made = await devices.enrol_offer(
        site, staff=new.staff, panels=new.panels, label=new.label, suite=new.suite,
        restricted=new.restricted, allowed=allowed,
    )  # fmt: skip
    return made.offer


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer on the screen. status: open | joined | confirmed | over."""

    label: str
    staff: str
    status: str
    code: str
    qr: str
    expires_at: int
    tries_left: int
    device: bytes
    further: bool  # one more member of staff on a tablet that is there

    def __repr__(self) -> str:
        return f"Offered(status={self.status})"


async def offered(site: Site, signed: Signed, name: bytes) -> Offered:
    """The offer with its code, while it stands. Raises NotYours."""
    return await site.store.write(partial(_offered, site=site, signed=signed, name=name))


async def _offered(tx: Tx, site: Site, signed: Signed, name: bytes) -> Offered:
    within(signed)
    row = await lock_offer(tx, site, name)
    home = row and await one(
        tx, "SELECT facility FROM staff WHERE district=? AND staff=?", site.district, row.staff
    )
    if not row or not home:
        raise NotYours
    if signed.role is not StaffRole.COUNTY and home[0] != signed.facility:
        raise NotYours
    names, label = await staff_names(tx, site, {row.staff}), row.label
    if row.further:
        label = (await tablet_labels(tx, site, {row.device})).get(row.device, "")
    now = site.clock()
    status = row.status if row.alive(now) or row.status == "confirmed" else "over"
    code = typed_form(row.secret.code) if status in ("open", "joined") else ""
    qr = qr_text(site, code, row.suite) if code else ""
    return Offered(
        label, names.get(row.staff, ""), status, code, qr, row.expires_at,
        max(0, TRIES - row.tries), row.device, row.further,
    )  # fmt: skip


async def confirm(site: Site, signed: Signed, name: bytes, digits: str) -> bytes:
    """The digits of the tablet's screen: it is let in. Raises NotYours, WrongDigits,
    EnrolRefused.
    """
    guard = partial(_offered, site=site, signed=signed, name=name)
    return await devices.confirm(site, name, digits, allowed=guard)
