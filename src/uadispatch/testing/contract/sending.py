"""The contract's tests of sending: once, as it was shown, and each message to whom it is for."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path  # noqa: TC003 - pytest reads what a test takes
from typing import TYPE_CHECKING, Any

import pytest

from uadispatch.channels.contract import By
from uadispatch.channels.message import Handover, Receipt
from uadispatch.errors import DeliveryError, Rejected, UadispatchError
from uadispatch.testing.contract.watching import Watch
from uadispatch.testing.contract.workbench import NOW, NUMBERED, Given, Workbench, reference_of

if TYPE_CHECKING:
    from uadispatch.channels.contract import Channel
    from uadispatch.channels.message import Message
    from uadispatch.channels.standing_in import Received, StandIn

__all__ = ["SendingContract"]

MANY = 20
SOONEST, LATEST = timedelta(0), timedelta(days=60)
"""When a service may be asked again what became of a message."""
HOSTILE = {
    "quotes and markup": "\"Dear\" <b>Minister</b> & 'Sir' </script><script>x</script> \\n \\",
    "templates": "{{ 7 * 7 }} {% raw %} ${HOME} $(id) `id` %s %(x)s {0} {}",
    "addresses": "See https://example.org/?a=1&b=2#c and ask @somebody or #somewhere + more = all",
    "letters": "Құрметті / عزيزي / 尊敬的 / Ærlige “Straße” / 👩🏽\u200d⚖️",
    "lines": "Dear Minister,\n.\n..\nFrom the prison\n-- \n\n> I ask you",
    "a page": "I ask you to release A. Person at once, who has done nothing but speak. " * 9,
    "headers": "Dear Minister\nBcc: somebody@example.org\nX-Injected: yes\n\nyours",
}
"""Texts that harm those who build a format of them by hand; most fit into a short message."""
LATER = timedelta(hours=1, minutes=2, seconds=3)
"""When what is in doubt may be tried again: what is the same each time does not depend on it."""
NAME = '../../An "Official" <other@example.org>, \\ Ä. 法官'
SUBJECT = 'Release "A. Person" & others <now>: 100 % of them; ü 法'


class SendingContract(Workbench):
    """One call of `send` is one try of one message."""

    def test_a_message_is_sent_once(self, tmp_path: Path) -> None:
        """A message is sent once, to its contact, and is out when send returns."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            message = self._message(channel)
            answer = await channel.send(message)
            self._check_answer(channel, answer)
            assert stand_in.tries == 1, f"it tried {stand_in.tries} times in one call of send"
            assert [kept.to for kept in stand_in.received] == [message.to.value]
            assert all(kept.file.is_file() for kept in stand_in.received)

        self._tell(tmp_path, story)

    def test_it_goes_to_the_contact_that_it_bears(self, tmp_path: Path) -> None:
        """A message goes to the contact that it bears, which a rehearsal may have changed."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            other = self._message(channel, 1)
            message = replace(self._message(channel), to=other.to)
            if other.to == self._message(channel).to:
                pytest.skip(f"its author names one contact alone: put {NUMBERED} into it")
            await channel.send(message)
            assert [kept.to for kept in stand_in.received] == [other.to.value]
            await channel.send(other)
            assert len(stand_in.received) == 2, "of two messages to one contact one is missing"  # noqa: PLR2004 - two of them

        self._tell(tmp_path, story)

    def test_what_arrives_is_what_was_previewed(self, tmp_path: Path) -> None:
        """What arrives is what was shown, so that a dry-run can be believed."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            message = self._message(channel)
            await channel.send(message)
            (kept,) = stand_in.received
            _check_same(channel, message, kept)

        self._tell(tmp_path, story)

    def test_many_at_once_arrive_once_each(self, tmp_path: Path) -> None:
        """Messages that are sent at the same time arrive once each, each its own."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            messages = [self._message(channel, number) for number in range(MANY)]
            names: list[str] = []
            room = asyncio.Semaphore(channel.settings.concurrency)

            async def send(message: Message) -> None:
                async with room:
                    answer = await channel.send(message)
                self._check_answer(channel, answer)
                if isinstance(answer, Receipt) and answer.id is not None:
                    names.append(answer.id)

            await asyncio.gather(*map(send, messages))
            assert len(set(names)) == len(names), "two messages have the same id in their receipts"
            assert stand_in.tries == MANY
            meant = {message.reference: message for message in messages}
            came = [kept.reference for kept in stand_in.received]
            assert sorted(came) == sorted(meant), "not each message came once, by its reference"
            for kept in stand_in.received:
                message = meant[kept.reference]
                assert kept.to == message.to.value, "it went to another's contact"
                if kept.shown:
                    assert kept.shown == channel.preview(message).text, "it has another's words"

        self._tell(tmp_path, story, Given(concurrency=4))

    @pytest.mark.parametrize("hazard", [*HOSTILE, "names"])
    def test_texts_are_data(self, hazard: str, tmp_path: Path) -> None:
        """Whatever letters a text has arrive as they are, or are refused before anything leaves."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            if hazard == "names":
                message = self._message(channel, name=NAME, subject=SUBJECT)
            else:
                message = self._message(channel, body=f"{HOSTILE[hazard]}\n")
            try:
                channel.check(message)
            except Rejected as exc:
                pytest.skip(f"its check refuses such a text: {exc}")
            meant = channel.preview(message)
            answer = await channel.send(message)
            self._check_answer(channel, answer)
            assert channel.preview(message) == meant
            (kept,) = stand_in.received
            assert kept.to == message.to.value
            _check_same(channel, message, kept)

        self._tell(tmp_path, story)

    def test_it_remembers_no_message(self, tmp_path: Path) -> None:
        """Whether a message goes out again is the core's to decide: a second try is tried."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            message = self._message(channel)
            first = await channel.send(message)
            files = _contents(first)
            again: Receipt | Handover | None = None
            idempotent = channel.capabilities.idempotent
            await channel.tools.clock.sleep(LATER.total_seconds())
            with suppress(DeliveryError):  # its far end may want no second copy
                later = message.dated(NOW + LATER) if idempotent else message
                again = await channel.send(later)
                self._check_answer(channel, again)
            if idempotent:
                assert len(stand_in.received) == 1, "its far end took a second one of the same key"
            elif isinstance(first, Handover):
                assert again == first, "the same message was handed over in another way"
                assert _contents(first) == files, "files that are made again have other bytes"
            else:
                assert stand_in.tries == 2, "it did not try again"  # noqa: PLR2004 - two calls

        self._tell(tmp_path, story)

    def test_two_of_them_share_nothing(self, tmp_path: Path) -> None:
        """Two channels of this class, with other settings, know nothing of each other."""

        async def told(values: dict[str, Any], stand_in: StandIn) -> None:
            one = self._build(self._values(values, stand_in, Given()), tmp_path / "one")
            await one.send(self._message(one, 0))
            other_end = self.make_stand_in()
            kept = tmp_path / "other"
            kept.mkdir()
            others = dict(await other_end.start(kept)) | dict(self.settings)
            try:
                other = self._build(self._values(others, other_end, Given()), tmp_path / "two")
                await other.send(self._message(other, 1))
                await one.send(self._message(one, 2))
                await other.aclose()
                # A third one, whose secrets are wrong: that is no other's trouble.
                wrong = self._build(self._values(others, other_end, Given(secrets=True)), tmp_path)
                with suppress(UadispatchError):
                    await wrong.send(self._message(wrong, 4))
                await wrong.aclose()
                await one.send(self._message(one, 3))
            finally:
                await other_end.stop()
            await one.aclose()
            assert _references(stand_in) == [reference_of(number) for number in (0, 2, 3)]
            assert _references(other_end)[0] == reference_of(1), "it went to another far end"
            assert set(_references(other_end)) <= {reference_of(1), reference_of(4)}

        self._against_a_stand_in(tmp_path, told)

    def test_it_blocks_nobody(self, tmp_path: Path) -> None:
        """While it waits, everything else goes on: it blocks no event loop."""

        async def story(channel: Channel[Any], _: StandIn) -> None:
            await channel.send(self._message(channel))  # what is imported first may take its time
            with Watch() as watch:
                await channel.send(self._message(channel, 1))
            assert not watch.blocked, f"it blocks the event loop: {watch.blocked}"

        self._tell(tmp_path, story)

    def _check_answer(self, channel: Channel[Any], answer: object) -> None:
        """What `send` returns is in order."""
        assert isinstance(answer, Receipt | Handover), f"send returned {answer!r}"
        if channel.capabilities.by is By.PERSON:
            assert isinstance(answer, Handover), "of what a person does send returns a Handover"
        else:
            assert isinstance(answer, Receipt), "of what the program does send returns a Receipt"
        assert isinstance(answer.says, str)
        if isinstance(answer, Handover):
            assert all(path.is_file() for path in answer.files), "a file that it names is not there"
            assert answer.files or answer.links, "it hands nothing over"
            return
        assert answer.says.strip(), "a receipt must say what was answered"
        assert isinstance(answer.id, str | None)
        if channel.capabilities.confirms:
            assert not answer.confirmed, "it can ask later, and says that its recipient has it"
        if answer.ask_again_at is not None:
            assert answer.ask_again_at.tzinfo is not None, "ask_again_at must be aware"
            wait = answer.ask_again_at - NOW
            assert SOONEST <= wait <= LATEST, "ask_again_at must be reckoned from self.tools.clock"
            assert channel.capabilities.confirms, "ask_again_at is for channels that confirm"


def _check_same(channel: Channel[Any], message: Message, kept: Received) -> None:
    meant = channel.preview(message)
    pages = kept.pages
    assert pages == meant.pages, "its pages are not those of the preview"
    if kept.shown or not pages:
        assert kept.shown == meant.text, "it does not read as the preview"


def _contents(answer: Receipt | Handover) -> list[bytes]:
    return [path.read_bytes() for path in answer.files] if isinstance(answer, Handover) else []


def _references(stand_in: StandIn) -> list[str]:
    return [kept.reference for kept in stand_in.received]
