"""A short soak: open files come back to what they were, memory grows by little. The half hour with
its slopes is `python -m tests.real soak --minutes 30`.
"""

from pathlib import Path

from tests.real.soak import Sample, Soak, short_soak

PAGES = 16  # each once


def test_open_files_and_memory_stay_under_mixed_use(tmp_path: Path) -> None:
    """On SQLite, where the files of the database are the server's own too."""
    short_soak(f"sqlite:///{tmp_path}/gongwei.sqlite3", tmp_path, pages=PAGES)


def seen(memory_mb_per_hour: float, files_per_hour: float, database_mb_per_hour: float) -> Soak:
    samples = [
        Sample(
            at_s=n * 5.0, memory_mb=100 + memory_mb_per_hour * n * 5 / 3600 + n % 3,
            files=30 + int(files_per_hour * n * 5 / 3600) + n % 2,
            database_mb=database_mb_per_hour * n * 5 / 3600, visits=n,
        )
        for n in range(360)
    ]  # fmt: skip
    return Soak(samples, 0, 0, own_cache=True)


def test_a_leak_is_told_from_noise() -> None:
    assert seen(0, 0, 0).faults() == []
    assert seen(60, 0, 55).faults() == []  # what SQLite's page cache holds of the database
    assert [each.split()[0] for each in seen(60, 0, 10).faults()] == ["memory"]
    assert [each.split()[1] for each in seen(0, 20, 0).faults()] == ["files"]
