"""`tablet`: the reference tablet at a terminal, to try a server with, until the app is there.

One file is one tablet: enrolled by a code, it carries its panel sealed under the passphrase, takes
edits and records with no network, and exchanges when told to.
"""

import http.client
import json
import secrets
import time
import urllib.error
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from server.actions.archives.following import after, facts_of_changes
from server.actions.tablets.intake import civil_day
from server.cli.owed import Waiting, by_village, owed_lines, waiting
from server.cli.show import Day
from server.errors import StartRefused
from server.records.check import check, edit_faults, hard
from server.records.kinds import get
from server.records.upcast import newest
from server.rules.next_step import Refer
from server.settings import now_ms
from server.store.ids import new_id
from sync import wire
from sync.attachment_wire import ARRIVED_HEADER, SCHEME
from sync.enrol import Enrolment, EnrolmentExpired, NotTheServer
from sync.merge import Cell, choose
from sync.tablet import Tablet
from sync.tablet_disk import Wiped, WrongPassphrase
from sync.tablet_photos import Call, NoPictures, Reply

REGISTER: Final = "basic_info"
POLL_S: Final = 2
TIMEOUT_S: Final = 30
PATH: Final = click.Path(dir_okay=False, path_type=Path)

at_file: Callable[[Any], Any] = click.option(
    "--file", "file", type=PATH, default=Path("one.tablet"), show_default=True,
    help="The tablet's own file.",
)  # fmt: skip
with_passphrase: Callable[[Any], Any] = click.option(
    "--passphrase", prompt=True, hide_input=True, envvar="GONGWEI_TABLET_PASSPHRASE",
    help="Opens what is on the tablet; asked for when left out.",
)  # fmt: skip
at_server: Callable[[Any], Any] = click.option(
    "--server", default="http://127.0.0.1:8470", show_default=True, help="Address of the server."
)


@click.group()
def tablet() -> None:
    """The reference tablet, to try a server with."""


@tablet.command()
@click.argument("code")
@at_file
@with_passphrase
@at_server
@click.option("--label", default="", help="Name of the tablet in the server's lists.")
def enrol(code: str, file: Path, passphrase: str, server: str, label: str) -> None:
    """Enrol with the code that the console shows, then wait for the six digits to be confirmed.

    \b
    Example:
      python -m server tablet enrol 771F-19P1-846W-H94D-SDAJ-GSVD-WQB7 --file one.tablet
    """
    if file.exists():
        raise StartRefused(f"{file} is a tablet already: name another file with --file.")
    call = _poster(server, "/sync/v1/enrol")
    try:
        new = Enrolment(
            code, suite=None, app="command/1", label=label, random=secrets.token_bytes,
            now_ms=now_ms(),
        )  # fmt: skip
        new.on_hello(call(new.hello()))
        new.on_join(call(new.join()))
        click.echo(f"Six digits: {new.six_digits()}  (type them where the code was shown)")
        while (enrolled := new.on_poll(call(new.poll()))) is None:
            time.sleep(POLL_S)
    except (NotTheServer, EnrolmentExpired, ValueError):
        raise StartRefused("The code is wrong, used or too old: show a new one.") from None
    made = Tablet.create(file, enrolled, passphrase, clock=now_ms, new_id=new_id)
    click.echo(f"Enrolled. {_carried(made)}. Next: python -m server tablet exchange")
    made.close()


@tablet.command()
@at_file
@with_passphrase
@at_server
def exchange(file: Path, passphrase: str, server: str) -> None:
    """Send what waits, take what is new, until neither side has more.

    \b
    Example:
      python -m server tablet exchange --file one.tablet
    """
    opened = _opened(file, passphrase)
    before = opened.waiting
    results = opened.sync(_poster(server, "/sync/v1/exchange"))
    click.echo(f"{before} change(s) sent, {opened.waiting} waiting, {len(results)} exchange(s).")
    for each in (row for result in results for row in result.outcomes):
        click.echo(f"{bytes(each.change).hex()[-8:]}  later: {each.state} {each.reason}".rstrip())
    if any(each.wiped for each in results):
        raise StartRefused("The server asked this tablet to wipe itself; nothing readable is left.")
    told = [each.agrees for each in results if each.agrees is not None]
    delivered = opened.photos.deliver(_carrier(server))
    if delivered or opened.photos.waiting:
        left = opened.photos.waiting // 1024
        click.echo(f"{delivered} picture(s) delivered, {left} KiB waiting.")
    agrees = "" if not told else ", as the server does" if told[-1] else ", NOT as the server does"
    click.echo(f"{_carried(opened)}{agrees}.")


@tablet.command()
@at_file
@with_passphrase
def people(file: Path, passphrase: str) -> None:
    """The residents on this tablet, and what is due to whom: overdue and today, by village.

    \b
    Example:
      python -m server tablet people --file one.tablet
    """
    opened = _opened(file, passphrase)
    lines: list[tuple[str, str]] = []
    waits: list[Waiting] = []
    today = civil_day(now_ms())
    for who in _everybody(opened):
        cells = opened.archive.cells(who)
        name = str(_shown(cells, "name"))
        lines.append((name, who.hex()))
        waits += waiting(opened.archive.owed(who), name, _shown(cells, "address_region"), today)
    for name, identity in sorted(lines):
        click.echo(f"{identity}  {name}")
    if not lines:
        click.echo("Nobody yet: python -m server tablet exchange")
    for line in by_village(waits, today):
        click.echo(line)


@tablet.command()
@click.argument("who")
@at_file
@with_passphrase
def show(who: str, file: Path, passphrase: str) -> None:
    """One archive as this tablet has it. WHO: an id, its end, or a whole name.

    \b
    Example:
      python -m server tablet show 周谷雨 --file one.tablet
    """
    opened = _opened(file, passphrase)
    resident = _who(opened, who)
    cells = opened.archive.cells(resident)
    kind = get(REGISTER, newest(REGISTER))
    for name, content in sorted(cells.items()):
        shown = choose(content, kind.policy_of(name), kind.safer_of(name))
        said = json.dumps(shown.value, ensure_ascii=False)
        others = [json.dumps(head.value, ensure_ascii=False) for head in shown.others]
        click.echo(f"{name} = {said}" + (f"   (also said: {', '.join(others)})" if others else ""))
    for put in opened.archive.events(resident):
        change = wire.change(put.change)
        click.echo(f"{change.on}  {change.kind}  {change.id.hex()[-8:]}")
    for line in owed_lines(opened.archive.owed(resident), civil_day(now_ms())):
        click.echo(line)


@tablet.command()
@click.argument("who")
@click.argument("values", nargs=-1, required=True)
@at_file
@with_passphrase
@click.option("--on", "on", type=Day(), help="Day of the edit; today without it.")
def edit(who: str, values: tuple[str, ...], file: Path, passphrase: str, on: date | None) -> None:
    """Change cells of the register: FIELD=VALUE, the value as JSON or as it stands. No network.

    \b
    Example:
      python -m server tablet edit 周谷雨 blood_rh=1 drug_allergy/2=true
    """
    opened = _opened(file, passphrase)
    resident = _who(opened, who)
    cells = dict(_pair(each) for each in values)
    kind = get(REGISTER, newest(REGISTER))
    today = civil_day(now_ms())
    for name, value in cells.items():
        _refuse(hard(edit_faults(kind, name, value, today=today)))
    change = opened.save_edit(resident, cells, (on or today).isoformat())
    click.echo(f"Saved on the tablet as {change.hex()}; {opened.waiting} waiting.")


@tablet.command()
@click.argument("who")
@click.argument("kind")
@click.argument("form", type=click.File("rb"))
@at_file
@with_passphrase
@click.option("--on", "on", type=Day(), help="Service day; today without it.")
@click.option("--photo", "photos", type=click.File("rb"), multiple=True, help="A picture with it.")
def record(
    who: str, kind: str, form: Any, file: Path, passphrase: str, on: date | None,
    photos: tuple[Any, ...],
) -> None:  # fmt: skip
    """Save a filled-in form (JSON, see docs/FORMS.md; - reads it from standard input). No network.

    \b
    Example:
      python -m server tablet record 周谷雨 htn_followup visit.json --on 2026-11-20
    """
    opened = _opened(file, passphrase)
    resident = _who(opened, who)
    version = newest(kind)
    if not version:
        raise StartRefused(f"There is no form {kind}: docs/FORMS.md lists them.")
    body, today = form.read(), civil_day(now_ms())
    day = on or today
    _refuse(hard(check(get(kind, version), body, on=day, today=today)))
    blank = opened.blank(resident, kind, day.isoformat(), version=version)
    try:
        named = tuple(opened.photos.make(each.read()) for each in photos)
    except NoPictures as no:
        raise StartRefused(f"The picture was not taken in ({no}): exchange first.") from None
    change = msgspec.structs.replace(blank, body=msgspec.Raw(body), attach=named)
    saved = opened.save(change)
    click.echo(f"Saved on the tablet as {saved.hex()}; {opened.waiting} waiting.")
    for line in _next_steps(opened, change):
        click.echo(line)


def _next_steps(opened: Tablet, change: wire.Change) -> Iterator[str]:
    """What follows from a record, after those this tablet has received, by the national numbers:
    the district's are at the server.
    """
    who = change.resident
    received = (wire.change(put.change) for put in opened.archive.events(who))
    facts = facts_of_changes(opened.archive.cells(who), [*received, change])
    record = next((each for each in facts.records if each.id == change.id), None)
    found = after(facts, record, {}, ("A", "B")) if record is not None else None
    for each in found.steps if found is not None else ():
        by = f", next by {each.due}" if each.due else ""
        refer = "" if each.refer is Refer.NO else f", refer: {each.refer}"
        yield f"Next step: {each.level}{refer}{by} ({each.rule}, {each.clause})"
        yield from (f"  {text}" for text in each.reasons)


def _refuse(faults: tuple[Any, ...]) -> None:
    if faults:
        listed = " ".join(f"{fault.field}: {fault.sentence_zh}." for fault in faults)
        raise StartRefused(f"Not saved. {listed}")


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise StartRefused(f"Write FIELD=VALUE, not {text}.")
    try:
        decoded: Any = json.loads(value)
    except ValueError:
        decoded = value
    # A code is a string of digits, and JSON would make it a number.
    return name, value if isinstance(decoded, int | float) and decoded is not True else decoded


def _opened(file: Path, passphrase: str) -> Tablet:
    if not file.is_file():
        raise StartRefused(f"There is no tablet at {file}: enrol one, or name it with --file.")
    try:
        opened = Tablet.open(file, passphrase, clock=now_ms, new_id=new_id)
    except WrongPassphrase:
        raise StartRefused("The passphrase does not open this tablet.") from None
    except Wiped:
        raise StartRefused("This tablet was wiped; nothing readable is left.") from None
    opened.photos.forget_loose()
    return opened


def _poster(server: str, path: str) -> Callable[[bytes], bytes]:
    def post(body: bytes) -> bytes:
        request = urllib.request.Request(  # noqa: S310 (the operator names the address)
            server.rstrip("/") + path, body, {"Content-Type": "application/octet-stream"}
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                return answer.read()
        except urllib.error.HTTPError as refused:
            raise StartRefused(_said(refused)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            kind = type(getattr(error, "reason", error)).__name__
            raise StartRefused(f"No server answers at {server} ({kind}).") from None

    return post


def _carrier(server: str) -> Callable[[Call], Reply]:
    def carry(call: Call) -> Reply:
        slip = urlsafe_b64encode(call.slip).rstrip(b"=").decode()
        request = urllib.request.Request(  # noqa: S310 (the operator names the address)
            f"{server.rstrip('/')}/sync/v1/attachments/{call.file.hex()}",
            call.piece if call.verb == "PUT" else None,
            {"Content-Type": "application/octet-stream", "Authorization": f"{SCHEME} {slip}"},
            method=call.verb,
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                arrived = int(answer.headers.get(ARRIVED_HEADER, 0))
                return Reply(answer.status, answer.read(), arrived)
        except urllib.error.HTTPError as refused:
            return Reply(refused.code)
        except (OSError, http.client.HTTPException, ValueError) as error:
            kind = type(getattr(error, "reason", error)).__name__
            raise StartRefused(f"No server answers at {server} ({kind}).") from None

    return carry


def _said(refused: urllib.error.HTTPError) -> str:
    try:
        problem = msgspec.json.decode(refused.read(65536), type=dict[str, Any])
    except msgspec.DecodeError:
        return f"The server answered {refused.code}."
    return f"The server refused ({problem.get('code')}): {problem.get('detail')}"


def _everybody(opened: Tablet) -> set[bytes]:
    return {
        who
        for cursor in opened.state.cursors.values()
        for who in opened.archive.members(cursor.panel)
    }


def _carried(opened: Tablet) -> str:
    return f"This tablet carries {len(_everybody(opened))} resident(s)"


def _shown(cells: dict[str, Cell], name: str) -> Any:
    content = cells.get(name)
    kind = get(REGISTER, newest(REGISTER))
    return "" if content is None else choose(content, kind.policy_of(name)).value


def _who(opened: Tablet, text: str) -> bytes:
    """The resident of an id, of its end, or of a whole name. Raises StartRefused."""
    found = [
        who for who in _everybody(opened)
        if who.hex().endswith(text.lower())
        or _shown(opened.archive.cells(who), "name") == text
    ]  # fmt: skip
    if len(found) != 1:
        many = "Nobody" if not found else f"{len(found)} residents"
        raise StartRefused(f"{many} on this tablet match {text}: python -m server tablet people")
    return found[0]
