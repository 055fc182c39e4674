"""Whether a document asks for appeals, and whether it says to whom.

It knows the words of a request; never who the targets are, nor whether the document ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.ending.phrases import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uadispatch.campaign.notices.wording.plain import Plain

__all__ = ["Asking", "again_in", "asking_in"]

_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Asking:
    """Where in `Plain.text` a document asks for appeals; the first place of each kind."""

    call: int | None
    """Asks to write."""
    again: int | None
    """Asks to write (again) those who have written before."""
    offer: int | None
    """Says that one may write."""
    last: int | None
    """May ask for one more letter, where nothing else is asked for."""
    where: int | None
    """Says to whom: a heading for it, or a contact that is not Amnesty's own."""
    within: int | None
    """Has such a contact within a line, where it may be anybody's."""
    urges: bool
    """Says what is asked of whom it is written to."""

    @property
    def at_all(self) -> int | None:
        """Where it first asks for, offers or addresses anything."""
        return min(_all((self.call, self.again, self.offer, self.last, self.where)), default=None)

    @property
    def fully(self) -> bool:
        """Whether it asks to write and says to whom."""
        return self.call is not None and (self.where is not None or self.within is not None)


_MAIL = (
    "(?:appeals?|letters?|faxes|fax|e-?mails?|messages?|telegrams?|telexes|tweets|postcards"
    "|aerogrammes|airmail|express|telegrams/faxes)"
)
_PLEASE = words(
    "(?:please|kindly) (?:also |now |immediately |urgently |all |once again |again )?"
    "(?:write|send|e-?mail|fax|telephone|phone|call|tweet|appeal|sign|urge|express|take action"
    "|continue|keep|contact|post|thank|welcome|ask|join|act|raise|remind|demand)"
)
_CALLS = words(
    "(?:write|send|(?<!if\\x20)sending|writing) "
    "(?:a |an |your |new |further |more |your own )?"
    f"{_MAIL}"
    "|write (?:immediately|to the|in your own words|in english|as soon as)"
    "|send (?:as many|your)|contact (?:this|these|the|both) (?:[a-z]{1,9} )?(?:officials?|targets?"
    "|authorities)|call fax or tweet"
    f"|{_MAIL} to arrive|{_MAIL} (?:are|would be) (?:still |urgently |also |now ){{0,2}}(?:needed"
    "|requested|required|important|vital)"
)
_NOTHING = (
    r"(?!(?:[^a-z0-9|\n]{1,6}copies to)?[^a-z0-9]{0,12}(?:n/a|none|nil|not applicable)"
    r"[^a-z0-9]{0,4}(?:[|\n]|\Z))"
)
"""Not a label that is filled in with "none"."""
_LABELS = re.compile(rf"(?:[|\n]|\A)(?:urgent action|sample|model) letter(?![a-z]){_NOTHING}")
_AGAIN = words(
    f"(?:new|further|more|additional|another|renewed|fresh) (?:round of )?{_MAIL} "
    "(?:are|is|would be) (?:still |urgently |also |now ){0,2}(?:needed|requested|required"
    "|important|vital|welcome)"
    "|(?:please|kindly) (?:do |all )?(?:continue|keep) (?:to (?:send|write|appeal|e-?mail|fax|call"
    "|take action)|sending|writing|appealing|up|on)"
    f"|(?:send|write) (?:new|further|more|additional|another|renewed|fresh) (?:[a-z]{{1,12}} )?"
    f"{_MAIL}|even if you (?:have )?(?:already )?(?:sent|wrote|written|appealed|took|taken)"
    "|(?:write|appeal|take action|send appeals) (?:once )?again"
)
_WRITERS = (
    "(?:you|those|members|participants|supporters|sections|groups|activists|network|some|anyone)"
)
_WRITE = "(?:send|write|thank|express|continue|e-?mail|fax|contact|follow|raise|congratulate)"
_NOTES = f"(?:{_MAIL}|cards?|notes?|rounds?)"
_OFFERS = words(
    f"if {_WRITERS} (?:also |still |would ){{0,2}}(?:wish|like|want|choose)"
    f"|{_WRITERS} (?:also |still |would |may |might |can |could ){{0,3}}(?:wish|like|want|choose)"
    f"(?:ing)?(?: to)? (?:to )?{_WRITE}"
    f"|feel free to|{_WRITERS} (?:are|is) "
    "(?:also |still )?(?:encouraged|invited|asked|requested|urged) to (?:send|write|continue|thank"
    f"|appeal)|{_NOTES} (?:[a-z]{{1,14}} ){{0,6}}(?:are|is|would be) (?:also |still |most |much "
    "|very |greatly ){0,2}(?:welcome|welcomed|appreciated|helpful|useful)"
    "|(?:letters?|messages?|cards?|notes?) of (?:thanks|congratulations?|condolences?)"
)
_LAST_ROUND = words(
    f"{_WRITERS} (?:[a-z]{{1,12}} ){{0,5}}(?:may|might|can|could) (?:also |still |now |wish to "
    f"|like to |want to |choose to ){{0,2}}{_WRITE}"
    "|(?:one|a) (?:(?:very )?last|final) (?:appeal|effort)"
    "|(?:last|final) (?:letter|message|card|note|fax|round|set|batch)(?:e?s)?"
    "|if (?:at all )?possible|optional(?:ly)?"
)
"""Said in appeals too; beside an ending it may be that one more letter is asked for."""
_EXCEPT = words(
    f"(?:apart|aside) (?:from )?(?:[a-z]{{1,12}} ){{0,3}}{_NOTES}"
    "|(?:except|other than|besides|beyond|save)(?: for| to| that)? (?:[a-z]{1,12} ){0,3}"
    f"(?:{_NOTES}|{_WRITE})"
)
_CLAUSE = re.compile(
    r"[;()\N{EN DASH}\N{EM DASH}]|\s-\s|(?<![a-z])(?:but|however|although|though|nevertheless"
    r"|while|and\s(?=(?:please|you|if|those|instead|write|thank|send)(?![a-z])))(?![a-z])",
    re.IGNORECASE,
)
"""Behind one of these a sentence may ask for what it denied before."""
_WHERE = re.compile(
    r"(?:[|\n]|\A)[^a-z0-9|\n]{0,4}(?:please )?(?:(?:and )?(?:send )?(?:further |new )?appeals "
    r"(?:to|before|by|immediately)(?![a-z])|(?:and )?(?:send )?copies (?:of appeals )?to(?![a-z])"
    r"|salutation[^a-z0-9|\n]{0,3}:|take action as soon as possible until"
    rf"|(?:target.{{0,3}}s )?contact details{_NOTHING})"
)
_CONTACT = re.compile(
    r"(?:[|\n]|\A)[^a-z0-9|\n]{0,4}(?:fax|tel|telephone|phone|e.?mail|telegrams?|telex(?:es)?"
    r"|twitter(?:/x)?|facebook)(?:es|s)?[^a-z0-9|\n]{0,2}:[^|\n]{0,5}[a-z0-9]"
)
_WITHIN = re.compile(
    r"(?<![a-z])(?:fax|tel|telephone|phone|e.?mail|twitter|salutation|appeals to|copies to)"
    r"[^a-z0-9|\n]{0,2}:[^|\n]{0,5}[a-z0-9]"
)
"""One official with all contacts on one line."""
_OWN = re.compile(
    r"(?<![a-z])(?:amnesty|aiusa|uan|easton st|easton street|urgent action network)(?![a-z])"
)
_NEAR_OWN = 300
_URGES = words(
    "urge|urges|urging|call on|calls on|calling|call for|ask|asks|asking|demand|demands|demanding"
    "|request|requests|requesting|insist|insisting|appeal to|appealing|express concern|concern"
    "|concerned|press|pressing|seek|seeking|remind|reminding|implore|oppose|opposing|condemn"
    "|condemning|protest|protesting|plead|pleading|recommend|insists|inquire|inquiring"
)
_NOT_ASKED = words(
    "(?:do not|don't|don t|not to|never|no longer) (?:send|write|fax|e-?mail|take|make|contact)"
    "|(?:send|write|take|make) no|stop (?:sending|writing|all)|(?:sending|writing) (?:any|more)"
    "|check with|consult|(?:replies|reply|responses?|answers?) (?:you|from|received|to|that)"
    "|(?:any|copies of|all|your) (?:replies|responses|answers)|no further|no more|cease|no need"
    "|refrain|discontinue"
    "|no (?:longer|additional|other|appeals|letters|action)|unnecessary|(?:do not|don't"
    "|need not) (?:have|need)"
    "|(?:not|no longer) (?:being )?(?:needed|required|requested|necessary)"
    "|(?:your|the) (?:section|coordinator)|(?:amnesty|section|ua|network) office|let us know"
)
"""Not a request to write to an official."""


def asking_in(plain: Plain) -> Asking:
    """What `plain` asks for."""
    again = again_in(plain)
    call = _first(plain, _PLEASE, _CALLS)
    labels = _LABELS.search(plain.text)
    if call is None and labels:
        call = labels.end()
    return Asking(
        call=call if call is not None else again,
        again=again,
        offer=_first(plain, _OFFERS),
        last=min(_all((_first(plain, _LAST_ROUND), _exception(plain))), default=None),
        where=_where(plain),
        within=_contact(plain, _WITHIN),
        urges=_URGES.search(plain.text) is not None,
    )


def again_in(plain: Plain) -> int | None:
    """Where in `Plain.text` it asks to write those who have written before."""
    return _first(plain, _AGAIN)


def _first(plain: Plain, *patterns: re.Pattern[str]) -> int | None:
    places = [at for pattern in patterns for at in islice(_asked(plain, pattern), 1)]
    return min(places, default=None)


def _all(places: Iterable[int | None]) -> list[int]:
    return [place for place in places if place is not None]


def _exception(plain: Plain) -> int | None:
    found = _EXCEPT.search(plain.text)
    return found.start() if found else None


def _asked(plain: Plain, pattern: re.Pattern[str]) -> Iterator[int]:
    for found in islice(pattern.finditer(plain.text), _MOST):
        if not _NOT_ASKED.search(_clause(plain, found)):
            yield found.start()


def _clause(plain: Plain, found: re.Match[str]) -> str:
    """The part of its sentence in which `found` stands."""
    first, last = plain.sentence(found.start(), found.end())
    for between in _CLAUSE.finditer(plain.said, first, last):
        if between.start() <= found.start():
            first = between.start()
        elif between.start() >= found.end():
            last = between.start()
            break
    return plain.text[first:last]


def _where(plain: Plain) -> int | None:
    heading = _WHERE.search(plain.text)
    contact = _contact(plain, _CONTACT)
    if heading is None or (contact is not None and contact < heading.start()):
        return contact
    return heading.start()


def _contact(plain: Plain, pattern: re.Pattern[str]) -> int | None:
    """Where a contact stands that is not Amnesty's own."""
    for contact in islice(pattern.finditer(plain.text), _MOST):
        around = plain.text[max(contact.start() - _NEAR_OWN, 0) : contact.end() + 80]
        if not _OWN.search(around):
            return contact.start()
    return None
