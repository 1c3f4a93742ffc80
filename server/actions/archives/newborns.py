"""A newborn's archive, tied to the mother; a document that comes later goes into the same archive.

Until then the archive has no document number: its own id is the key, and nothing has to be opened
anew or merged when the number comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

from server.access import living
from server.actions.accounts.sessions import Signed
from server.actions.archives.archives import NO_ID, AlreadyThere, NewArchive, open_new, refuse_known
from server.actions.archives.ledger import Archive
from server.actions.archives.life import held, seen, shown_text
from server.actions.archives.register_edit import lay
from server.actions.archives.standing import names_of, survivors
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.actions.tablets.settle import settle_conflicts
from server.errors import NotYours, RuleSaysNo
from server.rules.accounts import FACILITY_ROLES
from server.rules.identity import Differs, Part, verify
from server.rules.life import Life
from server.rules.newborn import NoNewborn, may_be_opened, name_of
from server.store.trail import audit
from server.store.tx import Tx

CHILD_GROUP: Final = "8"  # 0～6 岁儿童
_OF_THE_MOTHER: Final = ("residence_kind", "address_region", "address_text", "ethnic")


@dataclass(frozen=True, slots=True)
class Born:
    """What is known of the child. `birth_order` 0: a single child; `certificate`: number of the
    medical certificate of birth, "" when not seen.
    """

    sex: str
    day: date
    birth_order: int = 0
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Child:
    """One child of a mother, for her archive's page."""

    resident: bytes
    birth_order: int


async def open_newborn(site: Site, signed: Signed, mother: bytes, born: Born) -> bytes | NoNewborn:
    """The child's archive in the mother's facility and team. Raises NotYours, AlreadyThere."""
    return await site.store.write(
        partial(_open, site=site, signed=signed, mother=mother, born=born)
    )


async def _open(tx: Tx, site: Site, signed: Signed, mother: bytes, born: Born) -> bytes | NoNewborn:
    if signed.role not in FACILITY_ROLES:
        raise NotYours("role")
    if born.certificate:
        await refuse_known(tx, site, born.certificate)  # before the mother's lock, as elsewhere
    _, archive = await held(tx, site, signed, mother)
    birth = shown_text(archive, "birth_date")
    answer = may_be_opened(
        mother_sex=shown_text(archive, "sex"),
        mother_birth=date.fromisoformat(birth) if birth else None,
        mother_state=archive.row.status, born=born.day, today=civil_day(site.clock()),
    )  # fmt: skip
    if answer is not None:
        return answer
    name = name_of(shown_text(archive, "name"), born.sex, born.birth_order)
    await _refuse_twice(tx, site, signed, mother, born)
    new = NewArchive(
        basics=_basics(archive, born, name), facility=archive.row.facility,
        panel=archive.row.panel, staff=signed.staff, since_day=born.day.isoformat(),
        status=Life.USUAL.value,
    )  # fmt: skip
    child = await open_new(tx, site, new)
    row = (site.district, child, mother, "mother", born.birth_order, site.clock(), signed.staff)
    await tx.insert("kin", [row])
    await audit(tx, site.district, "act", b"born" + child + mother, site.clock())
    return child


async def _refuse_twice(tx: Tx, site: Site, signed: Signed, mother: bytes, born: Born) -> None:
    """The same child, opened a second time: of one day, one order, one sex. Raises AlreadyThere."""
    rows = await tx.rows(
        "SELECT child FROM kin WHERE district=? AND parent=? AND relation='mother' AND "
        "birth_order=?",
        site.district, mother, born.birth_order,
    )  # fmt: skip
    for (child,) in rows:
        try:
            _, archive = await held(tx, site, signed, child)
        except NotYours:
            continue  # it lives elsewhere by now: another birth, or for a person to see
        day = shown_text(archive, "birth_date")
        if day == born.day.isoformat() and shown_text(archive, "sex") == born.sex:
            raise AlreadyThere(child)


def _basics(mother: Archive, born: Born, name: str) -> Mapping[str, Any]:
    """What is known and nothing else: the rest is asked at the first visit."""
    day = born.day.isoformat()
    basics: dict[str, Any] = {
        "name": name, "sex": born.sex, "birth_date": day, "residence_since": day,
        "id_type": "07" if born.certificate else NO_ID, "archive_status": "0", "marital": "1",
        "special_group": [CHILD_GROUP],
    }  # fmt: skip
    if born.certificate:
        basics["id_no"] = born.certificate
    for field in _OF_THE_MOTHER:
        value = shown_text(mother, field)
        if value:
            basics[field] = value
    basics["contact_name"] = shown_text(mother, "name")
    phone = shown_text(mother, "phone") or shown_text(mother, "contact_phone")
    if phone:
        basics["contact_phone"] = phone
    return basics


async def children(site: Site, signed: Signed, mother: bytes) -> list[Child]:
    """The children tied to an archive in one's place, oldest link first. Raises NotYours."""

    async def work(tx: Tx) -> list[Child]:
        await seen(tx, site, signed, mother)
        rows = await tx.rows_in(
            "SELECT child, birth_order FROM kin WHERE district=? AND parent {ids} "
            "ORDER BY at, child",
            await names_of(tx, site.district, mother),
            site.district,
        )
        kept = await survivors(tx, site.district, {row[0] for row in rows})
        orders: dict[bytes, int] = {}
        for row in reversed(rows):
            child: bytes = row[0]
            orders[kept.get(child, child)] = row[1]
        return [Child(child, orders[child]) for child in reversed(orders)]

    return await site.store.read(work)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that came later. `name` "": as it is."""

    id_type: str
    id_no: str
    name: str = ""


async def add_document(
    site: Site, signed: Signed, resident: bytes, document: Document
) -> tuple[Part, ...]:
    """Into the archive that is there; what does not fit the document, () when it was taken.

    Raises NotYours, AlreadyThere where somebody else's archive has it, RuleSaysNo("has_document").
    """
    return await site.store.write(
        partial(_add, site=site, signed=signed, resident=resident, document=document)
    )


async def _add(
    tx: Tx, site: Site, signed: Signed, resident: bytes, document: Document
) -> tuple[Part, ...]:
    if signed.role not in FACILITY_ROLES:
        raise NotYours("role")
    await refuse_known(tx, site, document.id_no, but=resident)
    ledger, archive = await held(tx, site, signed, resident)
    if archive.row.status == Life.MERGED:
        raise RuleSaysNo("merged")
    if shown_text(archive, "id_no") and shown_text(archive, "id_type") != "07":
        raise RuleSaysNo("has_document")  # a wrong number is corrected, with its history
    birth = shown_text(archive, "birth_date")
    answer = verify(
        document.id_type, document.id_no, sex=shown_text(archive, "sex"),
        birth=date.fromisoformat(birth) if birth else civil_day(ledger.now),
    )  # fmt: skip
    if isinstance(answer, Differs):
        return answer.parts
    values = {"id_type": document.id_type, "id_no": document.id_no}
    if document.name:
        values["name"] = document.name
    change = lay(site, ledger, resident, values, staff=signed.staff, author="registrar")
    await tx.run(
        "UPDATE resident SET id_index=? WHERE district=? AND resident=?",
        site.index.of_id_number(document.id_no), site.district, resident,
    )  # fmt: skip
    await settle_conflicts(tx, site, ledger, signed.staff)
    await ledger.flush(tx, "act", b"decision" + change + b"document")
    return ()


async def mother_of(site: Site, child: bytes) -> bytes | None:
    """Whose child it is by the record of birth."""
    return await site.store.read(partial(mother_in, site=site, child=child))


async def mother_in(tx: Tx, site: Site, child: bytes) -> bytes | None:
    """The same, in the caller's transaction."""
    rows = await tx.rows_in(
        "SELECT parent FROM kin WHERE district=? AND relation='mother' AND child {ids} ORDER BY at",
        await names_of(tx, site.district, child),
        site.district,
    )
    return await living(tx, site.district, rows[0][0]) if rows else None
