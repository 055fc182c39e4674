"""Documents for tests of ``import``: the real ones of UA 46/19, and others made of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CAMPAIGN", "FINAL", "OTHER", "RIGHT_NUMBER", "SECOND", "THIRD", "document", "entry"]

SECOND, FINAL = "ua-46-19-second-ua.txt", "ua-46-19-final-output.txt"
CAMPAIGN = "config/campaigns/ua-46-19.yaml"

Swap = tuple[str, str]
LATER: tuple[Swap, ...] = (("27 September 2019", "27 September 2099"),)
"""So that it can be sent today."""
THIRD: tuple[Swap, ...] = (
    ("Second UA", "Third UA"), ("57/0894/2019", "57/0999/2019"),
    ("Date: 16 August 2019", "Date: 6 September 2019"), ("27 September 2019", "18 October 2099"),
)  # fmt: skip
NEW_LETTER: Swap = ("I am writing to you concerning", "I write again concerning")
OTHER: tuple[Swap, ...] = (
    ("46/19", "50/19"), ("46.19", "50.19"), ("Serikzhan Bilash", "Aliya Testova"),
    ("57/0894/2019", "57/0700/2019"), ("EUR57/0186/2019", "EUR57/0300/2019"),
)  # fmt: skip
"""What makes another campaign of the second UA: of other people."""
OTHERS_END: tuple[Swap, ...] = (("46/16", "50/19"), ("Serikzhan Bilash", "Aliya Testova"))
RIGHT_NUMBER: tuple[Swap, ...] = (("UA 46/16", "UA 46/19"),)


def document(home: Path, name: str, *swaps: Swap, of: str = SECOND) -> Path:
    """A document beside the real ones: one of them with some words changed."""
    text = (home / of).read_text(encoding="utf-8")
    for before, after in swaps:
        assert before in text
        text = text.replace(before, after)
    file = home / name
    file.write_text(text, encoding="utf-8")
    return file


def entry(file: Path, key: str) -> str:
    """What stands behind the first `key` of a campaign file, without its remark."""
    found = re.search(rf"^ *{key}: *(.*?)(?: +#.*)?$", file.read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]
