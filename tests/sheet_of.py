"""A filled-in form as one line of a list, the way another system would give it out: by labels."""

import csv
import io
from typing import Any

from server.records.model import (
    Code,
    Codes,
    Field,
    ListOf,
    Scaled,
    decimal_text,
)
from server.records.sheet_columns import columns_of, kind_of


def text_of_value(each: Field, value: Any) -> str:
    """What a spreadsheet says of a value."""
    match each.type:
        case Code(codes):
            return "(-)" if codes[value] == "-" else codes[value]  # alone it stands for nothing
        case Codes(codes):
            return ";".join(codes[code] for code in value)
        case Scaled(places):
            return decimal_text(value, places)
        case ListOf(fields, _, key):
            codes = next(f.type for f in fields if f.name == key)
            assert isinstance(codes, Code)
            return ";".join(
                codes.codes[item[key]] + (f"({item['times']}次)" if "times" in item else "")
                for item in value
            )
        case _:
            return str(value)


def readable_part(kind_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """What of a body a list has columns for."""
    known = {each.name for each in columns_of(kind_id)}
    return {name: value for name, value in body.items() if name in known}


def line_of(kind_id: str, body: dict[str, Any]) -> dict[str, str]:
    """{label: text} of a body."""
    kind = kind_of(kind_id)
    made: dict[str, str] = {}
    for name, value in readable_part(kind_id, body).items():
        each = kind.field(name)
        assert each is not None
        made[each.label] = text_of_value(each, value)
    return made


def csv_of(*lines: dict[str, str]) -> bytes:
    """A CSV with the headings of all lines."""
    headings = list(dict.fromkeys(name for line in lines for name in line))
    out = io.StringIO()
    writer = csv.DictWriter(out, headings, restval="")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode()
