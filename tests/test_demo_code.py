"""The demo prints a code for one more tablet, and how its six digits are confirmed."""

import io
import os
import re
from collections.abc import Iterator
from datetime import date

import pytest
from rich.console import Console

from server.demo.carried import ENROL, Line
from server.demo.desk import Desk
from server.demo.entrances import TABLET
from server.demo.field_day import show_code
from server.demo.stage import Stage, prepare, served
from server.settings import now_ms
from sync.enrol import Enrolled, Enrolment
from tests.ports import kept_port

SCALE = 2_000


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A demo that has its district and its first tablet; no day was played."""
    folder = tmp_path_factory.mktemp("demo-code") / "demo-data"
    prepare(folder)
    with kept_port() as port:
        yield from _served(Stage(folder, port))


def _served(made: Stage) -> Iterator[Stage]:
    desk = Desk.of(made)
    desk.found()
    desk.load(scale=SCALE, seed=1, today=date(2026, 11, 20), progress=lambda _: None)
    staff, panels = desk.people()
    doctor = next(each for each in staff if each.role == "doctor" and each.panel)
    panel = next(each for each in panels if each.panel == doctor.panel)
    with served(made):
        offer = desk.offer(doctor.staff, panel.panel, TABLET, 1)
        new, line = fresh(offer.code), Line(made.port)
        to_digits(new, line)
        desk.confirm(offer.offer, new.six_digits())
        line.close()
        yield made


def fresh(code: str) -> Enrolment:
    return Enrolment(code, app="new/1", label="", random=os.urandom, now_ms=now_ms())


def to_digits(new: Enrolment, line: Line) -> None:
    new.on_hello(line.post(ENROL, new.hello()))
    new.on_join(line.post(ENROL, new.join()))


def test_a_code_for_one_more_tablet_lets_a_new_one_in(stage: Stage) -> None:
    """As a new user does it: the printed code, the six digits, the printed command."""
    out = io.StringIO()
    show_code(Console(file=out, width=60), stage)
    said = out.getvalue()
    assert f"{stage.address}/tablet/" in said
    code = re.search(r"^ +((?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}) +for (.+), (.+)$", said, re.MULTILINE)
    assert code is not None
    new, line = fresh(code[1]), Line(stage.port)
    to_digits(new, line)
    confirm = re.search(r"device confirm (\w+) DIGITS", said)
    again = re.search(r"device (enrol --staff \w+) --label", said)
    assert confirm is not None
    assert again is not None
    assert f"{stage.address}/console/devices/enrol/{confirm[1]}" in said
    stage.run("device", "confirm", confirm[1], new.six_digits())
    enrolled = new.on_poll(line.post(ENROL, new.poll()))
    line.close()
    assert isinstance(enrolled, Enrolled)
    assert [panel.name for panel in enrolled.panels] == [code[3]]
    assert re.search(r"(?:[0-9A-Z]{4}-){6}", stage.run("device", *again[1].split()))
