"""What the tablet says stands in its words files, and nowhere else in the app."""

import re

from tests.source import REPOSITORY, shown

APP = REPOSITORY / "sync" / "tablet_web" / "app"
WORDS = APP / "words" / "zh"
# Han, its punctuation and the full-width forms: what a sentence for people is made of.
CHINESE = re.compile("[\u2e80-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60]")
# The voice of the look: what is never said to people who hold a tablet.
NEVER = (
    "确定",
    "OK",
    "提交成功",
    "保存成功",
    "操作成功",
    "操作失败",
    "非法",
    "请勿",
    "别担心",
    "！",
)
SAID = re.compile(r'"([^"\n]*)"|`([^`]*)`')
# A comment may quote what stands on the screen; it is shown to nobody.
COMMENT = re.compile(r"^\s*(?://|/?\*).*$|\s//\s.*$|/\*\*?.*?\*/")


def test_no_sentence_for_people_stands_outside_the_words_files() -> None:
    found = [
        f"{shown(path)}:{number}"
        for path in sorted(APP.rglob("*"))
        if path.suffix in {".js", ".ts"} and WORDS not in path.parents
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if CHINESE.search(COMMENT.sub("", line))
    ]
    assert not found, "Chinese outside app/words/zh: " + ", ".join(found[:20])


def test_the_words_keep_the_voice() -> None:
    found: list[str] = []
    for path in sorted(WORDS.glob("*.js")):
        for said in SAID.finditer(path.read_text("utf-8")):
            text = said.group(1) or said.group(2) or ""
            found += [f"{shown(path)}: {word}" for word in NEVER if word in text]
    assert not found, ", ".join(found)


def test_there_are_words_and_an_app_to_look_at() -> None:
    assert len(list(WORDS.glob("*.js"))) > 5
    assert len(list(APP.rglob("*.js"))) > 50
