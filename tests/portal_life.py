"""A resident's archive in which everything has happened that the portal knows: records of three
years, corrections, consents, a switch, a denial, packings, family, reports, notices, what was kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from resident_portal.door import WHO
from resident_portal.frame import asset
from server.actions.archives import afterwork
from server.actions.archives.opening import Opened, open_for
from server.actions.checkup import days, invited
from server.actions.keeping import audit_tree
from server.actions.plan import nightly
from server.actions.residents import drafts, exporting, sign_in, visits
from server.actions.residents.sign_in import ForPass
from server.rules.checkup_days import DayState
from server.store.ids import new_id
from server.store.tx import Tx
from server.store.vault import T_CASE
from tests.cast_forms import good
from tests.checkup_days import draft
from tests.console import app_of, hire
from tests.lists import signed
from tests.long_archive import Past, remember
from tests.pictures import a_photo
from tests.portal import Phone, phone
from tests.test_correct_pages import filled
from tests.world import (
    DISTRICT,
    FACILITY_OF,
    HE,
    HOMES,
    LIUWAN,
    QIN,
    QINGHE,
    SU,
    TEAM_A,
    TEAM_B,
    WU,
    World,
    id_number,
)

STAFF = {TEAM_A: SU, TEAM_B: HE}
AWAY = {QINGHE: (LIUWAN, TEAM_B), LIUWAN: (QINGHE, TEAM_A)}


@dataclass(frozen=True, slots=True)
class Life:
    """Ids of what somebody has, by what they are; `words`: what was typed in it."""

    who: bytes
    ids: dict[str, str]
    words: str


EXAMPLES = {
    "/portal/static/{mark}/{name}": asset("portal.css"),
    "/portal/size/{size}": "/portal/size/standard?to=/portal/plan",
    "/portal/pass/{token}": "/portal/pass/{pass}",
    "/portal/kept/{draft}/send": "/portal/kept/{draft}/send",
    "/portal/kept/{draft}/drop": "/portal/kept/{draft}/drop",
    "/portal/confirmations/{name}": "/portal/confirmations/{confirmation}",
    "/portal/archive/group/{name}": "/portal/archive/group/followup",
    "/portal/archive/record/{record}": "/portal/archive/record/{record}",
    "/portal/archive/trend/{name}": "/portal/archive/trend/blood_pressure",
    "/portal/correct/field/{name}": "/portal/correct/field/drug_allergy",
    "/portal/correct/record/{record}": "/portal/correct/record/{record}",
    "/portal/correct/{name}": "/portal/correct/{correction}",
    "/portal/correct/{name}/photo/{photo}": "/portal/correct/{correction}/photo/{photo}",
    "/portal/correct/{name}/withdraw": "/portal/correct/{correction}/withdraw",
    "/portal/correct/{name}/reply": "/portal/correct/{correction}/reply",
    "/portal/correct/{name}/appeal": "/portal/correct/{correction}/appeal",
    "/portal/switch/to/{facility}": "/portal/switch/to/{facility}",
    "/portal/switch/to/{facility}/check": "/portal/switch/to/{facility}/check",
    "/portal/switch/to/{facility}/special": "/portal/switch/to/{facility}/special",
    "/portal/switch/receipt/{name}": "/portal/switch/receipt/{switch}",
    "/portal/switch/receipt/{name}/undo": "/portal/switch/receipt/{switch}/undo",
    "/portal/switch/case/{name}": "/portal/switch/case/{case}",
    "/portal/switch/case/{name}/withdraw": "/portal/switch/case/{case}/withdraw",
    "/portal/consent/{name}": "/portal/consent/{consent}",
    "/portal/consent/{name}/end": "/portal/consent/{consent}/end",
    "/portal/consent/to/{facility}": "/portal/consent/to/{facility}",
    "/portal/consent/to/{facility}/check": "/portal/consent/to/{facility}/check",
    "/portal/looked/{entry}/proof": "/portal/looked/{entry}/proof",
    "/portal/looked/{entry}/proof.json": "/portal/looked/{entry}/proof.json",
    "/portal/looked/{entry}/report": "/portal/looked/{entry}/report",
    "/portal/family/{link}": "/portal/family/{link}",
    "/portal/family/{link}/share": "/portal/family/{link}/share",
    "/portal/family/{link}/end": "/portal/family/{link}/end",
    "/portal/family/offer/{offer}/withdraw": "/portal/family/offer/{offer}/withdraw",
    "/portal/family/offer/{offer}/answer": "/portal/family/offer/{offer}/answer",
    "/portal/export/{name}": "/portal/export/{export}",
    "/portal/checkup/day/{day}": "/portal/checkup/day/{checkup}",
    "/portal/checkup/day/{day}/cancel": "/portal/checkup/day/{checkup}/cancel",
    "/portal/checkup/results/{day}": "/portal/checkup/results/{checkup}",
    "/portal/checkup/card/{name}": "/portal/checkup/card/{card}",
    "/portal/checkup/card/{name}/picture.png": "/portal/checkup/card/{card}/picture.png",
}
"""An address for every route that has places in it; in braces what of a Life stands there. A route
without an example is told by the tests that walk them.
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One route of the portal. `who`: signed | early | open, as its door declares it."""

    method: str
    path: str  # with {name} in each place
    who: str

    def at(self, ids: Mapping[str, str]) -> str:
        """Its address with these ids in it. Raises KeyError where it has no example."""
        return EXAMPLES[self.path].format(**ids) if "{" in self.path else self.path


def ways(world: World) -> list[Way]:
    """Every route under /portal; the home page is asked for with its slash."""
    app = app_of(world).app
    assert isinstance(app, Litestar)
    found: list[Way] = []
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith("/portal"):
            continue
        path = "/portal/" if route.path == "/portal" else route.path_format
        for handler in route.route_handlers:
            methods = sorted(handler.http_methods - {"OPTIONS", "HEAD"})
            found.extend(Way(method, path, handler.opt[WHO]) for method in methods)
    return sorted(found, key=lambda each: (each.path, each.method))


async def lived(world: World, who: bytes, helper: bytes, words: str) -> Life:
    """Everything there is, of a resident whose telephone is bound; `helper` may see the archive."""
    ids = {"resident": who.hex()}
    await counters(world)
    team = HOMES[who]
    ids["facility"], ids["panel"] = (each.hex() for each in AWAY[FACILITY_OF[team]])
    made = await remember(world, who, three_years(words), staff=STAFF[team], panel=team)
    ids["record"] = made[-1].hex()
    await nightly.keep(world.site)
    async with phone(world, who) as own:
        await _corrections(own, ids, words)
        await _consent(own, ids)
        await _switch(own, ids)
        ids["case"] = await _case(world, who, bytes.fromhex(ids["panel"]), words)
        await _family(world, own, ids, helper)
        await _checkup(world, own, ids)
        await own.post("/portal/export")
        await exporting.run(world.site)
        ids["export"] = await newest(world, "export", "export", who)
        ids["entry"] = await _look(world, who)
        reported = await own.post(f"/portal/looked/{ids['entry']}/report", words=words)
        assert reported.status_code == 303, reported.text
        ids["confirmation"] = await newest(world, "confirmation", "confirmation", who)
        said = {"answer": "not", "words": words}
        denied = await own.post(f"/portal/confirmations/{ids['confirmation']}", said)
        assert denied.status_code == 303, denied.text
    ids["notice"] = await newest(world, "notice", "notice", who)
    kept = {"words": [words], "why": ["1"]}
    assert await drafts.keep(world.site, who, who, "/portal/correct/field/remarks", kept)
    ids["draft"] = await newest(world, "portal_draft", "draft", who, column="person")
    at_desk = ForPass(who, QIN, QINGHE)
    ids["pass"] = await world.store.write(lambda tx: sign_in.make_pass(tx, world.site, at_desk))
    await afterwork.catch_up(world.site)
    await world.store.write(partial(_numbered, world=world))
    return Life(who, ids, words)


async def _numbered(tx: Tx, world: World) -> None:
    """The log as the job leaves it, so that a row of it can be proved."""
    await audit_tree.number_leaves(tx, DISTRICT)
    await audit_tree.make_checkpoint(tx, world.site, world.clock())


async def newest(
    world: World, table: str, name: str, who: bytes, *, column: str = "resident"
) -> str:
    """The newest id of a table that is of this resident."""
    rows = await world.rows(f"SELECT {name} FROM {table} WHERE {column}=? ORDER BY {name}", who)
    assert rows, table
    return str(rows[-1][0].hex())


async def counters(world: World) -> None:
    rows = [
        (DISTRICT, home, f"0000-000010{n}", "周一至周五 8:00 至 17:00", "广场东路 8 号")
        for n, home in enumerate((QINGHE, LIUWAN))
    ]
    await world.store.write(lambda tx: tx.insert("counter", rows, ignore=True))


def three_years(words: str) -> list[Past]:
    """Checkups of three years, follow-ups of one, the newest two days ago."""
    made = [
        Past("health_check", date(year, 5, 8), good(
            "health_check", feedback_date=f"{year}-05-10", fpg=560 + 40 * (year - 2024),
            tc=540 - 25 * (year - 2024),
        ))
        for year in (2024, 2025, 2026)
    ]  # fmt: skip
    for day, sbp in (("2026-03-12", 148), ("2026-06-01", 152), ("2026-11-18", 156)):
        body = good("htn_followup", sbp=sbp, dbp=88, next_date="2027-02-10", meds=[
            {"name": words, "times_per_day": 2, "dose": "20mg"},
        ])  # fmt: skip
        made.append(Past("htn_followup", date.fromisoformat(day), body))
    made.append(Past("dm_followup", date(2026, 9, 1), good("dm_followup", fpg=72,
                                                           next_date="2026-12-01")))  # fmt: skip
    return sorted(made, key=lambda each: each.on)


async def _corrections(own: Phone, ids: dict[str, str], words: str) -> None:
    """A claim with a photo that waits, words beside a record, a change applied at once."""
    path = "/portal/correct/field/drug_allergy"
    typed = filled(await own.get(path))
    changed = {"drug_allergy": ["3"], "why": "1", "text": words, "drug_allergy_other": ""}
    ids["correction"] = await _sent(own, path, {**typed, **changed}, a_photo(90, 60))
    page = await own.get(f"/portal/correct/{ids['correction']}")
    ids["photo"] = page.text.partition("/photo/")[2].partition('"')[0]
    path = f"/portal/correct/record/{ids['record']}"
    typed = filled(await own.get(path))
    ids["statement"] = await _sent(own, path, {**typed, "why": "1", "text": words})


async def _sent(own: Phone, path: str, typed: dict[str, object], *files: bytes) -> str:
    """Sends a form with pictures; the id in the address it leads to."""
    parts = [("file", ("照片.jpg", each, "image/jpeg")) for each in files]
    some = parts or [("file", ("", b"", "application/octet-stream"))]
    data = {"csrf": visits.form_token(own.token), **typed}
    done = await own.client.post(path, data=data, files=some)
    assert done.status_code == 303, done.text
    return str(done.headers["location"].rpartition("/")[2])


def hidden(text: str, name: str = "id") -> str:
    """The value of a hidden field of a page."""
    return text.partition(f'name="{name}" value="')[2].partition('"')[0]


async def _consent(own: Phone, ids: dict[str, str]) -> None:
    path = f"/portal/consent/to/{ids['facility']}"
    form = {
        "id": hidden((await own.get(path)).text), "team": ids["panel"], "purpose": "service",
        "classes": "A", "manner": "view", "duration": "month",
    }  # fmt: skip
    done = await own.post(path, form)
    assert done.status_code == 303, done.text
    ids["consent"] = done.headers["location"].rpartition("/")[2]


async def _switch(own: Phone, ids: dict[str, str]) -> None:
    path = f"/portal/switch/to/{ids['facility']}"
    form = {"id": hidden((await own.get(path)).text), "panel": ids["panel"]}
    done = await own.post(path, {**form, "ground": "choice", "day": "2026-11-27"})
    assert done.status_code == 303, done.text
    ids["switch"] = done.headers["location"].rpartition("/")[2]


async def _checkup(world: World, own: Phone, ids: dict[str, str]) -> None:
    """A time that is booked at a checkup day of the own facility, with the code for it."""
    who = bytes.fromhex(ids["resident"])
    team = HOMES[who]
    await hire(world, STAFF[team], "", role="doctor", facility=FACILITY_OF[team])
    staff = await signed(world, STAFF[team])
    day = await days.make(world.site, staff, draft(lead=STAFF[team]))
    await invited.add(world.site, staff, day, who)
    await days.set_state(world.site, staff, day, DayState.READY)
    booked = await own.post(f"/portal/checkup/day/{day.hex()}", slot="1")
    assert booked.status_code == 303, booked.text
    ids["checkup"], ids["card"] = day.hex(), await newest(world, "day_pass", "name", who)


async def _case(world: World, who: bytes, panel: bytes, words: str) -> str:
    """A special case before the county, as it was asked for before the switch."""
    name, now = new_id(world.clock()), world.clock()

    async def write(tx: Tx) -> None:
        wrapped = (await tx.rows("SELECT key FROM resident WHERE resident=?", who))[0][0]
        place = world.site.vault.at(T_CASE, name, who)
        told = msgspec.json.encode({"evidence": words})
        sealed = world.site.vault.key(who, wrapped).seal(place, told)
        due = now + 15 * 86_400_000
        row = (
            DISTRICT, name, who, panel, "pregnancy", "pregnancy", sealed, True, "asked", who, now,
            due, None, None,
        )  # fmt: skip
        await tx.insert("special_case", [row])

    await world.store.write(write)
    return name.hex()


async def _look(world: World, who: bytes) -> str:
    """A doctor of the own team opens the archive at the desk; the row of the log."""
    doctor = STAFF[HOMES[who]]
    await hire(world, doctor, "", role="doctor", facility=FACILITY_OF[HOMES[who]])
    opened = await open_for(world.site, await signed(world, doctor), who)
    assert isinstance(opened, Opened)
    rows = await world.rows(
        "SELECT entry FROM access_log WHERE resident=? AND staff=? ORDER BY entry", who, doctor
    )
    return str(rows[-1][0].hex())


async def _family(world: World, own: Phone, ids: dict[str, str], helper: bytes) -> None:
    """A helper who was linked, and somebody who was named."""
    await link(world, bytes.fromhex(ids["resident"]), helper, "helper", "A")
    ids["link"] = await newest(world, "family_link", "link", bytes.fromhex(ids["resident"]))
    named = {"number": id_number(WU), "tail": "0000"}  # nobody gets it
    asked = await own.post("/portal/family/add", named)
    assert asked.status_code == 303, asked.text
    ids["offer"] = await newest(world, "family_offer", "offer", bytes.fromhex(ids["resident"]))


async def link(
    world: World, resident: bytes, person: bytes, tie: str, scopes: str = "", *,
    until: str = "2027-12-31", frozen: bool = False, state: str = "standing",
) -> None:  # fmt: skip
    """A family link as a desk makes it."""
    now = world.clock()
    row = (
        DISTRICT, resident, new_id(now), person, tie, scopes, "2026-01-01", until, state,
        now if frozen else None, now, SU, None, b"",
    )  # fmt: skip
    await world.store.write(partial(_insert, table="family_link", row=row))


async def _insert(tx: Tx, table: str, row: tuple[object, ...]) -> None:
    await tx.insert(table, [row])
