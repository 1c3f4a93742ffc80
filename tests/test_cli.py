"""The command line as an operator meets it: help, one sentence an error, and the work itself."""

import asyncio
import json
import os
import socket
import stat
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from server.actions.tablets.rescue import MAGIC
from server.cli.commands import MODULES, command, main
from server.cli.session import guarded, sentence
from server.cli.show import Instant, moment
from server.errors import NotFound, StartRefused
from server.store.store import Store
from tests.server_process import Installation, free_port, served

UNKNOWN = "01" * 16


def every_command(
    commands: Mapping[str, click.Command], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, each in commands.items():
        if isinstance(each, click.Group):
            yield from every_command(each.commands, (*path, name))
        else:
            yield (*path, name), each


COMMANDS = dict(every_command({name: command(name) for name in MODULES}))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("cli")
    made = Installation(folder, f"sqlite:///{folder}/gongwei.sqlite3")
    made.begin()
    return made


@pytest.fixture
def at_once(
    here: Installation, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """A command inside this process: (code, text on stderr). Many starts cost many seconds."""
    for name, value in here.environment().items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> tuple[int, str]:
        with warnings.catch_warnings():
            code = guarded(lambda: main(words))
        return code, capfd.readouterr().err

    return run


def refused(here: Installation, *words: str, code: int) -> str:
    """Runs a command that must fail: one sentence on stderr, no traceback; returns it."""
    done = here.run(*words, code=code)
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert len(lines[0]) > 10
    return lines[0]


@pytest.mark.parametrize("path", [path for path in COMMANDS if path != ("demo",)], ids=" ".join)
def test_every_command_explains_itself_with_an_example(path: tuple[str, ...]) -> None:
    help_text = COMMANDS[path].help or ""
    assert "Example:" in help_text
    assert f"python -m server {' '.join(path)}" in help_text
    undocumented = [
        each.name
        for each in COMMANDS[path].params
        if isinstance(each, click.Option) and not each.help and len(each.opts[0]) > 12
    ]
    assert undocumented == []


def test_the_help_lists_what_operation_needs(here: Installation) -> None:
    text = here.run("--help").stdout
    wanted = "serve migrate keys district admin device staff task resident consent batches journal"
    for word in (*wanted.split(), "backup", "restore", "status", "demo"):
        assert f"\n  {word} " in text


def test_every_listing_is_also_json(here: Installation) -> None:
    for words in (
        ("district", "list"), ("staff", "list"), ("device", "list"), ("task", "list"),
        ("keys", "show"),
    ):  # fmt: skip
        rows = json.loads(here.run(*words, "--json").stdout)
        assert isinstance(rows, list)
        assert here.run(*words).stdout.strip()
    state = json.loads(here.run("status", "--json").stdout)
    assert set(state) == {"district", "tablets", "tasks", "jobs"}


def test_the_demo_district_is_there_with_teams_of_bounded_size(here: Installation) -> None:
    teams = json.loads(here.run("district", "list", "--json").stdout)
    assert len({each["facility"] for each in teams}) == 10
    assert all(0 < each["residents"] <= 2000 for each in teams)
    assert "empty" in refused(here, "district", "load", "--demo", code=2)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("device", "show", UNKNOWN), 1),
        (("device", "show", "xyz"), 2),
        (("device", "revoke", UNKNOWN), 1),
        (("device", "lost", UNKNOWN, "--safe-at", "2026-11-20T08:30"), 1),
        (("device", "lost", UNKNOWN, "--safe-at", "yesterday"), 2),
        (("device", "enrol", "--staff", UNKNOWN), 1),
        (("device", "confirm", "0011223344556677", "000000"), 1),
        (("device", "locate-copies"), 2),
        (("device", "add-staff", UNKNOWN, "--staff", UNKNOWN), 1),
        (("device", "end-staff", UNKNOWN, "--staff", UNKNOWN), 1),
        (("task", "release", UNKNOWN, "--staff", UNKNOWN), 1),
        (("task", "decline", UNKNOWN, "--staff", UNKNOWN), 1),
        (("resident", "switch", UNKNOWN, "--panel", UNKNOWN, "--ground", "moved"), 1),
        (("consent", "revoke", UNKNOWN), 1),
        (("batches", "import", "/nowhere/at-all"), 2),
        (("restore", "/nowhere/at-all"), 2),
        (("keys", "init"), 2),
        (("district", "load"), 2),
        (("nonsense",), 2),
        (("serve", "--workers", "2"), 2),
        (("serve", "--port", "0"), 2),
        (("serve", "--host", "no.such.host.invalid"), 2),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else str(each),
)
def test_an_error_is_one_sentence_and_a_code(
    at_once: Callable[..., tuple[int, str]], words: tuple[str, ...], code: int
) -> None:
    ended, text = at_once(*words)
    assert ended == code
    assert len(text.strip().splitlines()) == 1, text
    assert len(text) > 10


def test_a_setting_that_cannot_be_used_is_named(here: Installation) -> None:
    for name, value in (
        ("GONGWEI_PORT", "http"), ("GONGWEI_LOG", "loud"), ("DATABASE_URL", "mysql://x"),
    ):  # fmt: skip
        odd = replace(here, extra={name: value})
        assert name in refused(odd, "status", code=2)


def test_no_key_file_or_one_that_others_can_read_stops_the_start(here: Installation) -> None:
    absent = replace(here, extra={"GONGWEI_KEK_FILE": str(here.folder / "nothing")})
    said = refused(absent, "serve", "--port", str(free_port()), code=2)
    assert "bring back the copy" in said
    assert "keys init" not in said, "a new key opens nothing of a database in use"
    bare = replace(absent, database_url=f"sqlite:///{here.folder}/none.sqlite3")
    assert "keys init" in refused(bare, "serve", "--port", str(free_port()), code=2)
    shared = here.folder / "shared"
    shared.write_bytes(here.kek.read_bytes())
    shared.chmod(0o644)
    odd = replace(here, extra={"GONGWEI_KEK_FILE": str(shared)})
    assert "0600" in refused(odd, "serve", "--port", str(free_port()), code=2)


def test_the_key_file_of_another_installation_is_said_to_be_one(
    here: Installation, tmp_path: Path
) -> None:
    other = Installation(tmp_path, here.database_url)
    other.run("keys", "init")
    said = refused(other, "status", code=2)
    assert "The key file does not open this database" in said


def test_the_tables_fit_a_terminal_and_their_short_ids_are_taken(
    here: Installation, at_once: Callable[..., tuple[int, str]]
) -> None:
    team = json.loads(here.run("district", "list", "--json").stdout)[0]
    short = team["panel"][-8:]
    assert short in here.run("district", "list").stdout
    code, text = at_once("device", "enrol", "--staff", UNKNOWN, "--panel", short)
    assert code == 1, text
    assert "staff" in text
    assert at_once("device", "show", "00000000")[0] == 2


def test_a_kind_of_task_that_there_is_not_is_refused_with_those_there_are(
    at_once: Callable[..., tuple[int, str]],
) -> None:
    code, text = at_once("task", "list", "--kind", "nonsense")
    assert code == 2
    assert "conflict" in text
    assert "quarantine" in text


def test_the_key_file_of_a_new_installation_is_its_owners_alone(tmp_path: Path) -> None:
    new = Installation(tmp_path, f"sqlite:///{tmp_path}/x/gongwei.sqlite3")
    new.run("keys", "init")
    assert stat.S_IMODE(new.kek.stat().st_mode) == 0o600


def test_a_busy_port_stops_the_start(here: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert port in refused(here, "serve", "--port", port, code=2)


def test_a_second_server_on_one_sqlite_file_says_so_and_ends(here: Installation) -> None:
    with served(here) as running:
        text = refused(here, "serve", "--port", str(free_port()), code=2)
        assert "SQLite" in text
        assert running.client.get("/health/ready").status_code == 200
        # A command beside the running server is no second server.
        assert json.loads(here.run("status", "--json").stdout)["district"]["pending"] == 0
        refused(here, "restore", "--yes", str(here.kek), code=2)
    with served(here) as again:
        assert again.client.get("/health/live").status_code == 200


def change_ledger(url: str, sql: str) -> None:
    """Alters the ledger of migrations behind the back of the code."""

    async def work() -> None:
        async with Store(url) as store:
            await store.write(lambda tx: tx.run(sql))

    asyncio.run(work())


def test_a_database_newer_or_older_than_the_code_stops_the_start(
    database_url: str, tmp_path: Path
) -> None:
    new = Installation(tmp_path, database_url)
    new.run("keys", "init")
    if database_url.startswith("sqlite"):
        assert "migrate" in refused(new, "serve", code=2)
    else:
        assert "migration" in refused(new, "serve", code=2)
    new.run("migrate")
    assert "district load" in refused(new, "serve", code=2)
    new.run("district", "load", "--rules", "huancui")
    change_ledger(
        database_url,
        "INSERT INTO migration (name, app_name, ran_on) "
        "VALUES ('m9999_future', 'gongwei', CURRENT_TIMESTAMP)",
    )
    assert "m9999_future" in refused(new, "serve", "--port", str(free_port()), code=2)
    assert "newer" in refused(new, "migrate", code=2)
    change_ledger(database_url, "DELETE FROM migration WHERE app_name='gongwei'")
    assert "migrate" in refused(new, "serve", "--port", str(free_port()), code=2)


def test_a_postgresql_that_does_not_answer_is_one_sentence(here: Installation) -> None:
    odd = replace(here, database_url=f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    refused(odd, "status", code=3)


def test_a_district_is_backed_up_verified_and_restored(database_url: str, tmp_path: Path) -> None:
    home = Installation(tmp_path, database_url)
    home.begin()
    before = json.loads(home.run("district", "list", "--json").stdout)
    made = json.loads(home.run("backup", "--json").stdout)
    assert Path(made["path"]).is_file()
    assert json.loads(home.run("journal", "verify", "--json").stdout)["faults"] == []
    elsewhere = replace(home, database_url=f"sqlite:///{tmp_path}/restored/gongwei.sqlite3")
    elsewhere.run("restore", "--yes", made["path"])
    assert json.loads(elsewhere.run("district", "list", "--json").stdout) == before
    assert json.loads(elsewhere.run("status", "--json").stdout)["district"]["feed_epoch"] > 1


def test_a_renewed_key_is_given_out_once_a_backup_holds_it(tmp_path: Path) -> None:
    home = Installation(tmp_path, f"sqlite:///{tmp_path}/gongwei.sqlite3")
    home.begin()
    first = json.loads(home.run("keys", "show", "--json").stdout)
    home.run("keys", "renew")
    assert json.loads(home.run("keys", "show", "--json").stdout) == first
    home.run("backup")
    second = json.loads(home.run("keys", "show", "--json").stdout)
    changed = {a["purpose"] for a, b in zip(first, second, strict=True) if a["kid"] != b["kid"]}
    assert changed == {"kem"}


def test_a_renewed_key_for_cards_stands_beside_the_one_before(tmp_path: Path) -> None:
    home = Installation(tmp_path, f"sqlite:///{tmp_path}/gongwei.sqlite3")
    home.begin()
    assert "Epoch 2" in home.run("keys", "renew-cards").stdout
    shown = json.loads(home.run("keys", "show", "--json").stdout)
    assert [each["suite"] for each in shown if each["purpose"] == "code"] == [
        "1 X25519_ED25519"
    ] * 2


def test_the_kek_is_rotated_under_a_running_server(tmp_path: Path) -> None:
    home = Installation(tmp_path, f"sqlite:///{tmp_path}/gongwei.sqlite3")
    home.begin()
    before = home.run("staff", "list", "--json").stdout
    with served(home) as running:
        home.run("keys", "rotate-kek")
        assert len(home.kek.read_text().splitlines()) == 2
        assert home.run("staff", "list", "--json").stdout == before
        # The server opens its own keys anew each minute: by then under the new one.
        assert running.client.get("/health/ready").status_code == 200
    assert '"error"' not in running.log.read_text("utf-8")
    assert json.loads(home.run("journal", "verify", "--json").stdout)["faults"] == []


def residents_of(here: Installation) -> list[tuple[str, str]]:
    """(resident, panel) of the demo district, straight from the table."""

    async def work() -> list[tuple[str, str]]:
        async with Store(here.database_url) as store:
            rows = await store.write(
                lambda tx: tx.rows("SELECT resident, panel FROM member ORDER BY resident")
            )
            return [(who.hex(), panel.hex()) for who, panel in rows]

    return asyncio.run(work())


def test_a_resident_switches_and_cannot_again_within_the_year(here: Installation) -> None:
    who, panel = residents_of(here)[0]
    teams = [each["panel"] for each in json.loads(here.run("district", "list", "--json").stdout)]
    first, second = [each for each in teams if each != panel][:2]
    words = ("resident", "switch", who, "--ground", "moved", "--at-new-desk", "--panel")
    granted = here.run(*words, first, code=None)
    assert granted.returncode == 0, granted.stderr
    assert "Granted" in granted.stdout
    assert (who, first) in residents_of(here)
    assert "Too soon" in refused(here, *words, second, code=1)


def test_a_consent_is_given_and_taken_back(here: Installation) -> None:
    who, panel = residents_of(here)[-1]
    teams = [each["panel"] for each in json.loads(here.run("district", "list", "--json").stdout)]
    other = next(each for each in teams if each != panel)
    words = ("consent", "grant", who, "--panel", other, "--until")
    next_year = f"{datetime.now(UTC) + timedelta(days=365):%Y-%m-%dT%H:%M}"
    given = here.run(*words, next_year).stdout
    assert (who, other) in residents_of(here)
    here.run("consent", "revoke", given.split()[1])
    assert (who, other) not in residents_of(here)
    refused(here, *words, "2001-01-31T00:00", code=1)
    assert "too_long" in refused(here, *words, "2099-01-31T00:00", code=1)  # three years at most


def test_a_rescue_file_that_is_junk_is_refused_and_one_cut_off_says_so(
    here: Installation, tmp_path: Path
) -> None:
    junk = tmp_path / "junk.bin"
    junk.write_bytes(os.urandom(300))
    done = here.run("batches", "import", str(junk), "--json", code=1)
    assert json.loads(done.stdout)[0]["verdict"] == "not_an_envelope"
    cut = tmp_path / "cut.bin"
    cut.write_bytes(MAGIC + (500).to_bytes(4) + b"GWB1")
    done = here.run("batches", "import", str(cut), "--json", code=1)
    assert "cut off" in json.loads(done.stdout)[0]["verdict"]


def test_a_moment_is_civil_time_in_both_directions() -> None:
    at: Any = Instant().convert("2026-11-20T08:30", None, None)
    assert moment(at) == "2026-11-20 08:30"
    assert Instant().convert("2026-11-20T00:30+00:00", None, None) == at


def test_a_sentence_never_holds_the_text_of_an_unknown_fault() -> None:
    text, code = sentence(KeyError("371002195503120028"))
    assert "371002" not in text
    assert code == 3
    assert sentence(NotFound("device"))[1] == 1
    assert sentence(StartRefused("No.")) == ("No.", 2)
