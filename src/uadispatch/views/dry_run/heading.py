"""What the head of every page of a dry-run says: which campaign, as of when, approved by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uadispatch
from uadispatch.campaign.codes import language_name
from uadispatch.views.dry_run.counting import KEPT_BACK, Fate
from uadispatch.views.dry_run.seen import MOST_DIFFERENCES
from uadispatch.views.messages import short

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch.views.dry_run.counting import Counted
    from uadispatch.views.dry_run.seen import Seen

__all__ = ["heading", "moment_in_words"]

_LONGEST = 300


def heading(seen: Seen, counted: Counted) -> dict[str, Any]:
    """The values that every page's template takes."""
    case = seen.prepared.source.campaign.urgent_action
    snapshot = seen.prepared.snapshot
    states = dict(counted.states)
    if counted.held:
        states["held"] = None
    if counted.by_fate[Fate.KEPT]:
        states[KEPT_BACK] = None
    approval = seen.approval
    return {
        "version": uadispatch.__version__,
        "campaign": case.number,
        "title": case.title,
        "document": case.index or "",
        "people": [person.name for person in case.people],
        "as_of": moment_in_words(seen.at),
        "round": snapshot.round,
        "deadline": f"{case.deadline:%-d %B %Y}",
        "digest": snapshot.digest,
        "short_digest": short(snapshot.digest),
        "selection": seen.selection,
        "approved_by": approval.by if approval is not None else "",
        "approved_at": moment_in_words(approval.at) if approval is not None else "",
        "approved_as_it_is": approval is not None and approval.digest == snapshot.digest,
        "approval_lacks": approval.lacks if approval is not None else "",
        "gone": [f"{target}/{channel}" for target, channel in seen.gone],
        "more_gone": seen.more_gone,
        "differences": [
            (what, says if len(says) <= _LONGEST else f"{says[:_LONGEST]} ...")
            for what, says in seen.differences[:MOST_DIFFERENCES]
        ],
        "more_differences": max(0, len(seen.differences) - MOST_DIFFERENCES),
        "approve": seen.approve,
        "compared": seen.before is not None,
        "languages": {tag: f"{language_name(tag)} ({tag})" for tag in sorted(counted.languages)},
        "channels": list(counted.by_channel),
        "states": list(states),
        "total": counted.total,
    }


def moment_in_words(moment: datetime) -> str:
    """``20 August 2019, 09:00 UTC``."""
    return f"{moment:%-d %B %Y, %H:%M} UTC"
