"""The page by which a phone comes to trust a demo on the local network: plain HTTP beside the
server, because a phone that does not trust it yet can fetch nothing else.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import qrcode
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Console

from crypto.certificates import der
from server.demo.lan import AUTHORITY_DAYS, NAME, Lan

FILE: Final = "gongwei-demo.crt"
PATIENCE_S: Final = 5  # who opens a line and says nothing holds no thread for ever
HTML: Final = "text/html; charset=utf-8"
_TEMPLATE: Final = "trust.html.j2"


@contextmanager
def trust_page(lan: Lan, port: int, app: str) -> Generator[str]:
    """Serves the certificate and how to install it; the address while the block runs."""
    answers = {
        "/": (HTML, _page(lan, app).encode()),
        f"/{FILE}": (
            "application/x-x509-ca-cert", der(lan.authority.read_bytes()),
        ),
    }  # fmt: skip

    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def do_GET(self) -> None:
            kind, content = answers.get(self.path.partition("?")[0], ("text/plain", b""))
            self.send_response(200 if content else 404)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.send_header("x-content-type-options", "nosniff")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing: the terminal belongs to the demo."""

    with ThreadingHTTPServer((lan.listen, port), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{lan.address}:{port}/"
        finally:
            server.shutdown()
            thread.join()


def _page(lan: Lan, app: str) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(_TEMPLATE).render(
        app=app, file=FILE, name=NAME, days=AUTHORITY_DAYS, fingerprint=lan.fingerprint()
    )


def show_trust(console: Console, lan: Lan, trust: str, app: str) -> None:
    """The address as a QR symbol, and in three lines how a phone trusts it and how that ends."""
    square = qrcode.QRCode(border=2)
    square.add_data(app)
    console.print(f"\n[bold]On the network[/]  {app}", soft_wrap=True)
    square.print_ascii(out=console.file, invert=True)
    console.print(
        f"   1 trust   On the phone or tablet open {trust} and download {FILE}. Android: Settings, "
        "Security, Encryption and credentials, Install a certificate, CA certificate.",
        soft_wrap=True,
    )
    console.print(
        f"   2 open    Compare the fingerprint {lan.fingerprint()[:23]}..., then scan the square.",
        soft_wrap=True,
    )
    console.print(
        f"   3 remove  Same place, Trusted credentials, User: {NAME}, Remove. Here: delete "
        f"{lan.folder}, which holds the authority's key.",
        soft_wrap=True,
    )
