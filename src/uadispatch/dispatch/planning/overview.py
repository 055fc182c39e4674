"""What a plan amounts to: numbers, and the first few of what a person is told by name.

It is counted while the plan is gone through, and keeps as little of a million messages as of ten.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from uadispatch.dispatch.guards import Verdict
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.dispatch.planning.planning import Without
    from uadispatch.errors import Problem

__all__ = ["FEW", "MOST_REFUSED", "Faults", "Gaps", "Objections", "Overview", "Refusals"]

FEW = 30
"""So many of a kind are kept by name; the others are counted."""
MOST_REFUSED = 10_000
"""So many refusals are remembered, which is some megabytes."""
MANY = 100
"""So many different reasons of a guard, or faults of templates, are kept word by word."""


class Objections:
    """What guards say against messages: each once, and how many are not among those kept."""

    def __init__(self) -> None:
        """Nobody has said anything."""
        self._said: dict[Verdict, None] = {}
        self._of: Counter[str] = Counter()
        self.further: Counter[str] = Counter()
        """By guard: how many messages it keeps back for reasons that are not kept."""

    def add(self, verdict: Verdict) -> None:
        """One message is kept back."""
        if verdict in self._said:
            return
        if self._of[verdict.guard] >= MANY:
            self.further[verdict.guard] += 1
            return
        self._of[verdict.guard] += 1
        self._said[verdict] = None

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self._said)

    @property
    def guards(self) -> set[str]:
        """Those that have said anything."""
        return set(self._of)


@dataclass
class Faults:
    """What is wrong with templates: how many messages each fault breaks, and the first of them."""

    numbers: Counter[Problem] = field(default_factory=Counter)
    targets: dict[Problem, list[str]] = field(default_factory=dict)
    """The ids of the first few targets."""
    further: int = 0
    """How many messages are broken by faults that are not kept."""

    def add(self, fault: Problem, target: str) -> None:
        """One message is broken."""
        if fault not in self.numbers and len(self.numbers) >= MANY:
            self.further += 1
            return
        self.numbers[fault] += 1
        its = self.targets.setdefault(fault, [])
        if len(its) < FEW:
            its.append(target)


@dataclass
class Gaps:
    """Whom a channel cannot reach because the contact is missing: how many, and the first."""

    numbers: Counter[str] = field(default_factory=Counter)
    """By channel."""
    named: dict[str, list[str]] = field(default_factory=dict)
    """By channel: the ids of the first few targets."""
    first: list[Without] = field(default_factory=list)
    """On any channel."""

    def add(self, gap: Without) -> None:
        """One is missing."""
        self.numbers[gap.channel] += 1
        its = self.named.setdefault(gap.channel, [])
        if len(its) < FEW:
            its.append(gap.target)
        if len(self.first) < FEW:
            self.first.append(gap)


class Refusals:
    """What channels refuse, so that they need not be asked again: it may take pages to tell."""

    def __init__(self) -> None:
        """Nothing is refused."""
        self._found: dict[str, str] | None = {}

    def add(self, draft: Draft) -> None:
        """One message was looked at."""
        if draft.refusal is None and draft.broken is None:
            return
        full = self._found is None or len(self._found) >= MOST_REFUSED
        if full or draft.refusal is None or self._found is None:
            self._found = None
        else:
            self._found[draft.key] = draft.refusal

    @property
    def found(self) -> Mapping[str, str] | None:
        """Key to reason; None: they are too many to remember, or a template is broken."""
        return self._found


class Overview:
    """What messages amount to at a moment, however many they are."""

    def __init__(self, now: datetime) -> None:
        """None of them yet."""
        self._now = now
        self.number = 0
        """How many there are."""
        self.outgoing: Counter[str] = Counter()
        """By channel: what would go out, now or later."""
        self.due: Counter[str] = Counter()
        """By channel: what would go out at once."""
        self.awaiting = 0
        """How many would go out once they are approved: nothing else speaks against them."""
        self.waiting = 0
        """How many have not gone out yet, whatever keeps them back."""
        self.objections = Objections()
        """What the guards say against messages that nobody has claimed yet."""
        self.faults = Faults()
        self.accepted: set[str] = set()
        """The channels of which a service may have messages that it has not delivered."""
        self.gaps = Gaps()

    def add(self, draft: Draft) -> None:
        """Count one message."""
        self.number += 1
        if draft.broken is not None:
            self.faults.add(draft.broken.fault, draft.target.id)
        if draft.entry is not None and draft.entry.state is State.ACCEPTED:
            self.accepted.add(draft.channel)
        if not draft.waits:
            return
        self.waiting += 1
        if draft.goes_out:
            self.outgoing[draft.channel] += 1
            if draft.waits_until(self._now) is None:
                self.due[draft.channel] += 1
        elif draft.verdict is not None:
            self.objections.add(draft.verdict)
            self.awaiting += draft.awaits_approval
