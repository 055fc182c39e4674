"""``mend``: what had failed begins anew, once a person has mended its contact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from uadispatch.cli import approving, deciding, options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from uadispatch.clock import Clock
    from uadispatch.dispatch.drafts import Draft
    from uadispatch.dispatch.journal import Journal, JournalUrl
    from uadispatch.dispatch.looking import Look
    from uadispatch.dispatch.preparing import Prepared


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
    from uadispatch.cli import output
    from uadispatch.cli.exits import Code
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.journal import Journal
    from uadispatch.dispatch.preparing import beyond_reach
    from uadispatch.errors import ConfigError

    if every == (message is not None):
        raise ConfigError("name one MESSAGE, or give --all")
    console = output.printer(as_json=False)
    clock = SystemClock()
    prepared, seen, url = _look(campaign, journal, plugins_dir, clock)
    # A run that goes on with what was approved would send the new text as well.
    if seen.facts.superseded or seen.facts.unapproved:
        _refuse_text(console, prepared, seen, campaign, journal, plugins_dir)
    with Journal(url, write=True) as book:
        who = deciding.name_of(by)
        book.recover(at=clock.now(), by=who)
        meant = _meant(book, prepared, seen, message, unchanged=unchanged)
        anew = [draft for draft in meant if not (draft.verdict and draft.verdict.final)]
        says = f"{who} says that its contact was mended" + (f": {note.strip()}" if note else "")
        recorded = True
        if anew or not meant:
            recorded = book.record_plan(
                (draft.to_record() for draft in seen.outlines), prepared.snapshot,
                file=str(prepared.source.file.resolve()), at=clock.now(), by=who,
                mended={draft.key: says for draft in anew}, absent=beyond_reach(prepared),
            )  # fmt: skip
    if not recorded:
        _refuse(console, "a newer document was imported at this moment")
    well = _tell(console, meant, unchanged=unchanged)
    again = output.again("send" if well else "status", campaign, journal=journal)
    console.print(f"Next: {again}")
    if well < len(meant):
        raise SystemExit(Code.LOOK if anew else Code.REFUSED)


def _refuse_text(
    console: Console,
    prepared: Prepared,
    seen: Look,
    campaign: str,
    journal: str | None,
    plugins_dir: Path | None,
) -> NoReturn:
    """Leave, for the text may not be sent, and say what would change that."""
    from uadispatch.cli import output

    if seen.facts.superseded:
        _refuse(console, seen.facts.superseded)
    look = output.again("dry-run", campaign, journal=journal, plugins_dir=plugins_dir)
    approve = approving.command(prepared, campaign, journal, plugins_dir)
    _refuse(console, seen.facts.unapproved or "", f"{look}; if all is right: {approve}")


def _refuse(console: Console, why: str, following: str = "") -> NoReturn:
    """Say why nothing can be mended from this file, and leave."""
    from uadispatch.cli.exits import Code
    from uadispatch.cli.output import safe

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
    from uadispatch.cli import output
    from uadispatch.dispatch.composing import Composer
    from uadispatch.dispatch.journal import Selection
    from uadispatch.dispatch.looking import look, moment_of
    from uadispatch.dispatch.preparing import equip, prepare, read

    source = read(options.campaign_file(campaign, journal), Registry(discover(plugins_dir)))
    prepared = prepare(source, *equip(source, clock, lenient=True))
    url = options.journal_of(journal, source.settings)
    if not options.journal_exists(url):
        raise options.never_seen(source.campaign.number, url)
    moment = moment_of(prepared, clock.now(), approval=True)
    seen = look(prepared, Composer(prepared.snapshot), url, moment, Selection())
    output.refuse_broken(seen)
    return prepared, seen, url


def _tell(console: Console, meant: Sequence[Draft], *, unchanged: bool) -> int:
    """Say what became of each; returns how many can go out now."""
    from uadispatch.cli import output

    if not (meant or unchanged):
        console.print(
            "No failed message has another contact in the file than when it failed; mend it there, "
            "or, if it was mended at the far end, add --unchanged."
        )
    well = 0
    for draft in meant:
        before = draft.entry.to if draft.entry else ""
        now = output.safe(draft.contact.value)
        same = before == draft.contact.value
        how = f"to {now} once more" if same else f"to {now}, no longer {output.safe(before)}"
        if draft.verdict and draft.verdict.final:
            how = f"it stays as it is: {output.safe(draft.verdict.reason)}"
        elif draft.refusal:
            how += f"; but it is refused: {output.safe(draft.refusal)}"
        elif draft.verdict:
            how += f"; but it is kept back: {output.safe(draft.verdict.reason)}"
        else:
            well += 1
        console.print(f"  {draft.target.id}/{draft.channel}: {how}")
    console.print(f"{output.messages_in_words(well)} planned again.")
    return well


def _meant(
    book: Journal, prepared: Prepared, seen: Look, message: str | None, *, unchanged: bool
) -> list[Draft]:
    """The drafts of what had failed and is to begin anew.

    Raises:
        ConfigError: the message that was named has not failed, or its contact is as it was.
    """
    from uadispatch.errors import ConfigError

    failed = [draft for draft in seen.outlines if draft.entry and draft.entry.state == "failed"]
    if message is not None:
        named = book.find_messages(prepared.snapshot.campaign_number, message)
        keys = {entry.key for entry in named}
        failed = [draft for draft in failed if draft.key in keys]
        if not failed:
            raise ConfigError(f"{message} has not failed in this round; it is {named[0].state}")
    changed = [
        draft for draft in failed
        # Empty: it was purged, and nobody can tell whether it is another.
        if unchanged or (draft.entry and draft.entry.to not in ("", draft.contact.value))
    ]  # fmt: skip
    if message is not None and not changed:
        raise ConfigError(
            f"{message} has the same contact in the file as when it failed; mend it there, or, if "
            f"it was mended at the far end, add --unchanged"
        )
    return changed
