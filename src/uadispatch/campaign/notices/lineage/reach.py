"""By which channels and contacts an update reaches the targets, and whom it reaches no more.

It knows the targets before and after; never which message went where.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from uadispatch.campaign.model import TargetFile
from uadispatch.campaign.notices.content import CHANNELS
from uadispatch.campaign.notices.lineage.same_targets import contacts_of
from uadispatch.campaign.notices.notice import Doubt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uadispatch.campaign.model import Campaign, Target

__all__ = ["among_files", "channels_of", "files_stay", "not_written_to", "stay_cancelled"]


def among_files(campaign: Campaign, targets: Sequence[Target]) -> tuple[Target | TargetFile, ...]:
    """`targets` with the campaign's files of targets, which no document knows of.

    What stood before all others still does; the other files come behind.
    """
    before = tuple(takewhile(lambda item: isinstance(item, TargetFile), campaign.targets))
    return (*before, *targets, *campaign.files[len(before) :])


def files_stay(campaign: Campaign) -> Iterator[Doubt]:
    """That nobody has looked for the document's targets in the campaign's files of targets."""
    if campaign.files:
        names = ", ".join(item.file for item in campaign.files)
        says = (
            f"the targets in {names} stay as they are: if the document names one of them, mend it "
            f"there"
        )
        yield Doubt(says, asks=False)


def channels_of(
    campaign: Campaign, fresh: Campaign, targets: Sequence[Target]
) -> tuple[tuple[str, ...], list[Doubt]]:
    """The campaign's channels; those that it has no contact for yet came with no choice."""
    channels, doubts = list(campaign.channels), []
    before = {target.id: target for target in campaign.written}
    for channel in fresh.channels:
        kind = CHANNELS.get(channel, channel)
        if channel in channels:
            continue
        # Whom a file of targets lists, and by which contacts, is not looked at here.
        known = any(getattr(target, kind, None) for target in campaign.written)
        if not known and not campaign.files:
            channels.append(channel)
            continue
        new = [
            target.id
            for target in targets
            if getattr(target, kind, None) and not getattr(before.get(target.id), kind, None)
        ]
        if new:
            says = (
                f"there is a new {kind} of {', '.join(new)}, and no message goes out by {channel}, "
                f"since `channels` has none: add it there if it is wanted"
            )
            doubts.append(Doubt(says, asks=False))
    return tuple(channels), doubts


def not_written_to(old: Sequence[Target], new: Sequence[Target]) -> Iterator[Doubt]:
    """That who was written to is not written to again at a contact that is another now."""
    before = {target.id: contacts_of(target) for target in old}
    for target in new:
        had = before.get(target.id, {})
        for kind, contact in contacts_of(target).items():
            if kind in had and had[kind].identity != contact.identity:
                says = (
                    f"{target.id} has another {kind}; if a message has gone out to the one before, "
                    f"none goes to the new one in this round: raise `round` to write to all once "
                    f"more"
                )
                yield Doubt(says, asks=False)


def stay_cancelled(cancelled: int) -> Doubt:
    """That so many messages of the round are never sent."""
    them = (
        "1 message of this round is"
        if cancelled == 1
        else f"{cancelled:,} messages of this round are"
    )
    return Doubt(f"{them} cancelled and stay so: raise `round` to write to all once more")
