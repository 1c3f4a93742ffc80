"""`batches`: rescue files of tablets, taken in by hand (server/actions/tablets/rescue.py)."""

from collections.abc import AsyncIterator
from pathlib import Path

import click

from server.actions.keeping.site import Site
from server.actions.tablets.exchange import Exchanged, exchange
from server.actions.tablets.rescue import CutOff, envelopes
from server.cli.session import in_site
from server.cli.show import as_json, echo_json
from server.errors import Refusal


@click.group()
def batches() -> None:
    """Sealed batches that come by hand."""


@batches.command(name="import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@as_json
def import_batches(files: tuple[Path, ...], as_json: bool) -> None:
    """Take in rescue files.

    The same sealed bytes, the same receipts; a repeat is harmless.

    \b
    Example:
      python -m server batches import /media/usb/gongwei-rescue.bin
    """

    async def take(site: Site) -> list[dict[str, object]]:
        return [each for file in files async for each in _of_file(site, file)]

    taken = in_site(take)
    if as_json:
        echo_json(taken)
    else:
        for each in taken:
            place = f"{each['file']} #{each['batch']}"
            click.echo(f"{place}: {each['verdict']}, {each['changes']} change(s)")
    refused = [each for each in taken if each["refused"]]
    if refused:
        raise click.ClickException(f"{len(refused)} of {len(taken)} batches were refused.")


async def _of_file(site: Site, file: Path) -> AsyncIterator[dict[str, object]]:
    """A file that is cut off is taken up to there, and says so."""
    number = 0
    with file.open("rb") as source:
        try:
            for number, raw in enumerate(envelopes(source), start=1):
                yield await _taken(site, file, number, raw)
        except CutOff:
            yield {
                "file": file.name, "batch": number + 1, "verdict": "cut off or damaged here",
                "changes": 0, "device": "", "refused": True,
            }  # fmt: skip


async def _taken(site: Site, file: Path, number: int, raw: bytes) -> dict[str, object]:
    try:
        done = await exchange(site, raw)
    except Refusal as refusal:
        done, verdict = Exchanged(b"", ""), refusal.code
    else:
        verdict = done.verdict
    return {
        "file": file.name, "batch": number, "verdict": verdict, "changes": done.changes,
        "device": done.device.hex(), "refused": not done.answer,
    }  # fmt: skip
