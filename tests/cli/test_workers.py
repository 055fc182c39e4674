"""``send --workers`` and ``worker``, typed on several machines."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import psycopg
import pytest

import postgreskit
from clikit import Cli, Use, mail_server, start, until, write_campaign

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def journal(the_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    databases = postgreskit.Databases(the_server)
    url = databases.of(tmp_path).given
    monkeypatch.setenv("UADISPATCH_JOURNAL", url)
    yield url
    databases.drop()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Another machine: the settings are there, the campaign file is not."""
    folder = tmp_path / "elsewhere"
    (folder / "config").mkdir(parents=True)
    return folder


def begin_worker(folder: Path) -> subprocess.Popen[str]:
    before = os.getcwd()  # noqa: PTH109 - where the process begins
    os.chdir(folder)
    try:
        return start("worker")
    finally:
        os.chdir(before)


@pytest.mark.usefixtures("journal")
def test_a_campaign_is_handed_over_and_sent_by_a_worker_elsewhere(
    tmp_path: Path, elsewhere: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path, 5)
    toml = (tmp_path / "config/uadispatch.toml").read_text()
    (elsewhere / "config/uadispatch.toml").write_text(toml)
    with mail_server() as server:
        use(server)
        worker = begin_worker(elsewhere)
        ran = cli("send", file, "--yes", "--workers", "--json")
        assert (ran.code, ran.json["states"]) == (0, {"accepted": 5})
        monkeypatch.chdir(elsewhere)
        assert cli("status", "46/30", "--json").json["states"] == {"accepted": 5}
        assert cli("confirm", "46/30").code == 0
        assert cli("report", "46/30", "--json").code == 0
        assert cli("journal", "check").code == 0
        worker.send_signal(signal.SIGTERM)
        _, err = worker.communicate(timeout=30)
        assert worker.returncode == 0
        assert len(server.mails) == 5
    events = [json.loads(line) for line in err.splitlines()]
    assert [events[0]["event"], events[-1]["event"]] == ["worker started", "worker stopped"]
    assert "example.org" not in err
    assert "A. Person" not in err


@pytest.mark.usefixtures("journal")
def test_ctrl_c_ends_the_following_and_not_the_work(tmp_path: Path, use: Use, cli: Cli) -> None:
    file = write_campaign(tmp_path, 2)
    with mail_server() as server:
        use(server)
        follower = start("send", file, "--yes", "--workers")
        until(lambda: "2 planned; no worker is alive" in _line(follower))
        follower.send_signal(signal.SIGINT)
        out, _ = follower.communicate(timeout=30)
        assert follower.returncode == 130
        assert "the workers go on" in out
        assert cli("status", file, "--json").json["states"] == {"planned": 2}
        assert server.mails == []


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_workers_need_a_journal_on_a_server(tmp_path: Path, use: Use, cli: Cli) -> None:
    file = write_campaign(tmp_path, 2)
    with mail_server() as server:
        use(server)
        ran = cli("send", file, "--yes", "--workers")
        assert (ran.code, "one machine alone can use" in ran.words) == (2, True)
        ran = cli("worker", "--journal", tmp_path / "j.db")
        assert (ran.code, "needs one on PostgreSQL" in ran.words) == (2, True)
        assert server.mails == []


@pytest.mark.usefixtures("journal")
def test_a_worker_says_what_it_lacks(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_campaign(tmp_path, 2)
    monkeypatch.chdir(tmp_path)
    ran = cli("worker", "--channel", "email")
    assert (ran.code, "UADISPATCH_EMAIL_HOST" in ran.words) == (2, True)
    ran = cli("worker", "--channel", "emial")
    assert (ran.code, "did you mean email?" in ran.words) == (2, True)


def test_a_password_that_is_typed_is_refused(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path, 2)
    ran = cli("status", file, "--journal", "postgresql://ann:secret@localhost/x")
    assert ran.code == 2
    assert "PGPASSWORD" in ran.words
    assert "secret" not in ran.words


def test_a_server_that_is_away_is_said(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path, 2)
    monkeypatch.setenv("UADISPATCH_JOURNAL", f"postgresql://ann:secret@/x?host={tmp_path}")
    for words in (["dry-run", file], ["status", file], ["send", file, "--yes"]):
        ran = cli(*words)
        assert ran.code == 2
        assert "the server cannot be reached" in ran.words
        assert "secret" not in ran.words


def test_tables_are_brought_up_to_date_by_a_command(tmp_path: Path, journal: str, cli: Cli) -> None:
    write_campaign(tmp_path, 1)
    assert "is up to date" in cli("journal", "upgrade").out
    with psycopg.connect(journal) as connection:
        connection.execute("UPDATE meta SET value = '8' WHERE name = 'version'")
    ran = cli("journal", "upgrade", "--json")
    assert (ran.code, ran.json["reached"], ran.json["queue"]) == (0, [9], [])
    with psycopg.connect(journal) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name IN ('version', 'needs')")
    ran = cli("journal", "upgrade")
    assert ran.code == 2
    assert "use the program that has brought them there" in ran.err


def test_a_file_is_up_to_date_for_whoever_writes_to_it(tmp_path: Path, cli: Cli) -> None:
    write_campaign(tmp_path, 1)
    ran = cli("journal", "upgrade", "--json")
    assert (ran.code, ran.json["reached"]) == (0, [])
