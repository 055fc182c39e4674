"""The officials that a document asks to write to, each with every contact, and those for copies.

A message that goes to the wrong office is worse than a field that is missing: where the lines do
not say whose a contact is, it is left out, and a person is told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Certainty, Doubt, Found, FoundTarget
from uadispatch.campaign.notices.parts.sections import Part
from uadispatch.campaign.notices.targets.blocks import blocks_of
from uadispatch.campaign.notices.targets.contact_labels import labels_in
from uadispatch.campaign.notices.targets.contact_lines import rows_of
from uadispatch.campaign.notices.targets.greeting_targets import greeted
from uadispatch.campaign.notices.targets.mixing import is_nobodys, mark_mixed
from uadispatch.campaign.notices.targets.target import target_in
from uadispatch.campaign.notices.targets.target_ids import ids_of

if TYPE_CHECKING:
    from uadispatch.campaign.notices.document import Document
    from uadispatch.campaign.notices.parts.sections import Sections
    from uadispatch.campaign.notices.targets.blocks import Block

__all__ = ["Targets", "read_targets"]

_MOST = 100
_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Targets:
    """Whom a document asks to write to."""

    targets: tuple[FoundTarget, ...]
    copies: tuple[FoundTarget, ...]
    """Those whom copies are asked for; no message is written to them."""
    doubts: tuple[Doubt, ...]


def read_targets(
    document: Document, sections: Sections, *, opening: str | None, country: str | None
) -> Targets:
    """Read the officials of `document`.

    `opening` is the greeting that the sample letter begins with, and `country` the code of the
    country that the Urgent Action concerns.
    """
    doubts: list[Doubt] = []
    blocks = _blocks(sections, Part.TARGETS) + _blocks(sections, Part.COPIES)
    if len(blocks) > _MOST:
        says = f"there are {len(blocks)} entries where officials stand; only {_MOST} were read"
        doubts.append(Doubt(says, _line_of(blocks[_MOST])))
    found: list[FoundTarget] = []
    for block in blocks[:_MOST]:
        target, said = _of_block(block, country)
        found += [target] if target else []
        doubts += [replace(doubt, asks=False) for doubt in said] if block.copy else said
    targets, said = greeted([target for target in found if not target.copy], opening)
    copies, _ = greeted([target for target in found if target.copy], None)
    doubts += said
    if not targets and not any(doubt.asks for doubt in doubts):
        doubts.append(_none_found(document, sections))
    everyone = [
        replace(target, id=Found(name, target.name.line, Certainty.INFERRED, rule))
        for target, (name, rule) in zip(
            (*targets, *copies), ids_of([*targets, *copies]), strict=True
        )
    ]
    return Targets(tuple(everyone[: len(targets)]), tuple(everyone[len(targets) :]), tuple(doubts))


def _blocks(sections: Sections, part: Part) -> list[Block]:
    blocks = blocks_of(rows_of(sections.lines(part)), copies=part is Part.COPIES)
    mark_mixed(blocks)
    return blocks


def _of_block(block: Block, country: str | None) -> tuple[FoundTarget | None, list[Doubt]]:
    doubts = [
        Doubt(
            f"among the officials stands a remark: “{_short(row.text)}”",
            row.line.number,
            asks=False,
        )
        for row in block.remarks
    ]
    if not block.rows:
        return None, doubts
    where = _lines(block)
    if block.uncertain and not is_nobodys(block):
        says = (
            f"{where} may hold the entries of two officials among each other; whose contact is "
            "whose cannot be told, so none of them was taken"
        )
        return None, [*doubts, Doubt(says, _line_of(block))]
    target, said = target_in(block, country)
    if target is None:
        doubts.append(_no_official(block, where))
    return target, [*doubts, *said]


def _no_official(block: Block, where: str) -> Doubt:
    if block.contacts:
        says = f"contacts without an official or an office to them stand at {where}"
        return Doubt(says, _line_of(block))
    text = " / ".join(row.text for row in block.texts[:3])
    return Doubt(f"“{_short(text)}” was not taken for an official", _line_of(block), asks=False)


def _lines(block: Block) -> str:
    first, last = block.rows[0].line.number, block.rows[-1].line.number
    return f"line {first}" if first == last else f"lines {first} to {last}"


def _line_of(block: Block) -> int | None:
    rows = block.rows or block.remarks
    return rows[0].line.number if rows else None


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _none_found(document: Document, sections: Sections) -> Doubt:
    says = "no official to write to was found"
    if sections.lines(Part.TARGETS):
        return Doubt(says, sections.lines(Part.TARGETS)[0].number)
    for line in document.lines:
        if labels_in(line.text[:_LONGEST_SHOWN])[1]:
            return Doubt(f"{says}, though a contact stands at line {line.number}", line.number)
    return Doubt(says)
