"""`district check` as a county meets it: what is open, who sets it, and what is wrong."""

import json

import click
import pytest

from server.cli.district import tell
from server.cli.session import sentence
from server.rules.district_check import Finding, State
from server.rules.districts import EmptyValue, table
from tests.server_process import Installation

WRONG = Finding("x-2026.toml", 7, "kinds.x", State.FAULT, "", "", "is no kind of record", "")


@pytest.fixture(scope="module")
def nothing_there(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """No database, no key: a table is checked before anything has begun."""
    folder = tmp_path_factory.mktemp("check")
    return Installation(folder, f"sqlite:///{folder}/gongwei.sqlite3")


def test_the_check_of_a_table_lists_what_is_empty_and_who_sets_it(
    nothing_there: Installation,
) -> None:
    done = nothing_there.run("district", "check", "--rules", "huancui", "--year", "2026")
    for said in ("targets.I07", "county", "huancui-2024:", "that of 2024 stands", "0 wrong."):
        assert said in done.stdout
    assert "retention.htn_followup" not in done.stdout


def test_the_check_tells_programs_the_same_of_every_table(nothing_there: Installation) -> None:
    done = nothing_there.run("district", "check", "--defaults", "--json")
    found = json.loads(done.stdout)
    assert {each["table"].partition("-")[0] for each in found} == {
        "huancui", "jiulongpo", "taiyuan", "wuhai"
    }  # fmt: skip
    assert {each["state"] for each in found} == {"empty", "default"}
    prices = [each for each in found if each["name"].startswith("prices.")]
    assert {each["clause"] for each in prices} == {"S001-art2"}
    assert all(each["who"] for each in found if each["state"] == "empty")


def test_a_table_that_does_not_exist_is_refused_with_those_that_do(
    nothing_there: Installation,
) -> None:
    done = nothing_there.run("district", "check", "--rules", "nowhere", code=None)
    assert done.returncode != 0
    assert "huancui" in done.stderr


@pytest.mark.parametrize("as_json", [True, False])
def test_a_wrong_table_is_shown_and_ends_with_code_1(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(click.ClickException) as caught:
        tell([WRONG], defaults=False, as_json=as_json)
    assert caught.value.exit_code == 1
    assert "is no kind of record" in capsys.readouterr().out


def test_using_an_empty_value_ends_a_command_with_who_sets_it() -> None:
    with pytest.raises(EmptyValue) as caught:
        table("371002", 2024).number("targets.I07")
    said, code = sentence(caught.value)
    assert code == 1
    assert said.startswith(
        "targets.I07 is empty in the table of 环翠区 (371002) for 2024: the county"
    )
    assert "`district check`" in said
