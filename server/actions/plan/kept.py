"""A plan as it is kept: its items in one sealed value an access class, and the rows of lists made
from those that are still owed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from crypto.columns import DataKey
from server.actions.keeping.site import Site
from server.rules.plan.calls import calls
from server.rules.plan.model import Item
from server.rules.plan.table import reason_text, rules
from server.store.tx import Row
from server.store.vault import T_DUE, T_PLAN, T_PLAN_RESTRICTED
from sync.wire_types import Due

FOREVER: Final = "9999-12-31"  # `closes` of what stays owed until it is done
STEP: Final = 1024  # class B is padded to so many bytes: the length of an item names its rule
TABLES: Final = {"A": T_PLAN, "B": T_PLAN_RESTRICTED}


class _Item(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The sealed content, in this order."""

    rule: str
    slot: str
    opens: date
    due: date
    closes: date | None
    kinds: tuple[str, ...]
    why: str
    given: dict[str, str | int]
    because: tuple[bytes, ...]
    done: bytes | None
    done_on: date | None


_encoder: Final = msgspec.msgpack.Encoder()
_items: Final = msgspec.msgpack.Decoder(tuple[_Item, ...])


def encode_items(items: Iterable[Item]) -> bytes:
    """Equal items give equal bytes."""
    return _encoder.encode(
        [
            _Item(
                each.rule, each.slot, each.opens, each.due, each.closes, each.kinds, each.why,
                dict(sorted(each.given.items())), each.because, each.done, each.done_on,
            )
            for each in items
        ]
    )  # fmt: skip


def decode_items(data: bytes, cls: str) -> tuple[Item, ...]:
    return tuple(
        Item(
            each.rule, each.slot, each.opens, each.due, each.closes, each.kinds, each.why,
            each.given, each.because, each.done, each.done_on, cls,
        )
        for each in _items.decode(data)
    )  # fmt: skip


def seal_items(site: Site, key: DataKey, who: bytes, cls: str, rev: int, data: bytes) -> bytes:
    plain = data if cls == "A" else _padded(data)
    return key.seal(site.vault.at(TABLES[cls], who, who, rev), plain)


def open_items(site: Site, key: DataKey, who: bytes, cls: str, rev: int, sealed: bytes) -> bytes:
    """Raises ColumnRefused for a value that is not of this resident, class and revision."""
    plain = key.open(site.vault.at(TABLES[cls], who, who, rev), sealed)
    return plain if cls == "A" else _unpadded(plain)


def _padded(data: bytes) -> bytes:
    """u32be length | data | zeros."""
    return len(data).to_bytes(4) + data + bytes(-(4 + len(data)) % STEP)


def _unpadded(plain: bytes) -> bytes:
    return plain[4 : 4 + int.from_bytes(plain[:4])]


def compact(items: Iterable[Item], year: int) -> tuple[Due, ...]:
    """As tablets get them: rule, slot, its days counted from 1 January of the plan's year, why."""
    first = date(year, 1, 1).toordinal()
    return tuple(
        Due(
            each.rule, each.slot, each.opens.toordinal() - first, each.due.toordinal() - first,
            None if each.closes is None else each.closes.toordinal() - first, _reason(each),
        )
        for each in calls(items)
    )  # fmt: skip


def _reason(item: Item) -> str:
    """ "" where the rules of today do not know it any more: the plan is about to be made again."""
    rule = rules().get(item.rule)
    if rule is None or item.why not in rule.reasons:
        return ""
    return reason_text(rule, item.why, item.given)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose the resident is, zeros for nobody's, and the area code of the address."""

    facility: bytes
    panel: bytes
    village: str


def due_rows(
    site: Site, key: DataKey, who: bytes, items: Sequence[Item], place: Place, rev_restricted: int
) -> list[Row]:
    """The rows of `plan_due` for one resident's plan."""
    made: list[Row] = []
    restricted = 0
    for each in calls(items):
        name, rule, sealed = each.key, each.rule, None
        if each.cls != "A":
            name, rule = str(restricted), ""
            restricted += 1
            at = site.vault.at(T_DUE, name.encode(), who, rev_restricted)
            sealed = key.seal(at, _padded(encode_items((each,))))
        closes = FOREVER if each.closes is None else each.closes.isoformat()
        made.append(
            (
                site.district, who, name, each.cls, rule, place.facility, place.panel,
                place.village, each.opens.isoformat(), each.due.isoformat(), closes, sealed,
            )
        )  # fmt: skip
    return made


def open_due(
    site: Site, key: DataKey, who: bytes, name: str, rev_restricted: int, sealed: bytes
) -> Item:
    """The item behind a row of class B. Raises ColumnRefused."""
    data = key.open(site.vault.at(T_DUE, name.encode(), who, rev_restricted), sealed)
    return decode_items(_unpadded(data), "B")[0]
