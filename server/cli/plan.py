"""`plan`: what is owed to a resident and why; everybody's plan made anew; the proof that plans are
right.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from server.actions.archives import afterwork
from server.actions.archives.search import exact
from server.actions.keeping.site import Site
from server.actions.plan import nightly, proof
from server.actions.plan.explain import Explained, Whole, explain
from server.actions.plan.proof import Found
from server.actions.tablets.intake import civil_day
from server.cli.session import in_site
from server.cli.show import Day, as_json, console, echo_json, plain, record
from server.errors import StartRefused
from server.rules.plan.model import Stage

_ID: Final = re.compile(r"[0-9a-f]{32}")
_NUMBER: Final = re.compile(r"[0-9]{17}")
WIDE: Final = 140  # columns of a screen that a row of the plan needs
TONES: Final = {
    Stage.OVERDUE: "bold red", Stage.OPEN: "bold", Stage.LATER: "", Stage.DONE: "green",
    Stage.MISSED: "dim",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One line of the answer. Days are ISO; ids of records whole."""

    rule: str
    slot: str
    service: str
    stage: str
    opens: date
    due: date
    closes: date | None
    reason: str
    clause: str
    cls: str
    because: tuple[bytes, ...]
    done_by: bytes | None
    done_on: date | None


@click.group()
def plan() -> None:
    """The service plan: what is owed to whom, by when, and why.

    Plans are made again by themselves when an archive has changed and when a year begins.
    """


@plan.command(name="explain")
@click.option("--resident", required=True, help="Id (32 hex digits) or archive number (17 digits).")
@click.option("--on", "on", type=Day(), help="Seen from this day; today without it.")
@click.option("--restricted", is_flag=True, help="With what is restricted; written down as well.")
@as_json
def explain_(resident: str, on: date | None, restricted: bool, as_json: bool) -> None:
    """What is due to one resident, why, by which clause, from which record.

    Made anew from the archive, which this opens: the resident can read so in the access log.

    \b
    Example:
      python -m server plan explain --resident 37100200100100001 --on 2026-11-20
    """

    async def work(site: Site) -> Whole:
        who = await _who(site, resident)
        day = on or civil_day(site.clock())
        return await explain(site, who, day, restricted=restricted)

    found = in_site(work)
    if as_json:
        echo_json(
            {
                "resident": found.resident.hex(), "on": found.on.isoformat(),
                "groups": list(found.groups), "restricted": found.restricted,
                "items": [plain(_owed(each)) for each in found.items],
            }
        )  # fmt: skip
        return
    _table(found)


async def _who(site: Site, text: str) -> bytes:
    plain_text = text.strip().lower()
    if _ID.fullmatch(plain_text):
        return bytes.fromhex(plain_text)
    if not _NUMBER.fullmatch(plain_text):
        raise StartRefused("Name the resident by 32 hex digits or a 17-digit archive number.")
    found = await site.store.read(
        lambda tx: exact(tx, site, how="archive", number=plain_text, facility=None)
    )
    if len(found) != 1:
        raise StartRefused(f"Archive number {plain_text} is nobody's here.")
    return found[0]


def _owed(each: Explained) -> Owed:
    item = each.item
    return Owed(
        rule=item.rule, slot=item.slot, service=each.rule.label, stage=each.stage.value,
        opens=item.opens, due=item.due, closes=item.closes, reason=each.reason,
        clause=each.rule.clause, cls=item.cls, because=item.because, done_by=item.done,
        done_on=item.done_on,
    )  # fmt: skip


def _table(found: Whole) -> None:
    screen = console()
    said = f"{len(found.items)} services, {found.on}"
    if found.groups:
        said += f"; belongs to: {', '.join(found.groups)}"
    if screen.width < WIDE:
        click.echo(said)
        for each in found.items:
            click.echo("\n".join(("", *_lines(each))))
    else:
        screen.print(_rows(found, said))
    if not found.restricted:
        click.echo("What is restricted is left out: --restricted shows it, if there is any.")


def _records(each: Explained) -> str:
    item = each.item
    if item.done is not None:
        return f"{_short(item.done)} {item.done_on}"
    return " ".join(_short(one) for one in each.because) or "-"


def _lines(each: Explained) -> tuple[str, ...]:
    """One service on a screen too narrow for a row: the sentence has lines of its own."""
    item = each.item
    until = f", closes {item.closes}" if item.closes else ""
    return (
        f"{item.rule}  {each.rule.label}  {each.stage.value}",
        f"     {item.opens} to {item.due}{until}",
        f"     {each.reason}",
        f"     clause {each.rule.clause}  record {_records(each)}",
    )


def _rows(found: Whole, said: str) -> Table:
    table = Table(
        title=said, title_justify="left", header_style="bold", box=SIMPLE_HEAD, show_edge=False,
        padding=(0, 1, 0, 0), pad_edge=False,
    )  # fmt: skip
    for heading, folds in (
        ("rule", False), ("service", True), ("stage", False), ("opens", False), ("due", False),
        ("closes", False), ("why", True), ("clause", True), ("record", False),
    ):  # fmt: skip
        table.add_column(heading, no_wrap=not folds, overflow="fold")
    for each in found.items:
        item = each.item
        table.add_row(
            item.rule, each.rule.label, Text(each.stage.value, style=TONES[each.stage]),
            str(item.opens), str(item.due), str(item.closes or "-"), each.reason,
            each.rule.clause, _records(each),
        )  # fmt: skip
    return table


def _short(record_id: bytes) -> str:
    return record_id.hex()[-8:]


@plan.command()
def rebuild() -> None:
    """Make everybody's plan of this year anew.

    Safe beside a running server, which does so by itself when the rules have changed.

    \b
    Example:
      python -m server plan rebuild
    """

    async def work(site: Site) -> int:
        await afterwork.catch_up(site)
        with _bar() as bar:
            task = bar.add_task("residents", total=None)
            return await nightly.rebuild(
                site, lambda n, of: bar.update(task, completed=n, total=of)
            )

    click.echo(f"Made {in_site(work):,} plans.")


@plan.command()
@as_json
def check(as_json: bool) -> None:
    """Make every plan from nothing and compare; exit code 1 when one differs.

    Archives that have changed a moment ago and wait to be remade are left out.

    \b
    Example:
      python -m server plan check
    """

    async def work(site: Site) -> Found:
        with _bar() as bar:
            task = bar.add_task("residents", total=None)
            return await proof.check(site, lambda n, _: bar.update(task, completed=n))

    found = in_site(work)
    record(found, as_json=as_json, title="Plans")
    if not found.right:
        raise click.ClickException(
            "The plans are not right. Make them anew: python -m server plan rebuild"
        )


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), console=Console(stderr=True), transient=True,
    )  # fmt: skip
