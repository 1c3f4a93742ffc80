"""`openapi`: the document of every route."""

import json

import click

from server.app import api_document
from server.settings import Settings


@click.command()
def openapi() -> None:
    """Print the OpenAPI document of every route of every door.

    It is made from the handlers; no database is opened, and no server serves it.

    \b
    Example:
      python -m server openapi > openapi.json
    """
    click.echo(json.dumps(api_document(Settings()), ensure_ascii=False, indent=1))
