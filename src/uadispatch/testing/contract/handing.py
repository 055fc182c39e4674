"""The contract's tests of what is handed to a person: their files, and their links."""

from __future__ import annotations

import re
import stat
from pathlib import Path  # noqa: TC003 - pytest reads what a test takes
from typing import TYPE_CHECKING, Any

import pytest

from uadispatch.channels.contract import By, Channel
from uadispatch.channels.message import Handover
from uadispatch.errors import Rejected
from uadispatch.testing.contract.sending import HOSTILE, NAME
from uadispatch.testing.contract.workbench import Workbench

if TYPE_CHECKING:
    from uadispatch.channels.message import Message
    from uadispatch.channels.standing_in import StandIn

__all__ = ["HandingContract"]

_LINK = re.compile(r"[a-z][a-z0-9+.-]*:[!#-;=?-\[\]_a-z~%]+", re.IGNORECASE)
"""RFC 3986, section 2: what an address is written with."""
_MARKUP = frozenset({".html", ".htm", ".svg", ".xml"})
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_NOT_A_PERSON = "what it sends is sent by the program"


class HandingContract(Workbench):
    """Of a channel whose messages a person sends."""

    def test_what_it_hands_over_is_for_one_person(self, tmp_path: Path) -> None:
        """Files are in their folder, for the eyes of this user; links are those that were shown."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            message = self._of_a_person(channel)
            shown = channel.preview(message)
            answer = await channel.send(message)
            assert isinstance(answer, Handover)
            assert answer.links == shown.links, "it hands over other links than it has shown"
            for file in answer.files:
                mode = file.stat().st_mode
                assert not mode & _OTHERS, f"{file.name} can be read by others on this machine"
            (kept,) = stand_in.received
            assert kept.file in answer.files, f"it does not name {kept.file.name}, which it made"

        self._tell(tmp_path, story)

    def test_without_a_folder_files_lie_in_the_outbox(self, tmp_path: Path) -> None:
        """Where no folder is set, files lie in the channel's own, wherever the program runs."""

        async def told(values: dict[str, Any], _: StandIn) -> None:
            field = self.channel.Settings.model_fields.get("folder")
            if field is None or field.is_required():
                pytest.skip("it has no setting `folder` that may be left out")
            channel = self._build({**values, "folder": None}, tmp_path)
            answer = await channel.send(self._of_a_person(channel))
            assert isinstance(answer, Handover)
            for file in answer.files:
                assert channel.tools.outbox in file.parents, f"it puts {file} beside its outbox"

        self._against_a_stand_in(tmp_path, told)

    def test_it_writes_through_no_link(self, tmp_path: Path) -> None:
        """Where somebody has put a link in place of a file, what that leads to is not changed."""

        async def story(channel: Channel[Any], _: StandIn) -> None:
            message = self._of_a_person(channel)
            answer = await channel.send(message)
            assert isinstance(answer, Handover)
            if not answer.files:
                pytest.skip("it makes no file")
            others = tmp_path / "home/somebody's own"
            others.parent.mkdir()
            others.write_text("not to be touched", encoding="utf-8")
            for file in answer.files:
                file.unlink()
                file.symlink_to(others)
            await channel.send(message)
            assert others.read_text(encoding="utf-8") == "not to be touched"

        self._tell(tmp_path, story)

    @pytest.mark.parametrize("hazard", HOSTILE)
    def test_in_files_and_links_texts_are_data(self, hazard: str, tmp_path: Path) -> None:
        """Links and markup hold texts and names as data, whatever letters they have."""

        async def story(channel: Channel[Any], _: StandIn) -> None:
            self._of_a_person(channel)
            message = self._message(channel, name=NAME, body=f"{HOSTILE[hazard]}\n")
            try:
                channel.check(message)
            except Rejected as exc:
                pytest.skip(f"its check refuses such a text: {exc}")
            answer = await channel.send(message)
            assert isinstance(answer, Handover)
            for link in answer.links:
                assert _LINK.fullmatch(link), f"this is no address as it should be: {link[:80]}"
            for file in answer.files:
                if file.suffix in _MARKUP:
                    text = file.read_text(encoding="utf-8")
                    for raw in ("<script>x", "<b>Minister", "<other@example.org>"):
                        assert raw not in text, f"{file.name} has {raw!r} as it came"

        self._tell(tmp_path, story)

    def test_what_is_put_together_replaces_what_was(self, tmp_path: Path) -> None:
        """What `bundle` makes lies where it is told, and takes the place of what it made before."""

        async def story(channel: Channel[Any], _: StandIn) -> None:
            if type(channel).bundle is Channel.bundle:
                pytest.skip("it puts nothing together")
            self._of_a_person(channel)
            files: list[Path] = []
            for number in range(2):
                answer = await channel.send(self._message(channel, number))
                assert isinstance(answer, Handover)
                files += answer.files[:1]
            into = tmp_path / "outbox" / "together"
            into.mkdir(parents=True)
            made = channel.bundle(files, into)
            assert all(file.parent == into and file.is_file() for file in made), f"it made {made}"
            before = [file.read_bytes() for file in made]
            assert channel.bundle(files, into) == made
            assert [file.read_bytes() for file in made] == before, "it adds to what it made before"
            assert channel.bundle([], into) == ()
            left = [file.name for file in into.iterdir()]
            assert not left, f"of nothing it leaves {left}"

        self._tell(tmp_path, story)

    def _of_a_person(self, channel: Channel[Any]) -> Message:
        if channel.capabilities.by is not By.PERSON:
            pytest.skip(_NOT_A_PERSON)
        return self._message(channel)
