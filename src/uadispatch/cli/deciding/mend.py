"""``mend``: what had failed begins anew, once a person has mended its contact."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from uadispatch.cli.common import approving, deciding, options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rich.console import Console

    from uadispatch.cli.common.spool import Spool
    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Journal, JournalUrl, Planned
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared


def mend(
    campaign: options.Campaign,
    message: options.Message = None,
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="What was mended; it is kept.")
    ] = "",
    by: deciding.By = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="All that failed and have another contact now.")
    ] = False,
    unchanged: Annotated[
        bool,
        typer.Option(
            "--unchanged",
            help="Also where the contact is the same: it was mended at the far end.",
        ),
    ] = False,
) -> None:
    """Put messages that failed back to planned, with the contact that the file has now.

    What was refused needs no such word: it goes out with the next send once it is mended.
    """
    from uadispatch.cli.common import output
    from uadispatch.cli.common.exits import Code
    from uadispatch.cli.common.spool import Spool
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.journal import Journal
    from uadispatch.dispatch.planning.preparing import beyond_reach
    from uadispatch.errors import ConfigError

    if every == (message is not None):
        raise ConfigError("name one MESSAGE, or give --all")
    console = output.printer(as_json=False)
    clock = SystemClock()
    prepared, seen, url = _look(campaign, journal, plugins_dir, clock)
    # A run that goes on with what was approved would send the new text as well.
    if seen.facts.superseded or seen.facts.unapproved:
        _refuse_text(console, prepared, seen, campaign, journal, plugins_dir)
    with Journal(url, write=True) as book, Spool() as told:
        who = deciding.name_of(by)
        book.recover(at=clock.now(), by=who)
        mending = _Mending(book, prepared, message, unchanged=unchanged)
        mending.refuse_none(seen.outlines)
        says = f"{who} says that its contact was mended" + (f": {note.strip()}" if note else "")
        plan = mending.planned(seen.outlines, says, told)
        if mending.meant and not mending.begin_anew:
            deque(plan, maxlen=0)  # it is only told why none does
        elif not book.record_plan(
            plan, prepared.snapshot, file=str(prepared.source.file.resolve()),
            at=clock.now(), by=who, absent=beyond_reach(prepared),
        ):  # fmt: skip
            _refuse(console, "a newer document was imported at this moment")
        well = _tell(console, told, unchanged=unchanged)
        again = output.again("send" if well else "status", campaign, journal=journal)
        console.print(f"Next: {again}")
        if well < len(told):
            raise SystemExit(Code.LOOK if mending.begin_anew else Code.REFUSED)


def _refuse_text(
    console: Console,
    prepared: Prepared,
    seen: Look,
    campaign: str,
    journal: str | None,
    plugins_dir: Path | None,
) -> NoReturn:
    """Leave, for the text may not be sent, and say what would change that."""
    from uadispatch.cli.common import output

    if seen.facts.superseded:
        _refuse(console, seen.facts.superseded)
    look = output.again("dry-run", campaign, journal=journal, plugins_dir=plugins_dir)
    approve = approving.command(prepared, campaign, journal, plugins_dir)
    _refuse(console, seen.facts.unapproved or "", f"{look}; if all is right: {approve}")


def _refuse(console: Console, why: str, following: str = "") -> NoReturn:
    """Say why nothing can be mended from this file, and leave."""
    from uadispatch.cli.common.exits import Code
    from uadispatch.cli.common.output import safe

    console.print(f"Nothing was mended: {safe(why)}.")
    if following:
        console.print(f"Next: {following}; then this command again")
    raise SystemExit(Code.REFUSED)


def _look(
    campaign: str, journal: str | None, plugins_dir: Path | None, clock: Clock
) -> tuple[Prepared, Look, JournalUrl]:
    """The campaign as its file has it now, beside what the journal knows of it.

    Raises:
        ConfigError: something of it must be mended first, or the journal has never seen it.
    """
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli.common import output
    from uadispatch.dispatch.journal import Selection
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.dispatch.planning.looking import look, moment_of
    from uadispatch.dispatch.planning.preparing import equip, prepare, read

    source = read(options.campaign_file(campaign, journal), Registry(discover(plugins_dir)))
    prepared = prepare(source, *equip(source, clock, lenient=True))
    url = options.journal_of(journal, source.settings)
    if not options.journal_exists(url):
        raise options.never_seen(source.campaign.number, url)
    moment = moment_of(prepared, clock.now(), approval=True)
    seen = look(prepared, Composer(prepared.snapshot), url, moment, Selection())
    output.refuse_broken(seen)
    return prepared, seen, url


def _tell(console: Console, told: Spool, *, unchanged: bool) -> int:
    """Say what became of each; returns how many can go out now."""
    from uadispatch.cli.common import output

    if not (len(told) or unchanged):
        console.print(
            "No failed message has another contact in the file than when it failed; mend it there, "
            "or, if it was mended at the far end, add --unchanged."
        )
    well = 0
    for name, how, is_well in told:
        well += is_well
        console.print(f"  {name}: {how}")
    console.print(f"{output.messages_in_words(well)} planned again.")
    return well


def _how(draft: Draft) -> tuple[str, bool]:
    """What becomes of a message that had failed, safe to print; and whether it can go out now."""
    from uadispatch.cli.common.output import safe

    before = draft.entry.to if draft.entry else ""
    now = safe(draft.contact.value)
    same = before == draft.contact.value
    how = f"to {now} once more" if same else f"to {now}, no longer {safe(before)}"
    if draft.verdict and draft.verdict.final:
        return f"it stays as it is: {safe(draft.verdict.reason)}", False
    if draft.refusal:
        return f"{how}; but it is refused: {safe(draft.refusal)}", False
    if draft.verdict:
        return f"{how}; but it is kept back: {safe(draft.verdict.reason)}", False
    return how, True


class _Mending:
    """Which of the messages that had failed are to begin anew."""

    def __init__(
        self, book: Journal, prepared: Prepared, message: str | None, *, unchanged: bool
    ) -> None:
        """Of the `message` that was named, or of all. Raises ConfigError: there is no such."""
        self._message = message
        self._unchanged = unchanged
        self._state = ""
        self._keys: frozenset[str] | None = None
        if message is not None:
            named = book.find_messages(prepared.snapshot.campaign_number, message)
            self._state = named[0].state
            self._keys = frozenset(entry.key for entry in named)
        self.meant = 0
        """How many are meant."""
        self.begin_anew = 0
        """Of them, how many can begin anew."""

    def refuse_none(self, drafts: Iterable[Draft]) -> None:
        """Count them.

        Raises:
            ConfigError: the message that was named has not failed, or its contact is as it was.
        """
        from uadispatch.errors import ConfigError

        failed = 0
        for draft in filter(self._had_failed, drafts):
            failed += 1
            if self._is_mended(draft):
                self.meant += 1
                self.begin_anew += _can_begin(draft)
        if self._message is not None and not failed:
            says = f"{self._message} has not failed in this round; it is {self._state}"
            raise ConfigError(says)
        if self._message is not None and not self.meant:
            raise ConfigError(
                f"{self._message} has the same contact in the file as when it failed; mend it "
                f"there, or, if it was mended at the far end, add --unchanged"
            )

    def planned(self, drafts: Iterable[Draft], says: str, told: Spool) -> Iterator[Planned]:
        """`drafts` to be recorded, `says` being why some begin anew; of these `told` gets a line.

        What cannot begin anew is told as well.
        """
        for draft in drafts:
            if not (self._had_failed(draft) and self._is_mended(draft)):
                yield draft.to_record()
                continue
            told.fill([(f"{draft.target.id}/{draft.channel}", *_how(draft))])
            yield draft.to_record(anew=says if _can_begin(draft) else None)

    def _had_failed(self, draft: Draft) -> bool:
        if draft.entry is None or draft.entry.state != "failed":
            return False
        return self._keys is None or draft.key in self._keys

    def _is_mended(self, draft: Draft) -> bool:
        # Empty: it was purged, and nobody can tell whether it is another.
        return self._unchanged or (
            draft.entry is not None and draft.entry.to not in ("", draft.contact.value)
        )


def _can_begin(draft: Draft) -> bool:
    return not (draft.verdict and draft.verdict.final)
