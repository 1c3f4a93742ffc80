"""What a correction lays into an archive: the same change, merge and journal as a tablet's batch,
with author resident; statements become records of the same feeds.
"""

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Raw

from server.actions.archives.ledger import Archive, Ledger, first_rev
from server.actions.keeping.site import Site
from server.actions.residents.correction_file import Correction
from server.actions.tablets.intake import civil_day, rule_of
from server.actions.tablets.readable import is_sound
from server.errors import RuleSaysNo
from server.records.kinds import REGISTER
from server.records.model import AccessClass
from server.records.statement import STATEMENT
from server.rules.corrections import Lane
from server.store.tx import Row
from server.store.vault import T_CHANGE, T_PARTS
from sync import wire
from sync.limits import REGISTER_BYTES
from sync.merge import EMPTY, Cell, choose
from sync.policy import Policy
from sync.reconcile import Decision, Incoming, Present, decide

AUTHOR = "resident"


def shown(cells: Mapping[str, Cell], name: str) -> Any:
    """What a reader is shown of a register cell."""
    found = cells.get(name, EMPTY)
    return choose(found, REGISTER.policy_of(name), REGISTER.safer_of(name)).value


def own_heads(cell: Cell) -> tuple[bytes, ...]:
    return tuple(each.change for each in cell.heads if each.author == AUTHOR)


def wrote(cells: Mapping[str, Cell], names: Collection[str]) -> tuple[str, ...]:
    """The changes (hex) by which others put what stands in these cells."""
    return tuple(
        dict.fromkeys(
            head.change.hex()
            for name in names
            for head in cells.get(name, EMPTY).heads
            if head.author != AUTHOR
        )
    )


def standing(cells: Mapping[str, Cell], found: Correction) -> tuple[str, ...]:
    """The cells in which what the resident asked for still stands as it was laid."""
    return tuple(
        name
        for name in found.content.wanted
        if any(head.change == found.id for head in cells.get(name, EMPTY).heads)
    )


def without(cell: Cell, change: bytes) -> Cell:
    """The heads of a cell but one."""
    return Cell(heads=tuple(head for head in cell.heads if head.change != change))


def plain(wanted: Any) -> Any:
    """A claim that there is no such value ("") becomes its absence."""
    return None if wanted == "" else wanted


def staffs(name: str, cell: Cell) -> Any:
    """What stands there without the resident's claim."""
    said = Cell(heads=tuple(head for head in cell.heads if head.author != AUTHOR))
    if not said.heads:
        return False if REGISTER.policy_of(name) is Policy.SET else None
    return shown({name: said}, name)


def class_of(names: Collection[str]) -> AccessClass:
    return max(map(REGISTER.access_of, names), default=AccessClass.A)


def lay_edit(
    site: Site, ledger: Ledger, resident: bytes, change_id: bytes, lane: Lane,
    values: Mapping[str, Any],
) -> Decision:  # fmt: skip
    """One edit by the resident into the held archive. In lane `change` it has seen every head, in
    lane `ask` only the resident's own claims. Raises RuleSaysNo where a machine may not lay it.
    """
    archive = ledger.archives[resident]
    cells, now = archive.cells(), ledger.now
    edits: dict[str, wire.Edit] = {}
    for name, value in values.items():
        cell = cells.get(name, EMPTY)
        every = tuple(head.change for head in cell.heads)
        edits[name] = wire.Edit(value=value, saw=own_heads(cell) if lane is Lane.ASK else every)
    change = wire.Change(
        id=change_id, resident=resident, kind=REGISTER.id, v=REGISTER.version,
        on=civil_day(now).isoformat(), at=now, set=edits,
    )  # fmt: skip
    raw = wire.encode(change)
    archive.size += len(raw)
    incoming = Incoming(
        id=change_id, author=AUTHOR, staff=resident, at=now,
        edits={name: (edit.value, edit.saw) for name, edit in edits.items()},
        crowded=not is_sound(raw) or archive.size > REGISTER_BYTES,
    )  # fmt: skip
    decision = decide(
        incoming, Present(), cells, lambda name: rule_of(REGISTER, name), lambda _: True
    )
    if decision.tasks:  # beside conflicts, which a claim opens none of: somebody must look first
        raise RuleSaysNo("crowded")
    archive.put(REGISTER, decision.cells)
    parts = {name: state.value for name, state in decision.parts.items()}
    cls = class_of(values)
    ledger.changes.append(
        _row(site, ledger, archive, change, raw, cls.value, decision.state.value, parts)
    )
    return decision


def lay_statement(
    site: Site, ledger: Ledger, resident: bytes, change_id: bytes, cls: AccessClass,
    body: Mapping[str, str],
) -> None:  # fmt: skip
    """A resident's words beside a record, of that record's class."""
    now = ledger.now
    change = wire.Change(
        id=change_id, resident=resident, kind=STATEMENT, v=1, on=civil_day(now).isoformat(),
        at=now, body=Raw(wire.encode(body)),
    )  # fmt: skip
    _lay_event(site, ledger, change, cls)


def take_statement_back(
    site: Site, ledger: Ledger, resident: bytes, change_id: bytes, statement: bytes,
    cls: AccessClass, reason: str,
) -> None:  # fmt: skip
    """The resident takes a statement from view; it stays in the history."""
    now = ledger.now
    change = wire.Change(
        id=change_id, resident=resident, kind=STATEMENT, v=1, on=civil_day(now).isoformat(),
        at=now, voids=statement, reason=reason,
    )  # fmt: skip
    _lay_event(site, ledger, change, cls)


def _lay_event(site: Site, ledger: Ledger, change: wire.Change, cls: AccessClass) -> None:
    who, raw = change.resident, wire.encode(change)
    if not is_sound(raw):
        raise RuleSaysNo("crowded")
    rev = first_rev(ledger.feed_epoch)
    ledger.changes.append(
        _row(site, ledger, ledger.archives[who], change, raw, cls.value, "applied", {},
             shape="event")
    )  # fmt: skip
    ledger.event(who, change.id, cls.value, rev)


def _row(
    site: Site, ledger: Ledger, archive: Archive, change: wire.Change, raw: bytes, cls: str,
    state: str, parts: Mapping[str, str], *, shape: str = "edit",
) -> Row:  # fmt: skip
    who, now, vault = change.resident, ledger.now, site.vault
    key = vault.key(who, archive.row.key)
    sealed = key.seal(vault.at(T_PARTS, change.id, who), wire.encode(parts)) if parts else None
    body = key.seal(vault.at(T_CHANGE, change.id, who), bytes(16) + raw)
    return (
        ledger.district, who, change.id, change.kind if cls == "A" else None, cls, shape, state, "",
        sealed, first_rev(ledger.feed_epoch), change.on, now, now, None, 0, 0, 0, who, AUTHOR,
        "none", None, "", None, 0, 0, "resident", body,
    )  # fmt: skip
