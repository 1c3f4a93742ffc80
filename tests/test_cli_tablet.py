"""The reference tablet at a terminal: enrolled against a running server, then on its own."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast_forms import good
from tests.pictures import a_photo
from tests.server_process import Installation, Running, served
from tests.source import REPOSITORY


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("tablet")
    made = Installation(folder, f"sqlite:///{folder}/gongwei.sqlite3")
    made.extra["GONGWEI_TABLET_PASSPHRASE"] = "青山绿水"
    made.begin()
    return made


@pytest.fixture(scope="module")
def server(here: Installation) -> Iterator[Running]:
    with served(here) as running:
        yield running


def tablet(here: Installation, server: Running, *words: str, code: int = 0) -> str:
    at = ("--file", str(here.folder / "one.tablet"))
    if words[0] in ("enrol", "exchange"):
        at = (*at, "--server", str(server.client.base_url))
    done = here.run("tablet", *words, *at, code=code)
    return done.stdout if code == 0 else done.stderr


def enrol(here: Installation, server: Running) -> None:
    """The console's side here, the tablet's side in a process of its own."""
    doctor = next(
        each["staff"]
        for each in json.loads(here.run("staff", "list", "--json").stdout)
        if each["role"] == "doctor"
    )
    offer = here.run("device", "enrol", "--staff", doctor).stdout
    code = re.search(r"Code\s+(\S+)", offer)
    name = re.search(r"device confirm (\w+)", offer)
    assert code
    assert name
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "tablet", "enrol", code[1], "--file",
         str(here.folder / "one.tablet"), "--server", str(server.client.base_url)],
        cwd=REPOSITORY, env={**here.environment(), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    guard = threading.Timer(60, process.kill)
    guard.start()
    assert process.stdout is not None
    digits = re.search(r"\d{6}", process.stdout.readline())
    assert digits
    here.run("device", "confirm", name[1], digits[0])
    rest, _ = process.communicate()
    guard.cancel()
    assert "Enrolled" in rest


def test_a_tablet_at_a_terminal_from_code_to_receipt(
    here: Installation, server: Running, tmp_path: Path
) -> None:
    assert "There is no tablet" in tablet(here, server, "people", code=2)
    enrol(here, server)
    assert "as the server does" in tablet(here, server, "exchange")
    who, name = tablet(here, server, "people").splitlines()[0].split()
    assert "1 waiting" in tablet(here, server, "edit", who, "blood_rh=1", "drug_allergy/2=true")
    assert "Not saved" in tablet(here, server, "edit", who, "blood_rh=7", code=2)
    form = tmp_path / "visit.json"
    form.write_text(json.dumps(good("encounter", sbp=186, dbp=98)))
    day = "2026-11-20"
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(a_photo(700, 500))
    with_it = ("--on", day, "--photo", str(photo))
    saved = tablet(here, server, "record", who, "encounter", str(form), *with_it)
    assert "2 waiting" in saved
    assert "Next step: emergency, refer: now, next by 2026-12-04 (P10, S003-6(4)-a)" in saved
    assert "血压 186/98 mmHg，达到危急值 180/110" in saved
    sent = tablet(here, server, "exchange")
    assert "2 change(s) sent, 0 waiting" in sent
    assert "1 picture(s) delivered, 0 KiB waiting" in sent
    shown = tablet(here, server, "show", name)
    assert 'blood_rh = "1"' in shown
    assert f"{day}  encounter" in shown


def test_a_wrong_code_or_passphrase_is_one_sentence(here: Installation, server: Running) -> None:
    other = str(here.folder / "other.tablet")
    done = here.run("tablet", "enrol", "AAAA-BBBB", "--file", other, code=2)
    assert "code is wrong" in done.stderr
    here.extra["GONGWEI_TABLET_PASSPHRASE"] = "别的"
    assert "passphrase" in tablet(here, server, "people", code=2)
    here.extra["GONGWEI_TABLET_PASSPHRASE"] = "青山绿水"
