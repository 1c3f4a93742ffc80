"""A process that has loaded whatever comes from elsewhere, and splits off a child for each run of
pytest: half of a short run would be loading it. Modules of the tree are the child's own to load,
with the fault that stands in them.

Told a line of JSON on its input, it says how the run ended: pytest's exit code.
"""

import importlib
import json
import os
import sys
from typing import Any

ALWAYS = ("_pytest.junitxml", "hypothesis.strategies", "msgspec", "pytest", "pytest_asyncio.plugin")
WIDELY = (  # by tests with a server
    "apscheduler.schedulers.asyncio", "asyncpg", "click", "cryptography.x509",
    "defusedxml", "fpdf", "httpx", "jinja2", "litestar",
    "multipart", "openpyxl", "piccolo.engine.postgres", "piccolo.engine.sqlite", "piccolo.table",
    "prometheus_client", "qrcode", "rich", "structlog", "uvicorn",
)  # fmt: skip


def main() -> None:
    for name in ALWAYS:
        importlib.import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        for name in WIDELY if asked["wide"] else ():
            importlib.import_module(name)
        child = os.fork()
        if child == 0:
            os._exit(_run(asked))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(asked: dict[str, Any]) -> int:
    import pytest

    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["root"])
    sys.path[0] = asked["root"]
    sys.dont_write_bytecode = not asked["compiling"]
    code = int(pytest.main(asked["args"]))
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    main()
