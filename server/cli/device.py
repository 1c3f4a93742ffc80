"""`device` and `staff`: tablets from code to loss."""

from dataclasses import dataclass

import click
import qrcode

from server.actions.keeping.site import Site
from server.actions.places import roster
from server.actions.queues import views
from server.actions.tablets import devices, staff_keys, suspension
from server.actions.tablets.offers import Offer
from server.cli.ids import HexId
from server.cli.session import in_site
from server.cli.show import (
    Column,
    Instant,
    OfferId,
    as_json,
    echo_json,
    listing,
    moment,
    record,
)
from server.errors import NotFound, RuleSaysNo

HEX = HexId()
TABLET_COLUMNS = {
    "device": Column(heading="id"),
    "label": Column(heading="tablet", words=8),
    "facility": Column(heading="facility", words=10),
    "status": Column(heading="status"),
    "last_contact": Column(heading="seen"),
    "pending": Column(heading="holds"),
    "oldest": Column(heading="oldest", roomy=True),
    "held": Column(heading="held"),
    "quarantined": Column(heading="quar"),
    "lease_until": Column(heading="lease until", roomy=True),
}
STAFF_COLUMNS = {
    "staff": Column(heading="id"),
    "name": Column(heading="name", words=6),
    "role": Column(heading="role"),
    "facility_name": Column(heading="facility", words=10),
    "panel_name": Column(heading="team", words=8),
    "restricted": Column(heading="class B"),
    "active": Column(heading="active"),
}
LOST_COLUMNS = {
    "change": Column(heading="change"),
    "resident": Column(heading="resident"),
    "day": Column(heading="day"),
    "recorded_at": Column(heading="recorded"),
    "received_at": Column(heading="received"),
    "state": Column(heading="state"),
}


@dataclass(frozen=True, slots=True)
class Done:
    device: bytes
    status: str


@click.group()
def device() -> None:
    """Tablets: enrol, look, revoke, lost, reinstate."""


@device.command()
@click.option("--staff", type=HEX, required=True, help="Who will use it (`staff list`).")
@click.option(
    "--panel", "panels", type=HEX, multiple=True,
    help="A panel to carry (`district list`); the person's own otherwise. May be repeated.",
)  # fmt: skip
@click.option("--label", default="", help="What stands on the tablet's back.")
@click.option("--suite", type=click.Choice(["1", "3"]), default="1", show_default=True)
@click.option("--restricted", is_flag=True, help="It may carry class B facts.")
@as_json
def enrol(
    staff: bytes, panels: tuple[bytes, ...], label: str, suite: str, restricted: bool, as_json: bool
) -> None:
    """Make a one-time code for a new tablet: 10 minutes, one use.

    Type it on the tablet or scan the square; then `device confirm` with the six digits it shows.

    \b
    Example:
      python -m server device enrol --staff 0193...c2 --label "青禾 3 号"
    """

    async def offer(site: Site) -> Offer:
        chosen = panels or await _own_panel(site, staff)
        return await devices.enrol_offer(
            site, staff=staff, panels=chosen, label=label, suite=int(suite), restricted=restricted
        )

    _show_code(in_site(offer), as_json=as_json)


def _show_code(made: Offer, *, as_json: bool) -> None:
    if as_json:
        echo_json(
            {
                "offer": made.offer.hex(), "code": made.code, "qr": made.qr,
                "expires_at": made.expires_at,
            }
        )  # fmt: skip
        return
    click.echo(f"Code    {made.code}\nUntil   {moment(made.expires_at)}\n")
    square = qrcode.QRCode(border=2)
    square.add_data(made.qr)
    square.print_ascii(invert=True)
    click.echo(f"Then:   python -m server device confirm {made.offer.hex()} DIGITS")


async def _own_panel(site: Site, staff: bytes) -> tuple[bytes, ...]:
    found = [each for each in await roster.staff(site) if each.staff == staff]
    if not found:
        raise NotFound("staff")
    if found[0].panel is None:
        raise RuleSaysNo("panels")
    return (found[0].panel,)


@device.command(name="add-staff")
@click.argument("tablet", type=HEX)
@click.option("--staff", type=HEX, required=True, help="Who will sign on it too (`staff list`).")
@as_json
def add_staff(tablet: bytes, staff: bytes, as_json: bool) -> None:
    """Make a one-time code for one more member of staff on a tablet that is enrolled.

    Whoever uses the tablet now unlocks it, then type or scan the code there; `device confirm` with
    the six digits it shows. A new key of somebody who signs there already ends their old one.

    \b
    Example:
      python -m server device add-staff 0193...c2 --staff 0193...aa
    """
    _show_code(
        in_site(lambda site: staff_keys.staff_offer(site, tablet, staff=staff)), as_json=as_json
    )


@device.command(name="end-staff")
@click.argument("tablet", type=HEX)
@click.option("--staff", type=HEX, required=True, help="Whose key ends.")
def end_staff(tablet: bytes, staff: bytes) -> None:
    """End one person's key on a tablet; everybody else on it goes on.

    What that person signs there is kept and quarantined from now on.

    \b
    Example:
      python -m server device end-staff 0193...c2 --staff 0193...aa
    """
    in_site(lambda site: staff_keys.end_staff_key(site, tablet, staff=staff))
    click.echo("Ended. What they still sign on it will wait in quarantine for a person.")


@device.command()
@click.argument("offer", type=OfferId())
@click.argument("digits")
@as_json
def confirm(offer: bytes, digits: str, as_json: bool) -> None:
    """Confirm a tablet by the six digits on its screen.

    \b
    Example:
      python -m server device confirm 9f30c1d2a4b5e6f7 042913
    """
    made = in_site(lambda site: devices.confirm(site, offer, digits))
    record(Done(made, "enrolled"), as_json=as_json, title="Tablet")


@device.command(name="list")
@as_json
def list_devices(as_json: bool) -> None:
    """Every tablet with its state.

    Last contact, what it still holds, its lease. Ids are their last 8 digits, which every command
    takes; --json and `device show` have them whole.

    \b
    Example:
      python -m server device list --json
    """
    listing(
        in_site(views.devices), as_json=as_json, title="Tablets", columns=TABLET_COLUMNS,
        none="No tablets yet.",
    )  # fmt: skip


@device.command()
@click.argument("tablet", type=HEX)
@as_json
def show(tablet: bytes, as_json: bool) -> None:
    """Everything known of one tablet.

    \b
    Example:
      python -m server device show 0193...c2
    """
    found = [each for each in in_site(views.devices) if each.device == tablet]
    if not found:
        raise NotFound("device")
    record(found[0], as_json=as_json, title="Tablet")


@device.command()
@click.argument("tablet", type=HEX)
@click.option("--reason", default="administrator", show_default=True, help="One word, a-z and _.")
def revoke(tablet: bytes, reason: str) -> None:
    """End a tablet's work.

    Nothing of it is applied any more; it is told to wipe at its next contact.
    What it still delivers is kept and quarantined: `task list` shows it.

    \b
    Example:
      python -m server device revoke 0193...c2 --reason staff_left
    """
    in_site(lambda site: devices.revoke(site, tablet, reason))
    click.echo("Revoked. What it still sends will wait in quarantine for a person.")


@device.command()
@click.argument("tablet", type=HEX)
@click.option(
    "--safe-at", type=Instant(), required=True,
    help="When it was last seen in safe hands, e.g. 2026-11-20T08:30.",
)  # fmt: skip
@as_json
def lost(tablet: bytes, safe_at: int, as_json: bool) -> None:
    """Mark a tablet lost or stolen.

    Lists every change that came after it was last seen safe; of a revoked tablet too.

    \b
    Example:
      python -m server device lost 0193...c2 --safe-at 2026-11-20T08:30
    """
    found = in_site(lambda site: devices.mark_lost(site, tablet, safe_at))
    if as_json:
        record(found, as_json=True)
        return
    listing(
        found.changes, as_json=False, title="Arrived after it was last seen safe",
        columns=LOST_COLUMNS, none="Nothing arrived after it was last seen safe.",
    )  # fmt: skip
    click.echo(f"{len(found.residents)} resident(s) may have a readable copy on it.")


@device.command(name="confirm-epoch")
@click.argument("tablet", type=HEX)
@click.option("--staff", type=HEX, required=True, help="Who confirms.")
def confirm_epoch(tablet: bytes, staff: bytes) -> None:
    """Say that a tablet's new chain epoch is genuine.

    It was restored or reset; what waited is released.

    \b
    Example:
      python -m server device confirm-epoch 0193...c2 --staff 0193...aa
    """
    released = in_site(lambda site: devices.confirm_epoch(site, tablet, staff=staff))
    click.echo(f"Confirmed; {released} change(s) released.")


@device.command()
@click.argument("tablet", type=HEX)
@click.option("--staff", type=HEX, required=True, help="Who has found out why it was suspended.")
def reinstate(tablet: bytes, staff: bytes) -> None:
    """Let a suspended tablet go on working.

    Its strangers are counted anew; what it left in quarantine is still to be decided: `task list`.

    \b
    Example:
      python -m server device reinstate 0193...c2 --staff 0193...aa
    """
    in_site(lambda site: suspension.reinstate(site, tablet, staff=staff))
    click.echo("Enrolled again. What waits in quarantine waits for a person.")


@device.command(name="locate-copies")
@click.option("--resident", type=HEX, help="Of this resident.")
@click.option("--device", "tablet", type=HEX, help="On this tablet.")
@as_json
def locate_copies(resident: bytes | None, tablet: bytes | None, as_json: bool) -> None:
    """Where readable copies of an archive may be.

    Tablet, since when, in which state.

    \b
    Example:
      python -m server device locate-copies --resident 0193...c2
    """
    if resident is None and tablet is None:
        raise click.UsageError("Name a --resident or a --device.")
    found = in_site(lambda site: views.copies(site, resident=resident, device=tablet))
    listing(found, as_json=as_json, title="Copies", none="No copies.")


@click.group()
def staff() -> None:
    """People who work with tablets."""


@staff.command(name="list")
@as_json
def list_staff(as_json: bool) -> None:
    """Everybody with role, facility and panel.

    \b
    Example:
      python -m server staff list
    """
    listing(
        in_site(roster.staff), as_json=as_json, title="Staff", columns=STAFF_COLUMNS,
        none="No staff yet.",
    )  # fmt: skip
