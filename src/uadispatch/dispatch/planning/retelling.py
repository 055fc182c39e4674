"""A message's text once more, from the snapshot that the journal ties it to; never from a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from uadispatch.campaign.model import Target
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.snapshot import Snapshot
from uadispatch.errors import ConfigError, PluginError, place_of
from uadispatch.rendering.text import BrokenTemplate

if TYPE_CHECKING:
    from collections.abc import Callable

    from uadispatch.channels.message import Message
    from uadispatch.dispatch.journal import Story

__all__ = ["Retold", "retell"]


@dataclass(frozen=True, slots=True)
class Retold:
    """A message as it was composed; or None, and why it cannot be shown."""

    message: Message | None
    missing: str = ""


def retell(
    story: Story,
    contact_of: Callable[[str], str],
    compose: Callable[[Snapshot], Composer] = Composer,
) -> Retold:
    """Compose the message of `story` again, byte for byte; it needs no file and no setting.

    `contact_of` gives the contact that a channel writes to, by the channel's name. If it raises
    ConfigError or PluginError there is no text.
    """
    entry = story.entry
    if not (story.snapshot_body and story.target_body):
        when = f" on {story.purged_at:%-d %B %Y}" if story.purged_at else ""
        return Retold(None, f"it was removed by a purge{when}")
    try:
        field = contact_of(entry.channel)
        target = Target.model_validate_json(story.target_body)
        contact = target.contact_on(field)
        if contact is None:
            return Retold(None, f"its target has no contact {field!r}")
        tries = [move.at for move in story.moves if move.after == "claimed"]
        message = compose(Snapshot(story.snapshot_body)).compose(
            target, entry.channel, contact, story.language, key=entry.key,
            at=tries[-1] if tries else entry.changed_at,
        )  # fmt: skip
    except (ConfigError, PluginError, BrokenTemplate) as exc:
        return Retold(None, str(exc))
    except (ValidationError, ValueError, KeyError, TypeError) as exc:
        # Another version stored it, or the file was damaged.
        return Retold(None, f"what the journal has of it cannot be read: {place_of(exc)}")
    return Retold(message)
