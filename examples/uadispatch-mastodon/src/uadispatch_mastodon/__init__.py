"""Mastodon for uadispatch: one post for each message, which mentions its target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch import hookimpl
from uadispatch_mastodon.channel import MastodonChannel, MastodonSettings

if TYPE_CHECKING:
    from uadispatch import RegisterChannel

__all__ = ["MastodonChannel", "MastodonSettings"]

REQUIRES_API = "1.0"


@hookimpl
def register_channels(register: RegisterChannel) -> None:
    """Offer the channel."""
    register(MastodonChannel)
