"""The catalogue beside the list of facts that was collected from specification and systems in use:
26 forms, 400 rows, each with the fields that hold it here (tests/facts/form_fields.csv).

`@on` is the service day of the record; `kind:field` stands in another form, because it is asked
once (the archive's own page) or because its answer is restricted (the restricted page).
"""

import csv
from pathlib import Path

import pytest

from server.records import acts, checkup_steps
from server.records.kinds import everything
from server.records.model import Field, Kind, ResidentMay

TEXT = (Path(__file__).parent / "facts" / "form_fields.csv").read_text("utf-8")
ROWS = list(csv.DictReader(TEXT.splitlines()))
NEWEST: dict[str, Kind] = {kind.id: kind for kind in everything()}
GIVEN_BY_THE_SERVER = {
    ("basic_info", "archive_no"),
    ("basic_info", "responsible_facility/team/doctor"),
}
MAY_BE_FREE = {"blood_abo", "screen_taken"}
ELEMENTS = {
    "DE02.01.039.00": {"basic_info.name"},
    "DE02.01.040.00": {"basic_info.sex"},
    "DE02.01.005.01": {"basic_info.birth_date"},
    "DE02.01.026.00": {"antenatal_first.age"},
    "DE02.01.030.00": {"basic_info.id_no"},
    "DE08.10.013.00": {
        *("copd_record.dx_org", "infectious_report.report_unit", "newborn_visit.birth_org"),
        *("referral.from_org", "referral.to_org", "smd_supplement.diagnosed_by"),
        "vaccination.clinic",
    },
}


ONLY_ASKED = {
    "referral": {
        "from_doctor", "to_dept", "to_doctor", "history", "treatment", "out_time",
    }
}  # fmt: skip
"""Where the forms depart from the list: its line says required, the form asks and saves without
(server/records/referral.py says why)."""


def own(row: dict[str, str]) -> list[Field]:
    """The fields of this very form that hold what the row asks."""
    kind = NEWEST[row["form"]]
    names = [name for name in row["ours"].split() if name != "@on" and ":" not in name]
    fields = [kind.field(name) for name in names]
    assert None not in fields, (row["form"], names)
    return [each for each in fields if each is not None]


def test_the_list_has_400_rows_of_26_forms_and_three_forms_are_ours() -> None:
    assert len(ROWS) == 400
    forms = {row["form"] for row in ROWS}
    assert len(forms) == 26
    assert set(NEWEST) - forms == {
        *("restricted_part", "health_education", "statement"),
        *(kind.id for kind in (*acts.ALL, *checkup_steps.ALL)),
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['form']}: {row['field']}"[:60])
def test_what_the_facts_ask_is_asked(row: dict[str, str]) -> None:
    assert row["ours"], "no field holds it"
    own(row)
    for name in row["ours"].split():
        form, _, there = name.rpartition(":")
        assert name == "@on" or NEWEST[form or row["form"]].field(there) is not None


@pytest.mark.parametrize(
    "row",
    [r for r in ROWS if r["required"] == "Y"],
    ids=lambda r: f"{r['form']}: {r['field']}"[:60],
)
def test_what_is_required_is_required_here(row: dict[str, str]) -> None:
    if (row["form"], row["field"]) in GIVEN_BY_THE_SERVER or set(row["ours"].split()) & {"@on"}:
        return
    if ":" in row["ours"]:
        return  # asked on the archive's own page, or restricted
    kind = NEWEST[row["form"]]
    asked = {check.missing for check in kind.checks}
    assert any(each.required or each.name in asked for each in own(row))


def test_what_a_sender_seldom_knows_is_a_question_and_not_required() -> None:
    referral = NEWEST["referral"]
    asked = {each.missing for each in referral.checks if each.warn}
    needed = {each.missing for each in referral.checks if each.missing and not each.warn}
    assert asked >= ONLY_ASKED["referral"]
    assert not needed & ONLY_ASKED["referral"]
    assert needed >= {"to_org", "impression", "reason", "follow_due"}


def test_what_the_resident_may_correct_is_open_to_the_resident() -> None:
    marked = [each for row in ROWS if "^" in row["mark"] for each in own(row)]
    assert len(marked) >= 16
    may = {ResidentMay.CHANGE, ResidentMay.ASK}
    assert [each.name for each in marked if each.resident not in may] == []


def test_what_is_not_free_is_marked() -> None:
    marked = {(row["form"], each.name) for row in ROWS if "*" in row["mark"] for each in own(row)}
    charged = {
        (kind.id, each.name) for kind in everything() for each in kind.fields if each.charged
    }
    assert {pair for pair in marked - charged if pair[1] not in MAY_BE_FREE} == set()
    # The checkup of the disabled is the same form.
    assert {(form, name) for form, name in charged - marked if form != "disabled_check"} == set()


def test_known_data_elements_stand_at_their_fields() -> None:
    found: dict[str, set[str]] = {}
    for kind in everything():
        for each in kind.fields:
            if each.std is not None:
                found.setdefault(each.std, set()).add(f"{kind.id}.{each.name}")
    assert found == ELEMENTS
