"""`python -m tests.scale`: a database of full size, figures at that size, and more than one machine
as far as one machine allows. `--help` says what there is.
"""

import argparse
import json
import logging
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

from server.settings import CIVIL
from tests.commands import Refused, a_folder, a_new_file, count, run
from tests.postgres import start_cluster
from tests.scale import processes, standby
from tests.scale.asked import to_fill
from tests.scale.chart import chart
from tests.scale.county import Size
from tests.scale.filling import Order, fill
from tests.scale.growth import ROUNDS, growth
from tests.scale.measuring import measure

CLUSTER = {
    "shared_buffers": "1536MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scale", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    _add_fill(verbs)
    cluster = verbs.add_parser(
        "cluster", help="a PostgreSQL in FOLDER until Ctrl-C; prints its URL, leaves nothing behind"
    )
    cluster.add_argument("folder", type=Path)
    measured = verbs.add_parser("measure", help="figures of a filled county, a JSON line each")
    measured.add_argument("folder", type=a_folder, help="as it was given to `fill`")
    grown = verbs.add_parser(
        "growth", help="the same exchanges in several filled counties in turns, a JSON line each"
    )
    grown.add_argument("folders", type=a_folder, nargs="+")
    grown.add_argument("--rounds", type=count, default=ROUNDS)
    words = "reads the lines of `growth` from standard input, draws them as SVG into FILE"
    drawn = verbs.add_parser("chart", help=words, description=words)
    drawn.add_argument("file", type=a_new_file, metavar="FILE")
    for verb, words in _BROKEN.items():
        verbs.add_parser(verb, help=words)
    given = parser.parse_args()
    _VERBS[given.verb](given)
    return 0


def _add_fill(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    fill_ = verbs.add_parser(
        "fill",
        help="residents, changes and all that follows from them into an empty database; goes on "
        "where it broke off",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    fill_.add_argument("url", help="sqlite:///FILE or postgresql://...")
    fill_.add_argument("folder", type=Path, help="where the key file is, or will be")
    fill_.add_argument("--residents", type=count, default=500_000, help="of the county")
    fill_.add_argument(
        "--changes", type=count, default=10_000_000, help="of all residents together"
    )
    fill_.add_argument("--panel", type=count, default=2_000, help="residents of one team")
    fill_.add_argument("--seed", type=int, default=8, help="of names and contents")
    fill_.add_argument("--day", type=date.fromisoformat, default=datetime.now(CIVIL).date(),
                       help="today, as the county sees it; the same again to go on")  # fmt: skip
    fill_.add_argument("--processes", type=count, default=argparse.SUPPRESS,
                       help="PostgreSQL only (default: 2)")  # fmt: skip


def _fill(given: argparse.Namespace) -> None:
    size = Size(given.residents, max(1, given.changes // given.residents), given.panel, given.seed)
    order = Order(given.url, given.folder, size, given.day)
    if given.url.startswith("sqlite:") and "processes" in given:
        raise Refused("SQLite takes rows of one process: leave --processes out")
    if not to_fill(order):
        _say(f"filled already with {size.residents:,} residents: nothing to do")
        return
    fill(order, processes=getattr(given, "processes", 2), say=_say)


def _measure(given: argparse.Namespace) -> None:
    measure(given.folder)


def _growth(given: argparse.Namespace) -> None:
    growth(given.folders, given.rounds)


def _chart(given: argparse.Namespace) -> None:
    try:
        lines = [json.loads(line) for line in sys.stdin if line.startswith("{")]
        last = {
            (each["figure"], each["engine"], each["held"]): each for each in lines if "held" in each
        }
    except (ValueError, KeyError) as error:
        raise Refused(f"standard input has other lines than those of `growth`: {error}") from None
    given.file.write_text(chart(list(last.values())), "utf-8")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _cluster(given: argparse.Namespace) -> None:
    try:
        given.folder.mkdir(parents=True, exist_ok=True)
        given.folder.chmod(0o755)
    except OSError as error:
        raise Refused(f"{given.folder} cannot be made: {error}") from None
    with start_cluster(CLUSTER, parent=given.folder) as cluster:
        print(cluster.url("postgres"), flush=True)
        while True:
            time.sleep(3600)


def _standby(_: argparse.Namespace) -> None:
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # the primary is gone: meant so
    with tempfile.TemporaryDirectory(prefix="gongwei-scale-") as folder:
        print(standby.run(Path(folder), tablets=8, before=100, after=20))


def _processes(_: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="gongwei-scale-") as folder:
        print(processes.run(Path(folder)))


_BROKEN = {
    "standby": "tablets at work, the primary is killed, its synchronous standby promoted",
    "processes": "tablets at work, four server processes behind nginx, one is killed",
}
_VERBS = {
    "standby": _standby,
    "processes": _processes,
    "fill": _fill,
    "cluster": _cluster,
    "measure": _measure,
    "growth": _growth,
    "chart": _chart,
}

if __name__ == "__main__":
    run(main)
