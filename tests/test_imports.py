"""Who may import whom. The floors of docs/ARCHITECTURE.md, held by an AST walk.

A room imports rooms of lower floors, and itself. Some lower rooms are closed to it all the same
(a door never sees the store), some libraries belong to one room only, and only server/settings.py
reads the environment and the clock, because pure rooms are handed both. What only some requests
need is loaded with the first of them, so that it costs the others no memory.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.source import ROOMS, module_name, source_files

FLOORS = {
    "crypto": 0,
    "server.errors": 0,
    "server.settings": 0,
    "server.logs": 1,
    "server.metrics": 1,
    "sync": 1,
    "server.records": 2,
    "server.rules": 3,
    "server.store": 3,
    "server.access": 4,
    "server.pages": 4,
    "server.actions": 5,
    "server.api": 6,
    "server.console": 6,
    "server.deliveries": 6,
    "server.jobs": 6,
    "server.tablet_files": 6,
    "resident_portal": 6,
    "server.openapi": 7,
    "server.app": 8,
    "server.cli": 9,
    "server.demo": 9,
    "server.__main__": 10,
}
DOORS = {
    "server.api", "server.console", "server.deliveries", "server.jobs", "server.tablet_files",
    "resident_portal",
}  # fmt: skip

# Same floor, and still allowed.
NEIGHBOURS = {
    ("server.settings", "server.errors"),
    ("server.__main__", "server.cli"),
    ("server.cli", "server.demo"),
    ("server.cli", "server.demo"),
    ("server.demo", "server.cli"),
}

CLOSED = {
    "crypto": {"server.errors", "server.settings"},
    "sync": {"server.errors", "server.settings"},
    "server.records": {"server.settings"},
    "server.rules": {"server.settings"},
    "server.pages": {"server.store", "server.access"},
    **{door: {"server.store"} for door in DOORS},
}

# Library -> the rooms or modules that may import it. A final * takes every name that starts so.
KEEPERS = {
    "Crypto": ("crypto.primitives",),
    "cryptography": ("crypto.primitives", "crypto.certificates"),
    "piccolo": ("server.store",),
    "asyncpg": ("server.store",),
    "sqlite3": ("server.store", "sync.tablet_disk"),
    "litestar": (*sorted(DOORS), "server.pages.web", "server.app", "server.openapi"),
    "apscheduler": ("server.jobs",),
    "PIL": (
        "server.actions.attachments.image_child", "server.pages.passport", "server.pages.qr",
        "server.pages.day_card",
    ),
    "fpdf": ("server.pages.pdf_canvas",),
    "httpx": ("sync.tablet*", "server.actions.notices.gateway"),
}  # fmt: skip

# Megabytes each, and no part of a server that waits for its first request.
LATE = {"PIL", "fontTools", "fpdf", "numpy", "openpyxl", "pydantic", "pypinyin", "qrcode"}

CLOCK_AND_ENVIRONMENT = {
    "os": {"environ", "environb", "getenv", "getenvb"},
    "time": {"time", "time_ns", "localtime", "gmtime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}


def broken_rules(module: str, source: str) -> list[str]:
    """Every rule that this module breaks, one sentence each."""
    tree = ast.parse(source)
    found = [
        sentence
        for name in _imported(tree)
        for sentence in (_floor_fault(module, name), _keeper_fault(module, name))
        if sentence
    ]
    if module != "server.settings":
        found += [f"{module} reads {read} itself" for read in _reads(tree)]
    return sorted(set(found))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _room(name: str) -> str | None:
    """The room a dotted name lies in, or None when it is not ours. Packages are no rooms."""
    rooms = [room for room in FLOORS if name == room or name.startswith(room + ".")]
    if rooms:
        return rooms[0]
    return "nowhere" if name.split(".")[0] in ROOMS and name != "server" else None


def _floor_fault(module: str, imported: str) -> str | None:
    here, there = _room(module), _room(imported)
    if here is None or there is None or here == there:
        return None
    if "nowhere" in (here, there):
        return f"{module} imports {imported}: one of them is in no room of the house"
    if there in CLOSED.get(here, set()):
        return f"{module} imports {imported}: that room is closed to {here}"
    if FLOORS[there] >= FLOORS[here] and (here, there) not in NEIGHBOURS:
        return f"{module} imports {imported}: not on a lower floor"
    return None


def _keeper_fault(module: str, imported: str) -> str | None:
    keepers = KEEPERS.get(imported.split(".")[0])
    if keepers is None or any(_kept_by(module, keeper) for keeper in keepers):
        return None
    return f"{module} imports {imported}: only {', '.join(keepers)} may"


def _kept_by(module: str, keeper: str) -> bool:
    if keeper.endswith("*"):
        return module.startswith(keeper[:-1])
    return module == keeper or module.startswith(keeper + ".")


def _reads(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).split(".")[-1]
            if node.attr in CLOCK_AND_ENVIRONMENT.get(owner, set()):
                yield f"{owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            wanted = CLOCK_AND_ENVIRONMENT.get(node.module or "", set())
            yield from (f"{node.module}.{a.name}" for a in node.names if a.name in wanted)


def test_no_module_breaks_a_rule_of_the_house() -> None:
    faults = [
        fault
        for path in source_files(*ROOMS)
        for fault in broken_rules(module_name(path), path.read_text("utf-8"))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("crypto.envelope", "from sync.limits import MAX"),
        ("crypto.envelope", "from server.errors import Refusal"),
        ("crypto.envelope", "from Crypto.Cipher import AES"),
        ("sync.reconcile", "import server.errors"),
        ("sync.wire", "import httpx"),
        ("server.records.check", "from server.settings import Settings"),
        ("server.rules.switch", "from server.store.queries import archive"),
        ("server.store.queries", "from server.rules.switch import decide"),
        ("server.rules.switch", "from server import store"),
        ("server.api", "def late():\n    from server.store import queries"),
        ("server.console.pages", "from server.api import push"),
        ("resident_portal.home", "from server.console.pages import home"),
        ("resident_portal.home", "import sqlite3"),
        ("server.actions.correct", "from litestar import Request"),
        ("server.access", "from server.actions.correct import correct"),
        ("server.jobs", "from server.app import create_app"),
        ("server.pieces", "from crypto.keys import Suite"),
        ("sync.merge", "import time\nnow = time.time()"),
        ("sync.merge", "from time import time_ns"),
        ("server.rules.plan", "import datetime\nday = datetime.date.today()"),
        ("server.actions.correct", "from datetime import datetime\nnow = datetime.now()"),
        ("server.app", "import os\nurl = os.environ['URL']"),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str) -> None:
    assert broken_rules(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("crypto.primitives", "from Crypto.Cipher import AES"),
        ("sync.tablet", "import httpx\nfrom sync.wire import Push"),
        ("sync.tablet_outbox", "import httpx"),
        ("server.rules.switch", "from server.records.kinds import kind\nimport server"),
        ("server.actions.correct", "from server.store import queries"),
        ("server.api", "from litestar import post\nfrom server.actions.push import push"),
        ("server.settings", "import os\nfrom server.errors import Refusal\nos.environ"),
        ("server.app", "from server.jobs import scheduler\nimport resident_portal.home"),
        ("server.demo.district", "from server.store.engine import open_store"),
        ("server.__main__", "from server.demo.seed import seed"),
        ("sync.merge", "import time\nstart = time.perf_counter()"),
    ],
)
def test_an_allowed_import_passes(module: str, source: str) -> None:
    assert not broken_rules(module, source)


def test_a_server_that_has_just_started_holds_no_library_of_a_few_requests() -> None:
    program = (
        "import sys, server.cli.commands as all, server.settings as set\n"
        "all.command('serve')\n"
        "import server.app\n"
        "server.app.api_document(set.Settings())\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} | "
        "{name for name in sys.modules if name.startswith('server.')}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300
    )
    held = set(done.stdout.split())
    assert {"server.app", "server.cli.serving", "litestar"} <= held
    assert held & (LATE | {"server.demo", "server.cli.district"}) == set()
