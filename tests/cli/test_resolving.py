"""``resolve``: a person says what became of what is in doubt, and nothing else is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clikit import states, write_campaign
from uadispatch.testing.far_ends.smtp import SILENCE

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer


@pytest.fixture
def file(tmp_path: Path, cli: Cli, use: Use, server: SmtpServer) -> Path:
    """A campaign of three, of which the server has kept silent about two."""
    file = write_campaign(tmp_path, 3)
    use(server, patience=0.001)
    for number in (0, 2):
        server.at("dot", SILENCE, recipient=f"t{number}@example.org")
    assert cli("send", file, "--yes", "--json").json["states"] == {"accepted": 1, "in_doubt": 2}
    server.clear()
    use(server, patience=1)
    return file


def received(server: SmtpServer) -> list[str]:
    return sorted(mail.recipients[0] for mail in server.mails)


def test_what_was_sent_is_taken_as_accepted_and_never_goes_again(
    file: Path, cli: Cli, server: SmtpServer
) -> None:
    ran = cli("resolve", file, "t0/email", "--sent", "--note", "in the server's log", "--by", "Ann")
    assert ran.code == 0
    assert "t0/email to t0@example.org: sent" in ran.words
    assert "1 message settled as sent; 1 in doubt." in ran.words
    assert states(cli, file) == {"accepted": 2, "in_doubt": 1}
    assert "Ann says that it was sent: in the server's log" in cli("status", file, "t0/email").words
    before = received(server)
    assert cli("send", file, "--yes").code == 1
    assert received(server) == before


def test_what_was_not_sent_goes_out_once_more(file: Path, cli: Cli, server: SmtpServer) -> None:
    key = cli("status", file, "t2/email", "--json").json["message"]["key"]
    ran = cli("resolve", file, key[:8], "--not-sent")
    assert ran.code == 0
    assert "Next: uadispatch status" in ran.words  # the other one is still in doubt
    before = received(server)
    assert cli("send", file, "--yes").code == 1
    assert received(server) == sorted([*before, "t2@example.org"])
    assert states(cli, file) == {"accepted": 2, "in_doubt": 1}
    assert cli("send", file, "--yes").code == 1
    assert len(server.mails) == len(before) + 1


def test_all_are_settled_at_once(file: Path, cli: Cli, server: SmtpServer) -> None:
    ran = cli("resolve", file, "--all", "--not-sent")
    assert "2 messages settled as not sent; 0 in doubt." in ran.words
    assert "Next: uadispatch send" in ran.words
    assert states(cli, file) == {"accepted": 1, "planned": 2}
    assert cli("send", file, "--yes").code == 0
    assert set(received(server)) == {"t0@example.org", "t1@example.org", "t2@example.org"}
    ran = cli("resolve", file, "--all", "--sent")
    assert ran.code == 0
    assert "0 messages settled" in ran.words


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["t1/email", "--sent"], "t1/email is not in doubt but accepted"),
        (["t1/email", "--not-sent"], "t1/email is not in doubt but accepted"),
        (["t0/email"], "say --sent or --not-sent"),
        (["--all"], "say --sent or --not-sent"),
        (["--sent"], "name one MESSAGE, or give --all"),
        (["t0/email", "--all", "--sent"], "name one MESSAGE, or give --all"),
        (["t9/email", "--sent"], "t9/email"),
    ],
)
def test_what_is_not_clear_changes_nothing(
    file: Path, cli: Cli, words: list[str], says: str
) -> None:
    ran = cli("resolve", file, *words)
    assert ran.code == 2
    assert says in ran.words
    assert states(cli, file) == {"accepted": 1, "in_doubt": 2}


def test_what_was_not_sent_is_cancelled_where_the_campaign_is_closed(
    file: Path, cli: Cli, server: SmtpServer
) -> None:
    assert cli("close", file, "--because", "he is free").code == 0
    assert states(cli, file) == {"accepted": 1, "in_doubt": 2}
    ran = cli("resolve", file, "t0/email", "--not-sent")
    assert "closed: what was not sent is cancelled" in ran.words
    assert states(cli, file) == {"accepted": 1, "cancelled": 1, "in_doubt": 1}
    before = received(server)
    assert cli("send", file, "--yes").code in (1, 3)
    assert received(server) == before
