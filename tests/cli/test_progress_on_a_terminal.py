"""What a person sees of a run on a terminal, read from its screen."""

from __future__ import annotations

import re
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from clikit import states, until, write_campaign
from ptykit import Terminal
from uadispatch.testing.far_ends.smtp import SILENCE, late, reply

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer

COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-9][0-9;]*m")


@pytest.fixture
def file(tmp_path: Path, use: Use, server: SmtpServer) -> Path:
    """A campaign of 60 messages to a server that takes two seconds for all of them."""
    use(server, concurrency=2)
    server.at("dot", late(0.07))
    server.at("rcpt", reply(550, "5.1.1 no such user"), recipient="t1@example.org")
    server.at("rcpt", reply(450, "4.7.1 later"), recipient="t2@example.org")
    return write_campaign(tmp_path, 60)


@pytest.mark.parametrize("columns", [100, 40])
def test_the_screen_shows_how_far_it_is_and_in_the_end_the_summary_alone(
    file: Path, columns: int, cli: Cli
) -> None:
    with Terminal("send", file, "--yes", columns=columns) as terminal:
        text = terminal.until(
            lambda text: all(
                re.search(what, " ".join(text.split()))
                for what in (
                    r"\d+ of 60 tried", r"\d+ a second", "less than a minute left",
                    "1 failed, 1 to be tried again", "t1/email: failed",
                )
            )
        )  # fmt: skip
        assert "━" in text
        assert max(len(line) for line in text.splitlines()) <= columns
        assert not terminal.cursor_is_there
        assert terminal.end() == 1
    left = " ".join(terminal.text.split())
    assert "━" not in left
    assert " of 60 tried" not in left
    assert left.count("t1/email: failed") == 1
    assert "60 messages tried" in left
    assert terminal.cursor_is_there
    assert states(cli, file) == {"accepted": 58, "failed": 1, "retry": 1}
    assert COLOUR.search(terminal.raw)


def test_a_channel_that_waits_stands_beneath_until_it_goes_on(
    file: Path, use: Use, server: SmtpServer
) -> None:
    use(server, rate="20/minute")
    with Terminal("send", file, "--yes", "--limit", 2) as terminal:
        waits = re.compile(r"email waits until \d\d:\d\d:\d\d UTC for its rate")
        terminal.until(lambda text: waits.search(text) is not None)
        terminal.until(lambda text: waits.search(text) is None)
        assert terminal.end() == 1
    assert "2 messages tried" in terminal.text


def test_a_far_end_that_is_away_is_named_beneath(file: Path, server: SmtpServer) -> None:
    server.clear()
    server.at("connect", reply(421, "4.3.2 too busy"))
    with Terminal("send", file, "--yes") as terminal:
        text = terminal.until(lambda text: "email waits until" in text and "busy" in text)
        assert "for its far end, which is away" in " ".join(text.split())
        assert terminal.end() == 4
    assert "email was left waiting" in terminal.text


def test_colours_are_a_wish(file: Path) -> None:
    with Terminal("send", file, "--yes", NO_COLOR="1") as terminal:
        terminal.until(lambda text: "━" in text)
        assert terminal.end() == 1
    assert not COLOUR.search(terminal.raw)


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(file: Path) -> None:
    with Terminal("send", file, "--yes", TERM="dumb") as terminal:
        assert terminal.end() == 1
    assert b"\x1b" not in terminal.raw
    assert "60 messages tried" in terminal.text


def test_the_screen_is_shown_although_the_words_go_to_a_file(file: Path, tmp_path: Path) -> None:
    with (
        (tmp_path / "words").open("w") as words,
        Terminal("send", file, "--yes", stdout=words.fileno()) as terminal,
    ):
        terminal.until(lambda text: " of 60 tried" in text)
        assert terminal.end() == 1
    assert terminal.text == ""
    assert "60 messages tried" in (tmp_path / "words").read_text()
    assert "t1/email: failed" in (tmp_path / "words").read_text()


def test_the_screen_is_shown_beside_a_log_that_goes_to_a_file(file: Path, tmp_path: Path) -> None:
    with (
        (tmp_path / "log").open("w") as log,
        Terminal("send", file, "--yes", "--log-json", stderr=log.fileno()) as terminal,
    ):
        terminal.until(lambda text: " of 60 tried" in text)
        assert terminal.end() == 1
    assert "{" not in terminal.text
    assert len((tmp_path / "log").read_text().splitlines()) > 60


def test_a_log_on_the_terminal_takes_the_place_of_the_screen(file: Path) -> None:
    with Terminal("send", file, "--yes", "--log-json", columns=400) as terminal:
        assert terminal.end() == 1
    assert not any("━" in text for text in terminal.seen)
    assert '"event": "run_ended"' in terminal.text


def test_a_terminal_that_goes_away_ends_no_run_that_was_told_to_go_on(
    file: Path, cli: Cli, server: SmtpServer
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        terminal = Terminal("send", file, "--yes")
    finally:
        signal.signal(signal.SIGHUP, before)
    with terminal:
        terminal.until(lambda text: " of 60 tried" in text)
        terminal.go_away()
        terminal.process.wait(60)
    assert states(cli, file) == {"accepted": 58, "failed": 1, "retry": 1}
    assert len(server.mails) == 58


def test_leaving_at_once_gives_the_cursor_back(file: Path, server: SmtpServer) -> None:
    server.clear()
    server.at("dot", SILENCE)
    with Terminal("send", file, "--yes") as terminal:
        terminal.until(lambda text: "0 of 60 tried" in text and server.counts["dot"] > 0)
        terminal.process.send_signal(signal.SIGINT)
        terminal.until(lambda text: "Press Ctrl-C again" in text)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130
    assert "Left at once" in terminal.text
    assert terminal.cursor_is_there


def test_looking_at_many_messages_is_shown_too(tmp_path: Path) -> None:
    file = write_campaign(tmp_path, 16_000)
    with Terminal("dry-run", file, "--limit", 1) as terminal:
        terminal.until(
            lambda text: re.search(r"[\d,]+ of 16,000 messages looked at", text) is not None
        )
        assert terminal.end() == 0
    assert "looked at" not in terminal.text
    assert "━" not in terminal.text


def test_without_a_terminal_a_short_run_is_shown_by_its_summary_alone(
    file: Path, use: Use, server: SmtpServer
) -> None:
    server.clear()
    use(server)
    ran = subprocess.run(
        Terminal.command("send", file, "--yes"), capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert ran.stderr == ""
    assert "\x1b" not in ran.stdout
    assert "60 messages tried" in ran.stdout
    until(lambda: len(server.mails) == 60)
