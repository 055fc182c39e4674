"""The story of one message, as ``status CAMPAIGN MESSAGE`` tells it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch.cli.common import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from uadispatch.dispatch.journal import Entry, Journal, JournalUrl, Moment, Move, Story
    from uadispatch.dispatch.planning.retelling import Retold

__all__ = ["tell"]

_PROCESS = re.compile(r"[0-9a-f]{16}", re.ASCII)
"""What a run calls itself in the audit; other names are those of people."""


def tell(
    url: JournalUrl, moment: Moment, text: str, plugins_dir: Path | None, *, as_json: bool
) -> int:
    """Tell the story of the message that `text` names; returns the exit code.

    Raises:
        ConfigError: it names no message, or several.
    """
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli.common import output
    from uadispatch.cli.common.running import NOTHING_RAN, exit_code
    from uadispatch.dispatch.journal import Gist
    from uadispatch.dispatch.planning.retelling import retell
    from uadispatch.views import stories

    campaign = moment.campaign

    def question(book: Journal) -> tuple[Story, list[Entry], bool]:
        if book.file_of(campaign) is None:
            raise options.never_seen(campaign, url)
        entry, *others = book.find_messages(campaign, text)
        return book.story(campaign, entry.key), others, book.facts(moment).closed is not None

    told, others, closed = options.consulted(url, question)
    registry = Registry(discover(plugins_dir))
    retold = retell(told, lambda name: registry.get(name).channel.contact)
    if as_json:
        output.emit(stories.story(campaign, told, retold, others))
    else:
        console = output.printer(as_json=False)
        _head(console, campaign, told, others)
        _moves(console, told.moves)
        _text(console, told, retold)
    over = closed or told.entry.expires_at <= moment.now
    return exit_code(NOTHING_RAN, Gist.of([told.entry]), over=over)


def _head(console: Console, campaign: str, told: Story, others: Sequence[Entry]) -> None:
    """Which message it is, and where it stands."""
    from uadispatch.cli.common import output
    from uadispatch.dispatch.journal.naming import name_of

    entry = told.entry
    to = output.safe(output.one_line(entry.to)) or "a contact that was purged"
    console.print(
        f"[bold]{name_of(entry)}[/] of Urgent Action {campaign}, round {entry.round}: to {to}, "
        f"in {told.language}"
    )
    console.print(f"Its key is {entry.key}")
    held = " (held)" if entry.held else ""
    console.print(f"[bold]{entry.state}{held}[/]: {output.in_words(entry.state)}")
    remark = output.remark(entry)
    if remark not in ("", *(move.reason for move in told.moves[-1:])):
        console.print(f"    [yellow]{output.safe(remark)}[/]")
    for other in others:
        console.print(f"In round {other.round} it is {other.state}; see {other.key[:12]}")
    console.print()


def _moves(console: Console, moves: Sequence[Move]) -> None:
    """Every move: when, what, by which person, and what the far end answered; a try is one line."""
    from uadispatch.cli.common.output import safe

    began: Move | None = None
    for number, move in enumerate(moves, start=1):
        if move.after == "claimed" and number < len(moves):
            began = move
            continue
        words = _in_words(move)
        if not _PROCESS.fullmatch(move.by):
            words += f", by {move.by}"
        at = move.at if began is None else began.at
        console.print(f"{at:%-d %B %Y, %H:%M:%S} UTC  {safe(words)}")
        if move.reason:
            console.print(f"    [yellow]{safe(move.reason)}[/]")
        began = None
    console.print()


def _in_words(move: Move) -> str:
    if move.after == "claimed":
        return f"try {move.attempt} began; no answer to it is recorded"
    code = f", code {move.code}" if move.code else ""
    if move.before != "claimed":
        return f"{move.after}{code}"
    took = f", {_length(move.seconds)}" if move.seconds is not None else ""
    if move.after == "planned":
        return f"try {move.attempt}{took}: given back before anything left, so planned again{code}"
    return f"try {move.attempt}{took}: {move.after}{code}"


def _length(seconds: float) -> str:
    return f"{seconds:.1f} s" if abs(seconds) >= 1 else f"{seconds * 1000:.0f} ms"


def _text(console: Console, told: Story, retold: Retold) -> None:
    """The text as it went out, or as it would go."""
    from uadispatch.cli.common.output import plain, safe

    message = retold.message
    if message is None:
        console.print(f"[yellow]No text:[/] {safe(retold.missing)}")
        return
    when = "at its last try" if told.entry.attempts else "as it is planned"
    title = f"its text {when}, from snapshot {told.snapshot[:12]}"
    console.rule(title, align="left", style="dim")
    # Past rich, which would set tabs anew.
    subject = f"Subject: {message.subject}\n\n" if message.subject else ""
    console.file.write(plain(subject + message.body))
    console.rule(style="dim")
