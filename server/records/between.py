"""Checks between fields as functions: of each its expression, ready to be asked with its values."""

from collections.abc import Callable
from functools import cache

from server.records.expression import handed, looked_at
from server.records.model import Check


@cache
def asked(check: Check) -> Callable[..., bool]:
    """Whether the check finds fault, given the values it needs in their order. Raises
    ExpressionBroken.
    """
    return handed(check.broken, places(check))


def places(check: Check) -> tuple[tuple[str, str], ...]:
    """Where an expression finds what the check needs: "@on" is ["known", "on"]."""
    return tuple(
        ("known", name[1:]) if name.startswith("@") else ("field", name) for name in check.needs
    )


def beyond(check: Check) -> frozenset[tuple[str, str]]:
    """What its expression looks at and it does not need."""
    return frozenset(looked_at(check.broken)) - frozenset(places(check))
