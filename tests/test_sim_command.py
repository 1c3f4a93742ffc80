"""The commands of the simulator: what they refuse, what they say at the end, how they are stopped.

What is refused is refused before anything is loaded or set up.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.postgres import REPOSITORY
from tests.sim import turns
from tests.sim.__main__ import asked_for
from tests.sim.playing import Outcome
from tests.sim.script import from_file

NOT_ENOUGH = "a whole number from 1 is wanted"
SIM = (
    ("--seeds 0", NOT_ENOUGH),
    ("--seeds -3", NOT_ENOUGH),
    ("--processes -1", NOT_ENOUGH),
    ("--first -5", "a whole number from 0 is wanted"),
    ("--set lost_up=nan", "lost_up takes a number from 0 to 1"),
    ("--set lost_up=7", "lost_up takes a number from 0 to 1"),
    ("--set tablets=2.5", "tablets takes a whole number from 0"),
    ("--set steps=inf", "steps takes a whole number from 0"),
    ("--set rain=1", "rain: no such share; there are steps, tablets"),
    ("--replay nowhere.json", "there is no such file"),
    ("--replay pyproject.toml", "--shrink has not written this"),
    ("--engine postgres --cluster nowhere", "there is no such folder"),
    ("--engine postgres --cluster tests", "no cluster runs there"),
    ("--shrink --keep-going", "not both"),
)


@pytest.mark.parametrize(("words", "told"), SIM)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    words: str, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPOSITORY)
    with pytest.raises(SystemExit) as ended:
        asked_for(words.split())
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("words", ["--seeds -1", "--plays -1", "--first -1"])
def test_stepped_seeds_are_counted_from_one(
    words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["tests.sim.turns", *words.split()])
    with pytest.raises(SystemExit) as ended:
        turns.main()
    assert ended.value.code == 2
    assert "a whole number from" in capsys.readouterr().err


def test_a_file_with_a_step_that_nobody_knows_is_no_script(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    said = {"seed": 1, "engine": "sqlite", "options": {}, "steps": [["exchange", 7]]}
    path.write_text(json.dumps(said))
    assert from_file(path)[0].seed == 1
    for wrong in ({"steps": [["dance", 7]]}, {"options": {"rain": 1}}, {"engine": "paper"}):
        path.write_text(json.dumps(said | wrong))
        with pytest.raises(ValueError, match="no s"):
            from_file(path)


def test_the_last_line_counts_what_was_played() -> None:
    stopped, whole = Outcome(3, 1, 1, 20, 1.0), Outcome(2, 2, 0, 30, 1.5)
    assert stopped.line("sqlite", 2).startswith("0 of 1 seeds played hold on sqlite, 2 not played:")
    assert whole.line("sqlite", 2).startswith("2 of 2 seeds played hold on sqlite: 30 changes")
    both = stopped + whole
    assert (both.asked, both.played, both.failed, both.saved) == (5, 3, 1, 50)


def test_who_stops_field_days_finds_nothing_left_of_them(tmp_path: Path) -> None:
    playing = subprocess.Popen(
        [sys.executable, "-m", "tests.sim", "--seeds", "100000"], cwd=REPOSITORY, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    until = time.monotonic() + 120
    while not list(tmp_path.glob("gongwei-sim-*")) and time.monotonic() < until:
        time.sleep(0.02)
    assert playing.poll() is None
    playing.send_signal(signal.SIGTERM)
    said, wrong = playing.communicate(timeout=120)
    assert playing.returncode == 128 + signal.SIGTERM, said + wrong
    assert "Traceback" not in said + wrong
    assert list(tmp_path.iterdir()) == []
