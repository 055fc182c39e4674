"""Far ends on this machine: what a stand-in must be able to do, and how it may misbehave.

They serve rehearsals and the contract's tests; a channel really sends to them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

__all__ = ["CannotSimulate", "Failure", "Received", "StandIn"]


class Failure(StrEnum):
    """What a far end can do to one try. `uadispatch.testing` says how each must be sorted."""

    UNREACHABLE = "unreachable"
    """Nobody answers at its address."""
    WRONG_CREDENTIALS = "wrong credentials"
    """It refuses our user, password or key."""
    TRY_LATER = "try later"
    """It refuses for now, without saying until when."""
    TRY_LATER_AT = "try later, at a time"
    """It refuses for now and says how long to wait."""
    REFUSED = "refused"
    """It refuses this message or recipient for good."""
    OPTED_OUT = "opted out"
    """The recipient wants no more messages."""
    SILENT_BEFORE = "silent before it had the message"
    """It reads no further, and says nothing."""
    CLOSED_BEFORE = "closed before it had the message"
    """It hangs up."""
    SILENT_AFTER = "silent after it had the message"
    """It never answers."""
    CLOSED_AFTER = "closed after it had the message"
    """It hangs up without an answer."""
    GARBAGE_AFTER = "garbage after it had the message"
    """It answers what makes no sense."""


class CannotSimulate(Exception):
    """A stand-in cannot play this failure; the reason is shown beside the test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message as a stand-in got it: for whom, and the file with its exact bytes."""

    to: str
    """The contact to which it went."""
    reference: str
    """The `reference` of the message that came with it, or ``""``."""
    file: Path
    """The file with its exact bytes."""
    shown: str = ""
    """As the recipient would read it: the `text` of the channel's preview, if all is well. May be
    left out where pages came: those are compared then."""
    draw: Callable[[], tuple[bytes, ...]] = field(default=tuple, compare=False, repr=False)
    """Makes the `pages`."""

    @property
    def pages(self) -> tuple[bytes, ...]:
        """Pictures (PNG) of the pages that came: those of the channel's preview, if all is well."""
        return self.draw()


class StandIn(ABC):
    """A far end on this machine that a channel really sends to, in rehearsals and tests."""

    impatient: ClassVar[Mapping[str, object]] = MappingProxyType({})
    """Settings (field name to value) with which its channel waits but a moment for a far end that
    is silent; for the contract's tests. A client of `Tools.http` needs none."""

    asks_to_wait: timedelta | None = None
    """How long to wait it says where it plays `Failure.TRY_LATER_AT`; None: it does not tell."""
    contact: str | None = None
    """A contact to write to in tests, where the channel's field is none of the usual ones, as it
    would stand in a campaign file: ``"user{n}"``; ``{n}`` stands for two digits."""

    @abstractmethod
    async def start(self, folder: Path) -> Mapping[str, object]:
        """Begin to listen on loopback; keep what comes in `folder`, which is there and empty.

        Returns the settings (field name to value) that point the channel here, a login's secrets
        too: nothing real is added to them.
        """

    @abstractmethod
    async def stop(self) -> None:
        """Stop listening and free everything; may be called twice."""

    @property
    @abstractmethod
    def tries(self) -> int:
        """How many tries to send have reached it, whatever became of them; not connections."""

    @property
    @abstractmethod
    def received(self) -> Sequence[Received]:
        """What it took, in the order in which it came."""

    @property
    def troubles(self) -> Sequence[str]:
        """What went wrong in the stand-in itself, in words; the contract's tests show it."""
        return ()

    @property
    def most_open(self) -> int | None:
        """How many connections to it were open at the same time, at most; None: it does not count.

        The contract's tests ask the stand-in of a channel that queues.
        """
        return None

    @property
    def taken_back(self) -> Sequence[str] | None:
        """The `reference` of each message that it let the channel take back; None: it tells not.

        The contract's tests ask the stand-in of a channel that recalls.
        """
        return None

    def handed_on(self, received: Received) -> Received | None:  # noqa: ARG002 - for those that can
        """What another channel's stand-in got, as the recipient has it in the end.

        Asked of the stand-in of a channel that hands its messages on: `received` came to the
        other one with this channel's reference. None: that cannot be told.
        """
        return None

    def misbehave(self, failure: Failure) -> None:
        """Answer every further try with `failure`. Raises CannotSimulate with the reason."""
        raise CannotSimulate(f"this stand-in cannot play “{failure}”")

    def play(self, answer: object) -> None:
        """Answer every further try with `answer`, in the far end's own form.

        Raises:
            CannotSimulate: it has no such answers.
        """
        raise CannotSimulate(f"this stand-in cannot be told to answer {answer!r}")

    def behave(self) -> None:
        """Do as it should again, after `misbehave` or `play`. Raises CannotSimulate."""
        raise CannotSimulate("this stand-in cannot be told to behave again")
