"""The journal: SQLAlchemy Core on SQLite. `store` is its face; the other rooms are its parts."""

from uadispatch.dispatch.journal.checking import Checked, Fault
from uadispatch.dispatch.journal.consulting import consult
from uadispatch.dispatch.journal.exporting import Record
from uadispatch.dispatch.journal.opening import (
    JournalError,
    JournalUrl,
    NoJournal,
    exists,
    journal_url,
)
from uadispatch.dispatch.journal.owners import Owner
from uadispatch.dispatch.journal.purging import Purge, Purged, Standing
from uadispatch.dispatch.journal.reading import facts_of
from uadispatch.dispatch.journal.rows import (
    Claimed,
    ContactFact,
    Entry,
    Mark,
    Moment,
    Pace,
    Pacing,
    Planned,
    Repeatable,
    Selection,
    Settlement,
    Turn,
)
from uadispatch.dispatch.journal.store import Journal
from uadispatch.dispatch.journal.stories import Move, Story

__all__ = [
    "Checked",
    "Claimed",
    "ContactFact",
    "Entry",
    "Fault",
    "Journal",
    "JournalError",
    "JournalUrl",
    "Mark",
    "Moment",
    "Move",
    "NoJournal",
    "Owner",
    "Pace",
    "Pacing",
    "Planned",
    "Purge",
    "Purged",
    "Record",
    "Repeatable",
    "Selection",
    "Settlement",
    "Standing",
    "Story",
    "Turn",
    "consult",
    "exists",
    "facts_of",
    "journal_url",
]
