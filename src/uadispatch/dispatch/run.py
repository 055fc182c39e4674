"""One run over one campaign: the plan is recorded, then the engine sends what is due."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from uadispatch.dispatch.composing import Composer
from uadispatch.dispatch.engine import Engine, Progress
from uadispatch.dispatch.preparing import close
from uadispatch.dispatch.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from uadispatch.clock import Clock
    from uadispatch.dispatch.engine import Ended
    from uadispatch.dispatch.journal import Journal, Moment, Selection
    from uadispatch.dispatch.looking import Look
    from uadispatch.dispatch.preparing import Prepared

__all__ = ["new_owner", "run"]


def new_owner() -> str:
    """A name for this start of this process, in its claims and in the audit."""
    return secrets.token_hex(8)


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
    progress: Callable[[Progress], None],
    watch: Callable[[Engine], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> Ended:
    """Record the whole plan, send what of `selection` is due, and close the channels.

    `moment` is when it was looked at; its time moves on with `clock`. `watch` surrounds the
    sending, to interrupt it.

    Raises:
        JournalError: the journal failed.
    """
    owner = new_owner()
    journal.record_plan(
        (draft.to_record() for draft in look.everything),
        prepared.snapshot,
        file=str(prepared.source.file.resolve()),
        at=clock.now(),
        by=owner,
    )

    @cache
    def composer_of(digest: str) -> Composer:
        if digest == prepared.snapshot.digest:
            return compose(prepared.snapshot)
        return compose(Snapshot(journal.snapshot_body(digest)))

    engine = Engine(
        journal,
        prepared.channels,
        composer_of,
        moment=lambda: replace(moment, now=clock.now()),
        clock=clock,
        random=random,
        owner=owner,
        progress=progress,
    )
    try:
        with watch(engine):
            return await engine.run(moment.campaign, selection, limit=limit, wait=wait)
    finally:
        await close(prepared.channels)
