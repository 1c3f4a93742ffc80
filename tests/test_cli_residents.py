"""`residents import`: a list from the command line, tried, read in, its results in a file."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from server.actions.lists import import_run
from server.cli.commands import main
from server.cli.session import guarded
from tests.lists import HEADINGS, QINGHE_VILLAGE, county, number
from tests.sheet_of import csv_of
from tests.test_import_kinds import line
from tests.world import TEAM_A, ZHOU, Clock, new_world

ROWS = (
    f"许清和,男,,{number('1955-03-12', 3)},13812345678,青禾村,{QINGHE_VILLAGE},无,,\n"
    "严小雪,男,,1,,,,,,\n"
)


def test_a_list_is_tried_and_read_in_with_its_results_in_a_file_of_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/w.sqlite3"
    asyncio.run(_prepare(url, tmp_path))
    for name, value in (
        ("DATABASE_URL", url), ("GONGWEI_KEK_FILE", str(tmp_path / "kek")),
        ("GONGWEI_DISTRICT", "1"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    file, result = tmp_path / "list.csv", tmp_path / "done.csv"
    file.write_bytes(f"{HEADINGS}\n{ROWS}".encode("gbk"))
    assert _cli("residents", "import", str(file), "--dry-run") == 0
    said = capsys.readouterr().out
    assert "2 lines, csv gb18030" in said
    assert "refused: 1" in said
    assert _cli("residents", "import", str(file), "--result", str(result)) == 0
    assert "1 created, 0 matched, 0 possible duplicates, 1 refused" in capsys.readouterr().out
    text = result.read_text("utf-8-sig")
    assert "许清和" in text
    assert "不收" in text
    assert stat.S_IMODE(result.stat().st_mode) == 0o600
    assert _cli("residents", "import", str(file), "--result", str(result)) == 2
    assert _cli("residents", "import", str(file), "--mapping", "nobody's") == 2
    assert "There is no mapping called" in capsys.readouterr().err
    file.write_bytes(b"\x89PNG\x00\x00")
    assert _cli("residents", "import", str(file)) == 2
    assert "sheet_unknown" in capsys.readouterr().err


def test_a_list_of_another_system_says_on_the_command_line_when_it_was_given_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/w.sqlite3"
    asyncio.run(_prepare(url, tmp_path))
    with closing(sqlite3.connect(tmp_path / "w.sqlite3")) as connection:
        connection.execute("UPDATE district SET code='150300', rules='wuhai'")
        connection.commit()
    for name, value in (
        ("DATABASE_URL", url), ("GONGWEI_KEK_FILE", str(tmp_path / "kek")),
        ("GONGWEI_DISTRICT", "1"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    file = tmp_path / "doses.csv"
    file.write_bytes(csv_of(line("vaccination", ZHOU)))
    command = ("residents", "import", str(file), "--kind", "vaccination")
    assert _cli(*command) == 2
    assert "first written in another system" in capsys.readouterr().err
    assert _cli(*command, "--exported", "2999-01-01") == 2
    assert "lies ahead" in capsys.readouterr().err
    assert _cli(*command, "--exported", "2026-11-19T18:30") == 0
    assert "1 created" in capsys.readouterr().out
    assert _cli("residents", "import", str(file), "--kind", "smd_followup") == 2


def test_a_process_that_is_killed_loses_no_line_and_writes_none_twice(tmp_path: Path) -> None:
    url, count = f"sqlite:///{tmp_path}/w.sqlite3", 6_000
    asyncio.run(_prepare(url, tmp_path))
    births = [
        f"{1930 + n % 80}-{1 + n // 80 % 12:02d}-{1 + n // 960 % 28:02d}" for n in range(count)
    ]
    rows = "\n".join(
        f"人{n},,,{number(birth, n % 900 + 1)},,,{QINGHE_VILLAGE},,,"
        for n, birth in enumerate(births)
    )
    file = tmp_path / "list.csv"
    file.write_text(f"{HEADINGS}\n{rows}\n", "utf-8")
    environment = {
        **os.environ, "DATABASE_URL": url, "GONGWEI_KEK_FILE": str(tmp_path / "kek"),
        "GONGWEI_DISTRICT": "1",
    }  # fmt: skip
    command = [sys.executable, "-m", "server", "residents", "import", str(file)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 600
        while _next_chunk(tmp_path / "w.sqlite3") < 1:
            assert time.monotonic() < until
            assert process.poll() is None, "it was done before it could be killed"
            time.sleep(0.02)
        process.kill()
    asyncio.run(_go_on(url, tmp_path, count))


def _next_chunk(path: Path) -> int:
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        row = connection.execute("SELECT COALESCE(MAX(next_chunk), 0) FROM import_job").fetchone()
    return int(row[0])


async def _go_on(url: str, folder: Path, count: int) -> None:
    """Another process, two minutes later."""
    clock = Clock(time.time_ns() // 1_000_000 + 120_000)
    async with new_world(url, folder, clock=clock) as world:
        before = await world.one("SELECT created FROM import_job")
        assert 0 < before < count
        assert await import_run.run(world.site) == count - before
        done = await world.rows("SELECT state, created, matched, refused FROM import_job")
        assert done == [("done", count, 0, 0)]
        assert await world.one("SELECT COUNT(*) FROM resident") == count + 5
        assert await world.one("SELECT COUNT(DISTINCT archive_no) FROM resident") == count + 5
        feed = "SELECT COUNT(*), COUNT(DISTINCT csn), MAX(csn) FROM feed WHERE panel=?"
        assert await world.one(feed, TEAM_A) == (count, count, count)


async def _prepare(url: str, folder: Path) -> None:
    async with new_world(url, folder) as world:
        await county(world)


def _cli(*arguments: str) -> int:
    return guarded(lambda: main(list(arguments)))
