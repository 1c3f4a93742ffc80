"""An old record opens as today's form, and stays what was signed."""

import pytest

from server.records.kinds import KINDS
from server.records.upcast import STEPS, Body, NoWayUp, missing_steps, newest, upcast


def renamed(body: Body) -> Body:
    """Version 1 said `puls`."""
    return {("pulse" if name == "puls" else name): value for name, value in body.items()}


def measured(body: Body) -> Body:
    """Version 2 had whole kilograms."""
    return {**body, "weight": body["weight"] * 10}


TOY = {("toy", 1): renamed, ("toy", 2): measured}


def test_a_body_is_lifted_version_by_version() -> None:
    assert upcast("toy", 1, {"puls": 70, "weight": 61}, to=3, steps=TOY) == {
        "pulse": 70,
        "weight": 610,
    }
    assert upcast("toy", 2, {"pulse": 70, "weight": 61}, to=3, steps=TOY)["weight"] == 610


def test_unknown_members_go_through_and_the_stored_body_is_not_touched() -> None:
    stored = {"puls": 70, "weight": 61, "from_tomorrow": {"a": [1]}}
    lifted = upcast("toy", 1, stored, to=3, steps=TOY)
    assert lifted["from_tomorrow"] == {"a": [1]}
    assert stored == {"puls": 70, "weight": 61, "from_tomorrow": {"a": [1]}}


def test_a_body_of_a_newer_app_is_given_back_as_it_is() -> None:
    assert upcast("toy", 5, {"x": 1}, to=3, steps=TOY) == {"x": 1}


def test_a_missing_step_is_named() -> None:
    with pytest.raises(NoWayUp, match="toy from version 3 to 4"):
        upcast("toy", 1, {"puls": 70, "weight": 61}, to=4, steps=TOY)
    two = {("toy", 1): KINDS["htn_followup", 1], ("toy", 2): KINDS["htn_followup", 1]}
    assert missing_steps(two, {}) == ["toy from version 1 to 2"]


def test_every_version_in_the_catalogue_has_its_way_up() -> None:
    assert missing_steps(KINDS, STEPS) == []
    assert all(newest(kind_id) >= 1 for kind_id, _ in KINDS)
    assert newest("no_such_form") == 0
