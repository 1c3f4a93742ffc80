"""Close kin of somebody who died ask for the archive at the desk: who, as what, with which document
seen, what for. The facility's manager gives or refuses; nothing opens by itself.
"""

from dataclasses import dataclass
from functools import partial

import msgspec

from server.access import living
from server.actions.accounts.sessions import Signed
from server.actions.archives.ledger import TASK_DAYS
from server.actions.archives.life import seen
from server.actions.archives.standing import names_of
from server.actions.keeping.site import Site
from server.errors import NotYours, RuleSaysNo
from server.rules.accounts import StaffRole
from server.rules.life import Life
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import T_LIFE
from sync.limits import DAY_MS

KIND = "kin_request"
MAY_ASK = frozenset({StaffRole.DESK, StaffRole.MANAGER})


class Applicant(msgspec.Struct, frozen=True):
    """Who asks; `document` as seen by whoever writes it down."""

    name: str
    relation: str
    document: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request with what came of it: asked | given | refused."""

    id: bytes
    state: str
    asked_at: int
    staff: bytes
    applicant: Applicant
    decided_at: int | None


async def ask(site: Site, signed: Signed, resident: bytes, applicant: Applicant) -> bytes:
    """Writes the request down, with the manager's task. Raises NotYours, RuleSaysNo."""
    return await site.store.write(
        partial(_ask, site=site, signed=signed, resident=resident, applicant=applicant)
    )


async def _ask(tx: Tx, site: Site, signed: Signed, resident: bytes, applicant: Applicant) -> bytes:
    if signed.role not in MAY_ASK:
        raise NotYours("role")
    row = await seen(tx, site, signed, resident)
    if row.status != Life.DEAD:
        raise RuleSaysNo("not_dead")
    now, district = site.clock(), site.district
    request = new_id(now)
    sealed = site.vault.key(resident, row.key).seal(
        site.vault.at(T_LIFE, request, resident), msgspec.json.encode(applicant)
    )
    line: Row = (district, request, resident, "asked", now, signed.staff, sealed, None, None)
    await tx.insert("kin_request", [line])
    due = now + TASK_DAYS[KIND] * DAY_MS
    task: Row = (district, KIND, request, resident, row.facility, now, due, None, None, "")
    await tx.insert("task", [task])
    await audit(tx, district, "act", b"kin" + request + resident, now)
    return request


async def decide(site: Site, signed: Signed, request: bytes, *, give: bool) -> bytes:
    """The manager gives or refuses; the resident's id. Raises NotYours, RuleSaysNo."""
    return await site.store.write(
        partial(_decide, site=site, signed=signed, request=request, give=give)
    )


async def _decide(tx: Tx, site: Site, signed: Signed, request: bytes, *, give: bool) -> bytes:
    if signed.role is not StaffRole.MANAGER:
        raise NotYours("role")
    found = await one(
        tx,
        "SELECT resident FROM kin_request WHERE district=? AND request=?",
        site.district,
        request,
    )
    if found is None:
        raise NotYours("request")
    who = await living(tx, site.district, found[0])
    await seen(tx, site, signed, who)
    state, now = "given" if give else "refused", site.clock()
    changed = await tx.run(
        "UPDATE kin_request SET state=?, decided_at=?, decided_by=? WHERE district=? AND "
        "request=? AND state='asked'",
        state, now, signed.staff, site.district, request,
    )  # fmt: skip
    if not changed:
        raise RuleSaysNo("not_open")
    await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result=? WHERE district=? AND kind=? AND "
        "subject=? AND closed_at IS NULL",
        now, signed.staff, state, site.district, KIND, request,
    )  # fmt: skip
    await audit(tx, site.district, "act", state.encode() + request, now)
    return who


async def about(site: Site, signed: Signed, request: bytes) -> bytes:
    """Whose archive a request is about. Raises NotYours."""

    async def work(tx: Tx) -> bytes:
        found = await one(
            tx,
            "SELECT resident FROM kin_request WHERE district=? AND request=?",
            site.district,
            request,
        )
        if found is None:
            raise NotYours("request")
        who = await living(tx, site.district, found[0])
        return (await seen(tx, site, signed, who)).resident

    return await site.store.read(work)


async def requests_of(site: Site, signed: Signed, resident: bytes) -> list[Request]:
    """Every request about an archive in one's place, newest first. Raises NotYours."""

    async def work(tx: Tx) -> list[Request]:
        await seen(tx, site, signed, resident)
        rows = await tx.rows_in(
            "SELECT k.request, k.state, k.asked_at, k.staff, k.sealed, k.decided_at, k.resident, "
            "r.key FROM kin_request k JOIN resident r ON r.district=k.district AND "
            "r.resident=k.resident WHERE k.district=? AND k.resident {ids} "
            "ORDER BY k.asked_at DESC, k.request DESC",
            await names_of(tx, site.district, resident),
            site.district,
        )
        return [
            Request(
                each[0], each[1], each[2], each[3],
                msgspec.json.decode(
                    site.vault.key(each[6], each[7]).open(
                        site.vault.at(T_LIFE, each[0], each[6]), each[4]
                    ),
                    type=Applicant,
                ),
                each[5],
            )
            for each in rows
        ]  # fmt: skip

    return await site.store.read(work)
