"""SIGTERM is like Ctrl-C, whatever the program is doing: exit code 130, and nothing in doubt."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from clikit import mail_server
from torture import home
from torture.warm import environment
from uadispatch.dispatch.journal import Journal, journal_url

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("place", "states"),
    [
        ("uadispatch.dispatch.looking:look", set()),
        ("uadispatch.dispatch.journal.store:Journal.record_plan", {"planned"}),
        ("uadispatch.cli.running:summary", {"accepted"}),
    ],
)
def test_a_signal_before_or_after_the_sending(
    place: str, states: set[str], number: str, tmp_path: Path
) -> None:
    module, _, name = place.partition(":")
    code = f"""
import importlib, os, signal
module = importlib.import_module({module!r})
original = module.{name}
def signalled(*args, **kwargs):
    os.kill(os.getpid(), signal.{number})
    return original(*args, **kwargs)
module.{name} = signalled
from uadispatch.cli import main
main()
"""
    with mail_server() as server:
        everyone = {f"official-{n}@example.org": f"official-{n}" for n in range(3)}
        file = home.write(tmp_path / "home", server.port, everyone)
        ran = subprocess.run(
            [sys.executable, "-c", code, "send", file, "--yes"],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
            timeout=60,
        )
    assert "Traceback" not in ran.stderr
    assert ran.returncode == 130
    url = journal_url(None, tmp_path / "home")
    with Journal(url, write=True) as journal:
        assert {entry.state for entry in journal.entries(home.NUMBER)} <= states
