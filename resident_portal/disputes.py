"""What the resident has said is wrong and nobody has answered yet: marked wherever it is shown.

`async def mark(portal, visitor) -> Mapping[str, str]`: "field/<name>" or "record/<id in hex>" ->
the address of the status page. The archive's pages ask each function in MARKS.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from resident_portal.frame import Portal
from server.actions.residents.visits import Visitor

Mark = Callable[[Portal, Visitor], Awaitable[Mapping[str, str]]]

MARKS: Final[list[Mark]] = []


async def marks_of(portal: Portal, visitor: Visitor) -> dict[str, str]:
    """Everything that is disputed in the open archive."""
    found: dict[str, str] = {}
    for each in MARKS:
        found |= await each(portal, visitor)
    return found
