"""`task`, `resident`, `consent`, `status`: the day's work on the command line."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import click

from server.actions.archives import consent as consents
from server.actions.archives import decisions
from server.actions.archives.ledger import TASK_DAYS
from server.actions.keeping.job_ledger import Run, newest_runs
from server.actions.keeping.site import Site
from server.actions.places import move
from server.actions.queues import views
from server.actions.tablets import looking, release
from server.cli.device import TABLET_COLUMNS
from server.cli.ids import HexId
from server.cli.session import in_site
from server.cli.show import Column, Day, Instant, as_json, echo_json, listing, plain, record
from server.rules import switch as rule
from server.store.vault import NOBODY

HEX = HexId()
HOUR_MS: Final = 3_600_000
TASK_COLUMNS = {
    "subject": Column(heading="id"),
    "kind": Column(heading="kind"),
    "reason": Column(heading="why"),
    "facility": Column(heading="facility", words=10, roomy=True),
    "due_at": Column(heading="due"),
    "overdue": Column(heading="late"),
    "device": Column(heading="tablet"),
}
GROUP_COLUMNS = {
    "kind": Column(heading="kind"),
    "count": Column(heading="open"),
    "late": Column(heading="late"),
    "oldest_age": Column(heading="oldest"),
    "due_at": Column(heading="next due"),
}
JOB_COLUMNS = {
    "job": Column(heading="job"),
    "finished_at": Column(heading="finished"),
    "result": Column(heading="result", words=12),
}
KINDS: Final = (*TASK_DAYS, "lost", "revoked")
CLASSES = click.Choice(["A", "AB"])


@click.group()
def task() -> None:
    """Work that waits for a person.

    Held, quarantined, proposed and disputed changes, and tablets to look at.
    """


@task.command(name="list")
@click.option(
    "--kind", type=click.Choice(KINDS), metavar="KIND",
    help="Only this kind, e.g. conflict, quarantine, held, proposal.",
)  # fmt: skip
@as_json
def list_tasks(kind: str | None, as_json: bool) -> None:
    """Open tasks, the earliest due first.

    \b
    Example:
      python -m server task list --kind conflict
    """
    found = [each for each in in_site(views.tasks) if kind is None or each.kind == kind]
    listing(found, as_json=as_json, title="Open tasks", columns=TASK_COLUMNS, none="No open tasks.")


@task.command()
@click.argument("subject", type=HEX)
@as_json
def show(subject: bytes, as_json: bool) -> None:
    """One task by its subject.

    That is the change, tablet or batch it is about.

    \b
    Example:
      python -m server task show 0193...c2
    """
    found = [each for each in in_site(views.tasks) if each.subject == subject]
    if as_json or not found:
        listing(found, as_json=as_json, title="Task", none="No open task is about that.")
        return
    for each in found:
        record(each, as_json=False, title="Task")


@task.command(name="release")
@click.argument("change", type=HEX)
@click.option("--staff", type=HEX, required=True, help="Who decides.")
def release_change(change: bytes, staff: bytes) -> None:
    """Let a held or quarantined change in.

    An event is applied, an edit becomes a proposal.

    \b
    Example:
      python -m server task release 0193...c2 --staff 0193...aa
    """
    state = in_site(lambda site: release.release(site, change, staff=staff))
    click.echo(f"Released: {state.value}.")


@task.command()
@click.argument("change", type=HEX)
@click.option("--staff", type=HEX, required=True, help="Who decides.")
def decline(change: bytes, staff: bytes) -> None:
    """Leave a change where it is.

    It stays readable, as evidence, and its author is told.

    \b
    Example:
      python -m server task decline 0193...c2 --staff 0193...aa
    """
    in_site(lambda site: release.decline(site, change, staff=staff))
    click.echo("Declined.")


@task.command()
@click.argument("change", type=HEX)
@click.option("--staff", type=HEX, required=True, help="Who decides.")
def accept(change: bytes, staff: bytes) -> None:
    """Take over a proposal.

    Its values are entered as a decision that has seen all others.

    \b
    Example:
      python -m server task accept 0193...c2 --staff 0193...aa
    """
    in_site(lambda site: decisions.accept_proposal(site, change, staff=staff))
    click.echo("Accepted.")


@task.command()
@click.argument("subject", type=HEX)
@click.option("--staff", type=HEX, required=True, help="Who has dealt with it.")
def close(subject: bytes, staff: bytes) -> None:
    """Close what somebody was to look at.

    A tablet, a whole batch, a late visit, a look-alike.

    \b
    Example:
      python -m server task close 0193...c2 --staff 0193...aa
    """
    count = in_site(lambda site: looking.close(site, subject, staff=staff))
    click.echo(f"Closed {count} task(s).")


@click.group()
def resident() -> None:
    """What a resident asks for at the desk."""


@resident.command()
@click.argument("who", type=HEX)
@click.option("--panel", type=HEX, required=True, help="The new team (`district list`).")
@click.option("--ground", required=True, help="A ground of the district's table, e.g. moved.")
@click.option("--staff", type=HEX, default=NOBODY.hex(), help="At whose desk.")
@click.option("--from", "from_day", type=Day(), help="First day, e.g. 2026-12-01.")
@click.option("--at-new-desk", is_flag=True, help="Asked at the new facility: begins today.")
@click.option("--special-case", help="A special case of the district's table.")
@click.option("--evidence", is_flag=True, help="Evidence of the special case was shown.")
@click.option("--county-allows", is_flag=True, help="The county has allowed the special case.")
@as_json
def switch(
    who: bytes, panel: bytes, ground: str, staff: bytes, from_day: date | None, at_new_desk: bool,
    special_case: str | None, evidence: bool, county_allows: bool, as_json: bool,
) -> None:  # fmt: skip
    """Move a resident to another facility's team.

    Archive and service go together.
    The old facility is not asked. Exit code 1 when the rule says not yet, with the day from which
    it may be.

    \b
    Example:
      python -m server resident switch 0193...c2 --panel 0193...bb --ground moved --at-new-desk
    """
    case = None
    if special_case is not None:
        state = rule.CaseState.ALLOWED if county_allows else rule.CaseState.ASKED
        case = rule.SpecialCase(special_case, evidence, state)
    ask = move.Ask(
        resident=who, panel=panel, ground=ground, by=staff, from_day=from_day,
        at_new_desk=at_new_desk, special_case=case,
    )  # fmt: skip
    outcome = in_site(lambda site: move.switch(site, ask))
    if as_json:
        echo_json({"outcome": type(outcome).__name__, **plain(outcome)})
    text = _outcome(outcome)
    if not isinstance(outcome, rule.Granted):
        raise click.ClickException(text)
    if not as_json:
        click.echo(text)


def _outcome(outcome: rule.Outcome) -> str:
    match outcome:
        case rule.Granted():
            return f"Granted: responsible from {outcome.from_day} on."
        case rule.TooSoon():
            return f"Too soon: possible from {outcome.next_day} on, earlier as a special case."
        case rule.NeedsSpecialCase():
            reasons = ", ".join(each.value for each in outcome.reasons)
            return f"Possible only as a special case; still needed: {reasons}."
        case rule.SameFacility():
            return "That facility is the responsible one already."
        case rule.Unpublished():
            return "That facility is not on the county's published list."
        case rule.TooFar():
            return f"Too far off: possible up to {outcome.last_day}."


@click.group()
def consent() -> None:
    """Permission of a resident for another facility."""


@consent.command()
@click.argument("who", type=HEX)
@click.option("--panel", type=HEX, required=True, help="The team that may look.")
@click.option("--purpose", default="service", show_default=True)
@click.option("--classes", type=CLASSES, default="A", show_default=True)
@click.option("--until", type=Instant(), required=True, help="End, e.g. 2027-01-31T00:00.")
@click.option("--manner", type=click.Choice(["view", "copy"]), default="copy", show_default=True)
@click.option("--text", default="1", show_default=True, help="Version agreed to.")
def grant(
    who: bytes, panel: bytes, purpose: str, classes: str, until: int, manner: str, text: str
) -> None:
    """Record a consent.

    That team's tablets receive the archive until the end, unless it is to view only.

    \b
    Example:
      python -m server consent grant 0193...c2 --panel 0193...bb --until 2027-01-31T00:00
    """
    made = in_site(
        lambda site: consents.grant(
            site, who, panel=panel, purpose=purpose, classes=classes, until=until,
            text_version=text, manner=manner,
        )
    )  # fmt: skip
    click.echo(f"Consent {made.hex()} recorded.")


@consent.command()
@click.argument("consent_id", type=HEX)
def revoke(consent_id: bytes) -> None:
    """Take a consent back.

    The archive leaves those tablets at their next contact.

    \b
    Example:
      python -m server consent revoke 0193...c2
    """
    in_site(lambda site: consents.revoke(site, consent_id))
    click.echo("Revoked.")


@dataclass(frozen=True, slots=True)
class _Status:
    district: views.Summary
    tablets: tuple[views.DeviceLine, ...]
    tasks: tuple[views.TaskLine, ...]
    jobs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """All open tasks of one kind."""

    kind: str
    count: int
    late: int
    oldest_age: str
    due_at: int  # the earliest


def _groups(tasks: tuple[views.TaskLine, ...]) -> tuple[_Group, ...]:
    """The kind that is due first, first: tasks come in that order."""
    kinds = {each.kind: [one for one in tasks if one.kind == each.kind] for each in tasks}
    return tuple(
        _Group(
            kind, len(found), sum(one.overdue for one in found),
            _age(max(one.age_ms for one in found)), min(one.due_at for one in found),
        )
        for kind, found in kinds.items()
    )  # fmt: skip


def _age(age_ms: int) -> str:
    hours = age_ms // HOUR_MS
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


@click.command()
@as_json
def status(as_json: bool) -> None:
    """One look at the district: what operators must see.

    Tablets with last contact and what each still holds, open tasks by kind, timed work.

    \b
    Example:
      python -m server status
    """

    async def read(site: Site) -> _Status:
        return _Status(
            await views.status(site),
            await views.devices(site),
            await views.tasks(site),
            await newest_runs(site),
        )

    now = in_site(read)
    if as_json:
        echo_json(plain(now))
        return
    record(now.district, as_json=False, title="District")
    listing(
        now.tablets, as_json=False, title="Tablets", columns=TABLET_COLUMNS, none="No tablets yet."
    )
    listing(
        _groups(now.tasks), as_json=False, title="Open tasks (each: task list --kind KIND)",
        columns=GROUP_COLUMNS, none="No open tasks.",
    )  # fmt: skip
    listing(
        now.jobs, as_json=False, title="Timed work", columns=JOB_COLUMNS,
        none="No timed work has run yet.",
    )  # fmt: skip
