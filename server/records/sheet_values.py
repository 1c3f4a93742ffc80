"""What people write into a list, as values of a form's fields; nothing is ever guessed.

Answers are read by their words (男, 汉族, 青霉素), never by number: the numbers of codes differ
from one register to the next. What cannot be read is a sentence for whoever made the list.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from crypto.columns import normalise_phone
from server.records.id_number import Valid, read_id_number
from server.records.model import (
    Code,
    Codes,
    Day,
    Field,
    FieldType,
    Int,
    Kind,
    ListOf,
    Month,
    Scaled,
    Text,
    Time,
)

_DAY: Final = re.compile(
    r"(\d{4})\s*(?:[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?|(\d{2})(\d{2}))"
    r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_MONTH: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})月?(?:[-/.]?\d{1,2}日?)?")
_NUMBER: Final = re.compile(r"([+-]?)(\d{1,15})(?:\.(\d{1,9}))?")
_SEVERAL: Final = re.compile(r"[、,;|/\n]+|\s{1,}")
_APART: Final = re.compile(r"[;|\n]+")  # where an answer holds a comma of its own
_NOISE: Final = re.compile(r"[\s()\[\]【】“”\"'*:_-]+")
_SIGNS_OF_TEXT: Final = re.compile("[^0-9A-Z+-]")
_NOTHING: Final = frozenset({"", "-", "--", "/", "\\", "空", "未填", "未填写", "NULL", "N/A"})
_SERIAL: Final = re.compile(r"[1-6]\d{4}(?:\.0)?")  # 1927 to 2091, counted as spreadsheets do
_SIGN: Final = re.compile(r"(?:RH|D)?([+−-]|阳|阴)")
_POSITIVE: Final = frozenset("+阳")
_SINCE: Final = re.compile(r"\((\d{4}[-/.年]\d{1,2}月?)\)$")
_TIMES: Final = re.compile(r"\(?(\d{1,3})次\)?$")

_YES: Final = {"是": "有", "否": "无", "没有": "无", "Y": "有", "N": "无"}
_ALSO: Final[Mapping[str, Mapping[str, str]]] = {
    "sex": {"男性": "男", "女性": "女"},
    "id_type": {"身份证": "居民身份证", "二代身份证": "居民身份证", "户口簿": "其他", "无": "其他"},
    "education": {
        "研究生及以上": "研究生", "硕士": "研究生", "博士": "研究生", "本科": "大学本科",
        "大专": "大学专科和专科学校", "专科": "大学专科和专科学校", "中专": "中等专业学校",
        "文盲": "文盲或半文盲", "半文盲": "文盲或半文盲", "初级中学": "初中", "普通高中": "高中",
    },
    "occupation": {
        "农民": "农、林、牧、渔、水利业生产人员", "务农": "农、林、牧、渔、水利业生产人员",
        "无业": "无职业", "无": "无职业",
    },
    "marital": {"离异": "离婚", "有配偶": "已婚", "丧夫": "丧偶", "丧妻": "丧偶"},
    "pay_mode": {
        "城镇职工医保": "城镇职工基本医疗保险", "职工医保": "城镇职工基本医疗保险",
        "新农合": "城乡居民基本医疗保险(原新农合)", "自费": "全自费", "公费": "全公费",
    },
    "blood_abo": {each: f"{each}型" for each in ("A", "B", "O", "AB")} | {"未知": "不详"},
    "blood_rh": {"RH阴性": "阴性", "RH阳性": "阳性", "未知": "不详", "未查": "不详"},
    "residence_kind": {"户籍人口": "户籍", "非户籍人口": "非户籍", "流动人口": "非户籍"},
    "drug_allergy": {"青霉素类": "青霉素", "磺胺类": "磺胺", "否认": "无", "没有": "无"},
    "hx_disease": {"高血压病": "高血压", "2型糖尿病": "糖尿病", "慢阻肺": "慢性阻塞性肺疾病",
                   "脑中风": "脑卒中", "肿瘤": "恶性肿瘤", "否认": "无", "没有": "无"},
    "disability": {"无": "无残疾"},
}  # fmt: skip
"""Other words for an answer, by field, as they stand in lists; normal form."""


@dataclass(frozen=True, slots=True)
class Said:
    """The value of a text, None when nothing was said; or the sentence why it cannot be read.

    `restricted`: answers that belong into the field's restricted half.
    """

    value: Any = None
    fault: str = ""
    restricted: Any = None


NOTHING: Final = Said()


def normal(text: str) -> str:
    """The words of an answer or heading without what people write differently: width, case, spaces,
    brackets.
    """
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()


def narrow(text: str) -> str:
    """Full-width digits and letters as the usual ones, no white space, upper case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def is_nothing(text: str) -> bool:
    """Whether a cell says nothing: empty, a dash, NULL."""
    return text.upper() in _NOTHING


def value_of(kind: Kind, each: Field, text: str) -> Said:
    """What a cell says of a field."""
    if is_nothing(text):
        return NOTHING
    match each.type:
        case Text():
            return Said(_text(each, text))
        case Int():
            return _whole(each, text)
        case Scaled(places):
            return _scaled(each, places, text)
        case Code():
            code = words_of(each).get(normal(text)) or _by_sign(each, text)
            return Said(code) if code else _no_such(each, text)
        case Codes():
            return _several(kind, each, text)
        case Day():
            day = day_of(text)
            return Said(day.isoformat()) if day else Said(fault=not_a_day(each.label, text))
        case Month():
            return _month(each, text)
        case Time():
            return Said(narrow(text))
        case ListOf():
            return _several(kind, each, text)
        case _:
            return Said(fault=f"{each.label}不能从名单里读入")


def day_of(text: str) -> date | None:
    """A civil day in any usual writing; None when it is none. Spreadsheet serial numbers are not
    taken: their first day differs from program to program.
    """
    if len(text) == 10 and text[4] == text[7] == "-" and text.isascii():  # as written by a program
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    year, month, day = found[1], found[2] or found[4], found[3] or found[5]
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def not_a_day(label: str, text: str, like: str = "1955-03-12") -> str:
    """Why a text is no day; a bare number of five digits is what a CSV keeps of a date cell."""
    if _SERIAL.fullmatch(narrow(text)):
        return f"{label}像 Excel 的日期数字，请把这一列设成日期格式再另存，写法如 {like}"
    return f"{label}不是日历上的日期，写法如 {like}"


def _month(each: Field, text: str) -> Said:
    found = _MONTH.fullmatch(narrow(text))
    if found is None or not 1 <= int(found[2]) <= 12:
        return Said(fault=f"{each.label}应为年和月，写法如 2015-03")
    return Said(f"{found[1]}-{int(found[2]):02d}")


def _text(each: Field, text: str) -> str:
    """As written, but numbers and codes (what has a pattern of ASCII) in their narrow form."""
    assert isinstance(each.type, Text)
    if each.name == "id_no":
        found = read_id_number(text)
        return found.normalised if isinstance(found, Valid) else narrow(text)
    if each.type.pattern:
        plain = narrow(text).replace("－", "-").replace("—", "-")
        if "phone" in each.name:
            return _phone(plain)
        low = plain.lower()
        return low if re.fullmatch(each.type.pattern, low) else plain
    return unicodedata.normalize("NFC", text)


def _phone(plain: str) -> str:
    mobile = normalise_phone(plain)
    return mobile if len(mobile) == 11 and mobile[0] == "1" else _SIGNS_OF_TEXT.sub("", plain)


def _whole(each: Field, text: str) -> Said:
    found = _NUMBER.fullmatch(_without_unit(each, text))
    if found is None or (found[3] or "").strip("0"):
        return Said(fault=f"{each.label}应为整数")
    return Said(int(found[1] + found[2]))


def _scaled(each: Field, places: int, text: str) -> Said:
    found = _NUMBER.fullmatch(_without_unit(each, text))
    if found is None:
        return Said(fault=f"{each.label}应为数字")
    rest = (found[3] or "").rstrip("0")
    if len(rest) > places:
        return Said(fault=f"{each.label}最多 {places} 位小数")
    value = int(found[2]) * 10**places + int(rest.ljust(places, "0") or "0")
    return Said(-value if found[1] == "-" else value)


def _without_unit(each: Field, text: str) -> str:
    unit = unicodedata.normalize("NFKC", getattr(each.type, "unit", "")).upper()
    plain = narrow(text)
    return plain.removesuffix("".join(unit.split())) if unit else plain


def _by_sign(each: Field, text: str) -> str | None:
    """(+), RH-, 阴 as 阳性 or 阴性, where these are answers. A lone "-" never comes here: lists
    write it for nothing (`is_nothing`), and a blood group is not guessed from it.
    """
    found = _SIGN.fullmatch(re.sub(r"[()\[\]]", "", narrow(text)))
    if found is None:
        return None
    return words_of(each).get("阳性" if found[1] in _POSITIVE else "阴性")


# ---- answers by their words ---------------------------------------------------------------------


_words: Final[dict[int, dict[str, str]]] = {}  # by identity: fields are constants, not hashable


def words_of(each: Field) -> dict[str, str]:
    """{answer in normal form: code}, other usual words included."""
    found = _words.get(id(each))
    if found is None:
        found = _words[id(each)] = _words_of(each)
    return found


def _words_of(each: Field) -> dict[str, str]:
    codes = _codes(each)
    found = {normal(label): code for code, label in codes.items()}
    for word, code in list(found.items()):
        if each.name == "ethnic":
            found.setdefault(f"{word}族", code)
            found.setdefault(word.removesuffix("族"), code)
        if each.name == "residence_kind":
            found.setdefault(f"{word}人口", code)
    if each.name == "vaccine":
        for code, label in codes.items():
            for word in _vaccine_words(label):
                found.setdefault(normal(word), code)
    also = _ALSO.get(each.name, {})
    if each.name.startswith("fam_"):
        also = _ALSO["hx_disease"]
    if set(codes.values()) >= {"无", "有"}:
        also = {**also, **_YES}
    for word, label in also.items():
        code = found.get(normal(label))
        if code:
            found.setdefault(normal(word), code)
    return found


def _vaccine_words(label: str) -> tuple[str, ...]:
    """百白破疫苗（DTaP） is written 百白破疫苗, 百白破 and DTaP as well."""
    name, _, short = label.removesuffix("）").partition("（")
    return tuple(each for each in (name, name.removesuffix("疫苗"), short) if each)


def _codes(each: Field) -> Mapping[str, str]:
    kind: FieldType = each.type
    if isinstance(kind, ListOf):
        keyed = next((inner.type for inner in kind.fields if inner.name == kind.key), None)
        return keyed.codes if isinstance(keyed, Code) else {}
    return kind.codes if isinstance(kind, Code | Codes) else {}


def readable(each: Field) -> bool:
    """Whether a list may have a column for the field."""
    return not isinstance(each.type, ListOf) or bool(_codes(each))


def _no_such(each: Field, text: str) -> Said:
    known = "、".join(list(_codes(each).values())[:6])
    said = f"{each.label}没有“{text[:12]}”这个选项，可以写：{known}"
    return Said(fault=said + (" 等" if len(_codes(each)) > 6 else ""))


def _several(kind: Kind, each: Field, text: str) -> Said:
    """Several answers in one cell: 高血压、糖尿病(2015-03), or 自伤(2次)."""
    half = kind.field(f"{each.name}_restricted")
    plain = unicodedata.normalize("NFKC", text)
    whole = words_of(each).get(normal(text))
    ways = [[text]] if whole else [_APART.split(plain), _SEVERAL.split(plain)]
    said = NOTHING
    for parts in ways:
        said = _these(each, half, parts)
        if not said.fault:
            break
    return said


def _these(each: Field, half: Field | None, parts: Sequence[str]) -> Said:
    """The answers, each written as one part."""
    words, closed_words = words_of(each), words_of(half) if half is not None else {}
    open_codes: dict[str, Any] = {}
    closed: dict[str, Any] = {}
    counted = _counted(each)
    for part in parts:
        if not part:
            continue
        end = _TIMES.search(part) if counted else _SINCE.search(part)
        word = normal(part[: end.start()] if end else part)
        more: dict[str, Any] = {}
        if end is not None and counted:
            more = {counted: int(end[1])}
        elif end is not None and (month := _month(each, end[1]).value):
            more = {"since": month}
        if word in words:
            open_codes[words[word]] = more
        elif word in closed_words:
            closed[closed_words[word]] = more
        else:
            return _no_such(each, part)
    return Said(_as_value(each, open_codes), "", _as_value(half, closed) if half else None)


def _counted(each: Field) -> str:
    """The item's field that counts how often, as in 自伤(2次); "" where none does."""
    fields = each.type.fields if isinstance(each.type, ListOf) else ()
    return next((inner.name for inner in fields if isinstance(inner.type, Int)), "")


def _as_value(each: Field, chosen: Mapping[str, Mapping[str, Any]]) -> Any:
    if not chosen:
        return None
    if isinstance(each.type, ListOf):
        key = each.type.key
        return [{key: code, **more} for code, more in chosen.items()]
    return list(chosen)
