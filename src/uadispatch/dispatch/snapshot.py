"""What decides what goes out, as one immutable text with a digest.

It holds the campaign, the templates, the settings that shape a message, and the versions; never
a clock, a secret, a host or a rate. The targets are stored apart, each by its own digest, and
the snapshot bears the digest of them all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.model import Letter, Target, UrgentAction
from uadispatch.campaign.target_files.trusted import trusted_target
from uadispatch.channels.message import Organisation
from uadispatch.rendering.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from uadispatch.campaign.model import Campaign

__all__ = [
    "RosterDigest",
    "Snapshot",
    "StoredTarget",
    "canonical",
    "digest",
    "message_key",
    "roster",
    "stored_target",
    "take",
    "target_body",
]

FORMAT = 1
_AT_ONCE = 1_000
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: object) -> str:
    """JSON with one spelling for one value: sorted keys, no white space, no escapes."""
    return _ENCODER.encode(value)


def digest(text: str) -> str:
    """SHA-256 of `text` in UTF-8: 64 hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def message_key(
    campaign: str, round_: int, target: str, channel: str, sender: str | None = None
) -> str:
    """What makes a message this message; sequence, index, path and text never enter."""
    return digest(canonical([1, campaign, round_, target, channel, sender]))


def target_body(target: Target) -> str:
    """A target as it is stored."""
    return canonical(target.model_dump(mode="json", exclude_none=True))


def stored_target(body: str) -> Target:
    """The target that `target_body` has stored so: what it holds is taken for what it says.

    Check its digest first, if somebody else may have written it.

    Raises:
        ValueError: it is no target.
    """
    try:
        return trusted_target(body)
    except ValueError:
        return Target.model_validate_json(body)


def roster(digests: Iterable[str]) -> str:
    """The targets of a campaign, by their digests in order: what the snapshot has the digest of.

    It is `canonical` of their list, put together without one string for each of a million.
    """
    rest = iter(digests)
    parts = []
    while chunk := list(islice(rest, _AT_ONCE)):
        parts.append('"' + '","'.join(chunk) + '"')
    return f"[{','.join(parts)}]"


class RosterDigest:
    """The digest of the `roster` of digests that come one by one."""

    def __init__(self) -> None:
        self._hash = sha256(b"[")
        self._between = b'"'

    def add(self, name: str) -> None:
        """Another digest comes behind those before."""
        self._hash.update(self._between + name.encode() + b'"')
        self._between = b',"'

    def end(self) -> str:
        """No further one comes: the digest of all."""
        self._hash.update(b"]")
        return self._hash.hexdigest()


@dataclass(frozen=True, slots=True)
class StoredTarget:
    """A target and how it is stored."""

    target: Target
    digest: str
    body: str


@dataclass(frozen=True)
class Snapshot:
    """The snapshot as text, and what is in it."""

    body: str

    @cached_property
    def digest(self) -> str:
        """Its address: SHA-256 of the body."""
        return digest(self.body)

    @cached_property
    def content(self) -> dict[str, Any]:
        """All of it, as `take` put it together."""
        content: dict[str, Any] = json.loads(self.body)
        return content

    @cached_property
    def urgent_action(self) -> UrgentAction:
        """The case."""
        return UrgentAction.model_validate(self.content["urgent_action"])

    @cached_property
    def letters(self) -> dict[str, Letter]:
        """The letters by language, in the order of the campaign file."""
        return {tag: Letter.model_validate(letter) for tag, letter in self.content["letter"]}

    @cached_property
    def organisation(self) -> Organisation:
        """Who speaks."""
        return Organisation.model_validate(self.content["organisation"])

    @cached_property
    def templates(self) -> dict[str, Template]:
        """The templates by name."""
        return {name: Template(**stored) for name, stored in self.content["templates"].items()}

    @property
    def languages(self) -> tuple[str, ...]:
        """The preferred languages, best first."""
        return tuple(self.content["languages"])

    @property
    def roster(self) -> str:
        """The digest of the list of its targets; see `roster`."""
        return str(self.content["targets"])

    @property
    def campaign_number(self) -> str:
        """The Urgent Action's number."""
        return self.urgent_action.number

    @property
    def title(self) -> str:
        """The Urgent Action's title."""
        return self.urgent_action.title

    @property
    def round(self) -> int:
        """The round, from 1."""
        return int(self.content["round"])


def take(
    campaign: Campaign,
    *,
    organisation: Organisation,
    templates: Mapping[str, Template],
    settings: Mapping[str, Mapping[str, object]],
    versions: Mapping[str, str],
    targets: str,
) -> Snapshot:
    """The snapshot of `campaign`; `settings` and `versions` are by channel.

    `targets` is the digest of its roster.
    """
    body = {
        "format": FORMAT,
        "urgent_action": _json(campaign.urgent_action),
        "round": campaign.round,
        "languages": list(campaign.languages),
        "channels": list(campaign.channels),
        # A list: the order of the letters decides which one is the fallback.
        "letter": [[tag, _json(letter)] for tag, letter in campaign.letter.items()],
        "organisation": _json(organisation),
        "templates": {
            name: {"source": template.source, "file": template.file}
            for name, template in templates.items()
        },
        "settings": settings,
        "versions": versions,
        "targets": targets,
    }
    return Snapshot(canonical(body))


def _json(model: UrgentAction | Letter | Organisation) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_none=True)
