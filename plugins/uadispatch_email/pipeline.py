"""The mails under way on one connection, without I/O: to which of them a reply belongs.

There is one, or there are two: the envelope of the second may stand behind the text of the first
(RFC 2920, section 3.1), so that a mail costs one wait. What becomes of each is decided by its own
transaction; here is only decided in which order they are asked.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from uadispatch_email.replies import ReplyParser
from uadispatch_email.transaction import Lost, Transaction

if TYPE_CHECKING:
    from uadispatch_email.envelope import Envelope

__all__ = ["Pipeline"]


class Pipeline:
    """Write what its methods return, in that order; then look at `ended` and `usable`."""

    def __init__(self, *, pipelining: bool, size: bool) -> None:
        """Take what the server offers."""
        self.usable = True
        """Whether the connection may be used on; if not, hang up without writing another byte."""
        self.ended: list[Transaction] = []
        """Those that are done since the caller last emptied it, in order."""
        self._pipelining = pipelining
        self._size = size
        self._parser = ReplyParser()
        self._line: deque[Transaction] = deque()
        self._followed = False
        self._spoilt = False
        self._in_doubt = False
        """Whether the next reply may still belong to a mail that is done."""

    @property
    def current(self) -> Transaction | None:
        """The one that the next reply belongs to."""
        return self._line[0] if self._line else None

    @property
    def room(self) -> bool:
        """Whether another mail may be taken."""
        return self.usable and not self._spoilt and len(self._line) < (2 if self._pipelining else 1)

    @property
    def followable(self) -> bool:
        """Whether another mail may be taken, and its envelope stand behind the present text."""
        return len(self._line) == 1 and self._line[0].followable and self.room

    def take(self, envelope: Envelope) -> tuple[Transaction, bytes]:
        """Carry this mail: at once, or as soon as the one under way allows.

        Where there is no `room` it is done, and `stale`.
        """
        transaction = Transaction(
            envelope, pipelining=self._pipelining, size=self._size, parser=self._parser
        )
        if not self.room:
            transaction.gone()
            return transaction, b""
        self._line.append(transaction)
        return transaction, self._start(transaction) if len(self._line) == 1 else b""

    def follow(self) -> bytes:
        """The envelope of the second mail, if one waits and may stand behind the present text.

        Write it only once all of that text is written.
        """
        if len(self._line) < 2 or self._followed or not self._line[0].followable:  # noqa: PLR2004 - two mails
            return b""
        self._followed = True
        self._line[0].followed()
        return self._line[1].start(unsure=True)

    def received(self, data: bytes) -> bytes:
        """Take what came from the server; returns what to write now."""
        if not self._line:  # nothing was asked
            self.usable = False
            return b""
        out = self._line[0].received(data)
        while self._line and self._line[0].done:
            out = self._go_on()
        return out

    def lost(self, how: Lost) -> None:
        """Say that the connection is gone, or that it must be given up."""
        self.usable = False
        if self._line:
            self._line[0].lost(how)
            self._go_on()

    def leave(self, transaction: Transaction) -> None:
        """Say that nobody waits for this mail any more: as much of it as has not left never will.

        The other one's answer is still heard, if it is the first.
        """
        if transaction not in self._line:
            return
        is_first = transaction is self._line[0]
        self._line.remove(transaction)
        if is_first:
            self.usable = False
            self._give_up()
        elif self._followed:
            self._spoilt = True

    def _go_on(self) -> bytes:
        """After the end of the first: what the second one writes."""
        ended = self._line.popleft()
        self.ended.append(ended)
        self._in_doubt = ended.unsure
        followed, self._followed = self._followed, False
        if not ended.reusable or self._spoilt:
            self.usable = False
        if not self.usable:
            self._give_up()
        if not self._line:
            return b""
        following = self._line[0]
        # What has come behind the answer to the first is an answer to the second.
        return following.received(b"") if followed else self._start(following)

    def _start(self, transaction: Transaction) -> bytes:
        return transaction.start(unsure=self._in_doubt)

    def _give_up(self) -> None:
        """The rest is not of this connection: nothing of their texts has left."""
        for transaction in self._line:
            transaction.gone()
            self.ended.append(transaction)
        self._line.clear()
