"""Who has handed a campaign over follows it: to its end, what keeps it back, or Ctrl-C."""

from __future__ import annotations

import asyncio
import io
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

import postgreskit
from clikit import Use, mail_server, start, until, write_campaign
from linekit import Line
from officekit import Office, Shared
from uadispatch.cli.sending import following

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _on_a_server(the_server: str) -> Iterator[None]:
    Shared.all_sent, Shared.takes = [], 0.0
    databases = postgreskit.Databases(the_server)
    with postgreskit.journals_on(databases):
        yield
    databases.drop()


def follow(office: Office, *, wait: bool = False, seconds: float = 20) -> str:
    """What it says to the end. Raises TimeoutError: there is none."""
    out = io.StringIO()

    async def following_it() -> None:
        console = Console(file=out, width=1000)
        with office.case.journal() as journal:
            its = following.follow(journal, office.order, 1, console, office.clock, wait=wait)
            assert not await asyncio.wait_for(its, seconds)

    asyncio.run(following_it())
    return out.getvalue()


def state(office: Office, kind: str, **of: Any) -> None:
    with office.case.journal() as journal:
        journal.state_fact("46/19", kind, at=office.clock.now(), by="Ann", **of)


def test_it_ends_when_all_is_sent(tmp_path: Path) -> None:
    office = Office(tmp_path, 30)
    office.hand_over()
    with office.working(1):
        assert "Nothing more begins" not in follow(office)
    assert office.sent_once()


def test_it_ends_when_the_campaign_is_stopped(tmp_path: Path) -> None:
    office = Office(tmp_path, 30)
    Shared.takes = 0.05
    office.hand_over()
    with office.working(1):
        office.until(lambda: Shared.all_sent)
        state(office, "stopped", because="we must think")
        said = follow(office)
    assert "Nothing more begins" in said
    assert "we must think" in said
    assert office.states() == {"accepted", "planned"}


def test_a_stop_of_a_target_keeps_it_no_longer_than_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "STILL", 3.0)
    office = Office(tmp_path, 5)
    office.hand_over()
    state(office, "stopped", target="official-1", because="they have moved")
    with office.working(1):
        assert "they have moved" in follow(office)
    assert sorted(office.case.states().values()) == [*["accepted"] * 4, "planned"]


def test_who_waits_waits_for_the_end_of_a_stop_and_hears_of_it_once(tmp_path: Path) -> None:
    office = Office(tmp_path, 3)
    office.hand_over()
    state(office, "stopped", because="we must think")
    with pytest.raises(TimeoutError), office.working(1):
        follow(office, wait=True, seconds=4)
    state(office, "resumed")
    with office.working(1):
        assert "Nothing more begins" not in follow(office, wait=True)
    assert office.sent_once()


def test_ctrl_c_ends_it_while_the_journal_hangs(tmp_path: Path, use: Use, monkeypatch: Any) -> None:
    file = write_campaign(tmp_path, 2)
    with Line.to(postgreskit.journal_of(tmp_path).given) as line, mail_server() as server:
        monkeypatch.setenv("UADISPATCH_JOURNAL", line.url)
        use(server)
        follower = start("send", file, "--yes", "--workers")
        output = follower.stdout
        assert output is not None
        until(lambda: "no worker is alive" in output.readline())
        line.hang()
        time.sleep(1.5)  # it asks each second, and is waiting now
        follower.send_signal(signal.SIGINT)
        try:
            _, told = follower.communicate(timeout=20)
        finally:
            follower.kill()
            line.mend()
    assert "the workers go on" in told
    assert "The journal does not answer" in told
    assert "Traceback" not in told
    assert follower.returncode not in (0, -signal.SIGKILL)
