"""The contract's tests of looking: whoever imports, builds, checks and shows opens nothing."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from uadispatch.channels.message import Preview
from uadispatch.errors import Rejected
from uadispatch.testing.contract.guard import nothing_is_opened
from uadispatch.testing.contract.workbench import NUMBERED, Given, Workbench

if TYPE_CHECKING:
    from uadispatch.channels.contract import Channel
    from uadispatch.channels.standing_in import StandIn

__all__ = ["LookingContract"]

LATER = timedelta(days=40)
ODD = {
    "empty": "",
    "one word": "Release!",
    "very long": "I ask you to release A. Person, who has done nothing but speak. " * 600,
    "one long word": "x" * 5000,
    "controls": "Dear\tMinister,\u2028\u200e\ufeff yours\n",
}
"""Texts that a letter hardly has."""


class LookingContract(Workbench):
    """What dry-run asks: it reaches nobody, and each answer is the same the next time."""

    def test_importing_opens_nothing(self) -> None:
        """Importing it opens nothing, and needs no setting."""
        module = sys.modules.get(self.channel.__module__)
        source = getattr(module, "__file__", None)
        if module is None or source is None or module.__name__ == type(self).__module__:
            pytest.skip("it has no file of its own that could be imported again")
        again = f"{module.__name__}_again"
        spec = importlib.util.spec_from_file_location(again, source)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[again] = importlib.util.module_from_spec(spec)
        try:
            with nothing_is_opened():
                spec.loader.exec_module(sys.modules[again])
        finally:
            del sys.modules[again]

    def test_building_and_checking_open_nothing(self, tmp_path: Path) -> None:
        """Building, checking, showing and closing it open and write nothing."""
        values = self._against_a_stand_in(tmp_path, _settings_only)
        with nothing_is_opened():
            channel = self._build(values, tmp_path)
            message = self._message(channel)
            try:
                channel.check(message)
            except Rejected as exc:
                pytest.fail(
                    f"its check refuses the contract's own message: {exc}. If it is the contact, "
                    f"name one that it takes in the stand-in: contact = 'name{NUMBERED}'"
                )
            assert isinstance(channel.preview(message), Preview)
            assert isinstance(channel.outline(message), Preview)
            assert channel.capabilities is not None
        left = [tmp_path / "cache", tmp_path / "outbox"]
        assert not any(map(Path.exists, left)), "nothing may be written before the first send"

    def test_closing_what_was_never_opened_opens_nothing(self, tmp_path: Path) -> None:
        """Closing it before anything was sent is harmless, and reaches nobody."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            before = self._guard.connects
            await channel.aclose()
            assert self._guard.connects == before, "it opened a connection to close it"
            assert stand_in.tries == 0

        self._tell(tmp_path, story)

    def test_checking_twice_says_the_same(self, tmp_path: Path) -> None:
        """What is shown is the same each time, in a list and alone."""
        values = self._against_a_stand_in(tmp_path, _settings_only)
        channel = self._build(values, tmp_path)
        message = self._message(channel)
        preview, outline = channel.preview(message), channel.outline(message)
        assert channel.preview(message) == preview
        assert (outline.text, outline.links) == (preview.text, preview.links)
        other = self._message(channel, 1)
        assert channel.preview(other) != preview, "two messages are shown as one"
        assert channel.preview(message) == preview, "what it shows depends on what it showed before"

    def test_looking_changes_no_message(self, tmp_path: Path) -> None:
        """Who checks and shows a message leaves it as it is."""
        values = self._against_a_stand_in(tmp_path, _settings_only)
        channel = self._build(values, tmp_path)
        message = replace(self._message(channel), parts={"signature": "An Organisation"})
        before = replace(message, parts=dict(message.parts))
        for _ in range(2):
            channel.check(message)
            channel.preview(message)
            channel.outline(message)
        assert message == before, "what it was to show, it has changed"

    @pytest.mark.parametrize("body", ODD.values(), ids=ODD)
    def test_what_it_will_not_send_is_rejected(self, body: str, tmp_path: Path) -> None:
        """A text that cannot be sent is Rejected; no other error ends a dry-run of all."""
        values = self._against_a_stand_in(tmp_path, _settings_only)
        channel = self._build(values, tmp_path)
        message = self._message(channel, body=body)
        with suppress(Rejected):
            channel.check(message)
        with suppress(Rejected):
            channel.preview(message)

    def test_what_is_shown_does_not_depend_on_the_day(self, tmp_path: Path) -> None:
        """What is shown is of the message alone: not of the clock, nor of the channel's past."""

        async def story(channel: Channel[Any], _: StandIn) -> None:
            message = self._message(channel)
            before = channel.preview(message)
            await channel.tools.clock.sleep(LATER.total_seconds())
            assert channel.preview(message) == before
            await channel.send(message)
            assert channel.preview(message) == before, "once it was sent, it is shown otherwise"
            channel.check(message)

        self._tell(tmp_path, story, Given())


async def _settings_only(values: dict[str, Any], _: StandIn) -> dict[str, Any]:
    return values
