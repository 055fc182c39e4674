"""Taking back what a service still holds, after a closing: each channel is asked that can."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from uadispatch.channels.message import Receipt
from uadispatch.dispatch.retelling import retell
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.message import Message
    from uadispatch.channels.registry import Registry
    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Entry, Journal

__all__ = ["Recalled", "recall"]


@dataclass(frozen=True, slots=True)
class Recalled:
    """How many messages the services gave back, and how many they did not."""

    back: int = 0
    gone: int = 0


async def recall(
    journal: Journal,
    channels: Mapping[str, Channel[Any]],
    registry: Registry,
    campaign: str,
    *,
    clock: Clock,
    by: str,
) -> Recalled:
    """Ask for every message that was accepted; what certainly came back is cancelled."""
    back = gone = 0
    for entry in journal.entries(campaign):
        channel = channels.get(entry.channel)
        if entry.state is not State.ACCEPTED or channel is None:
            continue
        if not channel.capabilities.recalls:
            continue
        if await _comes_back(journal, channel, registry, campaign, entry):
            reason = "its service gave it back after the closing"
            journal.take_back(entry.key, reason=reason, at=clock.now(), by=by)
            back += 1
        else:
            gone += 1
    return Recalled(back, gone)


async def _comes_back(
    journal: Journal, channel: Channel[Any], registry: Registry, campaign: str, entry: Entry
) -> bool:
    story = journal.story(campaign, entry.key)
    message: Message | None = retell(story, registry).message
    if message is None:
        return False
    kept = json.loads(story.receipt) if story.receipt else {}
    receipt = Receipt(says=kept.get("says", entry.reason), id=kept.get("id") or None)
    try:
        return await channel.recall(message, receipt) is True
    except Exception:  # noqa: BLE001 - a plugin's own code; without a clear yes it is gone
        return False
