"""One message as it would go out, and whatever speaks against it: a value, made by planning.

It knows what was found out about the message; it asks nobody and decides nothing.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.dispatch.journal import Planned, Repeatable
from uadispatch.dispatch.states import UNSENT, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from uadispatch.campaign.model import Target
    from uadispatch.campaign.values import Contact
    from uadispatch.channels.message import Message
    from uadispatch.dispatch.guards import Verdict
    from uadispatch.dispatch.journal import Entry, Mark
    from uadispatch.dispatch.snapshot import StoredTarget
    from uadispatch.rendering.language import Choice
    from uadispatch.rendering.text import BrokenTemplate

__all__ = ["Draft", "Drafts"]


# A tuple: a frozen dataclass of so many fields costs five times as much, for every message.
class Draft(NamedTuple):
    """One message as it would go out, and whatever speaks against it."""

    key: str
    stored: StoredTarget
    channel: str
    by: str
    repeatable: Repeatable | None
    contact: Contact
    choice: Choice
    message: Message | None
    """None if its template is broken, or only an outline of it was asked for."""
    expires_at: datetime
    held: str | None
    refusal: str | None
    """Why the channel can never send it as it is."""
    broken: BrokenTemplate | None
    template: str
    """The file that its words around the letter come from."""
    said: Verdict | None
    """What the guards say first: an objection, or that it must wait; None: nothing."""
    entry: Entry | None
    """What the journal has of it."""
    mark: Mark | None
    """That its contact was refused for good, in this campaign or another."""
    zones: str | None = None
    """Where its target may be, if its channel keeps quiet hours."""

    @property
    def verdict(self) -> Verdict | None:
        """The first guard's objection, or None; to have to wait is none."""
        return None if self.delay is not None else self.said

    @property
    def delay(self) -> Verdict | None:
        """Until when it must wait, if it must; and why."""
        return self.said if self.said is not None and self.said.not_before is not None else None

    @property
    def target(self) -> Target:
        """Whom it is for."""
        return self.stored.target

    @property
    def waits(self) -> bool:
        """Whether it has not gone out yet, whatever keeps it back."""
        return self.entry is None or self.entry.state in UNSENT or self.goes_again

    @property
    def goes_out(self) -> bool:
        """Whether `send` would claim it now or later."""
        return self.waits and not (self.refusal or self.broken or self.verdict)

    @property
    def goes_again(self) -> bool:
        """Whether it is in doubt, and may be tried again all the same: as it was, where it was."""
        return (
            self.repeatable is Repeatable.IDEMPOTENT
            and self.entry is not None
            and self.entry.goes_again
            and self.entry.contact == self.contact.identity
        )

    @property
    def awaits_approval(self) -> bool:
        """Whether it would go out once it is approved, as nothing else speaks against it."""
        objection = self.verdict.guard if self.verdict is not None else None
        return self.waits and objection == "not approved" and not (self.refusal or self.broken)

    def waits_until(self, now: datetime) -> datetime | None:
        """The moment before which it does not go out, if that is later than `now`.

        What was only planned is asked of the guards each time, whatever was recorded.
        """
        if self.entry is not None and self.entry.state is not State.PLANNED:
            recorded = self.entry.not_before
            if recorded is not None and recorded > now:
                return recorded
        return self.delay.not_before if self.delay is not None else None

    def is_due(self, now: datetime) -> bool:
        """Whether `send` would claim it at once."""
        return self.goes_out and self.waits_until(now) is None

    def to_record(self, *, anew: str | None = None) -> Planned:
        """As the journal takes it; `anew`: why it begins anew, if it had failed."""
        return Planned(
            key=self.key,
            target=self.target.id,
            channel=self.channel,
            contact=self.contact.identity,
            to=self.contact.value,
            language=self.choice.language,
            target_digest=self.stored.digest,
            target_body=self.stored.body,
            expires_at=self.expires_at,
            held=self.held,
            refusal=self.refusal,
            repeatable=self.repeatable,
            zones=self.zones,
            anew=anew,
        )


class Drafts:
    """The messages of a plan in their order; they are planned anew each time one goes through them.

    So no number of messages is too large; but each time costs what planning costs.
    """

    def __init__(self, plan: Callable[[], Iterator[Draft]]) -> None:
        """Go through what `plan` gives, each time."""
        self._plan = plan

    def __iter__(self) -> Iterator[Draft]:
        return self._plan()

    def that(self, wanted: Callable[[Draft], bool]) -> Drafts:
        """Those of them that are `wanted`."""
        return Drafts(lambda: filter(wanted, self._plan()))

    def first(self, number: int | None) -> Drafts:
        """The first of them, as many as that; None: all."""
        return Drafts(lambda: islice(self._plan(), number))

    @staticmethod
    def of(drafts: Iterable[Draft]) -> Drafts:
        """Those that were planned already, and can be gone through again."""
        return Drafts(lambda: iter(drafts))
