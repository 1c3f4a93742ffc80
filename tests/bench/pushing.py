"""Push: every tablet its follow-ups in batches, in slices, with the limit measured between them."""

import asyncio
from collections.abc import Sequence
from statistics import median

from server.settings import now_ms
from tests.bench.exchanges import Ground, Wrong, all_applied, push
from tests.bench.figures import Report, say
from tests.bench.meter import Reading, makeup_mb, resident_mb
from tests.bench.pipeline import Pipeline
from tests.bench.work import Size, visits


async def run(ground: Ground, size: Size, report: Report) -> None:
    """Raises Wrong unless every change was applied."""
    pid = ground.server.pid
    report.figure("memory_at_start", resident_mb(pid), "MB", **makeup_mb(pid))
    sealed = _sealed(ground, size)
    total = size.tablets * size.records
    envelopes = sum(len(each) for slices in sealed for some in slices for each in some)
    say(f"{total} follow-ups sealed, {envelopes / total:.1f} bytes each")
    readings: list[tuple[int, Reading]] = []
    limits: list[tuple[int, Reading]] = []
    pipeline = Pipeline(ground.engine, ground.stage.keys)
    pipelines: list[tuple[int, Reading]] = []
    for number, some in enumerate(_by_slice(sealed, size.slices)):
        reading, answers = await push(ground, some)
        count = sum(map(all_applied, ground.stage.tablets, answers))
        readings.append((count, reading))
        rows = await asyncio.to_thread(ground.engine.written, ground.stage.url, count)
        limits.append((count, await asyncio.to_thread(ground.engine.limit, rows, size.batch)))
        first = [(each, raws[0]) for each, raws in zip(ground.stage.tablets, some, strict=True)]
        reading = await asyncio.to_thread(pipeline.reading, first)
        pipelines.append((len(first) * size.batch, reading))
        say(f"slice {number + 1}: {count / readings[-1][1].wall_s:.0f} records/s")
    if sum(count for count, _ in readings) != total:
        raise Wrong("changes are missing")
    _tell(ground, report, readings, limits, pipelines)
    up = sum(link.up for link in ground.links)
    report.figure(
        "bytes_up_per_record", up / total, "bytes", batch=size.batch,
        counted="HTTP headers, envelope header, seal, signature",
    )  # fmt: skip
    report.figure("memory_after_push", resident_mb(pid), "MB", records=total, **makeup_mb(pid))


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
    pipelines: list[tuple[int, Reading]],
) -> None:
    rates, spent = _rates(readings), _cpu_s_per_1000(readings)
    bare = median(_cpu_s_per_1000(pipelines))
    report.middle("push_pipeline_cpu_s_per_1000", _cpu_s_per_1000(pipelines), "s")
    report.middle("push_pipeline_rec_per_s_wall", _rates(pipelines), "records/s")
    with report.over("pipeline", 1 / median(_rates(pipelines))):
        report.middle("push_rec_per_s_wall", rates, "records/s")
    database = median(each.database_s * 1000 / count for count, each in readings)
    with report.over("pipeline", bare):
        report.middle("push_cpu_s_per_1000", spent, "s", of_it_database_processes=database)
    name = "bare sqlite3" if ground.engine.cluster is None else "bare asyncpg, COPY"
    limit_rates, limit_cpu = _rates(limits), _cpu_s_per_1000(limits)
    report.middle("push_limit_rec_per_s_wall", limit_rates, "records/s", limit=name)
    report.middle("push_limit_cpu_s_per_1000", limit_cpu, "s", limit=name)
    report.figure("push_wall_of_limit", median(rates) / median(limit_rates), "ratio")
    report.figure("push_cpu_over_limit", median(spent) / median(limit_cpu), "ratio")
    report.figure("push_cpu_over_pipeline", median(spent) / bare, "ratio")


def _rates(readings: list[tuple[int, Reading]]) -> list[float]:
    return [count / each.wall_s for count, each in readings]


def _cpu_s_per_1000(readings: list[tuple[int, Reading]]) -> list[float]:
    """Of the database's processes too."""
    return [(each.cpu_s + each.database_s) * 1000 / count for count, each in readings]
