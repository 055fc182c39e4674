"""The page of a rehearsal: each message as it was meant, beside what its stand-in really received.

It is a dry-run's page with other words and other cards; it knows no markup.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.channels.message import Preview
from uadispatch.views.dry_run.heading import moment_in_words
from uadispatch.views.dry_run.making import Maker, has_pictures
from uadispatch.views.dry_run.seen import Seen
from uadispatch.views.dry_run.site import Kind, write
from uadispatch.views.messages import what_it_is
from uadispatch.views.sheets import sheet_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from uadispatch.campaign.values import Contact
    from uadispatch.dispatch.journal import Entry
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared
    from uadispatch.views.cards import Card, Picture, Sheet
    from uadispatch.views.rehearsal.comparing import Arrived
    from uadispatch.views.rehearsal.rehearsed import Rehearsed, Results
    from uadispatch.views.sheets import PictureFolder

__all__ = ["Rehearsal", "write_page"]

KIND = "rehearsal"
DRAWN = 50
"""So many messages that differ have their pictures drawn, however many messages there are."""
STRANGE = 20
"""So much of what belongs to no message is shown, and so many reasons why others were not tried."""
NAMED = 20
"""So many messages that were not tried are named for each reason."""
LONGEST = 20_000
"""Characters that are shown of it."""


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """A rehearsal that is over, with all that its page tells."""

    prepared: Prepared
    look: Look
    results: Results
    at: datetime
    """The moment at which it began."""
    folder: Path
    """Where all of it is kept."""
    routes: Mapping[str, Contact]
    """The tester's own contact, by channel."""
    notices: Sequence[str]
    """Which channels were not rehearsed, and why."""
    selection: str
    """Which part of the campaign was asked for, in words; "" if it was the whole."""
    alone: Callable[[Draft], str]
    """The command that rehearses one message alone."""


class Row(NamedTuple):
    """A line of the table of channels."""

    channel: str
    tried: int
    received: int
    as_meant: int
    differing: int
    routed: bool


class Untried(NamedTuple):
    """Messages that were not tried for one reason."""

    word: str
    reason: str
    number: int
    names: Sequence[str]


class Stranger(NamedTuple):
    """What belongs to no message."""

    by: str
    to: str
    sheet: Sheet


def write_page(
    place: Path,
    rehearsal: Rehearsal,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Path:
    """Write the page of a rehearsal into the folder `place`; returns the file to open.

    `progress` is told how many messages are done, and of how many.

    Raises:
        ConfigError: it cannot be written to.
    """
    results = rehearsal.results
    seen = Seen(
        prepared=rehearsal.prepared,
        look=rehearsal.look,
        drafts=[message.draft for message in results.messages],
        at=rehearsal.at,
        selection=rehearsal.selection,
        alone=rehearsal.alone,
    )
    routed = Counter(message.draft.channel for message in results.messages if message.routed)
    kind = Kind(
        name=KIND,
        first="rehearsal",
        part="rehearsal_part",
        maker=partial(_Maker, rehearsal),
        values={
            "tried": len(results.messages),
            "with_stand_ins": len(results.messages) - routed.total(),
            "differing": len(results.differing),
            "undrawn": results.undrawn,
            "untried": _untried(results.untried),
            "strange": [_stranger(each, rehearsal) for each in results.strange[:STRANGE]],
            "more_strange": max(0, len(results.strange) - STRANGE),
            "routed": [
                (name, contact.written, routed[name])
                for name, contact in rehearsal.routes.items()
                if routed[name]
            ],
            "rehearsal_notices": rehearsal.notices,
            "channel_rows": _rows(results),
            "kept_in": str(rehearsal.folder),
        },
    )
    return write(place, seen, kind=kind, progress=progress).file


def _untried(entries: Sequence[Entry]) -> list[Untried]:
    """What was not tried, by why; the reasons that most messages have come first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        word, why = ("held", entry.held) if entry.held else (str(entry.state), entry.reason)
        groups.setdefault((word, why), []).append(f"{entry.target}/{entry.channel}")
    found = [
        Untried(word.replace("_", " "), why, len(names), names[:NAMED])
        for (word, why), names in groups.items()
    ]
    return sorted(found, key=lambda group: -group.number)[:STRANGE]


class _Maker(Maker):
    """Makes cards that show what was received beside what was meant."""

    def __init__(self, rehearsal: Rehearsal, seen: Seen, keep: PictureFolder) -> None:
        super().__init__(seen, keep)
        self._folder = rehearsal.folder
        self._of = {message.draft.key: message for message in rehearsal.results.messages}
        self._pictures = keep
        self._left = DRAWN

    def card(
        self, draft: Draft, preview: Preview | None, *, drawn: bool, brief: bool = False
    ) -> Card:
        """The card of `draft`; what came is left out of it where it is the same and undrawn."""
        message = self._of[draft.key]
        if message.difference is not None and self._left:
            self._left -= 1
            drawn = True
        card = super().card(draft, preview, drawn=drawn, brief=brief)
        tried = draft.entry.claimed_at if draft.entry is not None else None
        card = replace(
            card,
            stands_out=message.difference is not None,
            difference=message.difference,
            when="" if tried is None else f"tried on {moment_in_words(tried)}",
        )
        if message.routed:
            return _routed(card, draft)
        if message.difference is None and not drawn and card.sheet is not None:
            notes = (*card.sheet.notes, "what was received is the same")
            return replace(card, sheet=replace(card.sheet, notes=notes))
        return replace(card, received=self._received(message, drawn=drawn))

    def _received(self, message: Rehearsed, *, drawn: bool) -> tuple[Sheet, ...]:
        keep = self._pictures if drawn else None
        what = what_it_is(message.draft)
        return tuple(_sheet(each, self._folder, keep, what) for each in message.arrived)


def _routed(card: Card, draft: Draft) -> Card:
    """A message that went to the tester."""
    to = draft.message.to.written if draft.message is not None else card.to
    went = f"it went to your own contact, not to {' '.join(card.to.split())}: look there"
    return replace(card, to=to, reason=f"{card.reason}; {went}" if card.reason else went)


def _sheet(
    arrived: Arrived, folder: Path, keep: Callable[[bytes, str], Picture] | None, what: str
) -> Sheet:
    """What a stand-in got, as its recipient reads it."""
    got = arrived.got
    file = got.file.relative_to(folder) if got.file.is_relative_to(folder) else got.file
    notes = [f"received for {' '.join(got.to.split()) or 'nobody'}", f"kept as {file}"]
    if not arrived.readable:
        notes.append(f"{arrived.by} got it; how its recipient has it then cannot be told here")
    shown = Preview(text=got.shown, draw=got.draw, notes=tuple(notes))
    undrawn = "its pages are not drawn here" if has_pictures(shown) else ""
    return sheet_of(shown, keep, what=f"{what}, as it was received", without=undrawn)


def _stranger(arrived: Arrived, rehearsal: Rehearsal) -> Stranger:
    sheet = _sheet(arrived, rehearsal.folder, None, "what was received")
    if len(sheet.text) > LONGEST:
        sheet = replace(sheet, text=f"{sheet.text[:LONGEST]} ...")
    return Stranger(arrived.by, arrived.got.to or "nobody", sheet)


def _rows(results: Results) -> list[Row]:
    by_channel: dict[str, list[Rehearsed]] = {}
    for message in results.messages:
        by_channel.setdefault(message.draft.channel, []).append(message)
    return [
        Row(
            channel=name,
            tried=len(its),
            received=sum(len(message.arrived) for message in its),
            as_meant=sum(bool(message.arrived) and message.difference is None for message in its),
            differing=sum(message.difference is not None for message in its),
            routed=any(message.routed for message in its),
        )
        for name, its in by_channel.items()
    ]
