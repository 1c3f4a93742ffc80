"""`checkup`: the checkup days of the district with their numbers."""

from dataclasses import dataclass
from datetime import date

import click

from server.actions.checkup.day_reading import Listed, every_day
from server.actions.keeping.site import Site
from server.cli.session import in_site
from server.cli.show import Column, as_json, listing

DAYS = {
    "on": Column(heading="day"),
    "opens": Column(heading="opens", roomy=True),
    "facility": Column(heading="facility", words=12),
    "place": Column(heading="place", words=12, roomy=True),
    "state": Column(heading="state"),
    "invited": Column(heading="invited"),
    "booked": Column(heading="booked"),
    "arrived": Column(heading="arrived"),
    "finished": Column(heading="done"),
    "tablets": Column(heading="tablets", roomy=True),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One day in numbers. `version`, `csn`: what its tablets compare."""

    id: bytes
    on: date
    opens: str
    facility: str
    place: str
    state: str
    invited: int
    booked: int
    arrived: int
    finished: int
    tablets: int
    version: int
    csn: int


@click.group()
def checkup() -> None:
    """Checkup days: which there are, and how far each has come."""


@checkup.command(name="list")
@click.option("--all", "every", is_flag=True, help="With the days of the past year.")
@as_json
def list_(every: bool, as_json: bool) -> None:
    """Days ahead, earliest first, with how many are invited, booked, there and done.

    \b
    Example:
      python -m server checkup list --json
    """

    async def work(site: Site) -> list[Told]:
        return [_told(each) for each in await every_day(site, past=every)]

    listing(
        in_site(work), as_json=as_json, title="Checkup days", columns=DAYS,
        none="No checkup day is planned.",
    )  # fmt: skip


def _told(each: Listed) -> Told:
    day, counts = each.day, each.counts
    return Told(
        id=day.day, on=day.on, opens=day.opens, facility=each.facility_name, place=day.place,
        state=day.state.value, invited=counts.expected, booked=counts.booked,
        arrived=counts.arrived, finished=counts.finished, tablets=counts.tablets,
        version=day.version, csn=day.csn,
    )  # fmt: skip
