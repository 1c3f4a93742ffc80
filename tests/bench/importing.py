"""Reading a list of residents in: CPU and wall time a line, and the memory it takes.

`python -m tests.bench.importing N` reads N synthetic lines into a new database in this process and
prints its figures; the demo district has 430,740 residents with an archive.
"""

import argparse
import asyncio
import csv
import gc
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from server.actions.keeping.site import Site
from server.actions.lists import import_run, imports
from server.actions.lists.import_upload import receive
from server.actions.lists.imports import Importer
from server.actions.places.district import Loader
from server.demo.archive import basic_info
from server.demo.district import DEFAULT_DAY, generate
from server.demo.model import Facility, Resident, Team
from server.records.basic_info_codes import DISEASES
from server.records.kinds import REGISTER
from server.records.model import Code, Codes
from server.store.vault import NOBODY
from tests import commands
from tests.bench.figures import Report, say
from tests.commands import count
from tests.world import Clock, new_world

SEED = 7
FIELDS = (
    "name", "id_no", "sex", "birth_date", "phone", "contact_name", "contact_phone",
    "residence_kind", "residence_since", "address_region", "address_text", "ethnic", "education",
    "occupation", "marital", "pay_mode", "blood_abo", "blood_rh", "drug_allergy", "hx_disease",
)  # fmt: skip
PLACES = ("责任机构", "责任团队")


def lines(most: int) -> Iterator[object]:
    """Facilities and teams as they come, then residents as rows of a list."""
    names: dict[bytes, str] = {}
    made = 0
    for item in generate(1, SEED, today=DEFAULT_DAY):
        if isinstance(item, Facility | Team):
            names[item.id] = item.name
            yield item
        elif isinstance(item, Resident) and item.has_archive:
            basics = basic_info(item, today=DEFAULT_DAY)
            yield [*(_said(name, basics.get(name)) for name in FIELDS), names[item.facility],
                   names[item.team]]  # fmt: skip
            made += 1
            if made >= most:
                return


def _said(name: str, value: object) -> str:
    each = REGISTER.field(name)
    assert each is not None
    if isinstance(each.type, Code):
        return each.type.codes[str(value)] if value else ""
    if isinstance(value, list):
        codes = each.type.codes if isinstance(each.type, Codes) else {}
        return "、".join(
            codes[v] if isinstance(v, str) else DISEASES[v["code"]] for v in value
        )  # fmt: skip
    return str(value or "")


async def write_list(site: Site, path: Path, most: int) -> None:
    """The list as a file, its facilities and teams in the database."""
    loader = Loader(site)
    await loader.begin()
    with path.open("w", encoding="gb18030", newline="") as out:
        writer = csv.writer(out)
        labels = [each.label for name in FIELDS if (each := REGISTER.field(name))]
        writer.writerow([*labels, *PLACES])
        for item in lines(most):
            if isinstance(item, Facility):
                loader.facility(item.id, item.name)
            elif isinstance(item, Team):
                loader.panel(item.id, item.facility, item.name)
            elif isinstance(item, list):
                writer.writerow(item)
    await loader.finish()


async def run(url: str, folder: Path, most: int, report: Report) -> None:
    """Figures: import_cpu_ms_per_line, import_wall_ms_per_line, import_memory_mb."""
    async with new_world(url, folder, empty=True, clock=Clock(time.time_ns() // 10**6)) as world:
        site = world.site
        path = folder / "list.csv"
        await write_list(site, path, most)
        gc.collect()
        wall, cpu, idle = time.perf_counter(), _cpu(), _rss()
        taking = await receive(site, Importer(NOBODY, None, False), kind="basic_info", name="a")
        with path.open("rb") as file:
            while block := file.read(imports.RAW_CHUNK):
                await taking.take(block)
        job = await taking.end()
        await import_run.work(site, job)
        read = time.perf_counter() - wall
        await imports.begin(site, job, NOBODY)
        await import_run.work(site, job, lambda n: say(f"{n} lines") if n % 50_000 == 0 else None)
        wall, cpu = time.perf_counter() - wall, _cpu() - cpu
        done = await imports.job_by_id(site, job)
    assert (done.state, done.created) == ("done", done.lines), done.state
    most = done.lines
    report.figure("import_cpu_ms_per_line", cpu / most * 1000, "ms", lines=most)
    report.figure("import_wall_ms_per_line", wall / most * 1000, "ms", seconds=wall, reading=read)
    report.figure("import_memory_mb", _rss(), "MB", before=idle, file_mb=path.stat().st_size / 1e6)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _rss() -> float:
    """Most memory this process ever had in hand, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.importing", description=__doc__,
        epilog="DATABASE_URL names an empty PostgreSQL database; otherwise SQLite.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("lines", type=count, help="how many are read in")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gongwei-import-") as scratch:
        where = os.environ.get("DATABASE_URL") or f"sqlite:///{scratch}/import.sqlite3"
        engine = "postgres" if where.startswith("postgres") else "sqlite"
        asyncio.run(run(where, Path(scratch), asked.lines, Report(engine)))
    return 0


if __name__ == "__main__":
    commands.run(main)
