"""What was handed over to workers: which messages, and what must have been approved.

It is a fact of the journal, the last one counts. So whoever finds messages without a job knows
that they are to be sent, and how.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uadispatch.dispatch.journal import Selection
from uadispatch.dispatch.snapshot import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

__all__ = ["Order"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """That the messages of a campaign are to be sent by workers."""

    campaign: str
    channels: frozenset[str]
    """What a program sends: the work of people stays where they are."""
    targets: frozenset[str] | None = None
    """None: all."""
    approval_of: str | None = None
    """The snapshot that must have been approved; None: none must."""

    @property
    def selection(self) -> Selection:
        """Which messages are meant."""
        return Selection(channels=self.channels, targets=self.targets)

    def rest_of(self, selection: Selection, channels: Iterable[str]) -> Selection:
        """What of `selection` is left to whoever hands over: what people do."""
        wanted = frozenset(channels) if selection.channels is None else selection.channels
        return replace(selection, channels=wanted - self.channels)

    @property
    def value(self) -> str:
        """As the value of its fact."""
        targets = None if self.targets is None else sorted(self.targets)
        return canonical(
            {"approval_of": self.approval_of, "channels": sorted(self.channels), "targets": targets}
        )

    @classmethod
    def read(cls, campaign: str, value: str | None) -> Self | None:
        """What `value` has made of one; None: it cannot be read."""
        try:
            said = json.loads(value or "")
            targets = said["targets"]
            return cls(
                campaign=campaign,
                channels=frozenset(map(str, said["channels"])),
                targets=None if targets is None else frozenset(map(str, targets)),
                approval_of=said["approval_of"],
            )
        except (ValueError, KeyError, TypeError):
            return None
