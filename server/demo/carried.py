"""A tablet in somebody's hands, and the line it talks over: plain HTTP, which can be cut."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any, Final

import msgspec

from server.demo.desk import Desk
from server.demo.stage import HOST, Stage
from server.errors import StartRefused
from server.settings import now_ms
from server.store.ids import new_id
from sync.enrol import Enrolled, Enrolment
from sync.tablet import Tablet
from sync.tablet_state import Result

EXCHANGE: Final = "/sync/v1/exchange"
ENROL: Final = "/sync/v1/enrol"
APP: Final = "gongwei-demo/1"
READING: Final = "service"  # why an archive is opened
BATCH: Final = 50  # changes the tablets of the demo close at a time, so that a day is a chain
_TIMEOUT_S: Final = 60.0
_OCTETS: Final = {"content-type": "application/octet-stream"}


class LineRefused(Exception):
    """The server did not take it; `code` is the one of its problem document."""

    def __init__(self, status: int, code: str, say: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code, self.say = status, code, say


@dataclass(slots=True)
class Line:
    """Bytes to the server and back. `up`, `down`: bytes so far."""

    port: int
    up: int = 0
    down: int = 0
    _open: HTTPConnection | None = None

    def post(self, path: str, body: bytes) -> bytes:
        """The answer. Raises LineRefused; a connection the server has closed is opened again."""
        try:
            status, content = self._once(path, body)
        except (OSError, HTTPException):
            self.close()
            status, content = self._once(path, body)
        self.up, self.down = self.up + len(body), self.down + len(content)
        if status != 200:
            problem = msgspec.json.decode(content, type=dict[str, Any])
            raise LineRefused(status, problem["code"], problem["say"])
        return content

    def _once(self, path: str, body: bytes) -> tuple[int, bytes]:
        if self._open is None:
            self._open = HTTPConnection(HOST, self.port, timeout=_TIMEOUT_S)
        self._open.request("POST", path, body, _OCTETS)
        answer = self._open.getresponse()
        return answer.status, answer.read()

    def exchange(self, envelope: bytes) -> bytes:
        return self.post(EXCHANGE, envelope)

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


@dataclass(frozen=True, slots=True)
class Saved:
    """One change a tablet took in: what must be found at the server in the end."""

    change: bytes
    resident: bytes
    offline: bool


@dataclass(frozen=True, slots=True)
class OnTablet:
    """What a tablet says itself. `root`: digest of its panel; None when it was wiped."""

    saved: int
    offline: int
    receipted: int
    waiting: int
    batches_kept: int
    root: bytes | None


@dataclass(slots=True)
class Carried:
    """One tablet, who carries it, and what was written on it."""

    label: str
    staff: bytes
    name: str  # of the staff member
    panel: bytes
    team: str
    facility: str
    tablet: Tablet
    line: Line
    clock_behind_ms: int = 0
    offline: bool = False
    wiped: bool = False
    saved: list[Saved] = field(default_factory=list[Saved])
    readings: int = 0
    _opened: bytes = b""  # the archive that is open

    @property
    def device(self) -> bytes:
        return self.tablet.state.device

    def visit(self, who: bytes, kind: str, on: str, body: Mapping[str, Any]) -> bytes:
        """A filled-in form; the archive is opened once for all the forms of one visit."""
        if who != self._opened:
            self.tablet.note_reading(who, READING)
            self.readings += 1
            self._opened = who
        return self._kept(who, self.tablet.save_event(who, kind, on, body))

    def edit(self, who: bytes, cells: Mapping[str, Any], on: str) -> bytes:
        return self._kept(who, self.tablet.save_edit(who, cells, on))

    def _kept(self, who: bytes, change: bytes) -> bytes:
        self.saved.append(Saved(change, who, self.offline))
        return change

    def close_day(self) -> int:
        """The app locks: what waits becomes signed batches on disk. Returns the changes closed."""
        return self.tablet.seal(most=BATCH)

    def sync(self) -> list[Result]:
        """Until neither side has more; a wiped tablet delivers what was sealed."""
        assert not self.offline, "no line"
        results = self.tablet.sync(self.line.exchange)
        self.wiped = self.wiped or any(each.wiped for each in results)
        return results

    def batches_kept(self) -> int:
        """Sealed batches on this disk, sent or not."""
        return self.tablet.disk.rows("SELECT COUNT(*) FROM batch")[0][0]

    def receipts(self) -> list[bytes]:
        """The receipts as the server signed them, oldest first."""
        rows = self.tablet.disk.rows("SELECT body FROM receipt ORDER BY epoch, seq")
        return [row[0] for row in rows]

    def receipted(self) -> int:
        """Own changes that the server has given a receipt for."""
        return self.tablet.disk.rows("SELECT COUNT(*) FROM fate")[0][0]

    def facts(self) -> OnTablet:
        return OnTablet(
            saved=len(self.saved),
            offline=sum(each.offline for each in self.saved),
            receipted=self.receipted(),
            waiting=self.tablet.waiting,
            batches_kept=self.batches_kept(),
            root=None if self.wiped else self.tablet.archive.root(self.panel),
        )

    def close(self) -> None:
        self.line.close()
        self.tablet.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Who is to carry a new tablet."""

    label: str
    staff: bytes
    name: str
    panel: bytes
    team: str
    facility: str
    suite: int = 1
    clock_behind_ms: int = 0


def enrol(
    stage: Stage, desk: Desk, hands: Hands, clock: Callable[[], int] | None = None
) -> Carried:
    """A code at the county, typed on the tablet, six digits back: over HTTP, as in real life.

    `clock`: of the tablet, instead of one that is only behind.
    """
    line = Line(stage.port)
    clock = clock or (lambda: now_ms() - hands.clock_behind_ms)
    offer = desk.offer(hands.staff, hands.panel, hands.label, hands.suite)
    enrolment = Enrolment(
        offer.qr, app=APP, label=hands.label, random=secrets.token_bytes, now_ms=clock()
    )
    enrolment.on_hello(line.post(ENROL, enrolment.hello()))
    enrolment.on_join(line.post(ENROL, enrolment.join()))
    desk.confirm(offer.offer, enrolment.six_digits())
    enrolled = enrolment.on_poll(line.post(ENROL, enrolment.poll()))
    if enrolled is None:
        raise StartRefused(f"The enrolment of {hands.label} was not confirmed.")
    return Carried(
        label=hands.label, staff=hands.staff, name=hands.name, panel=hands.panel, team=hands.team,
        facility=hands.facility, line=line, tablet=_made(stage, hands, enrolled, clock),
        clock_behind_ms=hands.clock_behind_ms,
    )  # fmt: skip


def _made(stage: Stage, hands: Hands, enrolled: Enrolled, clock: Callable[[], int]) -> Tablet:
    stage.tablets.mkdir(exist_ok=True)
    path = stage.tablets / f"{hands.label.replace(' ', '-')}.tablet"
    return Tablet.create(path, enrolled, secrets.token_urlsafe(12), clock=clock, new_id=new_id)
