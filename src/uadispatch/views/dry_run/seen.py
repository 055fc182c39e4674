"""What a dry-run saw, with all that its page tells: values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from uadispatch.channels.message import Message
    from uadispatch.dispatch.approval.approving import Approval
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared

__all__ = ["MOST_DIFFERENCES", "Seen"]

MOST_DIFFERENCES = 100
"""So much that is not as it was approved is named, of each kind."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A dry-run, and what was approved before."""

    prepared: Prepared
    look: Look
    """Taken to approve it: a missing approval is said of the whole, not of each message."""
    drafts: Iterable[Draft]
    """What is shown, as often as it is gone through; all messages of a target stand together."""
    outlines: Iterable[Draft] | None = None
    """The same, perhaps without the messages themselves, to count them; None: `drafts` will do."""
    at: datetime
    """The moment of the dry-run."""
    selection: str = ""
    """Which part of the campaign is shown, as it was asked for; "" if it is the whole."""
    alone: Callable[[Draft], str]
    """The command that makes the page of one message alone, with its pictures."""
    approve: str = ""
    """The command that approves it; "" where none is needed."""
    approval: Approval | None = None
    """The last one."""
    differences: Sequence[tuple[str, str]] = ()
    """What is not as it was approved, and how: (“the template x”, “changed”)."""
    gone: Sequence[tuple[str, str]] = ()
    """(target, channel) of what was approved and is not planned any more: the first of them."""
    more_gone: int = 0
    """How many more of them there are."""
    before: Callable[[Draft], Message | None] | None = None
    """The message as it was approved; None: it was not part of that. Without the function nothing
    is compared."""
