"""The few steps of a failing script that matter (delta debugging, Zeller and Hildebrandt 2002).

Parts of the script are left out, large ones first, as long as what is left fails in the same way.
A step has its own chance, so those that stay do what they did.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from tests.sim.run import Failed, Played
from tests.sim.script import Script

Play = Callable[[Script], Played]
TRIES = 400


def alike(one: Failed, other: Failed) -> bool:
    """The same sentence, whoever and whichever change it is about."""
    return (one.kind, _plain(one)) == (other.kind, _plain(other))


def _plain(failed: Failed) -> str:
    first = str(failed).partition("\n")[0]
    return " ".join(re.sub(r"[0-9a-f]*[0-9][0-9a-f]*|[^\x00-\x7f]+", "", first).split()[:4])


def shrink(
    script: Script, failed: Failed, play: Play, *, tries: int = TRIES
) -> tuple[Script, Failed]:
    """The smallest script found and how it fails; `play` is asked at most `tries` times."""
    steps, last, parts = script.steps, failed, 2
    while len(steps) > 1 and tries > 0:
        size = max(1, len(steps) // parts)
        for start in range(0, len(steps), size):
            fewer = (*steps[:start], *steps[start + size :])
            tries -= 1
            again = play(replace(script, steps=fewer)).failed
            if again is not None and alike(again, failed):
                steps, last, parts = fewer, again, max(2, parts - 1)
                break
            if not tries:
                break
        else:
            if size == 1:
                break
            parts = min(len(steps), parts * 2)
    return replace(script, steps=steps), last
