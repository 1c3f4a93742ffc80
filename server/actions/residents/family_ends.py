"""What becomes of family links when somebody dies, and when that is taken back."""

from server.store.tx import Tx


async def died(tx: Tx, district: int, resident: bytes) -> None:
    """Links of and by somebody who died open nothing any more."""
    await tx.run(
        "UPDATE family_link SET state='died' WHERE district=? AND (resident=? OR person=?) AND "
        "state='standing'",
        district, resident, resident,
    )  # fmt: skip


async def lives(tx: Tx, district: int, resident: bytes) -> None:
    """The step was taken back: the links stand as they did, unless the other one died as well."""
    await tx.run(
        "UPDATE family_link SET state='standing' WHERE district=? AND (resident=? OR person=?) "
        "AND state='died' AND NOT EXISTS (SELECT 1 FROM resident r WHERE "
        "r.district=family_link.district AND r.status='dead' AND r.resident<>? AND "
        "r.resident IN (family_link.resident, family_link.person))",
        district, resident, resident, resident,
    )  # fmt: skip
