"""What befalls a run from outside: a terminal that closes, an output that holds no such letters."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from clikit import start, until, write_campaign
from uadispatch.testing.far_ends.smtp import late, reply

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_closes_is_like_ctrl_c(
    tmp_path: Path, cli: Cli, use: Use, server: SmtpServer, number: signal.Signals
) -> None:
    file = write_campaign(tmp_path, 400)  # not all are sent before it is interrupted
    use(server, concurrency=2)
    server.at("dot", late(0.05))
    process = start("send", file, "--yes", "--json")
    until(lambda: server.mails)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    states = cli("status", file, "--json").json["states"]
    assert set(states) == {"accepted", "planned"}
    assert states["accepted"] == len(server.mails)


def test_a_run_that_ignores_its_terminal_goes_on(
    tmp_path: Path, use: Use, server: SmtpServer
) -> None:
    """As nohup starts it."""
    file = write_campaign(tmp_path, 20)
    use(server)
    server.at("dot", late(0.05))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = start("send", file, "--yes", "--json")
    finally:
        signal.signal(signal.SIGHUP, before)
    until(lambda: server.mails)
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(out)["states"] == {"accepted": 20}


@pytest.mark.parametrize("number", [5, 30])
def test_letters_that_the_output_cannot_hold_end_no_run(
    tmp_path: Path, cli: Cli, use: Use, server: SmtpServer, monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:  # fmt: skip
    file = write_campaign(tmp_path, number)
    use(server, concurrency=3)
    server.at("rcpt", reply(450, "4.7.1 sp\u00e4ter"), recipient="t1@example.org")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii:strict")
    process = start("send", file, "--yes")
    process.communicate(timeout=60)
    assert cli("status", file, "--json").json["states"] == {"accepted": number - 1, "retry": 1}
    assert process.returncode == 4
