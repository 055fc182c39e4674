"""The messages as they were approved, beside which those of now can be laid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch.dispatch.journal import Approval, Approved
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.snapshot import message_key
from uadispatch.rendering.language import choose
from uadispatch.rendering.text import BrokenTemplate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from uadispatch.channels.message import Message
    from uadispatch.dispatch.targets.roster import Targets

__all__ = ["Approval", "Approved", "Before"]


class Before:
    """What was approved, message by message; made once for many questions."""

    def __init__(self, approved: Approved, contacts: Mapping[str, str]) -> None:
        """Prepare the templates of that time.

        `contacts` says of each channel which contact of a target it uses (`Channel.contact`); of
        a channel that is not in it nothing can be told.
        """
        self._approved = approved
        self._composer = Composer(approved.snapshot)
        self._contacts = {
            name: field
            for name, field in contacts.items()
            if name in approved.snapshot.content["settings"]
        }

    def message(self, key: str, target: str, channel: str, at: datetime) -> Message | None:
        """The message with this key as it was approved, dated `at`; None: it was not among them."""
        snapshot = self._approved.snapshot
        stored = self._approved.targets.get(target)
        field = self._contacts.get(channel)
        contact = stored.target.contact_on(field) if stored and field else None
        if stored is None or contact is None:
            return None
        if key != message_key(snapshot.campaign_number, snapshot.round, target, channel):
            return None  # of another round
        choice = choose(stored.target.languages or snapshot.languages, snapshot.letters)
        try:
            return self._composer.compose(
                stored.target, channel, contact, choice.language, key=key, at=at
            )
        except BrokenTemplate:
            return None

    def gone(self, targets: Targets) -> Iterator[tuple[str, str]]:
        """(target, channel) of what was approved and is not planned any more, for `targets`."""
        for stored in self._approved.targets:
            id_ = stored.target.id
            if targets.digest_of(id_) == stored.digest:
                continue
            now = targets.get(id_)
            for channel, field in self._contacts.items():
                had = stored.target.contact_on(field) is not None
                if had and (now is None or now.target.contact_on(field) is None):
                    yield id_, channel
