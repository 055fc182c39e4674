"""The locks of runs: what the dead have left is tidied away, what may be somebody's is not."""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING

import pytest

from uadispatch.dispatch.journal import JournalError, Owner, journal_url
from uadispatch.dispatch.journal.on_file import owners

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from uadispatch.dispatch.journal import JournalUrl

MINUTE = 60.0


@pytest.fixture
def url(tmp_path: Path) -> JournalUrl:
    return journal_url("j.db", tmp_path, base=tmp_path)


@pytest.fixture
def unnamed(url: JournalUrl) -> Iterator[int]:
    """The open lock of a process that has made it and not yet locked it."""
    folder = owners.folder_of(url)
    folder.mkdir()
    lock = os.open(folder / f"0123456789abcdef{owners.UNNAMED}", os.O_CREAT | os.O_RDWR, 0o600)
    yield lock
    os.close(lock)


def made(lock: int, *, ago: float) -> None:
    then = time.time() - ago
    os.utime(lock, (then, then))


def test_one_without_a_name_that_nobody_locks_goes_after_an_hour(
    url: JournalUrl, unnamed: int
) -> None:
    made(unnamed, ago=61 * MINUTE)
    owners.tidy(url)
    assert not owners.folder_of(url).exists()


@pytest.mark.parametrize("ago", [0, 59 * MINUTE, -120 * MINUTE])
def test_a_young_one_without_a_name_stays(url: JournalUrl, unnamed: int, ago: float) -> None:
    """Its maker is perhaps about to lock it; the clock may have been set back, too."""
    made(unnamed, ago=ago)
    owners.tidy(url)
    assert len(list(owners.folder_of(url).iterdir())) == 1


def test_a_locked_one_without_a_name_stays_however_old(url: JournalUrl, unnamed: int) -> None:
    made(unnamed, ago=1000 * MINUTE)
    fcntl.flock(unnamed, fcntl.LOCK_EX)
    owners.tidy(url)
    assert len(list(owners.folder_of(url).iterdir())) == 1


def test_the_lock_of_the_living_stays_and_that_of_the_dead_goes(url: JournalUrl) -> None:
    dead = owners.folder_of(url) / "0123456789abcdef"
    with Owner(url) as alive:
        dead.touch()
        os.utime(owners.folder_of(url) / alive.id, (0, 0))
        owners.tidy(url)
        assert [path.name for path in owners.folder_of(url).iterdir()] == [alive.id]
    assert not owners.folder_of(url).exists()


def test_a_maker_whose_lock_was_tidied_away_sends_nothing(
    url: JournalUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It slept for hours before it locked: it has no name then, and says so."""
    lock = fcntl.flock

    def asleep(handle: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        made(handle, ago=61 * MINUTE)
        owners.tidy(url)
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", asleep)
    with pytest.raises(JournalError, match="nothing is sent without one"):
        Owner(url)
