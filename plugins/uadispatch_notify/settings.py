"""To whom the organisers' notes go, and of what."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, SecretStr

from uadispatch import ObserverSettings

__all__ = ["NotifySettings"]

What = Literal["run_started", "run_finished", "campaign_closed"]


def _listed(value: object) -> object:
    """Names one after the other, between spaces or commas, as a list."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


class NotifySettings(ObserverSettings):
    """Whom to tell, and of what; without an address nobody is told."""

    urls: SecretStr | None = None
    """Where to: one or more addresses of Apprise (`mailto://`, `matrix://`, `ntfy://`, ...), with a
    space or a comma between two. They hold tokens, and so they are secret."""
    urls_command: str | None = None
    """Instead of `urls`: a command that prints them on one line."""
    on: Annotated[tuple[What, ...], BeforeValidator(_listed)] = ("run_finished", "campaign_closed")
    """Of what: `run_started`, `run_finished` and `campaign_closed`, with a space between two."""

    @property
    def is_on(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self.on) and bool(
            (self.urls is not None and self.urls.get_secret_value()) or self.urls_command
        )
