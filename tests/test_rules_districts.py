"""District tables: every number has its clause, and a broken table says where."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from server.rules import districts
from server.rules.districts import DistrictBroken, all_districts, load, parse

FOLDER = Path(districts.__file__).with_name("districts")
HUANCUI = (FOLDER / "huancui-2024.toml").read_text("utf-8")


def named(path: Path) -> tuple[str, int]:
    """huancui-2024.toml -> huancui, 2024."""
    name, _, year = path.stem.partition("-")
    return name, int(year)


def numbers(table: Any) -> list[Any]:
    """Every bare number of a table that has no clause beside it."""
    if isinstance(table, dict):
        if table.get("empty") is True:
            return [] if table.keys() <= {"empty", "who", "clause"} else [table]
        if "clause" in table:
            return [] if table["clause"] else [table]
        return [found for value in table.values() for found in numbers(value)]
    if isinstance(table, list):
        return [found for value in table for found in numbers(value)]
    return [table] if isinstance(table, int | float) else []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_number_has_a_clause_or_the_word_default(path: Path) -> None:
    table = tomllib.loads(path.read_text("utf-8"))
    assert [each for each in numbers(table) if each != table["year"]] == []
    found = load(*named(path))
    for clause in [*found.clauses.values(), *(each.clause for each in found.grounds)]:
        assert clause == "default" or clause.startswith("S")


def test_the_four_districts_are_there_with_their_differences() -> None:
    tables = all_districts()
    assert set(tables) == {"371002", "140100", "500107", "150300"}
    huancui, taiyuan, jiulongpo = tables["371002"], tables["140100"], tables["500107"]
    for each in tables.values():
        assert (each.late_credit_days, each.hold_days, each.panel_max) == (90, 5, 2000)
        assert (each.interval_years, each.undo_days, each.strangers_per_day) == (1, 7, 20)
    assert taiyuan.clauses["interval_years"] == "S000-art11¶3-b"
    assert huancui.clauses["interval_years"] == "default"
    assert [each.code for each in taiyuan.grounds] == ["moved"]
    assert [each.code for each in jiulongpo.grounds] == ["choice", "moved"]
    assert "facility_closed" in {each.code for each in huancui.special_cases}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'interval_years = { value = 1, clause = "default" }',
            "interval_years = 1",
            "needs its clause",
        ),
        ("interval_years = { value = 1,", "interval_years = { value = 1.5,", "a whole number"),
        ("interval_years = { value = 1,", "interval_years = { value = true,", "a whole number"),
        ("interval_years = { value = 1,", "interval_years = { value = 99,", "from 0 to 5"),
        ('undo_days = { value = 7, clause = "default" }', "undo_days = { value = 7 }", "clause"),
        (
            'undo_days = { value = 7, clause = "default" }',
            'undo_days = { value = 7, clause = "because" }',
            "cites 'because'",
        ),
        ("undo_days =", "undo_dayz =", "undo_dayz is not known in [switch]"),
        ('code = "moved"', 'kode = "moved"', "has code, label and clause"),
        ('code = "choice"', 'code = "moved"', "moved is there twice"),
        ('code = "choice"', "code = 7", "are texts"),
        ('code = "371002"', 'code = "3710"', "six digits"),
        ('name = "环翠区"', 'name = ""', "name is missing"),
        ("[people]", "[poeple]", "poeple is not known"),
        ("[people]", "[people", "is no TOML"),
    ],
)
def test_a_broken_table_is_refused_with_file_and_line(old: str, new: str, said: str) -> None:
    assert HUANCUI.count(old) >= 1
    text = HUANCUI.replace(old, new, 1)
    line = HUANCUI[: HUANCUI.index(old)].count("\n") + 1
    with pytest.raises(DistrictBroken) as caught:
        parse(text, file="huancui-2024.toml")
    assert said in str(caught.value)
    # A wrong entry of a list is reported at its first line.
    assert caught.value.line in (line, line - 1)
    assert str(caught.value).startswith(f"huancui-2024.toml:{caught.value.line}: ")


@pytest.mark.parametrize("name", ["interval_years", "hold_days", "panel_max"])
def test_a_missing_number_is_named_at_its_section(name: str) -> None:
    text = "\n".join(row for row in HUANCUI.splitlines() if not row.startswith(name))
    with pytest.raises(DistrictBroken, match=f"{name} is missing"):
        parse(text, file="x.toml")


def test_a_table_without_a_section_or_a_ground_is_refused() -> None:
    with pytest.raises(DistrictBroken, match=r"section \[switch\] is missing"):
        parse('code = "371002"\nyear = 2024\nname = "环翠区"\n', file="x.toml")
    with pytest.raises(DistrictBroken, match=r"there is no \[\[switch.ground\]\]"):
        parse(HUANCUI.replace("[[switch.ground]]", "[[switch.special_case]]"), file="x.toml")


@pytest.mark.parametrize("name", ["nowhere", "../districts", "/etc/passwd", ""])
def test_there_is_no_table_outside_the_folder(name: str) -> None:
    with pytest.raises(DistrictBroken, match="there is no such table"):
        load(name)
