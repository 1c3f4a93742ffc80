"""What the gateway reports later: a message reached its telephone, or it did not.

A report says the same twice without harm, and one that comes after another changes nothing: the
first one counts. A report may overtake our own writing down that the message was taken.
"""

from functools import partial
from typing import Final, Literal

import msgspec

from crypto.primitives import same
from server.actions.keeping.site import Site
from server.actions.notices.gateway import SAID, Http, moment_near, signed
from server.errors import Refusal
from server.store.tx import Tx

NEAR_MS: Final = 5 * 60_000
BYTES_MAX: Final = 4 * 1024


class ReportRefused(Refusal):
    """Not signed with the gateway's key, too old, or no report: one answer for all."""

    code = "report_refused"
    status = 403
    say = "这份发送报告不能用。"
    hint = (
        "Signature, time and body of a delivery report: docs/OPERATIONS.md, Messages to residents."
    )


class _Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    state: Literal["delivered", "failed"]
    error: str = ""


async def take_report(site: Site, body: bytes, *, time: str, nonce: str, signature: str) -> None:
    """Raises ReportRefused. A report about a message that is not here changes nothing."""
    provider = site.provider
    if not isinstance(provider, Http) or len(body) > BYTES_MAX:
        raise ReportRefused
    wanted = signed(provider.key, "report", time, nonce, body)
    if not same(wanted.encode(), signature.encode()):
        raise ReportRefused
    if not moment_near(time, site.clock(), NEAR_MS):
        raise ReportRefused
    try:
        report = msgspec.json.decode(body, type=_Report)
        id_ = bytes.fromhex(report.id)
    except (msgspec.MsgspecError, ValueError):
        raise ReportRefused from None
    await site.store.write(partial(_settle, site=site, id_=id_, report=report))


async def _settle(tx: Tx, site: Site, id_: bytes, report: _Report) -> None:
    now, district = site.clock(), site.district
    error = ""
    if report.state == "failed":
        error = report.error if report.error in SAID else "undelivered"
    await tx.run(
        "UPDATE notice SET state=?, error=?, delivered_at=?, sent_at=COALESCE(sent_at, ?) "
        "WHERE district=? AND notice=? AND state IN ('sending','sent')",
        report.state, error, now if report.state == "delivered" else None, now, district, id_,
    )  # fmt: skip
