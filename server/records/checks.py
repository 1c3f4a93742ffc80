"""Checks that many forms make, so that each form only names its fields."""

from server.records.model import Check


def follows(field: str, code: str, *, then: str, sentence_zh: str, warn: bool = False) -> Check:
    """When `field` holds `code` (a Code, or one of several Codes), `then` must be filled in."""

    def chosen(given: str | list[str]) -> bool:
        return code == given if isinstance(given, str) else code in given

    name = f"{field}_{code}_needs_{then}"
    return Check(name, (field,), chosen, sentence_zh, missing=then, warn=warn)


def unlike(field: str, code: str, *, then: str, sentence_zh: str, warn: bool = False) -> Check:
    """When `field` holds anything but `code`, `then` must be filled in."""

    def other(given: str) -> bool:
        return given != code

    name = f"{field}_not_{code}_needs_{then}"
    return Check(name, (field,), other, sentence_zh, missing=then, warn=warn)


def together(field: str, *, then: str, sentence_zh: str, warn: bool = False) -> Check:
    """When `field` is filled in at all, `then` must be filled in."""

    def given(_: object) -> bool:
        return True

    name = f"{field}_needs_{then}"
    return Check(name, (field,), given, sentence_zh, missing=then, warn=warn)


def above(upper: str, lower: str, *, sentence_zh: str) -> Check:
    """The number in `upper` must be greater than the one in `lower`."""

    def not_above(high: int, low: int) -> bool:
        return high <= low

    return Check(f"{upper}_above_{lower}", (upper, lower), not_above, sentence_zh)
