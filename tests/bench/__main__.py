"""`python -m tests.bench`: one JSON line a figure on standard output, progress beside it.

Exit code 1 when a figure misses its bar. Each figure is also compared with the last committed run
(committed.json): `to_committed` above 1 is worse, `worse` says that it is so by more than chance.
A `--quick` run only shows that everything works: it is too short for a stopwatch, so only what
counts outcomes is held to its bar and nothing is compared.
"""

import argparse
import json
import os
import platform
import tempfile
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import committed, page
from tests.bench.database import engine
from tests.bench.figures import Report, say
from tests.bench.parts import PARTS, Part, Place
from tests.bench.work import FULL, LONG, QUICK
from tests.commands import a_file, run


def main() -> int:
    asked = _asked()
    if asked.commit is not None:
        new, kept = committed.write(asked.commit)
        say(f"{len(new)} figures written to {committed.FILE.name}")
        if kept:
            say(f"{len(kept)} that this run does not have stay as they were: {', '.join(kept)}")
        page.write()
        say(f"their table written into {page.PAGE.name}")
        return 0
    began = time.monotonic()
    _machine(quick=asked.quick)
    parts = [each for each in PARTS if not asked.only or each.name in asked.only]
    missed: list[str] = []
    worse: list[str] = []
    for name in ("sqlite", "postgres") if asked.engine == "both" else (asked.engine,):
        report = Report(name, timed=not asked.quick)
        report.before = {} if asked.quick else committed.read()
        size = QUICK if asked.quick else LONG if asked.long else FULL
        with tempfile.TemporaryDirectory(prefix="gongwei-bench-") as scratch:
            folder = Path(scratch)
            with engine(name, folder) as where:
                for part in parts:
                    if name == "sqlite" or not part.once:
                        _measure(part, Place(where, folder / part.name, size, report))
        missed += report.missed
        worse += report.worse
    say(f"{time.monotonic() - began:.0f} s; bars missed: {', '.join(missed) or 'none'}")
    if not asked.quick:
        say(f"worse than committed: {', '.join(worse) or 'nothing'}")
    return 1 if missed else 0


def _asked() -> argparse.Namespace:
    names = [each.name for each in PARTS]
    about = "\n".join(f"  {each.name:<8} {each.about}" for each in PARTS)
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, epilog=f"parts:\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--engine", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--long", action="store_true", help="growth to 2,000,000 records too")
    parser.add_argument(
        "--only", action="append", choices=names, metavar="PART", help="this part (repeatable)"
    )
    parser.add_argument(
        "--commit", type=a_file, metavar="FILE",
        help="measure nothing: make the lines of a run in FILE the committed figures and the table "
        "of docs/PERFORMANCE.md; of a run in part, those that it has",
    )  # fmt: skip
    return parser.parse_args()


def _machine(*, quick: bool) -> None:
    line = {
        "figure": "machine", "engine": "both", "value": os.cpu_count(), "unit": "cores",
        "python": platform.python_version(), "quick": quick, "load_of_others": os.getloadavg()[0],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    print(json.dumps(line), flush=True)


def _measure(part: Part, place: Place) -> None:
    """One part; when it fails the others are still measured, and the run is not a success."""
    report = place.report
    say(f"{report.engine}: {part.about}")
    place.folder.mkdir()
    report.measure_yardstick()
    wall, spent = time.monotonic(), time.process_time()
    try:
        part.run(place)
    except Exception:  # noqa: BLE001 (whatever it is, it is told, and counts as missed)
        say(traceback.format_exc())
        report.missed.append(f"{part.name} failed ({report.engine})")
    wall, spent = time.monotonic() - wall, time.process_time() - spent
    say(f"{report.engine}: {part.name} took {wall:.0f} s, of it {spent:.0f} s CPU of the bench")


if __name__ == "__main__":
    run(main)
