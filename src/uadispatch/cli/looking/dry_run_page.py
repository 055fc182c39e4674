"""``dry-run --html``: the page of a dry-run; which folder, what is said of it."""

from __future__ import annotations

import shlex
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rich.console import Console

    from uadispatch.channels.message import Message
    from uadispatch.cli.common.approving import Since
    from uadispatch.cli.progress.tracker import Tracker
    from uadispatch.dispatch.approval.approving import Before
    from uadispatch.dispatch.planning.drafts import Draft, Drafts
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared

__all__ = ["Html", "make", "name", "selection"]

Html = Annotated[
    str | None,
    typer.Option(
        "--html",
        metavar="[DIR]",
        help="Make a page to look at, in DIR (default: in .uadispatch/dry-runs).",
    ),
]

FOLDER = Path(".uadispatch/dry-runs")
"""Below the home folder."""


def make(
    tracker: Tracker,
    folder: str,
    look: Look,
    limit: int | None,
    known: Since,
    *,
    at: datetime,
    typed: Mapping[str, object],
) -> Path:
    """Make the page in `folder` ("": where pages usually are); returns the file to open.

    With a `limit` it is of so many of the messages that go out.
    `known` is what was approved last, `typed` are the words of the command line; `tracker` shows
    how many messages are done. Raises ConfigError.
    """
    from uadispatch.dispatch.approval.approving import Before
    from uadispatch.views import dry_run as views

    prepared, before = look.prepared, None
    # Where nothing is said to have changed, no message has.
    if known.changed and known.approval is not None and known.approval.of is not None:
        contacts = {each: channel.contact for each, channel in prepared.channels.items()}
        before = Before(known.approval.of, contacts)
    rest = iter(()) if before is None else before.gone(prepared.targets)
    gone = list(islice(rest, views.MOST_DIFFERENCES))
    seen = views.Seen(
        prepared=prepared,
        look=look,
        drafts=_shown(look.drafts, limit),
        outlines=_shown(look.selected(look.outlines), limit),
        at=at,
        selection=selection(typed),
        alone=lambda draft: _alone(draft, typed),
        approve=_approve(prepared, look, typed),
        approval=known.approval,
        differences=[(each.what, each.says) for each in known.changed],
        gone=gone,
        more_gone=sum(1 for _ in rest),
        before=None if before is None else partial(_before, before, at),
    )
    place = Path(folder) if folder else _usual(prepared)
    with tracker.phase("making pages", did="messages shown") as step:
        return views.write(place, seen, progress=step).file


def _shown(drafts: Drafts, limit: int | None) -> Drafts:
    return drafts if limit is None else drafts.that(lambda draft: draft.goes_out).first(limit)


def _before(before: Before, at: datetime, draft: Draft) -> Message | None:
    return before.message(draft.key, draft.target.id, draft.channel, at)


def name(console: Console, page: Path) -> None:
    """Say where the page is, in a way that a terminal can open."""
    from uadispatch.cli.common.output import safe

    console.print(f"The page: {safe(str(page))}")
    console.print(f"Open it:  {safe(page.absolute().as_uri())}")


def _usual(prepared: Prepared) -> Path:
    snapshot = prepared.snapshot
    number = snapshot.campaign_number.replace("/", "-")
    return prepared.source.home / FOLDER / f"{number}-{snapshot.digest[:12]}"


def selection(typed: Mapping[str, object]) -> str:
    """Which part was asked for, in words; "" for the whole."""
    said = []
    for option, words in (("channel", "by {}"), ("target", "to {}")):
        given = typed.get(option)
        if isinstance(given, list) and given:
            said.append(words.format(", ".join(given)))
    if typed.get("limit") is not None:
        said.append(f"at most {typed['limit']} of what goes out")
    return "; ".join(said)


def _approve(prepared: Prepared, look: Look, typed: Mapping[str, object]) -> str:
    if not look.facts.unapproved or not look.overview.outgoing:
        return ""
    digest = prepared.snapshot.digest[:12]
    words = ["uadispatch", "approve", str(typed["file"]), digest, "--by", "NAME"]
    return shlex.join(words + _more(typed, "journal", "plugins_dir"))


def _alone(draft: Draft, typed: Mapping[str, object]) -> str:
    """The command that makes the page of one message."""
    words = ["uadispatch", "dry-run", str(typed["file"])]
    words += ["--target", draft.target.id, "--channel", draft.channel]
    return shlex.join([*words, *_more(typed, "now", "journal", "plugins_dir"), "--html"])


def _more(typed: Mapping[str, object], *options: str) -> list[str]:
    """Those of the options that were given, as they are typed."""
    words = []
    for option in options:
        if typed.get(option) is not None:
            words += [f"--{option.replace('_', '-')}", str(typed[option])]
    return words
