"""What would go out: one message for each target and channel, checked and asked of the guards.

Planning is the one path of dry-run, rehearsal and send up to the claim. It writes nothing, and
holds a few messages at a time, however many targets there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from uadispatch.campaign.deadline import deadline_instant
from uadispatch.campaign.local_time import zones_for
from uadispatch.channels.contract import By
from uadispatch.dispatch.guards import Candidate, Facts, Quiet, ask
from uadispatch.dispatch.journal import Known, Repeatable
from uadispatch.dispatch.keys import keys_on
from uadispatch.dispatch.planning.drafts import Draft
from uadispatch.dispatch.snapshot import StoredTarget
from uadispatch.dispatch.states import SERVED, UNSENT
from uadispatch.errors import Rejected, place_of
from uadispatch.rendering.language import Choice, choose
from uadispatch.rendering.text import BrokenTemplate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from uadispatch.campaign.model import Campaign, Target
    from uadispatch.campaign.values import Contact
    from uadispatch.channels.contract import Capabilities, Channel
    from uadispatch.channels.message import Message
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.dispatch.targets.roster import Roster

__all__ = ["CHUNK", "Ask", "Draft", "StoredTarget", "Without", "plan", "without_contact"]

CHUNK = 500
"""About so many messages are planned at a time."""

LANGUAGES = 1_000
"""So many lists of preferred languages are remembered with what they come to."""

Ask = Callable[[Collection[str], Collection[tuple[str, str]]], Known]
"""What is known of the messages with some keys, and of some contacts: (channel, identity)."""

NOTHING_KNOWN = Known()


class Without(NamedTuple):
    """A target that a channel of the campaign cannot reach: it has no such contact."""

    target: str
    channel: str


class _Way(NamedTuple):
    """A channel, and what is the same for all of its messages."""

    name: str
    channel: Channel[Any]
    field: str
    """The contact that it needs."""
    capabilities: Capabilities
    by: By
    repeatable: Repeatable | None
    key_of: Callable[[str], str]
    """What makes a message's key of its target's id."""


class _Wanted(NamedTuple):
    """A message to be planned."""

    stored: StoredTarget
    way: _Way
    contact: Contact
    identity: str
    key: str


def _nobody_knows(_: Collection[str], __: Collection[tuple[str, str]]) -> Known:
    return NOTHING_KNOWN


def plan(
    campaign: Campaign,
    targets: Roster,
    channels: Mapping[str, Channel[Any]],
    composer: Composer,
    *,
    facts: Facts,
    known: Ask = _nobody_knows,
    missed: Callable[[Without], None] = lambda _: None,
    refused: Mapping[str, str] | None = None,
    chunk: int = CHUNK,
) -> Iterator[Draft]:
    """Every message of the campaign on `channels`, in the order of targets and channels.

    `known` is asked for every `chunk` of them, or a few more: those of a target stay together.
    `missed` is told whom a channel cannot reach. With `refused` (key to reason), which are all
    that channels have refused before, nothing is composed and no channel is asked again.
    """
    first_with: dict[tuple[str, str], str] = {}
    """Who has a contact first; of a contact that one target alone has, nobody asks again."""
    chosen = lru_cache(LANGUAGES)(lambda preferred: choose(preferred, campaign.letter))
    calm = facts.object_to_nobody
    for some in _in_chunks(campaign, targets, channels, missed, chunk):
        contacts = {(wanted.way.name, wanted.identity) for wanted in some}
        its = known([wanted.key for wanted in some], contacts)
        shared = _shared(targets, some)
        for wanted in some:
            stored, way, contact, identity, key = wanted
            target = stored.target
            expires_at = deadline_instant(campaign.urgent_action.deadline, target)
            choice = chosen(target.languages or campaign.languages)
            entry = its.entries.get(key)
            message, refusal, broken = (
                _compose(composer, wanted, choice, facts.now)
                if refused is None
                else (None, refused.get(key), None)
            )
            quiet = _quiet(way.capabilities, target, contact)
            candidate = Candidate(target.id, way.name, identity, expires_at, quiet=quiet)
            in_time = calm and quiet is None and facts.now < expires_at
            said = None if in_time else ask(candidate, facts)
            served = entry is not None and entry.state in SERVED
            held = None
            pair = (way.name, identity)
            first = first_with.get(pair) or its.served.get(pair) or target.id
            if first != target.id and not served:
                held = f"{contact.value} is the contact of target {first} too"
                said = ask(candidate._replace(held=held), facts)
            draft = Draft(
                key, stored, way.name, way.by, way.repeatable, contact, choice,
                message, expires_at, held, refusal, broken,
                composer.template_of(way.name, choice.language), said, entry,
                its.marks.get(pair), " ".join(quiet.zones) if quiet else None,
            )  # fmt: skip
            if held is None and pair in shared and _takes_it(draft):
                first_with[pair] = target.id
            yield draft


def _shared(targets: Roster, some: Iterable[_Wanted]) -> set[tuple[str, str]]:
    """The contacts, (channel, identity), that further targets have as well."""
    by_channel: dict[tuple[str, str], set[str]] = {}
    for _, way, _, identity, _ in some:
        by_channel.setdefault((way.name, way.field), set()).add(identity)
    return {
        (name, identity)
        for (name, field), its in by_channel.items()
        for identity in targets.shared_among(field, its)
    }


def _takes_it(draft: Draft) -> bool:
    """Whether its contact is taken, as it was written to or is about to be: no other target's."""
    if draft.entry is not None and draft.entry.state in SERVED:
        return True
    ended = draft.said is not None and draft.said.final
    unsent = draft.entry is None or draft.entry.state in UNSENT
    return unsent and not (draft.refusal or draft.broken or ended)


def _in_chunks(
    campaign: Campaign,
    targets: Iterable[StoredTarget],
    channels: Mapping[str, Channel[Any]],
    missed: Callable[[Without], None],
    chunk: int,
) -> Iterator[list[_Wanted]]:
    ways = [_way(campaign, name, channel) for name, channel in channels.items()]
    some: list[_Wanted] = []
    for stored in targets:
        target = stored.target
        for way in ways:
            contact = target.contact_on(way.field)
            if contact is None:
                missed(Without(target.id, way.name))
            else:
                key = way.key_of(target.id)
                some.append(_Wanted(stored, way, contact, contact.identity, key))
        if len(some) >= chunk:
            yield some
            some = []
    if some:
        yield some


def _way(campaign: Campaign, name: str, channel: Channel[Any]) -> _Way:
    can = channel.capabilities
    key_of = keys_on(name, campaign.number, campaign.round)
    return _Way(name, channel, channel.contact, can, can.by, repeatable(can), key_of)


def _quiet(capabilities: Capabilities, target: Target, contact: Contact) -> Quiet | None:
    """When nothing may go out to `contact`, if its channel keeps quiet hours."""
    if capabilities.quiet_hours is None:
        return None
    return Quiet(capabilities.quiet_hours, zones_for(target, getattr(contact, "region", None)))


def repeatable(capabilities: Capabilities) -> Repeatable | None:
    """Why a try that was cut off may be made again, on a channel that can do this."""
    if capabilities.by == By.PERSON:
        return Repeatable.PERSON
    return Repeatable.IDEMPOTENT if capabilities.idempotent else None


def without_contact(
    targets: Iterable[StoredTarget], channels: Mapping[str, Channel[Any]]
) -> Iterator[Without]:
    """The pairs of target and channel that get no message because the contact is missing."""
    for stored in targets:
        for name, channel in channels.items():
            if stored.target.contact_on(channel.contact) is None:
                yield Without(stored.target.id, name)


def _compose(
    composer: Composer, wanted: _Wanted, choice: Choice, now: datetime
) -> tuple[Message | None, str | None, BrokenTemplate | None]:
    """The message; or why the channel refuses it; or what is wrong with its template."""
    channel = wanted.way.channel
    try:
        message = composer.compose(
            wanted.stored.target, wanted.way.name, wanted.contact, choice.language,
            key=wanted.key, at=now,
        )  # fmt: skip
    except BrokenTemplate as exc:
        return None, None, exc
    try:
        channel.check(message)
    except Rejected as exc:
        return message, str(exc.reason or "the channel refuses it"), None
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - a plugin's fault refuses its own message
        return message, f"the channel's check failed: {place_of(exc)}", None
    return message, None, None
