"""What a journal should hold: the rules of the design once more, as simply as can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from journalkit import Run
    from uadispatch.dispatch.journal import Pace, Planned, Repeatable, Settlement

WAITING = {"planned", "retry"}
"""Where it is certain that nothing is out."""
WRITTEN_TO = {"claimed", "accepted", "confirmed", "in_doubt", "with_person", "done"}


@dataclass(eq=False)
class Mail:
    """A message, and whether it is certain that nothing of it is out."""

    key: str
    round: int
    target: str
    channel: str
    repeatable: Repeatable | None
    state: str = "planned"
    contact: str = ""
    expires_at: datetime | None = None
    held: bool = False
    snapshot: str = ""
    attempts: int = 0
    not_before: datetime | None = None
    owner: Run | None = None
    certainly_not_out: bool = True
    tries: set[tuple[Run, int]] = field(default_factory=set)

    @property
    def goes_again(self) -> bool:
        """Whether it is in doubt, and the far end drops a second one."""
        again = self.state == "in_doubt" and self.repeatable == "idempotent"
        return again and self.not_before is not None

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(f"{self.target}/{self.channel} ({self.round}): {self.state}")


@dataclass
class Speed:
    """How fast a channel may go."""

    last_start: datetime | None = None
    last_begin: datetime | None = None
    spacing: timedelta = timedelta(0)
    slow_until: datetime | None = None
    paused_until: datetime | None = None


@dataclass
class Claims:
    """What a claim should give."""

    taken: list[Mail] = field(default_factory=list)
    cancelled: int = 0
    kept_back: int = 0
    not_before: datetime | None = None


@dataclass
class Model:
    """One campaign, as its journal should have it."""

    now: datetime
    mails: dict[str, Mail] = field(default_factory=dict)
    closed: bool = False
    approved: str = ""
    stops: set[tuple[str | None, str | None]] = field(default_factory=set)
    opted_out: set[tuple[str, str]] = field(default_factory=set)
    marks: set[tuple[str, str]] = field(default_factory=set)
    speeds: dict[str, Speed] = field(default_factory=dict)

    def plan(
        self, plan: Iterable[Planned], round_: int, snapshot: str, mended: Collection[str]
    ) -> None:
        rows = list(plan)
        self._hold_doubt({row.key: row for row in rows})
        for row in rows:
            mail = self.mails.get(row.key)
            if mail is None:
                mail = Mail(row.key, round_, row.target, row.channel, row.repeatable)
                self.mails[row.key] = mail
            elif mail.state == "failed" and row.key in mended:
                mail.state, mail.not_before, mail.certainly_not_out = "planned", None, True
            elif mail.state not in WAITING | {"refused"}:
                continue
            if row.refusal:
                mail.state = "refused"
            elif mail.state == "refused":
                mail.state = "planned"
            if mail.state == "planned":
                mail.not_before = None  # its hours may be others now, and are looked at anew
            mail.contact, mail.expires_at, mail.snapshot = row.contact, row.expires_at, snapshot
            mail.held = row.held is not None
        for mail in self.mails.values():
            if mail.snapshot != snapshot and mail.state in WAITING:
                mail.held = True

    def _hold_doubt(self, plan: Mapping[str, Planned]) -> None:
        """What is tried again is what it was; but not when it is gone from the file."""
        for mail in self.mails.values():
            if mail.state == "in_doubt" and mail.repeatable == "idempotent":
                row = plan.get(mail.key)
                if row is None:
                    mail.held = mail.held or mail.goes_again
                else:
                    mail.held = row.held is not None or row.contact != mail.contact
                    mail.expires_at = row.expires_at

    def claim(
        self,
        run: Run,
        mails: Sequence[Mail],
        *,
        channel: str,
        spacing: timedelta | None,
        needs: str | None,
    ) -> Claims:
        """`mails` are in the order of their ids."""
        claims = Claims()
        one, claims.not_before = self._slot(channel, spacing)
        if claims.not_before is not None:
            return claims
        for mail in mails[:1] if one else mails:
            if mail.state not in WAITING and not mail.goes_again:
                continue
            if mail.not_before and mail.not_before > self.now:
                continue
            if self.is_over(mail) and not mail.goes_again:
                mail.state, mail.not_before, mail.held = "cancelled", None, False
                claims.cancelled += 1
            elif self.objects_to(mail, needs) or self._is_served(mail):
                claims.kept_back += 1
            else:
                mail.state, mail.owner = "claimed", run
                mail.attempts += 1
                mail.tries.add((run, mail.attempts))
                claims.taken.append(mail)
        if claims.taken and one:
            self._speed(channel).last_start = self.now
        return claims

    def is_over(self, mail: Mail) -> bool:
        assert mail.expires_at is not None
        return self.closed or self.now >= mail.expires_at

    def objects_to(self, mail: Mail, needs: str | None = None) -> bool:
        """Whether any guard does."""
        return (
            self.is_over(mail)
            or needs not in (None, self.approved)
            or mail.held
            or any(
                target in (None, mail.target) and channel in (None, mail.channel)
                for target, channel in self.stops
            )
            or (mail.channel, mail.contact) in self.opted_out
        )

    def _is_served(self, mail: Mail) -> bool:
        return any(
            (other.round, other.channel, other.contact) == (mail.round, mail.channel, mail.contact)
            and other.target != mail.target
            and other.state in WRITTEN_TO
            for other in self.mails.values()
        )

    def _speed(self, channel: str) -> Speed:
        return self.speeds.setdefault(channel, Speed())

    def begin(self, channel: str, spacing: timedelta) -> datetime | None:
        """When a try may truly begin, if not now."""
        speed = self._speed(channel)
        if speed.slow_until and speed.slow_until > self.now:
            spacing = max(spacing, speed.spacing)
        if speed.last_begin and speed.last_begin + spacing > self.now:
            return speed.last_begin + spacing
        speed.last_begin = self.now
        return None

    def _slot(self, channel: str, spacing: timedelta | None) -> tuple[bool, datetime | None]:
        """Whether one may be claimed at a time, and until when none."""
        speed = self._speed(channel)
        if speed.paused_until and speed.paused_until > self.now:
            return False, speed.paused_until
        if speed.slow_until and speed.slow_until > self.now:
            spacing = max(spacing or timedelta(0), speed.spacing)
        if spacing is None:
            return False, None
        if speed.last_start and speed.last_start + spacing > self.now:
            return True, speed.last_start + spacing
        return True, None

    def settle(self, run: Run, mail: Mail, found: Settlement) -> bool:
        """Whether it is recorded at all."""
        after: str = found.after
        if found.says_of_contact == "opted_out" and (run, found.attempt) in mail.tries:
            self.opted_out.add((found.channel, found.contact))  # however late that is heard
        if mail.owner is not run or mail.attempts != found.attempt:
            return False
        if mail.state == "claimed":
            mail.attempts -= after == "planned"
        elif mail.state == "in_doubt" and after != "in_doubt":
            after = "planned" if after in {"retry", "with_person"} else after
        else:
            return False
        mail.state, mail.not_before = after, found.not_before
        if found.not_before is None and not found.excused and after != "planned":
            mail.held = False
        mail.certainly_not_out = after in WAITING
        where = (mail.channel, mail.contact)
        if found.says_of_contact == "rejected":
            self.marks.add(where)
        if after in {"accepted", "confirmed"}:
            self.marks.discard(where)
        if found.pace is not None:
            self._heed(mail.channel, found.pace)
        return True

    def _heed(self, channel: str, pace: Pace) -> None:
        speed = self._speed(channel)
        if pace.slow_until and pace.spacing is not None:
            speed.spacing = pace.spacing
            speed.slow_until = max(pace.slow_until, speed.slow_until or pace.slow_until)
        if pace.paused_until:
            speed.paused_until = max(pace.paused_until, speed.paused_until or pace.paused_until)

    def recover(self) -> int:
        """Move the claims of the dead; returns how many there were."""
        number = 0
        for mail in self.mails.values():
            if mail.state != "claimed" or (mail.owner and mail.owner.locked):
                continue
            number += 1
            again = self.now if mail.repeatable == "idempotent" else None
            mail.state, mail.not_before = "in_doubt", again
            if mail.repeatable == "person":
                mail.state, mail.certainly_not_out = "planned", True
        return number

    def cancel_ended(self, targets: Collection[str] | None) -> int:
        states = WAITING | ({"with_person"} if self.closed else set())
        ended = [
            mail
            for mail in self.mails.values()
            if mail.state in states
            and (targets is None or mail.target in targets)
            and self.is_over(mail)
        ]
        for mail in ended:
            mail.state, mail.not_before, mail.held = "cancelled", None, False
        return len(ended)
