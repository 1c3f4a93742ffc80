"""Ages at which a child is checked, and the warning signs of development at each.

A slot of n months is the days from n months of age on to 29 days later, one of years the whole
year; the full-month check is at 28 to 42 days (P28, P29, P30).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from server.records.ages import full_years, months_later

SLOTS: Final = {
    "1m": "满月",
    "3m": "3 月龄",
    "6m": "6 月龄",
    "8m": "8 月龄",
    "12m": "12 月龄",
    "18m": "18 月龄",
    "24m": "24 月龄",
    "30m": "30 月龄",
    "36m": "3 岁",
    "4y": "4 岁",
    "5y": "5 岁",
    "6y": "6 岁",
}
INFANT: Final = ("1m", "3m", "6m", "8m")
TODDLER: Final = ("12m", "18m", "24m", "30m")
CHILD: Final = ("36m", "4y", "5y", "6y")

_SIGNS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "3m": (
        "对很大声音没有反应",
        "逗引时不发音或不会微笑",
        "不注视人脸，不追视移动人或物品",
        "俯卧时不会抬头",
    ),
    "6m": ("发音少，不会笑出声", "不会伸手抓物", "紧握拳松不开", "不能扶坐"),
    "8m": ("听到声音无应答", "不会区分生人和熟人", "双手间不会传递玩具", "不会独坐"),
    "12m": (
        "呼唤名字无反应",
        "不会模仿“再见”或“欢迎”动作",
        "不会用拇食指对捏小物品",
        "不会扶物站立",
    ),
    "18m": ("不会有意识叫“爸爸”或“妈妈”", "不会按要求指人或物", "与人无目光交流", "不会独走"),
    "24m": (
        "不会说 3 个物品的名称",
        "不会按吩咐做简单事情",
        "不会用勺吃饭",
        "不会扶栏上楼梯/台阶",
    ),
    "30m": ("不会说 2～3 个字的短语", "兴趣单一、刻板", "不会示意大小便", "不会跑"),
    "36m": ("不会说自己的名字", "不会玩“拿棍当马骑”等假想游戏", "不会模仿画圆", "不会双脚跳"),
    "4y": ("不会说带形容词的句子", "不能按要求等待或轮流", "不会独立穿衣", "不会单脚站立"),
    "5y": ("不能简单叙说事情经过", "不知道自己的性别", "不会用筷子吃饭", "不会单脚跳"),
    "6y": (
        "不会表达自己的感受或想法",
        "不会玩角色扮演的集体游戏",
        "不会画方形",
        "不会奔跑",
    ),
}
NO_SIGN: Final = "0"
SIGNS: Final = {
    NO_SIGN: "未发现",
    **{
        f"{slot}{number}": f"{sign}（{SLOTS[slot]}）"
        for slot, signs in _SIGNS.items()
        for number, sign in enumerate(signs, start=1)
    },
}
"""Any one sign means possible delay: advise, refer. The code is slot and number on the form."""


SIGNS_AT: Final = {slot: tuple(s for s in SIGNS if s[:-1] == slot) for slot in _SIGNS}
"""The signs that are looked for at an age."""


def in_slot(slot: str, birth: date, on: date) -> bool:
    """Whether a day lies in the slot of a child born on `birth`."""
    number = int(slot[:-1])
    if slot == "1m":
        return 28 <= (on - birth).days <= 42
    if slot.endswith("y"):
        return full_years(birth, on) == number
    first = months_later(birth, number)
    return first <= on <= first + timedelta(days=29)


def not_in_slot(slot: Any) -> list[Any]:
    """The same as an expression (expression.py) of ["known", "birth"] and ["known", "on"]: whether
    the day lies outside.
    """
    birth, on = ["known", "birth"], ["known", "on"]
    aged = {each: int(each[:-1]) for each in SLOTS}
    days = ["days", birth, on]
    years = ["look", slot, {each: n for each, n in aged.items() if each[-1] == "y"}]
    months = ["look", slot, {each: n for each, n in aged.items() if each[-1] == "m"}]
    first = ["add_months", birth, months]
    return [
        "if",
        ["=", slot, "1m"],
        ["or", ["<", days, 28], [">", days, 42]],
        ["given", years],
        ["!=", ["years", birth, on], years],
        ["or", ["<", on, first], [">", on, ["add_days", first, 29]]],
    ]


def slot_of(birth: date | None, on: date) -> str:
    """The slot in which a child is on that day; "" between two of them, or too old."""
    if birth is None or birth > on:
        return ""
    return next((slot for slot in SLOTS if in_slot(slot, birth, on)), "")
