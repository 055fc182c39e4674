"""``import``: a document becomes a campaign file, a further one changes it, a closing stops it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uadispatch.cli.common import deciding, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from uadispatch.campaign.notices.document import Document
    from uadispatch.campaign.notices.notice import Found, Notice
    from uadispatch.cli.documents.importing import Came, Wish
    from uadispatch.cli.progress.tracker import Tracker

SHOWN = 60
"""How many characters of a value are shown in the table."""


Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="Urgent Actions: .docx, .pdf, .html or .txt."),
]
Into = Annotated[
    Path | None,
    typer.Option(
        "--into",
        metavar="CAMPAIGN",
        help="The campaign file to write. Default: config/campaigns/ua-NUMBER.yaml of this home, "
        "else in this folder.",
    ),
]
Closes = Annotated[
    str | None,
    typer.Option("--closes", metavar="CAMPAIGN", help="You say that it closes this campaign."),
]
Updates = Annotated[
    str | None,
    typer.Option("--updates", metavar="CAMPAIGN", help="You say that it is a further one of this."),
]


def import_(
    files: Files,
    into: Into = None,
    closes: Closes = None,
    updates: Updates = None,
    by: deciding.By = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
    *,
    new: Annotated[
        bool, typer.Option("--new", help="You say that it is a campaign of its own.")
    ] = False,
    not_closing: Annotated[
        bool, typer.Option("--not-closing", help="You have read it: it ends nothing.")
    ] = False,
    text: Annotated[
        bool, typer.Option("--text", help="Only show what was read, with the numbers of lines.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help="Replace a file that was changed by hand, unasked; take your word where "
            "the document speaks against it.",
        ),
    ] = False,
    json: options.Json = False,
    log_json: options.LogJson = False,
) -> None:
    """Make a campaign file of an Urgent Action; change or close the campaign of a further one.

    Every field is shown with its line and with how sure it is: what the document labels, what
    follows by a rule that is named, and what is only guessed. Nothing is sent. What a person must
    look at is said, and gives exit code 1.
    """
    from uadispatch.cli import progress
    from uadispatch.cli.common import observing, output
    from uadispatch.cli.common.exits import Code
    from uadispatch.cli.documents.importing import Wish

    wish = Wish(
        into=into, closes=closes, updates=updates, new=new, not_closing=not_closing, yes=yes,
        by=by, journal=journal, plugins_dir=plugins_dir, as_json=json,
    )  # fmt: skip
    _refuse_contradictions(wish, files)
    tracker = progress.begin("import", as_json=json, log_json=log_json)
    tracker.started(None)  # whom it may name, nobody knows before it was read
    # Nothing is left undone because a name cannot be shown.
    output.be_lenient(tracker.console)
    documents, unread = _read(files, tracker)
    # Observers hear of closings when all is done, whatever ends it.
    with observing.closings_told(wish.closed, plugins_dir):
        came = [] if text else _import_all(documents, wish, files, tracker)
        shapes = [_shape(each) for each in came]
        if text:
            shapes = [_show_text(tracker.console, document) for _, document in documents]
        if json:
            output.emit({"documents": shapes + unread} if len(files) > 1 else shapes[0])
    if unread or any(each.asks for each in came):
        raise SystemExit(Code.LOOK)


def _refuse_contradictions(wish: Wish, files: Sequence[Path]) -> None:
    from uadispatch.errors import ConfigError

    given = {
        "--closes": wish.closes is not None,
        "--updates": wish.updates is not None,
        "--new": wish.new,
    }
    said = [name for name, is_given in given.items() if is_given]
    if len(said) > 1:
        raise ConfigError(f"{' and '.join(said)}: one document is only one of these")
    if wish.closes is not None and wish.not_closing:
        raise ConfigError("--closes and --not-closing: it is only one of these")
    if len(files) > 1 and (said or wish.into is not None):
        name = said[0] if said else "--into"
        raise ConfigError(f"{name} speaks of one document; give one FILE with it")


def _read(
    files: Sequence[Path], tracker: Tracker
) -> tuple[list[tuple[Path, Document]], list[dict[str, Any]]]:
    """Every document that can be read, by its path, and what is said in JSON of all others.

    Of one alone the error is the command's.
    """
    from uadispatch.campaign.notices.reading import read_document
    from uadispatch.errors import ConfigError

    found: list[tuple[Path, Document]] = []
    unread: list[dict[str, Any]] = []
    with tracker.phase("reading documents", len(files), did="documents read") as step:
        for number, file in enumerate(files, start=1):
            try:
                found.append((file, read_document(file)))
            except ConfigError as exc:
                if len(files) == 1:
                    raise
                _complain(tracker.console, exc)
                unread.append(_unread(file, str(exc)))
                tracker.event("document", document=number, campaign=None, state="unread", asks=1)
            step(number)
    return found, unread


def _import_all(
    documents: Sequence[tuple[Path, Document]],
    wish: Wish,
    files: Sequence[Path],
    tracker: Tracker,
) -> list[Came]:
    """Import what was read; the log hears of each by its place, for its name may be a person's."""
    found = []
    # What it asks a person must stay on the screen.
    with tracker.phase("importing documents", len(documents), quiet=True) as step:
        for number, each in enumerate(_in_order(documents), start=1):
            came = _import_one(*each, wish, files, tracker.console)
            found.append(came)
            tracker.event(
                "document", document=files.index(each[0]) + 1, campaign=came.number,
                state=came.state, asks=sum(doubt.asks for doubt in came.doubts),
            )  # fmt: skip
            step(number)
    return found


def _complain(console: Console, exc: Exception) -> None:
    from uadispatch.cli.common import output

    console.print(f"[red bold]error:[/] {output.safe(str(exc))}")


def _in_order(
    documents: Sequence[tuple[Path, Document]],
) -> list[tuple[Path, Document, Notice]]:
    """The documents with what they say, as they were issued; what may close comes last."""
    from uadispatch.campaign.notices.notice import Ending
    from uadispatch.campaign.notices.parse import parse

    def place(read: tuple[Path, Document, Notice]) -> tuple[bool, date]:
        notice = read[2]
        ends = notice.closing.ending is not Ending.OPEN
        return ends, notice.issued.value if notice.issued else date.max

    return sorted(((file, document, parse(document)) for file, document in documents), key=place)


def _import_one(
    file: Path,
    document: Document,
    notice: Notice,
    wish: Wish,
    files: Sequence[Path],
    console: Console,
) -> Came:
    """Import a document; of several, one that fails keeps no other from being heeded."""
    from uadispatch.campaign.notices.notice import Doubt
    from uadispatch.cli.documents.importing import Came
    from uadispatch.errors import UadispatchError

    came = Came(typed=str(file), document=document, notice=notice, doubts=list(notice.doubts))
    try:
        _import(came, wish, console)
    except (UadispatchError, OSError) as exc:
        if len(files) == 1 or isinstance(exc, BrokenPipeError):
            raise
        _complain(console, exc)
        came.doubts.append(Doubt(f"it could not be imported: {exc}"))
    return came


def _import(came: Came, wish: Wish, console: Console) -> None:
    from uadispatch.campaign.notices.lineage.finding import find
    from uadispatch.campaign.notices.notice import Ending
    from uadispatch.cli.common import output
    from uadispatch.cli.documents.adopting import adopt
    from uadispatch.cli.documents.heeding import heed
    from uadispatch.cli.documents.shelf import shelf_of
    from uadispatch.settings import Settings, find_home

    notice, document = came.notice, came.document
    named = wish.named_file
    home = find_home(named if named is not None else Path.cwd() / "here")
    shelf = shelf_of(home, options.journal_of(wish.journal, Settings(home, None)), named)
    lineage = find(notice, document, [each.known for each in shelf.campaigns])
    console.print(f"[bold]{output.safe(document.name)}[/]")
    output.notes(console, document.notes)
    ends = notice.closing.ending is not Ending.OPEN and not wish.not_closing
    if wish.closes is not None or ends:
        # Before all that there is to read: whoever reads may leave.
        heed(came, lineage, shelf, wish, console)
        _show_fields(console, came)
    else:
        _show_fields(console, came)
        adopt(came, lineage, shelf, wish, console)
    _show_what_came(console, came)


def _show_text(console: Console, document: Document) -> dict[str, Any]:
    """Show what was read; the same for JSON."""
    from uadispatch.cli.common import output

    for line in document.lines:
        where = f"  ({line.where})" if line.where else ""
        console.print(f"{line.number:>5}  {output.safe(line.text)}[dim]{output.safe(where)}[/]")
    lines = [
        {"number": line.number, "text": line.text, "where": line.where} for line in document.lines
    ]
    return {"document": document.name, "lines": lines}


def _show_fields(console: Console, came: Came) -> None:
    from uadispatch.campaign.notices.content import fields_of
    from uadispatch.cli.common import output

    output.rows(
        console,
        ("field", "value", "line", "how sure"),
        [
            (
                (
                    name,
                    _short(found.value),
                    "" if found.line is None else str(found.line),
                    str(found.certainty) + (f": {found.rule}" if found.rule else ""),
                ),
                "",
            )
            for name, found in fields_of(came.notice)
        ],
    )


def _short(value: object) -> str:
    text = " / ".join(line.strip() for line in str(value).splitlines())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _show_what_came(console: Console, came: Came) -> None:
    from uadispatch.cli.common import output
    from uadispatch.cli.documents import importing

    console.print()
    for doubt in came.doubts:
        at = f"line {doubt.line}: " if doubt.line is not None else ""
        mark = "[yellow bold]?[/]" if doubt.asks else "[yellow]![/]"
        console.print(f"{mark} {at}{output.safe(doubt.says)}")
    for change in came.changes:
        console.print(
            f"  {output.safe(change.field)}: {output.safe(_short(change.before) or 'nothing')} -> "
            f"{output.safe(_short(change.after) or 'nothing')}"
        )
    file = importing.shown(came.file) if came.file is not None else ""
    said = {
        "written": f"Written: {file}",
        "unchanged": f"Nothing new: {file} says all of it already",
        "closed": f"Urgent Action {came.number} is closed, "
        + ("in the journal and in its file" if came.in_file else "in the journal"),
        "held": f"Urgent Action {came.number} is held",
        "asked": "Nothing was written",
    }[came.state]
    console.print(f"{output.safe(said)}.")
    asks = sum(doubt.asks for doubt in came.doubts)
    if asks:
        console.print(f"A person must look: {asks} {'thing' if asks == 1 else 'things'} marked ?.")
    if came.next:
        console.print(f"Next: {came.next}")


def _shape(came: Came) -> dict[str, Any]:
    from uadispatch.campaign.notices.content import fields_of

    return {
        "campaign": came.number,
        "file": str(came.file) if came.file else None,
        "document": came.document.name,
        "state": came.state,
        "round": came.round,
        "warnings": [
            {"line": doubt.line, "says": doubt.says, "asks": doubt.asks} for doubt in came.doubts
        ],
        "fields": {name: _field(found) for name, found in fields_of(came.notice)},
        "changes": [
            {"field": change.field, "before": change.before, "after": change.after}
            for change in came.changes
        ],
    }


def _unread(file: Path, says: str) -> dict[str, Any]:
    """As `_shape`, of a file that could not be read."""
    return {
        "campaign": None, "file": None, "document": file.name, "state": "unread", "round": None,
        "warnings": [{"line": None, "says": says, "asks": True}], "fields": {}, "changes": [],
    }  # fmt: skip


def _field(found: Found[Any]) -> dict[str, Any]:
    value = found.value
    return {
        "value": value.isoformat() if isinstance(value, date) else value,
        "line": found.line,
        "certainty": str(found.certainty),
        "rule": found.rule,
    }
