"""What a tablet believes of an answer: that it is the server's, meant for this question, and
newer than all before; and that the audit tree behind it only grew.
"""

from crypto.audit import Checkpoint, verify_consistency
from crypto.envelope import EnvelopeRefused, open_body, parse_down, verify
from crypto.keys import SigningPublicKey, Suite
from crypto.primitives import sha256
from sync import wire
from sync.limits import ANSWER_BYTES
from sync.tablet_state import NotTheServer, State, Unlocked


def server_signer(keys: Unlocked, state: State) -> SigningPublicKey:
    """The key that signs answers and receipts."""
    return SigningPublicKey(Suite(state.suite), keys.server.signing[0][1])


def opened(
    keys: Unlocked, state: State, request: bytes, answer_bytes: bytes
) -> tuple[wire.Answer, int]:
    """The answer and its feed epoch. Raises NotTheServer."""
    try:
        sealed = parse_down(answer_bytes, ANSWER_BYTES)
        verify(sealed, server_signer(keys, state))
        header = sealed.header
        if header.request != sha256(request) or header.device != state.device:
            raise NotTheServer("answer to another request")
        # Fewer keys are believed of a restored server only, until it has shown its own bundle.
        restored = header.feed_epoch > state.trust_epoch
        if header.feed_epoch < state.feed_epoch or (
            header.trust < keys.server.version and not restored
        ):
            raise NotTheServer("older than what this tablet has seen")
        return wire.answer(open_body(sealed, keys.kem, ANSWER_BYTES)), header.feed_epoch
    except (EnvelopeRefused, wire.Malformed) as error:
        raise NotTheServer(str(error)) from None


def witness(keys: Unlocked, state: State, told: wire.Checkpoint) -> bool:
    """Whether the audit tree only grew since the checkpoint this tablet carries.

    If not, the old one is kept: it is the evidence.
    """
    signed = Checkpoint(
        origin=f"gongwei/audit/{state.district}", size=told.size, root=told.root, at_ms=told.at
    ).verify(SigningPublicKey(Suite(state.suite), keys.server.audit), told.signature)
    grown = state.checkpoint == 0 or verify_consistency(
        old_size=state.checkpoint, new_size=told.size, old_root=state.checkpoint_root,
        new_root=told.root, path=told.proof,
    )  # fmt: skip
    if signed and grown:
        state.checkpoint, state.checkpoint_root = told.size, told.root
    return signed and grown
