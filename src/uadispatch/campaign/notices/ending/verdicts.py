"""What the words around a phrase make of it: who speaks, whether it is only a pause or a part.

It knows no phrase that ends anything.
"""

from __future__ import annotations

import re
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.ending import phrases
from uadispatch.campaign.notices.ending.spoken import without_tail

if TYPE_CHECKING:
    from uadispatch.campaign.notices.ending.spoken import Phrase
    from uadispatch.campaign.notices.wording.plain import Plain

__all__ = ["AMNESTY", "Verdict", "others_say", "part", "pause", "unless_ours"]


class Verdict(Enum):
    """What a phrase does to the document."""

    ENDS = "it ends"
    PAUSES = "it asks to wait, and may ask for appeals again"
    PARTLY = "it may be about one part of the case alone"
    UNCLEAR = "its sentence may mean something else"
    PROSE = "somebody else says it, or it is about somebody else"


def others_say(phrase: Phrase, before: str) -> bool:
    """Whether somebody else than Amnesty says what follows `before`."""
    reported = phrases.REPORTED.search(before)
    if reported is None:
        return False
    whole = phrase.whole_before
    own, told = _OWN_VOICE.search(whole), phrases.REPORTED.search(whole)
    if own and not (told and told.start() < own.start()):
        return False
    # Without anybody before it, such a word is left over from another line.
    somebody = set(re.findall("[a-z]+", before[: reported.start()])) - _NOBODY
    return bool(somebody) or reported.group().startswith("according")


_NOBODY = frozenset(["to", "that", "the", "is", "are", "be", "can", "will", "would", "and", "able"])


def unless_ours(phrase: Phrase) -> Verdict | None:
    """Unclear where the sentence names those who write, and else nothing."""
    return Verdict.UNCLEAR if phrase.ours else None


_OWN_VOICE = phrases.words(
    r"(?:we (?:are|would|can|regret|wish|hope|must|have to)|it is with|this is to"
    r"|please (?:be|note|kindly)|(?:are |is )?"
    r"(?:pleased|happy|glad|sorry|delighted|sad) to)"
)
AMNESTY = re.compile(r"(?<![a-z])(?:amnesty|ai)(?![a-z])")


def pause(phrase: Phrase) -> Verdict | None:
    """Whether it is only for some time."""
    if phrases.PAUSE_HERE.search(phrase.sentence):
        return Verdict.PAUSES
    if phrases.PAUSE_AFTER.search(phrase.after):
        return Verdict.PAUSES
    for sentence in (phrase.sentence, *phrase.neighbours()):
        if phrases.PAUSE_NEAR.search(sentence) and not phrases.CONDITIONAL.search(sentence):
            return Verdict.PAUSES
    return None


_UNNAMED = phrases.words(
    r"(?:him|her|them|any|all|both|either|you|these|those|this|the above|the (?:two|three|four|"
    r"five|men|women|man|woman|family|families|detainees|prisoners?))"
)


def part(phrase: Phrase, text: str) -> Verdict | None:
    """Whether the phrase names one of several people: "on behalf of X"."""
    if _ONE.search(text) and _people(phrase.plain) > 1:
        return Verdict.PARTLY
    left = without_tail(without_tail(text, phrases.FILLED))
    found = phrases.HALF.match(left)
    if not found:
        return None
    named = left[found.end() :].lstrip(" |\n\"'")
    around = " ".join((phrase.sentence, *phrase.neighbours()))
    if not named:
        return None
    if _SOME.match(named) and _REST.search(around):
        return Verdict.PARTLY
    if _UNNAMED.match(named) or phrases.OURS.match(left):
        return None
    several = phrases.OTHERS.search(around) or _people(phrase.plain) > 1
    return Verdict.PARTLY if several else None


_SOME = phrases.words(
    "(?:those|these|the (?:[a-z]{2,12} )?(?:men|women|people|detainees|prisoners))"
)
_REST = phrases.words(
    "others|the rest|(?:remains?|still) (?:held|detained|imprisoned|in|at|under|behind|missing)"
    "|are still|is still"
)
_ONE = phrases.words("on (?:his|her) behalf|(?:on behalf of|for) (?:him|her)")
_MARKED = re.compile(r"\((?:m|f|he/[a-z/]{2,9}|she/[a-z/]{2,9}|they/[a-z/]{2,9})\)")


def _people(plain: Plain) -> int:
    """How many people the document marks with their sex or pronoun."""
    return sum(1 for _ in islice(_MARKED.finditer(plain.text), 3))
