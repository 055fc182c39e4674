"""Documents for tests, made from text without a reader of files."""

from __future__ import annotations

import re
from pathlib import Path

from uadispatch.campaign.notices.document import Document, Line

DOCUMENTS = Path(__file__).parent / "documents"
SAMPLES = ("sample-v1", "sample-v2", "sample-v3", "sample-v4", "sample-v5")
SECOND_UA = "ua-46-19-second-ua"
FINAL_OUTPUT = "ua-46-19-final-output"


def document_of(text: str, name: str = "document.txt") -> Document:
    """Each line of `text` as a line of a document, clean as a reader hands it over."""
    lines: list[Line] = []
    begins = False
    for number, raw in enumerate(text.split("\n"), 1):
        clean = " ".join(re.sub(r"\[bookmark: [^\]\n]*\]", "", raw).split())
        if clean:
            lines.append(Line(number, clean, begins=begins))
        begins = not clean
    return Document(name, tuple(lines))


def text_of_sample(name: str) -> str:
    return (DOCUMENTS / f"{name}.txt").read_text("utf-8")


def sample(name: str) -> Document:
    return document_of(text_of_sample(name), f"{name}.txt")
