"""Which document of an Urgent Action counts, and which texts it has replaced.

It knows documents by index, date and sequence alone; what they say stands in snapshots.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.issues import Issue, superseded
from uadispatch.dispatch.journal.tables.raw import is_on_server
from uadispatch.dispatch.snapshot import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal.tables.raw import Raw

__all__ = ["DOCUMENT", "Texts", "document_of", "value_of"]

DOCUMENT = "document"
"""The kind of fact that says: this document of the Urgent Action is the one that counts."""

AT_THE_NEXT_PLAN = "the next send takes the newer text"

_ISSUES = """
SELECT digest, json_extract(body, '$.urgent_action.index'),
    json_extract(body, '$.urgent_action.issued'), json_extract(body, '$.urgent_action.sequence')
FROM snapshots WHERE digest IN (SELECT value FROM json_each(?)) AND json_valid(body)
"""


_ISSUES_ON_SERVER = """
SELECT digest, body::json #>> '{urgent_action,index}', body::json #>> '{urgent_action,issued}',
    (body::json #>> '{urgent_action,sequence}')::int
FROM snapshots WHERE digest IN (SELECT value FROM json_each(?)) AND body <> ''
"""


def value_of(document: Issue) -> str:
    """A document as the value of its fact."""
    return canonical(document.values())


def document_of(value: str | None) -> Issue | None:
    """The document that the value of a fact names; None if it cannot be read."""
    try:
        found = json.loads(value or "")
        return Issue.read(found) if isinstance(found, dict) else None
    except ValueError:
        return None


class Texts:
    """Of which document the text of each snapshot is; a snapshot never changes, so it is kept."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._known: dict[str, Issue] = {}

    def outdated(
        self, connection: Raw, snapshots: Iterable[str], facts: Facts
    ) -> Mapping[str, Facts]:
        """Of those `snapshots` whose text was replaced: what is so for their messages.

        A run's own text is asked of at once, by `facts`. But a message may have come back from a
        try, or out of doubt, with the text that it was tried with.
        """
        if facts.document is None or facts.superseded is not None:
            return {}
        asked = set(snapshots)
        if unknown := asked - self._known.keys():
            query = _ISSUES_ON_SERVER if is_on_server(connection) else _ISSUES
            for digest, *named in connection.execute(query, (json.dumps(sorted(unknown)),)):
                self._known[digest] = _issue(named)
        found = {}
        for digest in asked & self._known.keys():
            says = superseded(self._known[digest], facts.document)
            if says is not None:
                found[digest] = replace(facts, superseded=f"{says}; {AT_THE_NEXT_PLAN}")
        return found


def _issue(named: list[Any]) -> Issue:
    try:
        return Issue.read(dict(zip(("index", "issued", "sequence"), named, strict=True)))
    except ValueError:
        return Issue()  # whatever it is, it is not known as the one that counts
