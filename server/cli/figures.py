"""`figures`: the yearly figures made anew, and the proof that they are right."""

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from server.actions.archives import afterwork
from server.actions.figures import figures_recount
from server.actions.figures.figures_recount import Found
from server.actions.keeping.site import Site
from server.cli.session import in_site
from server.cli.show import as_json, record


@click.group()
def figures() -> None:
    """The yearly figures: kept while people work, shown on the board.

    They are judged again by themselves when an archive has changed.
    """


@figures.command()
def rebuild() -> None:
    """Judge every archive again and count anew.

    Safe beside a running server. Needed after a change of the rules, or when `check` says so.

    \b
    Example:
      python -m server figures rebuild
    """

    async def work(site: Site) -> int:
        await afterwork.catch_up(site)
        with _bar() as bar:
            task = bar.add_task("archives", total=None)
            return await figures_recount.rebuild(
                site, lambda n, of: bar.update(task, completed=n, total=of)
            )

    click.echo(f"Judged {in_site(work):,} archives.")


@figures.command()
@as_json
def check(as_json: bool) -> None:
    """Recount without changing anything; exit code 1 when something is wrong.

    Archives that have changed a moment ago and wait to be judged are left out.

    \b
    Example:
      python -m server figures check
    """

    async def work(site: Site) -> Found:
        with _bar() as bar:
            task = bar.add_task("archives", total=None)
            return await figures_recount.check(site, lambda n, _: bar.update(task, completed=n))

    found = in_site(work)
    record(found, as_json=as_json, title="Figures")
    if not found.right:
        raise click.ClickException(
            "The figures are not right. Make them anew: python -m server figures rebuild"
        )


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
