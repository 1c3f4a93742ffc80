"""What is collected for an archive that its resident takes along: as far as the gate's reading
reaches, and what is about the person.
"""

from collections.abc import Sequence
from typing import Final

from server.actions.archives.cards import cards_of
from server.actions.archives.standing import names_of
from server.actions.archives.told import facility_names, staff_names
from server.actions.attachments import taken
from server.actions.keeping.site import Site
from server.actions.residents.correction_file import Correction, of_archive, pictures_of
from server.actions.residents.export_content import Known
from server.actions.residents.links import links_of
from server.actions.residents.reading import Reading
from server.actions.tablets.intake import civil_day
from server.errors import NotFound
from server.pages import values
from server.store.tx import Tx, one

LOOKS_MAX: Final = 20_000
PICTURES_BYTES: Final = 100 * 1024 * 1024  # the newest ones come first; the rest stay at the desk


async def known_of(tx: Tx, site: Site, reading: Reading) -> Known:
    """Everything of an archive that was just opened, as far as the reading reaches."""
    who, district, now = reading.resident, site.district, site.clock()
    names = await names_of(tx, district, who)
    card = (await cards_of(tx, site, [who]))[who]
    district_row = await one(
        tx, "SELECT d.name, r.archive_no FROM district d JOIN resident r ON r.district=d.district "
        "WHERE d.district=? AND r.resident=?", district, who,
    )  # fmt: skip
    assert district_row is not None
    credited = await tx.rows(
        "SELECT change, credit_facility FROM change WHERE district=? AND resident=? AND "
        "credit_facility IS NOT NULL",
        district, who,
    )  # fmt: skip
    said = [each for each in await of_archive(tx, site, who) if each.cls in reading.classes]
    pictures, of = await _pictures(tx, site, reading, said)
    today = civil_day(now)
    return Known(
        reading=reading, name=card.name, person=values.person_line(card, today),
        archive_no=district_row[1], place=district_row[0], made_at=now,
        staff=await staff_names(tx, site, {each.record.staff for each in reading.entries}),
        facilities=await facility_names(tx, site), credited={row[0]: row[1] for row in credited},
        assignments=await tx.rows(
            "SELECT facility, from_day, ground, undone FROM assignment WHERE district=? AND "
            "resident=? ORDER BY n", district, who,
        ),
        consents=await tx.rows(
            "SELECT facility, purpose, classes, granted_at, until, revoked_at FROM consent WHERE "
            "district=? AND resident=? ORDER BY granted_at", district, who,
        ),
        looks=await tx.rows_in(
            "SELECT at, facility, purpose, ground, classes, mode FROM access_log WHERE district=? "
            f"AND resident {{ids}} ORDER BY at DESC LIMIT {LOOKS_MAX}", names, district,
        ),
        answers=await tx.rows_in(
            "SELECT facility, day, answer FROM confirmation WHERE district=? AND answer<>'' AND "
            "resident {ids} ORDER BY day DESC", names, district,
        ),
        corrections=said, links=await links_of(tx, site, who), pictures=pictures,
        pictures_of=of,
    )  # fmt: skip


async def _pictures(
    tx: Tx, site: Site, reading: Reading, said: Sequence[Correction]
) -> tuple[dict[str, bytes], dict[bytes, list[str]]]:
    """Pictures of records and corrections, the newest first, as far as there is room."""
    wanted = [
        (entry.id, each.id) for entry in reading.entries for each in entry.record.change.attach
    ] + [(each.id, name) for each in said for name in await pictures_of(tx, site, each.id)]
    found: dict[str, bytes] = {}
    of: dict[bytes, list[str]] = {}
    room = PICTURES_BYTES
    for owner, name in wanted:
        try:
            _, content = await taken.read(tx, site, reading.resident, name, classes=reading.classes)
        except NotFound:
            continue  # it has not come yet
        room -= len(content)
        if room < 0:
            break
        found[name.hex()] = content
        of.setdefault(owner, []).append(name.hex())
    return found, of
