"""The small print of the house: sizes, names, and texts that are held to the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source import REPOSITORY, ROOMS, shown, source_files

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common", "manager", "base"}
# Spelled as classes of one letter, or this file would be the first to break its own rule.
LEFT_UNDONE = re.compile(r"\b([T]ODO|[F]IXME|[X]XX)\b")
ARCHITECTURE = REPOSITORY / "docs" / "ARCHITECTURE.md"


def written_files() -> Iterator[Path]:
    yield from source_files(*ROOMS, "tests")
    for suffix in (".js", ".css"):
        yield from source_files("sync", "resident_portal", "server", suffix=suffix)


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {shown(path): len(path.read_text("utf-8").splitlines()) for path in written_files()}
    assert {name: n for name, n in lengths.items() if n > MAX_FILE_LINES} == {}


def test_no_function_is_longer_than_sixty_lines() -> None:
    too_long: list[str] = []
    for path in source_files(*ROOMS, "tests"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    too_long.append(f"{shown(path)}: {node.name} has {lines} lines")
    assert not too_long, "\n".join(too_long)


def test_every_name_says_what_is_inside() -> None:
    empty_words = [
        shown(path)
        for path in written_files()
        if NAMES_THAT_SAY_NOTHING.intersection(
            part.removesuffix(path.suffix) for part in path.relative_to(REPOSITORY).parts
        )
    ]
    assert empty_words == []


def test_nothing_is_left_for_later() -> None:
    unfinished = [
        f"{shown(path)}:{number}"
        for path in written_files()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if LEFT_UNDONE.search(line)
    ]
    assert unfinished == []


def test_the_lock_names_no_package_index() -> None:
    for lock in ("requirements.lock", ".ci/postgres.txt", ".ci/uv.txt"):
        text = (REPOSITORY / lock).read_text("utf-8")
        assert "://" not in text
        assert "--index" not in text
        pinned = re.findall(r"^[a-z0-9].*==.*", text, flags=re.MULTILINE)
        assert pinned
        assert all(line.endswith("\\") for line in pinned), "every version carries its hashes"


def test_every_dependency_is_locked() -> None:
    locked = (REPOSITORY / "requirements.lock").read_text("utf-8")
    project = (REPOSITORY / "pyproject.toml").read_text("utf-8")
    wanted = re.findall(r'^  "([a-z0-9-]+)(?:\[[a-z,]+\])?>=', project, flags=re.MULTILINE)
    assert len(wanted) > 15
    assert [name for name in wanted if not re.search(rf"^{name}==", locked, re.MULTILINE)] == []


@pytest.fixture(scope="module")
def architecture() -> str:
    """The text, or nothing as long as it is not written: then nothing contradicts it either."""
    return ARCHITECTURE.read_text("utf-8") if ARCHITECTURE.exists() else ""


def test_the_architecture_names_every_package(architecture: str) -> None:
    packages = {shown(path.parent) for path in source_files(*ROOMS)}
    missing = [name for name in sorted(packages) if not re.search(rf"\b{name}\b", architecture)]
    assert missing == [] or not architecture


def test_the_architecture_names_no_file_that_is_not_there(architecture: str) -> None:
    named = re.findall(
        r"`((?:crypto|sync|server|resident_portal|tests|docs)/[\w./*-]*)`", architecture
    )
    assert [name for name in named if not any(REPOSITORY.glob(name.rstrip("/")))] == []
