"""The vectors of merge and digest are what this code makes; the safer choice is told as data."""

from itertools import permutations
from pathlib import Path

import pytest

from server.records.export import told
from server.records.kinds import everything
from server.records.safer import Agreed, Highest, Prefer, Safer
from tests.vectors.generate_crypto import text_of
from tests.vectors.generate_merge import documents

FOLDER = Path(__file__).parent / "vectors"
DOCUMENTS = documents()
FIELDS = [
    (each, shown)
    for kind in everything()
    for each, shown in zip(kind.fields, told(kind)["fields"], strict=True)
]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_vectors_are_those_of_this_code(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == text_of(DOCUMENTS[name]), (
        "write them again: python -m tests.vectors.generate_merge"
    )


def test_the_catalogue_tells_which_value_is_safer() -> None:
    assert [shown["name"] for each, shown in FIELDS if each.safer]
    for each, shown in FIELDS:
        assert shown["safer"] == (each.safer and each.safer.told())


@pytest.mark.parametrize(
    ("safer", "values", "shown"),
    [
        (Prefer(("3", "1")), ("1", "9", "3"), "3"),
        (Prefer(("3", "1")), ("8", "9", "7"), "7"),
        (Agreed("5"), ("1", "2"), "5"),
        (Agreed("5"), ("1", "1"), "1"),
        (Highest(), ("2", "10", "9"), "10"),
    ],
)
def test_the_safer_choice_does_not_depend_on_the_order(
    safer: Safer, values: tuple[str, ...], shown: str
) -> None:
    assert {safer(order) for order in permutations(values)} == {shown}
