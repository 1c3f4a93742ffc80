"""`admin`: the first administrators, as an operator lets them in."""

import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from server.cli.commands import main
from server.cli.session import guarded
from tests.server_process import Installation

LINK = re.compile(r"http://127\.0\.0\.1:8470/console/invite/[\w-]{43}")
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def here(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Command:  # fmt: skip
    """Commands inside this process: (exit code, printed, complained). A start costs a second."""
    for name, value in Installation(tmp_path, database_url).environment().items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> tuple[int, str, str]:
        with warnings.catch_warnings():
            code = guarded(lambda: main(words))
        said = capfd.readouterr()
        return code, said.out, said.err

    for words in (("keys", "init"), ("migrate",), ("district", "load")):
        assert run(*words)[0] == 0
    return run


def test_the_first_administrator_gets_a_link_and_no_password(here: Command) -> None:
    make = ("admin", "create", "--name", "陈立冬", "--login", "chen.ld")
    _, said, _ = here(*make)
    assert LINK.search(said)
    assert "password" not in said.lower()
    (line,) = json.loads(here("admin", "list", "--json")[1])
    assert (line["name"], line["role"], line["login"], line["state"]) == (
        "陈立冬", "county", "chen.ld", "invited",
    )  # fmt: skip
    assert line["facility_name"].endswith("卫生健康局")
    code, _, second = here(*make[:-1], "chen.two")
    assert (code, "--another" in second) == (1, True)
    assert here(*make[:-1], "chen.two", "--another")[0] == 0
    code, _, again = here(*make, "--another")
    assert (code, "login already" in again) == (1, True)


def test_an_administrator_who_lost_the_phone_is_let_in_again(here: Command) -> None:
    here("admin", "create", "--name", "陈立冬", "--login", "chen.ld")
    made = json.loads(
        here("admin", "reset", "chen.ld", "--url", "https://gongwei.test/", "--json")[1]
    )
    assert made["url"].startswith("https://gongwei.test/console/invite/")
    assert "Nobody has that login" in here("admin", "reset", "nobody")[2]


def test_the_citys_office_is_named_and_stands_above_the_county(here: Command) -> None:
    here("admin", "create", "--name", "陈立冬", "--login", "chen.ld")
    city = ("admin", "create", "--name", "鲁小寒", "--login", "lu.xh", "--level", "city")
    assert "--office" in here(*city)[2]
    here(*city, "--office", "海滨市卫生健康委员会")
    roles = {each["role"] for each in json.loads(here("admin", "list", "--json")[1])}
    assert roles == {"city", "county"}
