"""``report``: what became of a campaign, for the officials and the organisation; it only reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli.common import options
from uadispatch.cli.common.exits import NOTHING, if_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from uadispatch.dispatch.journal import Journal, JournalUrl, Line, Totals
    from uadispatch.views.report.counting import Report

    Rows = Callable[[str], Callable[[Line], object]]

FOLDER = ".uadispatch/reports"
"""Below the home: where the page is put if nothing else is said."""
OURS = "report-"
"""How the names of pages begin that we have named ourselves."""
SHOWN = 8
"""So many reasons are listed in the terminal."""


@if_interrupted(NOTHING)
def report(
    campaign: options.Campaign,
    html: Annotated[
        str | None,
        typer.Option(
            "--html",
            metavar="[FILE]",
            help="Make one page with charts: this file, or in this folder. Default: in "
            ".uadispatch/reports.",
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write a row for each message, as CSV."),
    ] = None,
    round_: Annotated[
        int | None, typer.Option("--round", metavar="N", min=1, help="Only this round.")
    ] = None,
    journal: options.Journal = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE if it is there already.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Report what became of a campaign: how many appeals have gone out, to whom, and what failed.

    With the sentence for the officials, which counts only what is known to have gone out, and a
    text to report back. docs/report.md says how each number is counted.
    """
    from uadispatch.cli.common import output
    from uadispatch.cli.common.exits import Code
    from uadispatch.cli.common.output import safe
    from uadispatch.errors import ConfigError
    from uadispatch.settings import Settings
    from uadispatch.views.report import page, shape

    if table is not None and table.name == "-":
        raise ConfigError("--csv: name a file; it is not written to standard output")
    number, home = options.number_and_home(campaign)
    url = options.journal_of(journal, Settings(home, None))
    place = _place(html, home, number)
    found = _ask(url, number, round_, table, force=force)
    console = output.printer(as_json=json)
    if place is not None:
        _write(place, page.html(found), url, force=force)
        console.print(f"The page: {safe(str(place))}")
    if table is not None:
        console.print(f"{output.messages_in_words(found.messages)} written to {safe(str(table))}")
    if json:
        output.emit(shape.shape(found))
    else:
        _show(console, found)
        console.print(f"Next: {_next_step(found, campaign, journal)}")
    raise SystemExit(Code.LOOK if found.must_look else Code.AS_ASKED)


def _ask(
    url: JournalUrl, number: str, round_: int | None, table: Path | None, *, force: bool
) -> Report:
    """What the journal has; each message goes to the file `table` on the way, if there is one."""
    from uadispatch.cli.books.export import empty, whole_file
    from uadispatch.clock import SystemClock
    from uadispatch.views.report.counting import Report, people
    from uadispatch.views.report.page import TARGETS
    from uadispatch.views.report.table import head, line_without

    now = SystemClock().now()

    def question(book: Journal, each: Rows | None = None) -> Report:
        totals = book.totals(number, round_=round_, outlines=TARGETS, each=each)
        _refuse_unknown(totals, round_, url)
        return Report(totals=totals, at=now, round=round_)

    if table is None:
        return options.consulted(url, question)
    with whole_file(table, url, force=force) as stream:

        def rows(body: str) -> Callable[[Line], object]:
            empty(stream)
            stream.write(head())
            write = line_without(people(body))
            return lambda line: stream.write(write(line))

        return options.consulted(url, lambda book: question(book, rows))


def _refuse_unknown(totals: Totals, round_: int | None, url: JournalUrl) -> None:
    """Raise ConfigError for a campaign or a round that the journal does not know."""
    from uadispatch.errors import ConfigError

    if not totals.is_known:
        raise options.never_seen(totals.campaign, url)
    if round_ is not None and round_ not in totals.rounds:
        known = ", ".join(map(str, totals.rounds)) or "none"
        raise ConfigError(f"--round {round_}: the campaign has no such one; it has {known}")


def _default(home: Path, number: str) -> Path:
    from uadispatch.views.report.page import name_of

    return home / FOLDER / name_of(number)


def _place(html: str | None, home: Path, number: str) -> Path | None:
    """Where the page goes, if one is asked for, and whether that name is the person's own."""
    if html is None:
        return None
    if not html:
        return _default(home, number)
    path = Path(html)
    if path.suffix.lower() in (".html", ".htm") and not path.is_dir():
        return path
    return path / _default(home, number).name


def _write(path: Path, content: bytes, url: JournalUrl, *, force: bool) -> None:
    """Write the page. One that bears our own name is ours to replace."""
    from uadispatch.channels.handing_over import write_file
    from uadispatch.cli.books.export import whole_file
    from uadispatch.errors import ConfigError, Problem

    try:
        if path.name.startswith(OURS):
            write_file(path, content)
            return
        with whole_file(path, url, force=force) as stream:
            stream.write(content)
    except OSError as exc:
        says = f"the page cannot be written: {exc.strerror}"
        raise ConfigError(Problem(says, str(path))) from None


def _show(console: Console, report: Report) -> None:
    """The report in few lines."""
    from uadispatch.channels.message import Counts
    from uadispatch.cli.common import output
    from uadispatch.cli.common.output import safe
    from uadispatch.views.report import words

    title = report.totals.title
    console.print(
        f"[bold]Report of {safe(words.title(report))}[/]" + (f": {safe(title)}" * bool(title))
    )
    console.print(f"As of {words.moment(report.at)}.")
    if report.closed is not None:
        why = f": {safe(report.closed)}" if report.closed else "."
        console.print(f"[yellow]The campaign is closed[/]{why}")
    console.print()
    console.print(safe(words.sentence(report)))
    for says in words.proofs(report):
        console.print(f"  - {safe(says)}")
    console.print()
    console.print(f"{output.messages_in_words(report.messages)} planned:")
    output.states(console, report.states)
    output.done(console, {str(counts): report.done(counts) for counts in Counts})
    if report.held:
        console.print(f"  {report.held:,} of them held for a person")
    _by_channel(console, report)
    _why(console, report)
    told = list(words.facts(report))
    if told:
        console.print("What was decided:")
    for said, says in told:
        console.print(f"  {words.moment(said.at)}: {safe(says)}")
    left = report.totals.targets - report.totals.reached
    if left:
        console.print(
            f"Of {words.number(report.totals.targets, 'target', 'targets')} {left:,} "
            f"{'is' if left == 1 else 'are'} not known to have been reached; --html or --csv "
            f"names them."
        )


def _by_channel(console: Console, report: Report) -> None:
    from uadispatch.cli.common.output import safe

    channels = report.by("channel")
    if not channels:
        return
    console.print("By channel:")
    width = max(map(len, channels))
    for name, states in channels.items():
        said = ", ".join(f"{number:,} {state}" for state, number in states.items())
        console.print(f"  {safe(name.ljust(width))}  {said}")


def _why(console: Console, report: Report) -> None:
    """Why messages failed, or did not go out."""
    from uadispatch.cli.common.output import safe
    from uadispatch.views.report import words
    from uadispatch.views.report.shape import EXPLAINED

    for state in EXPLAINED:
        found = report.reasons(state)
        if not found:
            continue
        console.print(f"Why {state.replace('_', ' ')}:")
        for each in found[:SHOWN]:
            console.print(f"  {safe(words.reason(each))}")
        if rest := sum(each.number for each in found[SHOWN:]):
            console.print(f"  {rest:,} for further reasons; --html or --csv has them")


def _next_step(report: Report, campaign: str, journal: str | None) -> str:
    """What a person does next; an export where nothing is left to do."""
    from uadispatch.channels.message import Counts
    from uadispatch.cli.common import output
    from uadispatch.dispatch.states import State

    states = report.states
    if doubtful := states.get(State.IN_DOUBT):
        status = output.again("status", campaign, journal=journal)
        resolve = output.again("resolve", campaign, "TARGET/CHANNEL", "--sent", journal=journal)
        return (
            f"find out which of the {doubtful:,} in doubt arrived ({status} lists them), and for "
            f"each: {resolve} (or --not-sent)"
        )
    steps = {
        "status": report.held,
        "tasks": states.get(State.WITH_PERSON) or report.done(Counts.AGAIN),
        "confirm": report.asked,
        "send": report.goes_on,
    }
    step = next((name for name, number in steps.items() if number), "export")
    return output.again(step, campaign, journal=journal)
