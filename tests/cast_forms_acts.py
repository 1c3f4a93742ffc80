"""Good example bodies of acts: what residents ask for by a tablet's hand."""

from typing import Any, Final

from tests.cast_ids import TEAM

RECORD: Final = "0190a1b2c3d4708090a0b0c0d0e0f0bb"
_THERE: Final = {"present": "1", "seen": "1"}
_SIGNED: Final = {**_THERE, "signed": "1"}

GOOD: Final[dict[str, dict[str, Any]]] = {
    "act_agree": {**_SIGNED, "agreed": "1", "version": "1"},
    "act_phone": {**_SIGNED, "number": "11010519491231002X", "phone": "19900001234"},
    "act_correct": {
        **_THERE, "cells": [{"cell": "contact_name", "value": '"李建军"'}], "why": "3",
    },
    "act_state": {**_THERE, "record": RECORD, "field": "sbp", "why": "2", "text": "刚爬完楼"},
    "act_family": {
        **_SIGNED, "relative_number": "371002197007190046", "relative_phone": "1003",
        "scopes": ["archive"],
    },
    "act_switch": {**_SIGNED, "team": TEAM, "ground": "moved"},
    "act_unswitch": {**_THERE, "of": RECORD},
    "act_answer": {**_THERE, "record": RECORD, "answer": "came", "satisfaction": "good"},
    "open_archive": {
        "team": TEAM, "seen": "1", "signed": "1", "name": "张秀兰", "id_type": "01",
        "id_no": "11010519491231002X", "sex": "2", "birth_date": "1949-12-31",
    },
}  # fmt: skip
