"""A demo as a process of its own, on the local network: here that is loopback."""

import re
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx

from server.demo.stage import HOST
from tests.ports import kept_port

WITHIN_S = 600.0


def serves_the_network(left: Path) -> None:
    """`make demo LAN=1 DEMO_ARGS=--keep`: what it prints is what a tablet opens."""
    with kept_port() as port:
        _serves_the_network(left, port)


def _serves_the_network(left: Path, port: int) -> None:
    words = ["--keep", "--lan-address", HOST, "--data", str(left), "--port", str(port)]
    file = left.with_name("said")
    with file.open("w") as out:
        demo = subprocess.Popen(
            [sys.executable, "-m", "server.demo", *words], stdout=out, stderr=subprocess.STDOUT
        )
    try:
        said = _until_it_stays(demo, file)
        app = re.search(r"On the network +(https://\S+/tablet/)", said)
        trust = re.search(r"open (http://\S+/) and download (\S+)\.", said)
        assert app is not None
        assert trust is not None
        assert re.search(r"^ +(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4} ", said, re.MULTILINE)
        assert "█" in said
        fetched = httpx.get(f"{trust[1]}{trust[2]}", trust_env=False, timeout=120).content
        phone = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(fetched))
        assert httpx.get(app[1], verify=phone, trust_env=False, timeout=120).status_code == 200
    finally:
        demo.terminate()
        assert demo.wait(WITHIN_S) == 0


def _until_it_stays(demo: subprocess.Popen[bytes], file: Path) -> str:
    until = time.monotonic() + WITHIN_S
    while "Ctrl-C ends it" not in (said := file.read_text("utf-8")):
        assert demo.poll() is None, said
        assert time.monotonic() < until, said
        time.sleep(0.1)
    return said
