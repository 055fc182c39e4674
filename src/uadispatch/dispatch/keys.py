"""The keys of a round's messages, as `snapshot.message_key` makes them, but many of them."""

from __future__ import annotations

from hashlib import sha256
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from uadispatch.dispatch.snapshot import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["keys_on"]


def keys_on(channel: str, campaign: str, round_: int) -> Callable[[str], str]:
    """What makes the key of the message to a target, by its id, on `channel`.

    All that is the same for each of them is written once. A test holds it to `message_key`.
    """
    begins = canonical([1, campaign, round_]).removesuffix("]")
    ends = canonical([channel, None]).removeprefix("[")

    def key(target: str) -> str:
        return sha256(f"{begins},{encode_basestring(target)},{ends}".encode()).hexdigest()

    return key
