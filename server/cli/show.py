"""Values for people and for programs: a table through rich, or the same as JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final, cast

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from server.settings import CIVIL

WIDE: Final = 220  # columns where no terminal says how many it has: nothing is cut
ID_BYTES: Final = 16
SHORT_DIGITS: Final = 8  # the end of an id: the part that differs
ROOMY: Final = 96  # columns from which a table shows its less wanted columns too
_INSTANTS: Final = ("_at", "_until", "last_contact", "first_contact", "oldest", "since")

as_json: Callable[[Any], Any] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON instead of a table."
)


class Whole(click.IntRange):
    """A whole number within bounds; what is allowed is said."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            self.fail(f"Write a whole number from {self.min} to {self.max}.", param, ctx)


class OfferId(click.ParamType[bytes]):
    """8 bytes as 16 hex digits."""

    name = "offer"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        if isinstance(value, bytes):
            return value
        try:
            return bytes.fromhex(str(value))
        except ValueError:
            self.fail("An offer is named by hex digits.", param, ctx)


class Instant(click.ParamType[int]):
    """`2026-11-20T08:30` in civil time (Asia/Shanghai), as ms UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("Write the moment as 2026-11-20T08:30.", param, ctx)
        return int((at if at.tzinfo else at.replace(tzinfo=CIVIL)).timestamp() * 1000)


class Day(click.ParamType[date]):
    """`2026-11-20`."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail("Write the day as 2026-11-20.", param, ctx)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table. `words`: may fold, to no less than so many columns; `roomy`: left out
    of a narrow terminal.
    """

    heading: str
    words: int | None = None
    roomy: bool = False


def listing(
    rows: Sequence[Any],
    *,
    as_json: bool,
    title: str,
    columns: Mapping[str, Column] | None = None,
    none: str = "Nothing to show.",
) -> None:
    """Rows are dataclasses of one type. `columns`: field -> column; all fields in order without
    it. A table shortens ids and moments; JSON has them whole.
    """
    if as_json:
        echo_json([plain(row) for row in rows])
        return
    if not rows:
        click.echo(none)
        return
    screen = console()
    shown = columns or {
        each.name: Column(heading=each.name.replace("_", " "), words=6) for each in fields(rows[0])
    }
    shown = {name: each for name, each in shown.items() if not each.roomy or screen.width >= ROOMY}
    table = Table(
        title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, show_edge=False,
        padding=(0, 1, 0, 0), pad_edge=False,
    )  # fmt: skip
    for each in shown.values():
        table.add_column(
            each.heading, no_wrap=each.words is None, overflow="fold", min_width=each.words
        )
    for row in rows:
        table.add_row(*(Text(brief(name, getattr(row, name))) for name in shown))
    screen.print(table)
    screen.print()


def record(row: Any, *, as_json: bool, title: str = "") -> None:
    """One dataclass: a name and its value a line."""
    if as_json:
        echo_json(plain(row))
        return
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for each in fields(row):
        table.add_row(each.name.replace("_", " "), words(each.name, getattr(row, each.name)))
    console().print(table)


def console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=WIDE)


def echo_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def plain(value: Any) -> Any:
    """For JSON: bytes as hex, days and enums as text, instants stay ms UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, Path)):
        return str(value)
    if isinstance(value, dict):
        pairs = cast("dict[Any, Any]", value)
        return {words("", key): plain(each) for key, each in pairs.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [plain(each) for each in cast("Iterable[Any]", value)]
    return value


def brief(name: str, value: Any) -> str:
    """For a cell: an id by its last digits, a moment without its year, else as `words`."""
    if isinstance(value, bytes) and len(value) == ID_BYTES:
        return value.hex()[-SHORT_DIGITS:]
    if isinstance(value, int) and not isinstance(value, bool) and name.endswith(_INSTANTS):
        return moment(value, form="%m-%d %H:%M")
    return words(name, value)


def words(name: str, value: Any) -> str:
    """For a table: instants in civil time, bytes as hex, nothing as a dash."""
    if value is None or value == "" or value == b"":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith(_INSTANTS):
        return moment(value)
    if isinstance(value, (tuple, list)):
        return ", ".join(words("", each) for each in cast("Iterable[Any]", value)) or "-"
    if isinstance(value, dict):
        pairs = cast("dict[Any, Any]", value)
        return ", ".join(f"{key} {words('', each)}" for key, each in pairs.items()) or "-"
    if is_dataclass(value) and not isinstance(value, type):
        return ", ".join(
            f"{each.name} {words(each.name, getattr(value, each.name))}" for each in fields(value)
        )
    text = plain(value)
    return text if isinstance(text, str) else str(text)


def moment(at_ms: int, *, form: str = "%Y-%m-%d %H:%M") -> str:
    """`2026-11-20 08:30` in civil time; a dash for never."""
    if at_ms <= 0:
        return "-"
    return datetime.fromtimestamp(at_ms / 1000, CIVIL).strftime(form)
