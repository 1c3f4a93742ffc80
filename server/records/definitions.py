"""Computed values that several forms share, each written down once (expression.py).

What a form asks is a ["field", name]; what it does not ask may be known beside it, under the names
of computed.KNOWN.
"""

from typing import Any, Final

from server.records.model import Code, Computed, Int, Scaled

SPECIFICATION: Final = "national specification, third edition (2017)"
ELDER_GOAL: Final = "P11.elder_sbp"
"""A number of the district: systolic pressure that is at goal below, from 65 years on, in mmHg."""

GLUCOSE_GOAL: Final = "P16.fpg"
"""A number of the district: fasting glucose that is at goal below, in tenths of mmol/L."""

DIASTOLIC_GOAL: Final = 90
"""Diastolic pressure that is at goal below, at any age, in mmHg."""

_ELDER_GOAL: Final = 150
_GLUCOSE_GOAL: Final = 70
_GOALS: Final = {"1": "达标", "2": "未达标"}


def field(name: str) -> list[Any]:
    """The answer to that question."""
    return ["field", name]


def known(name: str) -> list[Any]:
    """What is known beside the form, or was computed before."""
    return ["known", name]


def age(*, fills: str = "") -> Computed:
    """Full years on the service day."""
    return Computed(
        "age",
        "年龄",
        Int(0, 130, unit="岁"),
        ["years", known("birth"), known("on")],
        "WS 365 DE02.01.026.00",
        fills=fills,
        sentence_zh="年龄与出生日期不符，请核对",
    )


def bmi(height: list[Any], *, asks: bool = True, warn: bool = False) -> Computed:
    """Weight by the square of the height, in tenths; typed it may be 0.1 off and no more.

    Both are tenths (kg, cm), so it is weight x 10**6 / height**2.
    """
    weight, square = ["*", field("weight"), 1_000_000], ["*", height, height]
    off = ["abs", ["-", ["*", field("bmi"), square], weight]]
    return Computed(
        "bmi",
        "体质指数",
        Scaled(1, 0, 10_000, unit="kg/m²"),
        ["div", weight, square],
        SPECIFICATION,
        fills="bmi" if asks else "",
        asks=[">", off, square] if asks else None,
        sentence_zh="BMI 与身高、体重不符",
        warn=warn,
    )


PRESSURE: Final = (
    Computed(
        "sbp_goal",
        "收缩压目标（低于）",
        Int(120, 180, unit="mmHg"),
        # From 65 on the wider goal holds, and where the age is not known nobody is asked for
        # nothing.
        [
            *("if", ["<", known("age"), 65], 140),
            *(["given", ["number", ELDER_GOAL]], ["number", ELDER_GOAL]),
            _ELDER_GOAL,
        ],
        "P11",
    ),
    Computed(
        "bp_class",
        "血压控制",
        Code(_GOALS),
        [
            "if",
            ["or", [">=", field("sbp"), known("sbp_goal")], [">=", field("dbp"), DIASTOLIC_GOAL]],
            "2",
            ["and", ["given", field("sbp")], ["given", field("dbp")]],
            "1",
        ],
        "P11",
    ),
)


def visit_class(controlled: str, codes: dict[str, str], source: str) -> Computed:
    """The worst that applies: complication, adverse reaction, not at goal, at goal.

    `controlled` names the definition that says whether the disease is at goal. A doctor may have
    reasons for a worse class, so only a better one is asked about.
    """
    return Computed(
        "visit_class",
        "随访分类",
        Code(codes),
        [
            *("if", ["in", field("referral_reason"), "3", "4"], "4"),
            *(["=", field("adr"), "2"], "3"),
            *(["=", known(controlled), "2"], "2"),
            *(["and", ["=", known(controlled), "1"], ["=", field("adr"), "1"]], "1"),
        ],
        source,
        fills="class",
        asks=["<", field("class"), known("visit_class")],
        sentence_zh="所选分类比测量值、不良反应和并发症显示的要好，请核对",
    )


GLUCOSE: Final = Computed(
    "glucose_class",
    "血糖控制",
    Code(_GOALS),
    [
        "if",
        [
            *(">=", field("fpg")),
            ["if", ["given", ["number", GLUCOSE_GOAL]], ["number", GLUCOSE_GOAL], _GLUCOSE_GOAL],
        ],
        "2",
        ["given", field("fpg")],
        "1",
    ],
    "P16, P17",
)


def pregnancy(lmp: list[Any]) -> tuple[Computed, ...]:
    """Days since the last period, and what they are in weeks and days."""
    return (
        Computed("gest_days", "孕期", Int(0, 320, unit="天"), ["days", lmp, known("on")], "P36"),
        Computed(
            "gest_week",
            "孕周",
            Int(0, 45, unit="周"),
            ["floor", known("gest_days"), 7],
            "P36",
            fills="gest_week",
            asks=False,
        ),
    )
