"""What the register of the archive that is kept takes over from the one that goes. Pure.

Sets (allergies, diseases, family history) are joined: nothing dangerous is lost by a choice. A
value only the gone archive has is taken. Of two different values a person chooses.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from server.records.kinds import get
from server.records.model import Codes, Kind
from server.rules.identity import Fits, verify
from sync.merge import EMPTY, Cell, canonical, choose, is_present
from sync.policy import Policy

_LIST_NONE: Final = {"hx_disease": "1"}  # the element that says "none" of a list with codes
_LEFT_ALONE: Final = frozenset({"archive_status"})
WHO: Final = ("id_type", "id_no", "sex", "birth_date")


@dataclass(frozen=True, slots=True)
class Beside:
    """One field of two archives side by side; values as their cells show them.

    `joined`: a set, taken together without a choice. `open`: a person chooses.
    """

    field: str
    kept: Any
    gone: Any
    joined: bool
    open: bool


def shown(kind: Kind, cells: Mapping[str, Cell], cell: str) -> Any:
    field = kind.field_of(cell)
    policy = field.policy if field is not None else Policy.NOTE
    return choose(cells.get(cell, EMPTY), policy).value


def side_by_side(kept: Mapping[str, Cell], gone: Mapping[str, Cell]) -> list[Beside]:
    """Every field that one of the two has, in the order of the form. Class A cells only are handed
    in by whoever shows them.
    """
    kind = get("basic_info", 1)
    found: list[Beside] = []
    for field in kind.fields:
        if field.policy is Policy.AUTHORITY or field.name in _LEFT_ALONE:
            continue
        if field.policy is Policy.SET:
            pair = _elements(kind, kept, field.name), _elements(kind, gone, field.name)
            if any(pair):
                found.append(Beside(field.name, *pair, joined=True, open=False))
            continue
        values = shown(kind, kept, field.name), shown(kind, gone, field.name)
        if any(each is not None for each in values):
            differ = None not in values and canonical(values[0]) != canonical(values[1])
            found.append(Beside(field.name, *values, joined=False, open=differ))
    return found


def _elements(kind: Kind, cells: Mapping[str, Cell], field: str) -> dict[str, Any]:
    names = (name for name in cells if name.partition("/")[0] == field and "/" in name)
    values = {name.partition("/")[2]: shown(kind, cells, name) for name in sorted(names)}
    return {key: value for key, value in values.items() if is_present(value)}


def taken_over(
    kept: Mapping[str, Cell], gone: Mapping[str, Cell], take: Collection[str]
) -> dict[str, Any]:
    """Cells of the kept register that get a new value. `take`: fields whose value of the gone
    archive was chosen.
    """
    kind = get("basic_info", 1)
    values: dict[str, Any] = {}
    for cell in sorted(gone):
        name = cell.partition("/")[0]
        field = kind.field_of(cell)
        if field is None or field.policy is Policy.AUTHORITY or name in _LEFT_ALONE:
            continue
        mine, theirs = shown(kind, kept, cell), shown(kind, gone, cell)
        if field.policy is Policy.SET:
            if is_present(theirs) and not is_present(mine):
                values[cell] = theirs
        elif theirs is not None and (mine is None or name in take):
            values[cell] = theirs
    return _without_none(kind, kept, values)


def _without_none(kind: Kind, kept: Mapping[str, Cell], values: dict[str, Any]) -> dict[str, Any]:
    """ "None" beside something is taken away: what one of the two knows counts."""
    for name in {cell.partition("/")[0] for cell in values if "/" in cell}:
        field = kind.field(name)
        none = _LIST_NONE.get(name)
        if field is not None and isinstance(field.type, Codes):
            none = field.type.none
        if none is None:
            continue
        cell = f"{name}/{none}"
        others = set(_elements(kind, kept, name)) | {
            each.partition("/")[2] for each in values if each.startswith(f"{name}/")
        }
        if others == {none}:
            continue
        values.pop(cell, None)
        if is_present(shown(kind, kept, cell)):
            values[cell] = False
    return values


def identity_holds(kept: Mapping[str, Cell], values: Mapping[str, Any]) -> bool:
    """Whether the identity that comes out is one: number, birth and sex fit each other."""
    kind = get("basic_info", 1)
    id_type, id_no, sex, birth = (values.get(name, shown(kind, kept, name)) for name in WHO)
    if not id_no or not birth:
        return True
    answer = verify(str(id_type), str(id_no), birth=date.fromisoformat(str(birth)), sex=str(sex))
    return isinstance(answer, Fits)
