"""A look at a whole campaign before anything leaves: the plan, the journal's word, the guards'."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uadispatch.campaign.issues import Issue
from uadispatch.dispatch.journal import Moment, NoJournal, consult, facts_of
from uadispatch.dispatch.planning import Known, plan, without_contact
from uadispatch.dispatch.snapshot import message_key
from uadispatch.dispatch.states import UNSENT
from uadispatch.dispatch.watching import CLOSED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from uadispatch.dispatch.composing import Composer
    from uadispatch.dispatch.guards import Facts, Verdict
    from uadispatch.dispatch.journal import Journal, JournalUrl, Selection
    from uadispatch.dispatch.planning import Draft, Without
    from uadispatch.dispatch.preparing import Prepared

__all__ = ["Look", "keys_of", "look", "moment_of"]

AT_ONCE = 50
"""How many messages are looked at before it is told."""


@dataclass(frozen=True)
class Look:
    """The plan of a whole campaign, and what a selection of it amounts to."""

    everything: Sequence[Draft]
    drafts: Sequence[Draft]
    """Those that were selected."""
    facts: Facts
    without: Sequence[Without]
    seen: bool
    """Whether the journal has seen this campaign before."""

    @property
    def outgoing(self) -> list[Draft]:
        """What would go out, now or later."""
        return [draft for draft in self.drafts if draft.goes_out]

    @property
    def awaiting(self) -> list[Draft]:
        """What would go out once it is approved: nothing else speaks against it."""
        return [draft for draft in self.drafts if draft.awaits_approval]

    @property
    def due(self) -> list[Draft]:
        """What would go out at once."""
        now = self.facts.now
        return [draft for draft in self.outgoing if draft.waits_until(now) is None]

    @property
    def waiting(self) -> list[Draft]:
        """What has not gone out yet, whatever keeps it back."""
        return [
            draft
            for draft in self.drafts
            if draft.entry is None or draft.entry.state in UNSENT or draft.goes_again
        ]

    @property
    def objections(self) -> list[Verdict]:
        """What the guards say against messages that nobody has claimed yet; each once."""
        return list({draft.verdict: None for draft in self.waiting if draft.verdict})

    @property
    def all_refused(self) -> bool:
        """Whether guards (being held apart) keep back everything that has not gone out yet."""
        guards = {verdict.guard for verdict in self.objections}
        return bool(guards - {"held"}) and not self.outgoing


def moment_of(prepared: Prepared, now: datetime, *, approval: bool) -> Moment:
    """What the campaign file and the settings say of the moment `now`.

    Raises:
        ConfigError: the settings of approval are wrong.
    """
    case = prepared.source.campaign.urgent_action
    required = approval and prepared.source.settings.approval.required
    return Moment(
        campaign=prepared.snapshot.campaign_number,
        now=now,
        closed=CLOSED if case.status == "closed" else None,
        approval_of=prepared.snapshot.digest if required else None,
        document=Issue.of(case),
    )


def look(
    prepared: Prepared,
    composer: Composer,
    url: JournalUrl,
    moment: Moment,
    selection: Selection,
    *,
    to_approve: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Look:
    """Plan the whole campaign; the journal, if there is one, is opened to read only.

    Whoever looks at it `to_approve` it sees what would go out then: that it is not approved is
    said of the whole (`Look.facts`), and hides nothing of a message. `progress` is told now and
    then how many messages have been looked at, and of how many.

    Raises:
        JournalError: there is a journal that cannot be read.
    """
    facts, known, seen = _ask_journal(prepared, url, moment)
    campaign = prepared.source.campaign
    asked = replace(facts, unapproved=None) if to_approve else facts
    without = without_contact(prepared.targets, prepared.channels)
    total = len(prepared.targets) * len(prepared.channels) - len(without)
    drafts = []
    for draft in plan(
        campaign, prepared.targets, prepared.channels, composer, facts=asked, known=known
    ):
        drafts.append(draft)
        if len(drafts) % AT_ONCE == 0:
            progress(len(drafts), total)
    progress(len(drafts), total)
    return Look(
        everything=drafts,
        drafts=[draft for draft in drafts if selection.takes(draft.target.id, draft.channel)],
        facts=facts,
        without=[gap for gap in without if selection.takes(gap.target, gap.channel)],
        seen=seen,
    )


def keys_of(prepared: Prepared, selection: Selection) -> list[str]:
    """The keys of all messages of the campaign's round that `selection` takes."""
    campaign = prepared.source.campaign
    return [
        message_key(campaign.number, campaign.round, stored.target.id, name)
        for stored in prepared.targets
        for name, channel in prepared.channels.items()
        if stored.target.contact_on(channel.contact) is not None
        and selection.takes(stored.target.id, name)
    ]


def _ask_journal(prepared: Prepared, url: JournalUrl, moment: Moment) -> tuple[Facts, Known, bool]:
    """The facts, what is known of the messages, and whether the campaign was ever seen."""
    campaign = prepared.source.campaign
    keys = [
        message_key(campaign.number, campaign.round, stored.target.id, channel)
        for stored in prepared.targets
        for channel in prepared.channels
    ]

    def question(journal: Journal) -> tuple[Facts, Known, bool]:
        known = Known(
            entries=journal.states_of(keys),
            served=journal.served_contacts(campaign.number, campaign.round),
            marks=journal.contact_marks(),
        )
        return journal.facts(moment), known, journal.file_of(campaign.number) is not None

    try:
        return consult(url, question)
    except NoJournal:
        return facts_of((), moment), Known(entries={}, served={}, marks={}), False
