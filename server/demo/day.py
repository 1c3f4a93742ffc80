"""The field day itself: eight tablets, what is written on them, and everything that goes wrong.

morning   all tablets in step with the server
day       five lines are cut; visits, two hands in one archive, a move, a loss, a false clock
evening   they come back, one by one, each in its own way
after     a second round, a backup, a third round
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from server.demo.carried import Carried, Hands, LineRefused, enrol
from server.demo.desk import Desk
from server.demo.rounds import CHECKUP, DM, HTN, Person, Round, panel_of
from server.demo.stage import Stage
from server.errors import StartRefused
from server.settings import CIVIL, now_ms
from sync.merge import Head

VISITS_AT_MOST: Final = 140  # a tablet, a day
ONLINE_VISITS_AT_MOST: Final = 40
IMPOSSIBLE_SBP: Final = 970  # mmHg; a slip of the finger for 97 or 170
THREE_YEARS_MS: Final = 3 * 365 * 86_400_000
NEW_PHONE: Final = "19900990012"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Cast:
    """Whose tablet it is: the place of the team in the list, the role, and what is odd about it."""

    number: str
    team: int
    role: str
    suite: int = 1
    clock_behind_ms: int = 0


CAST: Final = (
    Cast("01", 0, "doctor"),
    Cast("02", 0, "desk"),
    Cast("03", 1, "doctor"),
    Cast("04", 2, "doctor"),
    Cast("05", 3, "doctor"),
    Cast("06", 4, "doctor", clock_behind_ms=THREE_YEARS_MS),
    Cast("07", 2, "desk", suite=3),
    Cast("08", 5, "doctor"),
)
OFFLINE: Final = ("01", "02", "03", "05", "06")
IN_HALL: Final = ("01", "02")  # whose elders are checked today at their facility (hall_day.py)


@dataclass(frozen=True, slots=True)
class Before:
    """What stood in a cell before two hands changed it."""

    resident: bytes
    cell: str
    head: Head | None


@dataclass(slots=True)
class Story:
    """What only the day itself knows; everything else is read from database and tablets."""

    today: date
    before: list[Before] = field(default_factory=list[Before])
    mover: bytes = b""
    lost: str = ""  # label
    safe_at: int = 0
    released: bytes = b""
    twice: str = ""
    twice_same: bool = False
    damaged: str = ""
    damaged_status: int = 0
    damaged_code: str = ""
    held: bytes = b""
    kept_before_backup: int = 0
    kept_after_backup: int = 0
    exchanges: int = 0


class Day:
    """Plays the chapters in order; `say` hears one line for each thing that happens."""

    def __init__(self, stage: Stage, desk: Desk, *, seed: int, say: Say) -> None:
        self.stage, self.desk, self.seed, self.say = stage, desk, seed, say
        self.story = Story(datetime.fromtimestamp(now_ms() / 1000, CIVIL).date())
        self.tablets: dict[str, Carried] = {}
        self._homes: list[tuple[bytes, bytes]] = []  # (panel, desk of its facility)

    # ---- morning ----------------------------------------------------------------------------

    def hands(self) -> Iterator[Hands]:
        """Who gets a tablet: people of the largest team of each of the largest facilities."""
        staff, panels = self.desk.people()
        ranked = sorted(panels, key=lambda each: (-each.residents, each.facility_name, each.name))
        largest = {each.facility_name: each for each in reversed(ranked)}
        teams = sorted(largest.values(), key=ranked.index)
        for cast in CAST:
            team = teams[cast.team]
            who = next(
                each for each in staff if each.panel == team.panel and each.role == cast.role
            )
            yield Hands(
                label=f"平板 {cast.number}", staff=who.staff, name=who.name, panel=team.panel,
                team=team.name, facility=team.facility_name, suite=cast.suite,
                clock_behind_ms=cast.clock_behind_ms,
            )  # fmt: skip
        desks = {each.facility_name: each.staff for each in staff if each.panel is None}
        self._homes = [(team.panel, desks[team.facility_name]) for team in teams]

    def let_in(self, hands: Hands) -> Carried:
        carried = enrol(self.stage, self.desk, hands)
        self.tablets[hands.label[-2:]] = carried
        return carried

    def sync(self, carried: Carried) -> int:
        """Exchanges until quiet; how many."""
        rounds = len(carried.sync())
        self.story.exchanges += rounds
        return rounds

    # ---- day --------------------------------------------------------------------------------

    def make_sure_of_an_allergy(self) -> Person:
        """The archive two people will write in: somebody with an allergy on record."""
        first, second = self.tablets["01"], self.tablets["02"]
        people = panel_of(first.tablet, first.panel)
        known = [each for each in people if each.allergies]
        if known:
            return known[0]
        chosen = people[0]
        on = self.story.today.isoformat()
        first.edit(chosen.who, {"drug_allergy/1": False, "drug_allergy/2": True}, on)
        self.sync(first)
        self.sync(second)
        again = panel_of(first.tablet, first.panel)
        return next(each for each in again if each.who == chosen.who)

    def cut_lines(self) -> None:
        for number in OFFLINE:
            self.tablets[number].offline = True

    def due(self) -> list[tuple[Round, Person, str]]:
        """Today's visits of all tablets; two tablets of one team share its people."""
        plan: list[tuple[Round, Person, str]] = []
        for number, carried in self.tablets.items():
            mates = [n for n, each in self.tablets.items() if each.panel == carried.panel]
            people = panel_of(carried.tablet, carried.panel)[mates.index(number) :: len(mates)]
            day = Round(carried, seed=self.seed, today=self.story.today)
            most = VISITS_AT_MOST if carried.offline else ONLINE_VISITS_AT_MOST
            visits = [
                (day, who, kind)
                for who, kind in day.visits(people)
                if kind != CHECKUP or number not in IN_HALL
            ]
            plan += (visits or [(day, people[0], HTN)])[:most]
        return plan

    def two_hands(self, who: Person) -> None:
        """Two tablets of one team edit one archive: one field, one allergy, different fields."""
        doctor, nurse = self.tablets["01"], self.tablets["02"]
        cells = doctor.tablet.archive.cells(who.who)
        allergy = who.allergies[0]

        def now(cell: str) -> Any:
            return cells[cell].heads[-1].value if cell in cells else None

        groups = [code for code in "1234" if code != now("blood_abo")]
        marital = "2" if now("marital") != "2" else "3"
        for cell in ("blood_abo", allergy):
            heads = cells[cell].heads if cell in cells else ()
            self.story.before.append(Before(who.who, cell, heads[-1] if heads else None))
        on, moved_to = self.story.today.isoformat(), f"{now('address_text')} 东屋"
        for edit in (
            {"blood_abo": groups[0]}, {allergy: False}, {"phone": NEW_PHONE}, {"marital": marital}
        ):  # fmt: skip
            doctor.edit(who.who, edit, on)
        for edit in (
            {"blood_abo": groups[1]}, {allergy: True}, {"address_text": moved_to},
            {"marital": marital},
        ):  # fmt: skip
            nurse.edit(who.who, edit, on)
        self.say(
            f"{doctor.name} and {nurse.name} both edit the archive of {who.name}, "
            "neither sees the other"
        )

    def move(self) -> None:
        """A resident changes facility while the old doctor, offline, holds a visit."""
        old, new = self.tablets["03"], self.tablets["04"]
        people = panel_of(old.tablet, old.panel)
        mover = next((each for each in people if HTN in each.conditions), people[0])
        self.story.mover = mover.who
        round_ = Round(old, seed=self.seed + 1, today=self.story.today)
        if all(each.resident != mover.who for each in old.saved):
            round_.visit(mover, HTN)
        words = (
            "resident", "switch", mover.who.hex(), "--panel", new.panel.hex(), "--ground", "moved",
            "--at-new-desk", "--staff", self._homes[2][1].hex(),
        )  # fmt: skip
        self.stage.run(*words)
        self.say(f"{mover.name} switches from {old.facility} to {new.facility}; nobody is asked")
        self.sync(new)
        round_.visit(mover, DM)
        self.say(f"{old.name} is offline, does not know, and visits {mover.name} once more")
        Round(new, seed=self.seed + 1, today=self.story.today).visit(mover, HTN)
        self.sync(new)

    def slip(self) -> None:
        """A value that cannot be, in a batch that is signed like any other."""
        old = self.tablets["03"]
        people = [each for each in panel_of(old.tablet, old.panel) if each.who != self.story.mover]
        day = Round(old, seed=self.seed + 2, today=self.story.today)
        self.story.held = day.visit(people[-1], HTN, sbp=IMPOSSIBLE_SBP)
        self.say(f"{old.name} types a systolic pressure of {IMPOSSIBLE_SBP} for {people[-1].name}")

    def lose(self) -> None:
        carried = self.tablets["05"]
        self.story.lost, self.story.safe_at = carried.label, now_ms()
        safe = datetime.fromtimestamp(self.story.safe_at / 1000, CIVIL)
        self.stage.run(
            "device", "lost", carried.device.hex(),
            "--safe-at", safe.strftime("%Y-%m-%dT%H:%M:%S"),
        )  # fmt: skip
        self.say(f"{carried.label} of {carried.name} is reported lost; its keys end at once")

    # ---- evening ----------------------------------------------------------------------------

    def come_back(self, number: str) -> int:
        """The line is there again; the way each tablet comes back is its own. Exchanges made."""
        carried = self.tablets[number]
        carried.close_day()
        carried.offline = False
        if number == "01":
            self._twice(carried)
        if number == "02":
            self._damaged(carried)
        rounds = self.sync(carried)
        if number == "05":
            self.say(f"{carried.label} turns up: its batches are kept apart, its copies are wiped")
        return rounds

    def _twice(self, carried: Carried) -> None:
        request = carried.tablet.request()
        assert request is not None
        receipts: list[list[bytes]] = []
        for _ in range(2):
            carried.tablet.take(request, carried.line.exchange(request))
            receipts.append(carried.receipts())
        self.story.exchanges += 2
        self.story.twice, self.story.twice_same = carried.label, receipts[0] == receipts[1]
        same = "the same receipt, byte for byte" if self.story.twice_same else "another receipt"
        self.say(f"{carried.label} sends its first batch twice and gets {same}")

    def _damaged(self, carried: Carried) -> None:
        request = carried.tablet.request()
        assert request is not None
        half = len(request) // 2
        broken = request[:half] + bytes([request[half] ^ 1]) + request[half + 1 :]
        self.story.damaged = carried.label
        try:
            carried.line.exchange(broken)
        except LineRefused as refused:
            self.story.damaged_status = refused.status
            self.story.damaged_code = refused.code
        self.say(
            f"one bit of {carried.label}'s batch flips on the way: "
            f"{self.story.damaged_status} {self.story.damaged_code}, and it is sent again"
        )

    def knows_now(self) -> None:
        """The old doctor has learned of the move, and writes down one more visit."""
        old = self.tablets["03"]
        new = self.tablets["04"]
        mover = next(
            each for each in panel_of(new.tablet, new.panel) if each.who == self.story.mover
        )
        Round(old, seed=self.seed + 3, today=self.story.today).visit(mover, HTN)
        self.sync(old)

    def release_one(self) -> None:
        """A person looks at the lost tablet's batches and lets one visit in."""
        carried = self.tablets["05"]
        self.story.released = carried.saved[0].change
        self.stage.run(
            "task", "release", self.story.released.hex(), "--staff", self._homes[3][1].hex()
        )
        self.say(f"one visit of {carried.label} is genuine: released by the desk")

    # ---- after ------------------------------------------------------------------------------

    def all_round(self) -> None:
        for carried in self.tablets.values():
            if not carried.wiped:
                self.sync(carried)

    def back_up(self) -> None:
        """With a verified backup the tablets may drop their sealed batches."""
        self.story.kept_before_backup = self._kept()
        self.stage.run("backup", "--to", str(self.stage.backups))
        self.all_round()
        self.story.kept_after_backup = self._kept()

    def _kept(self) -> int:
        return sum(each.batches_kept() for each in self.tablets.values() if not each.wiped)

    def close(self) -> None:
        for carried in self.tablets.values():
            carried.close()


def check_cast(day: Day) -> None:
    """Raises StartRefused when the district is too small for the day."""
    for carried in day.tablets.values():
        if not carried.tablet.archive.members(carried.panel):
            raise StartRefused("The district is too small for a field day: use a lower --scale.")
