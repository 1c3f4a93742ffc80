"""Commands of the tests: what they refuse, how they end, what they leave behind."""

import signal
import subprocess
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from tests.commands import Refused, a_new_file, run, undisturbed
from tests.postgres import REPOSITORY
from tests.real.installation import Installation


class Stopped(Exception):
    """By a signal."""


def _stop(*_: object) -> None:
    raise Stopped


def test_a_stop_waits_until_what_was_begun_is_known() -> None:
    before = signal.signal(signal.SIGTERM, _stop)
    known: list[str] = []

    def begins() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGTERM)
            known.append("a server")

    try:
        with pytest.raises(Stopped):
            begins()
        assert signal.getsignal(signal.SIGTERM) is _stop
    finally:
        signal.signal(signal.SIGTERM, before)
    assert known == ["a server"]


def test_every_server_that_was_begun_ends_with_the_command(tmp_path: Path) -> None:
    here = Installation(tmp_path, "sqlite:///nowhere", 0)
    for _ in range(2):  # nobody kept what `begin` returned
        here.begin("sh", "-c", "exec sleep 600")
    assert [each.poll() for each in here.begun] == [None, None]
    here.end()
    assert [each.poll() for each in here.begun] == [-signal.SIGKILL, -signal.SIGKILL]


def test_what_is_refused_is_one_sentence_and_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> int:
        raise Refused("there is no such county")

    known = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    try:
        with pytest.raises(SystemExit) as ended:
            run(main)
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), known, strict=True):
            signal.signal(number, handler)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "there is no such county\n"


def test_an_answer_has_a_place_before_anything_is_measured(tmp_path: Path) -> None:
    assert a_new_file(str(tmp_path / "a.svg")) == tmp_path / "a.svg"
    for each in (tmp_path, tmp_path / "nowhere" / "a.svg"):
        with pytest.raises(ArgumentTypeError):
            a_new_file(str(each))


@pytest.mark.parametrize("module", ["clone", "memory"])
def test_a_command_that_is_asked_for_help_does_nothing_else(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}", "--help"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ")
