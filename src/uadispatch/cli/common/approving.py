"""What the commands share that ask whether a campaign is approved, and what has changed since.

It shows names of people at risk, on a screen alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uadispatch.cli.common import deciding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from rich.console import Console

    from uadispatch.dispatch.approval.differences import Difference
    from uadispatch.dispatch.journal import Approval, Journal, JournalUrl, Moment
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared

__all__ = [
    "SHOWN",
    "Since",
    "Unapproved",
    "by_whom",
    "command",
    "last",
    "moment",
    "next_step",
    "one_line",
    "record_override",
    "say",
    "say_override",
    "shape",
    "since",
]

SHOWN = 10
"""How many differences are listed; the others are counted."""

SHORT = 12
"""So many digits of a digest are shown, and are enough to name it."""

Unapproved = Annotated[
    str | None,
    typer.Option(
        "--unapproved",
        metavar="REASON",
        help="Send this once although nobody has approved it as it is; the reason is recorded.",
    ),
]


@dataclass(frozen=True)
class Since:
    """The last approval of a campaign, and how what is at hand differs from what it was for."""

    approval: Approval | None
    changed: Sequence[Difference]


def since(url: JournalUrl, prepared: Prepared) -> Since:
    """What the journal at `url` says of the last approval, beside `prepared`."""
    from uadispatch.dispatch.approval.differences import differences
    from uadispatch.dispatch.journal import NoJournal, consult

    snapshot = prepared.snapshot
    number = snapshot.campaign_number
    try:
        found = consult(url, lambda book: book.approval(number, whole=False))
        if found is None:
            return Since(None, ())
        if found.digest == snapshot.digest:  # what was approved is at hand
            from uadispatch.dispatch.journal import Approved

            same = Approved(snapshot=snapshot, targets=prepared.targets, by=found.by, at=found.at)
            return Since(replace(found, of=same), ())
        found = consult(url, lambda book: book.approval(number))
    except NoJournal:
        found = None
    if found is None or found.of is None:
        return Since(found, ())
    return Since(found, differences(found.of, snapshot, prepared.targets))


def say(console: Console, known: Since) -> None:
    """What has changed since the last approval, if it was for something else."""
    from uadispatch.cli.common.output import safe

    if known.approval is None:
        return
    given = by_whom(known.approval)
    if known.approval.lacks:
        console.print(f"It was approved last {given}; {safe(known.approval.lacks)}.")
    if not known.changed:
        return
    console.print(f"Changed since it was approved {given}:")
    for change in known.changed[:SHOWN]:
        console.print(f"  [bold]{safe(one_line(change.what))}[/]: {safe(one_line(change.says))}")
    if len(known.changed) > SHOWN:
        console.print(f"  and {len(known.changed) - SHOWN:,} more")


def by_whom(approval: Approval) -> str:
    """``by Ann on 20 August 2019, 09:00 UTC``, safe to print."""
    from uadispatch.cli.common.output import day_and_time, safe

    return f"by {safe(one_line(approval.by))} on {day_and_time(approval.at)}"


def one_line(text: str) -> str:
    """Text in one line, with a space wherever there were several or a line ended."""
    return " ".join(text.split())


def shape(known: Since) -> dict[str, Any]:
    """As JSON."""
    return {
        "approval": last(known.approval),
        "changed": [{"what": change.what, "says": change.says} for change in known.changed],
    }


def last(approval: Approval | None) -> dict[str, Any] | None:
    """The last approval as JSON."""
    from uadispatch.views.shapes import instant

    if approval is None:
        return None
    return {
        "digest": approval.digest,
        "by": approval.by,
        "at": instant(approval.at),
        "because": approval.because,
        "lacks": approval.lacks,
    }


def next_step(look: Look, first: str, approve: str) -> str:
    """The last line where an approval alone is missing: the command `first`, then `approve`.

    "" if it is not missing, or if something else must change before it could be sent.
    """
    its = look.overview
    if its.faults.numbers or not look.facts.unapproved or not (its.outgoing or its.awaiting):
        return ""
    return f"Next: {first}; if all is right: {approve}"


def command(
    prepared: Prepared, campaign: str, journal: str | None, plugins_dir: Path | None
) -> str:
    """The command that approves `prepared`, to be typed with a name."""
    from uadispatch.cli.common import output

    words = ["approve", campaign, prepared.snapshot.digest[:SHORT], "--by", "NAME"]
    return output.again(*words, journal=journal, plugins_dir=plugins_dir)


def moment(prepared: Prepared, url: JournalUrl, now: datetime, reason: str | None) -> Moment:
    """The moment to send at; with a `reason`, one that asks for no approval.

    Raises:
        ConfigError: there is nothing that the reason would override, or it says nothing.
    """
    from uadispatch.dispatch.journal import NoJournal, consult, facts_of
    from uadispatch.dispatch.planning.looking import moment_of
    from uadispatch.errors import ConfigError

    found = moment_of(prepared, now, approval=True)
    if reason is None:
        return found
    if not reason.strip():
        raise ConfigError("--unapproved: say why it goes out without approval; it is recorded")
    if found.approval_of is None:
        raise ConfigError("--unapproved: approval.required is off, so no approval is asked for")
    try:
        facts = consult(url, lambda book: book.facts(found))
    except NoJournal:
        facts = facts_of((), found)
    if facts.unapproved is None:
        raise ConfigError("--unapproved: it is approved as it is; send it without this option")
    return replace(found, approval_of=None)


def say_override(console: Console, reason: str | None) -> None:
    """That what is about to go out was not approved, if so."""
    from uadispatch.cli.common.output import safe

    if reason is not None:
        console.print(
            f"[yellow]![/] Nobody has approved this as it is. If it is sent all the same, the "
            f"journal keeps your reason: {safe(one_line(reason))}"
        )


def record_override(journal: Journal, prepared: Prepared, reason: str | None, at: datetime) -> None:
    """Record that this run sends what nobody has approved, if there is a reason for that."""
    from uadispatch.dispatch.journal import storable

    if reason is None:
        return
    journal.state_fact(
        prepared.snapshot.campaign_number, "unapproved", value=prepared.snapshot.digest, at=at,
        by=deciding.name_of(None), because=storable(one_line(reason)) or "",
    )  # fmt: skip
