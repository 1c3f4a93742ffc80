"""Faults on real processes in the suite: each once on each engine; 200 rounds with
`python -m tests.real --engine sqlite --rounds 200`.
"""

import pytest

from tests.real.databases import Engine
from tests.real.faults import OF
from tests.real.rounds import order_of, run_rounds


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_nothing_acknowledged_is_lost_or_doubled_whatever_befalls_the_processes(
    engine: Engine,
) -> None:
    """Killed, stopped, out of room, restarted or locked, cut in mid-body, dripped at."""
    told = run_rounds(engine, rounds=len(OF[engine]), seed=8, drips=60)
    assert told.rounds >= len(OF[engine]) - 1  # where nothing may be mounted no disk is filled
    assert told.repeats >= told.rounds
    assert {"kill", "cut", "drip"} <= set(told.felt)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_every_fault_comes_as_often_as_the_others_in_an_order_of_the_seed(engine: Engine) -> None:
    order = order_of(engine, (), 60, seed=3)
    assert {order.count(name) for name in OF[engine]} == {10}
    assert order == order_of(engine, (), 60, seed=3)
    assert order != order_of(engine, (), 60, seed=4)
    assert set(order_of(engine, ("kill", "cut"), 9, seed=3)) == {"kill", "cut"}
