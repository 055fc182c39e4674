"""``stop``, ``resume``, ``close`` and ``reopen``, as people type them while a run goes on."""

from __future__ import annotations

import json
import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from clikit import mail_server, start, until, write_campaign
from uadispatch.dispatch.followup.recalling import recall
from uadispatch.testing.far_ends.smtp import late, reply

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from clikit import Cli, Use

    OnItsWay = Callable[..., subprocess.Popen[str]]

HOLDING = """
import asyncio
from pathlib import Path
from uadispatch import *

class Settings(ChannelSettings):
    folder: Path
    gate: Path | None = None
    silent: bool = False

class Holding(Channel[Settings]):
    name = "holding"
    contact = "email"
    Settings = Settings
    templates = {"any": "{{ letter.text }}"}
    capabilities = Capabilities(recalls=True)
    async def send(self, message):
        (self.settings.folder / "begun").touch()
        while self.settings.gate and not self.settings.gate.exists():
            await asyncio.sleep(0.02)
        return Receipt(says="queued", id=f"id of {message.target.id}")
    async def recall(self, message, receipt):
        (self.settings.folder / message.target.id).write_text(receipt.id)
        if self.settings.silent:
            await asyncio.Event().wait()
        return message.target.id == "t0"

@hookimpl
def register_channels(register):
    register(Holding)
"""


def holding(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a channel whose service holds what it has, and gives some of it back."""
    plugins, asked = folder / "plugins", folder / "asked"
    for made in (plugins, asked):
        made.mkdir()
    (plugins / "holding.py").write_text(HOLDING)
    monkeypatch.setenv("UADISPATCH_HOLDING_FOLDER", str(asked))
    return plugins


def test_a_stop_holds_everything_back_until_it_is_lifted(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    file = write_campaign(tmp_path, 3)
    ran = cli("stop", file, "--because", "wait for news", "--by", "Ann")
    assert ran.code == 0
    assert "Stopped: the whole campaign." in ran.words
    assert "uadispatch resume" in ran.words
    assert "Already stopped" in cli("stop", file).words
    with mail_server() as server:
        use(server)
        ran = cli("send", file, "--yes")
        assert ran.code == 3
        assert "stopped by Ann: wait for news" in ran.words
        assert cli("dry-run", file).code == 3
        ran = cli("resume", file)
        assert ran.code == 0
        assert "Resumed: the whole campaign." in ran.words
        assert cli("send", file, "--yes").code == 0
        assert len(server.mails) == 3
    assert cli("resume", file).code == 1


def test_each_stop_is_lifted_by_its_name_or_with_all(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write_campaign(tmp_path, 4)
    assert cli("stop", file, "--target", "t1", "--target", "t2").code == 0
    assert cli("stop", file, "--target", "t3", "--channel", "email").code == 0
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes").code == 1
        assert [mail.recipients for mail in server.mails] == [("t0@example.org",)]
        said = {guard["says"] for guard in cli("status", file, "--json").json["guards"]}
        assert len(said) == 1
        ran = cli("resume", file, "--target", "t1")
        assert "Resumed: target t1." in ran.words
        assert "Still stopped: target t2" in ran.words
        assert "Still stopped: t3/email" in ran.words
        assert cli("resume", file, "--channel", "email").code == 1
        assert cli("send", file, "--yes").code == 1
        assert len(server.mails) == 2
        assert cli("resume", file, "--target", "t3", "--channel", "email").code == 0
        assert cli("resume", file).code == 0
        assert cli("send", file, "--yes").code == 0
        assert len(server.mails) == 4


@pytest.mark.parametrize("word", ["stop", "close", "reopen", "resolve", "mend"])
def test_a_slip_decides_nothing(tmp_path: Path, cli: Cli, word: str) -> None:
    more = {
        "stop": ["--target", "t11"], "close": ["--because", " "], "reopen": ["--because", ""],
        "resolve": ["t0/email"], "mend": [],
    }[word]  # fmt: skip
    file = write_campaign(tmp_path)
    assert cli(word, file, *more).code == 2
    assert cli(word, "47/30", *more).code == 2
    assert cli(word, tmp_path / "no.yaml", *more).code == 2


@pytest.mark.parametrize("slip", ["urgent_action: {", "", "nonsense: 1\n"])
def test_a_slip_in_the_file_keeps_nobody_from_stopping_it(
    tmp_path: Path, cli: Cli, use: Use, slip: str
) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes", "--limit", 1).code == 0
    whole = file.read_text()
    file.write_text(slip)
    ran = cli("stop", file)
    assert ran.code == 0
    assert "the journal knows that file as campaign 46/30" in ran.words
    assert "Stopped: the whole campaign." in ran.words
    assert cli("close", file, "--because", "he is free").code == 0
    file.write_text(whole)
    assert cli("send", file, "--yes").code == 3
    other = tmp_path / "other.yaml"
    other.write_text(slip)
    assert cli("stop", other).code == 2


@pytest.mark.parametrize("words", [["stop"], ["close", "--because", "he is free"]])
def test_a_decision_in_a_journal_that_no_run_keeps_is_said(
    tmp_path: Path, cli: Cli, use: Use, words: list[str]
) -> None:
    """Else a person would take it for stopped while it goes on."""
    file = write_campaign(tmp_path)
    kept = ["--journal", tmp_path / "books/j.db"]
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes", "--limit", 1, *kept).code == 0
    ran = cli(words[0], file, *words[1:])
    assert "this journal has never seen campaign 46/30" in ran.words
    assert "name that one with --journal" in ran.words
    assert "never seen" not in cli(words[0], file, *words[1:], *kept).words


@pytest.mark.parametrize(
    ("more", "kept"),
    [([], 40), (["--channel", "email"], 40), (["--target", "t39"], 1),
     (["--target", "t39", "--channel", "email"], 1)],
)  # fmt: skip
def test_a_stop_from_another_terminal_counts_at_once(
    tmp_path: Path, cli: Cli, use: Use, more: list[str], kept: int
) -> None:
    file = write_campaign(tmp_path, 40)
    with mail_server() as server:
        use(server)
        server.at("dot", late(0.5))  # the other terminal has time
        process = start("send", file, "--yes", "--json")
        until(lambda: server.mails)
        ran = cli("stop", file, *more, "--because", "wait")
        begun = len(server.mails) + 1  # one may be on its way
        server.clear()
        out, err = process.communicate(timeout=60)
        states = json.loads(out)["states"]
        if kept == 40:
            assert len(server.mails) <= begun
        else:
            assert states == {"accepted": 39, "planned": 1}
        assert states["accepted"] == len(server.mails)
        assert process.returncode == 1
        resumes = f"once it may go on: uadispatch resume {file}; then: uadispatch send {file}"
        assert (resumes in " ".join(err.split())) == (not more)
        assert ran.code == 0
        assert cli("resume", file).code == 0
        assert cli("send", file, "--yes").code == 0
        assert len({mail.recipients for mail in server.mails}) == len(server.mails) == 40


def test_a_closing_from_another_terminal_cancels_the_rest(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    file = write_campaign(tmp_path, 40)
    with mail_server() as server:
        use(server)
        server.at("rcpt", reply(450, "4.7.1 later"), recipient="t0@example.org")
        server.at("dot", late(0.5))  # the other terminal has time
        process = start("send", file, "--yes", "--json")
        until(lambda: server.mails)
        ran = cli("close", file, "--because", "he is free", "--by", "Ann")
        begun = len(server.mails) + 1
        server.clear()
        out, err = process.communicate(timeout=60)
        assert len(server.mails) <= begun
        states = json.loads(out)["states"]
        assert states == {"accepted": len(server.mails), "cancelled": 40 - len(server.mails)}
        assert "he is free" in err
        assert process.returncode == 1
        assert "is closed: he is free" in ran.words
        assert cli("send", file, "--yes").code == 3
        assert {found["says"] for found in cli("status", file, "--json").json["guards"]} == {
            "he is free"
        }


def test_a_closing_says_what_was_asked_back(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path, 3, channels="holding")
    plugins = ["--plugins-dir", holding(tmp_path, monkeypatch)]
    assert cli("send", file, "--yes", "--limit", 2, *plugins).code == 0
    ran = cli("close", file, "--because", "he is free", *plugins)
    assert ran.code == 0
    assert "1 message cancelled." in ran.words
    assert "1 message taken back from their service, 1 could not be." in ran.words
    asked = {path.name: path.read_text() for path in (tmp_path / "asked").glob("t*")}
    assert asked == {"t0": "id of t0", "t1": "id of t1"}
    states = cli("status", file, "--json").json["states"]
    assert states == {"accepted": 1, "cancelled": 2}


@pytest.fixture
def on_its_way(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> OnItsWay:
    """A run that is sending to the first of three."""
    gate = tmp_path / "gate"
    monkeypatch.setenv("UADISPATCH_HOLDING_GATE", str(gate))
    file = write_campaign(tmp_path, 3, channels="holding")
    plugins = ["--plugins-dir", holding(tmp_path, monkeypatch)]

    def begin(*words: object) -> subprocess.Popen[str]:
        process = start("send", file, "--yes", *plugins, *words)
        until((tmp_path / "asked/begun").exists)
        ran = cli("close", file, "--because", "he is free", *plugins)
        assert ran.code == 0
        assert "2 messages cancelled." in ran.words
        assert (
            "1 message was on its way already; the run that sends it will ask for it back"
        ) in ran.words
        assert "taken back" not in ran.words
        gate.touch()
        return process

    return begin


def test_a_run_asks_back_what_was_on_its_way_at_the_closing(
    on_its_way: OnItsWay, tmp_path: Path, cli: Cli
) -> None:
    out, err = on_its_way("--json").communicate(timeout=60)
    assert "Asking for 1 message back that a service may hold." in err
    assert "1 message taken back from their service, 0 could not be." in err
    shape = json.loads(out)
    assert shape["recalled"] == {"back": 1, "gone": 0, "silent": []}
    assert shape["states"] == {"cancelled": 3}
    said = cli("status", tmp_path / "ua.yaml", "t0/holding").words
    assert "its service gave it back after the closing" in said


def test_a_second_ctrl_c_does_not_wait_for_a_service_that_is_silent(
    on_its_way: OnItsWay, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_HOLDING_SILENT", "true")
    process = on_its_way()
    until((tmp_path / "asked/t0").exists)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    for line in process.stdout:
        if "Press Ctrl-C again" in line:
            assert "still asking for what may be given back" in line
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    states = cli("status", tmp_path / "ua.yaml", "--json").json["states"]
    assert states == {"accepted": 1, "cancelled": 2}


def test_a_service_that_is_silent_is_named(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path, 1, channels="holding")
    plugins = ["--plugins-dir", holding(tmp_path, monkeypatch)]
    monkeypatch.setenv("UADISPATCH_HOLDING_SILENT", "true")
    impatient = partial(recall, patience=0.01)
    monkeypatch.setattr("uadispatch.dispatch.followup.recalling.recall", impatient)
    monkeypatch.setattr("uadispatch.dispatch.sending.run.recall", impatient)
    assert cli("send", file, "--yes", *plugins).code == 0
    for words in (["close", file, "--because", "he is free"], ["send", file, "--yes"]):
        ran = cli(*words, *plugins)
        assert ran.code == 1
        assert "holding did not answer in time" in ran.words
        assert "0 messages taken back from their service, 1 could not be." in ran.words


def test_a_refusal_says_who_asks_back_what_went_out_before(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path, 2, channels="holding")
    plugins = ["--plugins-dir", holding(tmp_path, monkeypatch)]
    assert cli("send", file, "--yes", "--limit", 1, *plugins).code == 0
    file.write_text(file.read_text().replace("country: KZ,", "country: KZ, status: closed,", 1))
    ran = cli("send", file, "--yes", *plugins)
    assert ran.code == 3
    assert "uadispatch close asks for them back" in ran.words
    assert cli("close", file, "--because", "he is free", *plugins).code == 0
    assert cli("status", file, "--json").json["states"] == {"cancelled": 2}


def test_a_closing_asks_back_without_the_campaign_file(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path, 2, channels="holding")
    plugins = ["--plugins-dir", holding(tmp_path, monkeypatch)]
    assert cli("send", file, "--yes", *plugins).code == 0
    monkeypatch.chdir(tmp_path)
    file.unlink()
    ran = cli("close", "46/30", "--because", "he is free", *plugins)
    assert "1 message taken back from their service, 1 could not be." in ran.words


def test_a_closing_says_if_nobody_could_be_asked(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path, 2, channels="holding")
    plugins = ["--plugins-dir", holding(tmp_path, monkeypatch)]
    assert cli("send", file, "--yes", *plugins).code == 0
    monkeypatch.chdir(tmp_path)
    ran = cli("close", file, "--because", "he is free")
    assert ran.code == 1
    assert "2 messages taken by a service that may still hold them" in ran.words
    assert cli("status", "46/30", "--json").json["states"] == {"accepted": 2}


def test_what_is_reopened_needs_a_new_round(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write_campaign(tmp_path, 2)
    assert cli("reopen", file, "--because", "arrested again").code == 1
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes", "--limit", 1).code == 0
        assert cli("close", file, "--because", "he is free").code == 0
        assert cli("close", file, "--because", "still free").code == 0
        assert "he is free" in cli("status", file).words
        ran = cli("reopen", file, "--because", "arrested again")
        assert ran.code == 0
        assert "1 messages stay cancelled" not in ran.words
        assert "higher `round`" in ran.words
        assert cli("send", file, "--yes").code == 0
        assert len(server.mails) == 1
        file.write_text("round: 2\n" + file.read_text())
        assert cli("send", file, "--yes").code == 0
        assert len(server.mails) == 3


def test_a_decision_keeps_who_made_it_and_why(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = write_campaign(tmp_path, 1)
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes").code == 0
    for words in (
        ["stop", "--because", "wait"], ["resume", "--because", "go on"],
        ["close", "--because", "he is free"], ["reopen", "--because", "arrested again"],
    ):  # fmt: skip
        assert cli(words[0], file, *words[1:], "--by", "Ann").code == 0
    lines = [json.loads(line) for line in cli("export", file, "--format", "jsonl").out.splitlines()]
    said = [
        (line["kind"], line["by"], line["reason"]) for line in lines if line["record"] == "fact"
    ]
    assert said == [
        ("stopped", "Ann", "wait"),
        ("resumed", "Ann", "go on"),
        ("closed", "Ann", "he is free"),
        ("reopened", "Ann", "arrested again"),
    ]
