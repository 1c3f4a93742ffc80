"""Push: every tablet its follow-ups in batches, in slices, with the limit measured between them."""

import asyncio
from collections.abc import Sequence
from statistics import median

from server.settings import now_ms
from tests.bench.exchanges import Ground, Wrong, all_applied, push
from tests.bench.figures import Report, say
from tests.bench.meter import Reading, resident_mb
from tests.bench.work import Size, visits


async def run(ground: Ground, size: Size, report: Report) -> None:
    """Raises Wrong unless every change was applied."""
    sealed = _sealed(ground, size)
    total = size.tablets * size.records
    envelopes = sum(len(each) for slices in sealed for some in slices for each in some)
    say(f"{total} follow-ups sealed, {envelopes / total:.1f} bytes each")
    readings: list[tuple[int, Reading]] = []
    limits: list[tuple[int, Reading]] = []
    for number, some in enumerate(_by_slice(sealed, size.slices)):
        reading, answers = await push(ground, some)
        count = sum(map(all_applied, ground.stage.tablets, answers))
        readings.append((count, reading))
        rows = await asyncio.to_thread(ground.engine.written, ground.stage.url, count)
        limits.append((count, await asyncio.to_thread(ground.engine.limit, rows, size.batch)))
        say(f"slice {number + 1}: {count / reading.wall_s:.0f} records/s")
    if sum(count for count, _ in readings) != total:
        raise Wrong("changes are missing")
    _tell(ground, report, readings, limits)
    up = sum(link.up for link in ground.links)
    report.figure(
        "bytes_up_per_record", up / total, "bytes", batch=size.batch,
        counted="HTTP headers, envelope header, seal, signature",
    )  # fmt: skip
    report.figure("memory_after_push", resident_mb(ground.server.pid), "MB", records=total)


def _sealed(ground: Ground, size: Size) -> list[list[list[bytes]]]:
    """By tablet, by slice: envelopes."""
    now = now_ms()
    found: list[list[list[bytes]]] = []
    for tablet in ground.stage.tablets:
        changes = list(
            visits(size, tablet.number, tablet.residents, tablet.staff, ground.stage.today, now)
        )
        batches = [
            tablet.seal(changes[start : start + size.batch], now)
            for start in range(0, len(changes), size.batch)
        ]
        each = -(-len(batches) // size.slices)
        found.append([batches[start : start + each] for start in range(0, len(batches), each)])
    return found


def _by_slice(sealed: list[list[list[bytes]]], slices: int) -> Sequence[list[list[bytes]]]:
    return [[tablet[n] for tablet in sealed] for n in range(slices)]


def _tell(
    ground: Ground,
    report: Report,
    readings: list[tuple[int, Reading]],
    limits: list[tuple[int, Reading]],
) -> None:
    rates = [count / each.wall_s for count, each in readings]
    report.middle("push_rec_per_s_wall", rates, "records/s")
    spent = [(each.cpu_s + each.database_s) * 1000 / count for count, each in readings]
    database = median(each.database_s * 1000 / count for count, each in readings)
    report.middle("push_cpu_s_per_1000", spent, "s", of_it_database_processes=database)
    bare = "bare sqlite3" if ground.engine.cluster is None else "bare asyncpg, COPY"
    limit_rates = [count / each.wall_s for count, each in limits]
    report.middle("push_limit_rec_per_s_wall", limit_rates, "records/s", limit=bare)
    limit_cpu = [(each.cpu_s + each.database_s) * 1000 / count for count, each in limits]
    report.middle("push_limit_cpu_s_per_1000", limit_cpu, "s", limit=bare)
    report.figure("push_wall_of_limit", median(rates) / median(limit_rates), "ratio")
    report.figure("push_cpu_over_limit", median(spent) / median(limit_cpu), "ratio")
