"""Checks that many forms make, so that each form only names its fields."""

from server.records.definitions import field as answer
from server.records.model import Check


def follows(field: str, code: str, *, then: str, sentence_zh: str, warn: bool = False) -> Check:
    """When `field` holds `code` (a Code, or one of several Codes), `then` must be filled in."""
    chosen = ["or", ["=", answer(field), code], ["has", answer(field), code]]
    name = f"{field}_{code}_needs_{then}"
    return Check(name, (field,), chosen, sentence_zh, missing=then, warn=warn)


def unlike(field: str, code: str, *, then: str, sentence_zh: str, warn: bool = False) -> Check:
    """When `field` holds anything but `code`, `then` must be filled in."""
    other = ["!=", answer(field), code]
    name = f"{field}_not_{code}_needs_{then}"
    return Check(name, (field,), other, sentence_zh, missing=then, warn=warn)


def together(field: str, *, then: str, sentence_zh: str, warn: bool = False) -> Check:
    """When `field` is filled in at all, `then` must be filled in."""
    name = f"{field}_needs_{then}"
    return Check(name, (field,), True, sentence_zh, missing=then, warn=warn)


def above(upper: str, lower: str, *, sentence_zh: str) -> Check:
    """The number in `upper` must be greater than the one in `lower`."""
    not_above = ["<=", answer(upper), answer(lower)]
    return Check(f"{upper}_above_{lower}", (upper, lower), not_above, sentence_zh)
