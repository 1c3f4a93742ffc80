"""A share of the seeded field days; thousands with `python -m tests.sim --seeds N`.

Each run is the command itself, in a process whose sets are always in the same order, so that a
seed does here what it does for whoever looks into it.
"""

import subprocess
import sys

import pytest

from tests.postgres import REPOSITORY, Cluster


def field_days(*options: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sim", *options],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]


@pytest.mark.parametrize("first", [1, 31])
def test_thirty_field_days_come_to_rest_on_sqlite(first: int) -> None:
    field_days("--seeds", "30", "--first", str(first))


def test_twenty_field_days_come_to_rest_on_postgres(postgres_cluster: Cluster) -> None:
    folder = str(postgres_cluster.directory)
    field_days("--seeds", "20", "--first", "191", "--engine", "postgres", "--cluster", folder)
