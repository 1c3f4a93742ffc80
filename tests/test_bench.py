"""The bench works: every figure comes out, what it counts holds. No stopwatch is read here."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from server.records.check import check, hard
from server.records.kinds import get
from sync import wire
from tests.bench import committed, page
from tests.bench.figures import Report
from tests.bench.flame_svg import drawn
from tests.bench.work import FULL, id_of, visits
from tests.commands import Refused
from tests.postgres import REPOSITORY

FIGURES = {
    "machine",
    "push_rec_per_s_wall",
    "push_cpu_s_per_1000",
    "push_limit_rec_per_s_wall",
    "push_limit_cpu_s_per_1000",
    "push_wall_of_limit",
    "push_cpu_over_limit",
    "push_cpu_over_pipeline",
    "push_pipeline_cpu_s_per_1000",
    "push_pipeline_rec_per_s_wall",
    "bytes_up_per_record",
    "bytes_down_per_record",
    "bytes_up_lone_record",
    "bytes_down_lone_record",
    "bytes_up_per_edit",
    "edit_cpu_s_per_1000",
    "cold_pull_rec_per_s",
    "cold_pull_cpu_s_per_1000",
    "cold_pull_bytes_per_record",
    "cold_roster_residents_per_s",
    "empty_exchange_cpu_ms",
    "empty_exchange_wall_ms",
    "pull_50_ms_small",
    "pull_50_ms_large",
    "pull_50_ms_huge",
    "pull_50_ratio_large",
    "pull_50_ratio_huge",
    "first_sync_roster_and_due_cpu_s",
    "first_sync_roster_and_due_kb",
    "first_sync_cpu_s",
    "outage_all_answered_s",
    "outage_p99_s",
    "outage_cpu_ms_per_tablet",
    "outage_memory_more_mb",
    "bomb_refused_cpu_ms",
    "bomb_memory_mb",
    "afterwork_cpu_ms_per_archive",
    "conflicts_lost_silently",
    "conflicts_told_to_writer",
    "conflicts_both_values_kept",
    "conflicts_merged_without_a_person",
    "memory_after_push",
    "memory_after_cold_pull",
    "memory_small",
    "memory_large",
    "memory_huge",
    "memory_at_start",
}

# Of the server's rooms and of the tablet app.
OF_ROOMS = {
    "board_county_p95_ms",
    "board_teams_p95_ms",
    "board_list_first_p95_ms",
    "board_list_last_p95_ms",
    "hall_board_first_ms",
    "hall_board_refresh_p95_cpu_ms",
    "hall_board_page_p95_ms",
    "lab_1000_s",
    "search_cold_cpu_s",
    "search_cold_s",
    "search_cold_limit_s",
    "search_cold_of_limit",
    "search_warm_ms",
    "search_warm_p95_cpu_ms",
    "search_memory",
    "import_cpu_ms_per_line",
    "import_memory_mb",
    "import_wall_ms_per_line",
    "plan_one_pure_ms",
    "plan_one_ms",
    "plan_one_pure_most_records_ms",
    "plan_one_most_records_ms",
    "plan_nightly_first_min",
    "plan_nightly_same_min",
    "plan_nightly_new_year_min",
    "roster_and_due_kb_2000",
    "lane_0_first_page_ms",
    "lane_0_ms",
    "portal_export_s",
    "portal_page_most_kb",
    "portal_home_p95_cpu_ms",
    "portal_archive_p95_cpu_ms",
    "portal_group_p95_cpu_ms",
    "portal_trend_p95_cpu_ms",
    "portal_years_p95_cpu_ms",
    "portal_plan_p95_cpu_ms",
    "portal_record_p95_cpu_ms",
    "portal_confirmations_p95_cpu_ms",
    "portal_inbox_p95_cpu_ms",
    "portal_correct_p95_cpu_ms",
    "portal_switch_p95_cpu_ms",
    "portal_consent_p95_cpu_ms",
    "portal_looked_p95_cpu_ms",
    "portal_could_p95_cpu_ms",
    "portal_copies_p95_cpu_ms",
    "portal_family_p95_cpu_ms",
    "portal_helped_p95_cpu_ms",
    "portal_account_p95_cpu_ms",
    "portal_export_p95_cpu_ms",
    "portal_passport_p95_cpu_ms",
    "portal_checkup_p95_cpu_ms",
    "portal_checkup_day_p95_cpu_ms",
    "portal_card_p95_cpu_ms",
    "portal_card_picture_p95_cpu_ms",
    "validate_followup_per_s",
    "validate_slowest_per_s",
    "code_verify_per_s",
    "cards_1000_s",
    "web_first_copy_s",
    "web_unlock_s",
    "web_home_s",
    "web_search_ms",
    "web_open_archive_ms",
    "web_save_ms",
    "web_scan_ms",
    "web_check_in_ms",
}

OF_TWO_PROCESSES = {"push_two_processes_scale", "push_two_processes_cpu_ratio"}


# PostgreSQL is asked for what tablets do; the rooms of the server are measured beside SQLite.
EXCHANGES = ("work", "growth", "outage")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def lines(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """What a quick run prints."""
    only = [f"--only={each}" for each in EXCHANGES] if request.param == "postgres" else []
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--engine", request.param, *only],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_figure_is_one_json_line(lines: list[dict[str, Any]]) -> None:
    of_sqlite = any(line["engine"] == "sqlite" for line in lines)
    wanted = FIGURES | (OF_ROOMS if of_sqlite else OF_TWO_PROCESSES)
    assert sorted(line["figure"] for line in lines) == sorted(wanted)
    for line in lines:
        assert isinstance(line["value"], int | float)
        assert line["unit"]


def test_no_conflicting_edit_is_lost_and_each_second_writer_is_told(
    lines: list[dict[str, Any]],
) -> None:
    found = {line["figure"]: (line["value"], line.get("pass")) for line in lines}
    assert found["conflicts_lost_silently"] == (0, True)
    assert found["conflicts_told_to_writer"] == (16, True)
    assert found["conflicts_both_values_kept"] == (16, True)
    assert found["conflicts_merged_without_a_person"] == (8, True)


def test_the_work_is_the_same_in_every_run_and_every_form_is_good() -> None:
    today, now = date(2026, 11, 20), 1_795_132_800_000
    who = [id_of(f"resident/{n}", now) for n in range(FULL.residents)]
    made = list(visits(FULL, 0, who, who[0], today, now))
    assert made == list(visits(FULL, 0, who, who[0], today, now))
    assert len(made) == FULL.records == len({wire.change(raw).id for raw in made})
    assert 850 <= sum(map(len, made)) / len(made) <= 1000
    for raw in made:
        change = wire.change(raw)
        body = bytes(change.body)  # pyright: ignore[reportArgumentType]
        on = date.fromisoformat(change.on)
        assert not hard(check(get("htn_followup", 1), body, on=on, today=today))


def test_a_figure_is_compared_by_what_it_costs_and_not_by_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    quick_machine = Report("sqlite", before={"push_cpu_s_per_1000/sqlite": 2.0}, limit=0.05)
    quick_machine.figure("push_cpu_s_per_1000", 0.1, "s")
    slow_machine = Report("sqlite", before={"push_cpu_s_per_1000/sqlite": 2.0}, limit=0.20)
    slow_machine.figure("push_cpu_s_per_1000", 0.4, "s")
    quick, slow = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert quick["to_committed"] == slow["to_committed"] == 1
    assert "worse" not in slow
    assert quick_machine.missed == []
    assert slow_machine.missed == ["push_cpu_s_per_1000 (sqlite)"]


def test_what_got_worse_is_flagged_whichever_way_it_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {"bytes_up_per_record/sqlite": 115.0, "conflicts_told_to_writer/sqlite": 16.0,
              "cold_pull_rec_per_s/sqlite": 1 / 40_000}  # fmt: skip
    report = Report("sqlite", before=before)
    report.figure("bytes_up_per_record", 116, "bytes")
    report.figure("bytes_up_per_record", 125, "bytes")
    report.figure("conflicts_told_to_writer", 15, "pairs")
    report.figure("cold_pull_rec_per_s", 80_000, "records/s")
    report.figure("cold_pull_rec_per_s", 20_000, "records/s")
    worse = [json.loads(line).get("worse", False) for line in capsys.readouterr().out.splitlines()]
    assert worse == [False, True, True, False, True]
    assert [each.partition(" ")[0] for each in report.worse] == [
        "bytes_up_per_record", "conflicts_told_to_writer", "cold_pull_rec_per_s",
    ]  # fmt: skip


def test_a_run_becomes_the_committed_figures_and_the_table_of_the_page(tmp_path: Path) -> None:
    machine = {"figure": "machine", "engine": "both", "value": 2, "python": "3.11", "at": "2026"}
    push = {"figure": "push_cpu_s_per_1000", "engine": "sqlite", "value": 0.2, "unit": "s",
            "cost": 3.1, "of": "pipeline"}  # fmt: skip
    run, kept, text = tmp_path / "run.jsonl", tmp_path / "kept.json", tmp_path / "page.md"
    rows = [json.dumps(each) for each in (machine | {"load_of_others": 0.0}, push)]
    run.write_text("\n".join(rows))
    text.write_text(f"before\n{page.BEGIN}\nof another run\n{page.END}\nafter\n")
    assert committed.write(run, kept) == (["push_cpu_s_per_1000/sqlite"], [])
    assert committed.read(kept) == {"push_cpu_s_per_1000/sqlite": 3.1}
    page.write(kept, text)
    assert "| CPU s for 1,000 | 0.2 |  | ≤ 0.1 | missed: SQLite × 2.00 |" in text.read_text()
    assert "of another run" not in text.read_text()
    assert text.read_text().endswith("after\n")


def test_a_quick_run_or_none_leaves_the_committed_figures_and_a_part_replaces_what_it_has(
    tmp_path: Path,
) -> None:
    run, kept, text = tmp_path / "run.jsonl", tmp_path / "kept.json", tmp_path / "page.md"
    held = {f"{name}/sqlite": {"value": 1, "unit": "s", "cost": 1.0} for name in ("a", "b", "c")}
    machine = {"value": 2, "python": "3.11", "at": "2026", "load_of_others": 0.0}
    before = json.dumps({"run": {**machine, "cores": 2}, "figures": held})
    kept.write_text(before)
    line = {"figure": "machine", "engine": "both", **machine, "at": "2027"}
    part = {"figure": "b", "engine": "sqlite", "value": 5, "unit": "s", "cost": 5.0}
    for rows in ([line | {"quick": True}, part], [line], [part], ["no line of ours"], []):
        run.write_text("\n".join(json.dumps(each) for each in rows))
        with pytest.raises(Refused):
            committed.write(run, kept)
    run.write_text("{ broken off")
    with pytest.raises(Refused, match="no run"):
        committed.write(run, kept)
    assert kept.read_text() == before
    run.write_text("\n".join(json.dumps(each) for each in (line, part)))
    assert committed.write(run, kept) == (["b/sqlite"], ["a/sqlite", "c/sqlite"])
    assert committed.read(kept) == {"a/sqlite": 1.0, "b/sqlite": 5.0, "c/sqlite": 1.0}
    text.write_text(f"{page.BEGIN}\n{page.END}\n")
    page.write(kept, text)
    assert "2026, Python 3.11" in text.read_text()
    assert "; figures of other runs: 1." in text.read_text()


def test_every_row_of_the_table_is_a_figure_of_the_bench() -> None:
    known = FIGURES | OF_ROOMS | OF_TWO_PROCESSES | {"pull_50_ratio_long", "memory_long"}
    assert {name for _, name in page.ROWS if name} <= known


def test_a_flame_graph_shows_what_the_time_went_into_and_runs_no_script() -> None:
    stacks = [
        "run (asyncio/runners.py);_take (/x/server/actions/tablets/ingest.py) 60",
        "_take (/x/server/actions/tablets/ingest.py);seal (/x/crypto/columns.py) 30",
        "wait (threading.py) 10",
    ]
    svg, samples = drawn(stacks, "Push")
    assert samples == 90  # a thread that waits is no CPU
    assert "_take, server/actions/tablets/ingest.py: 100.0 %" in svg
    assert "seal, crypto/columns.py: 33.3 %" in svg
    assert "<script" not in svg
