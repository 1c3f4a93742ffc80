"""Staff and teams of a facility: who is here, who serves what, who joins for days, who leaves."""

from datetime import date
from functools import partial
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.accounts.sessions import Signed
from server.actions.places import leaving, organisations, teams
from server.actions.places.teams import Staffing, Team, may_engage
from server.actions.tablets.restricted_scope import give_scope
from server.console.accounts import draw_link
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.organisations import WRITERS, id_of
from server.console.words import words
from server.errors import NotYours
from server.pages.forms import EMPTY, Filled, filled_from, read_form
from server.pages.times import civil
from server.pages.web import posted, see
from server.records import office_forms
from server.records.model import Kind
from server.rules.accounts import FACILITY_ROLES, StaffRole, may_make
from server.rules.organisations import Level

AnyRequest = Request[Any, Any, Any]
HERE: Final = "staff"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_lists(console), *_members(console), *_teams(console), *_leavings(console)]


def _lists(console: Console) -> list[HTTPRouteHandler]:
    w = words("staff")

    @page("/staff", roles=WRITERS)
    async def begin(request: AnyRequest) -> Response[Any]:
        signed = signed_of(request)
        if signed.role is StaffRole.MANAGER:
            return see(f"/console/staff/{signed.facility.hex()}")
        every = await organisations.tree(console.site)
        shown = [b for b in every if b.organisation.level in (Level.COUNTY, Level.FACILITY)]
        keys = [Key("J", words("ui").keys.down), Key("Enter", words("ui").keys.open)]
        sheet = Page("staff_choose.html.j2", "staff", w.title, HERE, keys)
        return await console.page(request, sheet, shown=shown)

    @page("/staff/{facility:str}", roles=WRITERS)
    async def look(request: AnyRequest, facility: FromPath[str]) -> Response[str]:
        signed = signed_of(request)
        found = await teams.staffing(console.site, signed, id_of(facility))
        keys = [Key("N", w.new_member), Key("T", w.new_team)]
        sheet = Page("staff.html.j2", "staff", w.title, HERE, keys)
        return await console.page(
            request, sheet, found=found, most=console.site.rules.panel_max, may_engage=may_engage,
            over=sum(bool(team.over) for team in found.teams), path=f"/console/staff/{facility}",
            makes=partial(may_make, signed.role), role=signed.role,
            gives=FACILITY_ROLES if signed.role is StaffRole.COUNTY else (),
        )  # fmt: skip

    @action("/staff/{facility:str}/scope/{staff:str}", roles={StaffRole.COUNTY})
    async def scope(
        request: AnyRequest, facility: FromPath[str], staff: FromPath[str]
    ) -> Response[Any]:
        given = Filled(await posted(request)).text("given")
        if given not in ("yes", "no"):
            raise NotYours
        await give_scope(
            console.site, signed_of(request), id_of(facility), id_of(staff), given=given == "yes"
        )
        return see(f"/console/staff/{facility}")

    return [begin, look, scope]


def _day(console: Console) -> date:
    return civil(console.site.clock()).date()


async def _read(console: Console, request: AnyRequest, kind: Kind) -> Filled:
    return read_form(kind, await posted(request), today=_day(console))


async def _draw(
    console: Console, request: AnyRequest, facility: str, title: str, kind: Kind, filled: Filled,
    *, hints: dict[str, str], save: str, choices: dict[str, dict[str, str]] | None = None,
) -> Response[str]:  # fmt: skip
    sheet = Page("staff_form.html.j2", "staff", title, HERE)
    return await console.page(
        request, sheet, status=422 if filled.hard else 200, filled=filled, hints=hints, save=save,
        fields=office_forms.drawn(kind, choices or {}), back=f"/console/staff/{facility}",
    )  # fmt: skip


def _members(console: Console) -> list[HTTPRouteHandler]:
    w = words("staff").member_form

    def form(signed: Signed, found: Staffing) -> Kind:
        roles = (
            code
            for code in office_forms.ROLES
            if may_engage(signed.role, StaffRole(code))
            and (code == "auditor") == (found.level == Level.COUNTY.value)
        )
        return office_forms.member(tuple(roles))

    async def draw(request: AnyRequest, facility: str, found: Staffing, filled: Filled) -> Any:
        signed = signed_of(request)
        theirs = signed.role is StaffRole.MANAGER or found.level == Level.COUNTY.value
        login = w.login_hint if theirs else f"{w.login_hint}{w.login_not_yours}"
        return await _draw(
            console, request, facility, w.title(name=found.name), form(signed, found), filled,
            hints={"panel": w.panel_hint, "login": login}, save=w.save,
            choices={"panel": {team.panel.hex(): team.name for team in found.teams}},
        )  # fmt: skip

    @page("/staff/{facility:str}/new", roles=WRITERS)
    async def blank(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        found = await teams.staffing(console.site, signed_of(request), id_of(facility))
        return await draw(request, facility, found, EMPTY)

    @action("/staff/{facility:str}/new", roles=WRITERS)
    async def create(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        signed, who = signed_of(request), id_of(facility)
        found = await teams.staffing(console.site, signed, who)
        filled = await _read(console, request, form(signed, found))
        if filled.hard:
            return await draw(request, facility, found, filled)
        done = await teams.engage(console.site, signed, who, filled.values)
        if not isinstance(done, teams.Engaged):
            return await draw(request, facility, found, filled.but(*done))
        if done.link is not None:
            return await draw_link(console, request, done.link, filled.values["name"])
        return see(f"/console/staff/{facility}")

    return [blank, create]


def _team_of(found: Staffing, panel: str) -> Team:
    """Raises NotYours for a team of another facility."""
    who = id_of(panel)
    team = next((each for each in found.teams if each.panel == who), None)
    if team is None:
        raise NotYours
    return team


def _teams(console: Console) -> list[HTTPRouteHandler]:
    return [*_making(console), *_joining(console)]


async def _facility(console: Console, request: AnyRequest, facility: str) -> Staffing:
    """Teams are of facilities. Raises NotYours for every other organisation."""
    found = await teams.staffing(console.site, signed_of(request), id_of(facility))
    if found.level != Level.FACILITY.value:
        raise NotYours
    return found


def _making(console: Console) -> list[HTTPRouteHandler]:
    w = words("staff").team_form

    async def draw(
        request: AnyRequest, facility: str, filled: Filled, found: Staffing, team: Team | None
    ) -> Response[Any]:
        title = w.edit_title(name=team.name) if team else w.title(name=found.name)
        return await _draw(
            console, request, facility, title, office_forms.TEAM, filled,
            hints={"areas": w.areas_hint}, save=w.save,
        )  # fmt: skip

    async def save(
        request: AnyRequest, facility: str, found: Staffing, team: Team | None
    ) -> Response[Any]:
        filled = await _read(console, request, office_forms.TEAM)
        if not filled.hard:
            done = await teams.save_team(
                console.site, signed_of(request), found.facility, filled.values,
                team.panel if team else None,
            )  # fmt: skip
            if isinstance(done, bytes):
                return see(f"/console/staff/{facility}")
            filled = filled.but(*done)
        return await draw(request, facility, filled, found, team)

    @page("/staff/{facility:str}/team", roles=WRITERS)
    async def blank(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        found = await _facility(console, request, facility)
        free = "\n".join(f"{code} {name}" for code, name in found.free_areas)
        start = filled_from(office_forms.TEAM, {"areas": free} if free else {})
        return await draw(request, facility, start, found, None)

    @action("/staff/{facility:str}/team", roles=WRITERS)
    async def create(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        return await save(request, facility, await _facility(console, request, facility), None)

    @page("/staff/{facility:str}/team/{panel:str}", roles=WRITERS)
    async def edit(
        request: AnyRequest, facility: FromPath[str], panel: FromPath[str]
    ) -> Response[Any]:
        found = await _facility(console, request, facility)
        team = _team_of(found, panel)
        areas = "\n".join(f"{code} {name}" for code, name in team.areas)
        values = {"name": team.name, **({"areas": areas} if areas else {})}
        return await draw(request, facility, filled_from(office_forms.TEAM, values), found, team)

    @action("/staff/{facility:str}/team/{panel:str}", roles=WRITERS)
    async def change(
        request: AnyRequest, facility: FromPath[str], panel: FromPath[str]
    ) -> Response[Any]:
        found = await _facility(console, request, facility)
        return await save(request, facility, found, _team_of(found, panel))

    return [blank, create, edit, change]


def _joining(console: Console) -> list[HTTPRouteHandler]:
    w = words("staff").join_form

    async def draw(
        request: AnyRequest, facility: str, found: Staffing, team: Team, filled: Filled
    ) -> Response[Any]:
        return await _draw(
            console, request, facility, w.title(name=team.name), office_forms.JOINING, filled,
            hints={"until_day": w.until_hint}, save=w.save, choices={"staff": _people(found, team)},
        )  # fmt: skip

    @page("/staff/{facility:str}/team/{panel:str}/join", roles=WRITERS)
    async def blank(
        request: AnyRequest, facility: FromPath[str], panel: FromPath[str]
    ) -> Response[Any]:
        found = await teams.staffing(console.site, signed_of(request), id_of(facility))
        team = _team_of(found, panel)
        start = filled_from(office_forms.JOINING, {"from_day": _day(console).isoformat()})
        return await draw(request, facility, found, team, start)

    @action("/staff/{facility:str}/team/{panel:str}/join", roles=WRITERS)
    async def create(
        request: AnyRequest, facility: FromPath[str], panel: FromPath[str]
    ) -> Response[Any]:
        signed = signed_of(request)
        found = await teams.staffing(console.site, signed, id_of(facility))
        team = _team_of(found, panel)
        filled = await _read(console, request, office_forms.JOINING)
        faults = filled.hard
        if not faults:
            faults = await teams.join(console.site, signed, team.panel, filled.values)
            if not faults:
                return see(f"/console/staff/{facility}")
            filled = filled.but(*faults)
        return await draw(request, facility, found, team, filled)

    @action("/staff/{facility:str}/team/{panel:str}/part", roles=WRITERS)
    async def part(
        request: AnyRequest, facility: FromPath[str], panel: FromPath[str]
    ) -> Response[Any]:
        signed = signed_of(request)
        found = await teams.staffing(console.site, signed, id_of(facility))
        who = id_of(Filled(await posted(request)).text("staff"))
        await teams.part(console.site, signed, _team_of(found, panel).panel, who)
        return see(f"/console/staff/{facility}")

    return [blank, create, part]


def _people(found: Staffing, team: Team) -> dict[str, str]:
    """The doctors of the facility that are not in the team for good."""
    inside = {each.staff for each in team.people if each.ground != teams.LOCUM}
    return {
        each.staff.hex(): each.name
        for each in found.everybody
        if each.role is StaffRole.DOCTOR and each.staff not in inside
    }


def _leavings(console: Console) -> list[HTTPRouteHandler]:
    w = words("staff").leave_form

    async def draw(request: AnyRequest, facility: str, staff: bytes, filled: Filled) -> Any:
        signed = signed_of(request)
        seen = await leaving.in_hand(console.site, signed, staff)
        found = await teams.staffing(console.site, signed, id_of(facility))
        who = next((each for each in found.everybody if each.staff == staff), None)
        if who is None:
            raise NotYours
        choices = {"successor": _successors(found, staff, who.role)}
        sheet = Page("staff_leave.html.j2", "staff", w.title(name=who.name), HERE)
        return await console.page(
            request, sheet, status=422 if filled.hard else 200, seen=seen, who=who, filled=filled,
            fields=office_forms.drawn(office_forms.LEAVING, choices),
            back=f"/console/staff/{facility}",
            path=f"/console/staff/{facility}/leave/{staff.hex()}",
        )  # fmt: skip

    @page("/staff/{facility:str}/leave/{staff:str}", roles=WRITERS)
    async def look(
        request: AnyRequest, facility: FromPath[str], staff: FromPath[str]
    ) -> Response[Any]:
        return await draw(request, facility, id_of(staff), EMPTY)

    @action("/staff/{facility:str}/leave/{staff:str}", roles=WRITERS)
    async def leave(
        request: AnyRequest, facility: FromPath[str], staff: FromPath[str]
    ) -> Response[Any]:
        signed, who = signed_of(request), id_of(staff)
        await teams.staffing(console.site, signed, id_of(facility))
        filled = await _read(console, request, office_forms.LEAVING)
        if not filled.hard:
            faults = await leaving.plan_leaving(console.site, signed, who, filled.values)
            if not faults:
                return see(f"/console/staff/{facility}")
            filled = filled.but(*faults)
        return await draw(request, facility, who, filled)

    @action("/staff/{facility:str}/leave/{staff:str}/undo", roles=WRITERS)
    async def undo(
        request: AnyRequest, facility: FromPath[str], staff: FromPath[str]
    ) -> Response[Any]:
        await leaving.undo_leaving(console.site, signed_of(request), id_of(staff))
        return see(f"/console/staff/{facility}")

    return [look, leave, undo]


def _successors(found: Staffing, staff: bytes, role: StaffRole) -> dict[str, str]:
    """Who may take over: of the same role, and of the same place."""
    return {
        each.staff.hex(): each.name
        for each in found.everybody
        if each.staff != staff and each.role is role and not each.leaves_on
    }
