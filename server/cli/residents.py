"""`residents`: lists read in from the command line, the same way as from the console's page."""

import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from server.actions.keeping.site import Site
from server.actions.lists import import_mappings, import_run, imports
from server.actions.lists.import_columns import apply_names
from server.actions.lists.import_upload import receive
from server.actions.lists.imports import MAPPING, READING, Importer, Job
from server.actions.lists.sheets import csv_text
from server.cli.session import opened_site, run, settings
from server.errors import StartRefused
from server.records.sheet_columns import columns_of, missing
from server.settings import CIVIL
from server.store.vault import NOBODY

SHOWN: Final = 20
OPERATOR: Final = Importer(NOBODY, None, restricted=False)
RESULT_WORDS: Final = ("结果", "原因")
OUTCOMES: Final = {
    "created": "已写入",
    "matched": "已有",
    "possible": "可能重复",
    "refused": "不收",
}


@click.group()
def residents() -> None:
    """Residents and their old records from lists."""


@residents.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(imports.OPEN_KINDS), default=imports.KINDS[0],
              show_default=True, help="What the lines are.")  # fmt: skip
@click.option("--mapping", help="Name of a saved mapping; else columns are told by headings.")
@click.option("--system", default="", help="Name of the system that gave the list out.")
@click.option("--exported", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
              help="When it was given out there, such as 2026-11-19T08:30.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say how the first 200 lines would end, and stop.")
@click.option("--result", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the list with its results to this new CSV file.")  # fmt: skip
def import_(
    file: Path, kind: str, mapping: str | None, system: str, exported: datetime | None,
    dry_run: bool, result: Path | None,
) -> None:  # fmt: skip
    """Read a list in, CSV or xlsx.

    What was stopped goes on with the console, or by itself when the server runs.

    \b
    Example:
      python -m server residents import list.csv --mapping "town list" --result done.csv
    """
    if result is not None and result.exists():
        raise StartRefused(f"{result} exists already: name a new file.")
    at = 0 if exported is None else int(exported.replace(tzinfo=CIVIL).timestamp() * 1000)
    given = Given(kind, mapping, system, at)
    run(_import(file, given, dry_run=dry_run, result=result))


@dataclass(frozen=True, slots=True)
class Given:
    """What the caller says of a list. `exported_at`: ms UTC, 0 unknown."""

    kind: str
    mapping: str | None
    system: str
    exported_at: int


async def _import(file: Path, given: Given, *, dry_run: bool, result: Path | None) -> None:
    async with opened_site(settings()) as site:
        job = await _upload(site, file, given.kind)
        try:
            job = await _mapped(site, job, given.mapping)
            job = await _sourced(site, job, given)
            if dry_run:
                await _try(site, job)
                return
            lacks = missing(job.kind, job.head.columns)
            if lacks:
                raise StartRefused(
                    f"Columns are missing: {', '.join(lacks)}. Found: "
                    f"{', '.join(job.head.headings)}. Save a mapping on the console's page."
                )
        except BaseException:
            await imports.destroy_alone(site, job.id)
            raise
        if dry_run:
            return
        job = await _work(site, job)
        if result is not None:
            await _write(site, job, result)
        click.echo(
            f"{job.lines} lines: {job.created} created, {job.matched} matched, "
            f"{job.possible} possible duplicates, {job.refused} refused."
        )


async def _upload(site: Site, file: Path, kind: str) -> Job:
    taking = await receive(site, OPERATOR, kind=kind, name=file.name)
    try:
        with file.open("rb") as stream:
            while block := stream.read(imports.RAW_CHUNK):
                await taking.take(block)
        await taking.end()
    except BaseException:
        await taking.drop()
        raise
    await import_run.work(site, taking.job)
    while (job := await imports.job_by_id(site, taking.job)).state == READING:
        await import_run.a_moment()  # a running server was quicker and reads it
    if job.state != MAPPING:
        raise StartRefused(f"{file.name} cannot be read as a list ({job.told}).")
    return job


async def _mapped(site: Site, job: Job, mapping: str | None) -> Job:
    if mapping is None:
        return job
    names = await import_mappings.mappings(site, job.kind, None)
    if mapping not in names:
        known = ", ".join(names) or "none yet"
        raise StartRefused(f"There is no mapping called {mapping}; known: {known}.")
    return await imports.put_columns(site, job, apply_names(job.head.headings, names[mapping]))


async def _sourced(site: Site, job: Job, given: Given) -> Job:
    system = given.system or job.head.system
    if given.exported_at > site.clock():
        raise StartRefused("--exported lies ahead: a list was given out before it is read in.")
    job = await imports.say_source(site, job, system=system, exported_at=given.exported_at)
    if imports.lacks_source(site, job):
        raise StartRefused(
            f"{job.kind} is first written in another system: say --exported, and --system where "
            "the district's table names none."
        )
    return job


async def _try(site: Site, job: Job) -> None:
    labels = {each.name: each.label for each in columns_of(job.kind)}
    read = [f"{job.head.headings[at]}={labels[name]}" for at, name in job.head.columns.items()]
    click.echo(f"{job.lines} lines, {job.format} {job.encoding}; columns: {', '.join(read)}")
    lines = await import_run.dry_run(site, job)
    for key in OUTCOMES:
        click.echo(f"{key}: {sum(ending.outcome == key for _, ending in lines)}")
    for line, ending in [each for each in lines if each[1].reason][:SHOWN]:
        click.echo(f"line {line.n}: {ending.outcome}: {ending.reason}")
    await imports.destroy_alone(site, job.id)


async def _work(site: Site, job: Job) -> Job:
    await imports.begin(site, job.id, NOBODY)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), console=Console(stderr=True),
    )  # fmt: skip
    with bar:
        shown = bar.add_task("Lines", total=job.lines)
        while True:
            await import_run.work(site, job.id, lambda n: bar.update(shown, completed=n))
            job = await imports.job_by_id(site, job.id)
            if job.state != imports.RUNNING:
                break
            # A running server has it in hand: its parts count just as well.
            bar.update(shown, completed=job.done)
            await import_run.a_moment()
    if job.state != imports.DONE:
        raise StartRefused(
            f"Stopped after {job.done} of {job.lines} lines ({job.told or job.state})."
        )
    return job


async def _write(site: Site, job: Job, path: Path) -> None:
    width = len(job.head.headings)
    # The owner's alone from the first byte: it holds the list.
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(made, "w", encoding="utf-8", newline="") as out:
        out.write(csv_text([[*job.head.headings, *RESULT_WORDS]], head=True))
        for n in range(job.next_chunk):
            lines = await import_run.results_in(site, job.id, n)
            out.write(
                csv_text(
                    [*(line.cell(at) for at in range(width)), OUTCOMES[e.outcome], e.reason]
                    for line, e in lines
                    if e is not None
                )
            )
    sys.stderr.write(f"Results: {path}\n")
