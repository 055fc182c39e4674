"""From a snapshot and a target to the message: the one path of dry-run, rehearsal and send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from uadispatch.campaign.values import Contact
from uadispatch.channels.message import Message
from uadispatch.rendering.templates import layouts_of
from uadispatch.rendering.text import EMPTY, Rendered, Renderer

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch.campaign.model import Target
    from uadispatch.dispatch.snapshot import Snapshot

__all__ = ["Composer"]

TEST = "[TEST] "

Writer = Callable[[Mapping[str, Any], str], Rendered]
"""Renders a text, from what is a target's own and its id."""


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
        self.template_of = cache(self._renderer.file_of)
        """The file of the template for a channel in a language; "" if there is none."""
        self._writer = cache(self._writer_uncached)

    def compose(
        self, target: Target, channel: str, contact: Contact, language: str, *, key: str,
        at: datetime,
    ) -> Message:  # fmt: skip
        """The message to `target`, dated `at`.

        Raises:
            BrokenTemplate: the template cannot be rendered for this target.
        """
        context = {
            "target": _plain(target),
            "salutation": _plain(target.salutation_in(language)),
            "contact": contact.written,
        }
        text = self._writer(channel, language)(context, target.id)
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

    def _writer_uncached(self, channel: str, language: str) -> Writer:
        """What writes the texts on a channel in a language: all that they share is prepared."""
        common = {
            "campaign": self._case,
            "letter": _plain(self.snapshot.letters[language]),
            "organisation": self._organisation,
            "language": language,
            "channel": channel,
        }
        return self._renderer.about(channel, language, common)


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
            name: inner if type(inner) is str else EMPTY if inner is None else _plain(inner)
            for name, inner in value.__dict__.items()
        }
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, StrEnum) else value
