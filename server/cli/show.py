"""Values for people and for programs: a table through rich, or the same as JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final, cast

import click
from rich.console import Console
from rich.table import Table

from server.settings import CIVIL

WIDE: Final = 220  # columns where no terminal says how many it has: nothing is cut
ID_BYTES: Final = 16
_INSTANTS: Final = ("_at", "_until", "last_contact", "first_contact", "oldest", "since", "due")

as_json: Callable[[Any], Any] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON instead of a table."
)


class HexId(click.ParamType[bytes]):
    """16 bytes as 32 hex digits."""

    name = "id"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        if isinstance(value, bytes):
            return value
        try:
            raw = bytes.fromhex(str(value))
        except ValueError:
            raw = b""
        if len(raw) != ID_BYTES:
            self.fail("An id is 32 hex digits.", param, ctx)
        return raw


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


def listing(
    rows: Sequence[Any],
    *,
    as_json: bool,
    title: str,
    columns: Mapping[str, str] | None = None,
    none: str = "Nothing to show.",
) -> None:
    """Rows are dataclasses of one type. `columns`: field -> heading; all fields in order without
    it.
    """
    if as_json:
        echo_json([plain(row) for row in rows])
        return
    if not rows:
        click.echo(none)
        return
    shown = columns or {each.name: each.name.replace("_", " ") for each in fields(rows[0])}
    table = Table(title=title, title_justify="left", header_style="bold")
    for heading in shown.values():
        table.add_column(heading, no_wrap=heading == "id", overflow="fold")
    for row in rows:
        table.add_row(*(words(name, getattr(row, name)) for name in shown))
    console().print(table)


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


def moment(at_ms: int) -> str:
    """`2026-11-20 08:30` in civil time; a dash for never."""
    if at_ms <= 0:
        return "-"
    return datetime.fromtimestamp(at_ms / 1000, CIVIL).strftime("%Y-%m-%d %H:%M")
