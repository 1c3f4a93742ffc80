"""Ten thousand changes of everything that is read, from a seed; `python -m tests.fuzz` for more."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from crypto.envelope import Refusal
from server.errors import NotFound
from tests.copies import Copies
from tests.fuzz.__main__ import asked_for
from tests.fuzz.case import Broken, Case, Place, Target, code_of, one_by_one
from tests.fuzz.mutate_bytes import changed
from tests.fuzz.run import Failed, run
from tests.fuzz.targets import TARGETS
from tests.postgres import Cluster

PURE = [name for name, entry in TARGETS.items() if not entry.world]
ON_SQLITE = [name for name, entry in TARGETS.items() if entry.world == "sqlite"]
ON_POSTGRES = [name for name, entry in TARGETS.items() if entry.world == "postgres"]
MET = {
    "envelope": set(Refusal) - {Refusal.TOO_LARGE, Refusal.UNKNOWN_SUITE},
    "codes": {"not_a_code", "unknown_key", "forged", "no docket", "no slip"},
    "let-in": {Refusal.CANNOT_OPEN, "no code"},
    "change": {"no fault", "malformed", "out_of_range", "unknown_kind", "too_large"},
    "people": {"sheet_encoding", "sheet_unknown", "sheet_too_wide"},
    "workbook": {"sheet_broken", "sheet_bomb", "sheet_unknown", "sheet_empty"},
}
"""So deep the cases of a target must reach: a fuzz that is refused at the door tells nothing."""


def tried(name: str, place: Place) -> None:
    with TARGETS[name].opened(place) as target:
        tally = run(name, target, range(TARGETS[name].share))
    assert tally.cases == TARGETS[name].share
    assert set(tally.found) >= MET.get(name, set()), tally.found


@pytest.mark.parametrize("name", PURE)
def test_of_what_was_changed_nothing_is_taken_and_all_is_refused_by_name(
    name: str, tmp_path: Path
) -> None:
    tried(name, Place(tmp_path))


@pytest.mark.parametrize("name", ON_SQLITE)
def test_a_server_on_sqlite_takes_nothing_by_half(
    name: str, tmp_path: Path, copies: Copies
) -> None:
    tried(name, Place(tmp_path, copies.sqlite(tmp_path)))


@pytest.mark.parametrize("name", ON_POSTGRES)
def test_a_server_on_postgres_takes_nothing_by_half(
    name: str, tmp_path: Path, copies: Copies, postgres_cluster: Cluster, postgres_name: str
) -> None:
    tried(name, Place(tmp_path, copies.postgres(postgres_cluster, postgres_name, tmp_path)))


# The harness itself.


def made(chance: Random) -> Case:
    return Case(changed(b"sample", chance))


def test_a_case_that_breaks_is_told_with_the_command_that_replays_it() -> None:
    def judge(case: Case) -> str:
        return "high" if case.data[0] > 0x80 and {}["a bug"] else "low"

    with pytest.raises(Failed, match=r"KeyError.*(?s:.*)--seed 3 --only \d+:\d+") as failed:
        run("sample", Target(made, one_by_one(judge)), range(5_000), seed=3)
    number = int(str(failed.value).partition("--only ")[2].partition(":")[0])
    kept = Path(str(failed.value).partition("--hex ")[2].split()[0])
    assert bytes.fromhex(kept.read_text().split("\n")[1])[0] > 0x80
    with pytest.raises(Failed, match="KeyError"):
        run("sample", Target(made, one_by_one(judge)), range(number, number + 1), seed=3)


def test_of_a_block_that_breaks_the_one_case_is_told() -> None:
    def judge(cases: Sequence[Case]) -> Sequence[str]:
        if any(each.data.startswith(b"\x00") for each in cases):
            raise Broken("it begins with nothing")
        return ["well"] * len(cases)

    with pytest.raises(Failed, match="it begins with nothing") as failed:
        run("sample", Target(made, judge, block=50), range(5_000))
    first, end = str(failed.value).partition("--only ")[2].split()[0].split(":")
    assert int(end) == int(first) + 1


def test_a_case_that_takes_much_memory_is_told() -> None:
    with pytest.raises(Failed, match="MiB"):
        run("sample", Target(made, one_by_one(lambda _: str(len(b"x" * (90 << 20))))), range(5))


def test_an_error_that_names_somebody_or_has_no_code_is_told() -> None:
    assert code_of(NotFound("resident"), "not_found") == "not_found"
    with pytest.raises(Broken, match="says something about a person"):
        code_of(NotFound("周谷雨"), "not_found")
    with pytest.raises(Broken, match="has no code"):
        code_of(ValueError("odd"), "")
    try:
        try:
            raise ValueError("周谷雨")
        except ValueError as error:
            raise NotFound from error
    except NotFound as error:
        with pytest.raises(Broken, match="says something about a person"):
            code_of(error, error.code)


WRONG = (
    ("--count 0", "a whole number from 1"), ("--count -5", "a whole number from 1"),
    ("--minutes -1", "a number above 0"), ("--only 5:2", "FIRST:END"), ("--only abc", "FIRST:END"),
    ("--hex nowhere", "there is no such file"), ("--forever", "--forever wants one --target"),
    ("--count 5 --minutes 1", "not allowed with argument --count"),
)  # fmt: skip


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_a_command_that_makes_no_sense_is_refused_in_a_sentence(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        asked_for(words.split())
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
