"""The bars: what each figure may be at most, or has to be at least, and where the bar comes from.

PostgreSQL's CPU figures count the database's own processes. A figure of a wall clock is held to
its bar too, so a run that is to be judged needs a machine with nothing else to do.
"""

from typing import Final

Bar = tuple[str, float]  # "most" or "least", and the value

# Judged in a full run only: a quick one is too short for a stopwatch.
TIMED: Final[dict[str, Bar]] = {
    # Against the peers, on the same work.
    "push_rec_per_s_wall/sqlite": ("least", 10_000),
    "push_rec_per_s_wall/postgres": ("least", 6_000),
    "push_cpu_s_per_1000/sqlite": ("most", 0.10),
    "push_cpu_s_per_1000/postgres": ("most", 0.20),
    "push_two_processes_scale": ("least", 1.6),
    "cold_pull_rec_per_s": ("least", 40_000),
    "bytes_up_per_record": ("most", 130),
    "bytes_down_per_record": ("most", 130),
    "bytes_up_per_edit": ("most", 110),
    "bytes_up_lone_record": ("most", 700),
    "bytes_down_lone_record": ("most", 700),
    "empty_exchange_cpu_ms": ("most", 3),
    "pull_50_ms_small": ("most", 3),
    "pull_50_ratio_large": ("most", 1.15),
    "pull_50_ratio_huge": ("most", 1.15),
    "pull_50_ratio_long": ("most", 1.15),
    "memory_after_push": ("most", 150),
    "memory_huge": ("most", 150),
    "outage_all_answered_s": ("most", 60),
    "outage_p99_s": ("most", 2),
    "first_sync_roster_and_due_cpu_s": ("most", 1),
    "first_sync_roster_and_due_kb": ("most", 500),
    "first_sync_cpu_s": ("most", 10),
    "bomb_refused_cpu_ms": ("most", 50),
    "bomb_memory_mb": ("most", 64),
    # Of the rooms, each from the issue that built it.
    "board_county_p95_ms": ("most", 100),
    "board_teams_p95_ms": ("most", 100),
    "board_list_first_p95_ms": ("most", 100),
    "board_list_last_p95_ms": ("most", 100),
    "hall_board_refresh_p95_cpu_ms": ("most", 100),
    "lab_1000_s": ("most", 30),
    "portal_export_s": ("most", 60),
    "portal_page_most_kb": ("most", 15),
    "portal_card_picture_p95_cpu_ms": ("most", 100),
    "search_cold_cpu_s": ("most", 2),
    "search_warm_p95_cpu_ms": ("most", 100),
    "validate_followup_per_s": ("least", 50_000),
    "import_cpu_ms_per_line": ("most", 1),
    "plan_one_pure_ms": ("most", 1),
    "plan_one_ms": ("most", 1),
    "plan_nightly_first_min": ("most", 10),
    "plan_nightly_new_year_min": ("most", 10),
    "roster_and_due_kb_2000": ("most", 500),
    "lane_0_first_page_ms": ("most", 1_000),
    "code_verify_per_s": ("least", 2_000),
    "cards_1000_s": ("most", 60),
    "web_unlock_s": ("most", 4),
    "web_home_s": ("most", 2),
    "web_search_ms": ("most", 100),
    "web_open_archive_ms": ("most", 150),
    "web_save_ms": ("most", 100),
    "web_scan_ms": ("most", 300),
    "web_check_in_ms": ("most", 300),
}
PORTAL_PAGE: Final[Bar] = ("most", 50)  # portal_*_p95_cpu_ms, but for a picture

# Outcomes, the same on any machine: judged in a quick run too.
COUNTED: Final[dict[str, Bar]] = {
    "conflicts_lost_silently": ("most", 0),
    "conflicts_told_to_writer": ("least", 16),
    "conflicts_both_values_kept": ("least", 16),
    "conflicts_merged_without_a_person": ("least", 8),
}


def bar_of(name: str, engine: str, *, timed: bool) -> Bar | None:
    """The bar of a figure on an engine, if it has one that this run may judge."""
    counted = COUNTED.get(name)
    if counted is not None or not timed:
        return counted
    found = TIMED.get(name) or TIMED.get(f"{name}/{engine}")
    if found is None and name.startswith("portal_") and name.endswith("_p95_cpu_ms"):
        return PORTAL_PAGE
    return found


def met(bar: Bar, value: float) -> bool:
    side, limit = bar
    return value <= limit if side == "most" else value >= limit
