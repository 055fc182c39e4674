"""The contract's tests of what a channel says of itself."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pytest reads what a test takes
from typing import Any

from pydantic import SecretBytes, SecretStr

from uadispatch.channels.channel_settings import ChannelSettings
from uadispatch.channels.contract import CHANNEL_NAME, OUTCOMES, By, Capabilities, Channel
from uadispatch.testing.contract.workbench import Workbench

__all__ = ["FormContract"]

_TELLING = (
    "password", "passwd", "passphrase", "token", "secret", "credential", "credentials", "api_key",
    "apikey", "auth_key", "access_key", "private_key", "account_key", "pin",
)  # fmt: skip
"""How settings are called that hold secrets."""

_OUTCOMES = dict(OUTCOMES)


class FormContract(Workbench):
    """Its name, its settings, and what it says that it can do."""

    def test_it_has_a_name_a_contact_and_settings(self) -> None:
        """It has a name, a contact field and settings of its own class."""
        assert CHANNEL_NAME.match(self.channel.name), "name: lower-case letters and digits"
        assert isinstance(self.channel.contact, str)
        assert issubclass(self.channel.Settings, ChannelSettings)

    def test_its_secrets_are_kept_as_secrets(self) -> None:
        """Settings that hold secrets are SecretStr."""
        for name, field in self.channel.Settings.model_fields.items():
            kind = str(field.annotation)
            if name.endswith("_command") or "Path" in kind or "bool" in kind:
                continue
            if name.lower().endswith(_TELLING):
                assert "Secret" in kind, f"{name} must be a pydantic SecretStr"
            if isinstance(field.default, SecretStr | SecretBytes):
                held = field.default.get_secret_value()
                assert not held, f"{name} has a secret in the code, where all can read it"

    def test_what_it_can_do_is_there(self, tmp_path: Path) -> None:
        """What its capabilities promise is implemented, and they are the same each time."""

        async def story(channel: Channel[Any], _: object) -> None:
            able, shown = channel.capabilities, repr(channel.capabilities)
            assert repr(channel.capabilities) == shown, "they differ from one time to the next"
            own = type(channel)
            if able.confirms:
                assert own.confirm is not Channel.confirm, "it confirms, and has no confirm()"
            if able.recalls:
                assert own.recall is not Channel.recall, "it recalls, and has no recall()"
            if able.by is By.PERSON:
                assert able.outcomes, "what a person did must be recorded as one of its outcomes"
            assert Capabilities().outcomes == _OUTCOMES, "it changes what all channels share"
            if able.hands_on_to is not None:
                assert able.hands_on_to != channel.name, "it hands its messages on to itself"

        self._tell(tmp_path, story)
