"""A look at a whole campaign before anything leaves: the plan, the journal's word, the guards'."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from uadispatch.campaign.issues import Issue
from uadispatch.dispatch.journal import Known, Moment, NoJournal, Selection, consult, facts_of
from uadispatch.dispatch.planning.drafts import Drafts
from uadispatch.dispatch.planning.overview import Overview, Refusals
from uadispatch.dispatch.planning.planning import Without, plan, without_contact
from uadispatch.dispatch.planning.watching import CLOSED
from uadispatch.dispatch.snapshot import message_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from uadispatch.campaign.model import Target
    from uadispatch.dispatch.guards import Facts, Verdict
    from uadispatch.dispatch.journal import Journal, JournalUrl
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.dispatch.planning.planning import Ask
    from uadispatch.dispatch.planning.preparing import Prepared

__all__ = ["Look", "keys_of", "look", "moment_of"]

AT_ONCE = 50
"""How many messages are looked at before it is told."""

EVERYTHING = Selection()


@dataclass(frozen=True, kw_only=True)
class Look:
    """The plan of a whole campaign, and what a selection of it amounts to.

    The plan is made anew each time it is gone through, from the facts of the look and from what
    the journal says of each message then.
    """

    prepared: Prepared
    selection: Selection
    everything: Drafts
    outlines: Drafts
    """Everything without the messages' texts, if what channels refuse is remembered: then nothing
    is composed or checked again."""
    facts: Facts
    whole: Overview
    """Of everything."""
    overview: Overview
    """Of those that were selected."""
    seen: bool
    """Whether the journal has seen this campaign before."""

    @property
    def drafts(self) -> Drafts:
        """Those that were selected."""
        return self.selected(self.everything)

    def selected(self, drafts: Drafts) -> Drafts:
        """Those of `drafts` that were selected."""
        if self.selection == EVERYTHING:
            return drafts
        takes = self.selection.takes
        return drafts.that(lambda draft: takes(draft.target.id, draft.channel))

    @property
    def outgoing(self) -> Drafts:
        """What would go out, now or later."""
        return self.drafts.that(lambda draft: draft.goes_out)

    @property
    def due(self) -> Drafts:
        """What would go out at once."""
        return self.drafts.that(lambda draft: draft.is_due(self.facts.now))

    @property
    def objections(self) -> list[Verdict]:
        """What the guards say against messages that nobody has claimed yet; each once."""
        return list(self.overview.objections)

    @property
    def all_refused(self) -> bool:
        """Whether guards (being held apart) keep back everything that has not gone out yet."""
        return bool(self.overview.objections.guards - {"held"}) and not self.overview.outgoing

    @property
    def without(self) -> Iterator[Without]:
        """Whom a selected channel cannot reach, of the selected targets."""
        takes = self.selection.takes
        if self.overview.gaps.numbers:
            for gap in without_contact(self.prepared.targets, self.prepared.channels):
                if takes(gap.target, gap.channel):
                    yield gap

    def lacks(self, target: Target) -> tuple[str, ...]:
        """The selected channels that cannot reach `target`."""
        return tuple(
            name
            for name, channel in self.prepared.channels.items()
            if target.contact_on(channel.contact) is None and self.selection.takes(target.id, name)
        )


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
    each: Callable[[Draft], None] = lambda _: None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Look:
    """Plan the whole campaign once; the journal, if there is one, is opened to read only.

    Whoever looks at it `to_approve` it sees what would go out then: that it is not approved is
    said of the whole (`Look.facts`), and hides nothing of a message. `each` is told of every
    selected message as it is planned; `progress` now and then how many have been looked at, and
    of how many.

    Raises:
        JournalError: there is a journal that cannot be read.
    """
    facts, ask, seen = _ask_journal(prepared, url, moment)
    asked = replace(facts, unapproved=None) if to_approve else facts
    whole = Overview(facts.now)
    selected = whole if selection == EVERYTHING else Overview(facts.now)
    refusals = Refusals()
    most = len(prepared.targets) * len(prepared.channels)

    def missed(gap: Without) -> None:
        whole.gaps.add(gap)
        if selected is not whole and selection.takes(gap.target, gap.channel):
            selected.gaps.add(gap)

    once = partial(
        plan, prepared.source.campaign, prepared.targets, prepared.channels, composer,
        facts=asked, known=ask,
    )  # fmt: skip
    for draft in once(missed=missed):
        whole.add(draft)
        refusals.add(draft)
        if selected is whole:
            each(draft)
        elif selection.takes(draft.target.id, draft.channel):
            selected.add(draft)
            each(draft)
        if whole.number % AT_ONCE == 0:
            progress(whole.number, most - whole.gaps.numbers.total())
    progress(whole.number, whole.number)
    return Look(
        prepared=prepared, selection=selection, everything=Drafts(once),
        outlines=Drafts(partial(once, refused=refusals.found)), facts=facts,
        whole=whole, overview=selected, seen=seen,
    )  # fmt: skip


def keys_of(prepared: Prepared, selection: Selection) -> Iterator[str]:
    """The keys of all messages of the campaign's round that `selection` takes."""
    campaign = prepared.source.campaign
    for stored in prepared.targets:
        for name, channel in prepared.channels.items():
            if stored.target.contact_on(channel.contact) is None:
                continue
            if selection.takes(stored.target.id, name):
                yield message_key(campaign.number, campaign.round, stored.target.id, name)


def _ask_journal(prepared: Prepared, url: JournalUrl, moment: Moment) -> tuple[Facts, Ask, bool]:
    """The facts, how to ask what is known of messages, and whether the campaign was ever seen.

    Where there is no journal now, nothing is known, whatever a run of this plan writes there.
    """
    campaign = prepared.source.campaign

    def ask(keys: Collection[str], contacts: Collection[tuple[str, str]]) -> Known:
        return consult(
            url, lambda journal: journal.known(campaign.number, campaign.round, keys, contacts)
        )

    def question(journal: Journal) -> tuple[Facts, bool]:
        return journal.facts(moment), journal.file_of(campaign.number) is not None

    try:
        facts, seen = consult(url, question)
    except NoJournal:
        return facts_of((), moment), lambda _keys, _contacts: Known(), False
    return facts, ask, seen
