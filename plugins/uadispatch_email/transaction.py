"""One mail transaction, MAIL to the answer after the final dot, as a machine without I/O.

What each failure means, and whether the connection may serve the next message. Until the final
dot has left us no server has the message, so everything before it is certain:

=========== ============== ============== =========== ========== ========== ==================
step        4xx            5xx            421         close      silence    garbage
=========== ============== ============== =========== ========== ========== ==================
connect     -              -              -           Unavail.   Unavail.   -
banner      Unavail.       Unavail.       Unavail.    Unavail.   Unavail.   Unavail.
EHLO        Unavail.       Unavail.       Unavail.    Unavail.   Unavail.   Unavail.
STARTTLS    Unavail.       ConfigError    Unavail.    Unavail.   Unavail.   Unavail.
AUTH        Unavail.       ConfigError    Unavail.    Unavail.   Unavail.   Unavail.
MAIL        Temporary ↺    Rejected* ↺    Unavail.    Temporary  Temporary  Temporary
RCPT        Temporary ↺    Rejected*† ↺   Unavail.    Temporary  Temporary  Temporary
DATA        Temporary ↺    Rejected* ↺    Unavail.    Temporary  Temporary  Temporary
in the body Temporary      Rejected       Unavail.    Temporary  Temporary  Temporary
after dot   Temporary ↺    Rejected ↺     Unavail.    Unknown    Unknown    Unknown
RSET        as before      as before      as before   as before  as before  as before
QUIT        nothing hangs on it any more; the connection is closed whatever the answer
=========== ============== ============== =========== ========== ========== ==================

- ↺: the connection may be used again; in every other cell it is dropped. It takes an RSET that is
  answered with 2xx; whatever happens there never changes the outcome. After the dot no RFC asks
  for it, but some servers refuse a text before they have read it, and once more when they have:
  the next mail must not get that answer.
- Unavail(able): no other message would have gone out either. The server serves nobody, or not us;
  with 421 it closes the connection, whatever was asked (RFC 5321, section 3.8). A connection that
  is merely lost from MAIL on is only Temporary: this message may have done that.
- `*`: 530, 534, 535 and 538 ask for a login: ConfigError (RFC 4954, section 6).
- `†`: with ``contact=True`` if it is the mailbox that was refused (`refusals.mailbox_refused`).
- 4xx has `retry_after` if its words say how long to wait (`waiting`).
- Garbage is what is no reply, a code that cannot answer that command (a 2xx to DATA, say) and a
  reply to nothing that was asked.
- 2xx after the dot is the one way to be accepted. A 2xx while the body is still being written
  is garbage: the dot has not left, and never does.
- The steps before MAIL are sorted in `opening`. A certificate that is not trusted, STARTTLS or
  AUTH that is not offered: ConfigError.
- The dot has left once all bytes were handed to the kernel (`Transaction.left`). A connection
  that is lost before is Temporary, after it Unknown.
- With PIPELINING (RFC 2920) MAIL, RCPT and DATA go out at once. If the recipient was refused and
  DATA was answered 354 all the same, a lone dot ends it: the mail has no recipient.
- Of several refusals the first one counts; later ones of a pipeline only follow from it.

The envelope of the next mail may stand behind a text (RFC 2920, section 3.1), see `pipeline`. For
the mail before it all holds as above, but for ↺: no RSET can follow a refusal of its text. For the
mail behind it these rows hold until its own 354 has come, and then those above. “Moved” is tried
at once on a connection of its own: nothing of its text has left, and it is not sure that what was
said is about it.

=========== ============== ============== =========== ========== ========== ==================
text before moved          moved          moved       moved      moved      moved
MAIL        Temporary‡ ↺   Rejected*‡ ↺   moved       moved      moved      moved
RCPT        Temporary‡ ↺   Rejected*†‡ ↺  Unavail.    Temporary  Temporary  moved
DATA        Temporary‡ ↺   Rejected*‡ ↺   Unavail.    Temporary  Temporary  moved
RSET        moved          moved          moved       moved      moved      moved
=========== ============== ============== =========== ========== ========== ==================

- `‡`: once RSET was answered with 2xx. If the text before was answered twice, each reply is taken
  for that to the command before, and RSET gets the one to DATA, which is never 2xx. If this mail's
  envelope was answered twice as well, it may be: so these rows hold for the next mail too.

Waiting times are those of RFC 5321, section 4.5.3.2.
"""

from __future__ import annotations

import math
from collections import deque
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from uadispatch import ConfigError, Receipt, Rejected, Temporary, Unavailable, Unknown
from uadispatch_email.envelope import DATA
from uadispatch_email.refusals import GOES_AWAY, for_good, for_now
from uadispatch_email.replies import GarbageError, Reply, ReplyParser

if TYPE_CHECKING:
    from uadispatch_email.envelope import Envelope

__all__ = ["Lost", "Step", "Transaction"]

_GO_AHEAD = 354
_DONE, _FOR_NOW, _FOR_GOOD = 2, 4, 5
_LOGIN_NEEDED = frozenset({530, 534, 535, 538})
_AFTER_A_REFUSAL = 10.0
"""Mails; a connection costs about as much as the waits that ten envelopes behind a text save."""


class Step(StrEnum):
    """Where a transaction stands: what the next reply answers.

    Each with the seconds to wait there (RFC 5321, section 4.5.3.2); in the body: for any progress.
    """

    wait: float

    MAIL = "MAIL", 5 * 60.0
    RCPT = "RCPT", 5 * 60.0
    DATA = "DATA", 2 * 60.0
    BODY = "the body", 3 * 60.0
    DOT = "the final dot", 10 * 60.0
    RSET = "RSET", 30.0  # the RFC names none; the outcome is known and someone waits for it

    def __new__(cls, shown: str, wait: float) -> Self:
        """A step as people read it, with its wait."""
        step = str.__new__(cls, shown)
        step._value_, step.wait = shown, wait
        return step


_MAIL, _RCPT, _DATA, _BODY, _DOT, _RSET = Step
"""Every mail asks for them a dozen times, and an enumeration answers slowly."""


class Lost(StrEnum):
    """How a connection was lost, as the end of “the mail server ...”."""

    CLOSED = "closed the connection"
    SILENT = "did not answer in time"
    GARBAGE = "broke the protocol"


class Transaction:
    """The machine. Write what `start` and `received` return; say what else happens.

    It never raises; `outcome` is set once it is `done`.
    """

    def __init__(
        self,
        envelope: Envelope,
        *,
        pipelining: bool,
        size: bool,
        parser: ReplyParser | None = None,
    ) -> None:
        """Take the mail, and what the server offers; `parser` holds what it has said so far."""
        self.outcome: Receipt | Temporary | Rejected | Unknown | ConfigError | None = None
        """The receipt, or the error to raise."""
        self.reusable = False
        """Once done: whether the connection may serve another message."""
        self.stale = False
        """The connection was gone, or going, before this mail began: no try of it was made.

        The server answered nothing at all, or no more than a refusal of MAIL and then closed: 421,
        or what others say to a client that was idle too long (“451 4.4.2 Timeout”); or it is to be
        moved (see the table). Another connection may be used at once, if this one had been kept."""
        self.caution = 0.0
        """How many mails should go without an envelope behind a text, after what became of this."""
        self._envelope = envelope
        self._size = size
        self._pipelining = pipelining
        self._parser = parser or ReplyParser()
        self._expected: deque[Step] = deque()
        self._replies = 0
        self._has_recipient = False
        self._dot_left = False
        self._unsure = False
        self._followed = False
        self._failure: Temporary | Rejected | ConfigError | None = None

    @property
    def done(self) -> bool:
        """Whether nothing more is expected."""
        return self.outcome is not None

    @property
    def step(self) -> Step:
        """Where it stands; BODY until `left` was called."""
        step = self._expected[0] if self._expected else _MAIL
        return _BODY if step is _DOT and not self._dot_left else step

    @property
    def followable(self) -> bool:
        """Whether the envelope of another mail may stand behind this one's text."""
        return (
            self._pipelining
            and not self._followed
            and self._failure is None
            and self.outcome is None
            and bool(self._expected)
            and self._expected[0] is _DOT
        )

    @property
    def _begun(self) -> bool:
        """Whether the server has answered anything but one refusal of MAIL for now."""
        only_refused = self._replies == 1 and isinstance(self._failure, Temporary)
        return self._replies > 0 and not only_refused

    @property
    def unsure(self) -> bool:
        """Whether some of the replies that it took may have been another mail's."""
        return self._unsure

    def start(self, *, unsure: bool = False) -> bytes:
        """The first bytes to write.

        `unsure` says that the next replies may be another mail's: these bytes stand behind its
        text, or behind a mail that was itself unsure to the end.
        """
        self._unsure = unsure
        if self._pipelining:
            self._expected.extend((_MAIL, _RCPT, _DATA))
            return self._envelope.commands(size=self._size)
        self._expected.append(_MAIL)
        return self._envelope.mail(size=self._size)

    def received(self, data: bytes) -> bytes:
        """Take what came from the server; returns what to write now.

        A reply is only taken for a command that was written before these bytes came.
        """
        asked = len(self._expected)
        out = b""
        parser = self._parser
        parser.feed(data)
        try:
            while asked and self.outcome is None and (reply := parser.take()) is not None:
                asked -= 1
                out += self._reply(reply)
        except GarbageError as error:
            self.lost(Lost.GARBAGE, str(error))
        if not asked and not self._followed and parser.partial:
            self.lost(Lost.GARBAGE, "an answer to nothing that was asked")
        return out if self.outcome is None else b""

    def left(self) -> None:
        """Say that every byte of the body, and the final dot, was handed to the kernel."""
        self._dot_left = True

    def followed(self) -> None:
        """Say that another mail's envelope stands behind the text now."""
        self._followed = True

    def gone(self) -> None:
        """Say that the connection is no more, or no more to be used, before anything was answered.

        Its first byte was not even written, or nobody can tell which replies will be its own.
        """
        self.stale = True
        self.caution = _AFTER_A_REFUSAL if self._unsure else 0.0
        self.outcome = Unavailable("The mail server closed the connection: nothing was sent")

    def lost(self, how: Lost, detail: str = "") -> None:
        """Say that the connection is gone, or that it must be given up."""
        self.reusable = False
        if self.done:
            return
        what = f"The mail server {how}" + (f" ({detail})" if detail else "")
        self.stale = (how is Lost.CLOSED and not self._begun) or (
            how is Lost.SILENT and not self._replies
        )
        if self._unsure and (how is Lost.GARBAGE or (how is Lost.SILENT and not self._replies)):
            # It answers a text twice, perhaps, or throws away what comes behind one.
            self.stale, self.caution = True, math.inf
        if self._failure is not None:
            self._end()
        elif self.step is _DOT:
            self.outcome = Unknown(
                f"{what} after it had the whole message and before it said whether it takes it: "
                "it may have gone out"
            )
        else:
            self.outcome = Temporary(f"{what} at {self.step}: nothing was sent")

    def _reply(self, reply: Reply) -> bytes:
        step = self.step
        self._expected.popleft()
        if reply.code == GOES_AWAY:
            self.stale = not self._begun
            self._fail(reply, step)
            self._end()
            return b""
        self._replies += 1
        if step is _MAIL or step is _RCPT:
            return self._envelope_reply(reply, step)
        if step is _DATA:
            return self._data_reply(reply)
        if step is _RSET:
            self._end(reusable=reply.kind == _DONE)
            return b""
        return self._body_reply(reply, step)

    def _envelope_reply(self, reply: Reply, step: Step) -> bytes:
        kind = reply.kind
        if kind == _DONE:
            if step is _RCPT:
                self._has_recipient = True
            if self._pipelining:
                return b""
            if step is _MAIL:
                self._expected.append(_RCPT)
                return self._envelope.rcpt()
            self._expected.append(_DATA)
            return DATA
        if kind in (_FOR_NOW, _FOR_GOOD):
            self._fail(reply, step)
            return b"" if self._pipelining else self._reset()
        return self._out_of_place(reply, step)

    def _data_reply(self, reply: Reply) -> bytes:
        if reply.code != _GO_AHEAD:
            if reply.kind not in (_FOR_NOW, _FOR_GOOD):
                return self._out_of_place(reply, _DATA)
            self._fail(reply, _DATA)
            return self._reset()
        self._unsure = False  # nothing else is answered so: from here on all replies are its own
        if self._failure is None:
            self._expected.append(_DOT)
            return self._envelope.body()
        if self._has_recipient:
            # A lone dot would send this recipient an empty mail: hang up instead.
            self._end()
            return b""
        self._expected.append(_DOT)
        return b".\r\n"

    def _body_reply(self, reply: Reply, step: Step) -> bytes:
        if self._failure is not None:  # the lone dot's answer
            return self._reset()
        accepted = reply.kind == _DONE and step is _DOT
        if accepted:
            self.outcome = Receipt(says=reply.says, code=reply.status)
            self.reusable = True
        elif reply.kind in (_FOR_NOW, _FOR_GOOD):
            self._fail(reply, step)
            if step is _DOT and not self._followed:
                return self._reset()
            self._end()
        else:
            # Put it back: `lost` asks where the transaction stands.
            self._expected.appendleft(_DOT)
            self.lost(Lost.GARBAGE, reply.says)
        return b""

    def _reset(self) -> bytes:
        self._expected.append(_RSET)
        return b"RSET\r\n"

    def _out_of_place(self, reply: Reply, step: Step) -> bytes:
        self._expected.appendleft(step)
        self.lost(Lost.GARBAGE, reply.says)
        return b""

    def _fail(self, reply: Reply, step: Step) -> None:
        """Keep the first refusal."""
        if self._failure is not None:
            return
        text = f"The mail server refused this at {step}: {reply.says}"
        if reply.kind == _FOR_NOW:
            self._failure = for_now(text, reply)
        elif reply.code in _LOGIN_NEEDED and step in (_MAIL, _RCPT, _DATA):
            self._failure = ConfigError(
                f"The mail server wants a login first ({reply.says}). Set "
                "UADISPATCH_EMAIL_USERNAME and UADISPATCH_EMAIL_PASSWORD or _PASSWORD_COMMAND."
            )
        else:
            self._failure = for_good(text, reply, recipient=step is _RCPT)

    def _end(self, *, reusable: bool = False) -> None:
        self.outcome = self._failure
        self.reusable = reusable
        if self._unsure and not reusable and not isinstance(self._failure, Unavailable):
            self.stale = True
            self.caution = max(self.caution, _AFTER_A_REFUSAL)
