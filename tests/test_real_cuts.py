"""Power cuts in the suite: a few of each engine; more with `python -m tests.real cuts`."""

from pathlib import Path

import pytest

from tests.real.cuts import Record, cut_at, moments, recorded
from tests.real.databases import Engine

CHANGES = 40


@pytest.mark.parametrize(("engine", "cuts"), [("sqlite", 24), ("postgres", 3)])
def test_what_was_acknowledged_is_on_the_disk_after_a_power_cut(
    engine: Engine, cuts: int, tmp_path: Path
) -> None:
    """Writes that were not synced are gone, or there in part, or torn."""
    with recorded(engine, tmp_path, changes=CHANGES, seed=8) as record:
        points = moments(record, cuts, seed=8)
        found = [count for _, count in cut_at(record, points, seed=8)]
        assert found[-1] == len(record.promised(len(record.events))) >= CHANGES
        assert len(record.answers) >= CHANGES // 4
        if engine == "sqlite":
            _a_disk_that_is_never_synced_is_noticed(record)


def _a_disk_that_is_never_synced_is_noticed(record: Record) -> None:
    """The same writes without their syncs: so the proof above is known to be able to fail."""
    broken = record.never_synced()
    with pytest.raises(AssertionError, match="acknowledged changes are lost"):
        list(cut_at(broken, [len(broken.events)], seed=8))
