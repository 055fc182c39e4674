"""What `send` says and leaves behind when the mail server is away."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from casekit import write_home

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server that is configured, and does not listen."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("UADISPATCH_EMAIL_HOST", "127.0.0.1")
    monkeypatch.setenv("UADISPATCH_EMAIL_PORT", str(port))
    monkeypatch.setenv("UADISPATCH_EMAIL_SECURITY", "none")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = write_home(tmp_path, count=12, channels="email")
    file.write_text(file.read_text().replace("2019-09-27", "2099-09-27"))
    return file


@pytest.mark.usefixtures("away")
def test_a_server_that_is_away_is_named_once_and_everything_waits(cli: Cli, file: Path) -> None:
    ran = cli("send", file, "--yes")
    assert ran.code == 4
    # When it pauses first, and at the end; not for each message.
    assert ran.words.count("could not be reached") == 2
    assert "it is still so" in ran.words
    assert "what it had not tried is still planned" in ran.words
    assert "or stay with --wait" in ran.words
    states = cli("status", file, "--json").json["states"]
    assert set(states) == {"planned", "retry"}
    assert sum(states.values()) == 12


@pytest.mark.usefixtures("away")
def test_json_says_which_channel_was_left_waiting(cli: Cli, file: Path) -> None:
    shape = cli("send", file, "--yes", "--json").json
    assert [paused["channel"] for paused in shape["paused"]] == ["email"]
    assert shape["next_due"] is not None
    assert "could not be reached" in shape["paused"][0]["says"]


@pytest.mark.usefixtures("away")
def test_an_outage_costs_no_message_its_tries(cli: Cli, file: Path) -> None:
    for _ in range(3):
        cli("send", file, "--yes", "--limit", 2)
    ran = cli("journal", "check", "--journal", file.parent / ".uadispatch/journal.db")
    assert ran.code == 0
    story = cli("status", file, "official-0/email", "--json").json
    assert story["message"]["state"] == "retry"
    assert {move["after"] for move in story["moves"]} == {"planned", "claimed", "retry"}
