"""The proof is proved: each planted fault fits the code, and catching one works. The whole run is
`python -m tests.planted`.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.planted.__main__ import control, plant
from tests.planted.catching import NODE, WEB, Runner
from tests.planted.fault import Catcher, DoesNotFit, Edit, Fault, node, pure
from tests.planted.faults import FAULTS
from tests.planted.tree import copy_tree
from tests.source import REPOSITORY

BY_NAME = {each.name: each for each in FAULTS}
QUICK = ("last_writer_wins", "allergy_removal_wins", "app_merges_otherwise")
PARSE = """
import { readFileSync } from "node:fs";
import { parse } from "acorn";
for (const [name, text] of JSON.parse(readFileSync(0, "utf8")))
  try { parse(text, { ecmaVersion: "latest", sourceType: "module" }); }
  catch (error) { console.log(name, String(error)); }
"""


def edited() -> list[tuple[str, str, str]]:
    """(fault, file, text with the fault in it)."""
    return [(each.name, *pair) for each in FAULTS for pair in each.edited(REPOSITORY).items()]


def test_every_fault_fits_the_code() -> None:
    """One that does not: the code has moved on, and so must its `old` in tests/planted/faults."""
    unfit: list[str] = []
    for each in FAULTS:
        try:
            each.edited(REPOSITORY)
        except DoesNotFit as error:
            unfit.append(f"{each.name}: {error}")
    assert not unfit, "\n".join(unfit)


def test_every_fault_has_a_name_a_harm_and_a_test_that_is_there() -> None:
    assert len(BY_NAME) == len(FAULTS) >= 45
    for each in FAULTS:
        assert each.harm.endswith("."), each.name
        for what in each.catcher.what if each.catcher.kind in ("pytest", "pure") else ():
            file, _, name = what.partition("::")
            text = (REPOSITORY / file).read_text("utf-8")
            assert f"def {name.partition('[')[0]}(" in text, what
        if each.catcher.kind == "node":
            file, name = each.catcher.what
            assert name in (REPOSITORY / WEB / "tests" / file).read_text("utf-8"), each.name


def test_no_fault_is_a_slip_of_the_pen(tmp_path: Path) -> None:
    """With the fault in it a module still loads: what catches it is a broken promise."""
    scripts: list[tuple[str, str]] = []
    for name, file, text in edited():
        if file.endswith(".js"):
            scripts.append((f"{name} {file}", text))
        else:
            ast.parse(text, filename=f"{name} {file}")
            (tmp_path / f"{name}-{Path(file).name}").write_text(text, "utf-8")
    rules = "F821,F822,F823,F402,F811"  # names that are not there, or stand for something else
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--quiet", "--select", rules]
    said = subprocess.run(
        [*ruff, str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout
    faulty = subprocess.run(
        [NODE, "--input-type=module", "--eval", PARSE], input=json.dumps(scripts),
        cwd=REPOSITORY / WEB, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert faulty.stdout == ""


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with Runner(copy_tree(tmp_path_factory.mktemp("planted") / "copy")) as made:
        yield made


def test_three_quick_faults_are_caught_and_nothing_is_without_one(runner: Runner) -> None:
    faults = [BY_NAME[name] for name in QUICK]
    clean = control([each.catcher for each in faults], runner)
    assert all(each.held for each in clean.values()), clean
    for fault in faults:
        verdict = plant(fault, runner)
        assert verdict.caught, f"{fault.name}: {verdict}"


def test_a_clumsy_edit_a_test_that_is_not_there_and_a_fault_that_harms_nobody_catch_nothing(
    runner: Runner,
) -> None:
    merge = "test_merge.py::test_an_empty_cell_shows_nothing_and_asks_nobody"
    old = "    heads = cell.heads\n    if policy in CLAIMED"

    def fault(new: str, by: Catcher) -> Fault:
        return Fault("made_up", "None.", (Edit("sync/merge.py", old, new),), by)

    harmless = plant(fault(old.replace("cell.heads", "tuple(cell.heads)"), pure(merge)), runner)
    assert harmless.held
    clumsy = plant(fault(old.replace("cell.heads", "cel.heads"), pure(merge)), runner)
    assert not clumsy.caught
    assert "clumsy" in clumsy.why
    assert not runner.run(pure("test_merge.py::test_nobody_wrote")).caught
    assert not runner.run(node("vectors.test.js", "nobody wrote this")).caught
