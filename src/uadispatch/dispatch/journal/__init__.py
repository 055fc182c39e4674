"""The journal: what happened, kept so that nothing is lost and nothing is sent twice.

- `ledger` is its face (on `store`, the part for a run), each method one transaction; `rows` are the
  values it takes and gives.
- The database: `whereabouts`, `schema`, `migrations`; `books` says what is needed of it, which
  `on_file` (SQLite) and `on_server` (PostgreSQL) give; `raw` and `in_json` are the words that they
  share.
- A run: `plan_rows` and `planned` (a plan is recorded), `claiming`, `settling` (what became of
  claims), `pacing`, `crashes` (what the dead left), `answers` (what services say later); each move
  is audited in `audit`, `claiming`, `settling` or `planned`.
- People: `decisions`, `approvals`, `desks` (their tasks), `documents` (which of an Urgent Action's
  counts), `reading`, `knowing` (for planning), `facts`, `consulting` (to look without disturbing),
  `stories`, `exporting`, `totals` (their values are `counted`). Of a million messages: `gist` (in
  numbers), `tally` (many campaigns in numbers), `going_through` (one by one), `searching` (which
  way to go to them).
- The books themselves: `checking`, `proving`, `purging`; and `on_server.copying`, from a
  file to a server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uadispatch.dispatch.journal.books import Life
    from uadispatch.dispatch.journal.ledger import REHEARSAL, Journal
    from uadispatch.dispatch.journal.on_file.owners import Owner
    from uadispatch.dispatch.journal.on_server.copying import Copied
    from uadispatch.dispatch.journal.proof.checking import Checked, Fault
    from uadispatch.dispatch.journal.reading.consulting import consult, exists
    from uadispatch.dispatch.journal.reading.counted import Cell, Hour, Line, Outline, Said, Totals
    from uadispatch.dispatch.journal.reading.documents import document_of
    from uadispatch.dispatch.journal.reading.exporting import Record
    from uadispatch.dispatch.journal.reading.facts import facts_of
    from uadispatch.dispatch.journal.reading.gist import Gist
    from uadispatch.dispatch.journal.reading.going_through import Wanted
    from uadispatch.dispatch.journal.reading.knowing import Known
    from uadispatch.dispatch.journal.reading.stories import Move, Story
    from uadispatch.dispatch.journal.reading.waits import next_end
    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import (
        LONGEST_PAUSE,
        Absent,
        Claimed,
        ContactFact,
        Entry,
        Handed,
        Mark,
        Moment,
        Pace,
        Pacing,
        Planned,
        Repeatable,
        Selection,
        Settlement,
        Step,
        Turn,
        storable,
    )
    from uadispatch.dispatch.journal.whereabouts import (
        JournalAway,
        JournalError,
        JournalUrl,
        Moved,
        NoJournal,
        ServerUrl,
        has_password,
        journal_url,
    )
    from uadispatch.dispatch.journal.writing.answers import Answered
    from uadispatch.dispatch.journal.writing.approvals import Approval, Approved
    from uadispatch.dispatch.journal.writing.desks import Done, Person, is_open
    from uadispatch.dispatch.journal.writing.handing import Block, blocks_due, hand_over, order_of
    from uadispatch.dispatch.journal.writing.purging import Purge, Purged, Standing

__all__ = [
    "LONGEST_PAUSE",
    "REHEARSAL",
    "Absent",
    "Answered",
    "Approval",
    "Approved",
    "Block",
    "Cell",
    "Checked",
    "Claimed",
    "ContactFact",
    "Copied",
    "Done",
    "Entry",
    "Fault",
    "Gist",
    "Handed",
    "Hour",
    "Journal",
    "JournalAway",
    "JournalError",
    "JournalUrl",
    "Known",
    "Life",
    "Line",
    "Mark",
    "Moment",
    "Move",
    "Moved",
    "NoJournal",
    "Outline",
    "Owner",
    "Pace",
    "Pacing",
    "Person",
    "Planned",
    "Purge",
    "Purged",
    "Raw",
    "Record",
    "Repeatable",
    "Said",
    "Selection",
    "ServerUrl",
    "Settlement",
    "Standing",
    "Step",
    "Story",
    "Totals",
    "Turn",
    "Wanted",
    "blocks_due",
    "consult",
    "document_of",
    "exists",
    "facts_of",
    "hand_over",
    "has_password",
    "is_open",
    "journal_url",
    "next_end",
    "order_of",
    "storable",
]

_HOMES = {
    "Answered": "writing.answers",
    "Approval": "writing.approvals",
    "Approved": "writing.approvals",
    "Block": "writing.handing",
    "Cell": "reading.counted",
    "Checked": "proof.checking",
    "Claimed": "tables.rows",
    "ContactFact": "tables.rows",
    "Copied": "on_server.copying",
    "Done": "writing.desks",
    "Entry": "tables.rows",
    "Fault": "proof.checking",
    "Gist": "reading.gist",
    "Handed": "tables.rows",
    "Hour": "reading.counted",
    "Journal": "ledger",
    "JournalAway": "whereabouts",
    "JournalError": "whereabouts",
    "JournalUrl": "whereabouts",
    "LONGEST_PAUSE": "tables.rows",
    "Known": "reading.knowing",
    "Life": "books",
    "Line": "reading.counted",
    "Mark": "tables.rows",
    "Moment": "tables.rows",
    "Move": "reading.stories",
    "Moved": "whereabouts",
    "NoJournal": "whereabouts",
    "Outline": "reading.counted",
    "Owner": "on_file.owners",
    "Pace": "tables.rows",
    "Pacing": "tables.rows",
    "Person": "writing.desks",
    "Absent": "tables.rows",
    "Planned": "tables.rows",
    "Purge": "writing.purging",
    "Purged": "writing.purging",
    "REHEARSAL": "ledger",
    "Raw": "tables.raw",
    "Record": "reading.exporting",
    "Repeatable": "tables.rows",
    "Said": "reading.counted",
    "Selection": "tables.rows",
    "ServerUrl": "whereabouts",
    "Settlement": "tables.rows",
    "Standing": "writing.purging",
    "Step": "tables.rows",
    "Story": "reading.stories",
    "Totals": "reading.counted",
    "Turn": "tables.rows",
    "Wanted": "reading.going_through",
    "blocks_due": "writing.handing",
    "consult": "reading.consulting",
    "hand_over": "writing.handing",
    "next_end": "reading.waits",
    "order_of": "writing.handing",
    "document_of": "reading.documents",
    "exists": "reading.consulting",
    "facts_of": "reading.facts",
    "has_password": "whereabouts",
    "is_open": "writing.desks",
    "journal_url": "whereabouts",
    "storable": "tables.rows",
}


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for: a look without a journal needs few."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
