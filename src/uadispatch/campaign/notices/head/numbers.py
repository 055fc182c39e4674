"""Number, index and count of a document: what its head says, and what else it says of itself.

It knows how they are written; never what a number leads to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Certainty, Doubt, Found
from uadispatch.campaign.notices.parts.labels import Part
from uadispatch.campaign.notices.wording.asides import in_brackets, mail_lines, without_mail
from uadispatch.campaign.notices.wording.dates import DATE
from uadispatch.campaign.notices.wording.run import run_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from uadispatch.campaign.notices.document import Document, Line
    from uadispatch.campaign.notices.parts.sections import Sections
    from uadispatch.campaign.notices.wording.run import Run

__all__ = [
    "ORDINALS",
    "Claim",
    "full_year",
    "number_doubts",
    "own_lines",
    "read_claims",
    "read_indexes",
]

ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth",
    "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip
_ORDINAL = rf"(?P<ordinal>{'|'.join(ORDINALS)}|[0-9]{{1,2}}(?=(?:st|nd|rd|th)\b))(?:st|nd|rd|th)?"
_COUNT = r"(?P<count>[0-9]{1,4})\s?[/.\u2044]\s?(?P<year>(?:19|20)?[0-9]{2})(?![0-9])(?![/.][0-9])"
_KIND = r"(?P<kind>UA|EXTRA|EX|A?AU|urgent action|acci[oó]n urgente|action urgente)"
_NUMBER = rf"(?<![a-z]){_KIND}(?:\s?(?:no|number|nr)\b\.?)?\s?[:#]?\s{{0,2}}{_COUNT}"

_COUNTED = rf"(?:{_ORDINAL}\s+(?P<last>(?:and\s+)?(?:final|last)\s+)?)?{_NUMBER}"
_HEADER = re.compile(_COUNTED, re.IGNORECASE)
_LINE_START = re.compile(
    r"(?:PUBLIC |EXTERNAL |stop action:? (?:on )?"
    r"|(?:further|more) information (?:on|no[. ]|n°|[0-9]{1,2} on)\W{0,2}"
    r"|(?:[a-z0-9]{3,12} )?(?:follow-? ?up|update) (?:on|to|of)\W{0,2}"
    r"|urgent action (?:type and )?number\s?:\s?)?"
    rf"{_COUNTED}",
    re.IGNORECASE,
)
_IN_TITLE = re.compile(rf"\((?:[^():]{{1,60}}: ?)?{_NUMBER}\)\Z", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?][\u201d\u2019\"')]?\Z")
_OF_ITSELF = re.compile(
    rf"(?:(?:{_ORDINAL}\s)?(?:and\s(?P<final>final|last)\s)?(?:final\s)?(?:output|outcome|update)"
    r"|further\sinformation|no\sfurther\s(?:action|appeals)[a-z ]{0,60}|(?:close|closing)(?:\sof)?)"
    rf"\s(?:for|of|on|to)\s(?:this\s)?{_NUMBER}",
    re.IGNORECASE,
)
_ENDS = re.compile(r"no\sfurther|clos", re.IGNORECASE)
_THIS_IS = re.compile(
    r"\bthis\s(?:urgent\saction\s|document\s)?is\s(?:(?:the|an?|our)\s)?\Z", re.IGNORECASE
)
_REPORT = re.compile(
    rf"(?:let us know|click here|report)[^.\n]{{0,120}}?\s(?:on|for|of|regarding)\s{_NUMBER}",
    re.IGNORECASE,
)
_OTHER_DOCUMENT = re.compile(
    r"(?:\b(?:see|cf|previous|earlier|also|replaces|follow(?:s|ing|[ -]?up)?(?: (?:to|of))?"
    r"|linked to|related to|refers? to|issued|like|unlike|as)\b[^a-z0-9]{0,4}"
    r"|\([^()]{0,80})\Z",
    re.IGNORECASE,
)
_INDEX = re.compile(
    r"(?<![a-z])(?P<region>AFR|AMR|ASA|EUR|MDE|ACT|POL|IOR|ORG|NWS|ACT)\s?(?P<country>[0-9]{2})"
    r"\s?/\s?(?P<rest>[0-9]{1,5}\s?/\s?(?:19|20)?[0-9]{2}(?![0-9]))",
    re.IGNORECASE,
)
_INDEX_LINE = re.compile(
    rf"(?:public )?(?:(?:ai )?index\b|{_COUNTED} (?:ai )?index\b)", re.IGNORECASE
)
_INDEX_LABEL = re.compile(r"\bindex(?:\s+(?:number|no\.?))?\s?:?\s*\Z", re.IGNORECASE)
_DAY_BEHIND = re.compile(rf"\s?[,;]\s?{DATE}", re.IGNORECASE | re.ASCII)
"""As it stands behind the index of a document before."""
_SHORT = 200
_LONGEST_TITLE = 300
_FIRST_LINES = 12
_MOST_LABEL_WORDS = 8
_MOST = 50
_FIRST_FULL_YEAR = 61
"""Amnesty was founded in 1961, so 60 is 2060 and 61 is 1961."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A number that a document gives itself."""

    number: str
    """As in `model.UrgentAction.number`: ``46/19``."""
    line: int
    words: str
    """As it is written."""
    in_head: bool
    certainty: Certainty = Certainty.LABELLED
    rule: str = ""
    kind: str = "UA"
    """``EXTRA``, ``AU`` ... where it is another."""
    count: int | None = None
    """What document of this number it says it is."""
    later: bool = False
    """Whether `count` follows from what update it says it is."""
    possible: bool = True
    """False for a number that none can have, such as 0/19."""
    final: bool = False
    """Whether it says there that it is the last document of this number."""


def full_year(number: str) -> int:
    """The year of a number such as ``46/19``."""
    year = int(number.rpartition("/")[2])
    return (1900 if year >= _FIRST_FULL_YEAR else 2000) + year


def read_claims(document: Document, sections: Sections) -> tuple[Claim, ...]:
    """Every number that `document` claims as its own, that of the head first."""
    head = (
        list(_in_head(without_mail(sections.lines(Part.HEAD))))
        or list(_in_title((*sections.lines(Part.TITLE), *document.lines[:_FIRST_LINES])))
        or list(_at_line_starts(document.lines))
        or list(_in_mail(document.lines))
    )
    taken = {claim.line for claim in head}
    elsewhere = [claim for claim in _elsewhere(document.lines) if claim.line not in taken]
    return (*head, *sorted(elsewhere, key=lambda claim: claim.line))


def _in_head(lines: tuple[Line, ...]) -> Iterator[Claim]:
    run = run_of(lines)
    for found in islice(_HEADER.finditer(run.text), _MOST):
        if _is_own(run, found):
            yield _claim(found, run.number(found.start("kind")), in_head=True)


def _is_own(run: Run, found: re.Match[str]) -> bool:
    line = run.at(found.start("kind"))
    begins = _LINE_START.match(line.text[:_SHORT])
    place = found.start("count") - run.start(found.start("kind"))
    if begins and begins.start("count") == place:
        return True
    before = run.text[max(found.start("kind") - 100, 0) : found.start("kind")]
    return not _OTHER_DOCUMENT.search(before.rpartition("\n")[2])


def own_lines(lines: Sequence[Line]) -> tuple[Line, ...]:
    """`lines` of a head without those of a mail, and those that are about another document."""
    run = run_of(without_mail(lines))
    own: dict[int, bool] = {}
    for found in islice(_HEADER.finditer(run.text), _MOST):
        number = run.number(found.start("kind"))
        own[number] = own.get(number, False) or _is_own(run, found)
    return tuple(line for line in run.lines if own.get(line.number, True))


def _in_title(lines: tuple[Line, ...]) -> Iterator[Claim]:
    """As web pages have it: ``Teacher released (Kazakhstan: UA 46.19)``."""
    for line in lines:
        if len(line.text) <= _LONGEST_TITLE and (found := _IN_TITLE.search(line.text)):
            yield _claim(found, line.number, in_head=True)
            return


def _at_line_starts(lines: tuple[Line, ...]) -> Iterator[Claim]:
    for line in lines:
        found = _LINE_START.match(line.text[:_SHORT])
        sentence = _SENTENCE.search(line.text) and len(line.text.split()) > _MOST_LABEL_WORDS
        if found and len(line.text) < _SHORT and not sentence:
            yield _claim(found, line.number, in_head=True)


def _in_mail(lines: tuple[Line, ...]) -> Iterator[Claim]:
    written = mail_lines(lines)
    for line in lines:
        found = _HEADER.search(line.text[:_SHORT]) if line.number in written else None
        if found:
            rule = "the subject of the mail that it came in"
            yield _claim(found, line.number, in_head=True, certainty=Certainty.INFERRED, rule=rule)


def _elsewhere(lines: tuple[Line, ...]) -> Iterator[Claim]:
    run = run_of(lines)
    for found in islice(_OF_ITSELF.finditer(run.text), _MOST):
        if not _says_of_itself(run.text, found):
            continue
        update = "update" in found.group().lower() and not found["final"]
        yield _claim(found, run.number(found.start()), in_head=False, later=update)
    for found in islice(_REPORT.finditer(run.text), _MOST):
        yield _claim(
            found,
            run.number(found.start("count")),
            in_head=False,
            certainty=Certainty.INFERRED,
            rule="the number under which it asks to report back",
        )


def _says_of_itself(text: str, found: re.Match[str]) -> bool:
    """Whether it is no mere mention, as in: the first update on UA 12/03 was issued in May."""
    before, after = (
        text[max(found.start() - 40, 0) : found.start()],
        text[found.end() : found.end() + 3],
    )
    if _ENDS.match(found.group()) or _THIS_IS.search(before):
        return True
    return not re.match(r"\s?[a-z]", after)


def _claim(
    found: re.Match[str],
    line: int,
    *,
    in_head: bool,
    later: bool = False,
    certainty: Certainty = Certainty.LABELLED,
    rule: str = "",
) -> Claim:
    count = int(found["count"])
    named = found.groupdict().get("ordinal")
    place = _place(named) if named else None
    return Claim(
        number=f"{count}/{found['year'][-2:]}",
        line=line,
        words=" ".join(found.group()[found.start("kind") - found.start() :].split()),
        in_head=in_head,
        certainty=certainty,
        rule=rule,
        kind=_kind(found["kind"]),
        # The first update is the second document.
        count=place + 1 if place and later else place,
        later=later,
        possible=count > 0,
        final=bool(found.groupdict().get("last")),
    )


def _place(ordinal: str) -> int | None:
    word = ordinal.lower()
    place = int(word) if word.isdigit() else ORDINALS.index(word) + 1
    return place or None


def _kind(words: str) -> str:
    folded = words.upper()
    if folded in {"EXTRA", "EX"}:
        return "EXTRA"
    return "UA" if folded in {"UA", "URGENT ACTION"} else folded


def read_indexes(document: Document, sections: Sections) -> tuple[Found[str], ...]:
    """Every index number that `document` gives itself, those with a label first."""
    head = own_lines(sections.lines(Part.HEAD))
    labelled = list(_indexes(head, labelled=True))
    if not labelled:
        # In the text a label is that of a report, but not where it begins the line.
        begun = [line for line in document.lines if _INDEX_LINE.match(line.text[:_SHORT])]
        labelled = list(_indexes(begun, labelled=True))
    return tuple(labelled or islice(_indexes(head, labelled=False), 1))


def _indexes(lines: Iterable[Line], *, labelled: bool) -> Iterator[Found[str]]:
    run = run_of(lines)
    for found in islice(_INDEX.finditer(run.text), _MOST):
        if in_brackets(run.text, found.start()):
            continue  # that of another document
        before = run.text[max(found.start() - 60, 0) : found.start()]
        value = f"{found['region'].upper()} {found['country']}/" + "".join(found["rest"].split())
        line = run.number(found.start())
        if not labelled and not _DAY_BEHIND.match(run.text, found.end()):
            yield Found(value, line, Certainty.INFERRED, "it stands in the head")
        elif labelled and _INDEX_LABEL.search(before):
            yield Found(value, line)


def number_doubts(claims: tuple[Claim, ...], issued_year: int | None) -> Iterator[Doubt]:
    """What is wrong with the numbers of a document, or between them."""
    first = next((claim for claim in claims if claim.possible), None)
    if first is None:
        yield Doubt("it says no number of an Urgent Action; give it by hand")
    for claim in claims:
        if first and claim.possible and claim.number != first.number:
            yield Doubt(
                f"it gives itself two numbers: “{first.words}” (line {first.line}) and "
                f"“{claim.words}” (line {claim.line}); the first is taken",
                claim.line,
            )
        yield from _doubts_of_one(claim, issued_year)


def _doubts_of_one(claim: Claim, issued_year: int | None) -> Iterator[Doubt]:
    if not claim.possible:
        yield Doubt(f"“{claim.words}” cannot be the number of an Urgent Action", claim.line)
    elif issued_year and full_year(claim.number) > issued_year:
        yield Doubt(
            f"the number “{claim.words}” is of a later year than the document, {issued_year}",
            claim.line,
        )
    if claim.kind == "EXTRA":
        yield Doubt(
            f"“{claim.words}” is an EXTRA, which are counted apart: make sure that it is not "
            f"taken for UA {claim.number}",
            claim.line,
        )
    elif claim.kind != "UA":
        yield Doubt(
            f"it is not in English: it says “{claim.words}”, where English has UA", claim.line
        )
