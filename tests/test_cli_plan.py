"""`plan` on the command line: what is due and why, everybody anew, and the proof."""

import asyncio
import json
from pathlib import Path

import pytest

from server.actions.archives import afterwork
from server.cli.commands import main
from server.cli.session import guarded
from tests.cast_forms import good
from tests.world import ZHOU, field, new_world

NUMBER = "37100200100100001"
pytestmark = pytest.mark.usefixtures("county")


@pytest.fixture
def county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cast on disk; a patient with one visit and something restricted."""
    url = f"sqlite:///{tmp_path}/w.sqlite3"

    async def prepare() -> None:
        async with new_world(url, tmp_path) as world:
            tablet = await field(world, "07", restricted=True)
            await tablet.settle()
            tablet.tablet.save_edit(ZHOU, {"hx_disease/2": True}, "2026-11-20")
            tablet.tablet.save_event(ZHOU, "smd_supplement", "2026-11-19", good("smd_supplement"))
            tablet.tablet.save_event(ZHOU, "smd_followup", "2026-11-20", good("smd_followup"))
            await tablet.settle()
            await afterwork.catch_up(world.site)

    asyncio.run(prepare())
    for name, value in (
        ("DATABASE_URL", url), ("GONGWEI_KEK_FILE", str(tmp_path / "kek")),
        ("GONGWEI_DISTRICT", "1"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)


def cli(*words: str) -> int:
    return guarded(lambda: main(words))


def test_what_is_due_is_told_with_reason_clause_and_record(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ("plan", "explain", "--resident", NUMBER, "--on", "2026-11-20")
    assert cli(*asked, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["resident"] == ZHOU.hex()
    visits = [each for each in told["items"] if each["service"] == "高血压随访"]
    assert visits
    assert all(each["reason"] and each["clause"] for each in told["items"])
    assert any(each["done_by"] or each["because"] for each in visits)
    assert cli(*asked) == 0
    assert "高血压随访" in capsys.readouterr().out


def test_what_is_restricted_is_not_even_counted_until_it_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ("plan", "explain", "--resident", ZHOU.hex(), "--on", "2026-11-20")
    assert cli(*asked, "--json") == 0
    text = capsys.readouterr().out
    assert "精神" not in text
    assert '"mental"' not in text
    told = json.loads(text)
    assert told["restricted"] is False
    assert {each["cls"] for each in told["items"]} == {"A"}
    assert "hidden" not in told
    assert cli(*asked, "--json", "--restricted") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["restricted"] is True
    assert {each["cls"] for each in told["items"]} == {"A", "B"}


def test_a_resident_that_is_nobodys_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli("plan", "explain", "--resident", "37100200100199999") == 2
    assert "is nobody's here" in capsys.readouterr().err
    assert cli("plan", "explain", "--resident", "zhou") == 2
    assert "17-digit archive number" in capsys.readouterr().err


def test_plans_are_made_anew_and_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("plan", "rebuild") == 0
    assert "Made 5 plans." in capsys.readouterr().out
    assert cli("plan", "check", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "residents": 5, "plans_wrong": 0, "due_wrong": 0,
    }  # fmt: skip
