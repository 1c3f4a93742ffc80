"""The words of the portal, one file a page group under words/zh."""

from pathlib import Path
from typing import Final

from server.pages.words import Phrase, Words, shelf

__all__ = ["Phrase", "Words", "words"]

words: Final = shelf(Path(__file__).with_name("words"))
