"""What would happen, in numbers and words: by channel, by guard, and who is not reached."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.dispatch.planning.overview import FEW as NAMED
from uadispatch.views.dry_run.counting import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from uadispatch.campaign.model import Target
    from uadispatch.channels.rates import RateValue
    from uadispatch.views.dry_run.counting import Counted
    from uadispatch.views.dry_run.seen import Seen

__all__ = [
    "GuardSays",
    "Missing",
    "Row",
    "Summary",
    "summary",
    "unreached_targets",
]

REASONS = 4


class Row(NamedTuple):
    """A line of the table of channels."""

    channel: str
    by: str
    numbers: tuple[int, ...]
    """In the order of `Summary.fates`."""
    pace: str
    """Its rate, and how long what goes out now takes at that rate; "" if it has none."""


class GuardSays(NamedTuple):
    """A guard's objection: to how many messages, and why."""

    guard: str
    number: int
    reasons: tuple[str, ...]
    more: int
    """How many further reasons there are."""


class Missing(NamedTuple):
    """Whom a channel does not reach, because the contact is missing."""

    channel: str
    number: int
    targets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the top of the page says."""

    total: int
    by_fate: dict[Fate, int]
    by_program: int
    """Of what goes out now or later."""
    by_people: int
    earliest: datetime | None
    latest: datetime | None
    """When what must wait goes out, at the earliest and at the latest."""
    fates: tuple[Fate, ...]
    """Those that occur, in order."""
    rows: tuple[Row, ...]
    guards: tuple[GuardSays, ...]
    missing: tuple[Missing, ...]
    unreached: tuple[str, ...]
    """Targets that no channel reaches at all; a few of them."""
    unreached_number: int
    fallbacks: tuple[tuple[str, int], ...]
    """Why messages are in another language than was preferred, and how many."""
    marked: int
    """How many go to a contact that was refused before."""

    @property
    def goes_out(self) -> int:
        """How many go out, now or later."""
        return self.by_fate.get(Fate.NOW, 0) + self.by_fate.get(Fate.LATER, 0)


def summary(seen: Seen, counted: Counted) -> Summary:
    """What the top of the page says."""
    total = counted.by_fate
    fates = tuple(each for each in Fate if total[each])
    named, number = _unreached(seen)
    return Summary(
        total=counted.total,
        by_fate=dict(total),
        by_program=counted.by_whom["program"],
        by_people=counted.by_whom["person"],
        earliest=counted.earliest,
        latest=counted.latest,
        fates=fates,
        rows=tuple(_rows(seen, counted, fates)),
        guards=tuple(_guards(seen, counted)),
        missing=tuple(_missing(seen)),
        unreached=named,
        unreached_number=number,
        fallbacks=tuple(counted.fallbacks.most_common(REASONS)),
        marked=counted.marked,
    )


def _rows(seen: Seen, counted: Counted, fates: tuple[Fate, ...]) -> Iterable[Row]:
    for name, channel in seen.prepared.channels.items():
        numbers = counted.by_channel.get(name)
        if numbers is None:
            continue
        by = "people" if channel.capabilities.by == "person" else "the program"
        rate = channel.settings.rate if by == "the program" else None
        pace = "" if rate is None else _pace(rate, numbers[Fate.NOW])
        yield Row(name, by, tuple(numbers[each] for each in fates), pace)


def _pace(rate: RateValue, number: int) -> str:
    """``30 a minute; 12 messages take about 22 seconds``."""
    said = f"{rate.number:,} {_in_each(rate.period)}"
    if number <= 1:
        return said
    return f"{said}; {number:,} messages take about {_length((number - 1) * rate.spacing)}"


_UNITS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
)


def _in_each(period: timedelta) -> str:
    for name, unit in _UNITS:
        if period == unit:
            return f"{'an' if name == 'hour' else 'a'} {name}"
    return f"in {_length(period)}"


def _length(time: timedelta) -> str:
    """A length of time, in the largest unit that says it within a tenth."""
    for name, unit in _UNITS:
        number = round(time / unit)
        if number and abs(time - number * unit) <= time / 10:
            return f"1 {name}" if number == 1 else f"{number:,} {name}s"
    return "a second"


def _guards(seen: Seen, counted: Counted) -> Iterable[GuardSays]:
    """What the guards say, each guard once."""
    facts, found = seen.look.facts, counted.guards
    for guard, says in (("superseded", facts.superseded), ("not approved", facts.unapproved)):
        if says and guard not in found:
            found = {**found, guard: Counter({says: 0})}
    for guard, reasons in found.items():
        few = tuple(reason for reason, _ in reasons.most_common(REASONS))
        yield GuardSays(guard, reasons.total(), few, len(reasons) - len(few))


def _missing(seen: Seen) -> Iterable[Missing]:
    gaps = seen.look.overview.gaps
    for channel, number in gaps.numbers.items():
        yield Missing(channel, number, tuple(gaps.named[channel]))


def unreached_targets(seen: Seen) -> Iterator[Target]:
    """The selected targets that no channel of the campaign reaches."""
    if not seen.look.overview.gaps.numbers:
        return
    fields = [channel.contact for channel in seen.prepared.channels.values()]
    for stored in seen.prepared.targets:
        target = stored.target
        if all(target.contact_on(field) is None for field in fields) and seen.look.lacks(target):
            yield target


def _unreached(seen: Seen) -> tuple[tuple[str, ...], int]:
    """Their ids, as many as are named; and how many there are."""
    named: list[str] = []
    number = 0
    for target in unreached_targets(seen):
        number += 1
        if len(named) < NAMED:
            named.append(target.id)
    return tuple(named), number
