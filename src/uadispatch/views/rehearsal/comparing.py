"""What was meant beside what came: how each message of a rehearsal differs from its preview.

It compares values; it knows no format of a file, no page and no markup.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from uadispatch.dispatch.states import State
from uadispatch.errors import place_of
from uadispatch.views.cards import Change
from uadispatch.views.differences import pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from uadispatch.channels.contract import Capabilities, Channel
    from uadispatch.channels.message import Message, Preview
    from uadispatch.channels.standing_in import Received, StandIn
    from uadispatch.dispatch.journal import Entry

__all__ = ["Arrivals", "Arrived", "Comparison", "arrivals", "meant"]

_TAKEN = frozenset({State.ACCEPTED, State.CONFIRMED, State.WITH_PERSON, State.DONE})
_OPEN = frozenset({State.IN_DOUBT, State.CLAIMED, State.CANCELLED})
"""Of these a far end may have it or not."""
DRAWN = 200
"""Of so many messages pages are drawn to be compared, where their files alone do not tell."""
NAMED = 5
"""How many pages of one message are named."""


class Arrived(NamedTuple):
    """A message that a stand-in got."""

    by: str
    """The channel whose stand-in it is."""
    got: Received
    """As its recipient has it in the end."""
    readable: bool = True
    """Whether that can be told."""


@dataclass(frozen=True)
class Arrivals:
    """All that the stand-ins got."""

    of: Mapping[str, Sequence[Arrived]]
    """By the key of the message."""
    strange: Sequence[Arrived]
    """What belongs to no message."""


def arrivals(
    entries: Sequence[Entry],
    received: Sequence[tuple[str, Received]],
    stand_ins: Mapping[str, StandIn],
    *,
    prefix: str,
) -> Arrivals:
    """Which message each of `received` is; `prefix` begins the references of this rehearsal.

    What bears no reference is taken for a message to that contact which has not come otherwise,
    best for one that was taken; else for any other one of its channel.
    """
    by_reference = {f"{prefix}{entry.key}": entry for entry in entries}
    found: defaultdict[str, list[Arrived]] = defaultdict(list)
    unnamed: list[Arrived] = []
    strange: list[Arrived] = []
    for by, got in received:
        entry = by_reference.get(got.reference)
        if entry is not None:
            found[entry.key].append(_in_the_end(entry, by, got, stand_ins))
        else:
            (strange if got.reference else unnamed).append(Arrived(by, got))
    taken = [entry for entry in entries if entry.state in _TAKEN]
    others = [entry for entry in entries if entry.attempts and entry.state not in _TAKEN]
    for exactly in (True, False):
        for wanted in (taken, others):
            unnamed = _assign(unnamed, wanted, found, exactly=exactly)
    return Arrivals(found, [*strange, *unnamed])


def _assign(
    unnamed: Sequence[Arrived],
    entries: Sequence[Entry],
    found: defaultdict[str, list[Arrived]],
    *,
    exactly: bool,
) -> list[Arrived]:
    """Take each of `unnamed` for one of `entries`, if one is left; returns the rest."""
    waiting: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in reversed(entries):
        if entry.key not in found:
            waiting[entry.channel, entry.to if exactly else ""].append(entry.key)
    left = []
    for arrived in unnamed:
        keys = waiting[arrived.by, arrived.got.to if exactly else ""]
        if keys:
            found[keys.pop()].append(arrived)
        else:
            left.append(arrived)
    return left


def _in_the_end(entry: Entry, by: str, got: Received, stand_ins: Mapping[str, StandIn]) -> Arrived:
    """A message that came to its own channel's stand-in, or was handed on to another's."""
    if by == entry.channel or entry.channel not in stand_ins:
        return Arrived(by, got)
    try:
        read = stand_ins[entry.channel].handed_on(got)
    except Exception:  # noqa: BLE001 - a plugin's own code: what came is shown as it is
        read = None
    return Arrived(by, got, readable=False) if read is None else Arrived(by, read)


def meant(channel: Channel[Any], message: Message) -> Preview | str:
    """What the recipient is to get; or why that cannot be told."""
    try:
        return channel.preview(message)
    except Exception as exc:  # noqa: BLE001 - a plugin's fault hides nothing of the others
        return f"its preview failed, so nothing can be compared: {place_of(exc)}"


@dataclass
class Comparison:
    """Compares message by message, and counts those whose pages were too many to be drawn."""

    undrawn: int = 0
    """Of so many messages the pages were not compared."""
    _drawn: int = field(default=0, repr=False)

    def __call__(
        self,
        entry: Entry,
        to: str,
        preview: Preview | str | None,
        arrived: Sequence[Arrived],
        capabilities: Capabilities,
    ) -> Change | None:
        """How what came differs from `preview`, for `to`; None: in nothing.

        `preview` is None where nothing was to be sent, a text where it cannot be told.
        """
        says = [*_number(entry, len(arrived), capabilities)]
        texts: tuple[Any, ...] = ()
        if isinstance(preview, str):
            says.append(preview)
        for each in arrived:
            if not each.readable:
                continue
            if each.got.to != to:
                says.append(f"to another recipient: {each.got.to or 'it does not say to whom'}")
            if preview is None or isinstance(preview, str):
                continue
            says += self._how(preview, each.got)
            texts = texts or (pieces(preview.text, each.got.shown) if each.got.shown else ())
        return Change(says=tuple(dict.fromkeys(says)), pieces=texts) if says else None

    def _how(self, preview: Preview, got: Received) -> Iterator[str]:
        """What is different in a message itself."""
        same_file = False
        if preview.file is not None:
            try:
                same_file = got.file.read_bytes() == preview.file
            except OSError as exc:
                yield f"the file of it cannot be read: {exc.strerror}"
        if got.shown and got.shown != preview.text:
            yield "the text differs"
        drawn = preview.draw is not tuple or got.draw is not tuple
        if same_file:
            return
        if drawn and self._drawn >= DRAWN:
            self.undrawn += 1
            return
        try:
            ours, theirs = preview.pages, got.pages
        except Exception as exc:  # noqa: BLE001 - a plugin's own code
            yield f"its pages cannot be drawn: {place_of(exc)}"
            return
        self._drawn += drawn
        if not got.shown and not theirs and preview.text.strip():
            yield "nothing of it can be read or seen"
        else:
            yield from _pages(ours, theirs)


def _number(entry: Entry, number: int, capabilities: Capabilities) -> Iterator[str]:
    """What is wrong with how often it came, by what became of it."""
    # A service may take a message and fail to deliver it, which is found out later; one that
    # drops a second copy may be given it twice.
    again = capabilities.confirms or capabilities.idempotent
    if entry.state in _TAKEN:
        least, most = 1, max(1, entry.attempts if again else 1)
    elif entry.state in _OPEN or again:
        least, most = 0, entry.attempts
    else:
        least, most = 0, 0
    if number < least:
        yield "not received"
    elif number > most == 0:
        yield f"received, though it is recorded as {entry.state}"
    elif number > most:
        yield "received twice" if number == most + 1 == 2 else f"received {number} times"  # noqa: PLR2004 - two


def _pages(ours: Sequence[bytes], theirs: Sequence[bytes]) -> Iterator[str]:
    if len(ours) != len(theirs):
        came = "1 page" if len(theirs) == 1 else f"{len(theirs) or 'no'} pages"
        yield f"{came} came instead of {len(ours)}"
    unlike = [
        number
        for number, (our, their) in enumerate(zip(ours, theirs, strict=False), start=1)
        if our != their
    ]
    for number in unlike[:NAMED]:
        yield f"page {number} differs"
    if len(unlike) > NAMED:
        yield f"{len(unlike) - NAMED} more pages differ"
