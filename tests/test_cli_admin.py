"""`admin`: the first administrators, as an operator lets them in."""

import json
import re
from pathlib import Path

import pytest

from tests.server_process import Installation

LINK = re.compile(r"http://127\.0\.0\.1:8470/console/invite/[\w-]{43}")


@pytest.fixture
def here(tmp_path: Path) -> Installation:
    made = Installation(tmp_path, f"sqlite:///{tmp_path}/gongwei.sqlite3")
    for words in (("keys", "init"), ("migrate",), ("district", "load")):
        made.run(*words)
    return made


def test_the_first_administrator_gets_a_link_and_no_password(here: Installation) -> None:
    make = ("admin", "create", "--name", "陈立冬", "--login", "chen.ld")
    said = here.run(*make).stdout
    assert LINK.search(said)
    assert "password" not in said.lower()
    (line,) = json.loads(here.run("admin", "list", "--json").stdout)
    assert (line["name"], line["role"], line["login"], line["state"]) == (
        "陈立冬", "county", "chen.ld", "invited",
    )  # fmt: skip
    assert line["facility_name"].endswith("卫生健康局")
    second = here.run(*make[:-1], "chen.two", code=1)
    assert "--another" in second.stderr
    here.run(*make[:-1], "chen.two", "--another")
    again = here.run(*make, "--another", code=1)
    assert "login already" in again.stderr


def test_an_administrator_who_lost_the_phone_is_let_in_again(here: Installation) -> None:
    here.run("admin", "create", "--name", "陈立冬", "--login", "chen.ld")
    made = json.loads(
        here.run("admin", "reset", "chen.ld", "--url", "https://gongwei.test/", "--json").stdout
    )
    assert made["url"].startswith("https://gongwei.test/console/invite/")
    assert "Nobody has that login" in here.run("admin", "reset", "nobody", code=1).stderr


def test_the_citys_office_is_named_and_stands_above_the_county(here: Installation) -> None:
    here.run("admin", "create", "--name", "陈立冬", "--login", "chen.ld")
    city = ("admin", "create", "--name", "鲁小寒", "--login", "lu.xh", "--level", "city")
    assert "--office" in here.run(*city, code=1).stderr
    here.run(*city, "--office", "海滨市卫生健康委员会")
    roles = {each["role"] for each in json.loads(here.run("admin", "list", "--json").stdout)}
    assert roles == {"city", "county"}
