"""Which lines of a document are headings or labels, and what they announce.

It knows the wording of five layouts, line by line; never the order of a document, nor any field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Heading", "Part", "find_heading", "has_number", "is_head_line", "is_remark"]

_LONGEST_LABEL = 300
_LONGEST_HEAD_LINE = 200


class Part(StrEnum):
    """What a stretch of lines is."""

    HEAD = "head"
    """URGENT ACTION, and the lines with number, index, country and date, wherever they stand."""
    TITLE = "title"
    SUMMARY = "summary"
    ACTIONS = "actions"
    """What the reader is asked to do; in V1-V3 the points to make in a letter too."""
    TARGETS = "targets"
    COPIES = "copies"
    """Whom copies are asked for; a sentence on diplomatic representatives, who have no name, is
    in the foot."""
    LETTER = "letter"
    """From its opening to its ending."""
    BACKGROUND = "background"
    """Additional information."""
    FOOT = "foot"
    """Languages, deadline, names and pronouns, the link to the document before, wherever they
    stand; remarks of the template."""
    HEADING = "heading"
    """Lines that are nothing but the heading of another part."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that begins a part."""

    part: Part
    """What the lines after it are."""
    itself: Part
    """What the line itself is: it keeps its label in the head and the foot, where the label tells
    the field; elsewhere what stands after the label is a line of `part`."""
    rest: str
    """What stands after the label on its line."""


_REMARK = r"(?: ?\([^()]{0,100}\))?"
# A label is a line of its own, or stands before a colon; words in a sentence do neither.
_END = r"(?: ?:(?P<rest>.*)|[.]?)\Z"
_LIST_NUMBER = r"(?:[0-9]{1,2}[.)] ?)?"


def _label(*wordings: str, end: str = _END) -> re.Pattern[str]:
    return re.compile(
        f"{_LIST_NUMBER}(?:{'|'.join(wordings)}){_REMARK}{end}", re.IGNORECASE | re.DOTALL
    )


def _start(*wordings: str) -> re.Pattern[str]:
    return re.compile(f"{_LIST_NUMBER}(?:{'|'.join(wordings)})", re.IGNORECASE)


_DATE = (
    r"(?:[0-9]{1,2} )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
    r"(?: [0-9]{1,2})?,? ?[0-9]{2,4}"
)
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
    r"|[0-9]{1,2} ?(?:st|nd|rd|th))"
)

_NAMED: tuple[tuple[re.Pattern[str], Part], ...] = (
    (_label("urgent action title"), Part.TITLE),
    (_label("urgent action summary"), Part.SUMMARY),
    (_label("take action(?: now)?[!]?", "recommended actions?"), Part.ACTIONS),
    (_label("let us know (?:that )?you took action", "report your action"), Part.ACTIONS),
    (
        _label(r"targets?\W?s?\W? ?contact details?[^:]{0,40}", "targets?"),
        Part.TARGETS,
    ),
    (_label("(?:please )?(?:send )?(?:your )?appeals to", "to"), Part.TARGETS),
    (_label("(?:and )?(?:please )?(?:also )?(?:send )?(?:a )?cop(?:ies|y) to"), Part.COPIES),
    (
        # Text of a web page has the letter in one line with its heading.
        _label(
            "(?:urgent action |sample |model )letter",
            "(?:sample|model) appeal",
            end=r"(?: ?:| (?=dear\b)|[.]?\Z)(?P<rest>.*)",
        ),
        Part.LETTER,
    ),
    (
        _label("(?:additional|background|further) information", "(?:further )?background"),
        Part.BACKGROUND,
    ),
)
"""Labels that are removed: what follows says the same without them."""

_HEAD_LABEL = _label(
    "publication date",
    "(?:date of issue|issue date|issued)",
    "urgent action (?:type and number|type|number)",
    "(?:ai )?index(?: number)?",
    "country",
    end=r" ?:",
)
_FOOT_LABEL = _label(
    "preferred languages?(?: to address (?:the )?targets?)?",
    "appeal deadline(?: notice)?",
    "names? and (?:pref[a-z]{2,9} )?pronouns?",
    r"links? to (?:the )?previous (?:ua|urgent action)s?",
    end=r"(?: ?:|\Z)",
)
_LATE_FOOT_LABEL = _label(
    r"names?(?:\(s\))?", "gender(?: ?m/f| ?\\(m/f\\))?", "pronouns?", end=r" ?:"
)
_FOOT_START = _start(
    "please take action as[ -]soon[ -]as[ -]possible",
    "please send appeals (?:immediately|as soon as possible)",
    "please (?:take action|send (?:your )?appeals) (?:before|until|by)",
    "this urgent action (?:expires|is valid)",
    r"(?:please )?(?:also )?(?:and )?(?:check|consult|contact) with (?:the |your |an )?"
    r"(?:amnesty|section|international secretariat|local)",
    "(?:and|also|please also|please)?,? ?(?:(?:please )?send )?(?:copies )?"
    "to (?:the )?diplomatic representatives",
    f"this is the {_ORDINAL}(?: and final)? (?:output|update|ua|urgent action)",
    "you can also write in your own language",
)
# What its network writes below the officials, with its own address.
_NETWORK = _start(
    "please share\\b",
    "we encourage you to share",
    "thank you for taking action",
    "how you can help",
    "this urgent action may be",
    r"(?:aiusa(?:.s)? |amnesty international(?: usa)? )?(?:ua|urgent action) network\b",
    r"aiusa\b",
    r"amnesty international(?: usa)?(?: is|[,.]?\Z)",
)
_RULE = re.compile(r"[-_=*\u2013\u2014]{5,200}\Z")
_DIPLOMATS = _start("(?:any |the |all )?diplomatic representatives")
_NO_FURTHER = _start(
    "(?:many thanks[^.!]{0,120}[.!] ?)?no further (?:action|appeals?)[^.]{0,60}"
    r"\b(?:requested|required|needed|necessary)"
)
_APPEALS_BEFORE = re.compile(
    r"(?:please )?send (?:your )?appeals (?:before|by|until) [^:]{0,80}?"
    r"(?: to\Z|(?: to)? ?:(?P<rest>.*))\Z",
    re.IGNORECASE | re.DOTALL,
)
_CONTACT_BY = re.compile(
    r"(?:please )?contact (?:this|these|the)\b[^:.]{0,40}\b(?:officials?|targets?|authorit[a-z]+)\b"
    r"[^:.]{0,60}:\Z",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"(?:please )?(?:write|send)\b(?: immediately| at once| a letter| telegrams| faxes| e-?mails"
    r"| letters| appeals| express)[^.]{0,250}:\Z|please write immediately\b",
    re.IGNORECASE,
)


def find_heading(text: str, *, within: Part | None) -> Heading | None:
    """What the line `text` announces, if it is a heading; `within`: the part before it."""
    text = _BULLET.sub("", text, count=1)
    short = text[:_LONGEST_LABEL]
    if within not in _ADDRESSED and (found := _HEAD_LABEL.match(short)):
        return Heading(Part.HEAD, Part.HEAD, text[found.end() :].strip())
    if _NO_FURTHER.match(short):
        return Heading(Part.BACKGROUND, Part.FOOT, "")
    if to_targets := _to_targets(text):
        return to_targets
    if _is_foot(short, within):
        return Heading(Part.FOOT, Part.FOOT, "")
    return _points(text) or _named(text)


_ADDRESSED = {Part.TARGETS, Part.COPIES}
_LATE = {Part.BACKGROUND, Part.FOOT, Part.LETTER}


_BULLET = re.compile(r"\A[•·▪●○◦‣*\uf0a7\uf0b7-]+ ?")


def _is_foot(short: str, within: Part | None) -> bool:
    return bool(
        _FOOT_LABEL.match(short)
        or _FOOT_START.match(short)
        or (within in _ADDRESSED and (_RULE.match(short) or _NETWORK.match(short)))
        or (within in _LATE and _LATE_FOOT_LABEL.match(short))
    )


def _to_targets(text: str) -> Heading | None:
    if len(text) <= _LONGEST_LABEL:
        if _CONTACT_BY.match(text):
            return Heading(Part.TARGETS, Part.FOOT, "")
        if found := _APPEALS_BEFORE.match(text):
            rest = (found["rest"] or "").strip()
            return Heading(Part.TARGETS, Part.TARGETS if rest else Part.FOOT, rest)
    return None


def _points(text: str) -> Heading | None:
    found = _POINTS.match(text[: _LONGEST_LABEL + 1])
    return Heading(Part.ACTIONS, Part.ACTIONS, text) if found else None


def _named(text: str) -> Heading | None:
    for pattern, part in _NAMED:
        if found := pattern.match(text):
            rest = (found["rest"] or "").strip()
            if part is Part.COPIES and _DIPLOMATS.match(rest):
                return Heading(Part.COPIES, Part.FOOT, "")
            if _NOTHING.fullmatch(rest):
                rest = ""
            return Heading(part, part if rest else Part.HEADING, rest)
    return None


_BLANK = r"n\.? ?/? ?a\.?|none|nil|not applicable|tbc"
# What the template says of a field, as in (300 words), or the head of another column.
_NOTHING = re.compile(
    rf"\([^()]{{0,100}}\):?|\[[^\[\]]{{0,100}}\]|salutations?:?|{_BLANK}", re.IGNORECASE
)

_NUMBER = r"[0-9]{1,4} ?[/.] ?(?:19|20)?[0-9]{2}\b"
_INDEX = r"(?:[A-Z]{3} ?[0-9]{1,2} ?/ ?[0-9]{1,5} ?/ ?[0-9]{2,4})"
_HEAD_LINE = re.compile(
    r"(?:u *r *g *e *n *t *a *c *t *i *o *n(?: *a *p *p *e *a *l| update| network)?|stop action"
    r"|public|external|internal(?: \(for ai members only\))?)[.!:]?\Z"
    rf"|(?:public )?(?:ai )?index ?:? ?(?:number ?:? ?)?{_INDEX}"
    rf"|(?:public )?{_INDEX}\Z"
    r"|(?:(?:(?:issue |publication )?date(?: of issue)?|(?:re-?)?issued(?: on)?"
    rf"|(?:posted|published)(?: on)?) ?:? ?)?{_DATE}\Z"
    rf"|(?:public |stop action:? |{_ORDINAL} )?"
    rf"(?:(?:(?:further|more) information|follow-?up) (?:on|to) )?"
    rf"(?:ua|extra|ex|urgent action)(?: number| no\.?)? ?:? ?{_NUMBER}",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    rf"(?:\b(?:ua|extra|ex)|urgent action)[^/]{{0,12}}? ?{_NUMBER}", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?][\u201d\u2019\"')]?\Z")


def has_number(text: str) -> bool:
    """Whether the line is one of the head and has the number in it."""
    return bool(is_head_line(text) and _NUMBERED.search(text))


def is_head_line(text: str) -> bool:
    """Whether the line is one of the head: URGENT ACTION, or with number, index or date."""
    return bool(
        len(text) <= _LONGEST_HEAD_LINE
        and _HEAD_LINE.match(text)
        and not (_SENTENCE_END.search(text) and len(text.split()) > len("sentence"))
    )


_BRACKETS = re.compile(r"\[[^\[\]]{3,200}\][.:]?", re.DOTALL)
_EMPTY = re.compile(_BLANK, re.IGNORECASE)


def is_remark(text: str) -> bool:
    """Whether the line is a remark of the template, or says no more than that a field is empty.

    A remark stands in brackets: ``[Sections to add when relevant]``.
    """
    if len(text) <= len("not applicable") and _EMPTY.fullmatch(text):
        return True
    return bool(_BRACKETS.fullmatch(text)) and " " in text and "email" not in text.casefold()
