"""How a letter begins and how it ends, in the languages that documents have.

It knows words only; never whose letter it is, nor where in a document it stands.
"""

from __future__ import annotations

import re

__all__ = [
    "is_ending",
    "is_opening",
    "is_placeholder",
    "split_ending",
    "split_opening",
]

_LONGEST_OPENING = 160
_LONGEST_ENDING = 160

_DEAR = (
    r"(?:(?:my )?dear|most honou?rable|honou?rable|(?:muy |mi )?(?:estimad|respetad|distinguid)\w*"
    r"|excelentísim\w+|prezad\w+|car[oa]s?|gentile|egregi\w+|chère?s?|sehr geehrt\w*"
    r"|уважаем\w+|глубокоуважаем\w+|шановн\w+|құрметті|say\u0131n)"
)
_STYLED = (
    r"(?:your (?:royal |imperial |serene )?"
    r"(?:excellenc(?:y|ies)|majest(?:y|ies)|highness(?:es)?|honou?r|eminence|holiness|grace)"
    r"|excellenc(?:y|ies|e)|(?:su|vuestra|vossa) excel[êe]ncia|sirs?|madams?|sir/madam"
    r"|sir or madam|mesdames|madame|messieurs|monsieur|señora?(?:es)?|senhora?|herr|frau"
    r"|m(?:r|s|rs)\.? (?:president|minister|prime minister|prosecutor|ambassador)"
    r"|to whom it may concern)"
)
# A full stop belongs to the opening only within a word or after a short title. What is tried for
# one character is tried once, so that no line takes long.
_STOP = r"\.(?=\S|(?<=\b(?:mr|ms|dr|sr|st|lt)\.)|(?<=\b(?:mrs|hon|gen|col|sra)\.)|(?<=\bprof\.))"
_NAME = rf"(?:[^,:;!.\n]|{_STOP}){{1,100}}"
_ONE = rf"(?:{_DEAR}\b {_NAME}|{_STYLED}\b(?: {_NAME})?)"
_OPENING = re.compile(
    rf"(?P<opening>{_ONE}(?:, ?(?:or |and |/ ?|& ?)?{_DEAR}\b {_NAME})*)(?P<mark>[,:;!]|\.?\Z)",
    re.IGNORECASE,
)
_BEGINS = re.compile(rf"{_DEAR}\b|{_STYLED}\b", re.IGNORECASE)
_TURN = re.compile(
    r" (?=(?:I|We) (?:am|are|write|would|wish|want|urge|call|ask|express|was|were)\b)"
)
_SENTENCE = re.compile(r" (?:was|were|is|are|am|has|have|had|will|be|being|been) ", re.IGNORECASE)
_ENDING = (
    r"(?:yours (?:very )?(?:sincerely|faithfully|truly|respectfully)"
    r"|(?:very |most )?(?:sincerely|respectfully|faithfully)(?: yours)?"
    r"|(?:(?:with|my) )?(?:(?:with|my) )?(?:kind|best|warm)(?:est)? (?:regards|wishes)|regards"
    r"|in solidarity|(?:muy )?(?:respetuosa y )?atentamente|cordialmente|respetuosamente"
    r"|(?:le|les|se) saluda (?:muy )?atentamente|atenciosamente|respeitosamente"
    r"|mit freundlichen gr(?:ü|ue)(?:ß|ss)en|hochachtungsvoll|respectueusement"
    r"|veuillez agréer[^.]{0,110}|distinti saluti|\u0441 уважением|құрметпен|з повагою"
    r"|sayg\u0131lar\u0131mla)"
)
_PLACEHOLDER = r"[\[(<_.…]{1,3} ?(?:your )?(?:full )?(?:name|signature|sign|address)[^\]\n]{0,60}"
_ENDING_LAST = re.compile(
    rf"(?:[.!?][\u201d\u2019\"')]? |\A)(?P<ending>{_ENDING} ?[,.]?)(?: ?{_PLACEHOLDER})?\Z",
    re.IGNORECASE,
)
_PLACEHOLDER_ALONE = re.compile(rf"{_PLACEHOLDER}", re.IGNORECASE)


def split_opening(text: str) -> tuple[str, str] | None:
    """The opening of `text` without its comma, and what follows it; None: it has no opening."""
    head = text[:_LONGEST_OPENING]
    if not _BEGINS.match(head):
        return None
    whole = len(text) <= _LONGEST_OPENING
    if whole and text.endswith((",", ":")) and not _SENTENCE.search(text):
        return text[:-1].strip(), ""
    found = _OPENING.match(head)
    if found and (whole or found["mark"] in _MARKS) and not _SENTENCE.search(found["opening"]):
        return found["opening"].strip(), text[found.end() :].strip()
    if turn := _TURN.search(head):
        opening = head[: turn.start()].strip(" ,:;-\u2013")
        return None if _SENTENCE.search(opening) else (opening, text[turn.end() :].strip())
    return None


_MARKS = (",", ":", ";", "!")


def is_opening(text: str) -> bool:
    """Whether the line begins as a letter does."""
    return split_opening(text) is not None


def split_ending(text: str) -> tuple[str, str] | None:
    """What stands before the ending, and the ending as it stands; None: it has no ending."""
    tail = text[-_LONGEST_ENDING:]
    for found in _ENDING_LAST.finditer(tail):
        return text[: len(text) - len(tail) + found.start("ending")].strip(), found["ending"]
    return None


def is_ending(text: str) -> bool:
    """Whether the line is, or ends with, the ending of a letter."""
    return split_ending(text) is not None


def is_placeholder(text: str) -> bool:
    """Whether the line only stands for the name of whoever signs: ``[YOUR NAME]``."""
    return len(text) <= _LONGEST_ENDING and bool(_PLACEHOLDER_ALONE.match(text))
