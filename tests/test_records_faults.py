"""A catalogue with a mistake stops the start, with file and line; one without costs nothing."""

import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from server.records.kinds import KindBroken, everything, register
from server.records.model import Kind
from server.records.registering import place_of
from tests.source import REPOSITORY

GOOD = '''"""Two versions of a form."""

from datetime import date

from server.records.checks import follows
from server.records.model import Check, Code, Computed, Field, Int, Kind, Shape, Text

FIELDS = (
    Field("mode", "方式", Code({"1": "门诊", "2": "家庭"}), required=True),
    Field("sbp", "收缩压", Int(60, 260, 90, 179, "mmHg")),
    Field("note", "说明", Text(1, 20)),
)
V1 = Kind(
    id="toy",
    label="样",
    version=1,
    valid_from=date(2017, 1, 1),
    valid_until=date(2025, 12, 31),
    shape=Shape.EVENT,
    fields=FIELDS,
    checks=(follows("mode", "2", then="note", sentence_zh="请说明"),),
)
V2 = Kind(
    id="toy",
    label="样",
    version=2,
    valid_from=date(2026, 1, 1),
    shape=Shape.EVENT,
    fields=FIELDS,
    computed=(Computed("late", "晚", Int(0, 9), ["field", "sbp"], "here"),),
)
'''
FAULTS = {
    "a name twice": ('Field("note", "说明"', 'Field("sbp", "说明"', "toy version 1.sbp", 11),
    "a code that is not there": (
        'follows("mode", "2", then', 'follows("mode", "3", then', "an answer there is not", 9,
    ),
    "a version twice": ("version=2", "version=1", "version 1 is there twice", 12),
    "a missing version": ("version=2", "version=3", "versions must be 1, 2, 3", 23),
    "two versions at once": (
        "valid_until=date(2025, 12, 31)", "valid_until=date(2026, 1, 1)",
        "its validity overlaps with version 1", 23,
    ),
    "an earlier day of a newer version": (
        "date(2026, 1, 1)", "date(2016, 1, 1)", "must be valid from a later day", 23,
    ),
    "an end before the beginning": (
        "date(2025, 12, 31)", "date(2016, 12, 31)", "its validity ends before it begins", 13,
    ),
    "bounds in disorder": ("60, 260, 90, 179", "60, 260, 190, 179", "are not in order", 10),
    "no label": ('"收缩压"', '""', "has no label", 10),
    "an unknown field in a definition": (
        '["field", "sbp"]', '["field", "dbp"]', "looks at dbp", 29,
    ),
    "an unknown operation": ('["field", "sbp"]', '["squared", 2]', "no such operation", 29),
    "a bad name": ('Field("mode"', 'Field("Mode"', "snake_case", 9),
}  # fmt: skip


def written(folder: Path, text: str) -> tuple[Path, list[Kind]]:
    """A module of forms as somebody might have saved it."""
    path = folder / "toy_forms.py"
    path.write_text(text, "utf-8")
    spec = spec_from_file_location("toy_forms", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["toy_forms"] = module
    spec.loader.exec_module(module)
    return path, [module.V1, module.V2]


def test_a_good_catalogue_is_taken(tmp_path: Path) -> None:
    _, kinds = written(tmp_path, GOOD)
    assert list(register(kinds)) == [("toy", 1), ("toy", 2)]


@pytest.mark.parametrize("name", FAULTS)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, name: str) -> None:
    before, after, said, line = FAULTS[name]
    assert before in GOOD
    path, kinds = written(tmp_path, GOOD.replace(before, after))
    with pytest.raises(KindBroken) as caught:
        register(kinds)
    text = str(caught.value)
    assert text.startswith(f"{path}:"), text
    assert said in text
    found = int(text.removeprefix(f"{path}:").partition(":")[0])
    assert abs(found - line) <= 3, (found, line)


def test_every_form_of_the_catalogue_can_be_found_by_file_and_line() -> None:
    for kind in everything():
        place = place_of(kind, ())
        path, _, line = place.rpartition(":")
        assert Path(path).parent.name == "records", kind.id
        text = Path(path).read_text("utf-8").splitlines()[int(line) - 1]
        assert f'"{kind.id}"' in text, (kind.id, kind.version, place)


def test_a_broken_catalogue_ends_the_start_in_one_sentence(tmp_path: Path) -> None:
    for room in ("server", "sync", "crypto"):
        shutil.copytree(REPOSITORY / room, tmp_path / room)
    form = tmp_path / "server" / "records" / "htn_followup.py"
    text = form.read_text("utf-8")
    line = text.splitlines().index('    Field("sign_other", "其他体征", Text(1, 200)),') + 1
    form.write_text(text.replace('"sign_other"', '"heart_rate"'), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "server", "kinds", "list"], cwd=tmp_path, capture_output=True,
        text=True, check=False, env={"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        f"The catalogue of forms is wrong: {form}:{line}: htn_followup version 1.heart_rate: "
        "the name is there twice\n"
    )
