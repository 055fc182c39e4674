"""What can go wrong, as texts for a person: what happened, where, and what to do next.

::

    UadispatchError
    ├── ConfigError            a file, setting or template that a person must mend; nothing was sent
    ├── PluginError            a plugin that cannot be used
    └── DeliveryError          what became of one try to send one message
        ├── Temporary          it did not go out; a later try may succeed
        │   └── Unavailable    nor would any other: the far end serves nobody for now
        ├── Rejected           it did not go out and never will as it is
        ├── OptedOut           it did not go out: the recipient wants no more of these
        └── Unknown            it may have gone out; only a person or `confirm` can tell

A channel translates what its service says into these at its edge and raises nothing else.
None of them may carry a secret or the name of a person at risk.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

__all__ = [
    "ConfigError",
    "DeliveryError",
    "OptedOut",
    "PluginError",
    "Problem",
    "Rejected",
    "Temporary",
    "UadispatchError",
    "Unavailable",
    "Unknown",
    "place_of",
]


class UadispatchError(Exception):
    """Any error that this program foresees; its text is fit to be shown as it is."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: `where` (``file:line:column``, a variable or nothing) and what it says."""

    says: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.says}" if self.where else self.says


class ConfigError(UadispatchError):
    """A file, setting or template that a person must mend; nothing was sent.

    A channel raises it from `send` when no message can leave as it is configured (a wrong
    password, say): the channel stops and its messages stay planned.
    """

    def __init__(self, problems: str | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        """What is to be mended, and where."""
        super().__init__("\n".join(map(str, self.problems)))


class PluginError(UadispatchError):
    """A plugin that cannot be used; the others go on working."""


class DeliveryError(UadispatchError):
    """What became of one try to send one message.

    `reason` is a sentence for staff. `code` is the far end's own code, if it gave one ("550",
    "HTTP 403"); it goes into the audit.
    """

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Temporary(DeliveryError):
    """It is certain that nothing went out, and a later try may succeed.

    `retry_after`, if the far end asked for a wait, is the least time until the next try.
    """

    def __init__(
        self, reason: str, *, code: str | None = None, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(reason, code=code)
        self.retry_after = retry_after


class Unavailable(Temporary):
    """Nothing went out, and no other message would have: the far end cannot be used for now.

    It cannot be reached, hangs up on everybody or sends all away (SMTP 421, HTTP 429 or 503).
    The channel pauses, for `retry_after` at least, and the try is not counted against its message.
    """


class Rejected(DeliveryError):
    """It is certain that nothing went out, and that nothing will until a person mends it.

    `contact` is true if it is the contact itself that was refused (no such mailbox, no such
    number), whatever is sent there: it is marked for every campaign that uses it.
    """

    def __init__(self, reason: str, *, code: str | None = None, contact: bool = False) -> None:
        super().__init__(reason, code=code)
        self.contact = contact


class OptedOut(DeliveryError):
    """Nothing went out because the recipient has asked for no more messages."""


class Unknown(DeliveryError):
    """It may have gone out: the far end had all it needed and its answer never came.

    Never raise `Temporary` for this: the message would go out twice.
    """


def place_of(exc: BaseException) -> str:
    """The type of an unforeseen error and where it arose; its text may hold what is secret."""
    frames = traceback.extract_tb(exc.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(exc).__name__}{where}"
