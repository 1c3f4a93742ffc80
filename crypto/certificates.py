"""X.509 for a demo on a local network: an authority that vouches for little, and a certificate.

No tablet and no message rests on this: the wire has keys of its own (SPEC.md). It is for browsers,
which give a page a service worker and the camera over TLS they trust only.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate and its private key, PEM."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        return "Certified(hidden)"


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a certificate is good."""

    since: datetime
    until: datetime


def new_authority(
    name: str, span: Span, names: Sequence[str], networks: Sequence[str]
) -> Certified:
    """It can vouch for these names and for addresses of these networks, and for nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named(name)
    made = (
        _builder(subject, subject, key, span)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_limits(names, networks), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _certified(made, key)


def new_certificate(
    authority: Certified, name: str, span: Span, names: Sequence[str], addresses: Sequence[str]
) -> Certified:
    """For a server of these names and addresses. Raises ValueError for a broken authority."""
    above, signer = x509.load_pem_x509_certificate(authority.certificate), _signer(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    said: list[x509.GeneralName] = [x509.DNSName(each) for each in names]
    said += [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    made = (
        _builder(_named(name), above.subject, key, span)
        .add_extension(x509.SubjectAlternativeName(said), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(signer, hashes.SHA256())
    )
    return _certified(made, key)


def still_good(
    authority: Certified, at: datetime, names: Sequence[str], networks: Sequence[str]
) -> bool:
    """Whether it is an authority with its key, good at that moment, for exactly these."""
    try:
        made, key = x509.load_pem_x509_certificate(authority.certificate), _signer(authority)
        limits = made.extensions.get_extension_for_class(x509.NameConstraints).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    return (
        made.public_key() == key.public_key()
        and made.not_valid_before_utc <= at < made.not_valid_after_utc
        and limits == _limits(names, networks)
    )


def der(certificate: bytes) -> bytes:
    """As phones take it."""
    made = x509.load_pem_x509_certificate(certificate)
    return made.public_bytes(serialization.Encoding.DER)


def fingerprint(certificate: bytes) -> str:
    """SHA-256, as phones show it."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex(":").upper()


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, span: Span
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(span.since)
        .not_valid_after(span.until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _limits(names: Sequence[str], networks: Sequence[str]) -> x509.NameConstraints:
    return x509.NameConstraints(
        permitted_subtrees=[
            *(x509.DNSName(each) for each in names),
            *(x509.IPAddress(ipaddress.ip_network(each)) for each in networks),
        ],
        excluded_subtrees=None,
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates,
        crl_sign=signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _signer(authority: Certified) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(authority.key, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not the key of an authority")
    return key


def _certified(made: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Certified:
    return Certified(
        made.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )  # fmt: skip
