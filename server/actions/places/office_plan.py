"""What the lists of an office would write, worked out line by line against what is there. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from server.actions.places.office_lists import (
    ORGANISATIONS,
    STAFF,
    VILLAGES,
    Entries,
    Entry,
    LineFault,
    is_code,
)
from server.actions.places.organisations import Organisation
from server.rules.accounts import LEVEL_OF, LOGIN, StaffRole
from server.rules.areas import is_area
from server.rules.organisations import ABOVE, Level, may_set_up, services

LEVELS: Final = {
    "卫生院": Level.FACILITY, "社区中心": Level.FACILITY, "卫生院或社区中心": Level.FACILITY,
    "社区卫生服务中心": Level.FACILITY, "服务站": Level.STATION, "社区卫生服务站": Level.STATION,
    "村卫生室": Level.ROOM, "卫生室": Level.ROOM,
}  # fmt: skip
OWNERSHIP: Final = {"": "public", "公立": "public", "集体": "collective", "民营": "private"}
YES: Final = {"": None, "是": True, "否": False}
ROLES: Final = {
    "机构管理员": StaffRole.MANAGER, "窗口": StaffRole.DESK, "家庭医生": StaffRole.DOCTOR,
    "审计": StaffRole.AUDITOR,
}  # fmt: skip
EVERY_SERVICE: Final = "全部"
_DAY: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: .*)?|(\d{4})(\d{2})(\d{2})"
)


@dataclass(frozen=True, slots=True)
class Maker:
    """Who sends the lists: the role and the own place."""

    role: StaffRole
    facility: bytes


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff as a list knows one. `panel` None: in no team."""

    name: str
    role: StaffRole
    facility: bytes
    panel: bytes | None
    login: str


@dataclass(slots=True)
class Present:
    """What is there already. `teams`: (facility, name); `areas`: code to facility, name, team."""

    every: dict[bytes, Organisation]
    county: bytes
    teams: dict[tuple[bytes, str], bytes]
    areas: dict[str, tuple[bytes, str, bytes | None]]
    people: set[tuple[str, str, bytes]]
    """(name, role, facility) of everybody who works here."""
    logins: set[str]
    services: dict[bytes, set[str]]

    @property
    def by_code(self) -> dict[str, Organisation]:
        """Organisations by their own code; those without one are in no list."""
        return {each.code: each for each in self.every.values() if each.code}


@dataclass(slots=True)
class Plan:
    """What would be written; nothing is as long as there are faults."""

    faults: list[LineFault]
    organisations: dict[bytes, Organisation] = field(default_factory=dict[bytes, Organisation])
    created: set[bytes] = field(default_factory=set[bytes])
    services: dict[bytes, tuple[str, ...]] = field(default_factory=dict[bytes, tuple[str, ...]])
    teams: dict[bytes, tuple[bytes, str]] = field(default_factory=dict[bytes, tuple[bytes, str]])
    areas: dict[str, tuple[bytes, str, bytes | None]] = field(
        default_factory=dict[str, tuple[bytes, str, bytes | None]]
    )
    people: dict[bytes, Person] = field(default_factory=dict[bytes, Person])
    unchanged: int = 0

    @property
    def empty(self) -> bool:
        return not (self.organisations or self.services or self.teams or self.areas or self.people)


def plan(entries: Entries, present: Present, maker: Maker, new_id: Callable[[], bytes]) -> Plan:
    """Every fault of every line at once, and what would be written if there were none."""
    made = _Planner(present, maker, new_id, Plan(list(entries.faults)), present.by_code)
    for entry in entries.lists.get(ORGANISATIONS, ()):
        made.organisation(entry)
    made.parents(entries.lists.get(ORGANISATIONS, ()))
    for entry in entries.lists.get(VILLAGES, ()):
        made.village(entry)
    for entry in entries.lists.get(STAFF, ()):
        made.person(entry)
    order = {each.sheet: n for n, some in enumerate(entries.lists.values()) for each in some[:1]}
    made.plan.faults.sort(key=lambda each: (order.get(each.sheet, -1), each.line))
    return made.plan


@dataclass(slots=True)
class _Planner:
    present: Present
    maker: Maker
    new_id: Callable[[], bytes]
    plan: Plan
    _old: dict[str, Organisation]
    _seen: dict[str, Entry] = field(default_factory=dict[str, Entry])
    _codes: dict[str, bytes] = field(default_factory=dict[str, bytes])  # of new organisations
    _areas: dict[str, int] = field(default_factory=dict[str, int])
    _logins: dict[str, int] = field(default_factory=dict[str, int])

    def wrong(self, entry: Entry, column: str, say: str) -> None:
        self.plan.faults.append(entry.fault(column, say))

    def known(self, code: str) -> Organisation | None:
        """The organisation of that code, there or new in this file."""
        who = self._codes.get(code)
        return self.plan.organisations[who] if who else self._old.get(code)

    # ---- organisations

    def organisation(self, entry: Entry) -> None:
        code, level = entry["机构代码"], LEVELS.get(entry["级别"])
        if not code or not entry["机构名称"] or not entry["级别"]:
            return  # said already
        before = len(self.plan.faults)
        if not is_code(code):
            self.wrong(entry, "机构代码", "机构代码只用数字、字母和短横，2 到 22 位")
        if code in self._seen:
            self.wrong(entry, "机构代码", f"和第 {self._seen[code].line} 行的机构代码相同")
        self._seen[code] = entry
        if level is None:
            self.wrong(entry, "级别", "级别写 卫生院、社区中心、服务站 或 村卫生室")
        if entry["性质"] not in OWNERSHIP:
            self.wrong(entry, "性质", "性质写 公立、集体 或 民营")
        if entry["公布"] not in YES:
            self.wrong(entry, "公布", "公布写 是 或 否")
        day = day_of(entry["开业日期"])
        if day is None:
            self.wrong(entry, "开业日期", "开业日期写成 2009-05-01 这样")
        wanted = self._services(entry)
        old = self._old.get(code)
        if old is not None and level is not None and old.level is not level:
            self.wrong(entry, "级别", f"{code} 已经是另一个级别的机构，级别不能改")
        if level is None or day is None or len(self.plan.faults) > before:
            return
        self._put(entry, level, day, wanted, old)

    def _put(
        self, entry: Entry, level: Level, day: str, wanted: tuple[str, ...],
        old: Organisation | None,
    ) -> None:  # fmt: skip
        who = old.facility if old else self.new_id()
        said = YES[entry["公布"]]
        published = (old.published if old else level is Level.FACILITY) if said is None else said
        new = Organisation(
            who, entry["机构名称"], level, old.parent if old else None, entry["机构代码"],
            entry["执业许可证号"] or (old.licence if old else ""),
            OWNERSHIP[entry["性质"]] if entry["性质"] or not old else old.ownership,
            day or (old.opened_on if old else ""), old.closed_on if old else None,
            published and not (old and old.closed_on),
        )  # fmt: skip
        self._codes[new.code] = who
        self.plan.organisations[who] = new
        if old is None:
            self.plan.created.add(who)
        if entry["服务"] and set(wanted) != self.present.services.get(who, set()):
            self.plan.services[who] = wanted

    def _services(self, entry: Entry) -> tuple[str, ...]:
        text = entry["服务"]
        if text == EVERY_SERVICE:
            return tuple(services())
        by_label = {label: code for code, label in services().items()} | {c: c for c in services()}
        names = [each for each in re.split(r"[、,;\s]+", text) if each]
        unknown = [each for each in names if each not in by_label]
        if unknown:
            self.wrong(entry, "服务", f"没有这项服务：{'、'.join(unknown)[:40]}")
        return tuple(dict.fromkeys(by_label[each] for each in names if each in by_label))

    def parents(self, entries: Iterable[Entry]) -> None:
        """When every code of the file is known, who stands under whom."""
        for entry in entries:
            who = self._codes.get(entry["机构代码"])
            if who is None or self._seen[entry["机构代码"]] is not entry:
                continue
            new = self.plan.organisations[who]
            above = self._above(entry, new)
            if above is None:
                continue
            grandparent = above.parent if new.level is not Level.FACILITY else None
            placed = replace(new, parent=above.facility)
            self.plan.organisations[who] = placed
            own = self.maker.facility
            if not may_set_up(
                self.maker.role, new.level, own=own, parent=above.facility,
                grandparent=self.present.county if above.level is Level.FACILITY else grandparent,
            ):  # fmt: skip
                self.wrong(entry, "机构代码", "这家机构不归您的岗位或机构设置")
            elif placed == self._old.get(new.code):
                del self.plan.organisations[who]
                self.plan.unchanged += 0 if who in self.plan.services else 1
                del self._codes[new.code]

    def _above(self, entry: Entry, new: Organisation) -> Organisation | None:
        code = entry["上级代码"]
        if new.level is Level.FACILITY:
            county = self.present.every.get(self.present.county)
            if county is None or (code and code != county.code):
                self.wrong(entry, "上级代码", "卫生院和社区中心归县里，上级代码留空")
                return None
            return county
        above = self.known(code) if code else self._own()
        if above is None:
            say = f"没有代码为 {code} 的机构" if code else f"{entry['级别']}要写上级代码"
            self.wrong(entry, "上级代码", say)
        elif ABOVE[new.level] is not above.level:
            self.wrong(entry, "上级代码", f"{entry['级别']}的上级是卫生院或社区中心")
            above = None
        return above

    def _own(self) -> Organisation | None:
        """A manager's stations and rooms stand under the own facility."""
        found = self.present.every.get(self.maker.facility)
        return found if found and found.level is Level.FACILITY else None

    # ---- villages and teams

    def village(self, entry: Entry) -> None:
        code = entry["区划代码"]
        at = self._facility(entry)
        if not code:
            return
        if not is_area(code):
            self.wrong(
                entry, "区划代码", f"区划代码是 9 位（乡镇）或 12 位（村居），现在是 {code[:20]}"
            )
            return
        if code in self._areas:
            self.wrong(entry, "区划代码", f"和第 {self._areas[code]} 行的区划代码相同")
            return
        self._areas[code] = entry.line
        if at is None:
            return
        if self.maker.role is not StaffRole.COUNTY:
            self.wrong(entry, "区划代码", "服务区域由县里划分")
            return
        old = self.present.areas.get(code)
        if old is not None and old[0] != at.facility:
            name = self.present.every[old[0]].name
            self.wrong(entry, "区划代码", f"{code} 已经由 {name} 服务，请先在那里去掉")
            return
        panel = self.team(at.facility, entry["团队"]) if entry["团队"] else None
        new = (at.facility, entry["村居名称"], panel or (old[2] if old else None))
        if old == new:
            self.plan.unchanged += 1
        else:
            self.plan.areas[code] = new

    def team(self, facility: bytes, name: str) -> bytes:
        """The team of that name, there or new."""
        place = (facility, name)
        found = self.present.teams.get(place)
        if found is None:
            found = self.present.teams[place] = self.new_id()
            self.plan.teams[found] = place
        return found

    # ---- staff

    def person(self, entry: Entry) -> None:
        at = self._facility(entry)
        role = ROLES.get(entry["岗位"])
        if entry["岗位"] and role is None:
            self.wrong(entry, "岗位", "岗位写 机构管理员、窗口、家庭医生 或 审计")
        if at is None or role is None or not entry["姓名"]:
            return
        if at.level.value not in LEVEL_OF[role]:
            self.wrong(entry, "岗位", f"{entry['岗位']}不在{at.name}这一级")
            return
        if not self._mine(role, at):
            self.wrong(entry, "机构代码", "这个岗位或机构不归您管")
            return
        if (entry["姓名"], role.value, at.facility) in self.present.people:
            self.plan.unchanged += 1
            return
        login = entry["登录名"].lower()
        if login and not LOGIN.fullmatch(login):
            self.wrong(entry, "登录名", "登录名用小写字母开头，3 到 32 位字母、数字、点或短横")
        elif login in self.present.logins or login in self._logins:
            line = self._logins.get(login)
            self.wrong(
                entry, "登录名", f"和第 {line} 行的登录名相同" if line else "这个登录名已经有人用"
            )
        if login:
            self._logins[login] = entry.line
        panel = None
        if entry["团队"]:
            home = at if at.level is Level.FACILITY else None
            owner = home.facility if home else at.parent or b""
            panel = self.team(owner, entry["团队"])
        self.plan.people[self.new_id()] = Person(entry["姓名"], role, at.facility, panel, login)

    def _mine(self, role: StaffRole, at: Organisation) -> bool:
        """The county lists everybody; a facility's manager the people of the own facility."""
        if self.maker.role is StaffRole.COUNTY:
            return True
        below = self.maker.facility in (at.facility, at.parent)
        return below and role in (StaffRole.DESK, StaffRole.DOCTOR)

    def _facility(self, entry: Entry) -> Organisation | None:
        code = entry["机构代码"]
        found = self.known(code) if code else None
        if code and found is None:
            self.wrong(entry, "机构代码", f"没有代码为 {code} 的机构")
        if found and "区划代码" in entry.values and found.level is not Level.FACILITY:
            self.wrong(entry, "机构代码", "服务区域写在卫生院或社区中心名下")
            return None
        if found and found.closed_on:
            self.wrong(entry, "机构代码", f"{found.name}定于 {found.closed_on} 停办")
            return None
        return found


def day_of(text: str) -> str | None:
    """ISO text of a day as people write it, "" for none; None when it is no day."""
    if not text:
        return ""
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(each) for each in found.groups() if each is not None)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
