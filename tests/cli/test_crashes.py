"""Real processes that die: what they left is in doubt at once, and never goes out again."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from clikit import start, states, until, write_campaign
from uadispatch.testing.far_ends.smtp import SILENCE

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer

HUNG = 3
"""Mails that the server never answers, all on their way at once."""

HELPER = """
import time
from uadispatch import *

class Settings(ChannelSettings):
    hang: bool = False

class Helper(Channel[Settings]):
    name = "helper"
    contact = "email"
    Settings = Settings
    templates = {"any": "{{ letter.text }}"}
    capabilities = Capabilities(CAPABILITIES)
    async def send(self, message):
        if self.settings.hang:
            time.sleep(600)
        return ANSWER

@hookimpl
def register_channels(register):
    register(Helper)
"""


@pytest.fixture
def file(tmp_path: Path, use: Use, server: SmtpServer) -> Path:
    """A campaign of six, of which three mails hang after the server has them."""
    file = write_campaign(tmp_path, 6)
    use(server, concurrency=HUNG)
    for number in range(HUNG):
        server.at("dot", SILENCE, recipient=f"t{number}@example.org")
    return file


def hangs(cli: Cli, file: Path, server: SmtpServer) -> subprocess.Popen[str]:
    """A run whose window is full of mails that are never answered."""
    process = start("send", file, "--yes", "--json")
    until(lambda: server.tries >= HUNG)
    until(lambda: states(cli, file).get("claimed") == HUNG)
    return process


def killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=60)


def the_file(file: Path) -> dict[str, Any]:
    """Every byte of the journal: its file, and the log that a run left beside it."""
    folder = file.parent / ".uadispatch"
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.name in ("journal.db", "journal.db-wal")
    }


def test_what_the_dead_had_on_their_way_is_in_doubt_at_once(
    file: Path, cli: Cli, server: SmtpServer
) -> None:
    process = hangs(cli, file, server)
    assert states(cli, file) == {"claimed": 3, "planned": 3}
    killed(process)
    before = the_file(file)
    assert "journal.db-wal" in before
    ran = cli("status", file, "--json")
    assert ran.code == 1
    assert ran.json["states"] == {"in_doubt": 3, "planned": 3}
    assert [found["target"] for found in ran.json["in_doubt"]] == ["t0", "t1", "t2"]
    assert all(found["since"] for found in ran.json["in_doubt"])
    assert "it may have gone out" in cli("status", file, "t0/email").words
    assert cli("dry-run", file, "--json").json["totals"] == {"in_doubt": 3, "planned": 3}
    assert the_file(file) == before


def test_no_later_run_sends_it_again(file: Path, cli: Cli, server: SmtpServer) -> None:
    killed(hangs(cli, file, server))
    server.clear()
    for _ in range(2):
        ran = cli("send", file, "--yes", "--json")
        assert ran.code == 1
        assert ran.json["states"] == {"accepted": 3, "in_doubt": 3}
    assert len({mail.recipients for mail in server.mails}) == len(server.mails) == 6
    moves = cli("status", file, "t0/email", "--json").json["moves"]
    assert [move["after"] for move in moves] == ["planned", "claimed", "in_doubt"]
    assert len({move["by"] for move in moves}) == 2
    assert cli("journal", "check", "--journal", file.parent / ".uadispatch/journal.db").code == 0


@pytest.mark.parametrize("words", [["send", "--yes"], ["confirm"]])
def test_what_no_service_can_be_asked_about_leads_to_the_person_who_resolves_it(
    file: Path, cli: Cli, server: SmtpServer, words: list[str]
) -> None:
    killed(hangs(cli, file, server))
    server.clear()
    command, *more = words
    last = " ".join(cli(command, file, *more).words.partition("Next: ")[2].split())
    assert last.startswith("find out which of the 3 in doubt arrived (uadispatch status ")
    assert f"uadispatch resolve {file} TARGET/CHANNEL --sent" in last
    then = "report" if command == "send" else "send"
    assert last.endswith(f"after that: uadispatch {then} {file}")


def test_a_person_can_settle_it_without_another_run(
    file: Path, cli: Cli, server: SmtpServer
) -> None:
    killed(hangs(cli, file, server))
    assert cli("resolve", file, "t0/email", "--sent").code == 0
    assert cli("resolve", file, "--all", "--not-sent").code == 0
    assert states(cli, file) == {"accepted": 1, "planned": 5}
    server.clear()
    had = len(server.mails)
    assert cli("send", file, "--yes").code == 0
    assert len(server.mails) == had + 5


@pytest.mark.parametrize(
    "words", [["stop"], ["close", "--because", "he is free"], ["mend", "--all"]]
)  # fmt: skip
def test_every_command_that_writes_moves_it_into_doubt(
    file: Path, cli: Cli, server: SmtpServer, words: list[str]
) -> None:
    killed(hangs(cli, file, server))
    assert cli(words[0], file, *words[1:]).code == 0
    moves = cli("status", file, "t0/email", "--json").json["moves"]
    assert moves[-1]["after"] == "in_doubt"
    assert not (file.parent / ".uadispatch/journal.db.owners").exists()


def test_a_run_that_lives_keeps_what_it_has(file: Path, cli: Cli, server: SmtpServer) -> None:
    process = hangs(cli, file, server)
    try:
        ran = cli("send", file, "--yes", "--json")
        assert ran.json["states"] == {"accepted": 3, "claimed": 3}
        assert ran.code == 1
        assert cli("stop", file).code == 0
        assert "3 messages were on their way already" in cli("stop", file).words
        assert states(cli, file) == {"accepted": 3, "claimed": 3}
    finally:
        killed(process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_interrupt_leaves_at_once_and_says_how_it_stands(
    file: Path, cli: Cli, server: SmtpServer, number: signal.Signals
) -> None:
    process = hangs(cli, file, server)
    assert process.stderr is not None
    process.send_signal(number)
    said = ""
    while "Press Ctrl-C again" not in said:
        said += process.stderr.readline()
    assert "waiting for the answers to 3 messages on the way" in said
    assert states(cli, file) == {"claimed": 3, "planned": 3}
    process.send_signal(number)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Left at once" in rest
    assert states(cli, file) == {"in_doubt": 3, "planned": 3}


@pytest.mark.parametrize(
    ("capabilities", "shown", "answer", "after"),
    [
        ("by=By.PERSON", "planned", "Handover(links=('https://example.org',))", "with_person"),
        ("idempotent=True", "in_doubt", "Receipt(says='taken')", "accepted"),
    ],
)
def test_what_may_be_done_again_is_planned_again(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, capabilities: str, shown: str,
    answer: str, after: str,
) -> None:  # fmt: skip
    """Files that are made for a person, and a far end that drops a second copy, harm nobody."""
    file = write_campaign(tmp_path, 1, channels="helper")
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    source = HELPER.replace("CAPABILITIES", capabilities).replace("ANSWER", answer)
    (plugins / "helper.py").write_text(source)
    more = ["--plugins-dir", plugins]
    monkeypatch.setenv("UADISPATCH_HELPER_HANG", "true")
    process = start("send", file, "--yes", *more)
    until(lambda: "claimed" in cli("status", file).out)
    killed(process)
    assert states(cli, file) == {shown: 1}
    monkeypatch.setenv("UADISPATCH_HELPER_HANG", "false")
    ran = cli("send", file, "--yes", *more, "--json")
    assert ran.json["states"] == {after: 1}


@pytest.fixture
def came_back(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A campaign that was closed while a person's message was on its way, in a run that died."""
    file = write_campaign(tmp_path, 1, channels="helper")
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    source = HELPER.replace("CAPABILITIES", "by=By.PERSON").replace("ANSWER", "None")
    (plugins / "helper.py").write_text(source)
    monkeypatch.setenv("UADISPATCH_HELPER_HANG", "true")
    process = start("send", file, "--yes", "--plugins-dir", plugins)
    until(lambda: "claimed" in cli("status", file).out)
    cli("close", file, "--because", "he is free")
    assert states(cli, file) == {"claimed": 1}
    killed(process)
    return file


def test_what_comes_back_to_a_closed_campaign_is_cancelled(came_back: Path, cli: Cli) -> None:
    """A person's message goes back to planned when its run dies; and nothing is planned there."""
    cli("stop", came_back, "--because", "to be sure")
    assert states(cli, came_back) == {"cancelled": 1}


def test_who_reopens_it_cancels_nothing(came_back: Path, cli: Cli) -> None:
    cli("reopen", came_back, "--because", "it was another man")
    assert states(cli, came_back) == {"planned": 1}
