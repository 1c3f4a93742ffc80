"""The report in the terminal: what happened to every change, and whether everybody agrees."""

from rich.console import Console, Group
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from server.demo import words
from server.demo.evidence import Evidence, Field, Met, TabletLine

_TONES = {"done": "green", "wait": "blue", "due": "yellow", "alarm": "red"}
_SHORT = 4  # bytes of a digest that are shown


def show(console: Console, evidence: Evidence) -> None:
    """Tables of everything, then the one sentence."""
    console.print()
    console.print(Rule("What became of every change", style="dim"))
    console.print(_fates(evidence))
    for met in evidence.met:
        console.print(_met(met))
    console.print(_late(evidence))
    console.print(_tablets(evidence))
    console.print(_incidents(evidence))
    console.print(_verdict(evidence))


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", header_style="dim")


def _fates(evidence: Evidence) -> Table:
    table = _table(f"{words.number(sum(each.count for each in evidence.fates))} changes")
    table.add_column("state")
    table.add_column("changes", justify="right")
    table.add_column("what it means")
    for fate, word in words.sorted_fates(evidence):
        state = Text(word.en, style=_TONES[word.tone])
        table.add_row(state, words.number(fate.count), word.en_means)
    return table


def _met(met: Met) -> Table:
    """Both values side by side, equal; the safer one is only marked."""
    tablets = sorted({each.tablet for field in met.fields for each in field.versions})
    table = _table(
        f"{len(met.open)} conflicts in the archive of {met.who.name}; "
        f"{len(met.fields) - len(met.open)} more fields came together by themselves"
    )
    table.add_column("field")
    for label in tablets:
        table.add_column(_author(met, label), overflow="fold")
    table.add_column("before")
    for field in met.fields:
        before = words.cell_value(field.cell, field.before.value) if field.before else "-"
        values = [_value(field, label) for label in tablets]
        label = words.cell_label(field.cell)
        if field.meanwhile is not None:
            label += f" ({words.cell_value(field.cell, field.meanwhile)} until decided)"
        table.add_row(
            label,
            *values,
            before if not field.settled else "",
            style="dim" if field.settled else "",
        )
    return table


def _author(met: Met, label: str) -> str:
    one = next(v for f in met.fields for v in f.versions if v.tablet == label)
    line = "offline" if one.offline else "online"
    return f"{one.staff}\n{label}, {words.moment(one.at)}, {line}"


def _value(field: Field, label: str) -> str:
    told = [each for each in field.versions if each.tablet == label]
    if not told:
        return ""
    text = words.cell_value(field.cell, told[0].value)
    if field.settled:
        return f"{text} (both say so)" if len(field.versions) > 1 else text
    return f"{text} (used until decided)" if told[0].shown else text


def _late(evidence: Evidence) -> Table:
    name, old, new = evidence.mover
    table = _table(f"Visits to {name}, who moved from {old} to {new}")
    for heading in ("visit", "by", "written down", "arrived", "state", "counts for"):
        table.add_column(heading, overflow="fold")
    for each in evidence.late:
        table.add_row(
            words.kind_label(each.kind), f"{each.staff}, {each.tablet}", words.moment(each.at),
            words.moment(each.received), words.late_en(each), words.credit_en(each),
        )  # fmt: skip
    return table


def _tablets(evidence: Evidence) -> Table:
    table = _table("Tablets")
    for heading in ("tablet", "carried by", "facility"):
        table.add_column(heading, overflow="fold")
    for heading in ("saved", "receipted", "at server", "waiting"):
        table.add_column(heading, justify="right")
    table.add_column("digest agrees")
    for each in evidence.tablets:
        table.add_row(
            each.label, each.staff, each.facility,
            words.number(each.own.saved), words.number(each.own.receipted),
            words.number(each.stored), words.number(each.own.waiting), _digest(each),
        )  # fmt: skip
    return table


def _digest(line: TabletLine) -> Text:
    if line.own.root is None:
        return Text("wiped (lost)", style="red")
    style = "green" if line.agrees else "bold red"
    shown = line.own.root[:_SHORT].hex()
    other = "" if line.agrees else f" / server {line.server_root[:_SHORT].hex()}"
    return Text(f"{words.agrees_en(line)} {shown}{other}", style=style)


def _incidents(evidence: Evidence) -> Group:
    story = evidence.story
    clock = next((each for each in evidence.tablets if each.clock_behind_ms), None)
    same = "equal byte for byte, nothing stored twice" if story.twice_same else "DIFFER"
    refused = f"refused with {story.damaged_status} {story.damaged_code}, sent again whole"
    apart = f"{evidence.quarantined} changes in quarantine, {evidence.released} released"
    lines = [
        f"[red]lost[/]      {story.lost}: {apart} by a person, copies wiped",
        f"[blue]twice[/]     {story.twice}: the same batch two times, receipts {same}",
        f"[blue]damaged[/]   {story.damaged}: {refused}",
    ]
    if clock is not None:
        lines.append(
            f"[blue]clock[/]     {clock.label} is {words.behind(clock.clock_behind_ms)[1]} "
            f"behind: {evidence.clock_fixed} stamps put right, "
            f"at most {evidence.clock_off_ms / 1000:.0f} s from arrival"
        )
    if evidence.held_on is not None:
        lines.append(
            f"[yellow]held[/]      one impossible value ({evidence.held_on.name}); "
            "the rest of its batch went through"
        )
    lines.append(
        f"[blue]readings[/]  {words.number(evidence.readings)} of {words.number(evidence.opened)} "
        f"openings are in the access log; {evidence.opened_lost} of them were told by the lost one "
        "at its wipe"
    )
    lines.append(
        f"[blue]backup[/]    {story.kept_before_backup} sealed batches on tablets before it, "
        f"{story.kept_after_backup} after"
    )
    return Group(Text(), *(Text.from_markup(line) for line in lines))


def _verdict(evidence: Evidence) -> Panel:
    zh, en = words.last_words(evidence)
    good = evidence.all_agree and not evidence.lost
    return Panel(Text(f"{zh}\n{en}"), border_style="green" if good else "bold red", expand=False)
