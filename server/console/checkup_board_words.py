"""A board as it is drawn: sentences, rows, bars; names masked, nothing that was measured."""

from dataclasses import dataclass
from typing import Final

from server.actions.checkup.board import GONE_SHOWN, Board, Tablet
from server.console.words import Words, words
from server.pages import times
from server.pages.values import count, name_masked
from server.rules.checkup import stations
from server.rules.checkup_board import MINUTE_MS, OFFLINE_MIN, AtStation, Figures
from server.rules.checkup_days import DayState

TABLETS_NAMED: Final = 3
CHART_WIDE: Final = 940  # the drawing's own units, as wide as the column at true size
CHART_HIGH: Final = 54
CHART_FOOT: Final = 72
SLOT_MOST: Final = 78
BAR_OF_SLOT: Final = 0.77
LONG_NAMED: Final = 2
HOUR_MIN: Final = 60
MINUTES_TOLD: Final = 90  # a longer wait is told in hours
MISSING_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    is_long: bool
    waiting: int
    wait: str
    tablets: str
    offline: bool
    data: str


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    middle: float
    n: int
    most: bool
    at: str
    from_to: str


@dataclass(frozen=True, slots=True)
class GoneRow:
    who: str
    ticket: str
    name: str
    missing: str
    called: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the template is handed. `open`: the day is running, so people can be called back."""

    day: str
    on: str
    place: str
    open: bool
    sentence: tuple[str, str, str]
    planned: int
    figures: Figures
    stations: tuple[Row, ...]
    bars: tuple[Bar, ...]
    bars_say: str
    alarms: int
    alarm_say: str
    gone: tuple[GoneRow, ...]
    gone_more: int
    called: tuple[GoneRow, ...]


def shown_of(board: Board) -> Shown:
    w = words("checkup_board")
    gone = _gone(board)
    bars = _bars(board.figures)
    return Shown(
        day=board.day.day.hex(), on=times.long_day(board.day.on).partition(" ")[0],
        place=board.day.place, open=board.day.state in (DayState.READY, DayState.OPEN),
        sentence=_sentence(board, w), planned=board.planned, figures=board.figures,
        stations=tuple(_row(each, board, w) for each in board.figures.stations),
        bars=bars, bars_say=_bars_say(board.figures, bars, w),
        alarms=len(board.figures.open), alarm_say=_alarm_say(board.figures, w),
        gone=gone, gone_more=max(0, len(board.figures.gone) - GONE_SHOWN),
        called=tuple(each for each in gone if each.called),
    )  # fmt: skip


def spoken(ticket: str) -> str:
    """A 036, as it is called out."""
    letters = ticket.rstrip("0123456789")
    return f"{letters} {ticket[len(letters) :]}".strip()


def labels_of(names: tuple[str, ...], most: int = 0) -> str:
    """血压身高、抽血: stations by the name people call them; more than `most` are counted."""
    labels = [short_of(each) for each in names]
    said = words("ui").and_sign.join(labels[: most or None])
    cut = most and len(labels) > most
    return words("checkup_board").gone.several(first=said, n=len(labels)) if cut else said


def short_of(station: str) -> str:
    known = stations().get(station)
    return known.short if known is not None else station


def clock_of(at: int) -> str:
    """9:05: a moment of the day."""
    then = times.civil(at)
    return f"{then.hour}:{then.minute:02d}"


def _sentence(board: Board, w: Words) -> tuple[str, str, str]:
    """Plain, marked, plain: what is true, and what to do about it."""
    found, s = board.figures, w.sentence
    if not found.arrived:
        mark = s.nobody_mark(n=count(board.planned)) if board.planned else s.nobody_walk_in
        return s.nobody, mark, ""
    came = s.came(n=count(found.arrived))
    if found.open:
        return came, s.alarm_mark(n=len(found.open)), s.alarm_end
    if board.day.state is DayState.CLOSED:
        return s.over(n=count(found.arrived)), s.over_mark(n=count(found.finished)), ""
    long = sorted((e for e in found.stations if e.is_long), key=lambda each: -each.wait_min)
    if long:
        named = {each.station for each in long[:LONG_NAMED]}
        labels = [short_of(each.station) for each in found.stations if each.station in named]
        said = "".join(
            (s["and"] if place else "") + (" " if place and each[0].isascii() else "") + each
            for place, each in enumerate(labels)
        )
        return came, s.long_mark(stations=said), s.long_end
    away = [each for each in found.gone if each.who not in board.calls]
    if away:
        return came, s.gone_mark(n=len(away)), s.gone_end
    return came, s.calm_mark, ""


def _row(each: AtStation, board: Board, w: Words) -> Row:
    s = w.stations
    tablets = [board.tablets[name] for name, _ in each.devices if name in board.tablets]
    silent = max((tablet.heard for tablet in tablets), default=0)
    minutes = max(0, (board.at - silent) // MINUTE_MS)
    offline = bool(tablets) and minutes >= OFFLINE_MIN and board.day.state is not DayState.CLOSED
    if not tablets:
        data = s.unused
    elif offline:
        hours = minutes // HOUR_MIN
        data = s.offline_hours(n=hours) if hours else s.offline(n=minutes)
    else:
        data = s.ago(n=minutes) if minutes else s.now
        data = "" if board.day.state is DayState.CLOSED else data
    return Row(
        short_of(each.station), each.is_long, each.waiting,
        _wait(each, s), _tablets(tablets, s), offline, data,
    )  # fmt: skip


def _wait(each: AtStation, s: Words) -> str:
    if not each.waiting:
        return s.none
    if each.wait_min < MINUTES_TOLD:
        return s.minutes(n=each.wait_min)
    return s.hours(n=round(each.wait_min / HOUR_MIN))


def _tablets(tablets: list[Tablet], s: Words) -> str:
    """平板 02、03: a label that begins as the first one does is not said twice."""
    labels = sorted(each.label for each in tablets)
    if not labels:
        return ""
    head = labels[0].rstrip("0123456789")
    rest = [each.removeprefix(head) if head else each for each in labels[1:TABLETS_NAMED]]
    said = words("ui").and_sign.join([labels[0], *rest])
    return s.tablets(first=said, n=len(labels)) if len(labels) > TABLETS_NAMED else said


def _bars(found: Figures) -> tuple[Bar, ...]:
    if not found.bars:
        return ()
    most = max(n for _, n in found.bars)
    slot = min(SLOT_MOST, CHART_WIDE / len(found.bars))
    made: list[Bar] = []
    best = next(at for at, n in found.bars if n == most)
    named_until = 0.0  # a time stands below a bar when there is room for it
    for place, (at, n) in enumerate(found.bars):
        height = max(1.0, CHART_HIGH * n / most) if n else 0.0
        x = round(4 + slot * place, 1)
        then = times.civil(at)
        named = (place == 0 or then.minute == 0) and x >= named_until
        if named:
            named_until = x + 48
        end = clock_of(at + found.bar_min * MINUTE_MS)
        width = round(slot * BAR_OF_SLOT, 1)
        made.append(
            Bar(
                x, round(CHART_FOOT - height, 1), width, round(height, 1),
                round(x + width / 2, 1), n, at == best, clock_of(at) if named else "",
                f"{clock_of(at)}–{end}",
            )
        )  # fmt: skip
    return tuple(made)


def _bars_say(found: Figures, bars: tuple[Bar, ...], w: Words) -> str:
    best = next((each for each in bars if each.most), None)
    if best is None:
        return ""
    begin, _, end = best.from_to.partition("–")
    return w.bars.finding(n=found.bar_min, from_=begin, to=end, most=best.n)


def _alarm_say(found: Figures, w: Words) -> str:
    if not found.open:
        return ""
    first = found.open[0]
    label = short_of(first.station)
    say = w.alarm.one if len(found.open) == 1 else w.alarm.more
    return say(station=label, when=clock_of(first.at))


def _gone(board: Board) -> tuple[GoneRow, ...]:
    return tuple(
        GoneRow(
            each.who.hex(), spoken(each.ticket), name_masked(board.names.get(each.who, "")),
            labels_of(each.missing, MISSING_NAMED),
            clock_of(board.calls[each.who]) if each.who in board.calls else "",
        )
        for each in board.figures.gone[:GONE_SHOWN]
    )  # fmt: skip
