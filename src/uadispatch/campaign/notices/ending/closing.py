"""Whether a document ends its campaign: what ends it in words, weighed against what it asks for.

A wrong stop costs a day, a wrong letter can hurt someone: what is not surely open is not open, and
what is not surely closed is doubtful.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch.campaign.notices.ending.asking import asking_in
from uadispatch.campaign.notices.ending.endings import End, Verdict, ends_in
from uadispatch.campaign.notices.ending.phrases import words
from uadispatch.campaign.notices.notice import Closing, Ending
from uadispatch.campaign.notices.wording.plain import plain_text

if TYPE_CHECKING:
    from uadispatch.campaign.notices.document import Document
    from uadispatch.campaign.notices.ending.asking import Asking
    from uadispatch.campaign.notices.wording.plain import Plain

__all__ = ["read_closing"]

_LONGEST = 400_000
"""Characters; the longest Urgent Action has some 30,000."""
_THANKS = words(
    "(?:many |our |warm |sincere |special |very many )?(?:thanks|thank you)(?: very much| so much)?"
    "(?: again)? to (?:all|everyone|everybody|those|the many|each)"
)
_LONGEST_WORDS = 300


def read_closing(document: Document) -> Closing:
    """Whether `document` asks to stop, and by which words."""
    plain = plain_text(document)
    if len(plain.text) > _LONGEST:
        return Closing(Ending.DOUBTFUL, says="it is too long to be one Urgent Action")
    asking = asking_in(plain)
    ends = [end for end in ends_in(plain) if end.verdict is not Verdict.PROSE]
    if ends:
        return _ended(plain, ends, asking)
    if asking.fully:
        return _asking(plain, asking)
    return _neither(plain, asking)


def _ended(plain: Plain, ends: list[End], asking: Asking) -> Closing:
    sure = [end for end in ends if end.verdict is Verdict.ENDS]
    held = [end for end in ends if end.verdict in {Verdict.PAUSES, Verdict.PARTLY}]
    if sure and not held and asking.at_all is None:
        return Closing(Ending.CLOSED, sure[0].line, _short(sure[0].words))
    end = (held or sure or ends)[0]
    if end.verdict is not Verdict.ENDS:
        return Closing(Ending.DOUBTFUL, end.line, _short(end.words), end.verdict.value)
    place = asking.at_all or 0
    first, last = plain.sentence(place, place + 1)
    asked = _short(plain.words(first, last)) or "something"
    says = f"line {plain.line(place)} still asks or names whom to write to: “{asked}”"
    return Closing(Ending.DOUBTFUL, end.line, _short(end.words), says)


def _asking(plain: Plain, asking: Asking) -> Closing:
    thanks = _THANKS.search(plain.text)
    if thanks and (asking.offer is not None or not asking.urges):
        return _doubtful(
            plain, thanks.start(), "it thanks for appeals, and only offers to write on"
        )
    if thanks and asking.where is None:
        return _doubtful(plain, thanks.start(), "it thanks for appeals, and has no list of targets")
    return Closing(Ending.OPEN)


def _neither(plain: Plain, asking: Asking) -> Closing:
    thanks = _THANKS.search(plain.text)
    if thanks:
        return _doubtful(
            plain, thanks.start(), "it thanks for appeals, and does not clearly ask for more"
        )
    if asking.call is not None:
        return _doubtful(plain, asking.call, "it asks to write, but does not say to whom")
    return Closing(Ending.DOUBTFUL, says="nothing in it asks for appeals")


def _doubtful(plain: Plain, place: int, says: str) -> Closing:
    first, last = plain.sentence(place, place + 1)
    return Closing(Ending.DOUBTFUL, plain.line(place), _short(plain.words(first, last + 1)), says)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_WORDS else text[: _LONGEST_WORDS - 1] + "…"
