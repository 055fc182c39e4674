"""What commands print."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape

from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from uadispatch.dispatch.followup.confirming import Confirmed
    from uadispatch.dispatch.followup.recalling import Recalled
    from uadispatch.dispatch.journal import Entry, Gist
    from uadispatch.dispatch.news import Recalling
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.overview import Gaps

__all__ = [
    "again",
    "be_lenient",
    "day_and_time",
    "done",
    "emit",
    "gaps",
    "guards",
    "held",
    "in_words",
    "messages_in_words",
    "notes",
    "on_their_way",
    "one_line",
    "per_channel",
    "plain",
    "printer",
    "questions",
    "recalled",
    "recalling",
    "refuse_broken",
    "remark",
    "rows",
    "safe",
    "states",
    "to_the_second",
    "withdrawn",
]


GAPS = 10
"""How many missing contacts are named."""

_WORDS = {
    "planned": "not yet tried",
    "claimed": "a try is on its way",
    "accepted": "the server or gateway took it",
    "confirmed": "the recipient has it",
    "retry": "failed for now; another try will be made",
    "failed": "failed for good",
    "in_doubt": "it may have gone out; never tried again where it could arrive twice",
    "with_person": "waiting for a person to act",
    "done": "done by a person",
    "cancelled": "will not be sent",
    "refused": "cannot be sent as it is",
}


class _Console(Console):
    """A console whose broken pipe is an error like another: rich's own ends the program."""

    lenient = False
    """Whether a letter that the output cannot hold is written in another way, and is no error."""

    def print(self, *objects: Any, **how: Any) -> None:
        """As rich does, but lenient if it is to be."""
        if self.lenient:
            kept = (
                text.encode(self.encoding, "backslashreplace").decode(self.encoding)
                if isinstance(text, str)
                else text
                for text in objects
            )
            objects = tuple(kept)
        super().print(*objects, **how)

    def on_broken_pipe(self) -> None:
        """Let the caller decide."""
        raise BrokenPipeError


def printer(*, as_json: bool) -> Console:
    """Where words go: to standard output, or beside the JSON object to standard error."""
    # No emoji: ":fax:" in a letter must be shown as it will be sent.
    return _Console(stderr=as_json, highlight=False, soft_wrap=True, emoji=False)


def be_lenient(console: Console) -> None:
    """Let nothing that is printed from now on fail for its letters: mails are on their way."""
    if isinstance(console, _Console):
        console.lenient = True


def emit(shape: Mapping[str, Any], messages: Iterable[Mapping[str, Any]] | None = None) -> None:
    """Print one JSON object, with the list of its `messages` at its end: a line for each."""
    text = json.dumps(shape, ensure_ascii=False, indent=2)
    if messages is not None:
        sys.stdout.write(f'{text.removesuffix("}").rstrip()},\n  "messages": [')
        comma = ""
        for message in messages:
            sys.stdout.write(f"{comma}\n    {json.dumps(message, ensure_ascii=False)}")
            comma = ","
        text = "\n  ]\n}"
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def plain(text: str) -> str:
    """Text without control characters; for what is printed without markup."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)


def safe(text: str) -> str:
    """Text from a file, so that neither markup nor control characters reach the terminal."""
    return escape(plain(text))


def notes(console: Console, notices: Sequence[str]) -> None:
    """Show what a person should know."""
    for notice in notices:
        console.print(f"[yellow]![/] {safe(notice)}")


def day_and_time(moment: datetime) -> str:
    """A moment as people write it."""
    return moment.strftime("%-d %B %Y, %H:%M UTC")


def to_the_second(moment: datetime) -> str:
    """A moment that somebody may wait for."""
    return moment.strftime("%-d %B %Y, %H:%M:%S UTC")


def messages_in_words(number: int) -> str:
    """``1 message``, ``2 messages``."""
    return "1 message" if number == 1 else f"{number:,} messages"


def in_words(state: str) -> str:
    """What a state means."""
    return _WORDS[state]


def remark(entry: Entry) -> str:
    """What a person should know of a message beside its state."""
    if entry.held:
        return entry.held
    if entry.state == "claimed" and entry.claimed_at is not None:
        since = day_and_time(entry.claimed_at)
        return f"since {since}"
    waits = entry.state == "retry" or entry.goes_again
    if waits and entry.not_before is not None and entry.not_before > entry.changed_at:
        return f"next try on {day_and_time(entry.not_before)}: {entry.reason}"
    return entry.reason


def states(console: Console, numbers: Mapping[str, int]) -> None:
    """A line for each state: the number, the state's name, and what it means."""
    width = max((len(f"{number:,}") for number in numbers.values()), default=1)
    for state, number in numbers.items():
        console.print(f"  {number:>{width},} [bold]{state}[/]: {_WORDS[state]}")


def one_line(text: str) -> str:
    """Text of several lines, in one."""
    return ", ".join(line.rstrip(",") for line in text.splitlines())


def done(console: Console, numbers: Mapping[str, int]) -> None:
    """Of what people have done: how much of it reached somebody."""
    words = {
        "contact": "reached somebody",
        "again": "nobody, and can be tried again",
        "nothing": "nobody",
        "wrong": "a wrong contact",
    }
    said = [f"{number:,} {words[counts]}" for counts, number in numbers.items() if number]
    if said:
        console.print(f"  Of what is done: {'; '.join(said)}")


def rows(
    console: Console, headings: Sequence[str], lines: Iterable[tuple[Sequence[str], str]]
) -> None:
    """Aligned lines, each with a remark on a line of its own; nothing is ever cut or wrapped.

    `lines` are gone through twice.
    """
    widths = [cell_len(heading) for heading in headings]
    for line, _ in lines:
        widths = list(map(max, widths, (cell_len(one_line(cell)) for cell in line)))

    def aligned(row: Sequence[str]) -> str:
        parts = [
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        return safe("  ".join(parts).rstrip())

    console.print(f"[bold]{aligned(headings)}[/]")
    for row, remark in lines:
        # A post address has several lines.
        console.print(aligned([one_line(cell) for cell in row]))
        if remark:
            console.print(f"    [yellow]{safe(remark)}[/]")


def again(command: str, file: str, *more: str, **options: object) -> str:
    """A command to type next, with the options of this one; those that are None are left out.

    ``status`` takes no options but the journal's.
    """
    words = ["uadispatch", command, file, *more]
    for name, value in options.items():
        if command == "status" and name != "journal":
            continue
        for given in value if isinstance(value, list) else [value]:
            if given is not None:
                words += [f"--{name.replace('_', '-')}", str(given)]
    return safe(shlex.join(words))


def guards(
    console: Console, said: Sequence[Mapping[str, str]], deadline: date | None = None
) -> None:
    """What the guards say; a deadline once, however many zones it passed in."""
    words: dict[tuple[str, str], None] = {}
    for guard in said:
        says = guard["says"]
        if guard["name"] == "expired" and deadline is not None:
            says = f"the deadline has passed: its last day was {deadline:%-d %B %Y}"
        words[guard["name"], says] = None
    for name, says in words:
        console.print(f"[red]Guard “{name}”:[/] {safe(says)}.")


def gaps(console: Console, found: Gaps) -> None:
    """Whom a channel cannot reach because the contact is missing."""
    if number := found.numbers.total():
        named = ", ".join(f"{gap.target} by {gap.channel}" for gap in found.first[:GAPS])
        more = f" and {number - GAPS:,} more" if number > GAPS else ""
        console.print(f"No contact, so no message: {named}{more}.")


def refuse_broken(look: Look) -> None:
    """Raise ConfigError with every fault of the templates: nothing goes out half broken."""
    faults = look.whole.faults
    problems = [
        Problem(f"{fault.says} ({_targets(faults.targets[fault], number)})", fault.where)
        for fault, number in faults.numbers.items()
    ]
    if faults.further:
        problems.append(Problem(f"{messages_in_words(faults.further)} with other such faults"))
    if problems:
        raise ConfigError(problems)


def _targets(ids: Sequence[str], number: int) -> str:
    more = f" and {number - GAPS:,} more" if number > GAPS else ""
    return f"target {', '.join(ids[:GAPS])}{more}"


def held(console: Console, gist: Gist) -> None:
    """What a person must look at before it may go out."""
    for entry in gist.stuck:
        word, why = ("refused", entry.reason) if entry.held is None else ("held", entry.held)
        console.print(f"[yellow]{word}:[/] {entry.target}/{entry.channel}: {safe(why)}")


def recalling(console: Console, asking: Recalling) -> None:
    """That services are being asked, which may take a while."""
    console.print(f"Asking for {messages_in_words(asking.number)} back that a service may hold.")


def recalled(console: Console, answers: Recalled) -> None:
    """What came of it, if anything was asked for."""
    if answers.back or answers.gone:
        console.print(
            f"{messages_in_words(answers.back)} taken back from their service, "
            f"{answers.gone:,} could not be."
        )
    for channel in answers.silent:
        console.print(
            f"[yellow]{channel} did not answer in time[/] and was not asked for the rest of its "
            f"messages; uadispatch close asks again."
        )


def withdrawn(console: Console, number: int) -> None:
    """That files of tasks were removed, so that nobody acts on them."""
    if number:
        files = "1 file" if number == 1 else f"{number:,} files"
        console.print(f"{files} made for people removed: nothing more is to be done.")


def questions(console: Console, confirmed: Confirmed) -> None:
    """What services said of what they had taken, if any was asked."""
    for channel, why in confirmed.troubles.items():
        console.print(
            f"[yellow]{channel} could not be asked what became of its messages:[/] {safe(why)}"
        )
    if not confirmed.asked:
        return
    found = [f"{number:,} {state}" for state, number in sorted(confirmed.found.items())]
    if confirmed.unknown:
        found.append(f"nothing new of {confirmed.unknown:,}")
    console.print(f"Services were asked what became of what they took: {', '.join(found)}.")


def on_their_way(number: int) -> str:
    """``1 message was on its way already``."""
    were = "was on its" if number == 1 else "were on their"
    return f"{messages_in_words(number)} {were} way already"


def per_channel(numbers: Mapping[str, int]) -> list[str]:
    """``2 messages by email``, an item for each channel."""
    return [f"{messages_in_words(number)} by {channel}" for channel, number in numbers.items()]
