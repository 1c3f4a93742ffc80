"""The words for people are held to the code: commands, settings, files, codes, tasks, glossary."""

import ast
import re
from collections.abc import Iterator, Sequence

import click
import pytest

from server.actions.archives.ledger import TASK_DAYS
from server.api import problem_document
from server.app import create_app
from server.cli.commands import MODULES, gongwei
from server.errors import Refusal
from server.jobs import JOBS
from server.logs import KEYS
from sync.reconcile import Reason, State, Task
from tests.source import REPOSITORY, shown, source_files

README, CHINESE, OPERATIONS, GLOSSARY, CHANGES = (
    "README.md",
    "README.zh-CN.md",
    "docs/OPERATIONS.md",
    "docs/GLOSSARY.md",
    "CHANGELOG.md",
)
PAGES = (README, CHINESE, OPERATIONS, GLOSSARY, CHANGES)
COMMAND = re.compile(r"python -m server((?: +[^\s`|]+)*)")
SETTING = re.compile(r"\b(?:GONGWEI_[A-Z_]+|DATABASE_URL)\b")
PATH = re.compile(r"(?<![\w./:-])((?:crypto|sync|server|tests|docs|\.ci)/[\w./-]*\w)")
NO_WORDS_OF_OURS = {
    "patient": "resident", "tenant": "district", "hospital": "facility",
    "clinic": "facility", "dossier": "archive", "todo": "task",
    "submission": "record", "acknowledgement": "receipt", "permission": "consent",
    "transfer": "switch", "relocation": "switch", "invoice": "credit", "worker_id": "staff",
    "merge_request": "proposal", "suggestion": "proposal",
}  # fmt: skip
# Words of the surroundings, not of the clinic.
ALLOWED_NAMES = {"file_permission"}


def page(name: str) -> str:
    return (REPOSITORY / name).read_text("utf-8")


def column(text: str, heading: str, place: int = 1) -> list[str]:
    """The cells of one column in the table that begins with this heading row."""
    rows = text.partition(heading)[2].split("\n")[2:]
    found: list[str] = []
    for row in rows:
        if not row.startswith("|"):
            break
        found.append(row.split("|")[place].strip().strip("`"))
    assert found, f"no table {heading}"
    return found


def fault_of(words: Sequence[str]) -> str | None:
    """What is wrong with `python -m server WORDS`, or None."""
    here: click.Command = gongwei
    for word in words:
        if word.startswith("--"):
            known = {opt for each in here.params for opt in each.opts} | {"--help"}
            if word.partition("=")[0] not in known and here.name != "demo":
                return f"{here.name} has no option {word}"
        elif isinstance(here, click.Group):
            after = here.get_command(click.Context(here), word)
            if after is None:
                return f"{here.name} has no command {word}"
            here = after
    return None


@pytest.mark.parametrize("name", PAGES)
def test_every_command_that_is_printed_exists(name: str) -> None:
    text = page(name).replace("\\\n", " ")
    lines = [match[1].split() for match in COMMAND.finditer(text)]
    short = [quoted.split() for quoted in re.findall(r"`([a-z]+(?: [a-z-]+)+)`", text)]
    lines += [words for words in short if words[0] in MODULES]
    faults = [fault for words in lines if "..." not in words and (fault := fault_of(words))]
    assert faults == []


@pytest.mark.parametrize("words", ["device enroll", "backup --into x", "task list --colour", "x"])
def test_a_command_that_does_not_exist_is_found(words: str) -> None:
    assert fault_of(words.split())


@pytest.mark.parametrize("name", [README, CHINESE])
def test_every_make_target_that_is_printed_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    printed = set(re.findall(r"(?:^|`)make ([a-z]+)", page(name), re.MULTILINE))
    assert {"demo", "test", "bench", "lint"} <= printed <= targets


@pytest.mark.parametrize("name", [README, CHINESE])
def test_the_settings_of_the_documents_are_those_of_the_code(name: str) -> None:
    code = (REPOSITORY / "server" / "settings.py").read_text("utf-8")
    literals = {
        node.value
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    read = {text for text in literals if SETTING.fullmatch(text)}
    assert len(read) > 5
    assert set(SETTING.findall(page(name))) == read
    assert set(SETTING.findall(page(OPERATIONS))) <= read


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_is_named_exists(name: str) -> None:
    text = page(name)
    named = set(PATH.findall(text))
    folder = (REPOSITORY / name).parent
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    gone = [each for each in sorted(named) if not (REPOSITORY / each).exists()]
    assert gone + [each for each in links if not (folder / each).exists()] == []


def test_both_readmes_hold_the_same_commands_and_pictures() -> None:
    def fixed(name: str) -> list[str]:
        text = page(name)
        inside = re.findall(r"```(?:sh|nginx|python)\n.*?```", text, re.DOTALL)
        return [*inside, *re.findall(r"\((docs/images/[^)]+)\)", text)]

    assert fixed(README) == fixed(CHINESE)


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    yield kind
    for each in kind.__subclasses__():
        yield from refusals(each)


def test_every_error_code_stands_in_operations_with_its_status() -> None:
    assert problem_document  # the doors' own refusals are loaded
    codes = column(page(OPERATIONS), "| code | status | what to do |")
    statuses = column(page(OPERATIONS), "| code | status | what to do |", 2)
    ours = [each for each in refusals() if each.__module__.startswith("server.")]
    wanted = {each.code: str(each.status) for each in ours if each.code}
    assert dict(zip(codes, statuses, strict=True)) == wanted
    assert len(codes) == len(set(codes))


def test_every_kind_of_task_stands_in_operations_with_its_days() -> None:
    heading = "| kind | days | asked of | what to do | ends by |"
    kinds = column(page(OPERATIONS), heading)
    days = column(page(OPERATIONS), heading, 2)
    known = {*TASK_DAYS, *(each.value for each in Task), "lost", "revoked"}
    wanted = {kind: str(TASK_DAYS.get(kind, 7)) for kind in known}
    assert dict(zip(kinds, days, strict=True)) == wanted


def test_every_job_stands_in_operations() -> None:
    assert set(column(page(OPERATIONS), "| job | every | does |")) == {each.name for each in JOBS}


def test_every_metric_stands_in_operations() -> None:
    assert create_app
    metrics = {
        name
        for file in ("server/metrics.py", "server/app.py")
        for name in re.findall(r'"(gongwei_[a-z_]+)"', page(file))
    }
    assert len(metrics) > 8
    printed = set(re.findall(r"`(gongwei_[a-z_]+)`", page(OPERATIONS)))
    assert {each.removesuffix("_total") for each in printed} == metrics


def test_every_key_of_the_log_stands_in_operations() -> None:
    told = page(OPERATIONS).partition("## The log")[2].partition("\n## ")[0]
    assert [key for key in sorted(KEYS) if f"`{key}`" not in told] == []


def test_the_glossary_has_one_entry_a_word_in_order() -> None:
    words = column(page(GLOSSARY), "| word | Chinese | meaning |")
    order = ["".join(sign for sign in each.casefold() if sign.isalnum()) for each in words]
    assert order == sorted(order)
    assert len(order) == len(set(order))
    assert all(column(page(GLOSSARY), "| word | Chinese | meaning |", 2))


def test_every_state_and_reason_is_explained() -> None:
    assert column(page(GLOSSARY), "| state | Chinese | meaning |") == [each.value for each in State]
    reasons = column(page(GLOSSARY), "| reason | Chinese | meaning |")
    assert set(reasons) == {each.value for each in Reason if each.value} | {"declined", "accepted"}


def defined(tree: ast.AST) -> Iterator[str]:
    """Names that this module itself gives: classes, functions, arguments, variables, fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def foreign_words(name: str) -> list[str]:
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")
    spaced = f"_{plain}_"
    if plain in ALLOWED_NAMES:
        return []
    return [word for word in NO_WORDS_OF_OURS if re.search(f"_{word}(?:s|ies)?_", spaced)]


def test_names_in_the_code_are_the_words_of_the_glossary() -> None:
    found = [
        f"{shown(path)}: {name} (say {NO_WORDS_OF_OURS[word] or 'something else'})"
        for path in source_files("crypto", "sync", "server")
        for name in sorted(set(defined(ast.parse(path.read_text("utf-8")))))
        for word in foreign_words(name)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["patient_id", "NotYourPatient", "HOSPITALS", "_merge_request"])
def test_a_word_of_another_house_is_found(name: str) -> None:
    assert foreign_words(name)


@pytest.mark.parametrize("name", ["resident_id", "transferable", "Clinical", "CLINICAL"])
def test_a_word_that_only_looks_alike_passes(name: str) -> None:
    assert not foreign_words(name)
