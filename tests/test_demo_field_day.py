"""The demo from end to end at a tiny scale: a real server process, eight tablets, one report."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from server.actions.keeping.site import Site
from server.demo import page, report, words
from server.demo.annex_targets import scaled_targets
from server.demo.evidence import Evidence, read
from server.demo.field_day import Finished, held, main, show_entrances
from server.demo.rounds import panel_of
from server.demo.stage import HOST, Stage, free_port, prepare
from server.errors import StartRefused
from sync import wire
from tests.demo_process import serves_the_network
from tests.ports import kept_port

SCALE = 2_000
ID_NUMBER = re.compile(r"(?<![0-9a-f])[1-9][0-9]{16}[0-9X](?![0-9a-f])")
PHONE = re.compile(r"(?<![0-9a-f])1[3-9][0-9]{9}(?![0-9a-f])")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("field-day") / "demo-data"
    prepare(folder)
    with kept_port() as port:
        yield Stage(folder, port)


@pytest.fixture(scope="module")
def finished(stage: Stage) -> Iterator[Finished]:
    with held(Console(file=io.StringIO()), stage, scale=SCALE, seed=1) as day:
        yield day


@pytest.fixture(scope="module")
def evidence(finished: Finished) -> Evidence:
    return finished.evidence


@pytest.fixture(scope="module")
def html(finished: Finished) -> str:
    return served_page(finished)


def served_page(finished: Finished) -> str:
    status, content = answer_of(finished, "/demo/")
    assert status == 200, content
    return content


def rows(finished: Finished, sql: str) -> list[tuple[object, ...]]:
    async def look(site: Site) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await site.store.write(lambda tx: tx.rows(sql))]

    return finished.day.desk.do(look)


def test_every_change_saved_on_a_tablet_is_in_the_database(
    finished: Finished, evidence: Evidence
) -> None:
    saved = {each.change for one in finished.day.tablets.values() for each in one.saved}
    visits = "SELECT change FROM change WHERE device NOTNULL AND shape<>'step'"
    stored = {row[0] for row in rows(finished, visits)}
    assert saved == stored
    assert evidence.saved == evidence.found == len(stored)
    assert evidence.lost == 0
    assert sum(each.count for each in evidence.fates) == len(stored)


def test_the_states_of_the_report_are_those_of_the_database(
    finished: Finished, evidence: Evidence
) -> None:
    counted = rows(
        finished,
        "SELECT state, reason, COUNT(*) FROM change WHERE device NOTNULL AND shape<>'step' "
        "GROUP BY state, reason ORDER BY state, reason",
    )
    assert counted == [(each.state, each.reason, each.count) for each in evidence.fates]
    known = {(each.state, each.reason) for each in evidence.fates}
    assert {
        ("applied", ""), ("applied", "late_former_team"), ("applied", "released"), ("merged", ""),
        ("applied_guest", "after_move"), ("applied_guest", "knew_of_move"), ("conflict", ""),
        ("held", "out_of_range"), ("quarantined", "device_not_trusted"),
    } == known  # fmt: skip


def test_whoever_is_visited_has_the_body_and_the_habits_of_the_year_before(
    finished: Finished,
) -> None:
    said: dict[tuple[bytes, str], set[int]] = {}
    for carried in finished.day.tablets.values():
        if carried.wiped:
            continue
        for person in panel_of(carried.tablet, carried.panel):
            if finished.day.story.today.year - person.birth.year < 35:
                continue
            for each in carried.tablet.archive.events(person.who):
                raw = wire.change(each.change).body
                assert isinstance(raw, msgspec.Raw)
                body = msgspec.json.decode(raw, type=dict[str, Any])
                if body.get("smoke") == "1":
                    body["smoke_per_day"] = 0
                for name in ("height", "weight", "smoke_now", "smoke_per_day"):
                    if name in body:
                        key = (person.who, name.replace("per_day", "now"))
                        said.setdefault(key, set()).add(body[name])
    assert len(said) > 50
    assert [key for key, values in said.items() if len(values) > 1] == []


def test_tablets_and_server_agree_and_nothing_waits(evidence: Evidence) -> None:
    assert evidence.all_agree
    assert [each.own.waiting for each in evidence.tablets] == [0] * 8
    assert [each.own.receipted for each in evidence.tablets] == [
        each.own.saved for each in evidence.tablets
    ]
    assert [each.label for each in evidence.tablets if each.agrees is None] == ["平板 05"]
    assert evidence.story.kept_before_backup > evidence.story.kept_after_backup == 0


def test_both_values_of_a_conflict_are_kept_and_one_is_shown(
    finished: Finished, evidence: Evidence
) -> None:
    (met,) = evidence.met
    open_cells = [each.cell for each in met.open]
    assert len(open_cells) == evidence.conflicts == 2
    assert {each.partition("/")[0] for each in open_cells} == {"blood_abo", "drug_allergy"}
    for each in met.open:
        assert [version.tablet for version in each.versions] == ["平板 01", "平板 02"]
        # Of two blood groups neither is relied on; of an allergy the one that warns.
        of_blood = each.cell == "blood_abo"
        assert [version.shown for version in each.versions].count(True) == (not of_blood)
        assert each.meanwhile == ("5" if of_blood else None)
        assert each.before is not None
    tasks = rows(finished, "SELECT COUNT(*) FROM task WHERE kind='conflict' AND closed_at IS NULL")
    assert tasks == [(2,)]


def test_late_visits_say_who_they_count_for(evidence: Evidence) -> None:
    credit = [(each.reason, each.credit) for each in evidence.late]
    assert credit[-2:] == [("after_move", "rule"), ("knew_of_move", "none")]
    assert set(credit[:-2]) == {("late_former_team", "author")}
    _, old, new = evidence.mover
    assert old != new
    assert evidence.late[0].facility == old


def test_a_batch_sent_twice_and_a_damaged_one_leave_no_trace(evidence: Evidence) -> None:
    story = evidence.story
    assert story.twice_same
    assert (story.damaged_status, story.damaged_code) == (400, "not_an_envelope")


def test_every_opening_on_a_tablet_in_use_is_in_the_access_log(
    finished: Finished, evidence: Evidence
) -> None:
    logged = rows(finished, "SELECT COUNT(*) FROM access_log WHERE mode='offline'")
    assert logged == [(evidence.readings,)]
    assert evidence.readings == evidence.opened > 0
    assert evidence.opened_lost > 0


def test_a_clock_three_years_behind_is_put_right(evidence: Evidence) -> None:
    assert evidence.clock_fixed > 0
    assert evidence.clock_off_ms < 10 * 60_000


class References(HTMLParser):
    """Everything in a page that would make a browser ask for something, and every script."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "srcset", "action", "data", "poster", "href", "xlink:href"):
                self.found.append(value or "")
            if name.startswith("on") or name == "style":
                self.found.append(f"{name}={value}")
        if tag in ("script", "link", "iframe", "object", "embed", "base", "form", "img"):
            self.found.append(f"<{tag}>")


def test_the_page_asks_for_nothing_and_runs_nothing(html: str) -> None:
    reader = References()
    reader.feed(html)
    assert [each for each in reader.found if not each.startswith("#")] == []
    urls = re.findall(r"url\(\s*[\"']?([^\"')]{0,5})", html)
    assert set(urls) == {"data:"}
    assert "@import" not in html


def test_the_page_shows_no_full_id_number_and_no_full_phone(html: str, evidence: Evidence) -> None:
    assert not ID_NUMBER.search(html)
    assert not PHONE.search(html)
    assert f"证件尾号 {evidence.met[0].who.id_tail}" in html


def test_the_page_says_what_was_counted(html: str, evidence: Evidence) -> None:
    text = re.sub(r"<[^>]+>", "", html)
    assert f"8 台平板记了 {evidence.saved:,} 条，一条没丢" in text
    assert html.count('class="mark"') == 1
    assert text.count("先按这个用") == 1
    assert text.count("先按不详") == 1
    for each in evidence.tablets:
        assert each.label in text
    assert html.count(">一致<") == 7


def test_every_facility_has_the_targets_of_annex_two_at_the_scale_of_the_demo(
    finished: Finished,
) -> None:
    year = finished.day.story.today.year
    held = rows(
        finished,
        "SELECT t.item, f.name, t.number FROM target t JOIN facility f ON f.district=t.district "
        f"AND f.facility=t.facility WHERE t.year={year}",
    )
    wanted = scaled_targets(SCALE)
    assert set(wanted) == {"archive", "elder", "hypertension", "diabetes", "child", "maternal"}
    assert set(held) == {
        (item, name, number) for item, numbers in wanted.items() for name, number in numbers.items()
    }
    assert scaled_targets(1)["hypertension"]["张村镇卫生院"] == 5_638
    assert sum(wanted["archive"].values()) == round(430_740 / SCALE)


def answer_of(finished: Finished, path: str) -> tuple[int, str]:
    line = HTTPConnection(HOST, finished.day.stage.port, timeout=120)
    line.request("GET", path)
    answer = line.getresponse()
    said = answer.read().decode()
    line.close()
    return answer.status, said


def invited(finished: Finished) -> tuple[str, list[str]]:
    """What is printed for people to sign in, and the paths of the links in it."""
    out = io.StringIO()
    show_entrances(Console(file=out, width=60), finished.day.stage)
    said = out.getvalue()
    address = re.escape(finished.day.stage.address)
    return said, re.findall(rf"^ +{address}(/console/invite/[\w-]+)$", said, re.MULTILINE)


def test_a_doctor_and_a_manager_of_the_first_tablets_facility_are_let_in_by_links(
    finished: Finished,
) -> None:
    first = finished.day.tablets["01"]
    said, (doctor, manager) = invited(finished)
    assert f"doctor   {first.name}, {first.team}" in said
    assert f"manager  周惊蛰, {first.facility}" in said
    assert "county   陈立冬" in said
    for path, login, name, role in (
        (doctor, "doctor", first.name, "家庭医生"), (manager, "manager", "周惊蛰", "机构管理员"),
    ):  # fmt: skip
        status, page_of_link = answer_of(finished, path)
        assert status == 200
        assert login in page_of_link
        assert name in page_of_link
        assert role in page_of_link
    accounts = rows(
        finished,
        "SELECT a.login, a.state, a.password, w.role, f.name FROM account a "
        "JOIN staff w ON w.district=a.district AND w.staff=a.staff "
        "JOIN facility f ON f.district=w.district AND f.facility=w.facility ORDER BY a.login",
    )
    assert accounts == [
        ("doctor", "invited", b"", "doctor", first.facility),
        ("manager", "invited", b"", "manager", first.facility),
    ]


def test_who_is_told_again_has_new_links_and_the_old_ones_end(finished: Finished) -> None:
    _, before = invited(finished)
    _, after = invited(finished)
    assert len(set(before + after)) == 4
    assert [answer_of(finished, path)[0] for path in before] == [410, 410]
    assert [answer_of(finished, path)[0] for path in after] == [200, 200]


def test_an_account_in_use_gets_no_link(finished: Finished) -> None:
    invited(finished)
    change = "UPDATE account SET state='{}' WHERE login='doctor'"

    async def set_to(site: Site, state: str) -> None:
        await site.store.write(lambda tx: tx.run(change.format(state)))

    finished.day.desk.do(lambda site: set_to(site, "active"))
    try:
        said, links = invited(finished)
    finally:
        finished.day.desk.do(lambda site: set_to(site, "invited"))
    assert len(links) == 1
    assert "in use already; the manager makes a new link" in said


def test_the_terminal_says_what_was_counted(evidence: Evidence) -> None:
    out = io.StringIO()
    report.show(Console(file=out, width=140), evidence)
    said = out.getvalue()
    assert f"{evidence.saved} changes saved, {evidence.found} at the server: none was lost" in said
    assert "7 of 7 tablets in use agree" in said
    assert "NO" not in said.split()


def test_a_planted_difference_is_shown_as_disagreement(finished: Finished) -> None:
    finished.day.all_round()  # fetches what residents did since the day was over
    assert read(finished.day, scale=SCALE).all_agree
    carried = finished.day.tablets["08"]
    disk = carried.tablet.disk
    (gone,) = disk.rows("SELECT panel, resident FROM member ORDER BY resident LIMIT 1")
    disk.run("DELETE FROM member WHERE resident=?", gone[1])
    try:
        wrong = read(finished.day, scale=SCALE)
    finally:
        disk.run("INSERT INTO member (panel, resident) VALUES (?, ?)", *gone)
    line = next(each for each in wrong.tablets if each.label == carried.label)
    assert line.agrees is False
    assert not wrong.all_agree
    assert words.fact_zh(wrong)[1] == "1 台平板和服务器对不上"
    shown = page.render(wrong)
    assert "不一致" in shown
    assert "一条没丢" not in re.sub(
        r"<[^>]+>", "", shown.partition("<h1>")[2].partition("</h1>")[0]
    )
    out = io.StringIO()
    report.show(Console(file=out, width=140), wrong)
    assert "6 of 7 tablets in use agree" in out.getvalue()
    assert read(finished.day, scale=SCALE).all_agree


def test_a_lost_change_would_be_said_first(evidence: Evidence) -> None:
    short = replace(evidence, found=evidence.found - 3)
    assert words.fact_zh(short)[1] == "有 3 条不在服务器上"
    assert "3 MISSING" in words.last_words(short)[1]
    assert "一条没丢" not in page.render(short)


def test_a_folder_in_use_or_of_somebody_else_is_left_alone(
    finished: Finished, tmp_path: Path
) -> None:
    with pytest.raises(StartRefused, match="A server runs on"):
        prepare(finished.day.stage.folder)
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StartRefused, match="no demo made"):
        prepare(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_a_scale_out_of_range_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--scale", "0"])
    assert "whole number from 1" in capsys.readouterr().err


def test_the_next_free_port_is_taken_when_one_is_busy(finished: Finished) -> None:
    assert free_port(finished.day.stage.port) > finished.day.stage.port


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Path:
    """What a demo leaves when it has ended, in a folder of its own."""
    target = tmp_path / "left"
    subprocess.run(["cp", "-r", str(finished.day.stage.folder), str(target)], check=True)
    return target


def test_what_a_demo_left_is_served_again(copied: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server.demo", "--keep", "--once", "--data", str(copied)],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Open" not in done.stdout
    assert "make demo DEMO_ARGS=--keep" in done.stdout
    assert "device list" in done.stdout
    assert "admin create --name 陈立冬 --login county" in done.stdout
    assert "/console/invite/" not in done.stdout, "no server, no link"


def test_what_a_demo_left_is_served_to_the_local_network(copied: Path) -> None:
    serves_the_network(copied)
