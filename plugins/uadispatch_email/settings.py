"""The settings of the email channel; it knows how to reach the server, not what is sent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from uadispatch import ChannelSettings

__all__ = ["EmailSettings"]

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_LOOPBACK = re.compile(r"(127\.\d+\.\d+\.\d+|::1|localhost)\Z")
_HOST = re.compile(r"[!-~]+\Z")


class EmailSettings(ChannelSettings):
    """How to reach the organisation's own mail server.

    None of these changes what the recipient gets, so none is part of the digest.
    """

    host: str = Field(exclude=True)
    """The mail server that sends for you: ``smtp.example.org``."""
    port: int | None = Field(default=None, ge=1, le=65535, exclude=True)
    """587 by default; 465 with ``security = "tls"``, 25 with ``security = "none"``."""
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", exclude=True)
    """``starttls``: TLS is demanded before anything is said; ``tls``: from the first byte;
    ``none``: no TLS at all, and no login but to this machine itself."""
    username: str | None = Field(default=None, exclude=True)
    """For the login; none: no login."""
    password: SecretStr | None = Field(default=None, exclude=True)
    """Keep it in the environment or the keyring, not in a file."""
    password_command: str | None = Field(default=None, exclude=True)
    """A command that prints the password, instead of `password`."""
    concurrency: int = Field(default=4, ge=1, le=100, exclude=True)
    """How many connections are open at once, each with one mail under way; with a larger `window`
    the addresses of the next may follow its text, and go out before it is answered."""
    patience: float = Field(default=1.0, gt=0, le=10, exclude=True)
    """Every waiting time (RFC 5321, section 4.5.3.2: minutes) is multiplied by this. A wait that
    is cut short after the whole message went out leaves it in doubt."""
    ca_file: Path | None = Field(default=None, exclude=True)
    """Trust the certificates of this file (PEM), and no others."""
    local_hostname: str = Field(default="[127.0.0.1]", exclude=True)
    """What this machine calls itself to the server. Recipients see it in the ``Received`` lines,
    so by default it says nothing."""

    @property
    def server(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port if self.port is not None else _PORTS[self.security]

    @field_validator("host", "local_hostname")
    @classmethod
    def _one_name(cls, name: str) -> str:
        try:
            name.encode("idna")  # as the resolver will; refuses a..b
        except UnicodeError:
            raise ValueError("not the name of a host: mail.example.org") from None
        if not _HOST.match(name):
            raise ValueError("not the name of a host: mail.example.org")
        return name

    @model_validator(mode="after")
    def _login(self) -> Self:
        given = self.password is not None or self.password_command is not None
        if self.username is None and given:
            raise ValueError("a password without a username: set both or neither")
        if self.username is not None and not given:
            raise ValueError("a username without a password or password_command")
        if self.username is not None and self.security == "none" and not _local(self.host):
            raise ValueError(
                'security "none" would send the password in the clear: use starttls or tls'
            )
        return self


def _local(host: str) -> bool:
    return _LOOPBACK.match(host.lower()) is not None
