"""Faults of the room that turns bytes into sealed bytes."""

from tests.planted.fault import Edit, Fault, pure

ENVELOPE = "crypto/envelope.py"
COLUMNS = "crypto/columns.py"
CARD = "crypto/card.py"

FAULTS = (
    Fault(
        "signature_not_checked",
        "Anybody on the line writes visits in a doctor's name.",
        (Edit(
            ENVELOPE, "if not named or not public.verify(message, sealed.signature):",
            "if not named or not message:",
        ),),
        pure("test_crypto_envelope.py::"
             "test_flipped_bits_of_the_ciphertext_are_refused_as_bad_signature"),
    ),
    Fault(
        "header_not_bound_to_the_seal",
        "Who steals a sealed batch signs it again as another tablet's.",
        (
            Edit(ENVELOPE, "info=magic + header_bytes)", "info=magic)"),
            Edit(ENVELOPE, "info = sealed.magic + sealed.header_bytes", "info = sealed.magic"),
        ),
        pure("test_crypto_envelope.py::"
             "test_an_envelope_resigned_as_another_device_does_not_open"),
    ),
    Fault(
        "no_sealing_on_the_wire",
        "Whoever owns a router on the way reads every diagnosis.",
        (
            Edit(
                "crypto/keys.py", "return hpke_seal(self._key, plaintext, info=info, psk=psk)",
                "return hpke_seal(self._key, b'', info=info, psk=psk)[0], plaintext + bytes(16)",
            ),
            Edit(
                "crypto/keys.py",
                "return hpke_open(self._key, enc, ciphertext, info=info, psk=psk)",
                "return ciphertext[:-16] if (self._key, enc, info, psk) else b''",
            ),
        ),
        pure("test_crypto_vectors.py::test_an_envelope_meets_its_expected_end"),
    ),
    Fault(
        "inflated_without_a_bound",
        "One small envelope fills the server's memory and nobody in the county can sync.",
        (Edit(
            ENVELOPE, "unpacker.decompress(deflated, max_inflated + 1)",
            "unpacker.decompress(deflated)",
        ),),
        pure("test_crypto_envelope.py::test_a_bomb_is_refused_before_it_fills_the_memory"),
    ),
    Fault(
        "bytes_after_the_body_are_taken",
        "An answer says one thing to one reader and another to the next.",
        (Edit(
            ENVELOPE, "if not unpacker.eof or unpacker.unused_data:", "if not unpacker.eof:",
        ),),
        pure("test_crypto_vectors.py::test_an_envelope_meets_its_expected_end"),
    ),
    Fault(
        "one_number_in_two_forms",
        "An envelope sent once comes back as a second one with another digest: a cloned tablet.",
        (Edit(
            "crypto/packed_headers.py", "                if place and not byte:",
            "                if place > _NUMBER_MAX:",
        ),),
        pure("test_crypto_vectors.py::test_an_envelope_meets_its_expected_end"),
    ),
    Fault(
        "dictionary_by_the_version_alone",
        "What was sealed without the dictionary is read as something else.",
        (Edit(
            ENVELOPE, "if packed and sealed.header_bytes[2] == DICTIONARY_1 else", "if packed else",
        ),),
        pure("test_crypto_vectors.py::test_an_envelope_meets_its_expected_end"),
    ),
    Fault(
        "value_not_bound_to_its_place",
        "An administrator copies one resident's HIV result into another's archive.",
        (
            Edit(
                COLUMNS, "self._cipher.seal(nonce, plaintext, self._aad_head + place)",
                "self._cipher.seal(nonce, plaintext, self._aad_head + place[:0])",
            ),
            Edit(
                COLUMNS, "self._cipher.open(blob[4:16], blob[16:], self._aad_head + place)",
                "self._cipher.open(blob[4:16], blob[16:], self._aad_head + place[:0])",
            ),
        ),
        pure("test_crypto_columns.py::test_swapped_blobs_do_not_open"),
    ),
    Fault(
        "one_nonce_for_every_value",
        "Two values under one key give each other away to who has a copy of the database.",
        (Edit(COLUMNS, "nonce = os.urandom(12)", "nonce = bytes(12)"),),
        pure("test_crypto_columns.py::test_the_same_value_never_has_the_same_bytes_twice"),
    ),
    Fault(
        "key_file_open_to_everybody",
        "Every account of the machine can read the key of all archives.",
        (Edit(
            COLUMNS, "stat.S_IMODE(status.st_mode) & ~0o600", "stat.S_IMODE(status.st_mode) & 0",
        ),),
        pure("test_crypto_columns.py::test_a_key_file_wider_than_0600_is_refused"),
    ),
    Fault(
        "wrapped_key_of_anybody",
        "A data key put into another resident's row opens there.",
        (Edit(
            COLUMNS, 'return _WRAP_LABEL + head + district.to_bytes(4, "big") + owner',
            'return _WRAP_LABEL + head + district.to_bytes(4, "big")',
        ),),
        pure("test_crypto_columns.py::test_a_wrapped_key_opens_only_for_its_owner_and_district"),
    ),
    Fault(
        "card_without_an_end",
        "A card that was lost years ago still checks somebody in.",
        (Edit(CARD, "if now_s >= card.ends_s:", "if now_s < 0:"),),
        pure("test_crypto_card.py::test_a_text_meets_its_expected_end"),
    ),
    Fault(
        "card_with_a_flipped_bit",
        "Whoever can print makes cards for people who never came.",
        (Edit(
            CARD, "return named and public.verify(_LABEL + plain, signature)",
            "return named and len(signature) == SIGNATURE_SIZE",
        ),),
        pure("test_crypto_card.py::test_every_change_of_one_bit_is_refused"),
    ),
    Fault(
        "revoked_card_still_good",
        "Who finds a lost card is taken for its owner in the hall.",
        (Edit(CARD, "if card.id in trust.revoked:", "if card.id in ():"),),
        pure("test_crypto_card.py::test_a_text_meets_its_expected_end"),
    ),
    Fault(
        "docket_unsigned",
        "A switch of facility is made from a paper that anybody typed.",
        (Edit(
            "crypto/docket.py",
            "if public.kid() != plain[76:84] or not public.verify(_LABEL + plain, signature):",
            "if public.kid() != plain[76:84] or not signature:",
        ),),
        pure("test_crypto_docket.py::test_one_changed_bit_proves_nothing"),
    ),
    Fault(
        "slip_for_any_bytes",
        "Whoever sits on the line puts another picture into an archive.",
        (Edit(
            "crypto/slip.py", "return len(piece) == self.size and sha256(piece) == self.digest",
            "return len(piece) == self.size",
        ),),
        pure("test_crypto_slip.py::"
             "test_a_slip_says_what_was_signed_and_every_changed_byte_is_refused"),
    ),
    Fault(
        "picture_cut_short",
        "Half a picture of a wound is shown as the whole.",
        (Edit(
            "crypto/attachment.py", 'return bytes(7) + index.to_bytes(4, "big") + bytes([last])',
            'return bytes(7) + index.to_bytes(4, "big") + bytes([last and 0])',
        ),),
        pure("test_crypto_attachment.py::test_a_file_that_was_cut_is_refused"),
    ),
    Fault(
        "past_of_the_audit_rewritten",
        "Somebody takes a look at an archive out of the log and no tablet notices.",
        (Edit(
            "crypto/audit.py", "return last == 0 and old == old_root and new == new_root",
            "return last == 0 and len(old) == len(old_root) and new == new_root",
        ),),
        pure("test_crypto_audit.py::test_a_rewritten_past_has_no_consistency_proof"),
    ),
)  # fmt: skip
