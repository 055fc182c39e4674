"""Whether the entries of two officials were mixed up, as where two columns were read as one.

It looks for what no single entry has. It errs on the safe side: an entry that may be two is asked
about, since a letter to the wrong office is worse than a field that is missing.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.targets.blocks import NONE, STRONG, strength_of
from uadispatch.campaign.notices.targets.contact_labels import OTHER, SALUTATION
from uadispatch.campaign.notices.targets.offices import (
    Sort,
    embassy_of,
    office_words,
    sort_of,
)
from uadispatch.campaign.notices.targets.official_names import is_holder, names_in, says_again
from uadispatch.campaign.notices.targets.officials import joined, official_in
from uadispatch.campaign.notices.targets.two_officials import tells_two
from uadispatch.campaign.notices.targets.whereabouts import (
    country_of,
    ends_address,
    names_capital,
    names_country,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from uadispatch.campaign.notices.targets.blocks import Block
    from uadispatch.campaign.notices.targets.contact_lines import Row

__all__ = ["is_nobodys", "mark_mixed"]

_MOST_ROWS = 40
"""No entry is longer; what is may be anything."""
_ENVOYS = frozenset(
    ["ambassador", "commissioner", "consul", "charge", "representative", "head", "secretary",
     "officer", "deputy", "embajador", "embajadora"]
)  # fmt: skip
_ENVOY = re.compile(r"counsell?or|attach|permanent", re.IGNORECASE)
_OFFICE_OF = re.compile(r"(?:the )?office of ", re.IGNORECASE)


def mark_mixed(blocks: Sequence[Block]) -> None:
    """Mark the blocks whose contacts may be someone else's, and those that run on from them."""
    mixed = [block.uncertain or _is_mixed(block) or is_nobodys(block) for block in blocks]
    for at, (one, other) in enumerate(pairwise(blocks)):
        if one.group == other.group and _is_bare(one) and not one.parted:
            mixed[at] = mixed[at + 1] = True
    for start, end in _runs(blocks):
        for block in blocks[start:end]:
            block.uncertain = any(mixed[start:end])


def _runs(blocks: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """From where to where blocks follow each other so that a mixture would touch them all."""
    start = 0
    for at in range(1, len(blocks) + 1):
        ends = at == len(blocks) or blocks[at - 1].group != blocks[at].group
        if ends or _are_apart(blocks[at - 1], blocks[at]):
            yield start, at
            start = at


def _are_apart(upper: Block, lower: Block) -> bool:
    """Whether an empty line parts two whole entries, within which there is none.

    Columns that were read line by line have empty lines anywhere, or an entry without its end.
    """
    return (
        bool(lower.rows)
        and lower.rows[0].line.begins
        and not any(row.line.begins for block in (upper, lower) for row in block.rows[1:])
        and _is_whole(upper)
        and _is_whole(lower)
    )


def _is_whole(block: Block) -> bool:
    """An official first, then an address that ends as one does, then contacts."""
    if not block.contacts or len(block.texts) < len(["office", "address"]):
        return False
    texts, entries = [bool(row.text) for row in block.rows], [bool(r.entries) for r in block.rows]
    first = entries.index(True)
    return (
        strength_of(block.texts[0]) == STRONG
        and not any(texts[first + 1 :])
        and all(entries[first:])
        and ends_address(block.texts[-1].text)
    )


def _is_bare(block: Block) -> bool:
    """An entry that ends before its contacts, since the lines of the next go on instead."""
    return bool(block.texts) and not block.contacts and not ends_address(block.texts[-1].text)


def is_nobodys(block: Block) -> bool:
    """Contacts or a greeting without an official, below those of another."""
    has_any = bool(block.texts and (block.contacts or block.greetings))
    return has_any and official_in(block.texts[:_MOST_ROWS]) is None


def _is_mixed(block: Block) -> bool:
    if len(block.rows) > _MOST_ROWS:
        return True
    rows, texts = block.rows, [row.text for row in block.texts]
    return (
        any(tells_two(text) for text in texts)
        or len(block.greetings) > 1
        or sum(row.glued for row in rows[1:]) > 1
        or _has_apart(rows)
        or _is_broken(rows)
        or _has_pairs(block)
        or _names_two(texts)
        or _has_two_places(texts)
        or _is_no_envoy(texts)
    )


def _has_apart(rows: Iterable[Row]) -> bool:
    """Email, fax, and then email again."""
    fields: list[str] = []
    for row in rows:
        for entry in row.entries:
            known = entry.field not in {OTHER, SALUTATION}
            if known and (not fields or fields[-1] != entry.field):
                fields.append(entry.field)
    return len(fields) != len(set(fields))


def _is_broken(rows: Iterable[Row]) -> bool:
    """An address, contacts, more of an address, and contacts again."""
    shape = ""
    for row in rows:
        if row.text:
            shape += "t"
        if any(entry.field != SALUTATION for entry in row.entries):
            shape += "c"
    first = shape.find("ct")
    return first >= 0 and "c" in shape[first + 2 :]


def _has_pairs(block: Block) -> bool:
    """Several offices and names, and twice as many contacts of some kind."""
    # Telegrams and telexes are two kinds of one field.
    kinds = [e.label if e.field == OTHER else e.field for e in block.contacts]
    twice = any(count > 1 for count in Counter(kinds).values())
    return twice and sum(bool(names_in(row.text).role) for row in block.texts) > 1


def _shape(texts: Iterable[str]) -> str:
    """R: an office; N: a name with a title; B: both; P: the form of a name; H; O: the rest."""
    letters = {Sort.TITLED: "N", Sort.PERSON: "P", Sort.HOUSE: "H"}
    shape = ""
    for text in texts:
        names = names_in(text)
        if names.role:
            shape += "B" if names.name else "R"
        else:
            shape += letters.get(sort_of(names.name or text), "O")
    return shape


_ONE_OFFICIAL = re.compile(r"RN?|[NPO]R|ON|B|N|H(?:RN|R(?=P)|[NP]R|B|N|(?![RBN]))")
"""The offices and names that one entry begins with, in the letters of `_shape`."""


def _names_two(texts: Sequence[str]) -> bool:
    """Whether more offices and names stand there than one official has."""
    lines = [text for _, text in joined([(0, text) for text in texts])]
    shape = _shape(lines)
    if shape.startswith("R"):
        again = [
            letter == "R" and says_again(lines[0], text)
            for letter, text in zip(shape, lines, strict=True)
        ]
        # Above its holder it is one office with the line above; below, a line of the address.
        shape = "".join(
            "" if said and at == 1 else "O" if said else letter
            for at, (letter, said) in enumerate(zip(shape, again, strict=True))
        )
    if shape.startswith("RB") and is_holder(lines[0], lines[1]):
        shape = shape[1:]
    if _is_of_another(shape, lines):
        return True
    last = max(shape.rfind(letter) for letter in "RBN") + 1
    if not last:
        return False
    found = _ONE_OFFICIAL.match(shape)
    return found is None or found.end() < last


def _is_of_another(shape: str, lines: Sequence[str]) -> bool:
    """The Minister of Justice, without a name, at the Office of the President."""
    pairs = {"HR": (1, 0), "HB": (1, 0), "RH": (0, 1)}
    role, house = pairs.get(shape[:2], (None, None))
    if role is None or house is None or not _OFFICE_OF.match(lines[house]):
        return False
    whose = office_words(lines[house])
    return bool(whose) and not whose & office_words(names_in(lines[role]).role)


def _has_two_places(texts: Sequence[str]) -> bool:
    """Whether the address is in two countries, or goes on below a country."""
    codes, cities = set(), 0
    for text in texts:
        found = country_of([(0, text)], home=None)
        codes |= {found.value} if found else set()
        cities += names_capital(text)
    closed = False
    for text in texts[2:]:
        if closed and _strength(text) == NONE and not names_country(text):
            return True
        closed = closed or names_country(text)
    return len(codes) > 1 or cities > 1


def _strength(text: str) -> int:
    """How surely a text begins an entry; a postcode below its country is no more than that."""
    short = len(text.split()) == 1
    return 1 if short else int(sort_of(text) is not Sort.OTHER)


def _is_no_envoy(texts: Sequence[str]) -> bool:
    """Whether an official of a government stands with an embassy, or two embassies together."""
    houses = [text for text in texts if sort_of(text) is Sort.HOUSE]
    states = {found[0] for text in houses if (found := embassy_of(text)) and found[0]}
    if len(states) > 1:
        return True
    roles = [role for text in texts if (role := names_in(text).role)]
    return bool(states) and any(
        not (office_words(role) & _ENVOYS or _ENVOY.search(role[:200])) for role in roles
    )
