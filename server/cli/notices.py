"""`notices`: messages to residents, what waits, what failed, and the outbox as a whole."""

from dataclasses import dataclass

import click

from server.actions.keeping.site import Site
from server.actions.notices import outbox, overview
from server.actions.notices.gateway import provider_of
from server.actions.notices.overview import Item, Overview, Words
from server.cli.session import in_site, settings
from server.cli.show import Column, as_json, echo_json, listing, moment, plain
from server.store.vault import NOBODY

TALLIES = {
    "template": Column(heading="template"),
    "inbox": Column(heading="inbox only", roomy=True),
    "waiting": Column(heading="waiting"),
    "sent": Column(heading="sent"),
    "delivered": Column(heading="delivered"),
    "failed": Column(heading="failed"),
    "held": Column(heading="held"),
    "cost_fen": Column(heading="fen"),
}
ITEMS = {
    "id": Column(heading="id"),
    "template": Column(heading="template"),
    "channel": Column(heading="by", roomy=True),
    "state": Column(heading="state"),
    "error": Column(heading="why"),
    "tries": Column(heading="tries"),
    "made_at": Column(heading="made"),
    "next_at": Column(heading="next"),
}
WORDS = {
    "made_at": Column(heading="made"),
    "channel": Column(heading="by", roomy=True),
    "state": Column(heading="state"),
    "tail": Column(heading="telephone"),
    "text": Column(heading="text", words=24),
}


@dataclass(frozen=True, slots=True)
class _Row:
    """An item as it is listed."""

    id: bytes
    template: str
    channel: str
    state: str
    error: str
    tries: int
    made_at: int
    next_at: int


@click.group()
def notices() -> None:
    """Messages to residents: the outbox, what failed, what it cost."""


@notices.command(name="list")
@click.option(
    "--words", "with_words", is_flag=True,
    help="The messages themselves, while nothing leaves the machine; looking is written down.",
)  # fmt: skip
@as_json
def list_notices(with_words: bool, as_json: bool) -> None:
    """This month by template, what waits and what failed.

    \b
    Example:
      python -m server notices list --words
    """

    async def work(site: Site) -> tuple[Overview, tuple[Words, ...]]:
        site.provider = provider_of(settings())
        words = await overview.kept_words(site, NOBODY) if with_words else ()
        return await overview.overview(site), tuple(words)

    found, words = in_site(work)
    if as_json:
        echo_json({**plain(found), "words": plain(words)})
        return
    if with_words:
        none = "Nothing is kept here." if found.keeps else "Messages leave by the gateway."
        listing(words, as_json=False, title="Messages kept here", columns=WORDS, none=none)
        return
    click.echo(_sentence(found))
    listing(
        found.tallies, as_json=False, title=found.month, columns=TALLIES,
        none="Nobody was told anything this month.",
    )  # fmt: skip
    waiting = [_row(each) for each in (*found.waiting, *found.failed)]
    listing(waiting, as_json=False, title="Waiting and failed", columns=ITEMS,
            none="Nothing waits, nothing failed.")  # fmt: skip


@notices.command()
def send() -> None:
    """Send now what may go, codes first; the same as the server's own job.

    \b
    Example:
      python -m server notices send
    """

    async def work(site: Site) -> int:
        site.provider = provider_of(settings())
        return await outbox.run_codes(site) + await outbox.run(site)

    click.echo(f"Handed over {in_site(work)} message(s).")


@notices.command()
def pause() -> None:
    """Let nothing leave any more, sign-in codes included.

    \b
    Example:
      python -m server notices pause
    """
    in_site(lambda site: overview.pause(site, NOBODY, on=True))
    click.echo("Paused: nothing leaves until `python -m server notices resume`.")


@notices.command()
def resume() -> None:
    """Let messages leave again.

    \b
    Example:
      python -m server notices resume
    """
    in_site(lambda site: overview.pause(site, NOBODY, on=False))
    click.echo("Messages leave again.")


def _sentence(found: Overview) -> str:
    """How the outbox stands, in one line."""
    if found.paused_at is not None:
        return f"Paused since {moment(found.paused_at)}."
    if found.keeps:
        return "No gateway is set: messages stay here, read them with --words."
    spent, budget = found.spent_fen / 100, found.budget_fen / 100
    return f"Spent {spent:.2f} of {budget:.2f} yuan this month."


def _row(each: Item) -> _Row:
    waits = each.state == "waiting"
    return _Row(
        each.id, each.template, each.channel, each.state, each.error, each.tries, each.made_at,
        each.send_after if waits else 0,
    )  # fmt: skip
