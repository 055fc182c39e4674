"""The report's numbers are those of what the far ends have, whatever befell the runs between.

Faults, kills, a stop, gateways that change their mind, people: what was received is counted there,
and compared with what the report says.
"""

from __future__ import annotations

import csv
import io
import json
import signal
from email import message_from_bytes
from typing import TYPE_CHECKING, Any

import pytest

from casekit import TOML
from clikit import start, until, write_campaign
from faxkit import a_gateway
from reportkit import differences, messages_of
from uadispatch.testing.far_ends.smtp import CLOSE, SILENCE, late, reply

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer

COUNT = 60
WINDOW = 3
LATER = reply(450, "4.2.1 try later")
NO_MAILBOX = reply(550, "5.1.1 no such mailbox")
SPAM = reply(554, "5.7.1 no thanks")

PEOPLE = """\
urgent_action: {number: 46/30, title: A case, country: US, deadline: 2199-09-27}
channels: [fax, letter, phone]
targets:
TARGETS
letter:
  en: {subject: Release A. Person, text: "I am writing to you."}
"""


def address(number: int) -> str:
    return f"t{number}@example.org"


def misbehave(server: SmtpServer) -> None:
    """Every kind of fault; and slow enough that a kill comes in the middle."""
    server.at("mail", late(0.03))
    for number in (3, 9, 21, 47):
        server.at("rcpt", LATER, recipient=address(number), times=1)
    for number in (5, 33):
        server.at("rcpt", NO_MAILBOX, recipient=address(number))
    server.at("dot", SPAM, recipient=address(14))
    server.at("dot", LATER, recipient=address(25), times=1)
    for number in (7, 28, 50):
        server.at("dot", CLOSE, recipient=address(number))
    for number in (11, 40):
        server.at("dot", SILENCE, recipient=address(number))
    server.at("data", CLOSE, recipient=address(18), times=1)


def received(server: SmtpServer) -> set[str]:
    """Whose mail the server has; each message once, by its own Message-ID."""
    ids = {message_from_bytes(mail.content)["Message-ID"] for mail in server.mails}
    assert len(ids) == len(server.mails), "something was sent twice"
    return {mail.recipients[0] for mail in server.mails}


def report(cli: Cli, file: Path) -> dict[str, Any]:
    """The report; and every number of it counted again from an export."""
    told = cli("report", file, "--json").json
    lines = cli("export", file, "--format", "jsonl").out.split("\n")
    records = [json.loads(line) for line in lines if line]
    # Nothing runs any more: whatever is still claimed was left by the dead.
    dead = {record.get("owner") for record in records}
    assert differences(told, messages_of(records, dead)) == []
    return told


def killed_in_mid_run(file: Path, server: SmtpServer, at_least: int) -> None:
    process = start("send", file, "--yes", "--wait")
    until(lambda: len(server.mails) >= at_least)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, "it had ended before"


def test_what_is_reported_is_what_the_server_has(
    tmp_path: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    file = write_campaign(tmp_path, COUNT)
    use(server, concurrency=WINDOW, retry_wait="0.1 s", patience=0.003)
    misbehave(server)

    killed_in_mid_run(file, server, 8)
    bounds(report(cli, file), server)
    killed_in_mid_run(file, server, 20)
    bounds(report(cli, file), server)

    process = start("send", file, "--yes", "--wait")
    until(lambda: len(server.mails) >= 32)
    assert cli("stop", file, "--because", "ask the family").code == 0
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    stopped = report(cli, file)
    bounds(stopped, server)
    assert stopped["states"]["planned"] > 0
    assert cli("resume", file).code == 0
    assert cli("send", file, "--yes", "--wait").code == 1

    told = report(cli, file)
    bounds(told, server)
    assert told["gone_out"]["at_least"]

    settle(cli, file, told, server)
    server.clear()
    cli("send", file, "--yes", "--wait")
    the_end(report(cli, file), cli, file, server)


def bounds(told: dict[str, Any], server: SmtpServer) -> None:
    """Of what may have gone out nobody knows; of all else the report knows exactly."""
    number = len(received(server))
    certain = told["gone_out"]["messages"]
    assert certain <= number <= certain + told["states"].get("in_doubt", 0)


def settle(cli: Cli, file: Path, told: dict[str, Any], server: SmtpServer) -> None:
    """As a person would who may read the server's log."""
    has = received(server)
    doubtful = [
        target["target"]
        for target in told["targets"]
        if target["messages"][0]["state"] == "in_doubt"
    ]
    assert len(doubtful) == told["states"]["in_doubt"] >= 5
    for target in doubtful:
        flag = "--sent" if f"{target}@example.org" in has else "--not-sent"
        assert cli("resolve", file, f"{target}/email", flag).code == 0
    settled = report(cli, file)
    assert settled["gone_out"]["messages"] == len(has)
    sent = sum(f"{target}@example.org" in has for target in doubtful)
    assert settled["gone_out"]["on_a_persons_word"] == sent


def the_end(told: dict[str, Any], cli: Cli, file: Path, server: SmtpServer) -> None:
    has = received(server)
    # One of those that fail may have been on its way in a run that was killed.
    failed = told["states"]["failed"]
    assert told["states"] == {"accepted": COUNT - failed, "failed": failed}
    assert told["states"]["accepted"] == told["gone_out"]["messages"] == len(has)
    assert told["gone_out"]["targets"] == len(has)
    assert not told["gone_out"]["at_least"]
    assert told["sentence"].startswith(f"{len(has)} appeals by email have gone out to {len(has)} ")
    reasons = {each["code"]: each["number"] for each in told["reasons"]["failed"]}
    assert sum(reasons.values()) == failed <= 3
    assert reasons.keys() <= {"550 5.1.1", "554 5.7.1"}
    assert [fact["kind"] for fact in told["facts"]] == ["stopped", "resumed"]
    cli("report", file, "--csv", file.with_name("t.csv"), "--html", file.with_name("r.html"))
    table = file.with_name("t.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert {row["to"] for row in rows if row["counted"] == "yes"} == has
    assert f"{len(has)} appeals by email have gone out" in file.with_name("r.html").read_text()


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Six offices, each with a fax, a post address and a telephone."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/uadispatch.toml").write_text(TOML)
    file = tmp_path / "ua.yaml"
    targets = "\n".join(
        f"  - {{id: o{number}, name: Official {number}, country: US, timezone: America/New_York, "
        f'address: "{number} Some Street\\nSome Town", fax: "+1 202 555 012{number}", '
        f'phone: "+1 202 555 013{number}"}}'
        for number in range(6)
    )
    file.write_text(PEOPLE.replace("TARGETS", targets))
    return file


def test_a_fax_counts_once_its_gateway_has_delivered_it_and_a_task_once_somebody_was_reached(
    people: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_gateway(tmp_path / "gateway", monkeypatch) as telnyx:
        telnyx.line("+12025550122", "user_busy")
        telnyx.line("+12025550123", "receiver_invalid_number_format")
        cli("send", people, "--yes")
        told = report(cli, people)
        assert (told["states"], told["questions"]) == ({"accepted": 6, "with_person": 12}, 6)
        assert told["gone_out"]["messages"] == 0, "a gateway that took them may yet fail"
        assert told["sentence"].startswith("No appeal is known to have gone out")
        for _ in range(4):
            cli("confirm", people)
        told = report(cli, people)
        delivered = {call.to for call in telnyx.calls if call.steps[0] == telnyx.delivered}
        assert len(delivered) == 4
        assert told["channels"]["fax"] == {"confirmed": 4, "retry": 1, "failed": 1}
        assert told["gone_out"]["confirmed"] == told["gone_out"]["messages"] == len(delivered)
        reached = {t["target"] for t in told["targets"] if "fax" in t["reached_by"]}
        assert reached == {f"o{number[-1]}" for number in delivered}
    for message, outcome in (
        ("o0/letter", "mailed"), ("o2/letter", "mailed"), ("o1/letter", "skipped"),
        ("o2/phone", "no_answer"), ("o3/phone", "no_answer"), ("o3/phone", "reached"),
        ("o4/phone", "wrong_number"),
    ):  # fmt: skip
        assert cli("record", people, message, outcome).code == 0
    told = report(cli, people)
    assert told["done"] == {"contact": 3, "again": 1, "nothing": 1, "wrong": 1}
    assert told["gone_out"]["contacts"] == 3
    assert told["gone_out"]["messages"] == len(delivered) + 3
    assert told["gone_out"]["channels"] == {"fax": 4, "letter": 2, "phone": 1}
    assert "7 appeals by fax (4), letter (2) and phone (1) have gone out to" in told["sentence"]
    assert (
        "- phone: no answer 1 (reached nobody yet, and can be tried again)" in (told["report_back"])
    )
