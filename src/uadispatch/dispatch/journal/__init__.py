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
    from uadispatch.dispatch.journal.answers import Answered
    from uadispatch.dispatch.journal.approvals import Approval, Approved
    from uadispatch.dispatch.journal.books import Life
    from uadispatch.dispatch.journal.checking import Checked, Fault
    from uadispatch.dispatch.journal.consulting import consult, exists
    from uadispatch.dispatch.journal.counted import (
        Cell,
        Hour,
        Line,
        Outline,
        Said,
        Totals,
    )
    from uadispatch.dispatch.journal.desks import Done, Person, is_open
    from uadispatch.dispatch.journal.documents import document_of
    from uadispatch.dispatch.journal.exporting import Record
    from uadispatch.dispatch.journal.facts import facts_of
    from uadispatch.dispatch.journal.gist import Gist
    from uadispatch.dispatch.journal.going_through import Wanted
    from uadispatch.dispatch.journal.handing import Block, blocks_due, hand_over, order_of
    from uadispatch.dispatch.journal.knowing import Known
    from uadispatch.dispatch.journal.ledger import REHEARSAL, Journal
    from uadispatch.dispatch.journal.on_file.owners import Owner
    from uadispatch.dispatch.journal.on_server.copying import Copied
    from uadispatch.dispatch.journal.purging import Purge, Purged, Standing
    from uadispatch.dispatch.journal.raw import Raw
    from uadispatch.dispatch.journal.rows import (
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
    from uadispatch.dispatch.journal.stories import Move, Story
    from uadispatch.dispatch.journal.waits import next_end
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
    "Answered": "answers",
    "Approval": "approvals",
    "Approved": "approvals",
    "Block": "handing",
    "Cell": "counted",
    "Checked": "checking",
    "Claimed": "rows",
    "ContactFact": "rows",
    "Copied": "on_server.copying",
    "Done": "desks",
    "Entry": "rows",
    "Fault": "checking",
    "Gist": "gist",
    "Handed": "rows",
    "Hour": "counted",
    "Journal": "ledger",
    "JournalAway": "whereabouts",
    "JournalError": "whereabouts",
    "JournalUrl": "whereabouts",
    "LONGEST_PAUSE": "rows",
    "Known": "knowing",
    "Life": "books",
    "Line": "counted",
    "Mark": "rows",
    "Moment": "rows",
    "Move": "stories",
    "Moved": "whereabouts",
    "NoJournal": "whereabouts",
    "Outline": "counted",
    "Owner": "on_file.owners",
    "Pace": "rows",
    "Pacing": "rows",
    "Person": "desks",
    "Absent": "rows",
    "Planned": "rows",
    "Purge": "purging",
    "Purged": "purging",
    "REHEARSAL": "ledger",
    "Raw": "raw",
    "Record": "exporting",
    "Repeatable": "rows",
    "Said": "counted",
    "Selection": "rows",
    "ServerUrl": "whereabouts",
    "Settlement": "rows",
    "Standing": "purging",
    "Step": "rows",
    "Story": "stories",
    "Totals": "counted",
    "Turn": "rows",
    "Wanted": "going_through",
    "blocks_due": "handing",
    "consult": "consulting",
    "hand_over": "handing",
    "next_end": "waits",
    "order_of": "handing",
    "document_of": "documents",
    "exists": "consulting",
    "facts_of": "facts",
    "has_password": "whereabouts",
    "is_open": "desks",
    "journal_url": "whereabouts",
    "storable": "rows",
}


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for: a look without a journal needs few."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
