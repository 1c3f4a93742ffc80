"""How people get into the demo's console: a manager and a doctor of the team that has tablet 01.

Nobody has a password until they open their link and choose one. A link is printed once and works
once; whoever serves the demo again gets new ones for the accounts that nobody has used yet.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts.account_making import OPERATOR, found_account, void_account
from server.actions.archives.told import staff_names
from server.actions.keeping.site import Site, district_key_blob
from server.errors import StartRefused
from server.rules.accounts import StaffRole
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_STAFF

TABLET: Final = "平板 01"
COUNTY: Final = "county"  # the login that the printed command makes
MANAGER: Final = "manager"
DOCTOR: Final = "doctor"
MANAGER_NAME: Final = "周惊蛰"


@dataclass(frozen=True, slots=True)
class Entrance:
    """One account. `token`: of its link, "" when somebody signs in with it already."""

    login: str
    name: str
    place: str
    token: str

    def __repr__(self) -> str:
        return f"Entrance(login={self.login})"


@dataclass(frozen=True, slots=True)
class Team:
    """The team of tablet 01 and its doctor."""

    doctor: bytes
    panel: bytes
    name: str
    facility: bytes
    facility_name: str


async def opened(site: Site) -> tuple[Entrance, ...]:
    """The doctor's and the manager's accounts, made if they are not there, each with a new link.

    Raises StartRefused when the demo ended before it had a tablet 01.
    """
    return await site.store.write(partial(_opened, site=site))


async def has_county(site: Site) -> bool:
    """Whether the printed command was used."""

    async def read(tx: Tx) -> bool:
        return await _account(tx, site.district, COUNTY) is not None

    return await site.store.read(read)


async def _opened(tx: Tx, site: Site) -> tuple[Entrance, ...]:
    team = await team_of(tx, site.district)
    manager = await _account(tx, site.district, MANAGER)
    who = manager[0] if manager is not None else await _manager(tx, site, team)
    names = await staff_names(tx, site, {team.doctor, who})
    places = ((DOCTOR, team.doctor, team.name), (MANAGER, who, team.facility_name))
    return tuple(
        [
            Entrance(login, names[staff], place, await _token(tx, site, staff, login))
            for login, staff, place in places
        ]
    )


async def team_of(tx: Tx, district: int) -> Team:
    """Raises StartRefused when the demo ended before it had a tablet 01."""
    row = await one(
        tx,
        "SELECT k.staff, p.panel, p.name, f.facility, f.name FROM device d "
        "JOIN device_key k ON k.district=d.district AND k.device=d.device "
        "JOIN device_panel s ON s.district=d.district AND s.device=d.device "
        "JOIN panel p ON p.district=d.district AND p.panel=s.panel "
        "JOIN facility f ON f.district=p.district AND f.facility=p.facility "
        "WHERE d.district=? AND d.label=? ORDER BY d.device LIMIT 1",
        district, TABLET,
    )  # fmt: skip
    if row is None:
        raise StartRefused(f"This demo has no {TABLET}: play it anew without --keep.")
    return Team(bytes(row[0]), bytes(row[1]), row[2], bytes(row[3]), row[4])


async def team_with_doctor(site: Site) -> tuple[Team, str]:
    """Raises StartRefused when the demo ended before it had a tablet 01."""

    async def read(tx: Tx) -> tuple[Team, str]:
        team = await team_of(tx, site.district)
        return team, (await staff_names(tx, site, {team.doctor})).get(team.doctor, "")

    return await site.store.read(read)


async def _account(tx: Tx, district: int, login: str) -> tuple[bytes, str] | None:
    row = await one(
        tx, "SELECT staff, state FROM account WHERE district=? AND login=?", district, login
    )
    return None if row is None else (bytes(row[0]), row[1])


async def _manager(tx: Tx, site: Site, team: Team) -> bytes:
    """Lists the manager of the team's facility."""
    now = site.clock()
    who = new_id(now)
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    sealed = key.seal(site.vault.at(T_STAFF, who), MANAGER_NAME.encode())
    role = StaffRole.MANAGER.value
    row: Row = (site.district, who, team.facility, None, role, False, True, sealed)
    await tx.insert("staff", [row])
    await audit(tx, site.district, "act", b"engaged" + who + team.facility + OPERATOR, now)
    return who


async def _token(tx: Tx, site: Site, staff: bytes, login: str) -> str:
    account = await _account(tx, site.district, login)
    if account is None:
        made = await found_account(tx, site, actor=OPERATOR, staff=staff, login=login)
        return made.token
    if account[1] != "invited":
        return ""
    return (await void_account(tx, site, actor=OPERATOR, staff=staff)).token
