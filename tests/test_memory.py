"""Where the tests keep their files: in memory when it is large enough, and a disk is a disk."""

from pathlib import Path

from tests.memory import DISK, MEMORY, _left_in, free_memory, roomy
from tests.postgres import Cluster


def test_files_stay_on_the_disk_where_memory_is_short(tmp_path: Path) -> None:
    assert roomy(tmp_path, memory=2000, room=1000)
    assert not roomy(tmp_path, memory=1999, room=1000)
    assert not roomy(tmp_path, memory=1 << 60, room=1 << 58)
    assert not roomy(tmp_path / "missing", memory=2000, room=1000)


def test_a_limit_of_the_container_counts(tmp_path: Path) -> None:
    assert free_memory() <= _left_in(tmp_path) == 1 << 60
    (tmp_path / "memory.current").write_text("1000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert _left_in(tmp_path) == 1 << 60
    (tmp_path / "memory.max").write_text("5000\n")
    assert _left_in(tmp_path) == 4000


def test_what_is_said_about_a_disk_is_tested_on_one(disk_path: Path, disk_cluster: Cluster) -> None:
    for place in (disk_path, disk_cluster.directory):
        assert place.is_relative_to(DISK)
        assert not place.is_relative_to(MEMORY)
