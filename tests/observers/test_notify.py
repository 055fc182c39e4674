"""The organisers are told through Apprise: the real library, to a real server on loopback."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import uadispatch_notify
from clikit import Cli, Use, mail_server, write_campaign
from uadispatch import CampaignClosed, RunFinished, RunStarted
from uadispatch.channels.registry import Registry, discover
from uadispatch.settings import Settings
from uadispatch.testing import Answer, HttpServer, Request, in_json
from uadispatch_notify.words import of_closing, of_end, of_start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Apprise imports it where Python still has it.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

CLOSED = """\
Nothing of it goes out any more.
0 messages cancelled, 0 given back by services.
Next: uadispatch status 46/30"""
NOW = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)


@contextmanager
def web_server(status: int = 200) -> Iterator[HttpServer]:
    """A web server on a thread of its own, so that a command may block this one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def serve(_: Request) -> Answer:
        return in_json({}, status=status)

    def do(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    server = HttpServer(serve)
    do(server.start())
    try:
        yield server
    finally:
        do(server.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def told(server: HttpServer) -> list[tuple[str, str]]:
    """Title and text of what was posted."""
    return [(request.json["title"], request.json["message"]) for request in server.requests]


def to(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UADISPATCH_NOTIFY_URLS", f"json://127.0.0.1:{server.port}")


def test_organisers_hear_of_a_run_and_of_the_closing(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as mails, web_server() as web:
        use(mails)
        to(web, monkeypatch)
        ran = cli("send", file, "--yes")
        assert (ran.code, "notify" in ran.err) == (0, False)
        assert cli("close", file, "--because", "A. Person is free").code == 0
        heard = told(web)
    assert heard == [
        (
            "Urgent Action 46/30: sent what was due",
            "accepted: 2\nNext: uadispatch report 46/30",
        ),
        (
            "Urgent Action 46/30: closed",
            CLOSED,
        ),
    ]


def test_only_what_is_wanted_is_told(
    tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as mails, web_server() as web:
        use(mails)
        to(web, monkeypatch)
        monkeypatch.setenv("UADISPATCH_NOTIFY_ON", "run_started")
        assert cli("send", file, "--yes").code == 0
        heard = told(web)
    assert heard == [
        (
            "Urgent Action 46/30: sending",
            "2 messages to be tried, by email.\nNext: uadispatch status 46/30",
        )
    ]


def test_an_address_may_come_from_a_command(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path)
    with web_server() as web:
        urls = f"json://127.0.0.1:{web.port}/a,json://127.0.0.1:{web.port}/b"
        monkeypatch.setenv("UADISPATCH_NOTIFY_URLS_COMMAND", f"echo {urls}")
        assert cli("close", file, "--because", "it is over").code == 0
        assert sorted(request.path for request in web.requests) == ["/a", "/b"]


def test_who_cannot_be_reached_is_said_without_the_address(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path)
    with web_server(500) as web:
        url = f"json://user:s3cret@127.0.0.1:{web.port}/t0ken"
        monkeypatch.setenv("UADISPATCH_NOTIFY_URLS", url)
        ran = cli("close", file, "--because", "it is over")
    assert ran.code == 0
    assert "uadispatch:notify: campaign_closed: not everybody could be told" in ran.words
    for secret in ("s3cret", "t0ken", "json:"):
        assert secret not in ran.words


def test_an_address_that_is_none_is_said_without_it(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_NOTIFY_URLS", "s3cret")
    ran = cli("close", write_campaign(tmp_path), "--because", "it is over")
    assert ran.code == 0
    assert "an address of UADISPATCH_NOTIFY_URLS is none that Apprise knows" in ran.words
    assert "s3cret" not in ran.words


def test_where_apprise_is_missing_it_is_said_how_to_install_it(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_NOTIFY_URLS", "json://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "apprise", None)
    ran = cli("close", write_campaign(tmp_path), "--because", "it is over")
    assert ran.code == 0
    assert "pip install 'uadispatch[notify]'" in ran.err


def test_without_an_address_apprise_is_not_even_imported(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    ran = cli("close", write_campaign(tmp_path), "--because", "it is over")
    assert (ran.code, ran.err) == (0, "")


def test_addresses_are_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UADISPATCH_NOTIFY_URLS", "json://s3cret")
    model = uadispatch_notify.NotifySettings
    section = Settings(tmp_path).section("notify", model)
    assert "s3cret" not in repr(section)
    assert section.is_on
    monkeypatch.setenv("UADISPATCH_NOTIFY_ON", "")
    assert not Settings(tmp_path).section("notify", model).is_on


def test_a_file_that_is_shared_takes_no_address(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path)
    toml = tmp_path / "config/uadispatch.toml"
    toml.write_text(toml.read_text() + '[notify]\nurls = "json://s3cret"\n')
    monkeypatch.chdir(tmp_path)
    ran = cli("channels")
    assert "a secret does not belong in this file: give UADISPATCH_NOTIFY_URLS" in ran.words
    ran = cli("close", file, "--because", "it is over")
    assert (ran.code, "s3cret" in ran.words) == (0, False)


def test_its_section_may_stand_in_the_settings(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path)
    toml = tmp_path / "config/uadispatch.toml"
    toml.write_text(toml.read_text() + '[notify]\non = ["run_started"]\n[observers]\nlimit = 5\n')
    assert cli("dry-run", file).code == 0
    assert Registry(discover()).sections >= {"notify", "email"}


def ended(**states: int) -> RunFinished:
    return RunFinished(
        campaign="46/19", at=NOW, seconds=1.0, tried=1, states=states,
        in_doubt=states.get("in_doubt", 0), interrupted=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("states", "command"),
    [
        ({"accepted": 2}, "report"),
        ({"accepted": 2, "in_doubt": 1}, "status"),
        ({"failed": 1, "planned": 1}, "status"),
        ({"retry": 1}, "send"),
        ({"with_person": 1, "accepted": 1}, "tasks"),
    ],
)
def test_the_next_command_is_the_one_that_helps(states: dict[str, int], command: str) -> None:
    _, text = of_end(ended(**states))
    assert text.splitlines()[-1] == f"Next: uadispatch {command} 46/19"
    assert ("a person must find out" in text) == ("in_doubt" in states)


def test_numbers_are_said_as_people_read_them() -> None:
    run = RunStarted(campaign="46/19", at=NOW, channels=("email", "fax"), planned=12_345)
    assert "12,345 messages to be tried, by email and fax." in of_start(run)[1]
    closing = CampaignClosed(campaign="46/19", at=NOW, cancelled=1, recalled=0, must_look=True)
    assert "1 message cancelled" in of_closing(closing)[1]
    assert "a person must look" in of_closing(closing)[1]
