"""One run over one campaign: the plan is recorded, then the engine sends what is due."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from uadispatch.channels.contract import By
from uadispatch.clock import CommonClock
from uadispatch.dispatch.followup.confirming import Confirmer
from uadispatch.dispatch.followup.recalling import recall
from uadispatch.dispatch.followup.tasks import bundle, withdraw
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.planning.preparing import OUTBOX, beyond_reach, close
from uadispatch.dispatch.sending.engine import Engine
from uadispatch.dispatch.snapshot import Snapshot
from uadispatch.errors import UadispatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Journal, Moment, Raw, Selection
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared
    from uadispatch.dispatch.sending.ended import Ended

__all__ = ["run"]


async def run(
    prepared: Prepared,
    look: Look,
    journal: Journal,
    *,
    moment: Moment,
    clock: Clock,
    random: Callable[[], float],
    compose: Callable[[Snapshot], Composer] = Composer,
    selection: Selection,
    limit: int | None = None,
    wait: bool = False,
    progress: Callable[[News], None],
    then: Callable[[Raw, str], None] | None = None,
    watch: Callable[[Engine], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> Ended:
    """Record the whole plan, send what of `selection` is due, and close the channels.

    If the campaign is closed by then, all that was accepted is asked back first.

    `moment` is when it was looked at; its time goes on as `clock`, or the server's, does. `then`
    is done with the plan, in its transaction, given who does it. `watch` surrounds the sending.

    Raises:
        JournalError: the journal failed.
    """
    with journal.begin_life() as owner:
        clock = CommonClock(clock, lambda: owner.ahead)
        journal.recover(at=clock.now(), by=owner.id)
        journal.record_plan(
            (draft.to_record() for draft in look.outlines),
            prepared.snapshot,
            file=str(prepared.source.file.resolve()),
            at=clock.now(),
            by=owner.id,
            absent=beyond_reach(prepared),
            then=(lambda _: None) if then is None else lambda raw: then(raw, owner.id),
        )
        engine = Engine(
            journal, prepared.channels, _composers(prepared, journal, compose),
            snapshot=prepared.snapshot.digest, moment=_moments(prepared, moment, clock),
            clock=clock, random=random, owner=owner.id,
            confirmer=Confirmer(
                journal, prepared.channels, moment.campaign, clock=clock, random=random,
                by=owner.id, compose=compose, tell=progress,
            ),
            patient=wait, is_sure=owner.is_sure, progress=progress,
        )  # fmt: skip
        try:
            with watch(engine):
                ended = await engine.run(moment.campaign, selection, limit=limit)
                # Whoever closed it has asked already, but not for what was on its way then.
                if ended.closed is not None:
                    ended.recalled = await recall(
                        journal, prepared.channels, moment.campaign,
                        clock=clock, by=owner.id, compose=compose, tell=progress,
                    )  # fmt: skip
                return _tidy_desks(journal, prepared, ended)
        finally:
            await close(prepared.channels)


def _tidy_desks(journal: Journal, prepared: Prepared, ended: Ended) -> Ended:
    """Put the files of the open tasks together; remove those of tasks that were cancelled."""
    by_person = {
        name: channel
        for name, channel in prepared.channels.items()
        if channel.capabilities.by == By.PERSON
    }
    if not by_person:
        return ended
    campaign = prepared.snapshot.campaign_number
    outbox = prepared.source.home / OUTBOX
    if ended.closed is not None:
        ended.withdrawn = withdraw(journal, campaign, outbox)
    try:
        ended.bundles = bundle(journal, campaign, by_person, outbox)
    except (OSError, UadispatchError) as exc:  # each file is there by itself
        ended.troubles.append(f"the files of many tasks could not be put together: {exc}")
    return ended


def _moments(prepared: Prepared, moment: Moment, clock: Clock) -> Callable[[], Moment]:
    """`moment` as time goes on; the file may be closed meanwhile."""
    watch = prepared.source.watch
    return lambda: replace(moment, now=clock.now(), closed=watch.look() or moment.closed)


def _composers(
    prepared: Prepared, journal: Journal, compose: Callable[[Snapshot], Composer]
) -> Callable[[str], Composer]:
    """A composer for each snapshot, from what was prepared or the journal."""

    @cache
    def composer_of(digest: str) -> Composer:
        if digest == prepared.snapshot.digest:
            return compose(prepared.snapshot)
        return compose(Snapshot(journal.snapshot_body(digest)))

    return composer_of
