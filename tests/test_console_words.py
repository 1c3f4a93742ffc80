"""The words that people read stand in files, so that another language can follow."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.source import REPOSITORY, shown, source_files

WORDS = REPOSITORY / "server" / "console" / "words" / "zh"
SHELVES = (
    WORDS, REPOSITORY / "server" / "pages" / "words" / "zh",
    REPOSITORY / "resident_portal" / "words" / "zh",
)  # fmt: skip
CHINESE = re.compile("[㐀-鿿　-〿＀-￯]")
FILES = sorted(WORDS.glob("*.toml"))
EVERY = sorted(path for shelf in SHELVES for path in shelf.glob("*.toml"))


def without_comments(text: str) -> str:
    return re.sub(r'""".*?"""|/\*.*?\*/|\{#.*?#\}|(#|//) [^\n]*', "", text, flags=re.DOTALL)


def test_no_word_people_read_stands_in_code_or_templates() -> None:
    found = [
        f"{shown(path)}: {line.strip()}"
        for suffix in (".py", ".j2", ".js", ".css")
        for path in source_files("server/console", "server/pages", "resident_portal", suffix=suffix)
        for line in without_comments(path.read_text("utf-8")).splitlines()
        # A refusal says its one sentence beside its code, as everywhere in the server.
        if CHINESE.search(line) and not re.match(r"\s+say(: ClassVar\[str\])? = ", line)
    ]
    assert found == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_page_group_has_its_help(path: Path) -> None:
    table = tomllib.loads(path.read_text("utf-8"))
    assert table["help"].strip()


@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_no_word_scolds_or_says_nothing(path: Path) -> None:
    text = path.read_text("utf-8")
    banned = ("请勿", "非法", "操作成功", "提交成功", "暂无数据", "格式不正确", "！", "网络异常")
    assert [word for word in banned if word in text] == []
