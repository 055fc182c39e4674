"""The contract's tests of failures: what a far end does, and what `send` must make of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path  # noqa: TC003 - pytest reads what a test takes
from typing import TYPE_CHECKING, Any

import pytest

from uadispatch.channels.message import Handover, Receipt
from uadispatch.channels.standing_in import CannotSimulate, Failure
from uadispatch.errors import (
    ConfigError,
    DeliveryError,
    OptedOut,
    Rejected,
    Temporary,
    UadispatchError,
    Unavailable,
    Unknown,
)
from uadispatch.testing.contract.failures import SORTED, accepted
from uadispatch.testing.contract.workbench import Given, Workbench

if TYPE_CHECKING:
    from uadispatch.channels.contract import Channel
    from uadispatch.channels.standing_in import StandIn
    from uadispatch.testing.contract.cases import Case

__all__ = ["FailingContract"]

NEARLY = timedelta(seconds=5)
LONGEST_WAIT = timedelta(days=31)
_KINDS = (Unavailable, Temporary, Rejected, OptedOut, Unknown, ConfigError)
_each = pytest.mark.parametrize("failure", list(Failure), ids=lambda failure: failure.name.lower())


class FailingContract(Workbench):
    """Each failure is sorted truthfully: here messages are lost, or sent twice."""

    @_each
    def test_each_failure_is_sorted(self, failure: Failure, tmp_path: Path) -> None:
        """A failure is told as what it is, after one try."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            self._misbehave(stand_in, failure)
            before = self._guard.connects
            await self._fails(channel, stand_in, failure, 0)
            if failure is Failure.UNREACHABLE:
                tried = self._guard.connects - before
                assert tried <= 1, f"it tried {tried} times to connect in one call of send"

        self._tell(tmp_path, story, Given(impatient=True))

    @_each
    def test_a_failure_after_a_success_is_sorted_too(
        self, failure: Failure, tmp_path: Path
    ) -> None:
        """What was opened for the message before changes nothing of that."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            await channel.send(self._message(channel))
            self._misbehave(stand_in, failure)
            await self._fails(channel, stand_in, failure, 1)

        self._tell(tmp_path, story, Given(impatient=True))

    @_each
    def test_after_a_failure_all_is_well_again(self, failure: Failure, tmp_path: Path) -> None:
        """Once the far end is well again, so is the channel: the same message goes out."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            await channel.send(self._message(channel))
            self._misbehave(stand_in, failure)
            with pytest.raises((DeliveryError, ConfigError)):
                await channel.send(self._message(channel, 1))
            try:
                stand_in.behave()
            except CannotSimulate as exc:
                pytest.skip(f"not simulated, says its stand-in: {exc}")
            before = len(stand_in.received)
            number = 2 if SORTED[failure] is Unknown else 1  # doubt is not tried again
            assert isinstance(
                await channel.send(self._message(channel, number)), Receipt | Handover
            )
            assert len(stand_in.received) == before + 1, "it says that it was sent, and it was not"

        self._tell(tmp_path, story, Given(impatient=True))

    def test_each_of_its_cases(self, tmp_path: Path) -> None:
        """Each answer of the service in its author's table becomes what stands there."""
        if not self.cases:
            pytest.skip("its author gives no table of answers (cases)")
        wrong = []
        for number, case in enumerate(self.cases):
            try:
                self._try(case, tmp_path / str(number))
            except (AssertionError, pytest.fail.Exception) as exc:
                wrong.append(f"“{case.name}”: {exc}")
        assert not wrong, "\n".join(wrong)

    def _try(self, case: Case, folder: Path) -> None:
        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            stand_in.play(case.answer)
            message = self._message(channel)
            outcome: object
            try:
                outcome = await channel.send(message)
            except UadispatchError as exc:
                outcome = exc
            found = case.differences(outcome)
            assert not found, "; ".join(found)
            assert stand_in.tries <= 1, "send must try once"
            if case.asked is not None:
                request = getattr(stand_in, "last_request", None)
                assert request is not None, "its stand-in keeps no last_request to look at"
                found = case.asked(message).differences(request)
                assert not found, "; ".join(found)

        self._tell(folder, story, Given(impatient=True, settings=case.settings))

    async def _fails(
        self, channel: Channel[Any], stand_in: StandIn, failure: Failure, number: int
    ) -> None:
        """Send the message `number`, and look at what is raised."""
        before, had = stand_in.tries, len(stand_in.received)
        try:
            answer = await channel.send(self._message(channel, number))
        except (DeliveryError, ConfigError) as exc:
            error = exc
        else:
            pytest.fail(f"the far end: “{failure}”; and send returned {answer!r}")
        due = accepted(failure)
        names = " or ".join(sorted(kind.__name__ for kind in due))
        assert _kind(error) in due, f"the far end: “{failure}”; {names} is due, not {error!r}"
        assert str(error).strip(), "an error must say what happened"
        tried = stand_in.tries - before
        assert tried <= 1, f"send must try once, not {tried} times; the core decides on another try"
        assert len(stand_in.received) == had or SORTED[failure] is Unknown
        wait = getattr(error, "retry_after", None)
        if failure is Failure.TRY_LATER:
            assert wait is None, f"nobody has asked for a wait, and retry_after is {wait}"
        if failure is Failure.TRY_LATER_AT:
            assert wait is not None, "the far end says until when: give it as retry_after"
            due_wait = stand_in.asks_to_wait
            assert due_wait is None or abs(wait - due_wait) <= NEARLY, (
                f"the far end asks to wait for {due_wait}, and retry_after is {wait}"
            )
        if wait is not None:
            assert timedelta(0) <= wait <= LONGEST_WAIT, f"retry_after is {wait}"
            assert wait or failure is not Failure.TRY_LATER_AT, "retry_after is no time at all"


def _kind(error: UadispatchError) -> type[UadispatchError]:
    """What of the contract's errors `error` is."""
    return next((kind for kind in _KINDS if isinstance(error, kind)), type(error))
