"""All commands, put together. A command's file is loaded when the command is asked for: a server
does not hold what only the others need, and each starts sooner.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

import click

MODULES: Final[Mapping[str, str]] = {
    "serve": "serving", "demo": "demo", "status": "work", "migrate": "database", "keys": "keys",
    "district": "district", "admin": "admin", "device": "device", "staff": "device",
    "task": "work", "resident": "work", "residents": "residents", "consent": "work",
    "batches": "rescue", "notices": "notices", "checkup": "checkup", "export": "export",
    "figures": "figures", "kinds": "kinds", "openapi": "openapi", "plan": "plan",
    "journal": "database", "backup": "database", "restore": "database", "tablet": "tablet",
}  # fmt: skip
"""Where each command stands, in the order an installation needs them, not by alphabet."""


class WhenAsked(click.Group):
    """Commands by their names in `MODULES`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return command(cmd_name) if cmd_name in MODULES else None


def command(name: str) -> click.Command:
    """The command of that name in `MODULES`."""
    return getattr(import_module(f"server.cli.{MODULES[name]}"), name)


@click.group(cls=WhenAsked, context_settings={"help_option_names": ["-h", "--help"]})
def gongwei() -> None:
    """Gongwei: the sync server of a district's public health services.

    \b
    A new installation:  keys init, migrate, district load, admin create, serve
    A new tablet:        device enrol, device confirm
    Settings come from the environment: DATABASE_URL, GONGWEI_KEK_FILE, GONGWEI_PORT ...
    """


def main(arguments: Sequence[str] | None = None) -> object:
    """Runs what the arguments say (those of the process without any); errors are exceptions."""
    return gongwei.main(arguments, prog_name="python -m server", standalone_mode=False)
