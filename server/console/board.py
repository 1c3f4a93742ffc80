"""The board: progress against the yearly targets, for the county by facility, for a facility by
team. Each number leads to the people behind it.
"""

from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.figures import board as figures
from server.actions.figures.board import Board, Cell, Line
from server.actions.figures.targets import may_set
from server.actions.lists.sheets import write_csv
from server.console.door import page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import Words, words
from server.pages import times
from server.pages.web import HEADERS
from server.rules.accounts import EVERYBODY
from server.rules.figures import Pace, Row, Speed, rules

AnyRequest = Request[Any, Any, Any]
BAR: Final = 118  # width of a bar, in its own units
NOBODY: Final = bytes(16)  # the place of whoever has none
YEARS: Final = (2000, 2100)
SIGNS: Final = {
    Speed.SHORT: ("alarm", "warn"), Speed.TIGHT: ("due", "clock"), Speed.ENOUGH: ("done", "check")
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """One cell as drawn. `bar`: length of what is done; "" without a target."""

    cell: Cell
    bar: str
    href: str
    link: str
    percent: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line of the table as drawn. `href` leads to its teams."""

    line: Line
    name: str
    cells: tuple[Shown, ...]
    href: str


@dataclass(frozen=True, slots=True)
class PaceLine:
    tone: str
    sign: str
    word: str
    text: str
    strong: str


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/board", roles=EVERYBODY)
    async def board(request: AnyRequest) -> Response[Any]:
        return await _draw(console, request, None)

    @page("/board/teams/{facility:str}", roles=EVERYBODY)
    async def teams(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, id_of(facility))

    @page("/board.csv", roles=EVERYBODY)
    async def file(request: AnyRequest) -> Response[Any]:
        asked = request.query_params
        place = id_of(asked["facility"]) if asked.get("facility") else None
        year, signed = year_of(console, request), signed_of(request)
        found = await figures.board(console.site, signed, year, place)
        return csv_answer(write_csv(_lines(found)), f"board-{found.year}.csv")

    return [board, teams, file]


def year_of(console: Console, request: AnyRequest) -> int:
    """The year in the address, this one where there is none that can be meant."""
    asked = request.query_params.get("year", "")
    found = int(asked) if asked.isdecimal() and len(asked) == 4 else 0
    from_year, until_year = YEARS
    if from_year <= found <= until_year:
        return found
    return times.civil(console.site.clock()).year


def csv_answer(content: bytes, name: str) -> Response[bytes]:
    """A file to keep, named without anybody's name."""
    kept = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv", headers={**HEADERS, **kept})


async def _draw(console: Console, request: AnyRequest, facility: bytes | None) -> Response[str]:
    signed, w = signed_of(request), words("board")
    found = await figures.board(console.site, signed, year_of(console, request), facility)
    keys = (
        Key("←→", w.mode.arrows), Key("↑↓", w.mode.teams if found.teams else w.mode.rows),
        Key("Enter", w.mode.open), Key("P", w.print),
    )  # fmt: skip
    return await console.page(
        request, Page("board.html.j2", "board", w.title, here="board", keys=keys),
        board=found, rows=rules().rows, rules=rules(),
        lines=[_line(found, each, w) for each in found.lines], total=_total(found),
        said=_sentence(found, w), paces=_paces(found, w), bar=BAR,
        at=round(BAR * found.mark.part, 1), fresh_ms=found.fresh_ms,
        may_set=may_set(signed), county=signed.oversees, nobody=NOBODY,
    )  # fmt: skip


def _line(board: Board, line: Line, w: Words) -> Drawn:
    name = line.name or (w.no_team if board.teams else w.no_place)
    cells = tuple(_cell(board, line, row, w) for row in rules().rows)
    href = "" if board.teams or line.id == NOBODY else f"/console/board/teams/{line.id.hex()}"
    return Drawn(line, name, cells, f"{href}?year={board.year}" if href else "")


def _cell(board: Board, line: Line, row: Row, w: Words) -> Shown:
    cell = line.cells[row.id]
    if board.teams:
        assert board.facility is not None
        place = f"{board.facility.hex()}/{line.id.hex()}"
    else:
        place = line.id.hex()
    href = f"/console/board/{row.id}/{place}?year={board.year}" if cell.lacking else ""
    if cell.target is None:
        link = w.people_left(n=f"{cell.lacking:,}") if cell.lacking else ""
    else:
        link = w.short(n=f"{cell.gap:,}") if cell.gap else w.enough
    return Shown(cell, _bar(cell), href, link, _percent(cell))


def _bar(cell: Cell) -> str:
    if cell.target is None:
        return ""
    part = min(1.0, cell.done / cell.target) if cell.target else 1.0
    return f"{BAR * part:.1f}"


def _percent(cell: Cell) -> int:
    """Whole per cent, never 100 while somebody is missing."""
    if not cell.target:
        return 100 if cell.target == 0 else 0
    return min(round(cell.done * 100 / cell.target), 99 if cell.gap else 10**6)


def _total(board: Board) -> tuple[Shown, ...]:
    return tuple(
        Shown(cell, _bar(cell), "", "", _percent(cell))
        for cell in (board.total.cells[row.id] for row in rules().rows)
    )


@dataclass(frozen=True, slots=True)
class Said:
    """The sentence above the table: before the marker, under it, after it."""

    before: str
    marked: str
    after: str = ""


def _sentence(board: Board, w: Words) -> Said:
    place = board.name if board.teams else w.county
    if not board.known:
        return Said(w.not_made(year=board.year), "")
    if not board.has_targets:
        return Said(w.none_yet(year=board.year), "")
    if board.this_year:
        before = w.left(days=board.mark.left, place=place)
    else:
        before = w.in_year(year=board.year, place=place)
    gap = board.total.gap
    if not gap:
        return Said(before, w.all_done)
    return Said(before, w.marked(n=f"{gap:,}"), _where(board, w))


def _where(board: Board, w: Words) -> str:
    """The one or two places with the largest gaps, where there are more than these."""
    worst = sorted((each for each in board.lines if each.gap), key=lambda each: -each.gap)
    whole = sum(each.gap for each in worst)
    names = [each.name or (w.no_team if board.teams else w.no_place) for each in worst]
    if len(worst) < 2:
        return ""
    if len(worst) == 2:
        return w.where_one(percent=round(worst[0].gap * 100 / whole), one=names[0])
    share = round((worst[0].gap + worst[1].gap) * 100 / whole)
    return w.where_two(percent=share, one=names[0], two=names[1])


def _paces(board: Board, w: Words) -> list[PaceLine]:
    """What is too slow first; rows that come out by themselves share a line."""
    label = {row.id: row.label for row in rules().rows}
    lines: list[PaceLine] = []
    fine: list[str] = []
    ranked = sorted(board.paces.items(), key=lambda each: _rank(each[1]))
    for item, pace in ranked:
        if pace.speed is Speed.ENOUGH:
            fine.append(label[item])
            continue
        now = w.pace.now(label=label[item], per_week=f"{pace.per_week:,}")
        needed = w.pace.needed(needed=f"{pace.needed:,}")
        lines.append(PaceLine(*SIGNS[pace.speed], w.pace[pace.speed.value], now, needed))
    if fine:
        text = w.pace.fine(label=w["items"].join(fine))
        lines.append(PaceLine(*SIGNS[Speed.ENOUGH], w.pace.enough, text, ""))
    return lines


def _rank(pace: Pace) -> tuple[int, int]:
    return list(Speed).index(pace.speed), -pace.needed


def _lines(board: Board) -> list[list[str]]:
    """The table as a file: one line a place and row of the annex."""
    w = words("board")
    heads = w.csv_heads
    made = [[heads.place, heads["item"], heads.people, heads.done, heads.target, heads.gap]]
    everything = [*board.lines, board.total]
    for line in everything:
        last = line is board.total
        name = line.name or (w.no_team if board.teams else w.no_place)
        for row in rules().rows:
            cell = line.cells[row.id]
            target = "" if cell.target is None else str(cell.target)
            gap = "" if cell.target is None else str(cell.gap)
            shown = heads.total if last else name
            made.append([shown, row.label, str(cell.people), str(cell.done), target, gap])
    return made
