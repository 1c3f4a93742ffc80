"""`migrate`, `backup`, `restore`, `journal verify`: the database as a thing to look after."""

from dataclasses import dataclass
from pathlib import Path

import click

from server.actions.keeping import backup as backups
from server.actions.keeping import verify
from server.cli.serving import only_server
from server.cli.session import in_site, opened_store, run, settings
from server.cli.show import as_json, listing, record
from server.store.migrate import migrate as run_migrations
from server.store.store import Store


@click.command()
def migrate() -> None:
    """Make the database, or bring it to this version.

    \b
    Example:
      DATABASE_URL=sqlite:///data/gongwei.sqlite3 python -m server migrate
    """
    current = settings()

    async def work() -> list[str]:
        async with opened_store(current, make=True) as store:
            return await run_migrations(store)

    ran = run(work())
    click.echo(f"Ran {', '.join(ran)}." if ran else "The database is up to date.")


@click.command()
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; GONGWEI_BACKUP_DIR otherwise.",
)  # fmt: skip
@as_json
def backup(folder: Path | None, as_json: bool) -> None:
    """Write a backup beside the running server.

    It is read back, and the backup mark moves.
    The key file is not in it: keep that apart.

    \b
    Example:
      python -m server backup --to /srv/backup
    """
    target = folder or settings().backup_dir
    target.mkdir(parents=True, exist_ok=True)
    done = in_site(lambda site: backups.backup(site, target))
    shown = _Written(done.path, done.taken_at, done.verified_at, done.rows, done.digest)
    record(shown, as_json=as_json, title="Backup")


@dataclass(frozen=True, slots=True)
class _Written:
    path: Path
    taken_at: int
    verified_at: int
    rows: int
    sha256: bytes


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def restore(file: Path, yes: bool, as_json: bool) -> None:
    """Put a backup in the place of an empty or missing database. Stop the server first.

    Tablets that were ahead of the backup send again what it lacks.

    \b
    Example:
      python -m server restore data/backup/gongwei-1-20261120T183000-000.gwk
    """
    current = settings()
    store = Store(current.database_url)
    if not yes:
        click.confirm(f"Restore {file.name} into {shown(current.database_url)}?", abort=True)
    if store.path is not None:
        store.path.parent.mkdir(parents=True, exist_ok=True)
    with only_server(store.path):
        done = run(backups.restore(current, file))
    record(done, as_json=as_json, title="Restored")


def shown(url: str) -> str:
    """A database address without its password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


@click.group()
def journal() -> None:
    """The record of everything that was taken in."""


@journal.command(name="verify")
@as_json
def journal_verify(as_json: bool) -> None:
    """Check the whole journal.

    The audit tree, its signed checkpoints, every chain, signature and current revision.

    Exit code 1 and a list of faults when anything does not hold.

    \b
    Example:
      python -m server journal verify
    """
    report = in_site(verify.verify_journal)
    if as_json or not report.faults:
        record(report, as_json=as_json, title="Journal")
    else:
        listing(report.faults, as_json=False, title="Faults")
    if report.faults:
        count = len(report.faults) + report.faults_not_listed
        raise click.ClickException(f"The journal does not hold: {count} fault(s).")
