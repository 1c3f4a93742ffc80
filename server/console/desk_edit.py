"""Editing the archive's own page: what its author saw, what was changed, what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec

from server.access import Opened
from server.records.cells import to_body, to_cells
from server.records.check import check, edit_faults
from server.records.model import Field, Kind, Ref
from server.records.values import Fault, FaultCode, Faults
from sync import wire
from sync.merge import canonical, choose, is_present
from sync.policy import Policy

DOCUMENT: Final = "id_no"  # shown whole nowhere; the identity page takes it
BY_OTHERS: Final = frozenset({Policy.AUTHORITY, Policy.TERMINAL})  # switches, steps of a life


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """One cell as it stood on the page: the value shown and the ids of its heads, in hex."""

    value: Any
    heads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wrong(Exception):
    """What the page carried back cannot be read."""


_seen: Final = msgspec.json.Decoder(dict[str, Seen])


def fields_to_edit(kind: Kind, classes: Sequence[str]) -> list[Field]:
    """What a person at a desk fills in, of the classes the gate let through."""
    return [
        each
        for each in kind.fields
        if each.access.value in classes
        and each.name != DOCUMENT
        and each.policy not in BY_OTHERS
        and not (isinstance(each.type, Ref) and each.type.to != "item")
    ]


def seen_of(kind: Kind, fields: Sequence[Field], opened: Opened) -> dict[str, Seen]:
    names = {each.name for each in fields}
    return {
        cell: Seen(
            choose(content, kind.policy_of(cell), kind.safer_of(cell)).value,
            tuple(head.change.hex() for head in content.heads),
        )
        for cell, content in opened.cells.items()
        if cell.partition("/")[0] in names
    }


def body_seen(kind: Kind, seen: Mapping[str, Seen]) -> dict[str, Any]:
    """The form as the page showed it."""
    return to_body(kind, {cell: each.value for cell, each in seen.items()})


def packed(seen: Mapping[str, Seen]) -> str:
    return msgspec.json.encode(seen).decode()


def unpacked(text: str) -> dict[str, Seen]:
    """Raises Wrong for what no page of ours has sent."""
    try:
        found = _seen.decode(text)
        for each in found.values():
            if any(len(bytes.fromhex(head)) != 16 for head in each.heads):
                raise Wrong
    except (msgspec.MsgspecError, ValueError):
        raise Wrong from None
    return found


def edits_of(
    kind: Kind, fields: Sequence[Field], body: Mapping[str, Any], seen: Mapping[str, Seen]
) -> dict[str, wire.Edit]:
    """Each cell whose new value is not the one its author saw, with the heads the author saw."""
    names = {each.name for each in fields}
    now = to_cells(kind, {name: value for name, value in body.items() if name in names})
    edits: dict[str, wire.Edit] = {}
    for cell in sorted({*now, *seen}):
        if cell.partition("/")[0] not in names:
            continue
        before = seen.get(cell, Seen(None, ()))
        saw = tuple(bytes.fromhex(head) for head in before.heads)
        if cell in now:
            if canonical(now[cell]) != canonical(before.value):
                edits[cell] = wire.Edit(value=now[cell], saw=saw)
        elif is_present(before.value):
            gone = False if kind.policy_of(cell) is Policy.SET else None
            edits[cell] = wire.Edit(value=gone, saw=saw)
    return edits


def faults_of(
    kind: Kind, body: Mapping[str, Any], edits: Mapping[str, wire.Edit], *, today: date
) -> Faults:
    """What is wrong with what was changed; an old gap elsewhere in the archive stops nobody."""
    touched = {cell.partition("/")[0] for cell in edits}
    whole = check(kind, msgspec.json.encode(body), on=today, today=today)
    found = [each for each in whole if each.field.partition("/")[0] in touched]
    places = {each.field.partition("/")[0] for each in found}
    for cell, edit in edits.items():
        if cell.partition("/")[0] not in places:
            found += [
                Fault(cell.partition("/")[0], each.code, each.sentence_zh, each.warn)
                for each in edit_faults(kind, cell, edit.value, today=today)
            ]
    return tuple(found)


def nothing_changed(sentence: str) -> Fault:
    return Fault("", FaultCode.MISSING, sentence)
