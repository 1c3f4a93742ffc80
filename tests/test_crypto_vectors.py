"""Our own vectors, written by an independent hand, against the room."""

import json
from pathlib import Path
from typing import Any

import pytest

from crypto import audit, columns, commitment, enrolment
from crypto.envelope import EnvelopeRefused, Refusal, open_body, parse_down, parse_up, verify
from crypto.keys import KemKeyPair, SigningKeyPair, SigningPublicKey, Suite
from tests.vectors.generate_crypto import documents, text_of

FOLDER = Path(__file__).parent / "vectors"


def load(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def hexes(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


ENVELOPES = {suite: load(f"envelope_suite{suite}.json") for suite in (1, 3)}
ENVELOPE_CASES = [
    pytest.param(suite, case, id=f"suite {suite}: {case['name']}")
    for suite, document in ENVELOPES.items()
    for case in document["cases"]
]
PAIRS = {
    suite: (
        {
            role: KemKeyPair.from_private(Suite(suite), bytes.fromhex(raw))
            for role, raw in document["private_keys"].items()
        },
        {
            role: SigningKeyPair.from_private(Suite(suite), bytes.fromhex(raw))
            for role, raw in document["private_keys"].items()
        },
    )
    for suite, document in ENVELOPES.items()
}


def test_the_generator_writes_exactly_the_committed_files() -> None:
    for name, document in documents().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text_of(document), name


def outcome(suite: int, case: dict[str, Any]) -> tuple[str, bytes | None]:
    kems, signers = PAIRS[suite]
    data = bytes.fromhex(case["bytes"])
    try:
        if case.get("direction") == "down":
            answer = parse_down(data, case["max_bytes"])
            verify(answer, signers["server_sign"].public)
            return "ok", open_body(answer, kems["device_kem"], case["max_inflated"])
        batch = parse_up(data, case["max_bytes"])
        verify(batch, signers["device_sign"].public)
        return "ok", open_body(batch, kems["server_kem"], case["max_inflated"])
    except EnvelopeRefused as refused:
        return refused.kind.value, None


@pytest.mark.parametrize(("suite", "case"), ENVELOPE_CASES)
def test_an_envelope_meets_its_expected_end(suite: int, case: dict[str, Any]) -> None:
    body = bytes.fromhex(case["body"]) if "body" in case else None
    assert outcome(suite, case) == (case["expect"], body)


def test_every_refusal_has_a_vector() -> None:
    seen = {case["expect"] for document in ENVELOPES.values() for case in document["cases"]}
    assert seen == {"ok"} | {kind.value for kind in Refusal}


@pytest.mark.parametrize("suite", [1, 3])
def test_kids_agree(suite: int) -> None:
    kems, signers = PAIRS[suite]
    kids = ENVELOPES[suite]["kids"]
    assert kems["server_kem"].public.kid().hex() == kids["server_kem"]
    assert kems["device_kem"].public.kid().hex() == kids["device_kem"]
    assert signers["server_sign"].public.kid().hex() == kids["server_sign"]
    assert signers["device_sign"].public.kid().hex() == kids["device_sign"]


COLUMNS = load("columns.json")


@pytest.mark.parametrize("case", COLUMNS["values"], ids=lambda case: case["name"])
def test_a_sealed_value_opens_in_its_place_only(case: dict[str, Any]) -> None:
    key = columns.DataKey(COLUMNS["data_key"]["version"], bytes.fromhex(COLUMNS["data_key"]["key"]))
    spot = case["place"] | {
        "row": bytes.fromhex(case["place"]["row"]),
        "resident": bytes.fromhex(case["place"]["resident"]),
    }
    where, blob = columns.place(**spot), bytes.fromhex(case["blob"])
    if case["opens_to"] is None:
        with pytest.raises(columns.ColumnRefused):
            key.open(where, blob)
    else:
        assert key.open(where, blob).hex() == case["opens_to"]


@pytest.mark.parametrize("case", COLUMNS["wrapped"], ids=lambda case: case["name"])
def test_a_wrapped_key_opens_for_its_owner_only(case: dict[str, Any]) -> None:
    keks = [columns.Kek(int(number), bytes.fromhex(key)) for number, key in COLUMNS["keks"].items()]
    ring, owner = columns.KekRing(keks), bytes.fromhex(case["owner"])
    blob = bytes.fromhex(case["blob"])
    if case["opens_to"] is None:
        with pytest.raises(columns.ColumnRefused):
            columns.unwrap(ring, district=case["district"], owner=owner, blob=blob)
    else:
        key = columns.unwrap(ring, district=case["district"], owner=owner, blob=blob)
        assert (key.version, key.key_bytes().hex()) == (4, case["opens_to"])


def test_blind_indexes_agree_in_every_writing() -> None:
    index = columns.BlindIndex(bytes.fromhex(COLUMNS["blind_index_key"]))
    for row in COLUMNS["id_numbers"]:
        assert columns.normalise_id_number(row["text"]) == row["normal"]
        assert index.of_id_number(row["text"]).hex() == row["index"]
    for row in COLUMNS["phones"]:
        assert columns.normalise_phone(row["text"]) == row["normal"]
        assert index.of_phone(row["text"]).hex() == row["index"]


def test_commitments_agree() -> None:
    document = load("commitment.json")
    secret = bytes.fromhex(document["secret"])
    for batch in document["batches"]:
        items = hexes(batch["items"])
        made = commitment.commit(secret, items)
        assert made.root.hex() == batch["root"]
        assert list(made.keys) == hexes(batch["keys"])
        assert list(made.leaves) == hexes(batch["leaves"])
        for index, item in enumerate(items):
            path = hexes(batch["paths"][index])
            assert list(commitment.prove(made.leaves, index)) == path
            assert commitment.verify(made.root, len(items), index, made.keys[index], item, path)


ENROLMENT = load("enrolment.json")
CODE = bytes.fromhex(ENROLMENT["code"])


def test_the_typed_code_agrees() -> None:
    assert enrolment.typed_form(CODE) == ENROLMENT["typed"]
    assert enrolment.typed_form(bytes(16)) == ENROLMENT["zero_code_typed"]
    assert enrolment.typed_form(b"\xff" * 16) == ENROLMENT["full_code_typed"]
    for text in ENROLMENT["accepted"]:
        assert enrolment.parse_typed(text) == CODE
    for text in ENROLMENT["refused"]:
        with pytest.raises(enrolment.CodeRefused):
            enrolment.parse_typed(text)


def test_what_follows_from_the_code_agrees() -> None:
    offer, psk = enrolment.psk_of(CODE)
    assert (offer.hex(), psk.hex()) == (ENROLMENT["offer_id"], ENROLMENT["psk"])
    transcript = enrolment.transcript_hash(*hexes(ENROLMENT["messages"]))
    assert transcript.hex() == ENROLMENT["transcript"]
    assert enrolment.answer_mac(CODE, transcript).hex() == ENROLMENT["answer_mac"]
    ours, theirs = hexes([ENROLMENT["server_nonce"], ENROLMENT["tablet_nonce"]])
    assert enrolment.commitment(ours).hex() == ENROLMENT["commitment"]
    assert enrolment.six_digits(ours, theirs, transcript) == ENROLMENT["six_digits"]


@pytest.mark.parametrize("suite", [1, 3])
def test_enrolment_requests_meet_their_expected_end(suite: int) -> None:
    document = ENROLMENT["requests"][str(suite)]
    pair = KemKeyPair.from_private(Suite(suite), bytes.fromhex(document["private"]))
    for case in document["cases"]:
        try:
            request = enrolment.parse_request(bytes.fromhex(case["bytes"]), 4096)
            body = enrolment.open_request(request, code=CODE, private=pair)
            met = "ok"
            assert body.hex() == document["body"]
        except EnvelopeRefused as refused:
            met = refused.kind.value
        assert met == case["expect"], case["name"]


def test_published_tree_roots_and_proofs_agree() -> None:
    document = load("audit.json")
    leaves = [audit.leaf_hash(entry) for entry in hexes(document["entries"])]
    roots = hexes(document["roots"])
    frontier, nodes = audit.Frontier(), dict[tuple[int, int], bytes]()
    for size, leaf in enumerate(leaves, 1):
        nodes |= {(node.level, node.index): node.hash for node in frontier.append(leaf)}
        assert frontier.root() == audit.root_of(leaves[:size]) == roots[size - 1]

    def get_node(level: int, index: int) -> bytes:
        return nodes[level, index]

    for proof in document["inclusion"]:
        path = list(audit.inclusion_path(proof["index"], proof["size"], get_node))
        assert path == hexes(proof["path"])
    for proof in document["consistency"]:
        path = list(audit.consistency_path(proof["old"], proof["new"], get_node))
        assert path == hexes(proof["path"])


def test_checkpoints_agree() -> None:
    given = load("audit.json")["checkpoint"]
    point = audit.Checkpoint(
        origin=given["origin"],
        size=given["size"],
        root=bytes.fromhex(given["root"]),
        at_ms=given["at_ms"],
    )
    assert point.signed_bytes().hex() == given["signed_bytes"]
    for row in given["signatures"]:
        key = SigningPublicKey(Suite(row["suite"]), bytes.fromhex(row["public"]))
        assert point.verify(key, bytes.fromhex(row["signature"]))
