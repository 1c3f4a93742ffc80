"""A failing seed is made small, and what is left can be played again from its file."""

from pathlib import Path

import pytest

from sync.tablet import Tablet
from tests.sim.options import PRESETS, options, setting, words
from tests.sim.playing import command, stage
from tests.sim.run import Failed, Played
from tests.sim.script import Script, Step, from_file, script
from tests.sim.shrink import shrink

CALM = PRESETS["calm"]
WORK = (
    "save_event",
    "exchange",
    "save_edit",
    "exchange",
    "look",
    "moved",
    "exchange",
    "save_event",
)


def named(number: int, *deeds: str) -> Script:
    return Script(number, CALM, tuple(Step(deed, 300 + n) for n, deed in enumerate(deeds)))


def test_a_tablet_that_forgets_to_purge_is_shown_by_one_step_of_eight(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Tablet, "_let_go", lambda _: None)
    long = named(3, *WORK)
    long = Script(3, CALM, tuple(
        Step("moved", 3) if each.deed == "moved" else each for each in long.steps
    ))  # fmt: skip
    with stage("sqlite", None) as here:
        failed = here.play(long).failed
        assert failed is not None
        assert "its copy stays 'asked'" in str(failed)
        small, last = shrink(long, failed, here.play)
        assert [each.deed for each in small.steps] == ["moved"]
        assert str(last) == str(failed)
        small.to_file(tmp_path / "small.json", engine="sqlite")
        again, engine = from_file(tmp_path / "small.json")
        assert (again, engine) == (small, "sqlite")
        monkeypatch.undo()
        assert here.play(again).failed is None


def test_of_many_steps_the_two_that_fail_together_are_left() -> None:
    steps = script(1, options("usual", {"steps": 60})).steps
    guilty = {steps[7], steps[41]}

    def play(tried: Script) -> Played:
        if guilty <= set(tried.steps):
            return Played(0, Failed(AssertionError("12ab is gone"), []))
        return Played(0)

    first = play(Script(1, CALM, steps)).failed
    assert first is not None
    small, _ = shrink(Script(1, CALM, steps), first, play)
    assert set(small.steps) == guilty


def test_another_failure_on_the_way_is_not_taken_for_the_one_looked_for() -> None:
    steps = tuple(Step("look", n) for n in range(8))

    def play(tried: Script) -> Played:
        sentence = "a value is gone" if steps[5] in tried.steps else "never comes to rest"
        return Played(0, Failed(AssertionError(sentence), []))

    first = play(Script(1, CALM, steps)).failed
    assert first is not None
    small, last = shrink(Script(1, CALM, steps), first, play)
    assert small.steps == (steps[5],)
    assert str(last) == "a value is gone"


def test_the_command_that_is_printed_says_the_options_it_ran_with() -> None:
    chosen = options("cruel", dict([setting("lies=0"), setting("steps=12")]))
    told = command(7, chosen, "postgres")
    assert told == (
        "python -m tests.sim --seeds 1 --first 7 --engine postgres "
        "--preset cruel --set steps=12 --set lies=0"
    )
    assert words(PRESETS["usual"]) == ""
    assert script(7, chosen) == script(7, chosen)
