"""The contract's tests of what is learnt later: `confirm`, and `recall` after a closing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path  # noqa: TC003 - pytest reads what a test takes
from typing import TYPE_CHECKING, Any

import pytest

from uadispatch.channels.message import Became, Outcome, Receipt
from uadispatch.channels.standing_in import Failure
from uadispatch.errors import ConfigError, DeliveryError, Unknown
from uadispatch.testing.contract.workbench import NOW, Given, Workbench

if TYPE_CHECKING:
    from uadispatch.channels.contract import Channel
    from uadispatch.channels.message import Message
    from uadispatch.channels.standing_in import StandIn

__all__ = ["LearningContract"]

LONG = timedelta(hours=30)
_HAS_IT = frozenset({Became.ACCEPTED, Became.CONFIRMED})


class LearningContract(Workbench):
    """Questions send nothing, and answer only what is certain."""

    def test_to_ask_sends_nothing(self, tmp_path: Path) -> None:
        """Asking what became of a message sends nothing, and tells an Outcome or None."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            message, receipt = await self._taken(channel)
            assert receipt.id, "to be asked about it later, a Receipt needs an id"
            for _ in range(3):
                outcome = await channel.confirm(message, receipt, NOW)
                _check(outcome)
                assert outcome is None or outcome.became is not Became.RETRY, (
                    "its far end has it: another try would send it twice"
                )
            assert stand_in.tries == 1, "confirm must send nothing"
            assert len(stand_in.received) == 1

        self._tell(tmp_path, story)

    def test_what_was_never_sent_is_not_found(self, tmp_path: Path) -> None:
        """What is another message's, or nobody's, is never taken for this one's."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            _, others = await self._taken(channel)
            never = replace(self._message(channel, 7), to=self._message(channel).to)
            outcome = await channel.confirm(never, None, NOW)
            _check(outcome)
            assert outcome is None or _is_of(others, outcome), (
                f"it was tried this very moment, and confirm says {outcome}: a service "
                f"needs time to list what it has"
            )
            await channel.tools.clock.sleep(LONG.total_seconds())
            outcome = await channel.confirm(never, None, NOW)
            _check(outcome)
            has_it = outcome is not None and outcome.became in _HAS_IT
            assert not has_it or _is_of(others, outcome), (
                f"it was never sent, and confirm says {outcome!r}"
            )
            assert stand_in.tries == 1, "confirm must send nothing"
            assert len(stand_in.received) == 1

        self._tell(tmp_path, story)

    def test_what_is_in_doubt_is_found_or_left_so(self, tmp_path: Path) -> None:
        """A message that its far end has is never said not to be there."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            self._must_confirm(channel)
            self._misbehave(stand_in, Failure.SILENT_AFTER)
            message = self._message(channel)
            with pytest.raises(Unknown):
                await channel.send(message)
            before = stand_in.tries
            if not stand_in.received:
                pytest.skip("its stand-in keeps nothing of what it does not answer")
            try:
                outcome = await channel.confirm(message, None, NOW)
            except DeliveryError:
                outcome = None  # the service cannot be asked either
            _check(outcome)
            assert outcome is None or outcome.became in _HAS_IT, (
                f"its far end has it, and confirm says {outcome.became}: it would be sent twice"
            )
            assert stand_in.tries == before, "confirm must send nothing"

        self._tell(tmp_path, story, Given(impatient=True))

    def test_a_service_that_cannot_be_asked_tells_nothing(self, tmp_path: Path) -> None:
        """Where its service cannot be reached, nothing is made up."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            message, receipt = await self._taken(channel)
            self._misbehave(stand_in, Failure.UNREACHABLE)
            for known in (receipt, None):
                try:
                    outcome = await channel.confirm(message, known, NOW)
                except (DeliveryError, ConfigError):
                    continue
                if known is None and outcome is None:
                    continue  # what is in doubt it cannot look up at all
                pytest.fail(
                    f"nobody could be asked, and confirm says {outcome!r}: raise Temporary, or let "
                    f"that of WebService.ask pass"
                )

        self._tell(tmp_path, story, Given(impatient=True))

    def test_to_recall_sends_nothing(self, tmp_path: Path) -> None:
        """Taking a message back sends nothing, can be asked twice, and says yes or no."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            message, receipt = await self._recallable(channel)
            before = stand_in.tries
            another = replace(self._message(channel, 1), to=message.to)
            assert isinstance(await channel.send(another), Receipt)
            said = [await channel.recall(message, receipt) for _ in range(2)]
            assert all(type(one) is bool for one in said), f"recall says True or False, not {said}"
            assert stand_in.tries == before + 1, "recall must send nothing"
            if (gone := stand_in.taken_back) is None:
                pytest.skip(
                    "not simulated, says its stand-in: it does not tell what it has taken back "
                    "(taken_back)"
                )
            assert list(gone) == [message.reference] * any(said), (
                f"recall said {said}, and its far end has taken back {list(gone)}"
            )

        self._tell(tmp_path, story)

    def test_what_cannot_be_recalled_is_not_said_to_be(self, tmp_path: Path) -> None:
        """A message is said to be taken back only if its service says so."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            message, receipt = await self._recallable(channel)
            self._misbehave(stand_in, Failure.UNREACHABLE)
            try:
                found = await channel.recall(message, receipt)
            except (DeliveryError, ConfigError):
                return
            assert found is False, "nobody could be asked, and recall says that it was taken back"

        self._tell(tmp_path, story, Given(impatient=True))

    def test_what_its_service_does_not_know_is_not_taken_back(self, tmp_path: Path) -> None:
        """Of a message that its service does not know, nobody says that it was taken back."""

        async def story(channel: Channel[Any], _end: StandIn) -> None:
            receipt = (await self._recallable(channel))[1]
            never = self._message(channel, 7)
            for known in (replace(receipt, id="no-such-message"), None):
                try:
                    found = await channel.recall(never, known)
                except (DeliveryError, ConfigError):
                    continue
                assert found is False, "its service has no such message, and recall says True"

        self._tell(tmp_path, story)

    def _must_confirm(self, channel: Channel[Any]) -> None:
        if not channel.capabilities.confirms:
            pytest.skip("it does not say that it confirms")

    async def _taken(self, channel: Channel[Any]) -> tuple[Message, Receipt]:
        """A message that its service has taken."""
        self._must_confirm(channel)
        message = self._message(channel)
        receipt = await channel.send(message)
        assert isinstance(receipt, Receipt)
        return message, receipt

    async def _recallable(self, channel: Channel[Any]) -> tuple[Message, Receipt]:
        if not channel.capabilities.recalls:
            pytest.skip("it does not say that it recalls")
        message = self._message(channel)
        receipt = await channel.send(message)
        assert isinstance(receipt, Receipt)
        return message, receipt


def _is_of(receipt: Receipt, outcome: Outcome | None) -> bool:
    """Whether an answer may be of the message of `receipt`, and says so: the core then knows."""
    return outcome is not None and not outcome.exact and outcome.id == receipt.id


def _check(outcome: object) -> None:
    assert outcome is None or isinstance(outcome, Outcome), f"confirm returned {outcome!r}"
    if outcome is None:
        return
    assert isinstance(outcome.became, Became)
    if outcome.ask_again_at is not None:
        assert outcome.ask_again_at.tzinfo is not None, "ask_again_at must be aware"
        assert outcome.ask_again_at >= NOW, "ask_again_at must be reckoned from self.tools.clock"
