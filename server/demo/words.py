"""The words of the report: states, reasons, cells and moments as people read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from server.demo.evidence import REGISTER, Evidence, Fate, LateVisit, TabletLine
from server.records.kinds import get
from server.records.model import Code, Codes
from server.settings import CIVIL
from sync.merge import is_present
from sync.reconcile import Reason

_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Word:
    """One state: how it looks (`tone`, `icon`), what it is called, what it means."""

    tone: str  # done | wait | due | alarm
    icon: str
    zh: str
    zh_means: str
    en: str
    en_means: str


_DONE: Final = Word(
    "done", "check", "写入档案", "全队的平板都收到了", "applied", "in the archive, on every tablet"
)
_FATES: Final[Mapping[tuple[str, str], Word]] = {
    ("applied", ""): _DONE,
    ("applied", Reason.LATE.value): Word(
        "done",
        "check",
        "迟到，写入档案",
        "迁走前做的，记给原来的机构",
        "applied, late",
        "done before the move: credited to the old facility",
    ),
    ("applied", Reason.RELEASED.value): Word(
        "done",
        "check",
        "放行，写入档案",
        "先隔离，有人看过以后放行",
        "applied, released",
        "a person looked at it and let it in",
    ),
    ("merged", ""): Word(
        "done", "check", "并好了", "两台平板写的一样", "merged", "both tablets wrote the same"
    ),
    ("applied_guest", Reason.AFTER_MOVE.value): Word(
        "wait",
        "clock",
        "照收，迁走以后做的",
        "当时不知道已迁走，按县里规则记",
        "kept, after the move",
        "the doctor could not know: the district's rule credits it",
    ),
    ("applied_guest", Reason.KNEW.value): Word(
        "wait",
        "clock",
        "照收，不自动记",
        "已经知道迁走，要说明原因",
        "kept, knew of the move",
        "no automatic credit; a reason is asked",
    ),
    ("applied_guest", ""): Word(
        "wait",
        "clock",
        "照收，外来服务",
        "不在自己的名单里",
        "kept, as a guest",
        "outside the panel",
    ),
    ("conflict", ""): Word(
        "due",
        "warn",
        "等核对",
        "两个说法都留着，先用更稳妥的",
        "conflict",
        "both values kept, the safer one shown, a person decides",
    ),
    ("proposal", ""): Word(
        "due", "warn", "等接手的人看", "作为建议交给现在的医生", "proposal", "the doctor decides"
    ),
    ("held", Reason.OUT_OF_RANGE.value): Word(
        "due",
        "warn",
        "先收着",
        "数值不可能，等人核对",
        "held",
        "a value that cannot be; waits for a person, blocks nothing else",
    ),
    ("held", Reason.MISSING_BASE.value): Word(
        "wait", "clock", "先收着", "等前一条到了再写入", "held", "waits for the change it names"
    ),
    ("quarantined", Reason.DEVICE.value): Word(
        "alarm",
        "stop",
        "隔离",
        "平板已报丢失，等人逐条看",
        "quarantined",
        "from a tablet reported lost; a person releases what is genuine",
    ),
    ("superseded", ""): Word(
        "done", "check", "已有更新的", "留在历史里", "superseded", "kept in the history"
    ),
}
_ORDER: Final = ("done", "wait", "due", "alarm")


def fate_word(fate: Fate) -> Word:
    known = _FATES.get((fate.state, fate.reason)) or _FATES.get((fate.state, ""))
    if known is not None:
        return known
    return Word("due", "warn", "等人看", fate.reason, fate.state, fate.reason.replace("_", " "))


def sorted_fates(evidence: Evidence) -> list[tuple[Fate, Word]]:
    """What is finished first, what is kept apart last; the larger before the smaller."""
    worded = [(fate, fate_word(fate)) for fate in evidence.fates]
    return sorted(worded, key=lambda pair: (_ORDER.index(pair[1].tone), -pair[0].count))


# ---- numbers and moments ------------------------------------------------------------------------


def number(count: int) -> str:
    return f"{count:,}"


def moment(at_ms: int) -> str:
    """11-20 10:42, civil time."""
    return datetime.fromtimestamp(at_ms / 1000, CIVIL).strftime("%m-%d %H:%M")


def full_moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, CIVIL).strftime("%Y-%m-%d %H:%M")


def behind(ms: int) -> tuple[str, str]:
    """How far a clock is behind, in Chinese and English."""
    days = ms // _DAY_MS
    if days >= 365:
        return f"{days // 365} 年", f"{days // 365} years"
    return f"{days} 天", f"{days} days"


# ---- what stands in a cell ----------------------------------------------------------------------


def cell_label(cell: str) -> str:
    field = get(REGISTER, 1).field(cell.partition("/")[0])
    return field.label if field else cell


def cell_value(cell: str, value: Any) -> str:
    """A value as staff read it. Phones show their last four digits only."""
    name, _, element = cell.partition("/")
    field = get(REGISTER, 1).field(name)
    kind = field.type if field else None
    if element and isinstance(kind, Codes):
        label = kind.codes.get(element, element)
        return label if is_present(value) else f"没有{label}"
    if value is None:
        return "没有填"
    if isinstance(kind, Code):
        return kind.codes.get(str(value), str(value))
    if isinstance(value, dict):
        return "，".join(str(each) for each in cast("dict[str, Any]", value).values())
    return f"**** {str(value)[-4:]}" if "phone" in name else str(value)


def cell_change(cell: str, value: Any, before: Any) -> str:
    """What the editor did, under the value."""
    if "/" in cell:
        if not is_present(value):
            return "改动：删去一项"
        return "改动：再次确认" if is_present(before) else "改动：添上一项"
    return f"改动：由{cell_value(cell, before)}改来"


def kind_label(kind: str) -> str:
    """Lists use neutral words (随访服务)."""
    return get(kind, 1).neutral_label if kind else "服务"


def credit_zh(late: LateVisit) -> str:
    if late.credit == "author":
        return f"记给{late.facility}"
    return "按县里规则记" if late.credit == "rule" else "不自动记，要说明原因"


def credit_en(late: LateVisit) -> str:
    if late.credit == "author":
        return f"{late.facility} (performed it)"
    return "the district's rule" if late.credit == "rule" else "nobody yet: a reason is asked"


def late_zh(late: LateVisit) -> str:
    return {
        Reason.LATE.value: "迁走前做的，迟到了",
        Reason.AFTER_MOVE.value: "迁走后做的，当时不知道",
        Reason.KNEW.value: "迁走后做的，已经知道",
    }[late.reason]


def late_en(late: LateVisit) -> str:
    return {
        Reason.LATE.value: "before the move, arrived late",
        Reason.AFTER_MOVE.value: "after the move, could not know",
        Reason.KNEW.value: "after the move, knew of it",
    }[late.reason]


def agrees_zh(line: TabletLine) -> str:
    return "已清空" if line.agrees is None else "一致" if line.agrees else "不一致"


def agrees_en(line: TabletLine) -> str:
    return "wiped" if line.agrees is None else "yes" if line.agrees else "NO"


# ---- the sentences ------------------------------------------------------------------------------


def fact_zh(evidence: Evidence) -> tuple[str, str, str]:
    """The page's first sentence: before the marked fact, the fact, after it. All of it counted."""
    lead = f"{len(evidence.tablets)} 台平板记了 {number(evidence.saved)} 条，"
    if evidence.lost:
        return lead, f"有 {number(evidence.lost)} 条不在服务器上", "，要马上查"
    if not evidence.all_agree:
        apart = sum(each.in_use and not each.agrees for each in evidence.tablets)
        waiting = sum(each.own.waiting for each in evidence.tablets if each.in_use)
        why = f"{apart} 台平板和服务器对不上" if apart else f"还有 {number(waiting)} 条没送到"
        return lead + "都在服务器上，", why, ""
    return lead, "一条没丢", ""


def rest_zh(evidence: Evidence) -> str:
    """The second sentence: who agrees, and what is still to be done by a person."""
    used = [each for each in evidence.tablets if each.in_use]
    agree = sum(each.agrees is True for each in used)
    everyone = "都" if agree == len(used) else f"有 {agree} 台"
    told = [
        f"{number(evidence.offline)} 条是没有网络时记的",
        f"在用的 {len(used)} 台平板{everyone}和服务器一致",
    ]
    waits = [
        (evidence.conflicts, "项两个说法不同"),
        (sum(each.count for each in evidence.fates if each.state == "held"), "条数值不可能"),
        (evidence.quarantined, "条来自丢失的平板"),
    ]
    open_ones = "，".join(f"{number(count)} {what}" for count, what in waits if count)
    return "；".join(told) + (f"。等人来看的：{open_ones}。" if open_ones else "。")


def days_left(due_ms: int, now_ms: int) -> str:
    """还有 3 天，11-25."""
    due = datetime.fromtimestamp(due_ms / 1000, CIVIL).date()
    left = (due - datetime.fromtimestamp(now_ms / 1000, CIVIL).date()).days
    said = f"还有 {left} 天" if left >= 0 else f"过期 {-left} 天"
    return f"{said}，{due:%m-%d}"


def last_words(evidence: Evidence) -> tuple[str, str]:
    """Whether all digests agree and nothing was lost, in Chinese and English."""
    used = [each for each in evidence.tablets if each.in_use]
    agree = sum(each.agrees is True for each in used)
    saved, found = number(evidence.saved), number(evidence.found)
    zh = [f"在用的 {len(used)} 台平板里，{agree} 台和服务器一致"]
    en = [f"{agree} of {len(used)} tablets in use agree with the server"]
    if evidence.lost:
        zh.append(f"平板上记了 {saved} 条，服务器只有 {found} 条，少了 {number(evidence.lost)} 条")
        en.append(f"{saved} changes saved, {found} at the server: {evidence.lost} MISSING")
    else:
        zh.append(f"平板上记了 {saved} 条，服务器收到 {found} 条，一条没丢")
        en.append(f"{saved} changes saved, {found} at the server: none was lost")
    return "；".join(zh) + "。", "; ".join(en) + "."
