"""Ids on the command line: 32 hex digits, or the last 8 as the tables show them.

The last and not the first: an id begins with the moment it was made, and tablets enrolled within
one minute would look alike.
"""

import re
from typing import Any, Final

import click

from server.cli.session import opened_store, refuse_pending, run, settings
from server.store.tx import Tx

ID_BYTES: Final = 16
SHORT_DIGITS: Final = 8
_HEX: Final = re.compile(rf"[0-9a-f]{{{SHORT_DIGITS},{2 * ID_BYTES}}}")
# What the tables of the command line show, hence what may be named by a short form.
_SHOWN: Final = (
    "SELECT device FROM device WHERE district=?",
    "SELECT staff FROM staff WHERE district=?",
    "SELECT panel FROM panel WHERE district=?",
    "SELECT DISTINCT subject FROM task WHERE district=? AND closed_at IS NULL",
)


class HexId(click.ParamType[bytes]):
    """16 bytes as 32 hex digits, or the end of an id that a table shows."""

    name = "id"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        if isinstance(value, bytes):
            return value
        text = str(value).lower()
        if not _HEX.fullmatch(text):
            self.fail("An id is 32 hex digits, or its last 8 as the tables show.", param, ctx)
        if len(text) == 2 * ID_BYTES:
            return bytes.fromhex(text)
        found = run(_ending(text))
        if len(found) > 1:
            self.fail(f"{len(found)} ids end with {text}: write one whole.", param, ctx)
        if not found:
            self.fail(
                f"No tablet, team, staff member or open task has an id that ends with {text}.",
                param, ctx,
            )  # fmt: skip
        return found.pop()


async def _ending(text: str) -> set[bytes]:
    current = settings()

    async def read(tx: Tx) -> set[bytes]:
        found: set[bytes] = set()
        for sql in _SHOWN:
            found.update(bytes(row[0]) for row in await tx.rows(sql, current.district))
        return found

    async with opened_store(current) as store:
        await refuse_pending(store)
        return {each for each in await store.write(read) if each.hex().endswith(text)}
