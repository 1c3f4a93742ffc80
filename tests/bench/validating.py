"""How many filled-in forms a second one core judges, form by form; no database, no network."""

from time import process_time

from server.records.check import check
from server.records.kinds import everything
from server.records.model import Kind, Shape
from tests.bench.figures import Report, say
from tests.cast_forms import ON, TODAY, good_bytes

_ROUNDS, _ROUNDS_QUICK = 5, 1
_TIMES, _TIMES_QUICK = 400, 20


def run(report: Report) -> None:
    """Each record form of the catalogue on a line; figures of the hypertension follow-up and of the
    slowest.
    """
    much = (_ROUNDS, _TIMES) if report.timed else (_ROUNDS_QUICK, _TIMES_QUICK)
    events = [kind for kind in everything() if kind.shape is Shape.EVENT]
    speeds = {_name(kind): _speed(kind, *much) for kind in events}
    for name, speed in sorted(speeds.items(), key=lambda each: each[1]):
        say(f"{name:<20} {speed:>9,.0f} forms/s")
    slowest = min(speeds, key=lambda name: speeds[name])
    report.figure("validate_followup_per_s", speeds["htn_followup"], "forms/s")
    report.figure(
        "validate_slowest_per_s", speeds[slowest], "forms/s", kind=slowest, kinds=len(speeds)
    )


def _name(kind: Kind) -> str:
    """The form, with its version where it is not the first."""
    return kind.id if kind.version == 1 else f"{kind.id} {kind.version}"


def _speed(kind: Kind, rounds: int, times: int) -> float:
    """The best of some rounds, in processor time: what else the machine does is left out."""
    body = good_bytes(kind.id)
    best = float("inf")
    for _ in range(rounds):
        began = process_time()
        for _ in range(times):
            check(kind, body, on=ON, today=TODAY)
        best = min(best, process_time() - began)
    return times / best
