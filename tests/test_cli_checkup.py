"""`checkup` on the command line: which days there are, in numbers."""

import asyncio
import json
from pathlib import Path

import pytest

from server.cli.commands import main
from server.cli.session import guarded
from tests.checkup_days import a_day, book, planned
from tests.world import ZHOU, new_world


def test_the_days_ahead_are_listed_in_numbers_and_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/w.sqlite3"

    async def prepare() -> None:
        async with new_world(url, tmp_path) as world:
            await planned(world)
            await book(world, ZHOU, await a_day(world))

    asyncio.run(prepare())
    for name, value in (
        ("DATABASE_URL", url), ("GONGWEI_KEK_FILE", str(tmp_path / "kek")),
        ("GONGWEI_DISTRICT", "1"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    asked = ("checkup", "list", "--all")
    assert guarded(lambda: main((*asked, "--json"))) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["on"], told["state"], told["invited"], told["booked"]) == (
        "2026-11-27", "ready", 2, 1,
    )  # fmt: skip
    assert guarded(lambda: main(asked)) == 0
    out = capsys.readouterr().out
    assert "青禾镇卫生院" in out
    assert "周谷雨" not in out
