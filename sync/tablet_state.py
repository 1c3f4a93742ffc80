"""The small facts of a tablet, and what one exchange did: shared by its parts."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from crypto.keys import KemKeyPair, SigningKeyPair, SigningPublicKey
from sync import wire
from sync.limits import BATCH_TARGET_CHANGES
from sync.tablet_archive import Applied
from sync.tablet_disk import Disk

Post = Callable[[bytes], bytes]


class NotTheServer(Exception):
    """The answer is not one to this request from this district's server.

    Keep everything, try again.
    """


@dataclass(slots=True)
class Result:
    """What one answer brought."""

    more: bool = False
    refused: str = ""
    receipts: int = 0
    outcomes: list[wire.OutcomeRow] = field(default_factory=list[wire.OutcomeRow])
    pages: list[Applied] = field(default_factory=list[Applied])
    wiped: bool = False
    clock_off_ms: int = 0
    audit_holds: bool | None = None  # None: no new checkpoint came

    @property
    def agrees(self) -> bool | None:
        """Whether every compared digest agreed; None when none was compared."""
        told = [page.agrees for page in self.pages if page.agrees is not None]
        return all(told) if told else None


class State(msgspec.Struct):
    """The small facts of a tablet, one row on disk, rewritten in the step that changes them."""

    device: bytes
    staff: bytes
    suite: int
    district: int
    trust: bytes  # pinned trust key, public
    keys: bytes  # trust bundle as received
    schema: int = 1  # of the tables on disk
    chain_epoch: int = 1
    seq: int = 0
    prev: bytes = bytes(32)
    most: int = BATCH_TARGET_CHANGES  # changes a batch; halved when one could not be read
    high: int = 0  # the highest seq given in this epoch, re-cut ones too
    counter: int = 0
    saved: int = 0
    server_now: int = 0  # of the last answer applied
    offset: int | None = None
    sigma: int = 0
    outcomes_seen: int = 0
    backed_epoch: int = 0
    backed_seq: int = 0
    lease: int = 0
    feed_epoch: int = 0
    trust_epoch: int = 0  # feed epoch under which the trust bundle was taken
    checkpoint: int = 0  # size of the audit checkpoint this tablet witnesses
    checkpoint_root: bytes = b""
    misses: int = 0
    head_epoch: int = 1  # of the server's head, as last told
    head_seq: int = 0
    head_digest: bytes = bytes(32)
    behind: bool = False  # own head behind the server's: this is a copy or was restored
    cursors: dict[str, wire.Cursor] = {}
    takes_pictures: bool = False  # the server is known to
    ask: dict[str, bool] = {}  # panels whose digest differed last time

    @classmethod
    def of(cls, disk: Disk) -> "State":
        return msgspec.json.decode(disk.raw("state"), type=cls)

    def store(self, disk: Disk) -> None:
        disk.put_raw("state", msgspec.json.encode(self))

    def again(self, disk: Disk) -> None:
        """As it lies on disk: a step has not come about."""
        held = State.of(disk)
        for name in self.__struct_fields__:
            setattr(self, name, getattr(held, name))


@dataclass(slots=True, repr=False)
class Unlocked:
    """Own keys and the server's, in memory while the tablet is unlocked."""

    kem: KemKeyPair
    sign: SigningKeyPair
    trust: SigningPublicKey
    server: wire.ServerKeys

    def __repr__(self) -> str:
        return "Unlocked()"
