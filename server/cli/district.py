"""`district`: begin one, fill it with the demo, see its teams and what its table leaves open."""

import secrets
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from server.actions.keeping.site import found_district, kek_ring
from server.actions.places import roster
from server.cli.session import (
    check_kek,
    in_site,
    opened_site,
    opened_store,
    refuse_pending,
    run,
    settings,
)
from server.cli.show import Column, Whole, as_json, listing
from server.demo import load as demo
from server.demo.counts import scaled
from server.demo.examples import write_examples
from server.errors import StartRefused
from server.rules.district_check import Finding, State
from server.rules.district_check import check as checked
from server.rules.districts import load as load_rules
from server.rules.districts import names
from server.settings import Settings
from server.store.store import Store
from server.store.tx import Tx, one
from server.store.vault import Vault

INDEX_KEY_BYTES: Final = 32
COLUMNS: Final = {
    "panel": Column(heading="id"),
    "name": Column(heading="team", words=10),
    "facility_name": Column(heading="facility", words=10),
    "residents": Column(heading="residents"),
    "tablets": Column(heading="tablets"),
}
CHECK_COLUMNS: Final = {
    "at": Column(heading="at"),
    "name": Column(heading="value", words=16),
    "state": Column(heading="state"),
    "value": Column(heading="is", words=6, roomy=True),
    "clause": Column(heading="clause", roomy=True),
    "who": Column(heading="set by"),
    "until": Column(heading="until then", words=20),
}


@click.group()
def district() -> None:
    """The district served here."""


@district.command()
@click.option("--demo", "with_demo", is_flag=True, help="Fill it with synthetic people.")
@click.option(
    "--scale", type=Whole(1, 100_000), default=100, show_default=True,
    help="Of the demo: 100 means one resident for each hundred.",
)  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Of the demo.")
@click.option(
    "--rules", type=click.Choice(names()), default="huancui", show_default=True,
    help="Table of rules.",
)  # fmt: skip
@click.option("--name", help="Name of the district; that of the table otherwise.")
def load(with_demo: bool, scale: int, seed: int, rules: str, name: str | None) -> None:
    """Begin the district.

    That is its row, its keys, its rules; with --demo also facilities, teams, staff, residents and
    past records.

    \b
    Example:
      python -m server district load --demo --scale 100
    """
    current = settings()
    run(_begin(current, rules=rules, name=name, may_exist=with_demo))
    if with_demo:
        try:
            run(_fill(current, scale=scale, seed=seed))
        except KeyboardInterrupt:
            raise StartRefused(f"Stopped: half a district is loaded. {_anew(current)}") from None
    else:
        click.echo(f"District {current.district} has begun with the rules of {rules}.")


def _anew(current: Settings) -> str:
    path = Store(current.database_url).path
    old = "Make a new database" if path is None else f"Delete {path}"
    return (
        f"{old} (or name another with DATABASE_URL), then `python -m server migrate` and "
        "`district load --demo`."
    )


async def _begin(current: Settings, *, rules: str, name: str | None, may_exist: bool) -> None:
    await check_kek(current)
    table = load_rules(rules)
    vault = Vault(kek_ring(current.kek_file), current.district)
    async with opened_store(current) as store:
        await refuse_pending(store)

        async def write(tx: Tx) -> bool:
            number = current.district
            if await one(tx, "SELECT 1 FROM district WHERE district=?", number) is not None:
                return False
            await found_district(
                tx, vault, code=table.code, name=name or table.name, rules=rules,
                now=current.clock(), index_key=secrets.token_bytes(INDEX_KEY_BYTES),
            )  # fmt: skip
            return True

        if not await store.write(write) and not may_exist:
            raise StartRefused(f"District {current.district} has begun already.")


async def _fill(current: Settings, *, scale: int, seed: int) -> None:
    people = sum(each.population for each in scaled(scale))
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=Console(stderr=True),
    )  # fmt: skip
    async with opened_site(current) as site:
        if await roster.panels(site):
            raise StartRefused(
                "This district has teams already, whole or from a load that was stopped: a demo "
                f"needs an empty one. {_anew(current)}"
            )
        with bar:
            task = bar.add_task("Residents", total=people)
            done = await demo.load(
                site, scale=scale, seed=seed, progress=lambda n: bar.update(task, completed=n)
            )
    click.echo(
        f"Loaded {done.residents} residents, {done.records} past records, {done.panels} teams "
        f"and {done.staff} staff."
    )


@district.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def examples(folder: Path) -> None:
    """Write two example lists to begin a county with.

    One workbook with organisations, villages and staff, one with residents, all invented: send them
    in on the console's pages, or look there how yours should be.

    \b
    Example:
      python -m server district examples lists/
    """
    for path in write_examples(folder):
        click.echo(f"Wrote {path}")


@district.command(name="check")
@click.option(
    "--rules", type=click.Choice(names()), help="One table; every table there is without it."
)
@click.option(
    "--year", type=Whole(2000, 2100), help="As it stands in a year; for its own year without it."
)
@click.option("--defaults", is_flag=True, help="Also what no document gives and we decided.")
@as_json
def check_tables(rules: str | None, year: int | None, defaults: bool, as_json: bool) -> None:
    """What a district's table leaves open, and who sets it.

    An empty value is no mistake: its use is refused until it is set. Exit code 1 when a table is
    wrong: a value without a clause, a clause that no document has, a kind that is not there.

    \b
    Example:
      python -m server district check --rules huancui --year 2026 --defaults
    """
    found = [each for name in ([rules] if rules else names()) for each in checked(name, year)]
    tell(found, defaults=defaults, as_json=as_json)


def tell(found: Sequence[Finding], *, defaults: bool, as_json: bool) -> None:
    """Prints what was found. Raises click.ClickException when a table is wrong."""
    shown = [each for each in found if defaults or each.state is not State.DEFAULT]
    listing(
        shown, as_json=as_json, title="Tables of the districts", columns=CHECK_COLUMNS,
        none="Everything is set.",
    )  # fmt: skip
    counts = Counter(each.state for each in found)
    if not as_json:
        click.echo(
            f"{counts[State.EMPTY]} empty, {counts[State.DEFAULT]} decided by this project "
            f"(--defaults), {counts[State.FAULT]} wrong."
        )
    if counts[State.FAULT]:
        raise click.ClickException("A table is wrong: see the lines marked fault.")


@district.command(name="list")
@as_json
def list_panels(as_json: bool) -> None:
    """Facilities and teams with the number of residents and tablets.

    \b
    Example:
      python -m server district list --json
    """
    listing(
        in_site(roster.panels), as_json=as_json, title="Teams", columns=COLUMNS,
        none="No teams yet: python -m server district load --demo",
    )  # fmt: skip
