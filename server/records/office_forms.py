"""Forms of the office: organisations, teams, staff. Not of a resident's archive, so they are in no
register of kinds; they share its fields, bounds and sentences.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Final

from server.records.checks import follows
from server.records.definitions import field as answer
from server.records.model import Check, Code, Codes, Day, Field, Kind, Ref, Shape, Text

NAME: Final = Text(2, 60)
LOGIN: Final = Text(3, 32, "[a-z0-9][a-z0-9._-]*")
LEVELS: Final = {"facility": "卫生院或社区中心", "station": "服务站", "room": "村卫生室"}
OWNERSHIP: Final = {"public": "公立", "collective": "集体", "private": "民营"}
ROLES: Final = {"manager": "机构管理员", "desk": "窗口", "doctor": "家庭医生", "auditor": "审计"}
YES_NO: Final = {"1": "是", "2": "否"}
GROUNDS: Final = {"member": "团队成员", "locum": "代班"}
_SINCE: Final = date(2026, 1, 1)


def _form(name: str, label: str, *fields: Field, checks: tuple[Check, ...] = ()) -> Kind:
    return Kind(name, label, 1, _SINCE, Shape.EVENT, fields, checks)


def organisation(services: Mapping[str, str], levels: Mapping[str, str] = LEVELS) -> Kind:
    """An organisation to set up or to change; `levels` are those that this person may set up."""
    return _form(
        "organisation", "机构",
        Field("name", "机构名称", NAME, required=True),
        Field("code", "机构代码", Text(2, 22, "[0-9A-Za-z-]+"), required=True),
        Field("level", "级别", Code(levels), required=True),
        Field("licence", "执业许可证号", Text(1, 40)),
        Field("ownership", "性质", Code(OWNERSHIP), required=True),
        Field("opened_on", "开业日期", Day()),
        Field("published", "公布，居民可以选", Code(YES_NO), required=True),
        Field("services", "可以提供的服务", Codes(services)),
        Field("areas", "服务区域", Text(1, 20_000)),
    )  # fmt: skip


CLOSING: Final = _form(
    "closing", "停办",
    Field("day", "从哪一天起停办", Day(), required=True),
)  # fmt: skip
TEAM: Final = _form(
    "team", "团队",
    Field("name", "团队名称", Text(2, 40), required=True),
    Field("areas", "服务的村居", Text(1, 20_000)),
)  # fmt: skip


@cache
def member(roles: tuple[str, ...]) -> Kind:
    """A new member of staff, in one of these roles."""
    return _form(
        "staff", "工作人员",
        Field("name", "姓名", Text(2, 40), required=True),
        Field("role", "岗位", Code({each: ROLES[each] for each in roles}), required=True),
        Field("panel", "团队", Ref("team")),
        Field("login", "登录名", LOGIN),
    )  # fmt: skip


JOINING: Final = _form(
    "joining", "加入团队",
    Field("staff", "谁", Ref("staff"), required=True),
    Field("ground", "身份", Code(GROUNDS), required=True),
    Field("from_day", "从哪一天", Day(), required=True),
    Field("until_day", "到哪一天（当天还在）", Day()),
    checks=(
        follows("ground", "locum", then="until_day", sentence_zh="代班要写到哪一天"),
        Check("in_order", ("from_day", "until_day"),
              ["<", answer("until_day"), answer("from_day")],
              "结束的日子比开始的早", field="until_day"),
    ),
)  # fmt: skip
"""Somebody who serves a team, for good or for some days."""

LEAVING: Final = _form(
    "leaving", "离职",
    Field("day", "从哪一天起离职", Day(), required=True),
    Field("successor", "谁来接", Ref("staff")),
)  # fmt: skip
"""Somebody who leaves, and who takes over."""


def drawn(kind: Kind, choices: Mapping[str, Mapping[str, str]]) -> tuple[Field, ...]:
    """The fields as a page draws them: a reference is chosen from those there are; where there
    are none it is left out.

    Whoever is chosen is looked for again when the form is carried out; a form of its own for each
    list of people would be made, and kept, at every request.
    """
    return tuple(
        replace(each, type=Code(choices[each.name])) if each.name in choices else each
        for each in kind.fields
        if choices.get(each.name, True)
    )
