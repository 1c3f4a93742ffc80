"""The table of docs/PERFORMANCE.md: figures of the last committed run, written between two marks.

Everything else on that page is written by hand and says why the figures are as they are.
"""

from pathlib import Path
from typing import Any, Final

from tests.bench import committed
from tests.bench.bars import bar_of, met

PAGE: Final = Path(__file__).resolve().parent.parent.parent / "docs" / "PERFORMANCE.md"
BEGIN: Final = "<!-- figures of the last committed run: python -m tests.bench --commit FILE -->"
END: Final = "<!-- end of the figures -->"

# What a row says, and its figure; an empty figure begins a new group.
ROWS: Final = (
    ("**Push**", ""),
    ("records a second, by the clock", "push_rec_per_s_wall"),
    ("CPU s for 1,000", "push_cpu_s_per_1000"),
    ("the same over the bare pipeline", "push_cpu_over_pipeline"),
    ("the bare pipeline itself, CPU s for 1,000", "push_pipeline_cpu_s_per_1000"),
    ("bare sqlite3 or asyncpg, CPU s for 1,000", "push_limit_cpu_s_per_1000"),
    ("two processes against one", "push_two_processes_scale"),
    ("CPU of a record with two processes against one", "push_two_processes_cpu_ratio"),
    ("afterwards: cards, figures and plan of an archive, CPU ms", "afterwork_cpu_ms_per_archive"),
    ("**Pull**", ""),
    ("records a second, cold, by the clock", "cold_pull_rec_per_s"),
    ("CPU s for 1,000, cold", "cold_pull_cpu_s_per_1000"),
    ("50 changes with 10,000 records held, ms by the clock", "pull_50_ms_small"),
    ("the same with 100,000 held, over that", "pull_50_ratio_large"),
    ("the same with 500,000 held, over that", "pull_50_ratio_huge"),
    ("the same with 2,000,000 held, over that", "pull_50_ratio_long"),
    ("an empty exchange, CPU ms", "empty_exchange_cpu_ms"),
    ("**First sync**, 2,000 residents, 50,000 records", ""),
    ("roster, registers and due lists, server CPU s", "first_sync_roster_and_due_cpu_s"),
    ("the same, kB on the wire", "first_sync_roster_and_due_kb"),
    ("everything, server CPU s", "first_sync_cpu_s"),
    ("**Bytes**, HTTP headers included", ""),
    ("a record up, in batches of 200", "bytes_up_per_record"),
    ("a record down, in batches of 200", "bytes_down_per_record"),
    ("an edit up, in batches of 50", "bytes_up_per_edit"),
    ("a lone record up", "bytes_up_lone_record"),
    ("a lone record down", "bytes_down_lone_record"),
    ("**500 tablets after an outage**", ""),
    ("all answered, s by the clock", "outage_all_answered_s"),
    ("wait of one answer, 99th percentile, s", "outage_p99_s"),
    ("CPU ms for each tablet", "outage_cpu_ms_per_tablet"),
    ("**Memory of one process**, MB", ""),
    ("before anything was asked", "memory_at_start"),
    ("after 16,000 records were pushed", "memory_after_push"),
    ("with 10,000 records held, after small pushes and pulls", "memory_small"),
    ("the same with 500,000", "memory_huge"),
    ("the same with 2,000,000", "memory_long"),
    ("**Survival**", ""),
    ("conflicting pairs lost silently, of 24", "conflicts_lost_silently"),
    ("same field: the writer told, of 16", "conflicts_told_to_writer"),
    ("same field: both values kept, of 16", "conflicts_both_values_kept"),
    ("different fields: merged without a person, of 8", "conflicts_merged_without_a_person"),
    ("a bomb refused, CPU ms", "bomb_refused_cpu_ms"),
    ("memory it took, MB", "bomb_memory_mb"),
    ("**Residents' portal**, 20,000 residents", ""),
    ("home, 95th percentile, CPU ms", "portal_home_p95_cpu_ms"),
    ("own archive of ten years, 95th percentile, CPU ms", "portal_archive_p95_cpu_ms"),
    ("trend of ten years, 95th percentile, CPU ms", "portal_trend_p95_cpu_ms"),
    ("the largest page on the wire, kB", "portal_page_most_kb"),
)  # fmt: skip
_HEAD: Final = "| figure | SQLite | PostgreSQL | bar | |\n|---|---|---|---|---|"


def write(file: Path = committed.FILE, page: Path = PAGE) -> None:
    """Puts the table of the committed figures between the marks."""
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{_table(committed.whole(file))}\n{END}{after}")


def _table(held: dict[str, Any]) -> str:
    values: dict[tuple[str, str], float] = {}
    for name, each in held["figures"].items():
        figure, _, engine = name.partition("/")
        values[figure, engine] = each["value"]
    machine = held["run"]
    others = sum("at" in each for each in held["figures"].values())
    said = (
        f"{machine['at'][:10]}, Python {machine['python']}, {machine['cores']} cores, "
        f"{machine['load_of_others']:.1f} processes of others in the queue at the start"
        f"{f'; figures of other runs: {others}' if others else ''}.\n"
    )
    return "\n".join([said, _HEAD, *(_row(label, name, values) for label, name in ROWS)])


def _row(label: str, name: str, values: dict[tuple[str, str], float]) -> str:
    """Empty where a group begins, or where the run has no such figure."""
    if not name:
        return f"| {label} | | | | |"
    said: list[str] = []
    bars: list[str] = []
    missed: list[str] = []
    for engine in ("sqlite", "postgres"):
        value = values.get((name, engine))
        said.append("" if value is None else f"{value:,g}")
        bar = bar_of(name, engine, timed=True)
        if value is None or bar is None:
            continue
        bars.append(f"{'≤' if bar[0] == 'most' else '≥'} {bar[1]:,g}")
        if not met(bar, value):
            share = value / bar[1] if bar[0] == "most" else bar[1] / value
            missed.append(f"{'SQLite' if engine == 'sqlite' else 'PostgreSQL'} × {share:.2f}")
    verdict = f"missed: {', '.join(missed)}" if missed else "met" if bars else ""
    return f"| {label} | {said[0]} | {said[1]} | {'; '.join(dict.fromkeys(bars))} | {verdict} |"
