"""A message's text once more, from the snapshot that the journal ties it to; never from a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from uadispatch.campaign.model import Target
from uadispatch.dispatch.composing import Composer
from uadispatch.dispatch.snapshot import Snapshot
from uadispatch.errors import ConfigError, PluginError, place_of
from uadispatch.rendering.text import BrokenTemplate

if TYPE_CHECKING:
    from uadispatch.channels.message import Message
    from uadispatch.channels.registry import Registry
    from uadispatch.dispatch.journal import Story

__all__ = ["Retold", "retell"]


@dataclass(frozen=True, slots=True)
class Retold:
    """A message as it was composed; or None, and why it cannot be shown."""

    message: Message | None
    missing: str = ""


def retell(story: Story, registry: Registry) -> Retold:
    """Compose the message of `story` again, byte for byte; it needs no file and no setting.

    The channel's class says which contact it writes to: without its plugin there is no text.
    """
    entry = story.entry
    if not (story.snapshot_body and story.target_body):
        when = f" on {story.purged_at:%-d %B %Y}" if story.purged_at else ""
        return Retold(None, f"it was removed by a purge{when}")
    try:
        channel = registry.get(entry.channel).channel
        target = Target.model_validate_json(story.target_body)
        contact = target.contact_on(channel.contact)
        if contact is None:
            return Retold(None, f"its target has no contact {channel.contact!r}")
        tries = [move.at for move in story.moves if move.after == "claimed"]
        message = Composer(Snapshot(story.snapshot_body)).compose(
            target, entry.channel, contact, story.language, key=entry.key,
            at=tries[-1] if tries else entry.changed_at,
        )  # fmt: skip
    except (ConfigError, PluginError, BrokenTemplate) as exc:
        return Retold(None, str(exc))
    except (ValidationError, ValueError, KeyError, TypeError) as exc:
        # Another version stored it, or the file was damaged.
        return Retold(None, f"what the journal has of it cannot be read: {place_of(exc)}")
    return Retold(message)
