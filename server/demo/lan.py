"""A demo on the local network: a certificate authority of its own, in its own folder.

A browser gives a page a service worker and the camera only over TLS it trusts. So the demo makes an
authority on the spot, and with it a certificate for the addresses of the day. The authority can
vouch for private networks and this machine's names only: a phone that goes on trusting it, and
somebody who gets its key, still cannot be told that a bank is here.
"""

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from crypto.certificates import (
    Certified,
    Span,
    fingerprint,
    new_authority,
    new_certificate,
    still_good,
)
from server.errors import StartRefused
from server.settings import now_ms

EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 (a demo on the local network is what was asked for)
NAME: Final = "Gongwei demo"
AUTHORITY_DAYS: Final = 30
LEAF_DAYS: Final = 7
PRIVATE: Final = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8",
    "fc00::/7", "fe80::/10", "::1/128",
)  # fmt: skip
_EARLIER: Final = timedelta(days=1)  # a phone's clock may be behind


@dataclass(frozen=True, slots=True)
class Lan:
    """`address`: what is printed; `listen`: what the server binds."""

    address: str
    listen: str
    folder: Path

    @property
    def authority(self) -> Path:
        """The certificate a phone is to trust."""
        return self.folder / "authority.crt"

    @property
    def authority_key(self) -> Path:
        return self.folder / "authority.key"

    @property
    def certificate(self) -> Path:
        return self.folder / "server.crt"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"

    def trusting(self) -> ssl.SSLContext:
        """For a client that trusts this authority and nobody else."""
        return ssl.create_default_context(cafile=str(self.authority))

    def fingerprint(self) -> str:
        """Of the authority's certificate, as phones show it."""
        return fingerprint(self.authority.read_bytes())


def lan_of(folder: Path, chosen: str | None) -> Lan:
    """Certificates for the address that was chosen, or the one by which others reach this machine.

    Raises StartRefused when it has none.
    """
    address = _valid(chosen) if chosen else _own_address()
    lan = Lan(address, chosen or EVERYWHERE, folder / "lan")
    lan.folder.mkdir(mode=0o700, exist_ok=True)
    _make(lan)
    return lan


def _valid(chosen: str) -> str:
    try:
        return str(ipaddress.ip_address(chosen))
    except ValueError:
        raise StartRefused("--lan-address takes an address as 192.168.1.5.") from None


def _own_address() -> str:
    """The address of the interface that leads out; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            address = "127.0.0.1"
        else:
            address = str(probe.getsockname()[0])
    if ipaddress.ip_address(address).is_loopback:
        raise StartRefused(
            "This machine is on no network: join one, or name its address with --lan-address."
        )
    return address


def _make(lan: Lan) -> None:
    """The authority of before while it is good, for phones trust it already; a new certificate."""
    names, addresses = names_of(socket.gethostname()), sorted({lan.address, "127.0.0.1"})
    networks = [*PRIVATE, *(each for each in addresses if not _is_private(each))]
    now = datetime.fromtimestamp(now_ms() // 1000, UTC)
    authority = _kept(lan)
    over = now + timedelta(days=LEAF_DAYS)
    if authority is None or not still_good(authority, over, names, networks):
        span = Span(now - _EARLIER, now + timedelta(days=AUTHORITY_DAYS))
        authority = new_authority(f"{NAME} {now:%Y-%m-%d}", span, names, networks)
        _write(lan.authority_key, authority.key)
        _write(lan.authority, authority.certificate)
    made = new_certificate(authority, NAME, Span(now - _EARLIER, over), names, addresses)
    _write(lan.key, made.key)
    _write(lan.certificate, made.certificate)


def _kept(lan: Lan) -> Certified | None:
    if not (lan.authority.is_file() and lan.authority_key.is_file()):
        return None
    return Certified(lan.authority.read_bytes(), lan.authority_key.read_bytes())


def names_of(machine: str) -> list[str]:
    """localhost and what this machine is called on its own network, as far as that can stand in a
    certificate. Never its bare name: to a phone that name stands for everything below it, and a
    machine may be called like the end of public ones ("dev").
    """
    host = machine.partition(".")[0].lower()
    plain = host.isascii() and host.replace("-", "").isalnum()
    return ["localhost", *([f"{host}.local"] if plain and host != "localhost" else [])]


def _is_private(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return any(parsed in ipaddress.ip_network(each) for each in PRIVATE)


def _write(file: Path, content: bytes) -> None:
    """With mode 0600 from its first byte on."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(content)
