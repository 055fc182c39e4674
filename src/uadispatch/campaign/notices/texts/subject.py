"""What a letter is about, in a few words, from the demand that it makes itself.

It knows a few demands that can be said in short without changing them, and leaves the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Certainty, Found
from uadispatch.campaign.text import line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uadispatch.campaign.notices.notice import FoundPerson

__all__ = ["infer_subject"]

_MOST_NAMED = 3
_WITHOUT = "Urgent Action"

_DEMAND = re.compile(
    r"\b(?:I|we)(?: (?:therefore|hereby|also|strongly|respectfully|further|urgently|thus|now"
    r"|once again|again)){0,3},? "
    r"(?:urge|call (?:up)?on|ask|request|implore|demand|appeal to|plead with|beg)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=[\u201d\u2019\"') ]|\Z)")
_INITIAL = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|No|St|Gen|Col)\Z")
_LONGEST_DEMAND = 2_000

_RELEASE = re.compile(
    r"\brelease\b(?! (?:(?:the|all|any|their|his|her|its) )?(?:official |full )?"
    r"(?:on bail|results?|reports?|findings?|information|details?|statements?|names?|bod(?:y|ies)"
    r"|remains|video|footage|conditions))",
    re.IGNORECASE,
)
_SPARE = re.compile(
    r"\b(?:not (?:to )?(?:carry out the execution|execute)"
    r"|(?:halt|stop)\b.{0,60}\bexecut(?:e|ions?))\b",
    re.IGNORECASE,
)
_NO_RELEASE = re.compile(r"\b(?:not|never|without) (?:to )?(?:being )?\Z|\bpress \Z", re.IGNORECASE)
_EACH_OF_THEM = re.compile(
    r"\b(?:them|both|all (?:of them|two|three|four|five)|the \w+ men)\b", re.IGNORECASE
)
_ONE_OF_THEM = re.compile(r"\b(?:him|her|his|them|their)\b", re.IGNORECASE)


def infer_subject(
    paragraphs: Sequence[Found[str]], people: tuple[FoundPerson, ...], title: str | None
) -> Found[str]:
    """The subject of a letter of these paragraphs, which is inferred by a rule that it names."""
    names = list(dict.fromkeys(person.name.value for person in people))
    for where, demand in _demands(paragraphs):
        for pattern, words in ((_SPARE, "Do not execute"), (_RELEASE, "Release")):
            if meant := _meant(demand, pattern, names):
                try:
                    subject = line(f"{words} {_listed(meant)}")
                except ValueError:
                    continue
                return Found(subject, where, Certainty.INFERRED, "the letter's own demand")
    if title:
        return Found(title, None, Certainty.INFERRED, "the document's title")
    return Found(_WITHOUT, None, Certainty.GUESSED, "neither a demand nor a title tells it")


def _demands(paragraphs: Sequence[Found[str]]) -> Iterator[tuple[int | None, str]]:
    """Each demand: from its verb to the end of its sentence, or of the list that it announces."""
    for place, each in enumerate(paragraphs):
        for found in _DEMAND.finditer(each.value):
            text = each.value[found.end() : found.end() + _LONGEST_DEMAND]
            sentence = text[: _end_of_sentence(text)].strip()
            if sentence.endswith(":"):
                points = paragraphs[place + 1 : place + 10]
                sentence += " " + " ".join(point.value[:_LONGEST_DEMAND] for point in points)
            yield each.line, sentence


def _end_of_sentence(text: str) -> int:
    for found in _SENTENCE_END.finditer(text):
        if not _INITIAL.search(text, max(0, found.start() - 5), found.start()):
            return found.start()
    return len(text)


def _meant(demand: str, pattern: re.Pattern[str], names: list[str]) -> list[str]:
    """Whom the demand is for, if `pattern` is in it; nobody, if that is not certain."""
    for found in pattern.finditer(demand):
        if _NO_RELEASE.search(demand, max(0, found.start() - 30), found.start()):
            continue
        after = demand[found.start() :]
        if named := [name for name in names if name in after]:
            return named
        if len(names) == 1 and _ONE_OF_THEM.search(after):
            return names
        if len(names) > 1 and _EACH_OF_THEM.search(after):
            return names
    return []


def _listed(names: list[str]) -> str:
    if len(names) > _MOST_NAMED:
        return f"{names[0]}, {names[1]} and others"
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
