"""When a message that failed for now is tried again: tenacity's strategies, fed from the journal.

tenacity's own loop is never used: each try is a claim of its own, so the times come from the
journal and survive a restart. It knows nothing of channels or states.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tenacity import (
    Future,
    RetryCallState,
    Retrying,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from uadispatch.channels.channel_settings import ChannelSettings

__all__ = ["Failed", "next_try", "next_try_after_outage", "pause_after"]

JITTER = 0.25
"""The wait is lengthened by up to this part of itself, so that tries do not come in step."""


LONGEST = timedelta(days=3650)
"""No far end is taken at its word for longer than this."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)
"""Of a channel whose far end serves nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A try that failed for now: which try it was, and when the first and this one were made."""

    attempt: int
    first_at: datetime
    at: datetime
    retry_after: timedelta | None = None


def next_try(
    settings: ChannelSettings, failed: Failed, random: Callable[[], float]
) -> datetime | None:
    """When to try again, or None to give up.

    The wait grows exponentially from `retry_wait` to `retry_longest`, is lengthened by jitter
    (`random` gives numbers in [0, 1)) and is never shorter than a second or `failed.retry_after`.
    """
    state = _state(failed)
    stop = stop_after_attempt(settings.attempts) | stop_after_delay(settings.give_up_after)
    if stop(state):
        return None
    wait = wait_exponential(
        multiplier=settings.retry_wait.total_seconds(),
        exp_base=settings.retry_factor,
        max=settings.retry_longest.total_seconds(),
    )
    seconds = max(wait(state), 1.0) * (1 + JITTER * random())
    if failed.retry_after is not None:
        seconds = max(seconds, failed.retry_after.total_seconds())
    return failed.at + timedelta(seconds=min(seconds, LONGEST.total_seconds()))


def next_try_after_outage(
    settings: ChannelSettings, failed: Failed, random: Callable[[], float]
) -> datetime | None:
    """When to try again what met a far end that serves nobody, or None to give up.

    Such tries are not counted, so the message waits for as long again as it has waited already,
    from `retry_wait` to `retry_longest`: that doubles, too.
    """
    if stop_after_delay(settings.give_up_after)(_state(failed)):
        return None
    wait = max(min(failed.at - failed.first_at, settings.retry_longest), settings.retry_wait)
    seconds = max(wait.total_seconds(), 1.0) * (1 + JITTER * random())
    if failed.retry_after is not None:
        seconds = max(seconds, failed.retry_after.total_seconds())
    return failed.at + timedelta(seconds=min(seconds, LONGEST.total_seconds()))


def pause_after(failures: int, random: Callable[[], float]) -> timedelta:
    """How long a channel pauses after so many failures in a row, from 1."""
    wait = wait_exponential(
        multiplier=FIRST_PAUSE.total_seconds(), max=LONGEST_PAUSE.total_seconds()
    )
    state = RetryCallState(Retrying(), fn=None, args=(), kwargs={})
    state.attempt_number = failures
    return timedelta(seconds=wait(state) * (1 + JITTER * random()))


def _state(failed: Failed) -> RetryCallState:
    """What tenacity's strategies look at, as if its loop had made the tries."""
    state = RetryCallState(Retrying(), fn=None, args=(), kwargs={})
    state.attempt_number = failed.attempt
    state.start_time = failed.first_at.timestamp()
    state.outcome_timestamp = failed.at.timestamp()
    state.outcome = Future(failed.attempt)
    return state
