"""A bomb: an envelope of a tablet that is known here, whose body would inflate to a hundred
megabytes. The server is asked for time and memory; nothing of it is taken.
"""

import zlib
from functools import cache
from statistics import median
from typing import Final

from crypto import envelope
from crypto.envelope import UpHeader, signed_message
from crypto.headers import write_up
from crypto.primitives import sha256
from server.settings import now_ms
from sync.limits import BODY_BYTES, ENVELOPE_BYTES
from tests.bench.exchanges import Ground, Wrong, post_all
from tests.bench.figures import Report
from tests.bench.meter import peak_mb, reset_peak, resident_mb
from tests.bench.tablet import BenchTablet

_INFLATED: Final = 95_000_000
_TIMES: Final = 10


async def run(ground: Ground, report: Report) -> None:
    """Raises Wrong when the bomb is not refused, or an honest exchange after it is not answered."""
    tablet, link = ground.pairs[-1]
    bombs = [_bomb(tablet) for _ in range(_TIMES)]
    reset_peak(ground.server.pid)
    held = resident_mb(ground.server.pid)
    answers: list[bytes] = []

    async def throw() -> None:
        answers.extend(await post_all(link, bombs))

    reading = await ground.measured(throw)
    for each in answers:
        refused = tablet.open(each).refused
        if refused != "unreadable":
            raise Wrong(f"a bomb was answered with {refused!r}")
    report.figure(
        "bomb_refused_cpu_ms", 1000 * (reading.cpu_s + reading.database_s) / _TIMES, "ms",
        wall_median=1000 * median(link.waited_s[-_TIMES:]), bytes=len(bombs[0]),
        inflated=_INFLATED, inflated_at_most=BODY_BYTES,
    )  # fmt: skip
    more = max(0.0, peak_mb(ground.server.pid) - held)
    report.figure("bomb_memory_mb", more, "MB", before=held)
    if tablet.open(await link.post(tablet.ask(now_ms()))).refused:
        raise Wrong("an honest exchange was refused after the bomb")


def _bomb(tablet: BenchTablet) -> bytes:
    """An empty exchange with nothing in it but zeros, sealed and signed as it should be."""
    tablet.counter += 1
    recipient = tablet.server_key()
    header = UpHeader(
        suite=1, kid=recipient.kid(), device=tablet.device, signer=tablet.sign.public.kid(),
        epoch=1, counter=tablet.counter,
    )  # fmt: skip
    deflated = _deflated()
    filled = len(deflated).to_bytes(4, "big") + deflated
    padded = filled.ljust(envelope.padded_size(len(deflated)), b"\x00")
    head = write_up(header)
    enc, ciphertext = recipient.seal(padded, info=envelope.UP_MAGIC + head)
    message = signed_message(envelope.UP_MAGIC, head, sha256(enc + ciphertext))
    length = len(head).to_bytes(4, "big")
    made = b"".join((envelope.UP_MAGIC, length, head, enc, ciphertext, tablet.sign.sign(message)))
    assert len(made) <= ENVELOPE_BYTES
    return made


@cache
def _deflated() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(bytes(_INFLATED)) + packer.flush()
