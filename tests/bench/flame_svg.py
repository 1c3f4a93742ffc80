"""A flame graph from collapsed stacks ("caller;callee count"), as SVG without scripts.

A box is a function, as wide as its share of the CPU; what it calls stands on it. Only our rooms
and the libraries they call are drawn, and what is narrower than a third of a percent is left out.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Final

WIDTH: Final = 1200
ROW: Final = 19
MARGIN: Final = 16
HEAD: Final = 74
LEAST: Final = 0.0033  # of all; narrower boxes are left out
SIGN: Final = 6.3  # width of a letter

_FRAME: Final = re.compile(r"(?P<name>.+) \((?P<file>[^()]+)\)")
# In order: the first that fits says what a frame belongs to, and its colour.
_ROOMS: Final = (
    ("crypto/", "crypto", "#2f6f9f", "#ffffff"),
    ("sync/", "sync", "#6aa6a6", "#10302f"),
    ("server/store/", "server/store", "#8a6fb0", "#ffffff"),
    ("server/records/", "server/records, server/rules", "#c9a227", "#2b2200"),
    ("server/rules/", "server/records, server/rules", "#c9a227", "#2b2200"),
    ("server/actions/", "server/actions", "#d9703c", "#ffffff"),
    ("server/", "server, other", "#e8a07c", "#3a1a08"),
)
_LIBRARY: Final = ("libraries and Python", "#c8ccd2", "#22262b")
# Plumbing of Python itself, which says nothing about the work.
_PLUMBING: Final = re.compile(
    r"(asyncio/|uvloop/|threading\.py|concurrent/futures|runpy|click/|<frozen|contextlib|"
    r"functools|typing|dataclasses|server/__main__|server/cli/)"
)


# A thread that waits for work is seen as running while it wakes up or falls asleep.
_WAITS: Final = re.compile(r"(_worker \(concurrent/futures|SqliteWriter\._loop|wait \(threading)")
_LOOP: Final = ("event loop", "asyncio, uvloop")


@dataclass(slots=True)
class _Box:
    name: str
    file: str
    count: int = 0
    on_it: dict[tuple[str, str], "_Box"] = field(default_factory=dict[tuple[str, str], "_Box"])


def drawn(lines: Iterable[str], title: str) -> tuple[str, int]:
    """The SVG, and how many samples it is of."""
    root = _Box("all", "")
    for line in lines:
        stack, _, count = line.rpartition(" ")
        if count.isdigit() and not _WAITS.match(stack.rpartition(";")[2]):
            _add(root, stack.split(";"), int(count))
    height = HEAD + _depth(root, root.count) * ROW + MARGIN
    body = "\n".join(_boxes(root, root.count, height))
    said = f"{title}: {root.count} samples of its CPU. {_hint()}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12"><title>{escape(said)}</title>\n'
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#ffffff" stroke="#d7dbe0"/>\n'
        f'<text x="{MARGIN}" y="28" font-size="17" font-weight="600" fill="#22262b">'
        f"{escape(title)}</text>\n"
        f"{_legend()}\n{body}\n</svg>\n"
    ), root.count


def _hint() -> str:
    return "A box is a function, as wide as its share; what it calls stands on it."


def _add(root: _Box, stack: list[str], count: int) -> None:
    """A stack of nothing but plumbing is the event loop's own work."""
    root.count += count
    box = root
    frames = [found for each in stack if (found := _FRAME.fullmatch(each))]
    told = [each for each in frames if not _PLUMBING.search(each["file"])]
    for key in [(each["name"], _short(each["file"])) for each in told] or [_LOOP]:
        box = box.on_it.setdefault(key, _Box(*key))
        box.count += count


def _short(file: str) -> str:
    """The path from our repository or from the folder of packages on."""
    for mark in ("site-packages/", "lib/python3"):
        if mark in file:
            return file.rpartition(mark)[2]
    found = re.search(r"(?:^|/)((?:crypto|sync|server|resident_portal)/.+)", file)
    return found[1] if found else file


def _room(file: str) -> tuple[str, str, str]:
    """Its name, the colour of the box, the colour of the letters."""
    for start, *rest in _ROOMS:
        if file.startswith(start):
            return rest[0], rest[1], rest[2]
    return _LIBRARY


def _depth(box: _Box, total: int) -> int:
    tall = [_depth(each, total) for each in box.on_it.values() if each.count >= LEAST * total]
    return 1 + max(tall, default=0)


def _boxes(root: _Box, total: int, height: int) -> Iterator[str]:
    """From the ground up; widest first, so that the same work looks the same in every run."""
    scale = (WIDTH - 2 * MARGIN) / total
    waiting: list[tuple[_Box, float, int]] = [(root, MARGIN, 0)]
    while waiting:
        box, left, level = waiting.pop()
        yield _one(box, left, height - MARGIN - (level + 1) * ROW, box.count * scale, total)
        at = left
        for each in sorted(box.on_it.values(), key=lambda one: (-one.count, one.name)):
            if each.count >= LEAST * total:
                waiting.append((each, at, level + 1))
            at += each.count * scale


def _one(box: _Box, left: float, top: int, wide: float, total: int) -> str:
    _, fill, ink = _room(box.file) if box.file else ("", "#eef0f2", "#22262b")
    share = f"{100 * box.count / total:.1f} %"
    where = f"{box.name}, {box.file}: {share}" if box.file else "all of it"
    text = box.name if box.file else "all CPU of the process"
    room = int((wide - 8) / SIGN)
    if len(text) + 8 <= room:
        text = f"{text}  {share}"
    label = ""
    if room >= 4:
        cut = text if len(text) <= room else text[: room - 1] + "…"
        label = f'<text x="{left + 4:.1f}" y="{top + 13}" fill="{ink}">{escape(cut)}</text>'
    return (
        f'<g><title>{escape(where)}</title><rect x="{left:.1f}" y="{top}" '
        f'width="{max(0.5, wide - 0.6):.1f}" height="{ROW - 1}" rx="2" fill="{fill}"/>{label}</g>'
    )


def _legend() -> str:
    parts: list[str] = []
    left = MARGIN
    names = dict.fromkeys((room, fill) for _, room, fill, _ in _ROOMS)
    for name, fill in (*names, _LIBRARY[:2]):
        parts.append(
            f'<rect x="{left}" y="44" width="12" height="12" rx="2" fill="{fill}"/>'
            f'<text x="{left + 17}" y="54.5" fill="#4a5058">{name}</text>'
        )
        left += 36 + int(len(name) * SIGN)
    return "".join(parts)
