"""The commands as a user types them: what they send, print and leave behind, and exit codes."""

from __future__ import annotations

import json
import signal
import time
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest

from casekit import TOML
from clikit import mail_server, start, until, write_campaign
from uadispatch.dispatch.planning import preparing
from uadispatch.testing.far_ends.smtp import SILENCE, late, reply

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer


def received(server: SmtpServer) -> list[str]:
    return [mail.recipients[0] for mail in server.mails]


def test_a_thousand_targets_get_one_mail_each_and_no_more(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path / "home", 1000)
    with mail_server() as server:
        use(server, concurrency=10)
        ran = cli("send", file, "--yes", "--json")
        assert ran.code == 0
        assert ran.json["states"] == {"accepted": 1000}
        assert ran.json["channels"] == {"email": {"accepted": 1000}}
        assert sorted(received(server)) == sorted(f"t{n}@example.org" for n in range(1000))
        monkeypatch.chdir(tmp_path)
        assert cli("send", file, "--yes").code == 0
        monkeypatch.chdir(tmp_path / "home")
        assert cli("send", "ua.yaml", "--yes", "--json").json["states"] == {"accepted": 1000}
        assert len(server.mails) == 1000


def test_send_says_what_it_is_about_to_do_and_asks(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        ran = cli("send", file, answer="n\n")
        assert ran.code == 1
        assert "2 messages by email" in ran.words
        assert "Nothing of campaign 46/30 was ever sent with this journal" in ran.words
        assert "Nothing was sent" in ran.words
        assert cli("send", file).code == 130  # nobody answers
        assert server.mails == []
        assert not (tmp_path / ".uadispatch").exists()
        assert cli("send", file, answer="y\n").code == 0
        assert len(server.mails) == 2


def test_send_needs_every_setting_before_the_first_mail(tmp_path: Path, cli: Cli) -> None:
    ran = cli("send", write_campaign(tmp_path), "--yes")
    assert ran.code == 2
    assert "UADISPATCH_EMAIL_HOST (or email.host in config/uadispatch.toml)" in ran.words


def test_one_bad_recipient_stops_nobody(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write_campaign(tmp_path, 5)
    with mail_server() as server:
        use(server)
        server.at("rcpt", reply(550, "5.1.1 no such mailbox"), recipient="t2@example.org")
        ran = cli("send", file, "--yes", "--json")
        assert ran.code == 1
        assert ran.json["states"] == {"accepted": 4, "failed": 1}
        assert "5.1.1 no such mailbox" in ran.err


def test_a_temporary_failure_leaves_with_4(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        server.at("rcpt", reply(450, "4.7.1 later"), recipient="t1@example.org", times=1)
        ran = cli("send", file, "--yes")
        assert ran.code == 4
        assert "The next try is due on" in ran.words
        assert cli("send", file, "--yes").code == 4
        assert len(server.mails) == 1


def test_waiting_is_waiting_for_real(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server, retry_wait="0.05 s")
        server.at("rcpt", reply(450, "4.7.1 later"), recipient="t1@example.org", times=1)
        assert cli("send", file, "--yes", "--wait").code == 0
        assert len(server.mails) == 2


def test_a_wrong_password_stops_with_2_and_all_stay_planned(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    file = write_campaign(tmp_path)
    with mail_server(users={"ua": "right"}) as server:
        use(server, username="ua", password="wrong-hunter2")
        ran = cli("send", file, "--yes", "--json")
        assert ran.code == 2
        assert ran.json["states"] == {"planned": 2}
        assert "UADISPATCH_EMAIL_PASSWORD" in ran.err
        assert "hunter2" not in ran.out + ran.err
        use(server, username="ua", password="right")
        assert cli("send", file, "--yes").code == 0


def test_a_password_may_come_from_a_command(tmp_path: Path, cli: Cli, use: Use) -> None:
    with mail_server(users={"ua": "right"}) as server:
        use(server, username="ua", password_command="printf right")
        assert cli("send", write_campaign(tmp_path), "--yes").code == 0


def test_an_answer_that_never_comes_is_in_doubt_and_never_sent_again(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server, patience=0.001)
        server.at("dot", SILENCE, recipient="t1@example.org")
        ran = cli("send", file, "--yes", "--json")
        assert ran.code == 1
        assert ran.json["states"] == {"accepted": 1, "in_doubt": 1}
        (doubt,) = ran.json["in_doubt"]
        assert (doubt["target"], doubt["channel"]) == ("t1", "email")
        server.clear()
        assert cli("send", file, "--yes").code == 1
        assert received(server).count("t1@example.org") <= 1


def test_limit_target_and_channel_narrow(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write_campaign(tmp_path, 5)
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes", "--limit", 1).code == 0
        assert received(server) == ["t0@example.org"]
        assert cli("send", file, "--yes", "--target", "t3", "--target", "t4").code == 0
        assert sorted(received(server)) == [f"t{n}@example.org" for n in (0, 3, 4)]
        assert cli("send", file, "--yes", "--channel", "fax").code == 2
        ran = cli("send", file, "--yes", "--target", "t44")
        assert ran.code == 2
        assert "did you mean" in ran.words


def test_status_by_file_and_by_number(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path)
    assert cli("status", file).code == 2
    with mail_server() as server:
        use(server)
        cli("send", file, "--yes", "--limit", 1)
    ran = cli("status", file, "--json")
    assert ran.code == 0
    assert ran.json["states"] == {"accepted": 1, "planned": 1}
    assert {"campaign", "states", "channels", "in_doubt", "guards"} <= set(ran.json)
    monkeypatch.chdir(tmp_path)
    assert cli("status", "46/30", "--json").json == ran.json
    assert cli("status", "47/30").code == 2
    listed = cli("status", file, "--messages", "--json").json["messages"]
    assert [(m["target"], m["state"], m["attempts"]) for m in listed] == [
        ("t0", "accepted", 1),
        ("t1", "planned", 0),
    ]
    assert "1 accepted" in cli("status", file).words


def test_the_journal_can_be_named(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes", "--journal", tmp_path / "books" / "j.db").code == 0
        monkeypatch.setenv("UADISPATCH_JOURNAL", f"sqlite:///{tmp_path}/books/j.db")
        assert cli("send", file, "--yes").code == 0
        assert len(server.mails) == 2
    assert not (tmp_path / ".uadispatch/journal.db").exists()


def test_a_rehearsal_can_be_sent_to_the_tester(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        ran = cli("rehearse", file, "--to", "tester@example.org", "--json")
        assert ran.code == 0
        assert received(server) == ["tester@example.org"] * 2
        mails = [message_from_bytes(mail.content, policy=policy.default) for mail in server.mails]
        assert {mail["Subject"] for mail in mails} == {"[TEST] Release A. Person"}
        assert len({mail["Message-ID"] for mail in mails}) == 2
        assert {mail["To"].addresses[0].addr_spec for mail in mails} == {"tester@example.org"}
        assert cli("rehearse", file, "--to", "fax=+12025550100").code == 2
        assert cli("rehearse", file, "--to", "email=a@example.org, b@example.org").code == 2
        assert len(server.mails) == 2
    assert not (tmp_path / ".uadispatch/journal.db").exists()


def test_a_rehearsal_waits_for_nothing(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path, 20)
    began = time.monotonic()
    ran = cli("rehearse", file, "--json")
    assert ran.json["states"] == {"accepted": 20}
    assert time.monotonic() - began < 60


def test_channels_says_what_is_missing(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    email, *others = cli("channels", "--json").json["channels"]
    assert all(other["ready"] for other in others), "they work as they are"
    assert (email["name"], email["ready"], email["missing"], email["by"]) == (
        "email", False, ["UADISPATCH_EMAIL_HOST"], "program",
    )  # fmt: skip
    monkeypatch.setenv("UADISPATCH_EMAIL_HOST", "smtp.example.org")
    assert cli("channels", "--json").json["channels"][0]["ready"] is True
    (tmp_path / "broken.py").write_text("1/0")
    ran = cli("channels", "--plugins-dir", tmp_path)
    assert ran.code == 1
    assert "ZeroDivisionError" in ran.words


def test_init_makes_a_home_that_works_and_overwrites_nothing(tmp_path: Path, cli: Cli) -> None:
    folder = tmp_path / "new"
    assert cli("init", folder).code == 0
    example = folder / "config/campaigns/example.yaml"
    assert cli("dry-run", example).code == 0
    assert cli("rehearse", example).code == 0
    settings = folder / "config/uadispatch.toml"
    settings.write_text(TOML)
    assert "kept" in cli("init", folder).words
    assert settings.read_text() == TOML
    (tmp_path / "file").write_text("")
    assert cli("init", tmp_path / "file/x").code == 2


def test_a_channel_that_is_not_installed_is_said_and_a_slip_is_an_error(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "KNOWN_CHANNELS", preparing.KNOWN_CHANNELS | {"sms"})
    file = write_campaign(tmp_path)
    text = file.read_text()
    file.write_text(text.replace("[email]", "[email, sms]"))
    ran = cli("dry-run", file)
    assert ran.code == 0
    assert "sms is not installed" in ran.words
    file.write_text(text.replace("[email]", "[emial]"))
    ran = cli("dry-run", file)
    assert ran.code == 2
    assert "did you mean 'email'" in ran.words


@pytest.mark.parametrize("word", ["dry-run", "rehearse", "send", "status"])
@pytest.mark.parametrize("content", [None, b"", b"\0\xff", b"[" * 10_000, b"a: &a [*a]"])
def test_bad_files_give_a_text_and_2(
    tmp_path: Path, cli: Cli, word: str, content: bytes | None
) -> None:
    file = tmp_path / "ua.yaml"
    if content is not None:
        file.write_bytes(content)
    ran = cli(word, file)
    assert ran.code == 2
    assert "error:" in ran.err
    assert "ua.yaml" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["dry-run"], ["send", "x.yaml", "--limit", "0"],
              ["dry-run", "x.yaml", "--now", "soon"]]
)  # fmt: skip
def test_wrong_usage_is_2(cli: Cli, words: list[str]) -> None:
    assert cli(*words).code == 2


def test_hostile_names_are_shown_as_they_are(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path)
    name = "{{ 7*7 }} [red]<b>{% raw %}"
    file.write_text(file.read_text().replace("name: Official 0", f'name: "{name}"'))
    ran = cli("dry-run", file)
    assert ran.code == 0
    assert name in ran.words
    assert "49 [red]" not in ran.words
    ran = cli("rehearse", file, "--show")
    assert name in ran.words


def test_ctrl_c_finishes_records_and_says_how_to_go_on(tmp_path: Path, use: Use) -> None:
    file = write_campaign(tmp_path, 200)
    with mail_server() as server:
        use(server, concurrency=2)
        server.at("dot", late(0.05))
        process = start("send", file, "--yes", "--json")
        until(lambda: server.mails)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        states = json.loads(out)["states"]
        assert set(states) == {"accepted", "planned"}
        assert states["accepted"] == len(server.mails) < 200
        assert "Go on with: uadispatch send" in err


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_reader_that_goes_away_cuts_nothing_off(
    tmp_path: Path, cli: Cli, use: Use, *, interrupted: bool
) -> None:
    file = write_campaign(tmp_path, 40)
    with mail_server() as server:
        use(server, concurrency=2)
        server.at("dot", late(0.05))
        server.at("rcpt", reply(550, "5.1.1 no such mailbox"), recipient="t9@example.org")
        process = start("send", file, "--yes")
        until(lambda: server.mails)
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()
        if interrupted:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        states = cli("status", file, "--json").json["states"]
        assert set(states) <= {"accepted", "failed", "planned"}
        assert states["accepted"] == len(server.mails)
        assert interrupted or states == {"accepted": 39, "failed": 1}
