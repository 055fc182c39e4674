"""The records of an export: what each field means, and how a record reads as CSV or JSON.

Both formats have the same names; only CSV changes a text, where a spreadsheet would run it.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.campaign.target_files.formulas import FORMULA
from uadispatch.views.shapes import instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uadispatch.dispatch.journal import Record

__all__ = ["FIELDS", "Field", "csv_head", "csv_line", "csv_row", "json_line"]


class Field(NamedTuple):
    """In which records a field occurs, and what it means."""

    records: str
    says: str


FIELDS: Mapping[str, Field] = {
    "record": Field("all", "`campaign`, `message`, `move`, `fact` or `mark`"),
    "campaign": Field("all", "the Urgent Action's number; none: a fact for every campaign"),
    "round": Field("message, move", "the round, from 1"),
    "target": Field("message, move, fact", "the target's id; of a fact: if it is for one target"),
    "channel": Field("message, move, fact, mark", "of a fact: if it is for one channel"),
    "key": Field("message, move", "what makes it this message: 64 hexadecimal digits"),
    "language": Field("message", "of its text"),
    "at": Field("message, move, fact, mark", "when it was; of a message: when it last changed"),
    "before": Field("move", "the state that it left; none: it was planned"),
    "after": Field("move", "the state that it reached"),
    "state": Field("message", "where it stands"),
    "held": Field("message", "why a person must look first; none: it is not held"),
    "attempt": Field("move", "the number of the try, from 1; 0 before the first"),
    "attempts": Field("message", "how many tries were made"),
    "excused": Field("message", "how many of them do not count towards the last one"),
    "seconds": Field("move", "how long the try took that this move ends"),
    "code": Field(
        "move", "the far end's own code; of a person's move its outcome, or `resolve --sent`"
    ),
    "reason": Field("message, move, fact, mark", "what the far end, a guard or a person said"),
    "by": Field("move, fact", "the process or person that did it"),
    "kind": Field(
        "fact", "`closed`, `stopped`, `approved`, `unapproved`, `opted_out`, `document`, ..."
    ),
    "value": Field(
        "fact",
        "the digest that was approved or not, the contact that opted out, the document (JSON)",
    ),
    "to": Field("message, move", "the contact, as it was read"),
    "contact": Field("message, mark", "the contact's identity, by which a second one is found"),
    "not_before": Field("message", "when the next try is due"),
    "first_try_at": Field("message", "when its first try began"),
    "claimed_at": Field("message", "when its last try began"),
    "expires_at": Field("message", "the first moment after the deadline, where the target is"),
    "owner": Field("message", "the process that claimed it last"),
    "repeatable": Field("message", "why a try that was cut off may be made again"),
    "receipt": Field("message", "JSON: what the far end gave for it"),
    "ask_again_at": Field("message", "when its service is asked what became of it"),
    "outcome": Field("message", "what a person recorded of it"),
    "counts": Field("message", "what that says: `contact`, `again`, `nothing` or `wrong`"),
    "snapshot": Field("campaign, message", "the digest of what its text is made from"),
    "target_digest": Field("message", "the digest of the target as it was written to"),
    "title": Field("campaign", "the Urgent Action's title"),
    "file": Field("campaign", "the campaign file that it was last planned from"),
}
"""Every field, in the order of the columns."""


def csv_head() -> bytes:
    """The first line of the CSV file."""
    return csv_row(list(FIELDS))


def csv_line(record: Record) -> bytes:
    """A record as one line."""
    return csv_row([record.get(name) for name in FIELDS])


def csv_row(values: Sequence[object]) -> bytes:
    """A line as RFC 4180 has it: CRLF at its end, texts in quotes and none a formula; UTF-8."""
    return _row([_cell(value) for value in values])


def json_line(record: Record) -> bytes:
    """A record as one line of JSON, exact; its fields are those that its kind has."""
    written = {
        name: instant(value) if isinstance(value := record[name], datetime) else value
        for name in FIELDS
        if name in record
    }
    return f"{json.dumps(written, ensure_ascii=False)}\n".encode()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def _row(cells: list[object]) -> bytes:
    written = (
        "" if cell is None else _quoted(cell) if isinstance(cell, str) else str(cell)
        for cell in cells
    )
    return f"{','.join(written)}\r\n".encode()


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
