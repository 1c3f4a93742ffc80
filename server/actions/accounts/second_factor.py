"""The second factor: six digits of a secret shared with the person's phone (TOTP, RFC 6238).

A code is taken within one step of 30 s before or after, and each step counts once: a code that
was seen over a shoulder opens nothing.
"""

import re
import unicodedata
from typing import Final

from pyotp import random_base32
from pyotp.totp import TOTP

from crypto.primitives import same

STEP_S: Final = 30
WINDOW: Final = 1  # steps that a phone's clock may be off
ISSUER: Final = "Gongwei"
_DIGITS: Final = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 bits in base32, as authenticator apps take them."""
    return random_base32()


def uri_of(secret: str, login: str) -> str:
    """What the QR code on the page says."""
    return TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def step_of(secret: str, typed: str, *, now_ms: int, after: int) -> int | None:
    """The step whose code was typed, none up to `after`; None when no code of the window is it.

    Every step of the window is looked at, whatever the first says.
    """
    digits = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed))
    if not _DIGITS.fullmatch(digits):
        return None
    totp, here = TOTP(secret), now_ms // 1000 // STEP_S
    found = [
        step
        for step in range(here - WINDOW, here + WINDOW + 1)
        if same(totp.generate_otp(step).encode(), digits.encode()) and step > after
    ]
    return max(found) if found else None
