"""The settings of the fax channel: which gateway, and what it needs; not how a page looks."""

from __future__ import annotations

import re
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from uadispatch import ChannelSettings, Duration

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["E164", "FaxSettings", "Gateway"]

Gateway = Literal["person", "telnyx", "sinch", "email", "hylafax"]

E164 = re.compile(r"\+[1-9][0-9]{5,14}\Z", re.ASCII)
"""A number as every gateway takes it (ITU-T E.164: up to 15 digits)."""

ALWAYS = "always"
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])\Z", re.ASCII)
_WEB = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._/-]*)?\Z", re.ASCII)
_LOOPBACK = re.compile(r"http://127\.0\.0\.1(:[0-9]+)?(/[A-Za-z0-9._/-]*)?\Z", re.ASCII)
_DOMAIN = re.compile(r"(?=.{3,253}\Z)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\Z", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_.\[\]:-]+(@[A-Za-z0-9_.\[\]:-]+)?\Z", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9._-]{1,100}\Z", re.ASCII)

_SECRET = ("telnyx_api_key", "sinch_key_secret")
"""Each has a twin, ``..._command``, that may be given in its place."""
_NEEDED: dict[str, tuple[str, ...]] = {
    "person": (),
    "telnyx": ("telnyx_api_key", "telnyx_connection_id", "from_number"),
    "sinch": ("sinch_project_id", "sinch_key_id", "sinch_key_secret"),
    "email": ("email_domain",),
    "hylafax": (),
}


class FaxSettings(ChannelSettings):
    """How faxes leave. Without any of these a person puts the pages on the office's machine."""

    reads: ClassVar[tuple[str, ...]] = ("fonts",)

    gateway: Gateway = "person"
    """``person``: the pages are made for a person to fax; ``telnyx`` and ``sinch``: services on
    the web; ``email``: a service that takes mails; ``hylafax``: a fax server of your own."""
    hours: str = Field(default="08:00-20:00", exclude=True)
    """When a fax may arrive, in the target's own time: a mistyped number must not ring a stranger
    at night. ``always`` switches it off."""
    from_number: str | None = None
    """The number that faxes come from, as your gateway gave it: ``+12025550100``."""
    fonts: Path | None = None
    """A folder with further fonts, for scripts that the built-in one does not have."""
    folder: Path | None = Field(default=None, exclude=True)
    """Where the pages for a person are put; the outbox by default."""

    telnyx_api_key: SecretStr | None = Field(default=None, exclude=True)
    """Keep it in the environment or the keyring, not in a file."""
    telnyx_api_key_command: str | None = Field(default=None, exclude=True)
    """A command that prints the key, instead of `telnyx_api_key`."""
    telnyx_connection_id: str | None = Field(default=None, exclude=True)
    """The id of your Fax Application at Telnyx."""
    telnyx_url: str = Field(default="https://api.telnyx.com/v2", exclude=True)
    """Where Telnyx is reached."""

    sinch_project_id: str | None = Field(default=None, exclude=True)
    """The id of your project at Sinch."""
    sinch_key_id: str | None = Field(default=None, exclude=True)
    """The id of an access key of that project."""
    sinch_key_secret: SecretStr | None = Field(default=None, exclude=True)
    """The secret of that access key: in the environment or the keyring, not in a file."""
    sinch_key_secret_command: str | None = Field(default=None, exclude=True)
    """A command that prints the secret, instead of `sinch_key_secret`."""
    sinch_url: str = Field(default="https://fax.api.sinch.com/v3", exclude=True)
    """Where Sinch is reached; it has regions of its own (``https://eu1.fax.api.sinch.com/v3``)."""

    email_domain: str | None = None
    """The domain to which the gateway takes mails: ``fax.tc``. The channel `email` sends them."""
    email_plus: bool = True
    """Whether the address begins with the number's ``+``; some gateways want digits alone."""

    hylafax_host: str | None = Field(default=None, exclude=True)
    """``[modem@]host[:port]`` of the HylaFAX server; without it what its programs are set to."""
    hylafax_user: str | None = Field(default=None, exclude=True)
    """Who owns the faxes there; by default who runs this program."""
    hylafax_password: SecretStr | None = Field(default=None, exclude=True)
    """If the server asks for one: in the environment or the keyring, not in a file."""
    hylafax_password_command: str | None = Field(default=None, exclude=True)
    """A command that prints the password, instead of `hylafax_password`."""
    hylafax_programs: Path | None = Field(default=None, exclude=True)
    """The folder with ``sendfax``, ``faxstat`` and ``faxrm``; by default they are on the PATH."""

    patience: float = Field(default=1.0, gt=0, le=10, exclude=True)
    """Every waiting time is multiplied by this. A wait that is cut short after a gateway has all
    of a fax leaves it in doubt."""
    concurrency: int = Field(default=2, ge=1, le=100, exclude=True)
    """How many faxes are handed over at once."""
    attempts: int = Field(default=6, ge=1, exclude=True)
    """How many calls are made before a fax is `failed`: somebody may hear each."""
    retry_wait: Duration = Field(default=timedelta(minutes=20), ge=timedelta(0), exclude=True)
    """The wait before the second call."""
    retry_factor: float = Field(default=1.9, ge=1, exclude=True)
    """How much longer each further wait is."""

    retry_longest: Duration = Field(default=timedelta(hours=12), ge=timedelta(0), exclude=True)
    """No wait of ours is longer than this; quiet hours and the far end may ask for more."""

    def lacking(self) -> Sequence[str]:
        """What the chosen gateway needs and does not have."""
        return [name for name in _NEEDED[self.gateway] if not self._has(name)]

    def _has(self, name: str) -> bool:
        twin = f"{name}_command" if name in _SECRET else name
        return getattr(self, name) is not None or getattr(self, twin) is not None

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        """From, until: when nothing may go out at the target."""
        if self.hours == ALWAYS:
            return None
        begins, ends = self.hours.split("-")
        return time.fromisoformat(ends), time.fromisoformat(begins)

    @field_validator("hours")
    @classmethod
    def _hours(cls, text: str) -> str:
        text = text.replace(" ", "").replace("\u2013", "-").lower()
        if text == ALWAYS:
            return text
        if not _HOURS.match(text) or text[:5] == text[6:]:
            raise ValueError('write when a fax may arrive, such as "08:00-20:00", or "always"')
        return text

    @field_validator("from_number")
    @classmethod
    def _number(cls, text: str | None) -> str | None:
        read = None if text is None else re.sub(r"[ ().-]", "", text)
        if read is not None and not E164.match(read):
            raise ValueError("write the number with + and the country code: +12025550100")
        return read

    @field_validator("telnyx_url", "sinch_url")
    @classmethod
    def _address(cls, text: str) -> str:
        if not (_WEB.match(text) or _LOOPBACK.match(text)):
            raise ValueError("not a web address; it begins with https://")
        return text.rstrip("/")

    @field_validator("telnyx_connection_id", "sinch_project_id", "sinch_key_id", "hylafax_user")
    @classmethod
    def _id(cls, text: str | None) -> str | None:
        if text is not None and not _WORD.match(text):
            raise ValueError("an id has only letters, digits, hyphens, dots and underscores")
        return text

    @field_validator("email_domain")
    @classmethod
    def _domain(cls, text: str | None) -> str | None:
        text = text if text is None else text.removeprefix("@").lower()
        if text is not None and not _DOMAIN.match(text):
            raise ValueError("not the domain of a gateway: fax.tc")
        return text

    @field_validator("hylafax_host")
    @classmethod
    def _host(cls, text: str | None) -> str | None:
        if text is not None and (not _HOST.match(text) or text.startswith("-")):
            raise ValueError("not the name of a host: fax.example.org, or fax.example.org:4559")
        return text
