"""The empty lists people start from: a workbook with three sheets, or one CSV each."""

import io
from collections.abc import Mapping
from typing import Any, Final

from server.actions.lists.sheets import write_csv
from server.actions.places.office_lists import (
    EXAMPLES,
    LISTS,
    NEEDED,
    ORGANISATIONS,
    STAFF,
    VILLAGES,
)

CSV: Final[Mapping[str, str]] = {
    "organisations.csv": ORGANISATIONS, "villages.csv": VILLAGES, "staff.csv": STAFF,
}  # fmt: skip
WORKBOOK: Final = "lists.xlsx"


def file_of(name: str) -> bytes | None:
    """The file of that name; None for any other. Needed columns bear an asterisk, lines are
    examples to be replaced.
    """
    if name == WORKBOOK:
        return _workbook()
    if name in CSV:
        which = CSV[name]
        return write_csv([_headings(which), *EXAMPLES[which]])
    return None


def _headings(which: str) -> list[str]:
    return [f"{each}*" if each in NEEDED[which] else each for each in LISTS[which]]


def _workbook() -> bytes:
    import openpyxl  # here: 6 MB that other requests do without
    from openpyxl.styles import Font

    book: Any = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for which in LISTS:
        sheet: Any = book.create_sheet(which)
        for row in (_headings(which), *EXAMPLES[which]):
            sheet.append(row)
        for cells in sheet.columns:
            letter: str = cells[0].column_letter
            longest = max(len(str(cell.value or "")) for cell in cells)
            sheet.column_dimensions[letter].width = min(40, 2 * longest + 4)
            for cell in cells:
                cell.number_format = "@"  # text, so that no code loses its zeros
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
