"""`keys`: the key-encryption file, the server's own keys, their fingerprints."""

import asyncio
from dataclasses import dataclass
from typing import Final

import click

from crypto.columns import add_kek
from crypto.keys import Suite
from server.actions.archives.ledger import audit
from server.actions.checkup.codes import list_changed
from server.actions.keeping import kek
from server.actions.keeping.keyring import renew_code, renew_kem
from server.actions.keeping.site import Site, district_key_blob
from server.actions.keeping.upkeep import KEY_FILE_READ_S
from server.cli.session import check_kek, in_site, run, settings
from server.cli.show import as_json, listing
from server.errors import StartRefused
from server.store.tx import Tx
from server.store.vault import NOBODY

READ_BY_ALL_S: Final = 3 * KEY_FILE_READ_S


@dataclass(frozen=True, slots=True)
class KeyLine:
    purpose: str
    suite: str
    kid: bytes
    fingerprint: bytes


@click.group()
def keys() -> None:
    """Keys: make, renew, rotate, compare."""


@keys.command()
def init() -> None:
    """Make the key file of a new installation.

    It has mode 0600.
    Without it nothing in the database or a backup can be read: copy it to a safe place, apart from
    both.

    \b
    Example:
      GONGWEI_KEK_FILE=/etc/gongwei/kek python -m server keys init
    """
    path = settings().kek_file
    if path.exists():
        raise StartRefused(f"{path} exists already and is left as it is.")
    path.parent.mkdir(parents=True, exist_ok=True)
    add_kek(path)
    click.echo(f"Made {path}. Keep a copy apart from the database and its backups.")


@keys.command()
@click.option("--now", is_flag=True, help="No server is running: do not wait for one.")
def rotate_kek(now: bool) -> None:
    """Add a new key-encryption key.

    Every data key is wrapped with it; values stay as they are.

    Servers may run: they read the new key from the same file before it is first used.

    \b
    Example:
      python -m server keys rotate-kek
    """
    current = settings()
    run(check_kek(current))
    target = current.kek_file

    async def rotate(site: Site) -> int:
        await kek.add(site, target)
        if not now:
            await asyncio.sleep(READ_BY_ALL_S)
        return await kek.rewrap(site)

    count = in_site(rotate)
    click.echo(f"Rotated: {count} data keys are wrapped by the new key of {target}.")


@keys.command()
def renew() -> None:
    """Renew the key that tablets seal for.

    The old ones go on opening.

    Tablets are given it after the next backup: one that no backup holds is lost with the disk.

    \b
    Example:
      python -m server keys renew
    """

    async def renewed(site: Site) -> int:
        async def write(tx: Tx) -> int:
            now = site.clock()
            blob = await district_key_blob(tx, site.district)
            epoch = await renew_kem(tx, site.vault, site.vault.key(NOBODY, blob), now)
            await audit(tx, site.district, "act", b"renew-kem" + epoch.to_bytes(8), now)
            return epoch

        return await site.store.write(write)

    epoch = in_site(renewed)
    click.echo(f"Epoch {epoch} is made; tablets are given it once a backup holds it.")


@keys.command()
def renew_cards() -> None:
    """Renew the key that signs cards and day codes.

    Codes of the old one stay good until they end.

    \b
    Example:
      python -m server keys renew-cards
    """

    async def renewed(site: Site) -> int:
        async def write(tx: Tx) -> int:
            now = site.clock()
            blob = await district_key_blob(tx, site.district)
            epoch = await renew_code(tx, site.vault, site.vault.key(NOBODY, blob), now)
            await list_changed(tx, site)
            await audit(tx, site.district, "act", b"renew-code" + epoch.to_bytes(8), now)
            return epoch

        return await site.store.write(write)

    epoch = in_site(renewed)
    click.echo(f"Epoch {epoch} signs new cards and day codes from now on.")


@keys.command()
@as_json
def show(as_json: bool) -> None:
    """Fingerprints of the server's public keys.

    To compare with a tablet's screen.

    \b
    Example:
      python -m server keys show
    """

    async def read(site: Site) -> list[KeyLine]:
        ring = site.keys
        signing = {"sign": ring.sign, "audit": ring.audit, "trust": ring.trust}
        lines = [
            KeyLine("kem", _suite(suite), pair.public.kid(), pair.public.fingerprint())
            for suite, pair in ring.newest_kem.items()
        ]
        for purpose, pairs in signing.items():
            lines += [
                KeyLine(purpose, _suite(suite), pair.public.kid(), pair.public.fingerprint())
                for suite, pair in pairs.items()
            ]
        lines += [
            KeyLine("code", _suite(pair.suite), pair.public.kid(), pair.public.fingerprint())
            for pair in ring.code.values()
        ]
        return lines

    listing(in_site(read), as_json=as_json, title="Server keys")


def _suite(suite: Suite) -> str:
    return f"{int(suite)} {suite.name}"
