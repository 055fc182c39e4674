"""The event loop under a command: uvloop's unless it is switched off, or cannot be had."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from clikit import mail_server, start, states, until, write_campaign
from uadispatch.cli.common import loops
from uadispatch.testing.far_ends.smtp import SILENCE, late

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use

UVLOOP = pytest.mark.parametrize("uvloop", ["true", "false"])
SWITCH = "UADISPATCH_ENGINE_UVLOOP"


async def its_room() -> str:
    return type(asyncio.get_running_loop()).__module__


@pytest.mark.parametrize(("uvloop", "room"), [(True, "uvloop"), (False, "asyncio.unix_events")])
def test_the_loop_is_the_one_that_is_wanted(uvloop: bool, room: str) -> None:
    assert loops.run(its_room(), Console(), uvloop=uvloop) == room


@UVLOOP
def test_a_send_on_either_loop(
    cli: Cli, use: Use, tmp_path: Path, uvloop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SWITCH, uvloop)
    file = write_campaign(tmp_path, count=30)
    with mail_server() as server:
        use(server, concurrency=3, window=12)
        ran = cli("send", file, "--yes", "--json")
    assert ran.json["states"] == {"accepted": 30}
    assert len(server.mails) == 30
    assert "uvloop" not in ran.err


def test_without_uvloop_a_send_says_so_once_and_goes_on(
    cli: Cli, use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    file = write_campaign(tmp_path, count=3)
    with mail_server() as server:
        use(server)
        ran = cli("send", file, "--yes")
    assert ran.code == 0
    assert ran.words.count("uvloop cannot be imported") == 1
    assert "UADISPATCH_ENGINE_UVLOOP=false" in ran.words
    assert len(server.mails) == 3


def test_what_was_switched_off_is_not_missed(
    cli: Cli, use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    file = write_campaign(tmp_path, count=1)
    settings = tmp_path / "config/uadispatch.toml"
    settings.write_text(f"{settings.read_text()}[engine]\nuvloop = false\n")
    with mail_server() as server:
        use(server)
        ran = cli("send", file, "--yes")
    assert ran.code == 0
    assert "uvloop" not in ran.words


def test_a_switch_that_is_neither_on_nor_off_is_said_before_anything_is_sent(
    cli: Cli, use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SWITCH, "perhaps")
    file = write_campaign(tmp_path, count=1)
    with mail_server() as server:
        use(server)
        ran = cli("send", file, "--yes")
    assert ran.code == 2
    assert SWITCH in ran.words
    assert server.mails == []


@UVLOOP
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_send_to_a_slow_server_whose_window_is_large(
    cli: Cli,
    use: Use,
    tmp_path: Path,
    uvloop: str,
    number: signal.Signals,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was on its way is finished; the rest of the window is not sent for that."""
    monkeypatch.setenv(SWITCH, uvloop)
    file = write_campaign(tmp_path, count=300)
    with mail_server() as server:
        server.at("dot", late(0.2))
        use(server, concurrency=2, window=200)
        process = start("send", file, "--yes")
        until(lambda: len(server.mails) >= 2)
        before = len(server.mails)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert len(server.mails) <= before + 4
    found = states(cli, file)
    assert found == {"accepted": len(server.mails), "planned": 300 - len(server.mails)}


@UVLOOP
def test_a_second_signal_leaves_a_silent_server_at_once(
    cli: Cli, use: Use, tmp_path: Path, uvloop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had not begun is planned again by then: only what had is in doubt.

    That is two mails, and behind the text of each the envelope of the next.
    """
    monkeypatch.setenv(SWITCH, uvloop)
    file = write_campaign(tmp_path, count=60)
    with mail_server() as server:
        server.at("dot", SILENCE)
        use(server, concurrency=2, window=20)
        process = start("send", file, "--yes")
        until(lambda: len(server.mails) == 2)
        process.send_signal(signal.SIGINT)
        until(lambda: states(cli, file).get("planned", 0) >= 56)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    found = states(cli, file)
    assert found.keys() == {"in_doubt", "planned"}
    assert 2 <= found["in_doubt"] <= 4


CLOSED = """
import asyncio, os, signal, time
from rich.console import Console
from uadispatch.cli.common import exits, loops

def slow():
    time.sleep(0.3)
    os.kill(os.getpid(), signal.{number})
    time.sleep(0.3)
    print("done", flush=True)

async def main():
    asyncio.get_running_loop().run_in_executor(None, slow)

with exits.exit_codes():
    with exits.if_interrupted("uadispatch status says what"):
        loops.run(main(), Console(), uvloop={uvloop})
"""


@pytest.mark.parametrize("uvloop", [True, False])
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_signal_while_the_loop_is_closed_waits_for_what_its_threads_do(
    uvloop: bool, number: str
) -> None:
    code = CLOSED.format(uvloop=uvloop, number=number)
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout) == (130, "done\n"), ran.stderr
    assert ran.stderr == "Interrupted: uadispatch status says what.\n"


def test_what_is_neither_on_nor_off_is_said(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SWITCH, "perhaps")
    ran = cli("send", write_campaign(tmp_path, count=1), "--yes")
    assert ran.code == 2
    assert (
        f"{SWITCH} (or engine.uvloop in config/uadispatch.toml): write true or false" in ran.words
    )
