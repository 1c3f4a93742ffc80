"""The figures: what each is called, its bar, and one JSON line for each."""

import json
import sys
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

# The first bars (issue 2, "Speed"). PostgreSQL: CPU of the server and of the database's processes.
_BARS: Final[dict[str, tuple[str, float]]] = {
    "push_cpu_s_per_1000/sqlite": ("most", 0.20),
    "push_cpu_s_per_1000/postgres": ("most", 0.35),
    "bytes_up_per_record": ("most", 160),
    "bytes_down_per_record": ("most", 160),
    "empty_exchange_cpu_ms": ("most", 5),
    "pull_50_ratio": ("most", 1.3),
    "board_county_p95_ms": ("most", 100),
    "board_teams_p95_ms": ("most", 100),
    "board_list_first_p95_ms": ("most", 100),
    "board_list_last_p95_ms": ("most", 100),
    "hall_board_refresh_p95_cpu_ms": ("most", 100),
    "lab_1000_s": ("most", 30),
    "portal_export_s": ("most", 60),
    "portal_home_p95_cpu_ms": ("most", 50),
    "portal_archive_p95_cpu_ms": ("most", 50),
    "portal_group_p95_cpu_ms": ("most", 50),
    "portal_trend_p95_cpu_ms": ("most", 50),
    "portal_years_p95_cpu_ms": ("most", 50),
    "portal_plan_p95_cpu_ms": ("most", 50),
    "portal_record_p95_cpu_ms": ("most", 50),
    "portal_confirmations_p95_cpu_ms": ("most", 50),
    "portal_inbox_p95_cpu_ms": ("most", 50),
    "portal_correct_p95_cpu_ms": ("most", 50),
    "portal_switch_p95_cpu_ms": ("most", 50),
    "portal_consent_p95_cpu_ms": ("most", 50),
    "portal_looked_p95_cpu_ms": ("most", 50),
    "portal_could_p95_cpu_ms": ("most", 50),
    "portal_copies_p95_cpu_ms": ("most", 50),
    "portal_family_p95_cpu_ms": ("most", 50),
    "portal_helped_p95_cpu_ms": ("most", 50),
    "portal_account_p95_cpu_ms": ("most", 50),
    "portal_export_p95_cpu_ms": ("most", 50),
    "portal_passport_p95_cpu_ms": ("most", 50),
    "portal_checkup_p95_cpu_ms": ("most", 50),
    "portal_checkup_day_p95_cpu_ms": ("most", 50),
    "portal_card_p95_cpu_ms": ("most", 50),
    "portal_card_picture_p95_cpu_ms": ("most", 100),
    "search_cold_cpu_s": ("most", 2),
    "validate_followup_per_s": ("least", 50_000),
    "import_cpu_ms_per_line": ("most", 1),
    "search_warm_p95_cpu_ms": ("most", 100),
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
# Outcomes, the same on any machine: judged in a quick run too.
_COUNTED: Final[dict[str, tuple[str, float]]] = {
    "conflicts_lost_silently": ("most", 0),
    "conflicts_told_to_writer": ("least", 16),
    "conflicts_both_values_kept": ("least", 16),
    "conflicts_merged_without_a_person": ("least", 8),
}


@dataclass(slots=True)
class Report:
    """Prints each figure at once and remembers what missed its bar."""

    engine: str
    timed: bool = True  # False: a quick run, too short for a stopwatch
    missed: list[str] = field(default_factory=list[str])

    def figure(self, name: str, value: float, unit: str, **beside: Any) -> None:
        """One line. `beside` is context: spread of the repeats, counts, sizes."""
        line: dict[str, Any] = {"figure": name, "engine": self.engine}
        line |= {"value": _short(value), "unit": unit}
        bar = _COUNTED.get(name)
        if bar is None and self.timed:
            bar = _BARS.get(name) or _BARS.get(f"{name}/{self.engine}")
        if bar is not None:
            side, limit = bar
            met = value <= limit if side == "most" else value >= limit
            line |= {"bar": f"at {side} {limit:g}", "pass": met}
            if not met:
                self.missed.append(f"{name} ({self.engine})")
        for key, each in beside.items():
            line[key] = _short(each) if isinstance(each, float) else each
        print(json.dumps(line, ensure_ascii=False), flush=True)

    def middle(self, name: str, values: list[float], unit: str, **beside: Any) -> None:
        """The median of several repeats, with the lowest and the highest."""
        self.figure(
            name, median(values), unit, lowest=min(values), highest=max(values),
            repeats=len(values), **beside,
        )  # fmt: skip


def say(text: str) -> None:
    """Progress, for a person, beside the lines."""
    print(text, file=sys.stderr, flush=True)


def _short(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1000 else round(value)
