"""The contract's tests of how messages begin, and of channels that queue what they are given.

Whoever asks `Tools.begin` heeds the answer. A channel with `Capabilities.queues` asks for each
message: until it has asked, the core may take the message back, and the case may be closed.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from pathlib import Path  # noqa: TC003 - pytest reads what a test takes
from typing import TYPE_CHECKING, Any

import pytest

from uadispatch.channels.message import Handover, Receipt
from uadispatch.errors import Temporary
from uadispatch.testing.contract.workbench import Given, Workbench

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.message import Message
    from uadispatch.channels.standing_in import StandIn

    Story = Callable[["Gate", Channel[Any], StandIn], Awaitable[None]]

__all__ = ["QueueingContract"]

CONNECTIONS = 2
ROUNDS = 10
"""So many messages are given to the channel at once for each of its connections."""
AHEAD = 2
"""On each connection one message may have begun, and one behind it."""
_TURNS = 200
"""Turns of the event loop in which something that should not happen gets its chance."""

_sending: ContextVar[str | None] = ContextVar("sending", default=None)


class Gate:
    """Stands where the core does: each message is asked here whether it may begin.

    Whose try it is it knows as the core does, by the task that asks and by whose child that is.
    """

    def __init__(self, *, is_open: bool = True) -> None:
        """Let all through: at once, or as soon as it is opened."""
        self.asked: list[str | None] = []
        """The keys of those that asked, in order; None: nobody was being sent."""
        self.refusals: dict[str, Temporary] = {}
        self._somebody = asyncio.Event()
        self._open = asyncio.Event()
        if is_open:
            self.open()

    def open(self) -> None:
        """Let those through that wait, and all that come."""
        self._open.set()

    def refuse(self, message: Message) -> Temporary:
        """Do not let `message` begin; gives what it is told."""
        says = Temporary("it may not begin any more")
        self.refusals[message.key] = says
        return says

    async def somebody(self) -> None:
        """Wait until one has asked, and any other could have."""
        await self._somebody.wait()
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    async def begin(self, *, anew: bool = False) -> None:
        """What the channel is lent as `Tools.begin`."""
        key = _sending.get()
        further = key in self.asked and not anew  # of what has left in part, nobody asks
        self.asked.append(key)
        self._somebody.set()
        await self._open.wait()
        if key in self.refusals and not further:
            raise self.refusals[key]

    def check_asked(self, messages: Sequence[Message]) -> None:
        """Each of `messages` has asked, in the task of its own `send` or a child of it."""
        silent = {message.key for message in messages} - {*self.asked}
        assert not silent, (
            "begin must be called for each message, in the task of its own send: a worker's task "
            "asks for the message that it was made for"
        )

    async def send(self, channel: Channel[Any], message: Message) -> Receipt | Handover:
        """One try of `message`."""
        token = _sending.set(message.key)
        try:
            return await channel.send(message)
        finally:
            _sending.reset(token)


class QueueingContract(Workbench):
    """What is asked of a channel that calls `Tools.begin`, and more of one that must."""

    def test_a_message_that_may_not_begin_leaves_nothing(self, tmp_path: Path) -> None:
        """A message that may not begin leaves nothing, and the next one takes its place."""

        async def story(gate: Gate, channel: Channel[Any], stand_in: StandIn) -> None:
            served: list[Message] = []
            for number in range(2):
                refused, other = (self._message(channel, 2 * number + n) for n in range(2))
                says = gate.refuse(refused)
                (found,) = await _sent(gate, channel, [refused])
                if not (gate.asked or channel.capabilities.queues):
                    assert isinstance(found, Receipt | Handover), found
                    pytest.skip("its messages begin when send is called: it never asks")
                gate.check_asked([refused])
                assert found is says, f"what begin raises must come out of send; it gave {found!r}"
                _check_arrived(stand_in, served)
                await gate.send(channel, other)
                served += [other]
                _check_arrived(stand_in, served)

        self._at_a_gate(tmp_path, Gate(), story)

    def test_one_that_may_not_begin_keeps_none_of_the_others_back(self, tmp_path: Path) -> None:
        """One that may not begin, be it the first or the last, keeps back none of the others."""

        async def story(gate: Gate, channel: Channel[Any], stand_in: StandIn) -> None:
            served: list[Message] = []
            messages = self._a_window_of(channel)
            for turn, place in enumerate((0, len(messages) // 2, len(messages) - 1)):
                messages = self._a_window_of(channel, turn)
                says = gate.refuse(messages[place])
                found = await _sent(gate, channel, messages)
                gate.check_asked(messages)
                assert found[place] is says, f"what begin raises must come out; it gave {found}"
                del found[place], messages[place]
                assert all(isinstance(one, Receipt | Handover) for one in found), found
                served += messages
                _check_arrived(stand_in, served)

        self._at_a_gate(tmp_path, Gate(), story)

    def test_a_window_at_once_goes_over_no_more_connections_than_are_set(
        self, tmp_path: Path
    ) -> None:
        """A whole window goes over as few connections as are set, each message in its turn."""

        async def story(gate: Gate, channel: Channel[Any], stand_in: StandIn) -> None:
            messages = self._a_window_of(channel)
            sends = [asyncio.create_task(gate.send(channel, message)) for message in messages]
            await gate.somebody()
            most = AHEAD * channel.settings.concurrency
            assert len(gate.asked) <= most, "begin is called before there is a connection for it"
            assert stand_in.most_open != 0, "begin is called before there is a connection"
            _check_arrived(stand_in, [])
            gate.open()
            await asyncio.gather(*sends)
            gate.check_asked(messages)
            _check_arrived(stand_in, messages)
            if stand_in.most_open is None:
                pytest.fail("its channel queues: the stand-in must count connections in most_open")
            assert 1 <= stand_in.most_open <= channel.settings.concurrency

        self._at_a_gate(tmp_path, Gate(is_open=False), story)

    def test_those_that_are_taken_back_leave_the_others_alone(self, tmp_path: Path) -> None:
        """Those that are taken back before they have begun leave the others alone."""

        async def story(gate: Gate, channel: Channel[Any], stand_in: StandIn) -> None:
            messages = self._a_window_of(channel)
            sends = [asyncio.create_task(gate.send(channel, message)) for message in messages]
            await gate.somebody()
            back = {*gate.asked, messages[-1].key}
            for message, sending in zip(messages, sends, strict=True):
                if message.key in back:
                    sending.cancel()
            gate.open()
            found = await asyncio.gather(*sends, return_exceptions=True)
            others = [message for message in messages if message.key not in back]
            for message, one in zip(messages, found, strict=True):
                due = Receipt | Handover if message in others else asyncio.CancelledError
                assert isinstance(one, due), f"{message.target.id}: {one!r}"
            _check_arrived(stand_in, others)

        self._at_a_gate(tmp_path, Gate(is_open=False), story)

    def _at_a_gate(self, folder: Path, gate: Gate, story: Story) -> None:
        """Run `story` with a channel that asks `gate`; one that does not queue, with few only."""

        async def told(channel: Channel[Any], stand_in: StandIn) -> None:
            await story(gate, channel, stand_in)

        self._tell(folder, told, Given(concurrency=CONNECTIONS, rounds=ROUNDS, begin=gate.begin))

    def _a_window_of(self, channel: Channel[Any], turn: int = 0) -> list[Message]:
        """As many messages as may be given to the channel at once; others each `turn`."""
        if not channel.capabilities.queues:
            pytest.skip("it does not say that it queues what it is given")
        size = channel.settings.window or channel.settings.concurrency
        return [self._message(channel, turn * size + number) for number in range(size)]


async def _sent(
    gate: Gate, channel: Channel[Any], messages: Sequence[Message]
) -> list[Receipt | Handover | BaseException]:
    """What came of each, all sent at once."""
    sending = (gate.send(channel, message) for message in messages)
    return await asyncio.gather(*sending, return_exceptions=True)


def _check_arrived(stand_in: StandIn, messages: Sequence[Message]) -> None:
    """These have arrived, once each, and of no other anything has."""
    arrived = sorted(kept.reference for kept in stand_in.received)
    assert arrived == sorted(message.reference for message in messages)
    if messages:  # before one arrives, a connection may count for a try that got no further
        assert stand_in.tries == len(messages), "something of another message had left, too"
