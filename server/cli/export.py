"""`export`: check an archive that its resident took along."""

from pathlib import Path

import click

from server.actions.residents.export_check import checked
from server.actions.residents.export_content import BYTES_MAX
from server.actions.residents.exporting import signing_keys
from server.cli.session import in_site
from server.pages.times import civil


@click.group()
def export() -> None:
    """Archives that residents have taken along."""


@export.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Say whether FILE, a ZIP file from the portal, is as this district signed it.

    Every file is compared with the list of fingerprints, the list with the signature.

    Example: python -m server export verify archive.zip
    """
    if file.stat().st_size > BYTES_MAX:
        raise click.ClickException("This file is larger than any the portal makes.")
    keys = in_site(signing_keys)
    try:
        found = checked(file.read_bytes(), keys)
    except ValueError as fault:
        raise click.ClickException(f"This is no archive of this system: {fault}.") from None
    made = civil(found.made_at).strftime("%Y-%m-%d %H:%M")
    if found.faults:
        for each in found.faults:
            click.echo(f"- {each}")
        raise click.ClickException("This file is not as it was signed.")
    click.echo(
        f"Signed by this district (key {found.kid}) on {made}, {found.files} files, as made."
    )
