"""`python -m server demo`: a district, a server, eight tablets, one day; then it stays up.

python -m server demo                    1:100, in ./demo-data, port 8470 or the next free one
python -m server demo --scale 1          the whole district, 478,600 people
python -m server demo --keep             serve what the last demo left
python -m server demo --lan              then serve tablets and phones of the local network (TLS)
"""

import argparse
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from server.demo import entrances, hall_day, page, report
from server.demo.carried import Carried
from server.demo.counts import scaled
from server.demo.day import OFFLINE, Day, check_cast
from server.demo.desk import Desk
from server.demo.evidence import Evidence, read
from server.demo.lan import lan_of
from server.demo.stage import HOST, Stage, free_port, prepare, refuse_running, served
from server.demo.trust import show_trust, trust_page
from server.errors import StartRefused
from server.rules.accounts import INVITE_HOURS
from sync.limits import ENROL_CODE_MS

PORT = 8470
APP = "/tablet/"
NEW_TABLET = "平板 09"
FORGOTTEN = {
    entrances.DOCTOR: "the manager makes a new link under 人员和团队",
    entrances.MANAGER: "the county makes a new link under 人员和团队",
}
SCALE_MAX = 3_000  # beyond it some teams have nobody to visit


def main(arguments: Sequence[str] = ()) -> int:
    """Plays the demo; 0 when every digest agrees and nothing was lost. Raises StartRefused."""
    chosen = _chosen(arguments)
    # Where no terminal says how wide it is, lines are not cut.
    console = Console(highlight=False) if sys.stdout.isatty() else Console(width=120)
    console.print("[bold]Gongwei[/]  a field day of a demo district, from end to end")
    try:
        with _signals():
            return _again(chosen, console) if _has_report(chosen) else _anew(chosen, console)
    except KeyboardInterrupt:
        console.print("\nStopped. The data stays; [bold]--keep[/] serves it again.")
        return 0


def _chosen(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m server demo",
        description="A demo district, the server, a field day of eight tablets over HTTP, and a "
        "report in the terminal and on a page.",
    )
    parser.add_argument("--data", type=Path, default=Path("demo-data"), help="folder (demo-data)")
    parser.add_argument("--scale", type=_scale, default=100, help="one of so many people (100)")
    parser.add_argument("--seed", type=int, default=1, help="of the district and the visits (1)")
    parser.add_argument("--port", type=int, default=PORT, help=f"this or the next free ({PORT})")
    parser.add_argument("--keep", action="store_true", help="serve what the last demo left")
    parser.add_argument("--lan", action="store_true", help="serve the local network, over TLS")
    parser.add_argument("--lan-address", help="of this machine there, instead of the one found")
    parser.add_argument("--once", action="store_true", help="end after the report")
    return parser.parse_args(list(arguments))


def _scale(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= SCALE_MAX:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {SCALE_MAX}")
    return int(text)


@contextmanager
def _signals() -> Generator[None]:
    """SIGTERM and a closed terminal end it like Ctrl-C: the server is stopped in order."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP)
    old = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, old, strict=True):
            signal.signal(number, handler)


def _has_report(chosen: argparse.Namespace) -> bool:
    return chosen.keep and Stage(chosen.data.absolute(), 0).page.is_file()


def _again(chosen: argparse.Namespace, console: Console) -> int:
    """What the last demo left, served once more."""
    refuse_running(chosen.data.absolute())
    return _serve(chosen, console)


def _serve(chosen: argparse.Namespace, console: Console) -> int:
    """The server alone, on loopback or on the local network."""
    folder = chosen.data.absolute()
    lan = lan_of(folder, chosen.lan_address) if chosen.lan or chosen.lan_address else None
    host = HOST if lan is None else lan.listen
    stage = Stage(folder, free_port(chosen.port, host), lan)
    with ExitStack() as stack:
        server = stack.enter_context(served(stage))
        _next(console, stage, stays=not chosen.once)
        if lan is not None and not chosen.once:
            app = f"{stage.address}{APP}"
            trust = trust_page(lan, free_port(stage.port + 1, host), app)
            show_trust(console, lan, stack.enter_context(trust), app)
        return 0 if chosen.once else _stay(console, stage, server)


def _anew(chosen: argparse.Namespace, console: Console) -> int:
    began = time.monotonic()
    prepare(chosen.data)
    stage = Stage(chosen.data.absolute(), free_port(chosen.port))
    with held(console, stage, scale=chosen.scale, seed=chosen.seed) as finished:
        report.show(console, finished.evidence)
        console.print(f"[dim]The day took {time.monotonic() - began:.0f} s.[/]")
        code = 0 if _is_good(finished.evidence) else 1
        if not chosen.lan and not chosen.lan_address:
            _next(console, stage, stays=not chosen.once)
            return code if chosen.once else max(code, _stay(console, stage, finished.server))
    # The day was played on loopback; the network sees a server of its own.
    return max(code, _serve(chosen, console))


@dataclass(frozen=True, slots=True)
class Finished:
    """A day that is over: its tablets are still open, its server still runs."""

    day: Day
    evidence: Evidence
    server: subprocess.Popen[bytes]


@contextmanager
def held(console: Console, stage: Stage, *, scale: int, seed: int) -> Generator[Finished]:
    """The district, the server and the day in an empty folder; the page is written."""
    desk = Desk.of(stage)
    day = Day(stage, desk, seed=seed, say=lambda line: console.print(f"   {line}"))
    _load(console, desk, day, scale=scale, seed=seed)
    _chapter(console, 2, "The server", f"a process of its own on {stage.address}")
    with served(stage) as server:
        try:
            _play(console, day)
            evidence = read(day, scale=scale)
            stage.page.write_text(page.render(evidence), "utf-8")
            _hall(console, stage, desk, seed=seed)
            yield Finished(day, evidence, server)
        finally:
            day.close()


def _is_good(evidence: Evidence) -> bool:
    return evidence.all_agree and not evidence.lost


def _chapter(console: Console, number: int, title: str, rest: str = "") -> None:
    console.print(f"\n[bold]{number} {title}[/]  [dim]{rest}[/]")


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("   {task.description}"), BarColumn(bar_width=32), MofNCompleteColumn(),
        TimeElapsedColumn(), console=console,
    )  # fmt: skip


def _load(console: Console, desk: Desk, day: Day, *, scale: int, seed: int) -> None:
    """Key file, database, the people of annex 2."""
    _chapter(console, 1, "The district", f"Huancui 1:{scale}, synthetic people, keys, SQLite")
    desk.found()
    counts = scaled(scale)
    with _bar(console) as bar:
        people = bar.add_task("people", total=sum(each.population for each in counts))
        done = desk.load(
            scale=scale, seed=seed, today=day.story.today,
            progress=lambda so_far: bar.update(people, completed=so_far),
        )  # fmt: skip
    held = {each.name: each for each in desk.facilities()}
    published = {each.facility: each for each in scaled(1)}
    table = Table(header_style="dim", title_justify="left", show_footer=True)
    table.add_column("facility", footer="sum")
    sums = (
        sum(each.archives for each in published.values()),
        sum(each.archives for each in counts),
        sum(each.archives for each in held.values()),
        sum(each.records for each in held.values()),
    )
    headings = ("annex 2, archives", f"1:{scale}", "loaded", "past records")
    for heading, total in zip(headings, sums, strict=True):
        table.add_column(heading, justify="right", footer=f"{total:,}")
    table.add_column("")
    for each in counts:
        found = held[each.facility]
        table.add_row(
            each.facility, f"{published[each.facility].archives:,}", f"{each.archives:,}",
            f"{found.archives:,}", f"{found.records:,}",
            "[green]✓[/]" if found.archives == each.archives else "[red]differs[/]",
        )  # fmt: skip
    console.print(table)
    if done.residents != sums[1]:
        raise StartRefused("The district was not loaded whole.")


def _play(console: Console, day: Day) -> None:
    _chapter(console, 3, "Tablets", "a code from the desk, six digits back, first sync")
    for hands in list(day.hands()):
        carried = day.let_in(hands)
        rounds = day.sync(carried)
        people = len(carried.tablet.archive.members(carried.panel))
        suite = "P-256" if hands.suite == 3 else "X25519"
        console.print(
            f"   {carried.label}  {carried.name}  {people:,} residents of {carried.team} "
            f"[dim]({rounds} exchanges, {suite})[/]"
        )
    check_cast(day)
    _chapter(console, 4, "The day", f"{len(OFFLINE)} lines are cut")
    shared = day.make_sure_of_an_allergy()
    day.cut_lines()
    plan = day.due()
    with _bar(console) as bar:
        task = bar.add_task("visits", total=len(plan))
        for round_, who, kind in plan:
            round_.visit(who, kind)
            bar.advance(task)
    day.two_hands(shared)
    day.slip()
    day.move()
    day.lose()
    _chapter(console, 5, "They come back", "sealed batches up; receipts and news down")
    for number in day.tablets:
        _back(console, day.tablets[number], day.come_back(number))
    day.knows_now()
    day.release_one()
    console.print("   a second round, so that everybody has everybody's changes")
    day.all_round()
    day.back_up()
    console.print("   a backup, read back whole; tablets drop the sealed batches it holds")


def _hall(console: Console, stage: Stage, desk: Desk, *, seed: int) -> None:
    """A checkup day of elders, today."""
    team, doctor = desk.team()
    _chapter(console, 6, "A checkup day", f"elders of {team.facility_name}, two tablets, no line")
    seen = hall_day.play(stage, desk, team, doctor, seed=seed)
    console.print(
        f"   {seen.invited} invited; {seen.arrived} came, {seen.doubled} of them were scanned at "
        f"both doors and count once; {seen.finished} did every station"
    )
    console.print(f"   {seen.alarms} critical values wait for a doctor")


def _back(console: Console, carried: Carried, rounds: int) -> None:
    tone = "red" if carried.wiped else "green"
    console.print(
        f"   {carried.label}  {len(carried.saved):>4,} saved, "
        f"{carried.receipted():>4,} receipted, {carried.tablet.waiting} waiting "
        f"[dim]{rounds} exchanges, {carried.line.up / 1024:,.0f} KB up, "
        f"{carried.line.down / 1024:,.0f} KB down[/] [{tone}]●[/]"
    )


def _next(console: Console, stage: Stage, *, stays: bool) -> None:
    """What to open, who signs in, what to try; `stays`: the server goes on."""
    settings = stage.folder / "env"
    lines = [f"export {shlex.quote(each)}\n" for each in stage.variables()]
    settings.write_text("".join(lines), "utf-8")
    settings.chmod(0o600)
    python = shlex.quote(sys.executable)
    if stays:
        console.print(f"\n[bold]Open[/]  {stage.address}/demo/")
        console.print(f"      {stage.address}/console/")
        console.print(f"      {stage.address}/portal/")
        show_entrances(console, stage)
        show_code(console, stage)
        show_hall(console, stage)
    else:
        console.print(
            "\nThe server has ended. To open it again, with links to sign in:  "
            "make demo DEMO_ARGS=--keep"
        )
    console.print("\n[bold]Try[/]   in another terminal, here:", soft_wrap=True)
    console.print(f"   . {shlex.quote(str(settings))}", soft_wrap=True)
    has_county = Desk.of(stage).has_county()
    let_in = "admin reset county" if has_county else "admin create --name 陈立冬 --login county"
    console.print(f"   {python} -m server {let_in}", soft_wrap=True)
    for command in ("notices list --words", "device list", "task list", "journal verify", "status"):
        console.print(f"   {python} -m server {command}", soft_wrap=True)


def show_entrances(console: Console, stage: Stage) -> None:
    """Who signs in as what, with their links; the links of before end."""
    console.print(
        f"\n[bold]Sign in[/]  each link works once, within {INVITE_HOURS} hours: "
        "choose a password, scan the square with an authenticator app.",
        soft_wrap=True,
    )
    for each in Desk.of(stage).entrances():
        console.print(f"   {each.login:<8} {each.name}, {each.place}", soft_wrap=True)
        if each.token:
            console.print(
                f"            {stage.address}/console/invite/{each.token}", soft_wrap=True
            )
        else:
            console.print(f"            in use already; {FORGOTTEN[each.login]}", soft_wrap=True)
    console.print("   county   陈立冬, the county: the `admin` command below prints the link")
    show_residents(console, stage)


def show_residents(console: Console, stage: Stage) -> None:
    """Who opens the portal: by a pass of the desk, or by document number and code."""
    console.print(
        "\n[bold]Portal[/]  a pass of the desk opens it once, within ten minutes; later by "
        "document number, and the code from `notices list --words` below.",
        soft_wrap=True,
    )
    for each in Desk.of(stage).residents():
        console.print(f"   {each.what:<8} {each.name}, {each.place}", soft_wrap=True)
        console.print(f"            {stage.address}/portal/pass/{each.token}", soft_wrap=True)
        console.print(f"            {each.number}, telephone {each.phone}", soft_wrap=True)


def show_code(console: Console, stage: Stage) -> None:
    """A code for one more tablet, and how its six digits are confirmed."""
    desk = Desk.of(stage)
    team, name = desk.team()
    offer = desk.offer(team.doctor, team.panel, NEW_TABLET, 1)
    python, env = shlex.quote(sys.executable), shlex.quote(str(stage.folder / "env"))
    console.print(
        f"\n[bold]Tablet[/]  {stage.address}{APP}  in Chrome or Edge: install it, then type the "
        f"code, good for {ENROL_CODE_MS // 60_000} minutes:",
        soft_wrap=True,
    )
    console.print(f"   [bold]{offer.code}[/]   for {name}, {team.name}", soft_wrap=True)
    for line in (
        "It shows six digits. Confirm them as manager at the console, or by the command:",
        f"   {stage.address}/console/devices/enrol/{offer.offer.hex()}",
        f"   . {env}; {python} -m server device confirm {offer.offer.hex()} DIGITS",
        "Another code (also as a square to scan), --suite 3 for a Chrome before 137:",
        f"   {python} -m server device enrol --staff {team.doctor.hex()} --label '{NEW_TABLET}'",
    ):
        console.print(f"   {line}", soft_wrap=True)


def show_hall(console: Console, stage: Stage) -> None:
    """Where the checkup day is, and what to try there."""
    seen = Desk.of(stage).do(hall_day.found)
    if seen is None:
        return
    at = f"{stage.address}/console/checkup/{seen.day.hex()}"
    console.print(f"\n[bold]Checkup day[/]  today, {seen.place}, {seen.invited} invited")
    for line in (
        f"Board, as doctor or manager:  {at}/board",
        f"The day, its list, its cards:  {at}",
        "The resident above is booked: 签到码 is on the first page of the portal. Scan the code on",
        "the tablet under 体检日, do the stations, see the board move, find the result there.",
    ):
        console.print(f"   {line}", soft_wrap=True)


def _stay(console: Console, stage: Stage, server: subprocess.Popen[bytes]) -> int:
    """Until Ctrl-C, or until the server ends by itself."""
    console.print("\nCtrl-C ends it.")
    sys.stdout.flush()
    server.wait()
    console.print(f"The server has ended by itself; {stage.log} says why.", soft_wrap=True)
    return 1
