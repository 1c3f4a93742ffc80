"""``python -m tests.rewritten``: pytest rewrites the asserts of all test files once, on all cores.

Each worker of a run collects every file. Without this, in a fresh clone, each of them would also
rewrite every file: four times the same half minute.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
KEPT = f"{sys.implementation.cache_tag}-pytest-{pytest.__version__}.pyc"


def stale() -> list[Path]:
    """Test files that have changed since they were last rewritten, or never were."""
    return [path for path in sorted(HERE.glob("test_*.py")) if _age(_kept(path)) < _age(path)]


def _kept(path: Path) -> Path:
    return path.parent / "__pycache__" / f"{path.stem}.{KEPT}"


def _age(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0


def main() -> int:
    names, at_once = [str(path) for path in stale()], os.cpu_count() or 1
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    running = [
        subprocess.Popen([*command, *part], env=environment, stdout=subprocess.DEVNULL)
        for part in (names[n::at_once] for n in range(at_once))
        if part
    ]
    return max((each.wait() for each in running), default=0)


if __name__ == "__main__":
    sys.exit(main())
