"""The lines of an address list, each as what it says: text, contacts, a greeting, or a remark.

It judges line by line and joins a label to its value on the next line; whose contact a line holds
is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.parts.greetings import is_opening
from uadispatch.campaign.notices.targets.contact_labels import OTHER, SALUTATION, labels_in
from uadispatch.campaign.notices.targets.contact_values import continues, form_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uadispatch.campaign.notices.document import Line, Link
    from uadispatch.campaign.notices.targets.contact_labels import Labelled

__all__ = ["Entry", "Meaning", "Row", "rows_of"]


class Meaning(StrEnum):
    """What a row is for."""

    PART = "part"
    """Part of an official's entry."""
    PARTS = "parts"
    """A line such as ``and``, between two entries."""
    COPIES = "copies"
    """From here on, those whom copies are asked for."""
    REMARK = "remark"
    """Something that is said to the reader."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A label and what follows it."""

    field: str
    label: str
    text: str
    line: int
    links: tuple[Link, ...] = ()
    rule: str = ""
    """How its field is known, where no label says it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line, read."""

    line: Line
    text: str = ""
    """What is neither a contact nor a greeting."""
    entries: tuple[Entry, ...] = ()
    meaning: Meaning = Meaning.PART
    glued: bool = False
    """Whether a label follows the text with nothing but a space between."""
    named: str = ""
    """``name`` or ``role``, where a label says that the text is one."""


_LONGEST = 4_000
"""No line of an address list is longer; a text is."""
_LONGEST_PROSE = 400
_LONGEST_GREETING = 100
_BULLET = re.compile(
    r"(?:[-*\u2013\u2014\u2022\u00b7\u25aa\u25cf\u25cb\u25e6\u2023\uf0a7\uf0b7>]\s?|[0-9]{1,2}[.)]\s+)"
)
_PARTS = re.compile(r"(?:and(?: to)?|or|&|and/or|\*{1,5}|-{2,40}|_{2,40})[:.]?", re.IGNORECASE)
_COPIES = re.compile(
    r"(?:and |also )?(?:please )?(?:also )?(?:send )?(?:a )?cop(?:y|ies)(?: of (?:your |the )?"
    r"(?:appeals?|letters?))? to\b[:;]?\s*|c\.?c\.?\s?:\s*",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"(?:name|title|position|address ?[1-4]?|fax|fax number|fax fax number|email|e-mail"
    r"|email address|email email address|salutation|salutation salutation|telephone|city|country)",
    re.IGNORECASE,
)
_FORM_IN_ONE = re.compile(r"name address 1\b|address 1 address 2\b", re.IGNORECASE)
_DIPLOMATS = re.compile(
    r"diplomatic representative|accredited to your|local diplomatic address|embass(?:y|ies) in your"
    r"|\byour (?:own )?(?:country's )?(?:section office|amnesty)",
    re.IGNORECASE,
)
_NO_POST = re.compile(
    r"\bno (?:mail|postal|post|letter)|(?:mail|postal|post) (?:service|delivery|deliveries)"
    r"|(?:do not|don't|cannot|unable to) (?:send|post|write|use)|\bletters (?:may|cannot|will)"
    r"|post(?:al)? (?:is|service) suspended",
    re.IGNORECASE,
)
_REMARK_BEGINS = re.compile(
    r"(?:please\b|note\b|nb\b|n\.b\.|if (?:you|the|a|there)\b|you (?:can|may|could)\b"
    r"|it (?:may|is)\b|due to\b|there (?:is|are)\b|faxes? (?:may|are|can|lines?)\b"
    r"|appeals? (?:can|may|should|sent)\b|owing to\b|because\b|in the absence\b|remember\b"
    r"|when \w+ing\b|(?:the )?fax (?:line|machine)s?\b|check with\b|all appeals\b|ask for\b"
    r"|fao\b|f\.a\.o\b|attn\b|attention\b|for the attention\b|mark(?:ed)? \W|subject(?: line)?\b"
    r"|time difference\b|gmt\b|\((?:if|please|for the|note)\b)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\b(?:is|are|was|were|be|been|has|have|may|will|should|can|please|not)\b")
_NOISE = re.compile(
    r"(?:ai index|index ?:|page \d|\d{1,3}\Z|amnesty international|www\.amnesty|public\Z"
    r"|ua:? ?\d|urgent action)",
    re.IGNORECASE,
)
_GREETS = re.compile(
    r"\b(?:Dear|DEAR|Your (?:Royal |Imperial )?(?:Excellency|Majesty|Highness|Honou?r|Grace)"
    r"|YOUR EXCELLENCY|Excellency)\b"
)
_BEFORE_GREETING = re.compile(
    r"(?:Se[n\u00f1]ora?|Monsieur|Madame|Estimad[oa]|Excelent\u00edsim[oa]|Excelencia|Senhora?)\b"
    r"[^/]{0,40}/\s*\Z"
)


def rows_of(lines: Iterable[Line]) -> list[Row]:
    """The rows of `lines`, in their order; lines of a form to fill in are left out."""
    rows: list[Row] = []
    for line in lines:
        rows += [row for row in _rows(line) if not _joined(rows, row)]
    return rows


def _rows(line: Line) -> list[Row]:
    text = line.text.strip()
    if len(text) > _LONGEST:
        return [Row(line, text, meaning=Meaning.REMARK)]
    text = text[found.end() :] if (found := _BULLET.match(text)) else text
    if not text or _FORM.fullmatch(text) or _FORM_IN_ONE.search(text) or _NOISE.match(text):
        return []
    if _PARTS.fullmatch(text):
        return [Row(line, meaning=Meaning.PARTS)]
    if _DIPLOMATS.search(text):
        return [Row(line, meaning=Meaning.PARTS)]
    if copies := _COPIES.match(text):
        rest = text[copies.end() :].strip()
        if form_of(rest):
            # A further address of the official above.
            return [_row(line, text)]
        after = _rows(replace(line, text=rest)) if rest and len(rest) < len(text) else []
        return [Row(line, meaning=Meaning.COPIES), *after]
    return [_row(line, text)]


def _row(line: Line, text: str) -> Row:
    head, labels = labels_in(text)
    if _is_remark(head if labels else text):
        return Row(line, text, meaning=Meaning.REMARK)
    head, entries, named = _plain_labels(line, head, labels)
    head, greeting = _greeting_at_end(head) if head else ("", "")
    if greeting:
        entries.insert(0, Entry(SALUTATION, "", greeting, line.number))
    if head:
        head, bare = _bare(line, head)
        entries = [*bare, *entries]
    glued = bool(labels) and bool(head) and text[labels[0].at - 1 : labels[0].at] == " "
    return Row(line, head, tuple(entries), glued=glued and labels[0].glued, named=named)


def _plain_labels(
    line: Line, head: str, labels: Iterable[Labelled]
) -> tuple[str, list[Entry], str]:
    """The text and the contacts of a line; the labels of name and address only say what text is."""
    entries, named = [], ""
    for label in labels:
        if label.field in {"name", "role", "address"}:
            head = ", ".join(part for part in (head, label.text) if part)
            named = "" if label.field == "address" else label.field
        elif label.field == "cc":
            entries.append(Entry(OTHER, label.label, label.text, line.number, line.links))
        else:
            entries.append(Entry(label.field, label.label, label.text, line.number, line.links))
    return head, entries, named


def _is_remark(text: str) -> bool:
    if len(text) > _LONGEST_PROSE:
        return True
    words = text.split()
    if text.startswith("(") and text.endswith(")") and text[1:2].islower():
        return True
    if _NO_POST.search(text) or (_REMARK_BEGINS.match(text) and not is_opening(text)):
        return True
    small = sum(word[:1].islower() for word in words)
    return len(words) > len("sentence") and small * 2 > len(words) and bool(_SENTENCE.search(text))


def _greeting_at_end(text: str) -> tuple[str, str]:
    """A line and the greeting in its right-hand column, or of the whole line."""
    found = _GREETS.search(text)
    if not found or len(text) - found.start() > _LONGEST_GREETING:
        whole = len(text) <= _LONGEST_GREETING and text.endswith(",") and is_opening(text)
        return ("", text) if whole else (text, "")
    start = found.start()
    if before := list(_BEFORE_GREETING.finditer(text, max(0, start - 60), start)):
        start = before[-1].start()
        later = max((m.start() for m in _LATIN.finditer(text, start, found.start())), default=start)
        start = max(start, later)
    if "," in text[:start][-3:] or text[:start].rstrip().endswith(("His", "Her", "Their")):
        return text, ""
    return text[:start].strip(" ([\t-\u2013:/"), text[start:].strip(" )]")


_LANGUAGE = re.compile(r"(?<=\S)\s\([^()\d]{1,40}\)\Z")
"""What stands behind a page: ``(Persian)``."""
_LATIN = re.compile(r"\b(?:Se[n\u00f1]ora?|Monsieur|Madame|Estimad[oa]|Excelencia|Senhora?)\b")


def _bare(line: Line, text: str) -> tuple[str, list[Entry]]:
    """A text without the contacts that stand in it without a label."""
    parts = re.split(r"(\s*[,;|]\s+)", text)
    kept, entries = [], []
    for part in parts[::2]:
        form = form_of(_LANGUAGE.sub("", part))
        is_contact = form and (form != "number" or part.lstrip("( ").startswith("+"))
        if is_contact and form:
            field = "email" if form == "email address" else OTHER
            rule = f"the form of an {form}" if field == "email" else ""
            entries.append(Entry(field, form, part.strip(), line.number, line.links, rule))
        else:
            kept.append(part)
    return (", ".join(kept) if entries else text), entries


def _joined(rows: list[Row], row: Row) -> bool:
    """Whether `row` held the value of the label above it, to which it was put."""
    if not rows or row.meaning is not Meaning.PART or not rows[-1].entries or row.named:
        return False
    last = rows[-1].entries[-1]
    only = row.entries[0] if len(row.entries) == 1 and not row.text else None
    if last.field == SALUTATION:
        fits = not last.text and bool(only and only.field == SALUTATION and not only.label)
    else:
        unlabelled = not row.entries or all(e.rule or e.field == OTHER for e in row.entries)
        fits = unlabelled and not row.glued and continues(last.field, _whole(row))
        fits = fits and (not last.text or last.field != OTHER)
    if not fits:
        return False
    value = only.text if last.field == SALUTATION and only else _whole(row)
    if last.text:
        value = f"{last.text}, {value}"
    joined = replace(last, text=value, line=last.line if last.text else row.line.number)
    rows[-1] = replace(rows[-1], entries=(*rows[-1].entries[:-1], joined))
    return True


def _whole(row: Row) -> str:
    return _BULLET.sub("", row.line.text, count=1) if row.entries else row.text
