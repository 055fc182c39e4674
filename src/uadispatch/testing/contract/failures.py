"""How each failure of a far end must be sorted.

What the far end does, and what `send` must raise, so that nothing is lost and nothing goes out
twice:

===========================================  ==============================================
The far end ...                              `send` raises
===========================================  ==============================================
cannot be reached                            Temporary, best Unavailable: nothing has left
refuses our user, password or key            ConfigError: no message can leave at all
refuses for now                              Temporary
refuses for now, and says until when         Temporary with `retry_after`
refuses this message or recipient for good   Rejected
says that the recipient wants no more        OptedOut
is silent before it has the whole message    Temporary: it cannot have passed it on
hangs up before it has the whole message     Temporary
is silent once it has the whole message      Unknown: it may have passed it on
hangs up once it has the whole message       Unknown
answers nonsense once it has the message     Unknown
===========================================  ==============================================
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from uadispatch.channels.standing_in import Failure
from uadispatch.errors import (
    ConfigError,
    OptedOut,
    Rejected,
    Temporary,
    UadispatchError,
    Unavailable,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SORTED", "accepted"]

SORTED: Mapping[Failure, type[UadispatchError]] = MappingProxyType(
    {
        Failure.UNREACHABLE: Temporary,
        Failure.WRONG_CREDENTIALS: ConfigError,
        Failure.TRY_LATER: Temporary,
        Failure.TRY_LATER_AT: Temporary,
        Failure.REFUSED: Rejected,
        Failure.OPTED_OUT: OptedOut,
        Failure.SILENT_BEFORE: Temporary,
        Failure.CLOSED_BEFORE: Temporary,
        Failure.SILENT_AFTER: Unknown,
        Failure.CLOSED_AFTER: Unknown,
        Failure.GARBAGE_AFTER: Unknown,
    }
)
"""How each failure must be sorted."""


def accepted(failure: Failure) -> frozenset[type[UadispatchError]]:
    """What `send` may raise for `failure`: Unavailable will do wherever Temporary is due."""
    due = SORTED[failure]
    return frozenset({due, Unavailable} if due is Temporary else {due})
