"""Who works at a facility: its teams with their members, villages and residents, and everybody in
no team.

The county and the facility's manager write here; an id of another place is answered like one that
does not exist. A team of more residents than the district allows is said (S004-2(11)-a).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from server.actions.accounts.account_making import Link, make_account_in
from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.records.values import Fault, FaultCode, Faults
from server.rules.accounts import LEVEL_OF, StaffRole, may_make
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from server.store.vault import NOBODY, T_STAFF
from sync import digest

MEMBER: Final = "member"
LOCUM: Final = "locum"
WRITERS: Final = frozenset({StaffRole.COUNTY, StaffRole.MANAGER})
LOGIN_SAY: Final = {
    "login_form": "登录名用小写字母开头，3 到 32 位字母、数字、点或短横",
    "login_taken": "这个登录名已经有人用",
    "has_account": "这个人已经有账号",
}


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works here. ground: own (the team is theirs) | member | locum | "".

    `until_day`: the first day without, of a membership that ends. account: "" for none.
    """

    staff: bytes
    name: str
    role: StaffRole
    facility_name: str
    ground: str
    from_day: str
    until_day: str | None
    login: str
    account: str
    leaves_on: str
    restricted: bool  # may be shown class B

    @property
    def last_day(self) -> str:
        """The last day with, of a membership that ends; "" for one that does not."""
        until = self.until_day
        return (date.fromisoformat(until) - timedelta(days=1)).isoformat() if until else ""


@dataclass(frozen=True, slots=True)
class Team:
    """`over`: how many residents more than the district allows, 0 for none."""

    panel: bytes
    name: str
    residents: int
    over: int
    tablets: int
    areas: tuple[tuple[str, str], ...]
    people: tuple[Colleague, ...]


@dataclass(frozen=True, slots=True)
class Staffing:
    """A facility with its teams; `others` are in none."""

    facility: bytes
    name: str
    level: str
    teams: tuple[Team, ...]
    others: tuple[Colleague, ...]
    free_areas: tuple[tuple[str, str], ...]
    """Areas of the facility that no team has."""

    @property
    def everybody(self) -> tuple[Colleague, ...]:
        """Each person once, in the own team where there is one."""
        found = {each.staff: each for each in self.others}
        for team in self.teams:
            for each in team.people:
                if each.ground == "own" or each.staff not in found:
                    found[each.staff] = each
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Engaged:
    """Somebody new; `link` when an account was made as well, shown once."""

    staff: bytes
    link: Link | None


async def names_of(tx: Tx, site: Site, sealed: Mapping[bytes, bytes]) -> dict[bytes, str]:
    """Names of staff by id, opened."""
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    return {
        who: key.open(site.vault.at(T_STAFF, who), name).decode() for who, name in sealed.items()
    }


async def check_place(tx: Tx, site: Site, signed: Signed, facility: bytes) -> Row:
    """(level, name, parent, closed_on) of a facility this person looks after. Raises NotYours."""
    row = await one(
        tx,
        "SELECT level, name, parent, closed_on FROM facility WHERE district=? AND facility=?",
        site.district, facility,
    )  # fmt: skip
    own = row is not None and signed.facility in (facility, row[2])
    if row is None or not (own or signed.oversees):
        raise NotYours
    return row


async def check_writes(tx: Tx, site: Site, signed: Signed, facility: bytes) -> Row:
    """The same for somebody who changes something there."""
    if signed.role not in WRITERS:
        raise NotYours
    return await check_place(tx, site, signed, facility)


async def staffing(site: Site, signed: Signed, facility: bytes) -> Staffing:
    """Raises NotYours for another place."""
    return await site.store.read(partial(_staffing, site=site, signed=signed, facility=facility))


async def _staffing(tx: Tx, site: Site, signed: Signed, facility: bytes) -> Staffing:
    level, name, _, _ = await check_place(tx, site, signed, facility)
    district = site.district
    people = await _colleagues(tx, site, facility)
    teams: list[Team] = []
    areas = await tx.rows(
        "SELECT code, name, panel FROM service_area WHERE district=? AND facility=? ORDER BY code",
        district, facility,
    )  # fmt: skip
    placed: set[bytes] = set()
    for panel, said, residents, tablets in await tx.rows(
        "SELECT p.panel, p.name, (SELECT COUNT(*) FROM member m WHERE m.district=p.district AND "
        "m.panel=p.panel AND m.ground='assigned'), (SELECT COUNT(*) FROM device_panel d JOIN "
        "device v ON v.district=d.district AND v.device=d.device AND v.status='enrolled' WHERE "
        "d.district=p.district AND d.panel=p.panel) FROM panel p WHERE p.district=? AND "
        "p.facility=? ORDER BY p.name",
        district, facility,
    ):  # fmt: skip
        inside = tuple(each for at, each in people if at == panel)
        placed.update(each.staff for each in inside)
        over = max(0, residents - site.rules.panel_max)
        villages = tuple((code, place) for code, place, at in areas if at == panel)
        teams.append(Team(panel, said, residents, over, tablets, villages, inside))
    others = {each.staff: each for _, each in people if each.staff not in placed}
    free = tuple((code, place) for code, place, at in areas if at is None)
    return Staffing(facility, name, level, tuple(teams), tuple(others.values()), free)


async def _colleagues(
    tx: Tx, site: Site, facility: bytes
) -> Sequence[tuple[bytes | None, Colleague]]:
    """(panel, who) of everybody who works here or serves a team of here, once a team."""
    district = site.district
    today = civil_day(site.clock()).isoformat()
    rows = await tx.rows(
        "SELECT s.staff, s.sealed_name, s.role, f.name, s.panel, 'own', '', NULL, s.restricted "
        "FROM staff s JOIN facility f ON f.district=s.district AND f.facility=s.facility "
        "WHERE s.district=? AND s.active=? AND "
        "(s.facility=? OR f.parent=? AND f.level IN ('station','room')) "
        "UNION ALL SELECT s.staff, s.sealed_name, s.role, f.name, t.panel, t.ground, t.from_day, "
        "t.until_day, s.restricted FROM team_member t "
        "JOIN panel p ON p.district=t.district AND p.panel=t.panel "
        "JOIN staff s ON s.district=t.district AND s.staff=t.staff AND s.active=? JOIN facility f "
        "ON f.district=s.district AND f.facility=s.facility WHERE t.district=? AND p.facility=? "
        "AND (t.until_day IS NULL OR t.until_day>?)",
        district, True, facility, facility, True, district, facility, today,
    )  # fmt: skip
    names = await names_of(tx, site, {row[0]: row[1] for row in rows})
    accounts = {
        who: (login, state)
        for who, login, state in await tx.rows(
            "SELECT staff, login, state FROM account WHERE district=?", district
        )
    }
    leaving: dict[bytes, str] = dict(
        await tx.rows(
            "SELECT staff, day FROM leaving WHERE district=? AND state='planned'", district
        )
    )
    found: list[tuple[bytes | None, Colleague]] = []
    for who, _, role, place, panel, ground, since, until, restricted in rows:
        login, state = accounts.get(who, ("", ""))
        each = Colleague(
            who, names[who], StaffRole(role), place, ground if panel else "", since, until,
            login, state, leaving.get(who, ""), bool(restricted),
        )  # fmt: skip
        found.append((panel, each))
    return sorted(found, key=lambda each: (each[1].ground != "own", each[1].role, each[1].name))


# ---- writing ------------------------------------------------------------------------------------


def _fault(field: str, say: str) -> Fault:
    return Fault(field, FaultCode.CONTRADICTION, say)


async def save_team(
    site: Site, signed: Signed, facility: bytes, values: Mapping[str, Any],
    panel: bytes | None = None,
) -> bytes | Faults:  # fmt: skip
    """A new team of a facility, or its name and villages changed. Raises NotYours."""

    async def write(tx: Tx) -> bytes | Faults:
        level, _, _, closed = await check_writes(tx, site, signed, facility)
        if level != "facility" or closed:
            raise NotYours
        district, now = site.district, site.clock()
        teams: dict[bytes, str] = dict(
            await tx.rows(
                f"SELECT panel, name FROM panel WHERE district=? AND facility=?{locking(tx)}",
                district, facility,
            )
        )  # fmt: skip
        if panel is not None and panel not in teams:
            raise NotYours
        if any(name == values["name"] and each != panel for each, name in teams.items()):
            return (_fault("name", "这家机构已经有一个同名的团队"),)
        wanted = [line.split()[0] for line in values.get("areas", "").splitlines() if line.split()]
        present: set[str] = {
            row[0]
            for row in await tx.rows(
                "SELECT code FROM service_area WHERE district=? AND facility=?", district, facility
            )
        }
        strange = [code for code in wanted if code not in present]
        if strange:
            say = f"不是这家机构的服务区域：{'、'.join(strange)[:80]}"
            return (_fault("areas", say),)
        who = panel or new_id(now)
        if panel is None:
            row: Row = (district, who, facility, values["name"], 0, digest.ZERO, digest.ZERO, 0, 0)
            await tx.insert("panel", [row])
        else:
            await tx.run(
                "UPDATE panel SET name=? WHERE district=? AND panel=?",
                values["name"],
                district,
                who,
            )
        await tx.run(
            "UPDATE service_area SET panel=NULL WHERE district=? AND panel=?", district, who
        )
        rows = [(district, code, who) for code in wanted]
        await tx.update("service_area", ("district", "code"), ("panel",), rows)
        await audit(tx, district, "act", b"team" + who + signed.staff, now)
        return who

    return await site.store.write(write)


async def engage(
    site: Site, signed: Signed, facility: bytes, values: Mapping[str, Any]
) -> Engaged | Faults:
    """A new member of staff of a facility; with a login the account and its one-time link, when
    this person may make it. Raises NotYours.
    """
    try:
        return await site.store.write(
            partial(_engage, site=site, signed=signed, facility=facility, values=values)
        )
    except RuleSaysNo as refused:
        return (_fault("login", LOGIN_SAY.get(refused.detail, refused.say)),)


async def _engage(
    tx: Tx, site: Site, signed: Signed, facility: bytes, values: Mapping[str, Any]
) -> Engaged | Faults:
    level, _, parent, closed = await check_writes(tx, site, signed, facility)
    role = StaffRole(values["role"])
    if closed or level not in LEVEL_OF[role] or not may_engage(signed.role, role):
        raise NotYours
    panel = bytes.fromhex(values["panel"]) if values.get("panel") else None
    if panel is not None and role is not StaffRole.DOCTOR:
        return (_fault("panel", "只有家庭医生属于团队；别的岗位不选团队"),)
    if panel is not None:
        home = facility if level == "facility" else parent
        await _check_panel(tx, site, panel, home)
    now = site.clock()
    who = new_id(now)
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    sealed = key.seal(site.vault.at(T_STAFF, who), values["name"].encode())
    row: Row = (site.district, who, facility, panel, role.value, False, True, sealed)
    await tx.insert("staff", [row])
    await audit(tx, site.district, "act", b"engaged" + who + facility + signed.staff, now)
    link = None
    if values.get("login") and may_make(signed.role, role):
        link = await make_account_in(tx, site, signed, who, values["login"])
    return Engaged(who, link)


def may_engage(maker: StaffRole, role: StaffRole) -> bool:
    """Whether this role lists new members of staff of that role. An account is another question:
    each level makes only those of the level below.
    """
    if maker is StaffRole.COUNTY:
        return role in (StaffRole.MANAGER, StaffRole.AUDITOR, StaffRole.DESK, StaffRole.DOCTOR)
    return maker is StaffRole.MANAGER and role in (StaffRole.DESK, StaffRole.DOCTOR)


async def _check_panel(tx: Tx, site: Site, panel: bytes, facility: bytes | None) -> None:
    row = await one(
        tx, "SELECT facility FROM panel WHERE district=? AND panel=?", site.district, panel
    )
    if row is None or row[0] != facility:
        raise NotYours


async def join(site: Site, signed: Signed, panel: bytes, values: Mapping[str, Any]) -> Faults:
    """Somebody serves a team from one day, a locum until another. Raises NotYours."""
    return await site.store.write(
        partial(_join, site=site, signed=signed, panel=panel, values=values)
    )


async def _join(
    tx: Tx, site: Site, signed: Signed, panel: bytes, values: Mapping[str, Any]
) -> Faults:
    district, now = site.district, site.clock()
    team = await one(tx, "SELECT facility FROM panel WHERE district=? AND panel=?", district, panel)
    if team is None:
        raise NotYours
    await check_writes(tx, site, signed, team[0])
    who = bytes.fromhex(values["staff"])
    person = await one(
        tx, "SELECT role, facility FROM staff WHERE district=? AND staff=? AND active=?",
        district, who, True,
    )  # fmt: skip
    if person is None:
        raise NotYours
    _, _, above, _ = await check_place(tx, site, signed, person[1])
    if team[0] not in (person[1], above):
        raise NotYours  # a team is served by the people of its facility
    if person[0] != StaffRole.DOCTOR.value:
        return (_fault("staff", "只有家庭医生能加入团队"),)
    until = values.get("until_day")
    if until and until < civil_day(now).isoformat():
        return (_fault("until_day", "结束的日子已经过了"),)
    first_without = (date.fromisoformat(until) + timedelta(days=1)).isoformat() if until else None
    await tx.run(
        "DELETE FROM team_member WHERE district=? AND panel=? AND staff=? AND from_day=?",
        district, panel, who, values["from_day"],
    )  # fmt: skip
    row: Row = (district, panel, who, values["ground"], values["from_day"], first_without)
    await tx.insert("team_member", [row])
    await audit(tx, district, "act", b"joined" + panel + who + signed.staff, now)
    return ()


async def part(site: Site, signed: Signed, panel: bytes, staff: bytes) -> None:
    """Somebody no longer serves a team, from today. Raises NotYours."""

    async def write(tx: Tx) -> None:
        team = await one(
            tx, "SELECT facility FROM panel WHERE district=? AND panel=?", site.district, panel
        )
        if team is None:
            raise NotYours
        await check_writes(tx, site, signed, team[0])
        now = site.clock()
        today = civil_day(now).isoformat()
        await tx.run(
            "UPDATE team_member SET until_day=? WHERE district=? AND panel=? AND staff=? AND "
            "(until_day IS NULL OR until_day>?)",
            today, site.district, panel, staff, today,
        )  # fmt: skip
        await tx.run(
            "UPDATE staff SET panel=NULL WHERE district=? AND staff=? AND panel=?",
            site.district, staff, panel,
        )  # fmt: skip
        await audit(tx, site.district, "act", b"parted" + panel + staff + signed.staff, now)

    await site.store.write(write)
