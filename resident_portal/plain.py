"""Forms as residents read them; the feedback letter says them alike (server/pages/plain.py)."""

from server.pages.plain import (
    GROUPS,
    OTHER,
    RESTRICTED,
    form_name,
    group_of,
    kind_of,
    label,
    number,
    spoken,
    text,
    unit,
)

__all__ = [
    "GROUPS",
    "OTHER",
    "RESTRICTED",
    "form_name",
    "group_of",
    "kind_of",
    "label",
    "number",
    "spoken",
    "text",
    "unit",
]
