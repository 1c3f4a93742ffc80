"""One line of a list of who is registered in another system for one condition.

The list is compared with what is written here (server/rules/reconciliation.py) and changes no
archive. How a registration stands is read by its words; a word nobody knows refuses the line.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from server.records.sheet_lines import Read, identify_holder, read_columns
from server.records.sheet_values import normal

MOST_SIGNS: Final = 60  # of a name, a number of the other system


class Standing(StrEnum):
    """How a registration stands, in either system."""

    ACTIVE = "active"
    LOST = "lost"
    MOVED = "moved"
    CLOSED = "closed"
    DEAD = "dead"


_WORDS: Final[Mapping[Standing, tuple[str, ...]]] = {
    Standing.ACTIVE: (
        "在管", "在册", "管理中", "在册在管", "正常", "规范管理", "治疗中", "在治", "是", "已管理",
        "居家", "居家管理", "已建卡", "在种", "已审核", "已报告",
    ),
    Standing.LOST: ("失访", "失联", "走失", "拒访", "拒绝", "在册不在管", "非在管"),
    Standing.MOVED: ("迁出", "转出", "迁居", "已迁出", "已转出", "迁居他处", "离开"),
    Standing.CLOSED: (
        "结案", "已结案", "治愈", "完成疗程", "停止治疗", "停止管理", "终止管理", "排除", "剔除",
        "不良反应停药", "转入耐多药治疗", "转入耐药治疗",
    ),
    Standing.DEAD: ("死亡", "已死亡", "去世"),
}  # fmt: skip
_BY_WORD: Final = {normal(word): state for state, words in _WORDS.items() for word in words}


def read_registered(
    cells: Sequence[str], bad: Mapping[int, str], mapping: Mapping[int, str], *, today: date
) -> tuple[Read, Standing]:
    """The line and how the registration stands; ACTIVE where the list does not say."""
    found = Read()
    read_columns(found, None, cells, bad, mapping)
    identify_holder(found)
    if not found.name:
        found.refusals.append("没有姓名")
    if found.day and found.day > today.isoformat():
        found.refusals.append("登记日期不能晚于今天")
    standing = _BY_WORD.get(normal(found.state), Standing.ACTIVE)
    if found.state and normal(found.state) not in _BY_WORD:
        known = "、".join(words[0] for words in _WORDS.values())
        found.refusals.append(f"在管状态没有“{found.state[:12]}”这个说法，可以写：{known}")
    found.name, found.reg_no = found.name[:MOST_SIGNS], found.reg_no[:MOST_SIGNS]
    return found, standing
