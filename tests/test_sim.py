"""A share of the seeded field days; thousands with `python -m tests.sim --seeds N`.

Each run is the command itself, in a process whose sets are always in the same order, so that a
seed does here what it does for whoever looks into it.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres import REPOSITORY, Cluster

MAY_KNOW = ("sync.limits", "server.records")


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


@pytest.mark.parametrize(("preset", "seeds"), [("calm", 4), ("cruel", 6), ("crowd", 1)])
def test_days_calm_and_cruel_and_crowded_come_to_rest_too(preset: str, seeds: int) -> None:
    field_days("--preset", preset, "--seeds", str(seeds), "--first", "1000")


def test_the_oracle_knows_of_ours_the_limits_and_the_catalogue_only() -> None:
    tree = ast.parse((Path(__file__).parent / "sim" / "oracle.py").read_text())
    named = {each.module or "" for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    named |= {
        each.name for found in ast.walk(tree) if isinstance(found, ast.Import)
        for each in found.names
    }  # fmt: skip
    ours = {name for name in named if name.split(".")[0] in {"sync", "server", "crypto", "tests"}}
    assert all(name.startswith(MAY_KNOW) for name in ours), ours
