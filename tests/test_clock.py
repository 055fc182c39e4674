"""The clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from uadispatch.clock import CommonClock, ShiftedClock, SystemClock

if TYPE_CHECKING:
    import pytest


def test_a_shifted_clock_goes_on_from_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    real = [datetime(2026, 1, 1, tzinfo=UTC)]
    monkeypatch.setattr(SystemClock, "now", lambda _: real[0])
    start = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)
    clock = ShiftedClock(start)
    assert clock.now() == start
    real[0] += timedelta(seconds=90)
    assert clock.now() == start + timedelta(seconds=90)


def test_a_common_clock_is_the_machines_own_corrected_as_it_must_be_now() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ahead = [2.5]

    class Own(SystemClock):
        def now(self) -> datetime:
            return start

    clock = CommonClock(Own(), lambda: ahead[0])
    assert clock.now() == start + timedelta(seconds=2.5)
    ahead[0] = -1.0
    assert clock.now() == start - timedelta(seconds=1)
