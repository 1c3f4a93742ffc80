"""Two hundred seeded field days; thousands with `python -m tests.sim --seeds N`."""

import pytest

from tests.postgres import Cluster
from tests.sim.__main__ import on_postgres, on_sqlite, run_seeds, workshop

FIRST_OF_EACH_PART = range(1, 191, 38)


@pytest.mark.parametrize("first", FIRST_OF_EACH_PART)
def test_thirty_eight_field_days_come_to_rest_on_sqlite(first: int) -> None:
    with workshop() as folder:
        saved = run_seeds(range(first, first + 38), on_sqlite(folder), folder, engine="sqlite")
    assert saved > 100


def test_ten_field_days_come_to_rest_on_postgres(postgres_cluster: Cluster) -> None:
    with workshop() as folder:
        databases = on_postgres(postgres_cluster, folder, "sim")
        saved = run_seeds(range(191, 201), databases, folder, engine="postgres")
    assert saved > 20
