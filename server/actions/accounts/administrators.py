"""The first accounts of a district, made at the server's own command line.

Whoever runs the server stands outside the tree of organisations: they found the county's office
and its first administrator, or the city's, and let them in again when nobody above them can. Each
act is an event of the account, by no person (OPERATOR), so the administrators themselves read it.
"""

from functools import partial
from typing import Final

from server.actions.accounts.account_making import OPERATOR, Link, found_account, void_account
from server.actions.keeping.site import Site, district_key_blob
from server.errors import NotFound, RuleSaysNo
from server.rules.accounts import StaffRole
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_STAFF

COUNTY_OFFICE: Final = "卫生健康局"  # after the name of the district, where no name is given
NAME_MOST: Final = 40
TOP: Final = frozenset({StaffRole.CITY, StaffRole.COUNTY})
"""Roles whose accounts nobody on a page may be there to reset."""


async def found_administrator(
    site: Site, *, level: StaffRole, name: str, login: str, office: str = "", another: bool = False
) -> Link:
    """A member of staff of the county's (or city's) office with an account; the office as well
    when there is none.

    Raises RuleSaysNo("has_administrator") unless `another`, ("office_needed") for a city without a
    name, ("name_length", "login_form", "login_taken").
    """
    return await site.store.write(
        partial(
            _found, site=site, level=level, name=name, login=login, office=office, another=another
        )
    )


async def _found(
    tx: Tx, *, site: Site, level: StaffRole, name: str, login: str, office: str, another: bool
) -> Link:
    if not 1 <= len(name.strip()) <= NAME_MOST:
        raise RuleSaysNo("name_length")
    there = await one(
        tx,
        "SELECT 1 FROM account a JOIN staff w ON w.district=a.district AND w.staff=a.staff "
        "WHERE a.district=? AND w.role=? AND w.active=? AND a.state<>'closed' LIMIT 1",
        site.district, level.value, True,
    )  # fmt: skip
    if there is not None and not another:
        raise RuleSaysNo("has_administrator")
    facility = await _office(tx, site, level.value, office)
    now = site.clock()
    staff = new_id(now)
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    sealed = key.seal(site.vault.at(T_STAFF, staff), name.strip().encode())
    row: Row = (site.district, staff, facility, None, level.value, False, True, sealed)
    await tx.insert("staff", [row])
    await audit(tx, site.district, "act", b"administrator" + staff + facility, now)
    return await found_account(tx, site, actor=OPERATOR, staff=staff, login=login)


async def _office(tx: Tx, site: Site, level: str, name: str) -> bytes:
    """The office of that level; made, and hung into the tree, when there is none."""
    row = await one(
        tx,
        "SELECT facility FROM facility WHERE district=? AND level=? AND closed_on IS NULL "
        "ORDER BY facility LIMIT 1",
        site.district, level,
    )  # fmt: skip
    if row is not None:
        return bytes(row[0])
    if not name:
        if level == "city":
            raise RuleSaysNo("office_needed")
        district = await one(tx, "SELECT name FROM district WHERE district=?", site.district)
        assert district is not None
        name = f"{district[0]}{COUNTY_OFFICE}"
    now = site.clock()
    facility = new_id(now)
    above = await one(
        tx, "SELECT facility FROM facility WHERE district=? AND level='city' LIMIT 1", site.district
    )
    parent = above[0] if above is not None and level == "county" else None
    made: Row = (
        site.district, facility, name, False, level, parent, "", "", "public", "", None,
    )  # fmt: skip
    await tx.insert("facility", [made])
    below = {"city": "county", "county": "facility"}[level]
    await tx.run(
        "UPDATE facility SET parent=? WHERE district=? AND level=? AND parent IS NULL",
        facility, site.district, below,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"office" + facility, now)
    return facility


async def reset_administrator(site: Site, login: str) -> Link:
    """A new one-time link for a city's or county's administrator; everything old ends.

    Raises NotFound("login") for a login of nobody, RuleSaysNo("reset_on_a_page") for anybody else,
    RuleSaysNo("no_account") for one that is closed.
    """

    async def write(tx: Tx) -> Link:
        row = await one(
            tx,
            "SELECT a.staff, w.role FROM account a JOIN staff w ON w.district=a.district AND "
            "w.staff=a.staff WHERE a.district=? AND a.login=?",
            site.district, login,
        )  # fmt: skip
        if row is None:
            raise NotFound("login")
        if row[1] not in TOP:
            raise RuleSaysNo("reset_on_a_page")
        return await void_account(tx, site, actor=OPERATOR, staff=row[0])

    return await site.store.write(write)
