"""The project's own source files, for tests that hold the code to the rules of the house."""

from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ROOMS = ("crypto", "sync", "server", "resident_portal")

# What a tool or a set-up put there is not written by us.
MADE = {"__pycache__", "node_modules", "vendor", "dist", "build"}


def source_files(*folders: str, suffix: str = ".py") -> Iterator[Path]:
    """Files with that suffix below the folders, in a stable order; missing folders are fine."""
    for folder in folders:
        for path in sorted((REPOSITORY / folder).rglob(f"*{suffix}")):
            if not MADE.intersection(path.parts):
                yield path


def module_name(path: Path) -> str:
    """server/store/__init__.py -> server.store"""
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def shown(path: Path) -> str:
    """The path as a reader of a failure wants it."""
    return path.relative_to(REPOSITORY).as_posix()
