"""What a scripted mail server can do, what it takes, and what it does in place of behaving."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

__all__ = [
    "CLOSE",
    "GARBAGE",
    "RESET",
    "SILENCE",
    "Act",
    "Do",
    "Mail",
    "Offer",
    "Rule",
    "Script",
    "StepName",
    "drip",
    "late",
    "raw",
    "reply",
]

# fmt: off
StepName = Literal[
    "connect", "banner", "ehlo", "starttls", "auth", "mail", "rcpt",
    "data", "body", "dot", "rset", "quit",
]
# fmt: on
"""``connect``: before the banner; ``body``: at the first bytes of the text; ``dot``: after it."""
_STEPS = frozenset(get_args(StepName))


class Do(StrEnum):
    """The kinds of misbehaviour."""

    REPLY = "reply"
    SILENCE = "silence"
    CLOSE = "close"
    RESET = "reset"
    RAW = "raw"
    DRIP = "drip"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Act:
    """One misbehaviour: made by `reply`, `raw`, `drip` or `late`, or one of the constants below."""

    do: Do
    code: int = 0
    text: str = ""
    data: bytes = b""
    close: bool = False
    seconds: float = 0.0

    @property
    def refuses(self) -> bool:
        """Whether the client is told no: what it sent is not kept."""
        return self.code // 100 in (4, 5) or self.data[:1] in (b"4", b"5")


SILENCE = Act(Do.SILENCE)
"""Never answer again; the connection stays open."""
CLOSE = Act(Do.CLOSE)
"""Close the connection without an answer."""
RESET = Act(Do.RESET)
"""Break the connection without an answer; under TLS without a word of goodbye."""
GARBAGE = Act(Do.RAW, data=b"\x16\x03\x01 this is no reply\r\n")
"""Answer with what is no SMTP reply."""


def reply(code: int, text: str = "") -> Act:
    """Answer `code` and `text` (LF between the lines of a long one); after 421 it hangs up."""
    return Act(Do.REPLY, code=code, text=text)


def raw(data: bytes, *, close: bool = False) -> Act:
    """Answer exactly these bytes, whatever they are; then, with `close`, hang up."""
    return Act(Do.RAW, data=data, close=close)


def drip(data: bytes, seconds: float) -> Act:
    """Answer exactly these bytes, one after the other, each after `seconds`."""
    return Act(Do.DRIP, data=data, seconds=seconds)


def late(seconds: float) -> Act:
    """Behave, but only after `seconds`."""
    return Act(Do.LATE, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it was received: the envelope, and the exact bytes, dots unstuffed."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the server is able to do."""

    pipelining: bool = True
    eightbit: bool = True
    size: int | None = 50_000_000
    starttls: ssl.SSLContext | None = None
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Password by user name; empty: no AUTH."""


@dataclass(slots=True)
class Rule:
    """Do `act` at `step`: not the first `after` times, then `times` times (None: always)."""

    step: StepName
    act: Act
    recipient: str | None = None
    times: int | None = None
    after: int = 0

    def applies(self, step: StepName, recipient: str | None) -> bool:
        """Whether it is this rule's turn; counts."""
        if step != self.step or self.recipient not in (None, recipient) or self.times == 0:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Script:
    """The rules of a server; the first that applies wins."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, rule: Rule) -> None:
        """Add `rule` after the others. Raises ValueError for a step that does not exist."""
        if rule.step not in _STEPS:
            raise ValueError(f"no step {rule.step!r}; there are {', '.join(sorted(_STEPS))}")
        self._rules.append(rule)

    def clear(self) -> None:
        """Behave from now on."""
        self._rules.clear()

    def act(self, step: StepName, recipient: str | None = None) -> Act | None:
        """What to do now in place of behaving; None: behave."""
        for rule in self._rules:
            if rule.applies(step, recipient):
                return rule.act
        return None
