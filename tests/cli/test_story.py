"""``status CAMPAIGN MESSAGE``: the story of one message, and its text byte for byte."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from casekit import write_home
from clikit import mail_server
from uadispatch.testing.far_ends.smtp import SILENCE, late, reply

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from clikit import Cli, Use

UA = """\
urgent_action: {number: 46/30, title: A case, deadline: 2199-09-27}
round: 1
channels: [email]
targets:
  - {id: t0, name: Official 0, email: t0@example.org}
  - {id: t1, name: Official 1, email: t1@example.org}
  - {id: t2, name: Official 2, email: t2@example.org}
letter:
  en:
    subject: "Release A. Person :fax: [red]"
    text: "I write [bold]to you[/]\\n\\tabout :heart: Прокурор {{ 7 * 7 }}."
"""


def test_each_try_with_its_time_its_answer_and_how_long_it_took(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    file = write_home(tmp_path, text=UA)
    with mail_server() as server:
        use(server, retry_wait="0.05 s", patience=0.001)
        server.at("rcpt", reply(450, "4.7.1 [b]later[/b]"), recipient="t0@example.org", times=1)
        server.at("dot", late(0.3), recipient="t1@example.org")
        server.at("dot", SILENCE, recipient="t2@example.org")
        cli("send", file, "--yes", "--wait")

    ran = cli("status", file, "t0/email", "--json")
    assert ran.code == 0
    assert {"campaign", "message", "moves", "text"} <= set(ran.json)
    assert (ran.json["message"]["state"], ran.json["message"]["attempts"]) == ("accepted", 2)
    assert [
        (move["before"], move["after"], move["attempt"], move["code"]) for move in ran.json["moves"]
    ] == [
        (None, "planned", 0, None),
        ("planned", "claimed", 1, None),
        ("claimed", "retry", 1, "450 4.7.1"),
        ("retry", "claimed", 2, None),
        ("claimed", "accepted", 2, "250 2.0.0"),
    ]
    assert "4.7.1 [b]later[/b]" in ran.json["moves"][2]["reason"]
    assert [move["seconds"] is not None for move in ran.json["moves"]] == [
        False, False, True, False, True,
    ]  # fmt: skip
    ran = cli("status", file, "t0/email")
    assert re.search(r"\d UTC try 1, \d+ ms: retry, code 450 4.7.1 The mail server", ran.words)
    assert "450 4.7.1 [b]later[/b]" in ran.words
    assert "try 2," in ran.words

    (slow,) = [m for m in cli("status", file, "t1/email", "--json").json["moves"] if m["seconds"]]
    assert 0.3 <= slow["seconds"] < 10
    ran = cli("status", file, "t2/email")
    assert ran.code == 1
    assert "in_doubt: it may have gone out" in ran.words


def test_the_text_is_the_one_that_was_sent_whatever_the_files_say_now(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_home(tmp_path, text=UA)
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes", "--limit", 1).code == 0
        mail = message_from_bytes(server.mails[0].content, policy=policy.default)
    told = cli("status", file, "t0/email", "--json").json
    assert told["text"]["subject"] == "Release A. Person :fax: [red]" == mail["Subject"]
    assert "\tabout :heart: Прокурор {{ 7 * 7 }}." in told["text"]["body"]
    assert mail.get_content().replace("\r\n", "\n") == told["text"]["body"]

    folder = tmp_path / "templates/email"
    folder.mkdir(parents=True)
    (folder / "en.j2").write_text("{% set subject = 'Other' %}Other")
    file.write_text(UA.replace("A. Person", "B. Person"), encoding="utf-8")
    assert cli("status", file, "t0/email", "--json").json == told
    file.unlink()
    monkeypatch.chdir(tmp_path)
    key = told["message"]["key"]
    assert cli("status", "46/30", key[:6], "--json").json == told
    ran = cli("status", "UA 46/30", "t0/email")
    assert "Subject: Release A. Person :fax: [red]\n\n" in ran.out
    assert f"\n{told['text']['body']}" in ran.out


def test_a_message_that_was_not_tried_yet_has_the_text_it_was_planned_with(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    file = write_home(tmp_path, text=UA)
    with mail_server() as server:
        use(server)
        cli("send", file, "--yes", "--limit", 1)
    ran = cli("status", file, "t2/email")
    assert ran.code == 0
    assert "planned: not yet tried" in ran.words
    assert "its text as it is planned" in ran.words
    assert "Dear Official 2," in ran.words


def test_the_newest_round_is_told_and_the_others_are_named(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    file = write_home(tmp_path, text=UA)
    with mail_server() as server:
        use(server)
        cli("send", file, "--yes")
        file.write_text(UA.replace("round: 1", "round: 2"), encoding="utf-8")
        cli("send", file, "--yes", "--target", "t0")
    ran = cli("status", file, "t0/email", "--json")
    assert ran.json["message"]["round"] == 2
    (first,) = ran.json["rounds"]
    assert (first["round"], first["state"]) == (1, "accepted")
    assert cli("status", file, first["key"][:12], "--json").json["message"]["round"] == 1
    assert f"In round 1 it is accepted; see {first['key'][:12]}" in (
        cli("status", file, "t0/email").words
    )


def test_a_name_that_fits_nothing_is_answered_with_what_is_near(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    file = write_home(tmp_path, text=UA)
    assert "no journal here yet" in cli("status", file, "t0/email").words
    with mail_server() as server:
        use(server)
        cli("send", file, "--yes")
    for name, hint in (("t0/fax", "it has t0/email"), ("t00/email", "did you mean t0/email")):
        ran = cli("status", file, name)
        assert ran.code == 2
        assert hint in ran.words
    other = file.with_name("other.yaml")
    other.write_text(UA.replace("46/30", "47/30"), encoding="utf-8")
    assert "has never seen campaign 47/30" in cli("status", other, "t0/email").words
    assert cli("status", file, "t0/email", "--messages").code == 2


PLUGIN = """
from uadispatch import *

class Gateway(Channel[ChannelSettings]):
    name = "gw"
    contact = "email"
    Settings = ChannelSettings
    templates = {"any": "{{ letter.text }}"}
    async def send(self, message):
        return Receipt(says="taken \\x1b[31m [red]")

@hookimpl
def register_channels(register):
    register(Gateway)
"""


def test_without_the_plugin_the_moves_are_told_and_the_text_is_missed(
    tmp_path: Path, cli: Cli
) -> None:
    file = write_home(tmp_path, text=UA)
    file.write_text(UA.replace("[email]", "[gw]"), encoding="utf-8")
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "gw.py").write_text(PLUGIN)
    assert cli("send", file, "--yes", "--plugins-dir", plugins).code == 0
    ran = cli("status", file, "t0/gw", "--plugins-dir", plugins)
    assert "I write [bold]to you[/]" in ran.out
    assert "taken �[31m [red]" in ran.out
    ran = cli("status", file, "t0/gw")
    assert ran.code == 0
    assert "taken �[31m [red]" in ran.out
    assert "No text: there is no channel 'gw'" in ran.words
    ran = cli("status", file, "t0/gw", "--json")
    assert ran.json["text"] is None
    assert "Install the plugin" in ran.json["text_missing"]


def test_a_try_that_was_cut_off_is_said_to_be_open(tmp_path: Path, cli: Cli, use: Use) -> None:
    import sqlite3
    from contextlib import closing

    file = write_home(tmp_path, text=UA)
    with mail_server() as server:
        use(server)
        cli("send", file, "--yes", "--limit", 1)
    with closing(sqlite3.connect(tmp_path / ".uadispatch/journal.db")) as book, book:
        book.execute("DELETE FROM moves WHERE after = 'accepted'")
        book.execute("UPDATE messages SET state = 'claimed' WHERE target = 't0'")
    ran = cli("status", file, "t0/email")
    assert ran.code == 1
    assert "try 1 began; no answer to it is recorded" in ran.words
    assert "in_doubt: it may have gone out" in ran.words
    assert "its run was cut off before the outcome was known" in ran.words


def test_the_plain_status_keeps_its_shape(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write_home(tmp_path, text=UA)
    with mail_server() as server:
        use(server)
        cli("send", file, "--yes")
    shape = cli("status", file, "--messages", "--json").json
    assert set(shape) == {
        "campaign", "states", "rounds", "channels", "in_doubt", "held", "done", "guards",
        "messages", "document", "approval",
    }  # fmt: skip


def test_asking_changes_no_file(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write_home(tmp_path, text=UA)
    with mail_server() as server:
        use(server)
        cli("send", file, "--yes")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert cli("status", file, "t0/email").code == 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
