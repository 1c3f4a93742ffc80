"""The words a resident agrees to, by version (consent_texts.toml); pure data, kept for good."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One wording. `lead` and `rest` name {recipient} and {whose}."""

    version: str
    lead: str
    rest: str
    purpose: Mapping[str, str]
    classes: Mapping[str, str]
    manner: Mapping[str, str]


@cache
def texts() -> Mapping[str, ConsentText]:
    """Every version, oldest first."""
    raw = tomllib.loads(TABLE.read_text("utf-8"))
    return {each["version"]: ConsentText(**each) for each in raw["text"]}


def current() -> ConsentText:
    """The wording that is shown today."""
    return list(texts().values())[-1]
