"""``approve``: a person has looked at a campaign, and lets it be sent as it was then."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uadispatch.cli.common import approving, deciding, options, rejecting
from uadispatch.cli.common.exits import if_interrupted

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rich.console import Console

    from uadispatch.cli.common.approving import Since
    from uadispatch.cli.common.ladder import Typed
    from uadispatch.dispatch.journal import JournalUrl
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared

DIGITS = re.compile(r"[0-9a-f]{12,64}\Z", re.ASCII)


class Stands:
    """What the campaign stands for in numbers, whatever has gone out of it already."""

    def __init__(self) -> None:
        self.number = 0
        self.targets = 0
        self.channels: Counter[str] = Counter()
        self.languages: Counter[str] = Counter()
        self._last = ""

    def add(self, draft: Draft) -> None:
        """Look at a message; those of one target come one after another."""
        if draft.refusal or draft.held:
            return
        self.number += 1
        self.targets += draft.target.id != self._last
        self._last = draft.target.id
        self.channels[draft.channel] += 1
        self.languages[draft.choice.language] += 1


@if_interrupted("perhaps after it was recorded; the same command again does no harm")
def approve(
    campaign: options.Campaign,
    digest: Annotated[
        str,
        typer.Argument(
            metavar="DIGEST",
            help="What you looked at: the digest that dry-run shows, at least its first 12 digits.",
        ),
    ],
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Who has looked at it, and approves it.")
    ],
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
    *,
    json: options.Json = False,
) -> None:
    """Approve a campaign as dry-run shows it: from then on it may be sent, as long as it is that.

    All of it is kept: texts, targets, templates, settings. After any change send refuses, and
    says what has changed since. A text that a newer document has replaced is not approved.
    """
    from uadispatch.cli.common import ladder, output
    from uadispatch.cli.common.exits import Code
    from uadispatch.clock import SystemClock

    who, given = _name(by), _digits(digest)
    console = output.printer(as_json=json)
    now = SystemClock().now()
    prepared, seen, stands, url = _look(campaign, journal, plugins_dir, now)
    known = approving.since(url, prepared)
    found: dict[str, Any] = {
        "campaign": prepared.snapshot.campaign_number,
        "approved": False,
        "digest": prepared.snapshot.digest,
        **approving.shape(known),
        **rejecting.shape(prepared),
    }
    again = output.again("dry-run", campaign, journal=journal, plugins_dir=plugins_dir)
    if not prepared.snapshot.digest.startswith(given):
        _say_stale(console, prepared, known, given)
        console.print(f"Next: look again: {again}")
        code = Code.LOOK
    else:
        output.refuse_broken(seen)
        if seen.facts.superseded:
            console.print("[bold]Not approved.[/]")
            _say_guards(console, prepared, seen)
            code = Code.REFUSED
        else:
            found |= _record(prepared, seen, stands, url, who, now)
            _say(console, prepared, seen, known, found)
            typed = ladder.Typed(campaign=campaign, journal=journal, plugins_dir=plugins_dir)
            console.print(_next_step(seen, typed))
            code = Code.AS_ASKED
    if json:
        output.emit(found)
    raise SystemExit(code)


def _name(by: str) -> str:
    from uadispatch.errors import ConfigError

    if not any(letter.isalnum() for letter in by):
        raise ConfigError("--by: give the name of the person who has looked at it")
    return approving.one_line(by)


def _digits(digest: str) -> str:
    """The digest that was typed or pasted, or its beginning."""
    from uadispatch.errors import ConfigError

    given = "".join(digest.split()).lower()
    if not DIGITS.match(given):
        raise ConfigError(
            f"{digest.strip() or 'DIGEST'}: give the digest that dry-run shows, or its first 12 "
            f"digits (0-9, a-f) at least"
        )
    return given


def _look(
    campaign: str, journal: str | None, plugins_dir: Path | None, now: datetime
) -> tuple[Prepared, Look, Stands, JournalUrl]:
    """The campaign as dry-run sees it, but for the approval that it is about to get."""
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.journal import Journal, Selection, exists
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.dispatch.planning.looking import look, moment_of
    from uadispatch.dispatch.planning.preparing import equip, prepare, read

    source = read(options.campaign_file(campaign, journal), Registry(discover(plugins_dir)))
    url = options.journal_of(journal, source.settings)
    if exists(url):
        Journal(url, write=True).close()  # what an older version wrote can be read from now on
    prepared = prepare(source, *equip(source, SystemClock(), lenient=True))
    moment = moment_of(prepared, now, approval=False)
    stands = Stands()
    composer = Composer(prepared.snapshot)
    seen = look(prepared, composer, url, moment, Selection(), each=stands.add)
    return prepared, seen, stands, url


def _record(
    prepared: Prepared, seen: Look, stands: Stands, url: JournalUrl, who: str, now: datetime
) -> dict[str, Any]:
    """Record it; what was approved, as JSON."""
    from uadispatch.dispatch.journal import Journal
    from uadispatch.views.shapes import guards_of, instant

    words = f"{_messages(stands.number)} to {_targets(stands.targets)}"
    machine = deciding.name_of(None)
    typed = "" if machine == who else f"; recorded by {machine}"
    with Journal(url, write=True) as book:
        book.approve(
            prepared.snapshot.campaign_number, prepared.snapshot, prepared.targets,
            at=now, by=who, because=f"{words}{typed}",
        )  # fmt: skip
    return {
        "approved": True,
        "by": who,
        "at": instant(now),
        "recorded_by": machine,
        "required": prepared.source.settings.approval.required,
        "messages": stands.number,
        "targets": stands.targets,
        "channels": dict(stands.channels),
        "languages": dict(stands.languages),
        "guards": guards_of(seen),
    }


def _say_stale(console: Console, prepared: Prepared, known: Since, given: str) -> None:
    """That it is not the campaign as it is now; what differs, as far as that is known."""
    digest = prepared.snapshot.digest
    pairs = enumerate(zip(digest, given, strict=False))
    differs = next(number for number, (ours, typed) in pairs if ours != typed)
    shown = max(approving.SHORT, differs + 1)
    short = digest[:shown]
    console.print(
        f"[bold]Not approved:[/] {given[:shown]} is not the digest of Urgent Action "
        f"{prepared.snapshot.campaign_number} as it is now, which is {short}. It has changed since "
        f"you looked, or you looked at another copy, or with other settings."
    )
    if known.approval is None:
        console.print("It was never approved before, so what has changed cannot be named.")
    elif known.approval.digest == prepared.snapshot.digest:
        console.print(f"As it is now it was approved {approving.by_whom(known.approval)}.")
    approving.say(console, known)


def _say(
    console: Console, prepared: Prepared, seen: Look, known: Since, found: dict[str, Any]
) -> None:
    """What was approved, and what speaks against sending it all the same."""
    from uadispatch.cli.common import output

    case = prepared.source.campaign.urgent_action
    console.print(
        f"[bold]Approved[/] by {output.safe(found['by'])}: Urgent Action {case.number}, "
        f"{output.safe(case.title)}"
    )
    console.print(
        f"Round {prepared.snapshot.round}; deadline {case.deadline:%-d %B %Y}; digest "
        f"{found['digest'][: approving.SHORT]}"
    )
    by_channel = "; ".join(output.per_channel(found["channels"])) or "no message"
    console.print(f"It stands for {by_channel}; to {_targets(found['targets'])}.")
    if found["languages"]:
        languages = (f"{number:,} in {tag}" for tag, number in found["languages"].items())
        console.print(f"Languages: {', '.join(languages)}.")
    if odd := seen.whole.number - found["messages"]:
        console.print(f"Not among them, as dry-run says: {_messages(odd)} refused or held.")
    rejecting.say(console, prepared)
    _say_guards(console, prepared, seen)
    if not found["required"]:
        console.print(
            "[yellow]![/] Nothing asks for this approval: approval.required is off in "
            "config/uadispatch.toml, so send goes without one."
        )
    if known.approval is not None and known.approval.digest == found["digest"]:
        console.print(
            f"It was approved already, {approving.by_whom(known.approval)}; both are recorded."
        )
    approving.say(console, known)


def _say_guards(console: Console, prepared: Prepared, seen: Look) -> None:
    from uadispatch.cli.common import output
    from uadispatch.views.shapes import guards_of

    output.guards(console, guards_of(seen), prepared.source.campaign.urgent_action.deadline)


def _next_step(seen: Look, typed: Typed) -> str:
    from uadispatch.cli.common import ladder

    if seen.all_refused or not seen.overview.waiting:
        return ladder.after_looking(seen, typed)
    return f"Next: {typed.then('send', limit=1)}"


def _messages(number: int) -> str:
    from uadispatch.cli.common.output import messages_in_words

    return messages_in_words(number)


def _targets(number: int) -> str:
    return "1 target" if number == 1 else f"{number:,} targets"
