"""``mend``: what had failed begins anew with its new contact, and what is said of it is so."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from clikit import states, write_campaign
from uadispatch.dispatch.planning import preparing
from uadispatch.testing.far_ends.smtp import reply

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer

SMS = """
from uadispatch import *

class Sms(Channel[ChannelSettings]):
    name = "sms"
    contact = "email"
    Settings = ChannelSettings
    templates = {"any": "{{ letter.text }}"}
    async def send(self, message):
        raise Unavailable("the line is down")

@hookimpl
def register_channels(register):
    register(Sms)
"""

GONE = reply(550, "5.1.1 no such mailbox")
LATER = reply(450, "4.7.1 later")


@pytest.fixture
def file(tmp_path: Path, cli: Cli, use: Use, server: SmtpServer) -> Path:
    """A campaign of three, of whose mailboxes two are gone."""
    file = write_campaign(tmp_path, 3)
    use(server)
    for number in (0, 2):
        server.at("rcpt", GONE, recipient=f"t{number}@example.org")
    assert cli("send", file, "--yes", "--json").json["states"] == {"accepted": 1, "failed": 2}
    return file


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def received(server: SmtpServer) -> list[str]:
    return [mail.recipients[0] for mail in server.mails]


def test_a_new_contact_is_written_to_and_the_old_one_stays_in_the_story(
    file: Path, cli: Cli, server: SmtpServer
) -> None:
    edit(file, "t0@example.org", "new@example.org")
    assert cli("send", file, "--yes").code == 1
    assert received(server) == ["t1@example.org"]
    assert "uadispatch mend plans it again" in cli("dry-run", file).words
    ran = cli("mend", file, "t0/email", "--note", "from their website", "--by", "Ann")
    assert ran.code == 0
    assert "t0/email: to new@example.org, no longer t0@example.org" in ran.words
    assert "1 message planned again." in ran.words
    assert states(cli, file) == {"accepted": 1, "failed": 1, "planned": 1}
    assert cli("send", file, "--yes").code == 1
    assert received(server) == ["t1@example.org", "new@example.org"]
    moves = cli("status", file, "t0/email", "--json").json["moves"]
    assert [(move["after"], move["to"]) for move in moves] == [
        ("planned", "t0@example.org"),
        ("claimed", "t0@example.org"),
        ("failed", "t0@example.org"),
        ("planned", "new@example.org"),
        ("claimed", "new@example.org"),
        ("accepted", "new@example.org"),
    ]
    assert "Ann says that its contact was mended: from their website" in moves[3]["reason"]
    assert cli("journal", "check", "--journal", file.parent / ".uadispatch/journal.db").code == 0


def test_a_contact_that_was_mended_at_the_far_end_needs_a_word(
    file: Path, cli: Cli, server: SmtpServer
) -> None:
    ran = cli("mend", file, "t0/email")
    assert ran.code == 2
    assert "add --unchanged" in ran.words
    ran = cli("mend", file, "--all")
    assert "0 messages planned again" in ran.words
    assert "No failed message has another contact in the file" in ran.words
    assert states(cli, file) == {"accepted": 1, "failed": 2}
    server.clear()
    assert cli("mend", file, "--all", "--unchanged").code == 0
    assert cli("send", file, "--yes").code == 0
    assert sorted(received(server)[-2:]) == ["t0@example.org", "t2@example.org"]


def test_of_all_only_those_are_meant_whose_contact_has_changed(
    file: Path, cli: Cli, server: SmtpServer
) -> None:
    edit(file, "t2@example.org", "new@example.org")
    assert "1 message planned again" in cli("mend", file, "--all").words
    assert cli("send", file, "--yes").code == 1
    assert received(server)[-1] == "new@example.org"
    assert states(cli, file) == {"accepted": 2, "failed": 1}


def test_its_attempts_begin_anew(file: Path, cli: Cli, use: Use, server: SmtpServer) -> None:
    use(server, attempts=2, retry_wait="0.01 s")
    server.clear()
    server.at("rcpt", LATER, recipient="t0@example.org", times=1)
    assert cli("mend", file, "t0/email", "--unchanged").code == 0
    assert cli("send", file, "--yes", "--wait", "--target", "t0").code == 0
    listed = cli("status", file, "--messages", "--json").json["messages"]
    assert [found["attempts"] for found in listed if found["target"] == "t0"] == [3]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["t1/email"], "t1/email has not failed in this round; it is accepted"),
        ([], "name one MESSAGE, or give --all"),
        (["t0/email", "--all"], "name one MESSAGE, or give --all"),
        (["t9/email"], "t9/email"),
    ],
)
def test_what_is_not_clear_changes_nothing(
    file: Path, cli: Cli, words: list[str], says: str
) -> None:
    ran = cli("mend", file, *words)
    assert ran.code == 2
    assert says in ran.words
    assert states(cli, file) == {"accepted": 1, "failed": 2}


def test_what_the_channel_refuses_now_is_not_called_planned(file: Path, cli: Cli) -> None:
    folder = file.parent / "templates/email"
    folder.mkdir(parents=True)
    (folder / "en.j2").write_text("{{ letter.text }}")  # a mail without a subject
    ran = cli("mend", file, "t0/email", "--unchanged")
    assert ran.code == 1
    assert "t0/email: to t0@example.org once more; but it is refused: The subject" in ran.words
    assert "0 messages planned again" in ran.words
    assert states(cli, file) == {"accepted": 1, "failed": 1, "refused": 1}


def test_a_contact_that_another_target_has_is_held(
    file: Path, cli: Cli, server: SmtpServer
) -> None:
    edit(file, "t0@example.org", "t1@example.org")
    ran = cli("mend", file, "t0/email")
    assert ran.code == 1
    assert "but it is kept back: t1@example.org is the contact of target t1 too" in ran.words
    assert cli("send", file, "--yes").code == 1
    assert received(server) == ["t1@example.org"]


@pytest.mark.parametrize("how", ["journal", "file", "deadline"])
def test_what_is_over_stays_as_it_is(file: Path, cli: Cli, server: SmtpServer, how: str) -> None:
    edit(file, "t0@example.org", "new@example.org")
    if how == "journal":
        assert cli("close", file, "--because", "he is free").code == 0
    elif how == "file":
        edit(file, "country: KZ, deadline", "country: KZ, status: closed, deadline")
    else:
        edit(file, "2199-09-27", "2019-09-27")
    ran = cli("mend", file, "--all")
    assert ran.code == 3
    assert "it stays as it is: the" in ran.words
    assert states(cli, file) == {"accepted": 1, "failed": 2}
    assert received(server) == ["t1@example.org"]


def test_nothing_is_mended_that_must_be_approved_first(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a run that goes on with what was approved would send what was not."""
    edit(file, "I am writing to you.", "I demand.")
    edit(file, "t0@example.org", "new@example.org")
    monkeypatch.setenv("UADISPATCH_APPROVAL_REQUIRED", "true")
    ran = cli("mend", file, "--all")
    assert ran.code == 3
    assert "nobody has approved it" in ran.words
    assert states(cli, file) == {"accepted": 1, "failed": 2}
    step = ran.out.splitlines()[-1].partition("if all is right: uadispatch ")[2]
    approve = shlex.split(step.partition(";")[0].replace("NAME", "Ann"))
    assert cli(*approve).code == 0
    assert "1 message planned again" in cli("mend", file, "--all").words


def test_a_refused_contact_is_marked_for_other_campaigns_until_it_works(
    file: Path, cli: Cli, server: SmtpServer
) -> None:
    other = file.with_name("other.yaml")
    other.write_text(file.read_text().replace("46/30", "47/30"))
    ran = cli("dry-run", other)
    assert ran.words.count("this contact was refused for good") >= 2
    assert "5.1.1 no such mailbox" in ran.words
    marked = {
        found["target"]
        for found in cli("dry-run", other, "--json").json["messages"]
        if found["refused_before"]
    }
    assert marked == {"t0", "t2"}
    assert "this contact was refused for good" in cli("send", other, answer="n\n").words
    server.clear()
    assert cli("mend", file, "t0/email", "--unchanged").code == 0
    assert cli("send", file, "--yes").code == 1
    listed = cli("dry-run", other, "--json").json["messages"]
    assert [found["target"] for found in listed if found["refused_before"]] == ["t2"]


def test_what_has_no_plugin_today_is_held_for_that_and_by_mend_too(
    file: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "KNOWN_CHANNELS", preparing.KNOWN_CHANNELS | {"sms"})
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "sms.py").write_text(SMS)
    edit(file, "[email]", "[email, sms]")
    edit(file, "t0@example.org", "new@example.org")
    cli("send", file, "--yes", "--channel", "sms", "--plugins-dir", plugins)

    def remark() -> str:
        found: str = cli("status", file, "t1/sms", "--json").json["message"]["reason"]
        return found

    assert remark() == "the line is down"
    assert cli("mend", file, "--all").code == 0
    assert remark() == "its channel sms is not installed here"
    (plugins / "sms.py").write_text("nonsense")
    cli("mend", file, "--all", "--plugins-dir", plugins)
    assert remark() == "its channel sms cannot be used here: its plugin is missing or broken"
    (plugins / "sms.py").write_text(SMS)
    cli("send", file, "--yes", "--limit", 1, "--channel", "sms", "--plugins-dir", plugins)
    assert remark() == "the line is down"
