"""The contract's tests of what may be shown: no secret, and in logs nothing of a message."""

from __future__ import annotations

import logging
import sys
from base64 import b64encode
from functools import partial
from pathlib import Path  # noqa: TC003 - pytest reads what a test takes
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from uadispatch.channels.message import Receipt
from uadispatch.channels.standing_in import CannotSimulate, Failure
from uadispatch.errors import UadispatchError
from uadispatch.testing.contract.workbench import MARK, NOW, Given, Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import SecretStr

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.standing_in import StandIn

__all__ = ["SecretsContract"]

SHORT = 6
"""A stand-in's own secret of fewer characters may well occur by chance."""
_TELLING = (Failure.REFUSED, Failure.TRY_LATER, Failure.CLOSED_AFTER, Failure.GARBAGE_AFTER)
"""Failures of which an error may tell too much."""
PERSON, WORDS = "Qizilbash-Zhaxylyk", "Wunderkammer-of-words"
"""Somebody at risk, and a word of the appeal: neither may stand in a log."""


class SecretsContract(Workbench):
    """Neither in a representation, a preview, a snapshot, an error, a file nor a log."""

    def test_no_secret_is_shown(
        self,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
        recwarn: pytest.WarningsRecorder,
    ) -> None:
        """No key and no password can be read in an error, a log, a preview or a file."""
        shown: list[str] = []
        secrets = {MARK: "a secret setting"}

        async def all_is_well(channel: Channel[Any], _: StandIn) -> None:
            message = self._message(channel)
            receipt = await channel.send(message)
            shown.append(repr(receipt))
            if channel.capabilities.confirms and isinstance(receipt, Receipt):
                shown.append(repr(await channel.confirm(message, receipt, NOW)))
            for name in self._secret_names():
                secret = getattr(channel.settings, name)
                if secret is not None and len(secret.get_secret_value()) >= SHORT:
                    secrets[secret.get_secret_value()] = name
            # After it was used: what it keeps by now is looked at, too.
            shown.extend((repr(channel), repr(vars(channel)), repr(channel.capabilities)))
            shown.extend(_kept_for_all(type(channel)))

        async def looked_at(channel: Channel[Any], _: StandIn) -> None:
            shown.extend((repr(channel), repr(channel.settings), str(channel.settings)))
            shown.append(repr(channel.settings.for_snapshot()))
            preview = channel.preview(self._message(channel))
            shown.extend((repr(preview), repr(preview.links), repr(preview.notes)))
            shown.append(repr(vars(channel)))

        with caplog.at_level(logging.DEBUG):
            self._tell(tmp_path, all_is_well)
            shown += self._guard.told
            self._tell(tmp_path, looked_at, Given(secrets=True))
            for failure in Failure:  # each with a far end of its own, and with both secrets
                for marked in (False, True):
                    story = partial(self._failing, failure=failure, shown=shown)
                    self._tell(tmp_path, story, Given(secrets=marked, impatient=True))
        shown += [str(warning.message) for warning in recwarn]
        shown += _written(tmp_path / "cache", tmp_path / "outbox")
        everything = "".join((*shown, caplog.text, *capfd.readouterr()))
        for secret, name in secrets.items():
            assert not any(form in everything for form in _forms(secret)), (
                f"{name} can be read in an error, a log or a preview"
            )

    def test_a_secret_may_come_of_a_command(self, tmp_path: Path) -> None:
        """A secret that is printed by a command (``..._command``) does as well."""
        fields = self.channel.Settings.model_fields
        names = [
            name
            for name in self._secret_names()
            if f"{name}_command" in fields and "None" in str(fields[name].annotation)
        ]
        if not names:
            pytest.skip("none of its secrets has a command beside it")

        async def told(values: dict[str, Any], stand_in: StandIn) -> None:
            known = self.channel.Settings.model_validate(values)
            asked = {f"print the {name}": getattr(known, name) for name in names}
            if not any(asked.values()):
                pytest.skip("its stand-in asks for no secret")
            commands = {f"{name}_command": f"print the {name}" for name in names}

            async def printed(value: SecretStr | None, command: str | None) -> str | None:
                found = asked.get(command or "") if value is None else value
                return None if found is None else str(found.get_secret_value())

            values |= dict.fromkeys(names) | commands
            channel = self._build(values, tmp_path, Given(secret=printed))
            await channel.send(self._message(channel))
            await channel.aclose()
            assert len(stand_in.received) == 1

        self._against_a_stand_in(tmp_path, told)

    def test_nothing_of_a_message_is_logged(
        self,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        """No name of anybody at risk, and no word of a message, stands in a log or an error."""
        said: list[str] = []
        contacts: list[str] = []

        async def story(channel: Channel[Any], stand_in: StandIn, failure: Failure | None) -> None:
            body = f"I ask you: release {PERSON}.\n{WORDS}\n"
            message = self._message(channel, subject=f"Release {PERSON}", body=body)
            contacts.append(message.to.value)
            try:
                if failure is not None:
                    stand_in.misbehave(failure)
                answer = await channel.send(message)
            except CannotSimulate:
                return
            except UadispatchError as exc:
                said.extend((str(exc), str(getattr(exc, "code", ""))))
            else:
                said.extend((answer.says, str(getattr(answer, "id", ""))))

        with caplog.at_level(logging.DEBUG):
            for failure in (None, *_TELLING):
                self._tell(tmp_path, partial(story, failure=failure), Given(impatient=True))
        out, words = "".join(capfd.readouterr()), "\n".join(said)
        for word, what in ((PERSON, "the name of somebody at risk"), (WORDS, "a message's text")):
            assert word not in caplog.text, f"{what} can be read in its log"
            assert word not in out, f"{what} is printed"
            assert word not in words, f"{what} stands in an error or a receipt, which are logged"
        assert contacts[0] not in caplog.text, "its log says to whom it sends"
        assert contacts[0] not in out, "it prints to whom it sends"

    async def _failing(
        self, channel: Channel[Any], stand_in: StandIn, *, failure: Failure, shown: list[str]
    ) -> None:
        """Send while `failure` is played; add to `shown` all that it shows."""
        try:
            stand_in.misbehave(failure)
            shown.append(repr(await channel.send(self._message(channel))))
        except CannotSimulate:
            return
        except UadispatchError as exc:
            shown.extend(_all_that_it_says(exc))


def _all_that_it_says(exc: BaseException | None) -> Iterator[str]:
    """The words of an error, of those that led to it, and what they hold."""
    seen: set[int] = set()
    while exc is not None and id(exc) not in seen:
        seen.add(id(exc))
        yield from (str(exc), repr(exc), repr(exc.args), repr(vars(exc)))
        yield from getattr(exc, "__notes__", ())
        exc = exc.__cause__ or exc.__context__


def _written(*folders: Path) -> list[str]:
    """The bytes of every file below `folders`, and their names."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [f"{path.name} {path.read_bytes().decode('utf-8', 'replace')}" for path in files]


def _kept_for_all(kind: type) -> Iterator[str]:
    """What a class, and its module, keep for all channels."""
    module = sys.modules.get(kind.__module__)
    for names in (vars(kind), {} if module is None else vars(module)):
        for name, value in names.items():
            if not name.startswith("__") and isinstance(value, str | bytes | list | dict | set):
                yield repr(value)


def _forms(secret: str) -> Iterator[str]:
    """How a secret may be written: as it is, for an address, in hexadecimal digits, in base64."""
    raw = secret.encode()
    yield from (secret, quote(secret, safe=""), raw.hex(), secret[::-1])
    for before in range(3):  # what stands before it moves its letters
        coded = b64encode(b"\0" * before + raw).decode()
        inner = coded[-(-before * 8 // 6) : len(coded) // 4 * 4 - 4]
        yield from (inner, inner.translate(str.maketrans("+/", "-_")))
