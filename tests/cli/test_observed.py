"""The further commands that tell observers: import, confirm, worker."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

import postgreskit
from clikit import Cli, Use, mail_server, start, until, write_campaign
from importkit import FINAL, RIGHT_NUMBER, document
from observerkit import Listener

if TYPE_CHECKING:
    from pathlib import Path

ASKED = """
from uadispatch import Became, Capabilities, Channel, ChannelSettings, Outcome, Receipt, hookimpl

class Gate(Channel[ChannelSettings]):
    name = "gate"
    contact = "email"
    Settings = ChannelSettings
    templates = {"any": "{{ letter.text }}"}

    @property
    def capabilities(self):
        return Capabilities(confirms=True)

    async def send(self, message):
        return Receipt(says="taken", id="1")

    async def confirm(self, message, receipt, since):
        return Outcome(became=Became.CONFIRMED, says="A. Person has it", code="delivered")

@hookimpl
def register_channels(register):
    register(Gate)
"""


@pytest.fixture
def listener(tmp_path: Path) -> Listener:
    return Listener(tmp_path / "observing")


@pytest.mark.usefixtures("imported")
def test_the_import_of_a_closing_tells_it(office: Path, cli: Cli, listener: Listener) -> None:
    final = document(office, "final.txt", *RIGHT_NUMBER, of=FINAL)
    assert cli("import", final, "--plugins-dir", listener.folder).code == 0
    ((hook, told),) = listener.heard
    assert (hook, told["campaign"]) == ("campaign_closed", "46/19")
    assert "Bilash" not in listener.text


@pytest.mark.usefixtures("imported")
def test_what_fails_after_a_closing_keeps_nobody_from_hearing_of_it(
    office: Path, cli: Cli, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from uadispatch.cli.documents import heeding
    from uadispatch.errors import ConfigError

    def fails(*_: object) -> bool:
        raise ConfigError("this cannot be written")

    monkeypatch.setattr(heeding, "_close_file", fails)
    final = document(office, "final.txt", *RIGHT_NUMBER, of=FINAL)
    assert cli("import", final, "--plugins-dir", listener.folder).code == 2
    assert listener.hooks == ["campaign_closed"]


def test_what_a_service_confirms_is_told_without_its_words(
    tmp_path: Path, cli: Cli, listener: Listener
) -> None:
    (listener.folder / "gate.py").write_text(ASKED)
    file = write_campaign(tmp_path, 1, channels="gate")
    assert cli("send", file, "--yes", "--plugins-dir", listener.folder).code == 0
    assert cli("confirm", file, "--plugins-dir", listener.folder).code == 0
    told = [(hook, event.get("state"), event.get("code")) for hook, event in listener.heard]
    assert told == [
        ("run_started", None, None),
        ("message_settled", "accepted", None),
        ("run_finished", None, None),
        ("message_settled", "confirmed", "delivered"),
    ]
    assert "Person" not in listener.text


def test_a_file_that_says_closed_meanwhile_is_told(
    tmp_path: Path, cli: Cli, use: Use, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from uadispatch.dispatch.planning import watching

    file = write_campaign(tmp_path)
    monkeypatch.setattr(watching.CampaignFile, "look", lambda _: watching.CLOSED)
    with mail_server() as server:
        use(server)
        ran = cli("send", file, "--yes", "--plugins-dir", listener.folder)
        assert server.mails == []
    assert ran.code == 3
    assert listener.hooks == ["run_started", "campaign_closed", "run_finished"]
    assert listener.heard[1][1]["cancelled"] == 2


def test_a_worker_tells_of_messages_and_who_handed_over_of_the_run(
    tmp_path: Path, cli: Cli, use: Use, the_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    databases = postgreskit.Databases(the_server)
    monkeypatch.setenv("UADISPATCH_JOURNAL", databases.of(tmp_path).given)
    ours, workers = Listener(tmp_path / "ours"), Listener(tmp_path / "workers")
    file = write_campaign(tmp_path, 3)
    with mail_server() as server:
        use(server)
        monkeypatch.chdir(tmp_path)
        worker = start("worker", "--plugins-dir", workers.folder)
        ran = cli("send", file, "--yes", "--workers", "--plugins-dir", ours.folder)
        assert ran.code == 0
        until(lambda: len(workers.hooks) == 3)
        worker.send_signal(signal.SIGTERM)
        _, err = worker.communicate(timeout=60)
        assert worker.returncode == 0, err
    assert ours.hooks == ["run_started", "run_finished"]
    assert ours.heard[1][1]["states"] == {"accepted": 3}
    assert set(workers.hooks) == {"message_settled"}
    assert {told["campaign"] for _, told in workers.heard} == {"46/30"}
    databases.drop()
