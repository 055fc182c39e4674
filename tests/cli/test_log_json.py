"""``--log-json``: a line for whatever happens, true to the journal, without a name in it."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from clikit import start, states, until, write_campaign
from uadispatch.cli.log.events import ALWAYS, EVENTS, FIELDS, schema
from uadispatch.testing.far_ends.smtp import CLOSE, SILENCE, late, reply

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer

VALIDATOR = Draft202012Validator(schema())
PEOPLE = "people: [{name: Arlen Zhaksybek, say_as: Ar-LEN Jak-see-BEK}, {name: 王丹}]"
SUBJECT = "Release Arlen Zhaksybek and 王丹"
NAMES = ("arlen", "zhaksybek", "王丹", "jak", "bek")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A campaign of 40 messages that names two people."""
    file = write_campaign(tmp_path, 40)
    text = file.read_text().replace("Release A. Person", SUBJECT)
    file.write_text(text.replace("title: A case", f"title: Arlen Zhaksybek in danger, {PEOPLE}"))
    return file


def lines(err: str) -> list[dict[str, Any]]:
    """Every line as JSON, each as the schema wants it."""
    found = [json.loads(line) for line in err.splitlines()]
    for line in found:
        VALIDATOR.validate(line)
        assert set(line) == {*ALWAYS, *EVENTS[line["event"]].fields}
    return found


def told(err: str, event: str) -> list[dict[str, Any]]:
    return [line for line in lines(err) if line["event"] == event]


def assert_nobody_is_named(text: str) -> None:
    for name in NAMES:
        assert name not in text.casefold()


def go_wrong(server: SmtpServer) -> None:
    """Whatever a server may do, and each time it repeats the subject."""
    says = f'we do not take "{SUBJECT}"'
    server.at("rcpt", reply(550, f"5.7.1 {says}"), recipient="t1@example.org")
    server.at("rcpt", reply(450, f"4.7.1 {says.upper()}"), recipient="t2@example.org")
    server.at(
        "dot", reply(554, f"5.6.0 {says.encode('punycode').decode()}"), recipient="t3@example.org"
    )
    server.at("dot", CLOSE, recipient="t4@example.org")
    server.at("dot", reply(451, f"4.3.0 <Arlen.Zhaksybek> {says[:25]}"), recipient="t5@example.org")
    server.at("dot", reply(250, f"2.0.0 taken: {says}"), recipient="t6@example.org")


def test_the_lines_of_a_run_with_faults_agree_with_the_journal(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server, concurrency=3)
    go_wrong(server)
    ran = cli("send", file, "--yes", "--json", "--log-json")
    assert ran.code == 1
    events = lines(ran.err)
    assert [events[0]["event"], events[-1]["event"]] == ["run_started", "run_ended"]
    assert events[0]["campaign"] == "46/30"
    journal = cli("status", file, "--messages", "--json").json
    assert events[-1]["states"] == ran.json["states"] == journal["states"]
    assert events[-1]["exit_code"] == 1
    last = {line["key"]: line["state"] for line in told(ran.err, "message")}
    assert last == {m["key"]: m["state"] for m in journal["messages"] if m["state"] != "planned"}
    sent = [line for line in told(ran.err, "progress") if line["phase"] == "sending"]
    assert (sent[0]["done"], sent[0]["total"]) == (0, 40)
    in_journal = Counter(journal["states"])
    for name in ("failed", "in_doubt", "retry"):
        assert sent[-1][name] == in_journal[name] > 0
    assert sent[-1]["done"] == len(last) == 40 - in_journal["planned"]


def test_no_name_comes_into_the_log_whatever_the_server_says(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server, concurrency=3)
    go_wrong(server)
    ran = cli("send", file, "--yes", "--json", "--log-json")
    assert_nobody_is_named(ran.err)
    assert "[withheld]" in ran.err
    assert "withheld" not in ran.out
    said = {line["target"]: line["says"] for line in told(ran.err, "message")}
    assert said["t1"].endswith('550 5.7.1 we do not take "[withheld]"')
    assert "arlen" in cli("status", file, "t1/email").words.casefold()


def test_a_run_is_told_in_words_as_ever_beside_a_log(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    ran = cli("send", file, "--yes", "--log-json")
    assert "40 messages tried" in ran.out
    assert "{" not in ran.out
    assert not told(ran.err, "said")
    assert len(told(ran.err, "message")) == 40


def test_waits_are_told_and_told_to_be_over(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server, rate="20/minute")
    ran = cli("send", file, "--yes", "--limit", 2, "--log-json")
    (waiting,) = told(ran.err, "waiting")
    assert (waiting["channel"], waiting["why"], waiting["number"]) == ("email", "rate", None)
    (waited,) = told(ran.err, "waited")
    assert waited["until"] == waiting["until"]


def test_a_far_end_that_asks_for_a_pause_is_told_with_its_words(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    server.at("connect", reply(421, f"4.3.2 too busy for {SUBJECT}"))
    ran = cli("send", file, "--yes", "--log-json")
    assert ran.code == 4
    waits = told(ran.err, "waiting")
    away = [wait for wait in waits if wait["number"] is None]
    assert {wait["why"] for wait in away} == {"far end away"}
    assert all("too busy for [withheld]" in wait["says"] for wait in away)
    (later,) = [wait for wait in waits if wait["why"] == "later try"]
    assert later["number"] == told(ran.err, "run_ended")[0]["states"]["retry"]
    assert_nobody_is_named(ran.err)


def test_a_rehearsal_that_tries_again_counts_each_message_once(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path, 3)
    ran = cli("rehearse", file, "--log-json", "--json")
    last = [line for line in told(ran.err, "progress") if line["phase"] == "sending"][-1]
    assert (last["done"], last["total"]) == (3, 3)
    assert told(ran.err, "run_ended")[0]["states"] == ran.json["states"] == {"accepted": 3}


@pytest.mark.parametrize("command", ["dry-run", "send", "rehearse"])
def test_looking_is_told_with_its_end(
    file: Path, cli: Cli, use: Use, server: SmtpServer, command: str
) -> None:
    use(server)
    ran = cli(command, file, "--log-json", "--limit", 1, *["--yes"] * (command == "send"))
    looked = [line for line in told(ran.err, "progress") if line["phase"] == "looking at messages"]
    assert (looked[-1]["done"], looked[-1]["total"]) == (40, 40)
    assert [line["command"] for line in told(ran.err, "run_started")] == [command]


def test_an_error_is_told_without_the_names_that_it_holds(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    ran = cli("send", file, "--yes", "--log-json", "--target", "arlen")
    assert ran.code == 2
    (said,) = told(ran.err, "said")
    assert said["says"].startswith("error: --target [withheld]: the campaign has no such one")
    assert_nobody_is_named(ran.err)
    assert told(ran.err, "run_ended")[0]["exit_code"] == 2


def test_before_it_is_known_whom_words_name_they_are_counted_and_not_written(
    file: Path, cli: Cli
) -> None:
    file.write_text(file.read_text().replace("number: 46/30", "number: 46/30, Arlen: Zhaksybek", 1))
    ran = cli("send", file, "--yes", "--log-json")
    assert ran.code == 2
    assert_nobody_is_named(ran.err)
    (ended,) = told(ran.err, "run_ended")
    assert ended["withheld"] > 0
    (said,) = told(ran.err, "said")
    assert "without --log-json shows them" in said["says"]
    assert "Arlen" in cli("send", file, "--yes").err


def test_a_fault_of_the_program_itself_is_told_so_too(file: Path) -> None:
    code = f"""
import sys
from uadispatch.dispatch.planning import looking
def plan(*_, **__):
    raise RuntimeError("cannot look at {SUBJECT}")
looking.plan = plan
from uadispatch.cli import main
sys.argv = ["uadispatch", "dry-run", {str(file)!r}, "--log-json"]
main()
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 1
    assert_nobody_is_named(ran.stderr)
    said = [line["says"] for line in told(ran.stderr, "said")]
    assert said[0].startswith("Traceback")
    assert said[-1] == "RuntimeError: cannot look at [withheld]"
    assert told(ran.stderr, "run_ended")[0]["exit_code"] == 1


def test_an_interruption_is_told_with_what_is_on_its_way(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server, concurrency=2)
    server.at("dot", late(0.2))
    process = start("send", file, "--yes", "--json", "--log-json")
    until(lambda: server.mails)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    (interrupted,) = told(err, "interrupted")
    assert 0 <= interrupted["number"] <= 2
    assert any(said["says"].startswith("Ending: nothing more is") for said in told(err, "said"))
    assert told(err, "run_ended")[0]["exit_code"] == 130
    assert told(err, "run_ended")[0]["states"] == json.loads(out)["states"] == states(cli, file)


def test_a_reader_of_the_log_that_goes_away_ends_no_run(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server, concurrency=2)
    server.at("dot", late(0.02))
    process = start("send", file, "--yes", "--json", "--log-json")
    assert process.stderr is not None
    assert json.loads(process.stderr.readline())["event"] == "run_started"
    process.stderr.close()
    assert process.stdout is not None
    out = process.stdout.read()
    assert process.wait(60) == 0
    assert json.loads(out)["states"] == states(cli, file) == {"accepted": 40}


def test_a_question_is_asked_in_the_log_where_there_is_nothing_else(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    ran = cli("send", file, "--json", "--log-json", answer="n\n")
    assert ran.code == 1
    assert any(said["says"].startswith("Send?") for said in told(ran.err, "said"))
    assert not server.mails


def test_documents_are_told_by_their_place_for_their_names_may_name_somebody(
    root: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = tmp_path / "arlen.txt"
    named.write_bytes((root / "tests/documents/ua-46-19-second-ua.txt").read_bytes())
    broken = tmp_path / "zhaksybek.pdf"
    broken.write_bytes(b"%PDF-1.4 no document")
    ran = cli("import", broken, named, "--json", "--log-json")
    assert_nobody_is_named(ran.err)
    assert "bilash" not in ran.err.casefold()
    documents = [(line["document"], line["state"]) for line in told(ran.err, "document")]
    assert documents == [(1, "unread"), (2, "written")]
    read = [line for line in told(ran.err, "progress") if line["phase"] == "reading documents"]
    assert (read[-1]["done"], read[-1]["total"]) == (2, 2)
    assert len(ran.json["documents"]) == 2


def test_every_field_of_an_event_is_explained_and_none_for_nothing() -> None:
    used = {name for event in EVENTS.values() for name in event.fields} | {*ALWAYS}
    assert used == set(FIELDS)
    Draft202012Validator.check_schema(schema())


def test_a_log_can_be_written_where_there_are_no_such_letters(
    tmp_path: Path, use: Use, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign(tmp_path, 2)
    use(server)
    server.at("rcpt", reply(550, "5.1.1 kein Empfänger"), recipient="t1@example.org")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii:strict")
    process = start("send", file, "--yes", "--json", "--log-json")
    _, err = process.communicate(timeout=60)
    (failed,) = [line for line in told(err, "message") if line["state"] == "failed"]
    assert failed["says"].endswith("kein Empfänger")


def test_a_silent_server_leaves_what_is_in_doubt_in_the_log(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server, patience=0.005)
    server.at("dot", SILENCE, recipient="t1@example.org")
    ran = cli("send", file, "--yes", "--limit", 3, "--log-json")
    doubtful = [line for line in told(ran.err, "message") if line["state"] == "in_doubt"]
    assert [line["target"] for line in doubtful] == ["t1"]
    assert told(ran.err, "run_ended")[0]["states"]["in_doubt"] == 1


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_whoever_closes_an_output_gets_the_same_run(
    file: Path, use: Use, server: SmtpServer, closed: str
) -> None:
    use(server)
    command = shlex.join([sys.executable, "-m", "uadispatch", "send", str(file), "--yes"])
    for words in ("--limit 20", "--json --log-json"):
        ran = subprocess.run(
            ["sh", "-c", f"{command} {words} {closed}"], check=False, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stderr
        assert "Error" not in ran.stdout + ran.stderr
    assert len(server.mails) == 40
