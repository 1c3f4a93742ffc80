"""Attacks on a demo of the local network: what its authority could be made to vouch for, and what
the door without TLS gives away.
"""

import http.client
import socket
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import DNSName, NameConstraints

from server.demo.lan import lan_of, names_of
from server.demo.trust import FILE, trust_page
from tests.ports import kept_port

APP = "https://127.0.0.1:1/tablet/"


@pytest.mark.parametrize("machine", ["dev", "com", "cn", "dev.example.com", "app", "localhost"])
def test_no_machine_is_called_so_that_its_authority_speaks_for_strangers(machine: str) -> None:
    """A limit "dev" in a certificate lets in every name that ends in .dev."""
    for name in names_of(machine):
        assert name == "localhost" or name.endswith(".local"), name


def test_the_authority_is_limited_by_name_and_stays_with_whoever_made_it(tmp_path: Path) -> None:
    lan = lan_of(tmp_path, "127.0.0.1")
    made = x509.load_pem_x509_certificate(lan.authority.read_bytes())
    limits = made.extensions.get_extension_for_class(NameConstraints)
    assert limits.critical
    for each in limits.value.permitted_subtrees or ():
        if isinstance(each, DNSName):
            assert each.value == "localhost" or each.value.endswith(".local")
    assert (made.not_valid_after_utc - made.not_valid_before_utc).days <= 31
    assert lan.folder.stat().st_mode & 0o777 == 0o700
    for file in lan.folder.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


def test_the_door_without_tls_gives_the_certificate_and_a_page_and_nothing_else(
    tmp_path: Path,
) -> None:
    lan = lan_of(tmp_path, "127.0.0.1")
    with kept_port() as port, trust_page(lan, port, APP):
        found: dict[str, int] = {}
        for path in (
            "/", f"/{FILE}", "/authority.key", "/../authority.key", "/%2e%2e/authority.key",
            "/server.key", "/lan/authority.key", "/etc/passwd",
        ):  # fmt: skip
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            line.request("GET", path)
            answer = line.getresponse()
            assert b"PRIVATE" not in answer.read()
            found[path] = answer.status
        assert [path for path, status in found.items() if status == 200] == ["/", f"/{FILE}"]
        with socket.create_connection(("127.0.0.1", port), timeout=120) as silent:
            assert silent.recv(1) == b"", "who says nothing is let go"
