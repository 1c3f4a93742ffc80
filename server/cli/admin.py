"""`admin`: the first administrators of a district, let in by a one-time link."""

from dataclasses import dataclass

import click

from server.actions.accounts import administrators
from server.actions.accounts.account_making import Link
from server.actions.accounts.accounts import of_roles
from server.cli.session import in_site, settings
from server.cli.show import Column, as_json, echo_json, listing, moment
from server.rules.accounts import INVITE_HOURS, StaffRole

COLUMNS = {
    "staff": Column(heading="id"),
    "name": Column(heading="name", words=6),
    "role": Column(heading="role"),
    "facility_name": Column(heading="office", words=10),
    "login": Column(heading="login"),
    "state": Column(heading="state"),
    "locked_until": Column(heading="locked until"),
    "link_until": Column(heading="link until"),
    "signed_in_at": Column(heading="signed in"),
}
URL = click.option(
    "--url", help="Address of the server as its people reach it; http://HOST:PORT otherwise."
)


@dataclass(frozen=True, slots=True)
class OneTime:
    """What is printed once of a new link."""

    login: str
    url: str
    until: int


@click.group()
def admin() -> None:
    """Administrators of the county and the city."""


@admin.command()
@click.option("--name", required=True, help="Name of the person.")
@click.option("--login", required=True, help="What they sign in with: a-z, 0-9, . _ -")
@click.option(
    "--level", type=click.Choice(["county", "city"]), default="county", show_default=True,
    help="Whose administrator.",
)  # fmt: skip
@click.option("--office", default="", help="Name of the office, when it is not there yet.")
@click.option("--another", is_flag=True, help="Beside one who is there already.")
@URL
@as_json
def create(
    name: str, login: str, level: str, office: str, another: bool, url: str | None, as_json: bool
) -> None:
    """Make the first administrator and print a one-time link, once.

    The office is made when it is missing. There is no password to hand over: whoever opens the
    link, within 72 hours, chooses one and binds a phone.

    \b
    Example:
      python -m server admin create --name 陈立冬 --login chen.ld
    """
    link = in_site(
        lambda site: administrators.found_administrator(
            site, level=StaffRole(level), name=name, login=login, office=office, another=another
        )
    )
    _print(link, url, as_json=as_json)


@admin.command()
@click.argument("login")
@URL
@as_json
def reset(login: str, url: str | None, as_json: bool) -> None:
    """Let an administrator in again who lost the password or the phone.

    Old password, second factor and sessions end, and the account's history says that it was done
    here. Everybody else is reset on a page, by whoever makes their accounts.

    \b
    Example:
      python -m server admin reset chen.ld
    """
    link = in_site(lambda site: administrators.reset_administrator(site, login))
    _print(link, url, as_json=as_json)


@admin.command(name="list")
@as_json
def list_administrators(as_json: bool) -> None:
    """Administrators and auditors, and how their accounts stand.

    \b
    Example:
      python -m server admin list --json
    """
    listing(
        in_site(lambda site: of_roles(site, administrators.TOP | {StaffRole.AUDITOR})),
        as_json=as_json, title="Administrators", columns=COLUMNS,
        none="Nobody yet: python -m server admin create --name NAME --login LOGIN",
    )  # fmt: skip


def _print(link: Link, url: str | None, *, as_json: bool) -> None:
    current = settings()
    host = f"[{current.host}]" if ":" in current.host else current.host
    base = (url or f"http://{host}:{current.port}").rstrip("/")
    made = OneTime(link.login, f"{base}/console/invite/{link.token}", link.expires_at)
    if as_json:
        echo_json({"login": made.login, "url": made.url, "until": made.until})
        return
    click.echo(
        f"One-time link for {made.login}, good for {INVITE_HOURS} hours, until "
        f"{moment(made.until)}. It is shown this once:"
    )
    click.echo(made.url)
