"""Two archives that were one are two again: what was answered in between stays answered.

A claim that a merge had covered is a head of its own register again when the merge is taken back,
or of one that nobody had asked. Where it is still open it waits there; where it was answered or
taken back meanwhile, the register gets what was decided, so that no dispute stands that nobody is
asked about.
"""

from collections.abc import Collection
from typing import Any

from server.actions.archives.ledger import Ledger
from server.actions.archives.register_edit import lay
from server.actions.keeping.site import Site
from server.actions.residents import correction_edit as edit
from server.actions.residents.correction_file import Correction, find
from server.rules import corrections as rule
from server.rules.corrections import Lane, Outcome
from server.store.tx import Tx
from sync.merge import Cell


async def answer_again(
    tx: Tx, site: Site, ledger: Ledger, residents: Collection[bytes], staff: bytes
) -> None:
    """Lays the answers of corrections that are over on what stands of them. Held by the ledger."""
    for who in sorted(residents):
        cells = ledger.archives[who].cells()
        ids = {
            head.change for cell in cells.values() for head in cell.heads
            if head.author == edit.AUTHOR
        }  # fmt: skip
        values: dict[str, Any] = {}
        for name in sorted(ids):
            found = await find(tx, site, name)
            if found is None or found.state in rule.OPEN:
                continue
            for cell in edit.standing(cells, found):
                if found.lane is Lane.ASK:
                    values[cell] = _decided(found, cell, cells[cell])
                elif found.outcome is Outcome.WITHDRAWN:
                    beside = edit.without(cells[cell], found.id)
                    before = found.content.before.get(cell)
                    values[cell] = edit.shown({cell: beside}, cell) if beside.heads else before
        if values:
            lay(site, ledger, who, values, staff=staff, author="registrar")


def _decided(found: Correction, cell: str, here: Cell) -> Any:
    """What the last word on a claim makes of the cell: the county's, else the facility's."""
    verdicts = {**found.content.verdicts, **found.content.rulings}
    accepted = verdicts.get(cell, False)
    return edit.plain(found.content.wanted[cell]) if accepted else edit.staffs(cell, here)
