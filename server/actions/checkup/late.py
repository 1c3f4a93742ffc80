"""Results that come after somebody was at a station, entered by hand at a desk of the facility.

A station's values of one person are what its parts said, the newest part of each field going before
the others. They are opened through the gate of the archive, and what is written is a part of its
own: nothing of before is lost.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.access import Opened
from server.actions.accounts.sessions import Signed
from server.actions.checkup.day_person import Shown, open_person, shown
from server.actions.checkup.desk_steps import save_step
from server.actions.checkup.steps import Part, parts_of
from server.actions.keeping.site import Site
from server.errors import NotYours
from server.records.model import Field, Kind
from server.rules.checkup import Form, stations
from server.store.tx import Tx
from sync.hall import DONE, PART, TAKEN_BACK


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form of a station for one person, with what is known of it. `opened`: None of a guest."""

    shown: Shown
    station: str
    kind: Kind
    fields: tuple[Field, ...]
    held: Mapping[str, Any]
    opened: Opened | None


def forms_of(station: str) -> tuple[Form, ...]:
    """The forms that a station fills in. Raises NotYours for a station there is not."""
    known = stations().get(station)
    if known is None:
        raise NotYours("station")
    return known.forms


def fields_of(form: Form) -> tuple[Field, ...]:
    """What the station writes of the form, in the form's own order."""
    return tuple(each for each in form.form.fields if not form.fields or each.name in form.fields)


async def opened_sheet(
    site: Site, signed: Signed, day: bytes, who: bytes, station: str, kind: str, why: str
) -> Sheet:
    """Opens what the station wrote: a reading. Raises NotYours."""
    form = next((each for each in forms_of(station) if each.kind == kind), None)
    if form is None:
        raise NotYours("form")
    opened = await open_person(site, signed, day, who, why)
    seen = await shown(site, signed, day, who)

    async def read(tx: Tx) -> Sequence[Part]:
        return (await parts_of(tx, site, day, [who]))[who]

    held = values_of(await site.store.read(read), station, kind)
    return Sheet(seen, station, form.form, fields_of(form), held, opened)


def values_of(parts: Sequence[Part], station: str, kind: str) -> dict[str, Any]:
    """What the parts of a station say of a form, in the order of their ids."""
    values: dict[str, Any] = {}
    for each in parts:
        if each.station == station and each.form == kind and each.mark != TAKEN_BACK:
            values |= each.values
    return values


async def save(
    site: Site, signed: Signed, sheet: Sheet, values: Mapping[str, Any], change: bytes
) -> None:
    """One part more of the station, which is done with it. Raises NotYours, RuleSaysNo."""
    body: dict[str, Any] = {"station": sheet.station, "mark": DONE}
    if values:
        body |= {"form": sheet.kind.id, "v": sheet.kind.version, "values": plain(values)}
    day, who = sheet.shown.day.day, sheet.shown.person.who
    await save_step(site, signed, day, who, PART, body, change=change)


def plain(values: Mapping[str, Any]) -> str:
    """Values as a part carries them."""
    return json.dumps(dict(values), ensure_ascii=False, separators=(",", ":"))
