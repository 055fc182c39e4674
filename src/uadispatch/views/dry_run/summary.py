"""What would happen, in numbers and words: by channel, by guard, and who is not reached."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.dispatch.states import UNSENT, State
from uadispatch.views.shapes import mark_of, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from uadispatch.channels.rates import RateValue
    from uadispatch.dispatch.planning import Draft
    from uadispatch.views.dry_run.seen import Seen

__all__ = [
    "Fate",
    "GuardSays",
    "Missing",
    "Row",
    "Summary",
    "fate",
    "is_held",
    "summary",
    "unreached_targets",
]

KEPT_BACK = "kept back"
NAMED = 30
"""So many names a list has at most, before it says how many more there are."""
REASONS = 4


class Fate(StrEnum):
    """What becomes of a message if the campaign is sent at the moment of the dry-run."""

    NOW = "go out now"
    LATER = "go out later"
    HELD = "held"
    REFUSED = "refused"
    KEPT = KEPT_BACK
    OUT = "out already"
    PEOPLE = "with people"
    DOUBT = "in doubt"
    OVER = "failed or cancelled"


_FATES = {
    State.WITH_PERSON: Fate.PEOPLE,
    State.IN_DOUBT: Fate.DOUBT,
    State.FAILED: Fate.OVER,
    State.CANCELLED: Fate.OVER,
}


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


def fate(draft: Draft, now: datetime) -> Fate:
    """What becomes of `draft` if it is sent at `now`."""
    if draft.goes_out:
        return Fate.NOW if draft.waits_until(now) is None else Fate.LATER
    if draft.entry is not None and draft.entry.state not in UNSENT:
        return _FATES.get(draft.entry.state, Fate.OUT)
    if is_held(draft):
        return Fate.HELD
    return Fate.REFUSED if state_of(draft) is State.REFUSED else Fate.KEPT


def is_held(draft: Draft) -> bool:
    """Whether a person must look at it first."""
    return draft.held is not None or (draft.entry is not None and draft.entry.held is not None)


def summary(seen: Seen) -> Summary:
    """What the top of the page says."""
    by_channel: dict[str, Counter[Fate]] = {name: Counter() for name in seen.prepared.channels}
    who: Counter[str] = Counter()
    fallbacks: Counter[str] = Counter()
    times: list[datetime] = []
    marked = 0
    for draft in seen.drafts:
        its = fate(draft, seen.at)
        by_channel[draft.channel][its] += 1
        if its in (Fate.NOW, Fate.LATER):
            who[draft.by] += 1
        if its is Fate.LATER and (waits := draft.waits_until(seen.at)):
            times.append(waits)
        if draft.choice.fallback:
            fallbacks[draft.choice.fallback] += 1
        marked += bool(mark_of(draft))
    total: Counter[Fate] = sum(by_channel.values(), Counter())
    fates = tuple(each for each in Fate if total[each])
    unreached = unreached_targets(seen)
    return Summary(
        total=len(seen.drafts),
        by_fate=dict(total),
        by_program=who["program"],
        by_people=who["person"],
        earliest=min(times, default=None),
        latest=max(times, default=None),
        fates=fates,
        rows=tuple(_rows(seen, by_channel, fates)),
        guards=tuple(_guards(seen)),
        missing=tuple(_missing(seen)),
        unreached=tuple(unreached[:NAMED]),
        unreached_number=len(unreached),
        fallbacks=tuple(fallbacks.most_common(REASONS)),
        marked=marked,
    )


def _rows(
    seen: Seen, by_channel: dict[str, Counter[Fate]], fates: tuple[Fate, ...]
) -> Iterable[Row]:
    for name, numbers in by_channel.items():
        if not numbers:
            continue
        channel = seen.prepared.channels[name]
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


def _guards(seen: Seen) -> Iterable[GuardSays]:
    """What the guards say, each guard once; a deadline once, however many zones it passed in."""
    found: dict[str, Counter[str]] = {}
    deadline = seen.prepared.source.campaign.urgent_action.deadline
    shown = {draft.key for draft in seen.drafts}
    for draft in seen.look.waiting:
        if draft.key not in shown or draft.verdict is None:
            continue
        guard, reason = draft.verdict.guard, draft.verdict.reason
        if guard == "expired":
            reason = f"the deadline has passed: its last day was {deadline:%-d %B %Y}"
        found.setdefault(guard, Counter())[reason] += 1
    facts = seen.look.facts
    for guard, says in (("superseded", facts.superseded), ("not approved", facts.unapproved)):
        if says and guard not in found:
            found[guard] = Counter({says: 0})
    for guard, reasons in found.items():
        if guard == "held":  # each has a reason of its own, and is listed
            yield GuardSays(guard, reasons.total(), ("a person must look first",), 0)
            continue
        few = tuple(reason for reason, _ in reasons.most_common(REASONS))
        yield GuardSays(guard, reasons.total(), few, len(reasons) - len(few))


def _missing(seen: Seen) -> Iterable[Missing]:
    by_channel: dict[str, list[str]] = {}
    for gap in seen.look.without:
        by_channel.setdefault(gap.channel, []).append(gap.target)
    for channel, targets in by_channel.items():
        yield Missing(channel, len(targets), tuple(targets[:NAMED]))


def unreached_targets(seen: Seen) -> list[str]:
    """The ids of the targets that no channel of the campaign reaches."""
    reached = {draft.target.id for draft in seen.look.everything}
    return list({gap.target: None for gap in seen.look.without if gap.target not in reached})
