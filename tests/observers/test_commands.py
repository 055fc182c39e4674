"""What each command tells observers; and that nothing they do changes what it does."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from clikit import Cli, Use, mail_server, states, write_campaign
from uadispatch import MessageSettled, RunStarted
from uadispatch.dispatch.journal import Journal, journal_url
from uadispatch.observers.calling import Observers
from uadispatch.testing.far_ends.smtp import reply

if TYPE_CHECKING:
    from pathlib import Path

    from observerkit import Listener
    from uadispatch.observers.hooks import Event

PERSON = "A. Person"
"""Who is at risk; the subject names them."""


def test_a_run_tells_its_beginning_each_message_and_its_end(
    tmp_path: Path, cli: Cli, use: Use, listener: Listener
) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        ran = cli("send", file, "--yes", "--json", "--plugins-dir", listener.folder)
    assert ran.code == 0
    assert listener.hooks == [
        "run_started", "message_settled", "message_settled", "run_finished",
    ]  # fmt: skip
    (_, began), *messages, (_, ended) = listener.heard
    assert (began["campaign"], began["channels"], began["planned"]) == ("46/30", ["email"], 2)
    assert ended["states"] == ran.json["states"] == {"accepted": 2}
    assert (ended["tried"], ended["in_doubt"], ended["interrupted"]) == (2, 0, False)
    told = [message for _, message in messages]
    assert {message["target"] for message in told} == {"t0", "t1"}
    assert {message["state"] for message in told} == {"accepted"}
    listed = json.loads(cli("status", file, "--messages", "--json").out)["messages"]
    assert {message["key"] for message in told} == {message["key"] for message in listed}


def test_what_is_told_is_in_the_journal_by_then(
    tmp_path: Path, cli: Cli, use: Use, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path)
    url = journal_url(None, tmp_path)
    tell, pairs = Observers.tell, list[tuple[str, str]]()

    def noted(observers: Observers, event: Event) -> None:
        with closing(Journal(url, write=False)) as journal:
            if isinstance(event, MessageSettled):
                pairs.append((event.state, journal.states_of([event.key])[event.key].state))
            elif isinstance(event, RunStarted):
                pairs.extend(("planned", str(state)) for state in journal.gist("46/30").states)
        tell(observers, event)

    monkeypatch.setattr(Observers, "tell", noted)
    with mail_server() as server:
        server.at("rcpt", reply(450, "4.7.1 later"), recipient="t1@example.org")
        use(server)
        assert cli("send", file, "--yes", "--plugins-dir", listener.folder).code == 4
    assert sorted(pairs) == [
        ("accepted", "accepted"), ("planned", "planned"), ("retry", "retry"),
    ]  # fmt: skip


def test_nobody_at_risk_is_named_nor_any_contact_nor_a_far_end_quoted(
    tmp_path: Path, cli: Cli, use: Use, listener: Listener
) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as server:
        server.at("rcpt", reply(550, f"5.1.1 no {PERSON} here"), recipient="t1@example.org")
        use(server)
        cli("send", file, "--yes", "--plugins-dir", listener.folder)
        cli("close", file, "--because", f"{PERSON} is free", "--plugins-dir", listener.folder)
    assert listener.hooks[-1] == "campaign_closed"
    assert {"failed": "550 5.1.1", "accepted": "250 2.0.0"}.items() <= {
        told["state"]: told["code"] for hook, told in listener.heard if hook == "message_settled"
    }.items()
    for words in (PERSON, "Person", "@example.org", "Official", "A case"):
        assert words not in listener.text


def test_nothing_to_send_is_no_run(tmp_path: Path, cli: Cli, use: Use, listener: Listener) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        cli("send", file, "--yes")
        assert cli("send", file, "--yes", "--plugins-dir", listener.folder).code == 0
    assert listener.heard == []


@pytest.mark.parametrize("command", ["dry-run", "rehearse"])
def test_looking_and_rehearsing_tell_nobody(
    tmp_path: Path, cli: Cli, listener: Listener, command: str
) -> None:
    file = write_campaign(tmp_path)
    assert cli(command, file, "--plugins-dir", listener.folder).code == 0
    assert listener.heard == []


def test_a_closing_is_told_once_with_its_numbers(
    tmp_path: Path, cli: Cli, listener: Listener
) -> None:
    file = write_campaign(tmp_path)
    words = ("close", file, "--because", "it is over", "--plugins-dir", listener.folder)
    assert cli(*words).code == 0
    assert cli(*words).code == 0
    ((hook, told),) = listener.heard
    assert (hook, told["campaign"], told["cancelled"]) == ("campaign_closed", "46/30", 0)
    assert (told["recalled"], told["must_look"]) == (0, False)


def test_a_closing_cancels_and_says_how_many(
    tmp_path: Path, cli: Cli, use: Use, listener: Listener
) -> None:
    file = write_campaign(tmp_path, 3)
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes", "--limit", "1").code == 0
    cli("close", file, "--because", "it is over", "--plugins-dir", listener.folder)
    assert [told["cancelled"] for _, told in listener.heard] == [2]


HANGS = "threading.Event().wait()"
DEEDS = {
    "raises": "raise ValueError('Person')",
    "ends": "raise SystemExit(3)",
    "ends its thread": "import sys; sys.exit('Person')",
    "hangs": HANGS,
    "floods": "[threading.Thread(target=int).start() for _ in range(3)]",
}


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_that_one_does_changes_a_message_or_an_exit_code(
    deed: str,
    tmp_path: Path,
    cli: Cli,
    use: Use,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if deed == "hangs":
        monkeypatch.setenv("UADISPATCH_OBSERVERS_LIMIT", "0.2")
    listener.add("bad", DEEDS[deed])
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        ran = cli("send", file, "--yes", "--json", "--plugins-dir", listener.folder)
        closed = cli(
            "close", file, "--because", "over", "--plugins-dir", listener.folder
        )  # fmt: skip
        assert server.tries == 2
    assert (ran.code, ran.json["states"], closed.code) == (0, {"accepted": 2}, 0)
    assert states(cli, file) == {"accepted": 2}
    assert "Person" not in ran.err
    complaints = [line for line in ran.err.splitlines() if "bad.py" in line]
    assert len(complaints) == (0 if deed == "floods" else 1)


def test_without_an_address_the_shipped_one_makes_no_thread(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        started.append(thread.name)
        start(thread)

    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        monkeypatch.setattr(threading.Thread, "start", noted)
        assert cli("send", file, "--yes").code == 0
    assert not [name for name in started if "observer" in name]


def test_settings_that_are_wrong_are_said_and_keep_nothing_back(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_NOTIFY_ON", "everything")
    monkeypatch.setenv("UADISPATCH_OBSERVERS_LIMIT", "soon")
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        ran = cli("send", file, "--yes")
    assert ran.code == 0
    assert "uadispatch:notify is not called: UADISPATCH_NOTIFY_ON" in ran.words
    assert "UADISPATCH_OBSERVERS_LIMIT" in ran.words


def test_observers_are_listed_below_the_channels(
    cli: Cli, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = cli("channels", "--json", "--plugins-dir", listener.folder)
    assert ran.code == 0
    notify, dropped = ran.json["observers"]
    assert (notify["plugin"], notify["on"], notify["wrong"]) == ("uadispatch:notify", False, "")
    assert notify["hears"] == ["run_started", "run_finished", "campaign_closed"]
    assert dropped["plugin"].endswith("listener.py")
    assert (dropped["on"], len(dropped["hears"])) == (True, 4)
    monkeypatch.setenv("UADISPATCH_NOTIFY_URLS", "json://127.0.0.1")
    monkeypatch.setenv("UADISPATCH_NOTIFY_ON", "nonsense")
    ran = cli("channels")
    assert ran.words.index("observer version hears of on") > ran.words.index("twitter")
    assert "UADISPATCH_NOTIFY_ON" in ran.words
