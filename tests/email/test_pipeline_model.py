"""Mails in a pipeline against a model of a server: whatever it does, its truth is what we say.

The model knows what it took, what it answered to which mail, and what it did wrong with which.
Bytes pass in any pieces, and the connection may be lost at any time.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from uadispatch import ConfigError, Receipt, Rejected, Temporary, Unknown
from uadispatch_email.envelope import Envelope
from uadispatch_email.pipeline import Pipeline
from uadispatch_email.transaction import Lost, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uadispatch_email.transaction import Transaction

YES = 0
"""Whatever is the good answer."""


@dataclass(frozen=True)
class Act:
    """How a command or a text is answered; `then` the server hangs up or says no more."""

    says: tuple[int, ...]
    obeys: bool = False
    then: Literal["", "close", "mute"] = ""
    junk: bytes = b""

    @property
    def refuses(self) -> bool:
        return self.says[:1] not in ((), (YES,))


GOOD = Act((YES,), obeys=True)
TWICE = Act((YES, YES), obeys=True)
YES_AND_NO = Act((YES, 550), obeys=True)
BAD = (
    *(TWICE, YES_AND_NO, Act((451,)), Act((550,)), Act((550, 550)), Act((), junk=b"\x16\x03\r\n")),
    *(Act((550,), then="close"), Act((421,), then="close"), Act((), then="close")),
    Act((), then="mute"),
)


class Truth:
    """What the server knows, over all connections."""

    def __init__(self, acts: list[Act], *, lenient: bool) -> None:
        self.acts = iter(acts)
        self.lenient = lenient
        """Whether it says 354 though it has refused the recipient."""
        self.took: Counter[int] = Counter()
        self.refused: defaultdict[int, set[int]] = defaultdict(set)
        self.wronged: set[int] = set()
        """Mails at which it did not behave."""


class Line:
    """The server's end of one connection."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.said = b""
        """What is still on its way to the client."""
        self.closed = self.mute = False
        self._buffer = b""
        self._mail = -1
        self._recipient = self._in_text = False

    def hear(self, data: bytes) -> None:
        self._buffer += data
        while not (self.closed or self.mute):
            end = (
                b"\r\n.\r\n" if self._in_text and not self._buffer.startswith(b".\r\n") else b"\r\n"
            )
            if end not in self._buffer:
                return
            line, _, self._buffer = self._buffer.partition(end)
            if self._in_text:
                self._in_text = False
                self._dot()
            else:
                self._command(line)

    def _command(self, line: bytes) -> None:
        match line.split(b":")[0]:
            case b"MAIL FROM":
                self._mail, self._recipient = int(line[11 : line.index(b"@")]), False
                self._answer(250)
            case b"RCPT TO":
                self._recipient = self._answer(250).obeys
            case b"DATA" if self._recipient or self.truth.lenient:
                self._in_text = self._answer(354).obeys
            case b"DATA":
                self.said += b"503 nobody\r\n"
            case b"RSET":
                self._answer(250)
                self._recipient = False
            case _:
                raise AssertionError(line)

    def _dot(self) -> None:
        if not self._recipient:
            self.said += b"554 nobody\r\n"
            return
        self._recipient = False
        # One that hangs up instead of answering may well have it.
        if not self._answer(250).refuses:
            self.truth.took[self._mail] += 1

    def _answer(self, good: int) -> Act:
        act = next(self.truth.acts, GOOD)
        if act is YES_AND_NO and good == 354:
            act = TWICE  # if it then took the text nobody could tell
        if act is not GOOD:
            self.truth.wronged.add(self._mail)
        self._say(*(code or good for code in act.says))
        self.said += act.junk
        self.closed = act.then == "close"
        self.mute = act.then == "mute"
        return act

    def _say(self, *codes: int) -> None:
        for code in codes:
            self.said += b"%d text\r\n" % code
            if code >= 400:
                self.truth.refused[self._mail].add(code)


class Client:
    """One connection of ours: what a session does, with the kernel's part left to chance."""

    def __init__(self, mails: deque[tuple[int, bool]], truth: Truth, random: Random) -> None:
        self.pipeline = Pipeline(pipelining=True, size=False)
        self.line = Line(truth)
        self.gone: set[int] = set()
        """Mails whose final dot left us, or may have."""
        self._mails = mails
        self._truth = truth
        self._random = random
        self._number: dict[Transaction, int] = {}
        self._kept: dict[Transaction, bool] = {}
        self._held = b""
        self._behind_dot: int | None = None
        """Held bytes behind the final dot of the present text, while that is held."""

    def run(self) -> Iterator[tuple[int, object, bool]]:
        """Mails that ended: their outcome, and whether they are to be moved."""
        self._begin()
        while self.pipeline.usable:
            events = self._events()
            if not events and self.pipeline.current is None:
                return
            if not events or self._random.random() < 0.01:
                self._truth.wronged.update(self._number[one] for one in self._running())
                self.pipeline.lost(Lost.SILENT if not events else Lost.CLOSED)
            else:
                self._random.choice(events)()
            for ended in self.pipeline.ended:
                number = self._number[ended]
                yield number, ended.outcome, ended.stale and self._kept[ended]
            self.pipeline.ended.clear()

    def _running(self) -> list[Transaction]:
        return [one for one in self._number if not one.done]

    def _events(self) -> list[Callable[[], None]]:
        events: list[Callable[[], None]] = []
        idle = self.pipeline.current is None
        waiting = bool(self._mails) and not self._mails[0][1]
        if self._held and not self.line.closed:
            events.append(self._kernel_takes)
        if self.line.said:
            events.append(self._hear)
        elif self.line.closed:
            events.append(lambda: self.pipeline.lost(Lost.CLOSED))
        elif idle and waiting:
            events.append(self._begin)
        if waiting and self.pipeline.followable:
            events += [self._follow] * 3
        return events

    def _begin(self) -> None:
        number, _ = self._mails.popleft()
        transaction, first = self.pipeline.take(envelope(number))
        self._kept[transaction] = bool(self._number)
        self._number[transaction] = number
        self._held += first

    def _follow(self) -> None:
        self._begin()
        behind = self.pipeline.follow()
        assert behind
        self._held += behind
        if self._behind_dot is not None:
            self._behind_dot += len(behind)
            if self._random.random() < 0.5:  # as a session, of what goes in one write
                self._dot_left()

    def _hear(self) -> None:
        count = self._random.randint(1, len(self.line.said))
        data, self.line.said = self.line.said[:count], self.line.said[count:]
        out = self.pipeline.received(data)
        self._held += out
        current = self.pipeline.current
        if out and current is not None and current.step is Step.BODY:
            self._behind_dot = 0

    def _kernel_takes(self) -> None:
        count = self._random.randint(1, len(self._held))
        data, self._held = self._held[:count], self._held[count:]
        if self._behind_dot is not None and len(self._held) <= self._behind_dot:
            self._dot_left()
        self.line.hear(data)

    def _dot_left(self) -> None:
        self._behind_dot = None
        current = self.pipeline.current
        if current is not None and current.step is Step.BODY:
            current.left()
            self.gone.add(self._number[current])


def envelope(number: int) -> Envelope:
    text = f"Subject: {number}\r\n\r\n.a text\r\n".encode()
    return Envelope(f"{number}@example.org", f"press{number}@example.org", text)


def send_all(count: int, truth: Truth, random: Random) -> tuple[dict[int, object], set[int]]:
    """The outcome of each mail, and those whose dot left us."""
    mails = deque((number, False) for number in range(count))
    found: dict[int, object] = {}
    gone: set[int] = set()
    while mails:
        client = Client(mails, truth, random)
        for number, outcome, moved in client.run():
            assert number not in found
            if moved:
                mails.appendleft((number, True))
            else:
                found[number] = outcome
        gone |= client.gone
    return found, gone


# Four good answers make a mail: the bad ones come where they are worth most.
AFTER = st.sampled_from([0, 0, 0, 1, 2, 3, 3, 3, 4, 5, 6, 7, 7, 9])


@settings(max_examples=3000, deadline=None)
@given(
    count=st.integers(2, 5),
    acts=st.lists(st.tuples(AFTER, st.sampled_from(BAD)), max_size=4),
    seed=st.integers(0, 2**32),  # not `st.randoms`: it likes extremes, and ends every connection
    lenient=st.booleans(),
)
# Two texts or commands in a row are answered twice: the next mail must not get what is left over.
@example(
    count=5,
    acts=[(3, TWICE), (6, Act((), then="close")), (3, TWICE), (0, YES_AND_NO)],
    seed=5,
    lenient=False,
)
@example(count=5, acts=[(3, TWICE), (0, YES_AND_NO), (0, TWICE)], seed=5, lenient=False)
def test_what_we_say_is_the_truth(
    count: int, acts: list[tuple[int, Act]], seed: int, *, lenient: bool
) -> None:
    """`acts`: after how many good answers the server does what instead."""
    one_by_one = [act for after, bad in acts for act in (*[GOOD] * after, bad)]
    truth = Truth(one_by_one, lenient=lenient)
    found, gone = send_all(count, truth, Random(seed))  # noqa: S311 - a test's
    assert set(found) == set(range(count)), "none is lost"
    for number, outcome in found.items():
        assert truth.took[number] <= 1, "none goes out twice"
        if isinstance(outcome, Receipt):
            assert truth.took[number] == 1
        elif isinstance(outcome, Unknown):
            assert number in gone
        else:
            assert isinstance(outcome, Temporary | Rejected | ConfigError)
            assert truth.took[number] == 0
        if isinstance(outcome, Rejected):
            assert 550 in truth.refused[number]
        if number not in truth.wronged:
            assert isinstance(outcome, Receipt), "what is done to one is not another's"
