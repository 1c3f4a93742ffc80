"""How likely each fault is: one frozen value, with presets and a way to say it on a command line.

A fault of an exchange is drawn for each exchange, a fault of a step for each step; the latter takes
the place of a step of work. A seed with the same options does the same again.
"""

import math
from argparse import ArgumentTypeError
from dataclasses import dataclass, fields, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Options:
    """Shares from 0 to 1, but for the first two."""

    steps: int = 45
    tablets: int = 0  # how many; 0: three to five
    stormy: float = 0.7  # share of seeds in which the rare faults happen at all
    halls: float = 0.25  # share of seeds with a checkup day
    photos: float = 0.15  # share of seeds in which photos are taken

    # Of an exchange: the network.
    lost_up: float = 0.06
    lost_down: float = 0.06
    doubled: float = 0.06
    late: float = 0.06  # an answer that comes after later ones
    other: float = 0.05  # an answer to another request
    flipped: float = 0.08  # one bit, on the way up or down
    cut: float = 0.08  # the end is missing, on the way up or down

    # Of an exchange or of any other step: processes and their disks.
    server_dies: float = 0.1  # at one of its transactions, before or after the commit
    server_full: float = 0.03  # its disk takes no more
    tablet_dies: float = 0.08  # at one of the commits of its disk, before or after
    tablet_full: float = 0.04

    # Of a step.
    replayed: float = 0.02  # an old envelope comes again
    killed: float = 0.03  # the app, at rest or with a request in hand
    rebooted: float = 0.01  # the monotonic clock begins again, the wall clock may be lost
    clock_jumps: float = 0.015
    years_pass: float = 0.002
    partitioned: float = 0.015  # some tablets are cut off for a while, and the office works on
    moved: float = 0.04
    moved_back: float = 0.02
    consented: float = 0.03
    consent_ended: float = 0.015
    lies: float = 0.02  # a tablet says what is not so
    app_changes: float = 0.015  # an older or a newer app on a tablet

    # Of a step of a stormy seed.
    cloned: float = 0.02
    revoked: float = 0.007
    lost: float = 0.007
    key_renewed: float = 0.012
    backed_up: float = 0.03
    restored: float = 0.018


OF_EXCHANGE: Final = ("lost_up", "lost_down", "doubled", "late", "other", "flipped", "cut")
OF_STEP: Final = (
    "replayed", "killed", "rebooted", "clock_jumps", "years_pass", "partitioned", "moved",
    "moved_back", "consented", "consent_ended", "lies", "app_changes",
)  # fmt: skip
OF_STORMY_STEP: Final = ("cloned", "revoked", "lost", "key_renewed", "backed_up", "restored")

_USUAL: Final = Options()
_SHARES: Final = tuple(each.name for each in fields(Options) if isinstance(each.default, float))
_FAULTS: Final = tuple(name for name in _SHARES if name not in ("stormy", "halls", "photos"))


def _times(factor: float) -> dict[str, float]:
    return {name: min(0.5, getattr(_USUAL, name) * factor) for name in _FAULTS}


PRESETS: Final[dict[str, Options]] = {
    "calm": replace(_USUAL, **_times(0.0)),
    "usual": _USUAL,
    "cruel": replace(_USUAL, stormy=1.0, steps=70, **_times(1.6)),
    "crowd": replace(_USUAL, tablets=24, steps=150),
}
"""calm: work only. crowd: two dozen tablets."""


def setting(text: str) -> tuple[str, float]:
    """`name=value` of a command line."""
    name, _, value = text.partition("=")
    known = [each.name for each in fields(Options)]
    if name not in known:
        raise ArgumentTypeError(f"{name}: no such share; there are {', '.join(known)}")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if name in _SHARES:
        if not 0 <= number <= 1:
            raise ArgumentTypeError(f"{text}: {name} takes a number from 0 to 1")
        return name, number
    if not (math.isfinite(number) and number >= 0 and number.is_integer()):
        raise ArgumentTypeError(f"{text}: {name} takes a whole number from 0")
    return name, int(number)


def options(preset: str, changed: dict[str, float]) -> Options:
    return replace(PRESETS[preset], **changed)


def words(chosen: Options) -> str:
    """What to write on the command line for these."""
    near = min(PRESETS, key=lambda name: len(_apart(chosen, name)))
    told = [f"--set {name}={getattr(chosen, name):g}" for name in _apart(chosen, near)]
    return " ".join(([] if near == "usual" else [f"--preset {near}"]) + told)


def _apart(chosen: Options, preset: str) -> list[str]:
    other = PRESETS[preset]
    names = (each.name for each in fields(Options))
    return [name for name in names if getattr(chosen, name) != getattr(other, name)]
