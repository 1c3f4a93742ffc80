"""Two lists to try the start of a county with: its organisations, villages and staff, and some
residents. Everybody in them is invented; the villages are demonstration villages.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, Final

import openpyxl

from server.actions.places.office_lists import LISTS, ORGANISATIONS, STAFF, VILLAGES
from server.demo.identities import REGION, id_number, phone
from server.demo.names import FEMALE, MALE, SURNAMES

OFFICE: Final = "1-organisations.xlsx"
PEOPLE: Final = "2-residents.xlsx"
VILLAGE_CODES: Final = tuple(f"{REGION}1{n:02d}2{m:02d}" for n in (1, 2) for m in (1, 2, 3))
HOW_MANY: Final = 60
LISTED: Final = (
    "姓名", "性别", "出生日期", "证件号码", "本人电话", "联系人姓名", "联系人电话", "现住址区划",
    "现住址", "民族", "药物过敏史", "RH",
)  # fmt: skip

_ORGANISATIONS: Final = (
    ("QH", "青禾镇卫生院", "卫生院", "", "PDY-0001", "公立", "2009-05-01", "是", "全部"),
    ("LW", "柳湾社区中心", "社区中心", "", "PDY-0002", "公立", "2011-03-01", "是", "全部"),
    ("QH-1", "前双岛村卫生室", "村卫生室", "QH", "PDY-0003", "集体", "2012-01-01", "否", ""),
)
_VILLAGES: Final = tuple(
    (code, f"演示{n}村", "QH" if n <= 3 else "LW", "青禾一队" if n <= 2 else "青禾二队" if n == 3
     else "柳湾一队")
    for n, code in enumerate(VILLAGE_CODES, start=1)
)  # fmt: skip
_STAFF: Final = (
    ("田立秋", "机构管理员", "QH", "", "tian"),
    ("方大暑", "机构管理员", "LW", "", "fang"),
    ("秦霜降", "窗口", "QH", "", "qin"),
    ("苏清明", "家庭医生", "QH", "青禾一队", "su.qm"),
    ("谢芒种", "家庭医生", "QH", "青禾一队", "xie"),
    ("江小雪", "家庭医生", "QH", "青禾二队", "jiang"),
    ("何小满", "家庭医生", "LW", "柳湾一队", "he.xm"),
)


def write_examples(folder: Path) -> tuple[Path, Path]:
    """Writes the two workbooks into `folder`, which is made when it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    office, people = folder / OFFICE, folder / PEOPLE
    lists = ((ORGANISATIONS, _ORGANISATIONS), (VILLAGES, _VILLAGES), (STAFF, _STAFF))
    _save(office, [(name, LISTS[name], rows) for name, rows in lists])
    _save(people, [("居民", LISTED, _residents())])
    return office, people


def _residents() -> list[tuple[str, ...]]:
    rng = Random("example residents")
    rows: list[tuple[str, ...]] = []
    for n in range(HOW_MANY):
        male = n % 2 == 0
        born = date(1936 + rng.randrange(60), rng.randint(1, 12), rng.randint(1, 28))
        given = rng.choice(MALE if male else FEMALE)
        village = n % len(VILLAGE_CODES)
        rows.append(
            (
                rng.choice(SURNAMES) + given, "男" if male else "女", born.isoformat(),
                id_number(born.toordinal(), n, male=male), phone(900_000 + n),
                rng.choice(SURNAMES) + rng.choice(MALE), phone(950_000 + n),
                VILLAGE_CODES[village], f"演示{village + 1}村 {n + 1} 号", "汉族",
                rng.choice(("无", "无", "无", "青霉素")), rng.choice(("阳性", "阳性", "不详")),
            )
        )  # fmt: skip
    return rows


def _save(path: Path, sheets: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]]) -> None:
    book: Any = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, headings, rows in sheets:
        sheet: Any = book.create_sheet(name)
        sheet.append(list(headings))
        for row in rows:
            sheet.append(list(row))
        for cells in sheet.columns:
            for cell in cells:
                cell.number_format = "@"
    book.save(path)
