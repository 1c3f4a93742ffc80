"""A demo on the local network: real TLS by an authority of its own, and the page that explains it.

Everything here listens on loopback, as `--lan-address 127.0.0.1` would have it.
"""

import io
import re
import ssl
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from rich.console import Console

from server.demo.desk import Desk
from server.demo.lan import AUTHORITY_DAYS, Lan, lan_of
from server.demo.stage import Stage, prepare, served
from server.demo.trust import FILE, show_trust, trust_page
from server.errors import StartRefused
from tests.ports import kept_port

HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def lan(tmp_path_factory: pytest.TempPathFactory) -> Lan:
    return lan_of(tmp_path_factory.mktemp("lan"), HERE)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An empty district, served over TLS."""
    folder = tmp_path_factory.mktemp("demo") / "demo-data"
    prepare(folder)
    with kept_port() as port:
        made = Stage(folder, port, lan_of(folder, HERE))
        Desk.of(made).found()
        with served(made):
            yield made


def lan_in(stage: Stage) -> Lan:
    assert stage.lan is not None
    return stage.lan


def test_who_trusts_the_authority_opens_the_printed_address(stage: Stage) -> None:
    assert stage.address == f"https://{HERE}:{stage.port}"
    with httpx.Client(verify=lan_in(stage).trusting(), trust_env=False, timeout=120) as phone:
        page = phone.get(f"{stage.address}/tablet/")
        assert page.status_code == 200
        assert "<html" in page.text
        assert phone.get(f"{stage.address}/tablet/sw.js").status_code == 200
        by_name = phone.get(f"https://localhost:{stage.port}/health/ready")
        assert by_name.json()["status"] == "ready"


def test_who_does_not_trust_it_is_kept_from_the_page(stage: Stage) -> None:
    with httpx.Client(trust_env=False, timeout=120) as stranger, pytest.raises(httpx.ConnectError):
        stranger.get(f"{stage.address}/tablet/")


def test_nothing_is_served_in_the_clear_on_that_port(stage: Stage) -> None:
    with httpx.Client(trust_env=False, timeout=120) as plain, pytest.raises(httpx.TransportError):
        plain.get(f"http://{HERE}:{stage.port}/tablet/")


def test_keys_are_for_the_owner_only(lan: Lan) -> None:
    for file in (lan.authority_key, lan.key, lan.authority, lan.certificate):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(lan.folder.stat().st_mode) == 0o700


def test_the_authority_is_short_lived_and_vouches_for_private_networks_only(lan: Lan) -> None:
    made = x509.load_pem_x509_certificate(lan.authority.read_bytes())
    assert made.not_valid_after_utc < datetime.now(UTC) + timedelta(days=AUTHORITY_DAYS + 1)
    limits = made.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert made.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    leaf = x509.load_pem_x509_certificate(lan.certificate.read_bytes())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert HERE in map(str, names.get_values_for_type(x509.IPAddress))


def test_a_bank_signed_by_the_stolen_authority_is_not_believed(lan: Lan, tmp_path: Path) -> None:
    above = x509.load_pem_x509_certificate(lan.authority.read_bytes())
    stolen = serialization.load_pem_private_key(lan.authority_key.read_bytes(), None)
    assert isinstance(stolen, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(above.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=True
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(stolen.public_key()), critical=False
        )
        .sign(stolen, hashes.SHA256())
    )  # fmt: skip
    (tmp_path / "c").write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "k").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "c", tmp_path / "k")
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shake_hands(server, lan.trusting(), "bank.example")


def test_an_honest_handshake_in_memory_is_believed(lan: Lan) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(lan.certificate, lan.key)
    shake_hands(server, lan.trusting(), "localhost")


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(down, up, server_hostname=name)
    there = server.wrap_bio(up, down, server_side=True)
    left = [here, there]
    for _ in range(10):
        for each in tuple(left):
            try:
                each.do_handshake()
            except ssl.SSLWantReadError:
                continue
            left.remove(each)
        if not left:
            return
    raise AssertionError("the handshake did not end")


def test_the_authority_is_kept_for_the_next_time_and_the_certificate_is_new(tmp_path: Path) -> None:
    first = lan_of(tmp_path, HERE)
    authority, leaf = first.authority.read_bytes(), first.certificate.read_bytes()
    second = lan_of(tmp_path, HERE)
    assert second.authority.read_bytes() == authority, "phones that trust it go on"
    assert second.certificate.read_bytes() != leaf
    second.authority_key.unlink()
    assert lan_of(tmp_path, HERE).authority.read_bytes() != authority


def test_the_page_gives_the_certificate_and_says_how_it_is_trusted_and_removed(lan: Lan) -> None:
    with (
        kept_port() as port,
        trust_page(lan, port, f"https://{HERE}:1/tablet/") as address,
        httpx.Client(base_url=address, trust_env=False, timeout=120) as phone,
    ):
        page = phone.get("/")
        assert page.status_code == 200
        for said in ("下载证书", "安装证书", "证书信任设置", "取消信任", "/tablet/"):
            assert said in page.text
        assert lan.fingerprint() in page.text
        file = phone.get(f"/{FILE}")
        assert file.headers["content-type"] == "application/x-x509-ca-cert"
        made = x509.load_der_x509_certificate(file.content)
        assert made.fingerprint(hashes.SHA256()).hex(":").upper() == lan.fingerprint()
        for path in ("/authority.key", "/lan/authority.key", "/../lan/server.key"):
            assert phone.get(path).status_code == 404


def test_the_terminal_prints_the_address_as_a_square_and_three_lines(lan: Lan) -> None:
    out = io.StringIO()
    app = f"https://{HERE}:8470/tablet/"
    show_trust(Console(file=out, width=80), lan, f"http://{HERE}:8471/", app)
    said = out.getvalue()
    assert app in said
    assert said.count("█") > 50
    assert re.findall(r"^   ([123]) (trust|open|remove)", said, re.MULTILINE) == [
        ("1", "trust"), ("2", "open"), ("3", "remove"),
    ]  # fmt: skip
    assert str(lan.folder) in said


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="192"):
        lan_of(tmp_path, "the-office")


def test_serve_takes_a_certificate_only_with_its_key(stage: Stage, lan: Lan) -> None:
    alone = replace(stage, lan=None)
    with pytest.raises(StartRefused, match="TLS takes both"):
        alone.run("serve", "--certificate", str(lan.certificate))
    other = lan_in(stage)
    with pytest.raises(StartRefused, match="not a certificate and its key"):
        alone.run("serve", "--certificate", str(lan.certificate), "--key", str(other.key))
