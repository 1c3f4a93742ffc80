"""Transactions stepped in seeded order; thousands with `python -m tests.sim.turns --seeds N`."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from server.actions.checkup import booking, spreading
from server.actions.residents.acting import Acting
from server.errors import RuleSaysNo
from tests.conftest import WORKER
from tests.postgres import Cluster
from tests.sim.turns import Tally, make_copier, run_seed, run_seeds
from tests.sim.turns_checks import after_play
from tests.sim.turns_deeds import DESK, Deed, act
from tests.sim.turns_order import Lane
from tests.sim.turns_town import Copier, Town, town
from tests.world import ZHOU


class ByTurns(Random):
    """One statement of each task after the other."""

    _next = 0

    def choice(self, seq: Sequence[Any]) -> Any:
        self._next += 1
        return seq[self._next % len(seq)]


@pytest.fixture(scope="module")
def processes(
    postgres_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Copier, Path]]:
    folder, name = tmp_path_factory.mktemp("turns"), f"turns_{WORKER}"
    yield make_copier(folder, postgres_cluster, name), folder
    postgres_cluster.drop_database(name)


def played(processes: tuple[Copier, Path], name: str, *deeds: Any) -> list[Lane]:
    """These acts in server processes of their own, a statement of each in turn."""
    copier, folder = processes

    async def play() -> list[Lane]:
        async with town(1, copier, folder / name) as made:
            made.turns.rng = ByTurns()
            made.turns.rng.random = lambda: 1.0  # nobody is struck down
            lanes = await made.turns.play([deed(made) for deed in deeds])
            await after_play(made, lanes)
            return lanes

    return asyncio.run(play())


def test_three_seeds_of_stepped_transactions_hold_on_postgres(
    processes: tuple[Copier, Path],
) -> None:
    copier, folder = processes
    tally = run_seeds(range(1, 4), copier, folder, engine="postgres")
    assert tally.turns > 1000
    assert tally.waited > 10


def test_six_seeds_of_queued_work_and_readers_beside_it_hold_on_sqlite(
    tmp_path: Path,
) -> None:
    copier = make_copier(tmp_path, None)
    tally = run_seeds(range(1, 7), copier, tmp_path, engine="sqlite")
    assert tally.turns > 1000


def test_a_seed_gives_the_same_order_each_time(tmp_path: Path) -> None:
    """Of two who wait for one row PostgreSQL itself says who is next, so it is left out here."""
    copier = make_copier(tmp_path, None)
    orders: list[list[str]] = [[], []]
    for number, order in enumerate(orders):
        again = run_seed(11, copier, tmp_path / f"again-{number}", Tally(), plays=2, command="",
                         shown=order.append)  # fmt: skip
        asyncio.run(again)
    assert orders[0] == orders[1] != []


def books(number: int, town: Town) -> Deed:
    by = Acting(ZHOU, ZHOU)
    day = town.booking[number]
    return act(town, "booking", partial(booking.book, who=ZHOU, day=day, slot=1, by=by))


def spreads(number: int, town: Town) -> Deed:
    day = town.booking[number]
    return act(town, "spread", lambda site: spreading.spread(site, DESK, day))


def test_of_two_days_booked_at_once_one_is_had(processes: tuple[Copier, Path]) -> None:
    lanes = played(processes, "two-days", partial(books, 0), partial(books, 1))
    refused = [lane.error for lane in lanes if lane.error is not None]
    assert [each.detail for each in refused if isinstance(each, RuleSaysNo)] == ["booked_already"]


@pytest.mark.parametrize("other", [books, spreads])
def test_nobody_is_given_a_place_while_they_book_at_another_day(
    processes: tuple[Copier, Path], other: Any
) -> None:
    lanes = played(processes, other.__name__, partial(spreads, 0), partial(other, 1))
    assert [lane.error for lane in lanes if not isinstance(lane.error, RuleSaysNo | None)] == []
