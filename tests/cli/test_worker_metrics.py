"""``worker --metrics``, looked at as a scraper does: over loopback, whatever its journal does."""

from __future__ import annotations

import json
import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

import postgreskit
from clikit import Cli, Use, mail_server, start, until, write_campaign
from linekit import Line
from uadispatch.dispatch.distributed.metrics import METRICS, Kind
from uadispatch.testing.far_ends.smtp import reply

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

PRIVATE = ("Person", "Official", "example.org", "46/30", "A case", "postgres", "t0", "password")
"""Whom and what nothing here may name."""


@pytest.fixture
def line(the_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The way to the journal of these tests."""
    databases = postgreskit.Databases(the_server)
    with Line.to(databases.of(tmp_path).given) as line:
        monkeypatch.setenv("UADISPATCH_JOURNAL", line.url)
        yield line
    databases.drop()


class Watched:
    """A worker, and what it tells."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stderr is not None
        first = json.loads(process.stderr.readline())
        assert (first["event"], first["address"]) == ("metrics served", "127.0.0.1")
        self.port = first["port"]

    def get(self, path: str, method: str = "GET") -> httpx.Response:
        url = f"http://127.0.0.1:{self.port}{path}"
        answer = httpx.request(method, url, timeout=60, trust_env=False)
        for name in PRIVATE:
            assert name not in answer.text
        return answer

    def health(self) -> tuple[int, str]:
        answer = self.get("/health")
        assert answer.text.count("\n") == 1
        return answer.status_code, answer.text.strip()

    def is_well(self) -> bool:
        return self.health() == (200, "ok")

    def scrape(self) -> dict[str, dict[tuple[str, ...], float]]:
        """Metric to labels to value."""
        answer = self.get("/metrics")
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        found: dict[str, dict[tuple[str, ...], float]] = {}
        for family in text_string_to_metric_families(answer.text):
            name = family.name + ("_total" if family.type == "counter" else "")
            about = METRICS[name]
            assert (family.type, family.documentation) == (about.kind, about.says)
            assert {sample.name for sample in family.samples} <= {name}
            found[name] = {
                tuple(sample.labels[label] for label in about.labels): sample.value
                for sample in family.samples
            }
        return found

    def messages(self) -> dict[str, float]:
        """How many messages of the email channel are in which state."""
        return {state: n for (_, state), n in self.scrape().get("uadispatch_messages", {}).items()}

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return err


def worker(folder: Path, *words: object) -> Watched:
    before = os.getcwd()  # noqa: PTH109 - where the process begins
    os.chdir(folder)
    try:
        return Watched(start("worker", "--metrics", 0, *words))
    finally:
        os.chdir(before)


@pytest.mark.usefixtures("line")
def test_the_numbers_are_those_of_the_journal(tmp_path: Path, use: Use, cli: Cli) -> None:
    file = write_campaign(tmp_path, 6)
    with mail_server() as server:
        server.at("rcpt", reply(550, "5.1.1 no such user"), recipient="t3@example.org")
        use(server)
        watched = worker(tmp_path)
        until(lambda: watched.scrape().get("uadispatch_workers_alive") == {(): 1})
        assert watched.is_well()
        found = watched.scrape()
        assert found.keys() == METRICS.keys()
        assert found["uadispatch_messages"] == {}
        assert cli("send", file, "--yes", "--workers").code == 1
        until(lambda: watched.messages() == {"accepted": 5, "failed": 1})
        assert cli("status", file, "--json").json["states"] == watched.messages()
        found = watched.scrape()
        assert found["uadispatch_outcomes_total"] == {
            ("email", "accepted"): 5, ("email", "failed"): 1, ("email", "confirmed"): 0,
            ("email", "in_doubt"): 0, ("email", "retry"): 0,
        }  # fmt: skip
        assert found["uadispatch_oldest_due_age_seconds"] == {("email",): 0}
        assert found["uadispatch_messages_held"] == {("email",): 0}
        assert found["uadispatch_breaker_open"] == {("email",): 0}
        assert found["uadispatch_wait_seconds"] == {}
        watched.stop()


def test_health_follows_the_journal_and_nothing_hangs_with_it(
    line: Line, tmp_path: Path, use: Use
) -> None:
    write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        watched = worker(tmp_path)
        until(watched.is_well)
        line.hang()
        until(lambda: watched.health() == (503, "the journal: it has not answered for 3 seconds"))
        gone = watched.scrape()
        assert gone["uadispatch_journal_up"] == {(): 0}
        assert not gone.keys() & {"uadispatch_messages", "uadispatch_workers_alive"}
        # What the worker knows by itself is told all the same.
        assert {"uadispatch_outcomes_total", "uadispatch_heartbeat_age_seconds"} <= gone.keys()
        line.mend()
        until(watched.is_well)
        line.cut()
        until(lambda: watched.health() == (503, "the journal: it cannot be reached"))
        line.mend()
        until(watched.is_well)
        assert watched.scrape()["uadispatch_journal_up"] == {(): 1}
        watched.stop()


@pytest.mark.usefixtures("line")
def test_a_mail_server_that_is_away_opens_the_breaker(tmp_path: Path, use: Use) -> None:
    file = write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        watched = worker(tmp_path)
        until(watched.is_well)
        server.close_port()
        follower = start("send", file, "--yes", "--workers")
        until(lambda: watched.scrape()["uadispatch_breaker_open"] == {("email",): 1})
        until(lambda: sum(watched.messages().values()) == 2)
        assert not watched.messages().keys() & {"accepted", "failed"}
        # The worker is well: it is the mail server that is not.
        assert watched.is_well()
        follower.send_signal(signal.SIGINT)
        follower.communicate(timeout=30)
        watched.stop()


def test_a_worker_that_waits_for_its_journal_says_so(line: Line, tmp_path: Path, use: Use) -> None:
    write_campaign(tmp_path)
    line.cut()
    with mail_server() as server:
        use(server)
        watched = worker(tmp_path)
        assert watched.health() == (503, "the journal: it cannot be reached")
        assert "uadispatch_heartbeat_age_seconds" not in watched.scrape()
        line.mend()
        until(watched.is_well)
        assert "worker stopped" in watched.stop()


@pytest.mark.usefixtures("line")
def test_it_answers_its_own_machine_alone_and_writes_no_log_of_it(tmp_path: Path, use: Use) -> None:
    write_campaign(tmp_path)
    with mail_server() as server:
        use(server)
        watched = worker(tmp_path)
        # Whatever listens at every address of this machine answers here as well.
        with (
            pytest.raises(ConnectionRefusedError),
            socket.create_connection(("127.0.0.2", watched.port)),
        ):
            pass
        until(watched.is_well)
        assert watched.get("/health", "HEAD").text == ""
        assert watched.get("/").status_code == 404
        assert watched.get("/metrics", "POST").status_code == 501
        said = [json.loads(row)["event"] for row in watched.stop().splitlines()]
    assert said == ["worker started", "worker stopped"]


@pytest.mark.usefixtures("line")
def test_a_port_that_cannot_be_had_is_said(
    tmp_path: Path, use: Use, cli: Cli, monkeypatch: Any
) -> None:
    write_campaign(tmp_path)
    monkeypatch.chdir(tmp_path)
    with mail_server() as server, socket.create_server(("127.0.0.1", 0)) as taken:
        use(server)
        port = taken.getsockname()[1]
        ran = cli("worker", "--metrics", port)
        assert ran.code == 2
        assert f"127.0.0.1:{port} cannot be listened to (Address already in use)" in ran.words
        assert cli("worker", "--metrics", 65536).code == 2
        assert cli("worker", "--metrics", -1).code == 2


@pytest.mark.usefixtures("line")
def test_metrics_that_are_not_installed_are_said(
    tmp_path: Path, use: Use, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_campaign(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("uadispatch.cli.sending.worker.find_spec", lambda _: None)
    with mail_server() as server:
        use(server)
        ran = cli("worker", "--metrics", 0)
    assert (ran.code, "pip install 'uadispatch[workers]'" in ran.words) == (2, True)


def test_names_follow_the_customs_of_prometheus() -> None:
    for name, about in METRICS.items():
        assert name.startswith("uadispatch_")
        assert name.endswith("_total") == (about.kind is Kind.COUNTER)
        assert not set(about.labels) & {"campaign", "target", "contact", "to", "name", "key"}
