"""What would go out: one message for each target and channel, checked and asked of the guards.

Planning is the one path of dry-run, rehearsal and send up to the claim. It writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.deadline import deadline_instant
from uadispatch.campaign.local_time import zones_for
from uadispatch.channels.contract import By
from uadispatch.dispatch.guards import Candidate, Facts, Quiet, Verdict, ask
from uadispatch.dispatch.journal import Planned, Repeatable
from uadispatch.dispatch.snapshot import StoredTarget, message_key
from uadispatch.dispatch.states import SERVED, UNSENT, State
from uadispatch.errors import Rejected, place_of
from uadispatch.rendering.language import Choice, choose
from uadispatch.rendering.text import BrokenTemplate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from uadispatch.campaign.model import Campaign, Target
    from uadispatch.campaign.values import Contact
    from uadispatch.channels.contract import Capabilities, Channel
    from uadispatch.channels.message import Message
    from uadispatch.dispatch.composing import Composer
    from uadispatch.dispatch.journal import Entry, Mark

__all__ = ["Draft", "Known", "StoredTarget", "Without", "plan", "without_contact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the journal already has: each planned message, and who has been written to."""

    entries: Mapping[str, Entry]
    served: Mapping[tuple[str, str], str]
    marks: Mapping[tuple[str, str], Mark]
    """Contacts that were refused for good, in any campaign."""


NOTHING_KNOWN = Known(entries={}, served={}, marks={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One message as it would go out, and whatever speaks against it."""

    key: str
    stored: StoredTarget
    channel: str
    by: str
    repeatable: Repeatable | None
    contact: Contact
    choice: Choice
    message: Message | None
    """None if its template is broken."""
    expires_at: datetime
    held: str | None
    refusal: str | None
    """Why the channel can never send it as it is."""
    broken: BrokenTemplate | None
    template: str
    """The file that its words around the letter come from."""
    said: Verdict | None
    """What the guards say first: an objection, or that it must wait; None: nothing."""
    entry: Entry | None
    """What the journal has of it."""
    mark: Mark | None
    """That its contact was refused for good, in this campaign or another."""
    zones: str | None = None
    """Where its target may be, if its channel keeps quiet hours."""

    @property
    def verdict(self) -> Verdict | None:
        """The first guard's objection, or None; to have to wait is none."""
        return None if self.delay is not None else self.said

    @property
    def delay(self) -> Verdict | None:
        """Until when it must wait, if it must; and why."""
        return self.said if self.said is not None and self.said.not_before is not None else None

    @property
    def target(self) -> Target:
        """Whom it is for."""
        return self.stored.target

    @property
    def goes_out(self) -> bool:
        """Whether `send` would claim it now or later."""
        unsent = self.entry is None or self.entry.state in UNSENT or self.goes_again
        return unsent and not (self.refusal or self.broken or self.verdict)

    @property
    def goes_again(self) -> bool:
        """Whether it is in doubt, and may be tried again all the same: as it was, where it was."""
        return (
            self.repeatable is Repeatable.IDEMPOTENT
            and self.entry is not None
            and self.entry.goes_again
            and self.entry.contact == self.contact.identity
        )

    @property
    def awaits_approval(self) -> bool:
        """Whether it would go out once it is approved, as nothing else speaks against it."""
        unsent = self.entry is None or self.entry.state in UNSENT or self.goes_again
        objection = self.verdict.guard if self.verdict is not None else None
        return unsent and objection == "not approved" and not (self.refusal or self.broken)

    def waits_until(self, now: datetime) -> datetime | None:
        """The moment before which it does not go out, if that is later than `now`.

        What was only planned is asked of the guards each time, whatever was recorded.
        """
        if self.entry is not None and self.entry.state is not State.PLANNED:
            recorded = self.entry.not_before
            if recorded is not None and recorded > now:
                return recorded
        return self.delay.not_before if self.delay is not None else None

    def to_record(self) -> Planned:
        """As the journal takes it."""
        return Planned(
            key=self.key,
            target=self.target.id,
            channel=self.channel,
            contact=self.contact.identity,
            to=self.contact.value,
            language=self.choice.language,
            target_digest=self.stored.digest,
            target_body=self.stored.body,
            expires_at=self.expires_at,
            held=self.held,
            refusal=self.refusal,
            repeatable=self.repeatable,
            zones=self.zones,
        )


@dataclass(frozen=True, slots=True)
class Without:
    """A target that a channel of the campaign cannot reach: it has no such contact."""

    target: str
    channel: str


def plan(
    campaign: Campaign,
    targets: Iterable[StoredTarget],
    channels: Mapping[str, Channel[Any]],
    composer: Composer,
    *,
    facts: Facts,
    known: Known = NOTHING_KNOWN,
) -> Iterator[Draft]:
    """Every message of the campaign on `channels`, in the order of targets and channels."""
    first_with: dict[tuple[str, str], str] = dict(known.served)
    for stored in targets:
        target = stored.target
        expires_at = deadline_instant(campaign.urgent_action.deadline, target)
        choice = choose(target.languages or campaign.languages, campaign.letter)
        for name, channel in channels.items():
            contact = target.contact_on(channel.contact)
            if contact is None:
                continue
            capabilities = channel.capabilities
            key = message_key(campaign.number, campaign.round, target.id, name)
            entry = known.entries.get(key)
            message, refusal, broken = _compose(
                composer, channel, stored, contact, choice, key, facts.now
            )
            quiet = _quiet(capabilities, target, contact)
            candidate = Candidate(target.id, name, contact.identity, expires_at, quiet=quiet)
            verdict = ask(candidate, facts)
            served = entry is not None and entry.state in SERVED
            held = None
            first = first_with.get((name, contact.identity), target.id)
            if first != target.id and not served:
                held = f"{contact.value} is the contact of target {first} too"
                verdict = ask(candidate._replace(held=held), facts)
            elif served or (
                (entry is None or entry.state in UNSENT)
                and not (refusal or broken or (verdict and verdict.final))
            ):
                first_with[name, contact.identity] = target.id
            yield Draft(
                key=key,
                stored=stored,
                channel=name,
                by=capabilities.by,
                repeatable=repeatable(capabilities),
                contact=contact,
                choice=choice,
                message=message,
                expires_at=expires_at,
                held=held,
                refusal=refusal,
                broken=broken,
                template=composer.template_of(name, choice.language),
                said=verdict,
                entry=entry,
                mark=known.marks.get((name, contact.identity)),
                zones=" ".join(quiet.zones) if quiet else None,
            )


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
) -> list[Without]:
    """The pairs of target and channel that get no message because the contact is missing."""
    return [
        Without(stored.target.id, name)
        for stored in targets
        for name, channel in channels.items()
        if stored.target.contact_on(channel.contact) is None
    ]


def _compose(
    composer: Composer,
    channel: Channel[Any],
    stored: StoredTarget,
    contact: Contact,
    choice: Choice,
    key: str,
    now: datetime,
) -> tuple[Message | None, str | None, BrokenTemplate | None]:
    """The message; or why the channel refuses it; or what is wrong with its template."""
    try:
        message = composer.compose(
            stored.target, channel.name, contact, choice.language, key=key, at=now
        )
    except BrokenTemplate as exc:
        return None, None, exc
    try:
        channel.check(message)
    except Rejected as exc:
        return message, str(exc.reason or "the channel refuses it"), None
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - a plugin's fault refuses its own message
        return message, f"the channel's check failed: {place_of(exc)}", None
    return message, None, None
