"""What operators see: tablets, open tasks, copies, the district in one look. Ids, counts, instants.

Nothing here names a resident or shows a value. Read through Piccolo, beside the writers.
"""

from dataclasses import dataclass
from typing import Any, Final

from server.actions.keeping.site import Site
from server.store.tables import CopyRow, Device, Facility

# Piccolo's queries are not typed: what a row holds is said where it is read.
_DEVICE: Final[Any] = Device
_COPY: Final[Any] = CopyRow
_FACILITY: Final[Any] = Facility


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLine:
    """One tablet. Instants in ms UTC; `pending` and `oldest` as it told at its last contact."""

    device: bytes
    label: str
    facility: str
    status: str
    last_contact: int
    pending: int
    oldest: int | None
    epoch: int
    head_seq: int
    epoch_waiting: bool  # an administrator must confirm the new chain epoch
    backed_epoch: int
    backed_seq: int
    lease_until: int
    lease_over: bool
    copies: int
    held: int
    quarantined: int
    suite: int
    restricted: bool
    app: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """One open task. `subject`: the change, tablet or batch; state and reason of a change."""

    kind: str
    subject: bytes
    facility: str
    opened_at: int
    age_ms: int
    due_at: int
    overdue: bool
    state: str
    reason: str
    device: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLine:
    """A tablet that may hold a readable copy of one archive."""

    resident: bytes
    device: bytes
    label: str
    state: str  # possible | asked | purged | unaccounted
    since: int
    changed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The district in one look."""

    tablets: dict[str, int]  # by status
    silent: int  # enrolled, past their lease
    pending: int  # changes still on tablets, as they told
    oldest: int | None
    tasks: dict[str, int]  # open, by kind
    overdue: int
    copies_unaccounted: int
    feed_epoch: int
    backed_up_at: int | None  # newest verified backup


async def devices(site: Site) -> tuple[DeviceLine, ...]:
    """Every tablet, the longest silent first."""
    now = site.clock()
    rows: list[dict[str, Any]] = await (
        _DEVICE.select()
        .where(_DEVICE.district == site.district)
        .order_by(_DEVICE.last_contact, _DEVICE.device)
    )
    facilities = await _facilities(site)
    copies = await _counts(
        "SELECT device, 'copies' AS kind, COUNT(*) AS n FROM copy WHERE district={} "
        "AND state IN ('possible','asked','unaccounted') GROUP BY device",
        site,
    )
    waiting = await _counts(
        "SELECT c.device AS device, t.kind AS kind, COUNT(*) AS n FROM task t JOIN change c "
        "ON c.district=t.district AND c.change=t.subject WHERE t.district={} AND "
        "t.closed_at IS NULL AND t.kind IN ('held','quarantine') AND c.device IS NOT NULL "
        "GROUP BY c.device, t.kind",
        site,
    )
    return tuple(_device(row, facilities, copies, waiting, now) for row in rows)


def _device(
    row: dict[str, Any],
    facilities: dict[bytes, str],
    copies: dict[tuple[bytes, str], int],
    waiting: dict[tuple[bytes, str], int],
    now: int,
) -> DeviceLine:
    device = bytes(row["device"])
    return DeviceLine(
        device=device,
        label=row["label"],
        facility=facilities.get(bytes(row["facility"]), ""),
        status=row["status"],
        last_contact=row["last_contact"],
        pending=row["pending"],
        oldest=row["oldest"],
        epoch=row["chain_epoch"],
        head_seq=row["head_seq"],
        epoch_waiting=row["chain_epoch"] > row["epoch_allowed"],
        backed_epoch=row["backed_epoch"],
        backed_seq=row["backed_seq"],
        lease_until=row["lease_until"],
        lease_over=row["lease_until"] <= now,
        copies=copies.get((device, "copies"), 0),
        held=waiting.get((device, "held"), 0),
        quarantined=waiting.get((device, "quarantine"), 0),
        suite=row["suite"],
        restricted=bool(row["restricted"]),
        app=row["app"],
    )


async def tasks(site: Site) -> tuple[TaskLine, ...]:
    """Open tasks, the earliest due first."""
    now = site.clock()
    facilities = await _facilities(site)
    rows = await _raw(
        "SELECT t.kind AS kind, t.subject AS subject, t.facility AS facility, "
        "t.opened_at AS opened_at, t.due_at AS due_at, c.state AS state, c.reason AS reason, "
        "c.device AS device FROM task t LEFT JOIN change c ON c.district=t.district AND "
        "c.change=t.subject WHERE t.district={} AND t.closed_at IS NULL "
        "ORDER BY t.due_at, t.kind, t.subject",
        site,
    )
    known = {
        bytes(row["device"]): row["status"]
        for row in await _DEVICE.select(_DEVICE.device, _DEVICE.status).where(
            _DEVICE.district == site.district
        )
    }
    return tuple(_task(row, facilities, known, now) for row in rows)


def _task(
    row: dict[str, Any], facilities: dict[bytes, str], known: dict[bytes, str], now: int
) -> TaskLine:
    subject = bytes(row["subject"])
    device = subject if subject in known else row["device"]
    return TaskLine(
        kind=row["kind"],
        subject=subject,
        facility=facilities.get(bytes(row["facility"] or b""), ""),
        opened_at=row["opened_at"],
        age_ms=max(0, now - row["opened_at"]),
        due_at=row["due_at"],
        overdue=row["due_at"] < now,
        state=row["state"] or known.get(subject, ""),
        reason=row["reason"] or "",
        device=bytes(device) if device is not None else None,
    )


async def copies(
    site: Site, *, resident: bytes | None = None, device: bytes | None = None
) -> tuple[CopyLine, ...]:
    """Where readable copies may be: of one resident, on one tablet, or all."""
    query = _COPY.select().where(_COPY.district == site.district)
    if resident is not None:
        query = query.where(_COPY.resident == resident)
    if device is not None:
        query = query.where(_COPY.device == device)
    rows: list[dict[str, Any]] = await query.order_by(_COPY.resident, _COPY.device)
    labels = {
        bytes(row["device"]): row["label"]
        for row in await _DEVICE.select(_DEVICE.device, _DEVICE.label).where(
            _DEVICE.district == site.district
        )
    }
    return tuple(
        CopyLine(
            resident=bytes(row["resident"]),
            device=bytes(row["device"]),
            label=labels.get(bytes(row["device"]), ""),
            state=row["state"],
            since=row["since"],
            changed_at=row["changed_at"],
        )
        for row in rows
    )


async def status(site: Site) -> Summary:
    """The district in one look: counts only."""
    now = site.clock()
    tablets = await devices(site)
    by_status: dict[str, int] = {}
    for each in tablets:
        by_status[each.status] = by_status.get(each.status, 0) + 1
    open_tasks = await _raw(
        "SELECT kind AS kind, due_at AS due_at, COUNT(*) AS n FROM task WHERE district={} "
        "AND closed_at IS NULL GROUP BY kind, due_at",
        site,
    )
    by_kind: dict[str, int] = {}
    for row in open_tasks:
        by_kind[row["kind"]] = by_kind.get(row["kind"], 0) + row["n"]
    lost = await _raw(
        "SELECT COUNT(*) AS n FROM copy WHERE district={} AND state='unaccounted'", site
    )
    epoch = await _raw("SELECT feed_epoch AS n FROM district WHERE district={}", site)
    backup = await _raw("SELECT MAX(verified_at) AS n FROM backup_mark WHERE district={}", site)
    return Summary(
        tablets=dict(sorted(by_status.items())),
        silent=sum(each.status == "enrolled" and each.lease_over for each in tablets),
        pending=sum(each.pending for each in tablets),
        oldest=min((each.oldest for each in tablets if each.oldest is not None), default=None),
        tasks=dict(sorted(by_kind.items())),
        overdue=sum(row["n"] for row in open_tasks if row["due_at"] < now),
        copies_unaccounted=lost[0]["n"],
        feed_epoch=epoch[0]["n"],
        backed_up_at=backup[0]["n"],
    )


async def _facilities(site: Site) -> dict[bytes, str]:
    rows = await _FACILITY.select(_FACILITY.facility, _FACILITY.name).where(
        _FACILITY.district == site.district
    )
    return {bytes(row["facility"]): row["name"] for row in rows}


async def _counts(sql: str, site: Site) -> dict[tuple[bytes, str], int]:
    """(device, kind) -> n."""
    return {(bytes(row["device"]), row["kind"]): row["n"] for row in await _raw(sql, site)}


async def _raw(sql: str, site: Site) -> list[dict[str, Any]]:
    """A read with a join or a count; `{}` is the district."""
    return await _DEVICE.raw(sql, site.district)
