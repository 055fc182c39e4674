"""When a document was issued and which countries it concerns: the rest of what its head says."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from uadispatch.campaign.notices.head.numbers import own_lines
from uadispatch.campaign.notices.head.people import country_before_names
from uadispatch.campaign.notices.notice import Certainty, Doubt, Found
from uadispatch.campaign.notices.parts.labels import Part, has_number
from uadispatch.campaign.notices.wording.asides import in_brackets, is_of_another, without_mail
from uadispatch.campaign.notices.wording.countries import countries_in, country_of_index
from uadispatch.campaign.notices.wording.dates import DATE, dates_in
from uadispatch.campaign.notices.wording.run import run_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from uadispatch.campaign.notices.document import Document, Line
    from uadispatch.campaign.notices.parts.sections import Sections
    from uadispatch.campaign.notices.wording.dates import Dated
    from uadispatch.campaign.notices.wording.run import Run

__all__ = ["read_countries", "read_issued"]

_Place: TypeAlias = "tuple[Dated, int]"
"""A date, and the line in which it stands."""

_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s)?"
_LABEL = re.compile(
    rf"\b(?:publication\sdate|issue\sdate|date\sof\s(?:issue|publication)|date"
    rf"|(?P<issued>issued(?:\son)?))\s?(?P<colon>:)?\s{{0,2}}{_WEEKDAY}(?={DATE})",
    re.IGNORECASE,
)
_OF_ANOTHER = re.compile(
    r"(?:execution|trial|hearing|court|sentencing|arrest|release|birth|death|action|expiry|closing"
    r"|stop|effective|due|start|end|fax|print(?:ed)?|election|appeals?)\s\Z",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"{_WEEKDAY}{DATE}\W*\Z", re.IGNORECASE)
_MARK = re.compile(
    r"(?<![a-z])(?:UA|EXTRA|EX|urgent action)\W{0,3}[0-9]{1,4}\s?[/.]\s?[0-9]{2}"
    r"|\bindex\b|(?<![a-z])(?:AFR|AMR|ASA|EUR|MDE)\s?[0-9]{2}\s?/",
    re.IGNORECASE,
)
"""The number or the index."""
_OTHER_LABEL = re.compile(r"[a-z]\s?:\s?\Z|\bdate\s\Z", re.IGNORECASE)
_TIME = re.compile(r"\b[0-9]{1,2}:[0-9]{2}\b")
_NEAR = 200
_MOST = 50
_COUNTRY_LABEL = re.compile(r"country\s?:\s*(?P<country>[^\n]{1,100})", re.IGNORECASE)
_AFTER_INDEX = re.compile(
    r"index\s?:?\s{0,2}[A-Z]{3}\s?[0-9]{2}\s?/\s?[0-9]{1,5}\s?/\s?[0-9]{2,4}\W{0,3}"
    r"(?P<country>[^\n:0-9]{2,100}?(?:\n[^\n:0-9]{2,60}?)?)\s{0,3}(?:(?:issue\s)?date\s?:|\Z|\n)",
    re.IGNORECASE,
)
_IN_TITLE = re.compile(
    r"\((?P<country>[^():]{2,60}): ?(?:UA|EXTRA|urgent action)\W{0,2}[0-9]{1,4}[./][0-9]{2,4}\)\Z",
    re.IGNORECASE,
)
_HEAD_LINES = 12


def read_issued(
    document: Document, sections: Sections
) -> tuple[Found[date] | None, tuple[Doubt, ...]]:
    """The day of `document`, and what is wrong with it.

    Its label tells it, else that it stands alone in the head or beside the number there. A day
    that the document names of another one, or of the mail that it came in, is none of its own.
    """
    head = run_of(own_lines(sections.lines(Part.HEAD)))
    found = _labelled(head) or _alone(head)
    if not found:
        told = without_mail(document.lines)
        found = _labelled(run_of(line for line in told if _LABEL.match(line.text)))
    if not found:
        return _beside_number(head), ()
    return _first(found), tuple(_doubts(found))


def _labelled(run: Run) -> list[_Place]:
    return [
        (dated, run.number(dated.start))
        for label in islice(_LABEL.finditer(run.text), _MOST)
        for dated in islice(dates_in(run.text, label.end()), 1)
        if _is_own_label(run, label, dated)
    ]


def _is_own_label(run: Run, label: re.Match[str], dated: Dated) -> bool:
    if in_brackets(run.text, label.start()):
        return False
    before, after = _around(run, label.start(), dated.end)
    if before:
        # In one line with the number, the index or the country.
        beside = _MARK.search(before) or countries_in(before)
        return bool(beside and label["colon"]) and not _OF_ANOTHER.search(before)
    # "issued" may go on from the line above it: Further information on UA 12/03
    goes_on = label["issued"] and label.start() > 0
    return bool(label["colon"]) or not (goes_on or re.search(r"\w", after))


def _alone(run: Run) -> list[_Place]:
    """The dates that have a line of their own, that nearest to the number first."""
    found = [
        (at, (dated, line.number))
        for at, (line, start) in enumerate(zip(run.lines, run.starts, strict=False))
        if _ALONE.match(line.text)
        for dated in dates_in(run.text, start, start + len(line.text))
        if not is_of_another(run.text, dated.start)
    ]
    number = next((at for at, line in enumerate(run.lines) if has_number(line.text)), 0)
    return [place for _, place in sorted(found, key=lambda each: abs(each[0] - number))]


def _beside_number(run: Run) -> Found[date] | None:
    """The first date beside the number or the index, else the first in the head."""
    found = [
        dated
        for dated in islice(dates_in(run.text), _MOST)
        if dated.day
        and not is_of_another(run.text, dated.start)
        and not _OTHER_LABEL.search(_around(run, dated.start, dated.end)[0])
    ]
    for dated in found:
        before, after = _around(run, dated.start, dated.end)
        if dated.day and (_MARK.search(before) or _MARK.search(after)):
            return Found(dated.day, run.number(dated.start))
    for dated in found:
        line = run.at(dated.start)
        if dated.day and len(line.text) <= _NEAR and not _TIME.search(line.text):
            rule = "the first date in its head that is not of another document"
            return Found(dated.day, line.number, Certainty.INFERRED, rule)
    return None


def _around(run: Run, start: int, end: int) -> tuple[str, str]:
    """What stands near before and after that place, on its line."""
    before = run.text[max(start - _NEAR, 0) : start].rpartition("\n")[2]
    return before, run.text[end : end + _NEAR].partition("\n")[0]


def _first(found: list[_Place]) -> Found[date] | None:
    for dated, line in found:
        if dated.day:
            return Found(dated.day, line)
    return None


def _doubts(found: list[_Place]) -> Iterator[Doubt]:
    first: tuple[date, int] | None = None
    for dated, line in found:
        if dated.day is None:
            yield Doubt(f"its date “{dated.words}” is no day of the calendar", line)
        elif first is None:
            first = (dated.day, line)
        elif dated.day != first[0]:
            yield Doubt(
                f"it names two days of issue: {first[0]} (line {first[1]}) and {dated.day} "
                f"(line {line}); the first is taken",
                line,
                asks=False,
            )


def read_countries(
    document: Document, sections: Sections, index: Found[str] | None
) -> tuple[Found[str], ...]:
    """The countries that `document` concerns, as its head says, else as its index does."""
    head = without_mail(sections.lines(Part.HEAD)) or document.lines[:_HEAD_LINES]
    run = run_of(head)
    for pattern in (_AFTER_INDEX, _COUNTRY_LABEL):
        for found in pattern.finditer(run.text):
            # What follows in the next line may be a title.
            text = " ".join(found["country"].split())
            first = found["country"].split("\n")[0].strip()
            codes = countries_in(text) or countries_in(first)
            if codes:
                line = run.number(found.start("country"))
                return tuple(Found(code, line) for code in codes)
    for head_line in run.lines:
        if countries := country_before_names(head_line)[0]:
            return tuple(Found(code, head_line.number) for code in countries)
    return tuple(_in_title((*sections.lines(Part.TITLE), *head))) or tuple(_by_index(index))


def _in_title(lines: tuple[Line, ...]) -> Iterator[Found[str]]:
    """Of ``Teacher released (Kazakhstan: UA 46.19)``, else of ``Kazakhstan: Teacher released``."""
    for line in lines:
        found = _IN_TITLE.search(line.text[-_NEAR:])
        if found and (codes := countries_in(found["country"])):
            yield from (Found(code, line.number) for code in codes)
            return
    for line in lines[:1]:
        before, colon, _ = line.text[:_NEAR].partition(":")
        rule = "its title begins with it"
        for code in countries_in(before) if colon else ():
            yield Found(code, line.number, Certainty.INFERRED, rule)


def _by_index(index: Found[str] | None) -> Iterator[Found[str]]:
    code = country_of_index(index.value) if index else None
    if index and code:
        yield Found(code, index.line, Certainty.INFERRED, f"by the index {index.value}")
