"""SIGTERM is like Ctrl-C, whatever the program is doing: exit code 130, and nothing in doubt."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from clikit import mail_server, start, write_campaign
from observerkit import Listener
from torture import home
from torture.warm import environment
from uadispatch.dispatch.journal import Journal, journal_url

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Use


def signalled_at(places: list[str], number: str, *words: object) -> list[str]:
    """The command line of `uadispatch` that gets a signal when it comes to each of `places`."""
    code = f"""
import importlib, os, signal
def signal_at(place):
    module, _, names = place.partition(":")
    *way, name = names.split(".")
    holder = importlib.import_module(module)
    for step in way:
        holder = getattr(holder, step)
    original = getattr(holder, name)
    def signalled(*args, **kwargs):
        os.kill(os.getpid(), signal.{number})
        return original(*args, **kwargs)
    setattr(holder, name, signalled)
for place in {places}:
    signal_at(place)
from uadispatch.cli import main
main()
"""
    return [sys.executable, "-c", code, *map(str, words)]


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("place", "states", "says"),
    [
        ("uadispatch.dispatch.planning.looking:look", set(), "Interrupted: nothing was sent.\n"),
        (
            "uadispatch.dispatch.journal.store:Store.record_plan",
            {"planned"},
            "Interrupted: what was sent, if anything, is recorded",
        ),
        ("uadispatch.cli.common.running:summary", {"accepted"}, "uadispatch status says what.\n"),
    ],
)
def test_a_signal_before_or_after_the_sending(
    place: str, states: set[str], says: str, number: str, tmp_path: Path
) -> None:
    with mail_server() as server:
        everyone = {f"official-{n}@example.org": f"official-{n}" for n in range(3)}
        file = home.write(tmp_path / "home", server.port, everyone)
        ran = subprocess.run(
            signalled_at([place], number, "send", file, "--yes"),
            capture_output=True, text=True, check=False, env=environment(), timeout=100,
        )  # fmt: skip
    assert "Traceback" not in ran.stderr
    assert ran.returncode == 130
    assert says in ran.stderr
    url = journal_url(None, tmp_path / "home")
    with Journal(url, write=True) as journal:
        assert {entry.state for entry in journal.entries(home.NUMBER)} <= states


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("place", "command", "says"),
    [
        ("typer.core:TyperGroup.make_context", ["stop", "46/30"], "nothing was done"),
        ("uadispatch.campaign.file:read_campaign", ["dry-run"], "nothing was sent or changed"),
        ("uadispatch.campaign.file:read_campaign", ["status"], "nothing was sent or changed"),
        ("uadispatch.campaign.file:read_campaign", ["export"], "nothing was sent or changed"),
        ("uadispatch.campaign.file:read_campaign", ["send"], "nothing was sent"),
        ("uadispatch.dispatch.sending.run:run", ["rehearse"], "no official was reached"),
        ("uadispatch.cli.common.deciding:decision", ["stop"], "run the same command again"),
        (
            "uadispatch.cli.common.deciding:decision",
            ["close", "--because", "he is free"],
            "run the same command again",
        ),
    ],
)
def test_whoever_interrupts_a_command_is_told_how_things_stand(
    tmp_path: Path, place: str, command: list[str], says: str, number: str
) -> None:
    file = write_campaign(tmp_path)
    ran = subprocess.run(
        signalled_at([place], number, *command, file),
        capture_output=True, text=True, check=False, env=environment(), timeout=100,
    )  # fmt: skip
    assert re.fullmatch(rf"Interrupted: [^\n]*{says}[^\n]*\.\n", ran.stderr)
    assert ran.returncode == 130


def test_a_signal_that_comes_twice_is_one_wish(tmp_path: Path) -> None:
    """To all of a terminal's processes, say, and once more from the one that started this one."""
    places = ["uadispatch.campaign.file:read_campaign", "uadispatch.cli.common.exits:_leave"]
    ran = subprocess.run(
        signalled_at(places, "SIGTERM", "status", write_campaign(tmp_path)),
        capture_output=True, text=True, check=False, env=environment(), timeout=100,
    )  # fmt: skip
    assert ran.stderr == "Interrupted: nothing was sent or changed.\n"
    assert ran.returncode == 130


def interrupt(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What it still says; one that was just about to wait for its terminal has not heard us."""
    while True:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=10)


def test_whoever_cannot_wait_for_the_end_leaves_at_once() -> None:
    code = """
import os, signal, time
from uadispatch.cli.common import exits
exits.SAME_WISH = 0
with exits.exit_codes():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(100)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, env=environment(), timeout=100,
    )  # fmt: skip
    assert "Left at once; uadispatch status says how things stand." in ran.stderr
    assert ran.returncode == 130


def test_ctrl_c_at_the_question_sends_nothing(tmp_path: Path, use: Use) -> None:
    with mail_server() as server:
        use(server)
        file = write_campaign(tmp_path)
        ours, theirs = os.openpty()
        try:
            process = start("send", file, stdin=theirs)
            assert process.stdout is not None
            said = ""
            while "Send?" not in said:
                said += process.stdout.read(1)
            rest, err = interrupt(process)
        finally:
            os.close(ours)
            os.close(theirs)
        assert not server.mails
    assert "Nothing was sent." in rest
    assert err == ""
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("place", "code"),
    [
        # During the run, and after it: it ends, and waits for no observer.
        ("uadispatch.dispatch.sending.engine:Engine.run", 130),
        ("uadispatch.cli.common.running:summary", 130),
        # While it waits for observers: that ends, and all was done as asked.
        ("uadispatch.observers.calling:_Seat.finish", 0),
    ],
)
def test_ctrl_c_waits_for_no_observer(tmp_path: Path, place: str, code: int) -> None:
    listener = Listener(tmp_path / "observing")
    listener.add("hangs", "threading.Event().wait()")
    with mail_server() as server:
        file = home.write(tmp_path / "home", server.port, {"t0@example.org": "t0"})
        ran = subprocess.run(
            signalled_at([place], "SIGINT", "send", file, "--yes", "--plugins-dir",
                         listener.folder),
            capture_output=True, text=True, check=False, timeout=100,
            env=environment() | {"UADISPATCH_OBSERVERS_LIMIT": "5 minutes"},
        )  # fmt: skip
    assert ran.returncode == code
    assert "Traceback" not in ran.stderr
    assert "hangs.py: was left amid a call" in ran.stderr
