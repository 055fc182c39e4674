"""``record``: a person says what they did: a call, a letter posted, a post made."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli.common import deciding, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import Console

    from uadispatch.channels.message import Counts
    from uadispatch.cli.common.deciding import Decision
    from uadispatch.dispatch.journal import Done, Entry

FEW = 20
COLUMNS = ("message", "outcome", "note", "by")


def record(
    campaign: options.Campaign,
    message: options.Message = None,
    outcome: Annotated[
        str | None,
        typer.Argument(
            metavar="[OUTCOME]",
            help="What came of it: reached, voicemail, no_answer, ..., posted, mailed, skipped.",
            show_default=False,
        ),
    ] = None,
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="What else is worth keeping.")
    ] = "",
    by: deciding.By = None,
    many: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="Record many: a CSV file with the columns message and outcome, and if you like "
            "note and by.",
        ),
    ] = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
) -> None:
    """Record what a person did of a task, or correct it.

    Only who was reached counts as a contact: no answer and busy can be tried again.
    """
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli.common import ladder, output
    from uadispatch.cli.common.exits import Code
    from uadispatch.cli.deciding.tasks import outcomes_of
    from uadispatch.dispatch.states import State
    from uadispatch.errors import ConfigError

    if (many is None) == (message is None) or (message is None) != (outcome is None):
        raise ConfigError("name a MESSAGE and its OUTCOME, or give --csv FILE for many")
    said = list(_rows(many)) if many is not None else [
        Said(message or "", outcome or "", note.strip(), None, "")
    ]  # fmt: skip
    console = output.printer(as_json=False)
    with deciding.decision(campaign, journal, by) as decision:
        outcomes = outcomes_of(Registry(discover(plugins_dir)), decision.home)
        found = _find(decision, said, outcomes)
        refused: dict[str, str] = {}
        for who in {row.by or decision.by for row, *_ in found}:
            theirs = [done for row, _, done in found if (row.by or decision.by) == who]
            refused |= decision.journal.record_done(theirs, at=decision.clock.now(), by=who)
        gist = decision.gist()
    _tell(console, found, refused)
    left = gist.states[State.WITH_PERSON]
    console.print(f"{len(found) - len(refused):,} recorded; {left:,} task{'s' * (left != 1)} left.")
    typed = ladder.Typed(campaign=campaign, journal=journal, plugins_dir=plugins_dir)
    following = typed.then("tasks") if left else ladder.following(gist, typed)
    console.print(f"Next: {following}")
    if refused:
        raise SystemExit(Code.LOOK)


def _tell(
    console: Console, found: Sequence[tuple[Said, Entry, Done]], refused: Mapping[str, str]
) -> None:
    """What was recorded, and what was not, and why."""
    from uadispatch.cli.common.output import safe

    recorded = [(entry, done) for _, entry, done in found if done.key not in refused]
    for entry, done in recorded[:FEW]:
        console.print(f"  {entry.target}/{entry.channel}: {done.outcome}: {_means(done.counts)}")
    if len(recorded) > FEW:
        console.print(f"  and {len(recorded) - FEW:,} more")
    for row, entry, done in found:
        if done.key in refused:
            name = f"{row.where}{entry.target}/{entry.channel}"
            console.print(f"[red]not recorded:[/] {safe(name)}: {safe(refused[done.key])}")


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of one task, and where they say it."""

    message: str
    outcome: str
    note: str
    by: str | None
    where: str


def _rows(path: Path) -> Iterator[Said]:
    """What stands in a CSV file. Raises ConfigError naming file and line."""
    from uadispatch.errors import ConfigError, Problem

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            names = [name.strip().lower() for name in reader.fieldnames or ()]
            reader.fieldnames = names
            if missing := [name for name in COLUMNS[:2] if name not in names]:
                lacks = " and no ".join(missing)
                says = f"the first line must name the columns; there is no {lacks}"
                raise ConfigError(Problem(says, f"{path}:1"))
            for row in reader:
                given = {name: (row.get(name) or "").strip() for name in COLUMNS}
                yield Said(
                    given["message"], given["outcome"], given["note"], given["by"] or None,
                    f"{path}:{reader.line_num}: ",
                )  # fmt: skip
    except UnicodeDecodeError:
        raise ConfigError(Problem("this is not UTF-8; save the file as UTF-8", str(path))) from None
    except csv.Error as exc:
        raise ConfigError(Problem(f"this is no CSV: {exc}", str(path))) from None
    except OSError as exc:
        raise ConfigError(Problem(f"it cannot be read: {exc.strerror}", str(path))) from None


def _find(
    decision: Decision, said: Sequence[Said], outcomes_of: Callable[[str], Mapping[str, Counts]]
) -> list[tuple[Said, Entry, Done]]:
    """The messages that are meant.

    Raises:
        ConfigError: all that is wrong; nothing is recorded then.
    """
    from uadispatch.dispatch.journal import Done
    from uadispatch.errors import ConfigError, Problem

    found: list[tuple[Said, Entry, Done]] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for row in said:
        where = row.where.removesuffix(": ")
        try:
            entry = decision.journal.find_messages(decision.campaign, row.message)[0]
            counts = _counts(outcomes_of(entry.channel), row.outcome, entry.channel)
        except ConfigError as exc:
            problems += [Problem(problem.says, where) for problem in exc.problems]
            continue
        if entry.key in seen:
            says = f"{row.message} stands there twice, at {seen[entry.key]} too; keep one"
            problems.append(Problem(says, where))
        seen[entry.key] = where
        found.append((row, entry, Done(entry.key, row.outcome, counts, row.note)))
    if problems:
        raise ConfigError(problems)
    return found


def _counts(outcomes: Mapping[str, Counts], outcome: str, channel: str) -> Counts:
    from difflib import get_close_matches

    from uadispatch.errors import ConfigError

    if outcome not in outcomes:
        near = get_close_matches(outcome, outcomes, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(outcomes)}"
        raise ConfigError(f"“{outcome}” cannot be recorded of {channel}; {hint}")
    return outcomes[outcome]


def _means(counts: Counts) -> str:
    return {
        "contact": "it counts as a contact",
        "again": "no contact; it can be tried again",
        "nothing": "no contact",
        "wrong": "no contact; this contact is marked as wrong for every campaign",
    }[counts]
