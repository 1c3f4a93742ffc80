"""What is kept of notices only as long as somebody may need it, and how many wait and failed."""

from dataclasses import dataclass
from typing import Final

from server.actions.keeping.site import Site
from server.actions.notices.telling import DAY_MS, HOUR_MS
from server.store.tx import Tx, one

CODE_WORDS_MS: Final = HOUR_MS  # after its end; the row stays for the month's count
CODE_ROWS_MS: Final = 93 * DAY_MS


@dataclass(frozen=True, slots=True)
class Waiting:
    """`oldest_ms`: how long the longest waits beyond its moment; 0 when none is late."""

    waiting: int
    failed: int
    oldest_ms: int


async def forget(site: Site) -> int:
    """Destroys codes an hour after their end, their rows after three months, and notices when the
    district's days are over. Returns how many rows went or lost their words.
    """

    async def work(tx: Tx) -> int:
        now, district = site.clock(), site.district
        # Only codes have a mark, and only until their day is over: few rows, by an index.
        blank = await tx.run(
            "UPDATE notice SET sealed=?, state=CASE WHEN state='waiting' THEN 'expired' ELSE state "
            "END WHERE district=? AND phone_mark IS NOT NULL AND expires_at<? AND sealed<>?",
            b"", district, now - CODE_WORDS_MS, b"",
        )  # fmt: skip
        await tx.run(
            "UPDATE notice SET phone_mark=NULL WHERE district=? AND phone_mark IS NOT NULL AND "
            "made_at<? AND expires_at<?",
            district, now - DAY_MS, now - DAY_MS,
        )  # fmt: skip
        rows = await tx.run(
            "DELETE FROM notice WHERE district=? AND resident IS NULL AND made_at<?",
            district, now - CODE_ROWS_MS,
        )  # fmt: skip
        old = await tx.run(
            "DELETE FROM notice WHERE district=? AND made_at<? AND state NOT IN ('sending')",
            district, now - site.rules.notice_keep_days * DAY_MS,
        )  # fmt: skip
        return blank + rows + old

    return await site.store.write(work)


async def waiting(tx: Tx, site: Site) -> Waiting:
    """For the metrics."""
    now, district = site.clock(), site.district
    rows = await tx.rows(
        "SELECT state, COUNT(*) FROM notice WHERE district=? AND state IN ('waiting','sending',"
        "'failed') GROUP BY state",
        district,
    )  # fmt: skip
    counts: dict[str, int] = {row[0]: row[1] for row in rows}
    late = await one(
        tx,
        "SELECT MIN(send_after) FROM notice WHERE district=? AND state='waiting' AND send_after<?",
        district, now,
    )  # fmt: skip
    assert late is not None
    oldest = max(0, now - late[0]) if late[0] is not None else 0
    return Waiting(counts.get("waiting", 0) + counts.get("sending", 0),
                   counts.get("failed", 0), oldest)  # fmt: skip
