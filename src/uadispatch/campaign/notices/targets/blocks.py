"""Rows of an address list -> one block for each official.

It knows in which order an entry goes; whether the entries of two officials were mixed up is told
elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.targets.contact_labels import SALUTATION
from uadispatch.campaign.notices.targets.contact_lines import Meaning, Row
from uadispatch.campaign.notices.targets.offices import Sort, sort_of
from uadispatch.campaign.notices.targets.official_names import is_holder, names_in, runs_on
from uadispatch.campaign.notices.targets.one_line import parted
from uadispatch.campaign.notices.targets.whereabouts import ends_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uadispatch.campaign.notices.targets.contact_lines import Entry

__all__ = ["NONE", "STRONG", "Block", "blocks_of", "strength_of"]


@dataclass(slots=True)
class Block:
    """The rows of one official, while they are gathered."""

    group: int = 0
    """Blocks of one cell, or of lines between cells, share a number."""
    copy: bool = False
    rows: list[Row] = field(default_factory=list)
    texts: list[Row] = field(default_factory=list)
    """Its rows that hold text."""
    contacts: list[Entry] = field(default_factory=list)
    greetings: list[Entry] = field(default_factory=list)
    remarks: list[Row] = field(default_factory=list)
    parted: bool = False
    """Whether a line such as ``and`` stands after it."""
    uncertain: bool = False
    """Whether its contacts may be someone else's."""

    def add(self, row: Row) -> None:
        """Put `row` at the end."""
        self.rows.append(row)
        if row.text:
            self.texts.append(row)
        for entry in row.entries:
            (self.greetings if entry.field == SALUTATION else self.contacts).append(entry)


_MOST_ROWS = 40
"""So many rows of an entry are looked at again for each that follows."""
NONE, WEAK, STRONG = 0, 1, 2


def strength_of(row: Row) -> int:
    """How surely a row begins an entry, by its words."""
    if not row.text:
        return NONE
    if row.named == "name":
        return STRONG
    names, sort = names_in(row.text), sort_of(row.text)
    if names.role or sort is Sort.TITLED or (names.name and names.rest):
        return STRONG
    return WEAK if sort in (Sort.HOUSE, Sort.PERSON) or names.name else NONE


def blocks_of(rows: Sequence[Row], *, copies: bool) -> list[Block]:
    """The blocks of `rows`; `copies`: whether all are of those who get copies."""
    found: list[Block] = []
    for group, of_group in enumerate(_groups(rows)):
        gathered = _Gathering(group, copy=copies)
        for place, row in enumerate(of_group):
            gathered.take(row, of_group[place + 1] if place + 1 < len(of_group) else None)
        copies = gathered.copy
        blocks = [_in_lines(block) for block in gathered.blocks()]
        if blocks and not _put_to(found[-_MOST_ROWS:], blocks):
            found += blocks
    return found


def _in_lines(block: Block) -> Block:
    """The same, with the official and the address apart where all stands on one line."""
    row = block.rows[0] if len(block.rows) == 1 else None
    if row is None or not row.text or not row.entries or row.named:
        return block
    lines = parted(row.text)
    if not lines:
        return block
    whole = Block(group=block.group, copy=block.copy, remarks=block.remarks, parted=block.parted)
    for text in lines[:-1]:
        whole.add(replace(row, text=text, entries=(), glued=False))
    whole.add(replace(row, text=lines[-1]))
    return whole


def _groups(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows of one cell stand together, wherever the reading order put them."""
    groups: list[list[Row]] = []
    by_cell: dict[int, list[Row]] = {}
    last: int | None = -1
    for row in rows:
        cell = row.line.cell
        if cell is not None and cell in by_cell:
            by_cell[cell].append(row)
        elif cell is None and last is None:
            groups[-1].append(row)
        else:
            groups.append([row])
            if cell is not None:
                by_cell[cell] = groups[-1]
        last = cell
    yield from groups


class _Gathering:
    """Goes through the rows of one group."""

    def __init__(self, group: int, *, copy: bool) -> None:
        self.group = group
        self.copy = copy
        self._found: list[Block] = []
        self._closed = True

    def blocks(self) -> list[Block]:
        return [block for block in self._found if block.rows or block.remarks]

    def take(self, row: Row, following: Row | None) -> None:
        if row.meaning is Meaning.COPIES:
            self.copy = self._closed = True
        elif row.meaning is Meaning.PARTS:
            self._closed = True
            if self._found:
                self._found[-1].parted = True
        elif row.meaning is Meaning.REMARK:
            self._current().remarks.append(row)
        else:
            if not self._closed and self._found and self._begins(self._found[-1], row, following):
                self._closed = True
            self._current().add(row)

    def _current(self) -> Block:
        if self._closed or not self._found:
            self._found.append(Block(copy=self.copy, group=self.group))
            self._closed = False
        return self._found[-1]

    @staticmethod
    def _begins(block: Block, row: Row, following: Row | None) -> bool:
        """Whether `row` belongs to the next official."""
        if not row.text or not block.rows:
            return False
        if row.entries and parted(row.text):
            # It is a whole entry by itself.
            return True
        strength = strength_of(row)
        if block.contacts:
            return _after_contacts(block, row, strength, following)
        if block.greetings:
            return _after_greeting(block, row, strength)
        return _after_text(block, row, strength)


def _after_contacts(block: Block, row: Row, strength: int, following: Row | None) -> bool:
    # What stands after the contacts is their address, where there is none before them.
    has_address = any(strength_of(text) == NONE for text in block.texts[:_MOST_ROWS])
    goes_on = bool(block.rows[-1].text) and not block.rows[-1].entries and not strength
    parted = row.line.begins and not goes_on and bool(strength or has_address)
    if strength == STRONG or block.greetings or parted:
        return True
    if strength == WEAK:
        leads = following is not None and strength_of(following) == STRONG and not row.entries
        return has_address or leads
    return False


def _after_greeting(block: Block, row: Row, strength: int) -> bool:
    """A greeting in a right-hand column stands beside the name, before the address."""
    if strength != STRONG:
        return row.line.begins and strength == WEAK and len(block.texts) > 1
    role = names_in(row.text).role
    alone = len(block.texts) == 1 and _gives_one(block.texts[0], row)
    return not alone or (bool(role) and row.line.begins)


def _gives_one(first: Row, second: Row) -> bool:
    """Whether one row gives an office, and the other the name of whoever holds it."""
    one, other = names_in(first.text), names_in(second.text)
    if other.name and other.role:
        return not one.name and is_holder(first.text, second.text)
    return not (one.name and one.role) and bool(one.role) != bool(other.role)


def _after_text(block: Block, row: Row, strength: int) -> bool:
    if strength != STRONG or not block.texts:
        return False
    last = block.texts[-1]
    if runs_on(last.text, row.text):
        return False
    if ends_address(last.text) and len(block.texts) > 1:
        return True
    if not row.line.begins:
        return False
    if len(block.texts) == 1:
        return not _gives_one(last, row) and strength_of(last) == STRONG
    has_more = len(block.texts) > 2  # noqa: PLR2004 - an office and a name
    return has_more or any(strength_of(text) == NONE for text in block.texts)


def _put_to(found: Sequence[Block], blocks: Sequence[Block]) -> bool:
    """Whether a cell held nothing but contacts, and their owner, in a cell before, has them now.

    Only where a single official is without any, or there is one greeting for each without.
    """
    loose = blocks[0]
    if len(blocks) > 1 or loose.texts or not loose.rows or not found:
        return False
    if not loose.contacts:
        owners = [block for block in found if block.texts and not block.greetings]
        if len(loose.rows) == len(owners):
            for block, row in zip(owners, loose.rows, strict=True):
                block.add(row)
            return True
    else:
        owners = [block for block in found if block.texts and not block.contacts]
        if len(owners) == 1 and owners[0] is found[-1]:
            for row in loose.rows:
                owners[0].add(row)
            return True
    loose.uncertain = True
    return False
