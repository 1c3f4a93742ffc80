"""All commands, put together."""

from collections.abc import Sequence

import click

from server.cli.admin import admin
from server.cli.checkup import checkup
from server.cli.database import backup, journal, migrate, restore
from server.cli.demo import demo
from server.cli.device import device, staff
from server.cli.district import district
from server.cli.export import export
from server.cli.figures import figures
from server.cli.keys import keys
from server.cli.kinds import kinds
from server.cli.notices import notices
from server.cli.openapi import openapi
from server.cli.plan import plan
from server.cli.rescue import batches
from server.cli.residents import residents
from server.cli.serving import serve
from server.cli.tablet import tablet
from server.cli.work import consent, resident, status, task


class InOrder(click.Group):
    """Lists commands in the order an installation needs them, not by alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"]})
def gongwei() -> None:
    """Gongwei: the sync server of a district's public health services.

    \b
    A new installation:  keys init, migrate, district load, admin create, serve
    A new tablet:        device enrol, device confirm
    Settings come from the environment: DATABASE_URL, GONGWEI_KEK_FILE, GONGWEI_PORT ...
    """


for command in (
    serve, demo, status, migrate, keys, district, admin, device, staff, task, resident, residents,
    consent, batches, notices, checkup, export, figures, kinds, openapi, plan, journal, backup,
    restore, tablet,
):  # fmt: skip
    gongwei.add_command(command)


def main(arguments: Sequence[str] | None = None) -> object:
    """Runs what the arguments say (those of the process without any); errors are exceptions."""
    return gongwei.main(arguments, prog_name="python -m server", standalone_mode=False)
