"""From a snapshot and a target to the message: the one path of dry-run, rehearsal and send."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from uadispatch.campaign.values import Contact
from uadispatch.channels.message import Message
from uadispatch.rendering.templates import layouts_of
from uadispatch.rendering.text import EMPTY, Renderer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from uadispatch.campaign.model import Target
    from uadispatch.dispatch.snapshot import Snapshot

__all__ = ["Composer"]

TEST = "[TEST] "


class Composer:
    """Composes the messages of one snapshot.

    In a rehearsal, `reference_prefix` keeps the ids that go out apart from the real ones, and
    `routes` (channel to contact) sends every message to the tester, marked as a test.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        reference_prefix: str = "",
        routes: Mapping[str, Contact] | None = None,
    ) -> None:
        """Prepare the templates; nothing is rendered yet."""
        self.snapshot = snapshot
        self._prefix = reference_prefix
        self._routes = routes or {}
        self._renderer = Renderer(snapshot.templates)
        self._case = {**_plain(snapshot.urgent_action), "round": snapshot.round}
        self._organisation = _plain(snapshot.organisation)
        self._layouts = cache(lambda channel: layouts_of(snapshot.templates, channel))
        self._letter = cache(lambda language: _plain(snapshot.letters[language]))

    def template_of(self, channel: str, language: str) -> str:
        """The file of the template for `channel` in `language`; "" if there is none."""
        return self._renderer.file_of(channel, language)

    def compose(
        self, target: Target, channel: str, contact: Contact, language: str, *, key: str,
        at: datetime,
    ) -> Message:  # fmt: skip
        """The message to `target`, dated `at`.

        Raises:
            BrokenTemplate: the template cannot be rendered for this target.
        """
        context = {
            "campaign": self._case,
            "target": _plain(target),
            "letter": self._letter(language),
            "organisation": self._organisation,
            "salutation": _plain(target.salutation_in(language)),
            "contact": contact.written,
            "language": language,
            "channel": channel,
        }
        text = self._renderer.render(channel, language, context, who=target.id)
        route = self._routes.get(channel)
        return Message(
            key=key,
            reference=self._prefix + key,
            campaign=self.snapshot.campaign_number,
            channel=channel,
            target=target,
            to=route or contact,
            language=language,
            subject=TEST + text.subject if route and text.subject else text.subject,
            body=TEST + text.body if route and not text.subject else text.body,
            parts=text.parts,
            layouts=self._layouts(channel),
            sender=self.snapshot.organisation,
            at=at.replace(microsecond=0),
            rehearsal=bool(self._prefix),
        )


def _plain(value: Any) -> Any:
    """A value as templates see it: no object of ours, for its methods could do anything.

    Contacts are given as they were written.
    """
    if type(value) is str:
        return value
    if value is None:
        return EMPTY
    if isinstance(value, Contact):
        return value.written
    if isinstance(value, BaseModel):
        return {
            name: inner if type(inner) is str else _plain(inner)
            for name, inner in value.__dict__.items()
        }
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, StrEnum) else value
