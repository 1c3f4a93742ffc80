"""sync/PROTOCOL.md is what strangers build from: its names, codes and numbers are held to the code.

`python -m tests.test_protocol_doc` writes the worked example of section 12 again.
"""

import inspect
import re
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec
import pytest

from crypto.commitment import commit
from crypto.envelope import (
    DownHeader,
    UpHeader,
    open_body,
    parse_down,
    parse_up,
    seal_down,
    seal_up,
    verify,
)
from crypto.keys import KemKeyPair, SigningKeyPair, Suite
from crypto.primitives import sha256
from server.actions.attachments.images import Fault
from server.actions.keeping.keyring import RECEIPT_LABEL
from server.actions.tablets.exchange import GAP, UNKNOWN_KEY, UNREADABLE, exchange
from server.api import DETAIL
from server.records.kinds import KINDS, REGISTER
from server.records.model import Subject
from sync import attachment_wire, digest, enrol_wire, hall_wire, limits, wire
from sync.journal import GENESIS
from sync.reconcile import OPEN, Reason, State
from tests.cast_forms import good
from tests.source import REPOSITORY
from tests.world import START_MS, SU, TEAM_A, ZHOU, an_id, enrol_by_hand, new_world

PROTOCOL: Final = REPOSITORY / "sync" / "PROTOCOL.md"
SUITE: Final = Suite.X25519_ED25519
MARKS: Final = ("<!-- example -->", "<!-- /example -->")
CODE: Final = re.compile(r"`([^`]+)`")
WIDTH: Final = 96


def text() -> str:
    return PROTOCOL.read_text("utf-8")


def section(title: str) -> str:
    """From a heading that starts so to the next heading of its rank or above."""
    found = re.search(rf"^(#+) {re.escape(title)}.*?$", text(), re.MULTILINE)
    assert found is not None, f"no section {title}"
    rank = len(found[1])
    rest = text()[found.end() :]
    after = re.search(rf"^#{{1,{rank}}} ", rest, re.MULTILINE)
    return rest[: after.start()] if after else rest


def rows(part: str) -> list[list[str]]:
    """Cells of every table row of a text, head and rule left out."""
    found: list[list[str]] = []
    lines = part.splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("|") and not line.startswith("|---") and not below.startswith("|---"):
            found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def names(part: str, column: int = 0) -> list[str]:
    return [code for row in rows(part) for code in CODE.findall(row[column])]


def messages(module: ModuleType) -> list[type[msgspec.Struct]]:
    return [
        each
        for name, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, msgspec.Struct)
        and each.__module__ == module.__name__
        and name[0] != "_"
    ]


MESSAGES: Final = [
    each for room in (wire, enrol_wire, attachment_wire, hall_wire) for each in messages(room)
]


@pytest.mark.parametrize(
    "message",
    MESSAGES,
    ids=lambda each: each.__name__,
)
def test_every_message_stands_there_with_all_its_members(message: type[msgspec.Struct]) -> None:
    part = section(f"`{message.__name__}`")
    first = re.match(r"\s*((?:\|.*\n)+)", part)
    assert first is not None
    table = rows(first[1])
    tag = message.__struct_config__.tag_field
    fields = msgspec.structs.fields(message)
    wanted = ([tag] if tag else []) + [each.encode_name for each in fields]
    assert [CODE.findall(row[0])[0] for row in table] == wanted
    if "default" in first[1].splitlines()[0]:
        optional = {each.encode_name for each in fields if not each.required}
        assert {CODE.findall(row[0])[0] for row in table if row[2]} == optional


@pytest.mark.parametrize(
    "message",
    MESSAGES,
    ids=lambda each: each.__name__,
)
def test_every_member_that_is_a_message_names_it(message: type[msgspec.Struct]) -> None:
    known = {each.__name__ for each in MESSAGES}
    table = {CODE.findall(row[0])[0]: row[1] for row in rows(section(f"`{message.__name__}`"))}
    for each in msgspec.structs.fields(message):
        inside = set(re.findall(r"\w+", str(each.type))) & known
        assert inside <= set(re.findall(r"\w+", table[each.encode_name]))


def test_no_message_stands_there_that_the_code_does_not_know() -> None:
    known = {each.__name__ for each in MESSAGES}
    assert set(re.findall(r"^#### `(\w+)`", text(), re.MULTILINE)) == known


def test_every_state_stands_there_as_open_or_final() -> None:
    table = {CODE.findall(row[0])[0]: row[1] for row in rows(section("6.2 States"))}
    assert set(table) == {each.value for each in State}
    assert {name for name, kind in table.items() if kind == "open"} == {each.value for each in OPEN}


def test_every_reason_stands_there() -> None:
    decided: set[str] = set()  # by a person, beside the reasons of the merge
    for path in (REPOSITORY / "server" / "actions").rglob("*.py"):
        decided |= set(re.findall(r'\.outcome\([^()]*, "(\w+)"\)', path.read_text("utf-8")))
    assert decided == {"accepted", "declined"}
    wanted = [each.value for each in Reason if each is not Reason.NONE]
    assert sorted(names(section("6.3 Reasons"))) == sorted([*wanted, *decided])


def test_every_reason_for_an_unreadable_batch_stands_there() -> None:
    source = (REPOSITORY / "server" / "actions" / "tablets" / "intake.py").read_text("utf-8")
    stated = set(re.findall(r'unreadable\("(\w+)"\)', source)) - {"changes_outside_chain"}
    opening = {"cannot_open", "bad_padding", "bad_deflate", "too_large_inflated"}
    paragraph = (
        section("6.1 The custody receipt").partition("`whole` is one of")[2].partition(".")[0]
    )
    assert set(CODE.findall(paragraph)) == stated | opening


def test_every_refusal_stands_there_with_what_the_tablet_does() -> None:
    part = section("9 Refusals")
    table = {CODE.findall(row[0])[0]: row for row in rows(part.partition("####")[0])}
    assert set(table) == {UNKNOWN_KEY, GAP, UNREADABLE, *DETAIL}
    assert all(row[3] for row in table.values())


def test_every_reason_against_a_picture_stands_there() -> None:
    source = (REPOSITORY / "server" / "actions" / "tablets" / "attachments.py").read_text("utf-8")
    stated = set(re.findall(r'        return "(\w+)"', source))
    assert set(names(section("8.9 Attachments").partition("####")[0])) == stated | {
        each.value for each in Fault
    }


def test_every_command_the_server_sends_stands_there() -> None:
    sent: set[str] = set()
    for path in (REPOSITORY / "server" / "actions").rglob("*.py"):
        sent |= set(re.findall(r'Command\(do="(\w+)"', path.read_text("utf-8")))
    part = section("9 Refusals").partition("| command |")[2]
    table = {CODE.findall(row[0])[0]: row[1] for row in rows("| command |" + part)}
    assert {name for name, now in table.items() if now == "yes"} == sent


def test_every_limit_stands_there_with_its_value_and_what_happens() -> None:
    table = {CODE.findall(row[0])[0]: row for row in rows(section("11 Limits"))}
    wanted = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert {name: int(row[1]) for name, row in table.items()} == wanted
    assert all(row[2] for row in table.values())


def test_the_register_and_the_kinds_are_those_of_the_catalogue() -> None:
    part = section("5.1 Forms")
    shapes = {
        (kind.id, str(kind.version)): kind.shape.value
        for kind in KINDS.values()
        if kind.subject is Subject.RESIDENT
    }
    before, _, after = part.partition("| policy |")
    assert {(CODE.findall(r[0])[0], r[1]): r[2] for r in rows(before)} == shapes
    policies: dict[str, list[str]] = defaultdict(list)
    for each in REGISTER.fields:
        policies[each.policy.value].append(each.name)
    found = {CODE.findall(r[0])[0]: CODE.findall(r[1]) for r in rows("| policy |" + after)}
    assert found == policies


def test_every_label_of_the_wire_stands_there() -> None:
    labels: set[str] = set()
    for path in ("sync/digest.py", "sync/enrol_wire.py", "sync/attachment_wire.py",
                 "sync/hall_wire.py",
                 "server/actions/keeping/keyring.py",
                 "server/actions/tablets/intake.py"):  # fmt: skip
        source = (REPOSITORY / path).read_text("utf-8")
        labels |= set(re.findall(r'b"(gongwei/[a-z/-]+)\\x00"', source))
    assert len(labels) >= 7
    assert {each for each in labels if f'"{each}\\0"' not in text()} == set()


# ---- the worked example ---------------------------------------------------------------------


def kem(byte: int) -> KemKeyPair:
    return KemKeyPair.from_private(SUITE, bytes([byte]) * 32)


def signer(byte: int) -> SigningKeyPair:
    return SigningKeyPair.from_private(SUITE, bytes([byte]) * 32)


TABLET, TABLET_SIGN, SERVER, SERVER_SIGN = kem(0x11), signer(0x22), kem(0x33), signer(0x44)
DEVICE: Final = an_id("tablet 07")
VISIT: Final = an_id("visit of the worked example")
TRUST: Final = 1_000  # version of the bundle of a new district


def example_batch() -> wire.Batch:
    """One follow-up, saved ten minutes before it was sealed."""
    visit = wire.Change(
        id=VISIT, resident=ZHOU, kind="htn_followup", v=1, on="2026-11-20",
        at=START_MS - 600_000, mono=1_200_000,
        body=msgspec.Raw(wire.encode(good("htn_followup", next_date="2027-02-18"))),
    )  # fmt: skip
    return wire.Batch(
        v=1, app="example/1", schema=1, staff=SU, created=START_MS, secret=bytes(range(32)),
        sessions=(
            wire.Session(id=bytes(range(8)), wall=START_MS, mono=1_800_000, offset=0, sigma=40),
        ),
        known=(wire.Known(panel=TEAM_A, epoch=1, csn=0, at=START_MS - 3_600_000),),
        changes=(msgspec.Raw(wire.encode(visit)),), pending=1, oldest=START_MS - 600_000,
        trust=TRUST,
    )  # fmt: skip


def up_header(batch: wire.Batch, *, kid: bytes, by: bytes) -> UpHeader:
    root = commit(batch.secret, [bytes(each) for each in batch.changes]).root
    return UpHeader(
        suite=SUITE, kid=kid, device=DEVICE, signer=by, epoch=1, seq=1, counter=None, prev=GENESIS,
        root=root, replaces=(),
    )  # fmt: skip


def example_answer(envelope: bytes) -> wire.Answer:
    receipt = wire.encode(
        wire.Receipt(device=DEVICE, epoch=1, seq=1, batch=sha256(envelope), at=START_MS, n=1)
    )
    return wire.Answer(
        v=1, now=START_MS, head=wire.ChainHead(epoch=1, seq=1, digest=sha256(envelope)),
        receipt=wire.SignedReceipt(
            receipt=msgspec.Raw(receipt), signer=SERVER_SIGN.public.kid(),
            signature=SERVER_SIGN.sign(RECEIPT_LABEL + receipt),
        ),
        backed_up=wire.BackedUp(epoch=0, seq=0, at=0), lease=START_MS + limits.LEASE_MS,
    )  # fmt: skip


def blocks() -> dict[str, str]:
    """The code blocks of the example by the name after their fence, line breaks taken out."""
    part = text().partition(MARKS[0])[2].partition(MARKS[1])[0]
    found = re.findall(r"^```(\S+)\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    return {name: body.replace("\n", "") for name, body in found}


def test_the_example_goes_up_as_it_is_shown() -> None:
    shown, batch = blocks(), example_batch()
    raw = bytes.fromhex(shown["up"])
    sealed = parse_up(raw, limits.ENVELOPE_BYTES)
    verify(sealed, TABLET_SIGN.public)
    assert sealed.header == up_header(batch, kid=SERVER.public.kid(), by=TABLET_SIGN.public.kid())
    assert sealed.header_bytes.decode() == shown["up-header"]
    body = open_body(sealed, SERVER, limits.BODY_BYTES)
    assert body == wire.encode(batch)
    assert body.decode() == shown["up-body"]


def test_the_example_comes_down_as_it_is_shown() -> None:
    shown = blocks()
    up = bytes.fromhex(shown["up"])
    sealed = parse_down(bytes.fromhex(shown["down"]), limits.ANSWER_BYTES)
    verify(sealed, SERVER_SIGN.public)
    assert sealed.header.request == sha256(up)
    assert sealed.header_bytes.decode() == shown["down-header"]
    body = open_body(sealed, TABLET, limits.ANSWER_BYTES)
    assert body == wire.encode(example_answer(up))
    assert body.decode() == shown["down-body"]
    receipt = wire.answer(body).receipt
    assert receipt is not None
    raw = bytes(receipt.receipt)
    assert SERVER_SIGN.public.verify(RECEIPT_LABEL + raw, receipt.signature)


def test_the_numbers_beside_the_example_are_right() -> None:
    assert example_facts(bytes.fromhex(blocks()["up"])) in text()


async def test_the_server_answers_the_example_as_it_is_shown(tmp_path: Path) -> None:
    shown = wire.answer(blocks()["down-body"].encode())
    async with new_world(f"sqlite:///{tmp_path}/example", tmp_path) as world:
        keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
        server = world.site.keys.newest_kem[SUITE].public
        batch = example_batch()
        header = up_header(batch, kid=server.kid(), by=keys.sign.public.kid())
        raw = seal_up(header, wire.encode(batch), recipient=server, signer=keys.sign)
        done = await exchange(world.site, raw)
        sealed = parse_down(done.answer, limits.ANSWER_BYTES)
        answer = wire.answer(open_body(sealed, keys.kem, limits.ANSWER_BYTES))
    assert keys.device == DEVICE
    ours, theirs = said(answer, sha256(raw)), said(shown, bytes.fromhex(digest_of(blocks()["up"])))
    assert ours == theirs


def digest_of(shown: str) -> str:
    return sha256(bytes.fromhex(shown)).hex()


def said(answer: wire.Answer, envelope: bytes) -> dict[str, Any]:
    """An answer without what differs with the keys: signatures, and the digest of the envelope."""
    assert answer.head is not None
    assert answer.receipt is not None
    receipt = wire.receipt(answer.receipt.receipt)
    assert answer.head.digest == receipt.batch == envelope
    plain = msgspec.json.decode(wire.encode(answer))
    plain["head"]["digest"] = ""
    plain["receipt"] = msgspec.json.decode(wire.encode(receipt)) | {"batch": ""}
    return plain


def folded(content: str) -> str:
    return "\n".join(content[n : n + WIDTH] for n in range(0, len(content), WIDTH))


def example_facts(up: bytes) -> str:
    batch = example_batch()
    made = commit(batch.secret, [bytes(each) for each in batch.changes])
    rev = (1 << 32) + 1
    return "\n".join(
        (
            "| what | hex |",
            "|---|---|",
            f"| kid of the tablet's KEM key, private 1111... | `{TABLET.public.kid().hex()}` |",
            f"| kid of its signing key, private 2222... | `{TABLET_SIGN.public.kid().hex()}` |",
            f"| kid of the server's KEM key, private 3333... | `{SERVER.public.kid().hex()}` |",
            f"| kid of its signing key, private 4444... | `{SERVER_SIGN.public.kid().hex()}` |",
            f"| k_0 of the commitment | `{made.keys[0].hex()}` |",
            f"| leaf_0 | `{made.leaves[0].hex()}` |",
            f"| root, `r` | `{made.root.hex()}` |",
            f"| digest of the envelope | `{sha256(up).hex()}` |",
            f"| digest leaf of the record, A, rev {rev} | `{digest.leaf(VISIT, 'A', rev):032x}` |",
            f"| bucket of the resident | `{digest.bucket(ZHOU)}` |",
        )
    )


def write_example() -> None:
    batch = example_batch()
    header = up_header(batch, kid=SERVER.public.kid(), by=TABLET_SIGN.public.kid())
    up = seal_up(header, wire.encode(batch), recipient=SERVER.public, signer=TABLET_SIGN)
    answer = example_answer(up)
    down_header = DownHeader(
        suite=SUITE, kid=TABLET.public.kid(), signer=SERVER_SIGN.public.kid(), device=DEVICE,
        request=sha256(up), feed_epoch=1, trust=TRUST,
    )  # fmt: skip
    down = seal_down(down_header, wire.encode(answer), recipient=TABLET.public, signer=SERVER_SIGN)
    up_text = parse_up(up, len(up)).header_bytes.decode()
    down_text = parse_down(down, len(down)).header_bytes.decode()
    shown = (
        ("up-header", "Header of the envelope", up_text),
        ("up-body", "Its body; line breaks are of this page only", wire.encode(batch).decode()),
        ("up", "The whole envelope, hex", up.hex()),
        ("down-header", "Header of the answer", down_text),
        ("down-body", "Its body", wire.encode(answer).decode()),
        ("down", "The whole answer, hex", down.hex()),
    )
    parts = [f"{said_}:\n\n```{name}\n{folded(body)}\n```\n" for name, said_, body in shown]
    content = "\n".join((MARKS[0], "", example_facts(up), "", *parts, MARKS[1]))
    before, _, rest = text().partition(MARKS[0])
    PROTOCOL.write_text(before + content + rest.partition(MARKS[1])[2], "utf-8")


if __name__ == "__main__":
    write_example()
