"""What the commands say of a text that a newer document has replaced, and of a new round."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from casekit import TOML
from clikit import mail_server, start, until, write_campaign
from uadispatch.campaign.issues import Issue
from uadispatch.cli.common import deciding, output
from uadispatch.cli.deciding.closing import close_now, end_rounds_before
from uadispatch.dispatch.journal import Journal
from uadispatch.dispatch.journal.whereabouts import FileUrl
from uadispatch.testing.far_ends.smtp import late, reply

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use

OLD = "index: EUR 57/0894/2029, issued: 2029-08-16, sequence: 2,"
NEW = "index: EUR 57/0999/2029, issued: 2029-09-03, sequence: 3,"
NEWEST = Issue("EUR 57/0999/2029", date(2029, 9, 3), 3)
SAYS = (
    "Guard “superseded”: this text is of the document of 16 August 2029 (EUR 57/0894/2029); a "
    "newer one of 3 September 2029 (EUR 57/0999/2029) has replaced it; send from the campaign "
    "file that has the newer text."
)

AT_DESKS = """\
urgent_action: {{number: 46/30, {named} title: A case, country: KZ, deadline: 2199-09-27}}
round: {round}
channels: [phone, letter]
targets:
  - id: embassy
    name: An Ambassador
    country: US
    timezone: America/New_York
    address: "1 Some Street\\nSome Town"
    phone: 202 555 0123
letter:
  en: {{subject: Release A. Person, text: "I am writing to you."}}
"""


def named(file: Path, words: str, *, name: str = "ua.yaml") -> Path:
    """The campaign file, or a copy of it, whose text is of that document."""
    text = file.read_text().replace("number: 46/30,", f"number: 46/30, {words}")
    new = file.with_name(name)
    new.write_text(text)
    return new


def book(home: Path) -> Journal:
    url = FileUrl(str(home / ".uadispatch/journal.db"))
    return Journal(url, write=True)


def imported(home: Path, document: Issue = NEWEST) -> None:
    with closing(book(home)) as journal:
        journal.state_document(
            "46/30", document, at=datetime.now(UTC), by="Ann", because="third.docx"
        )


def test_an_older_copy_is_refused_by_every_command_that_sends(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    whole = write_campaign(tmp_path, 2)
    new = named(whole, NEW, name="new.yaml")
    old = named(whole, OLD)
    with mail_server() as server:
        use(server)
        server.at("rcpt", reply(550, "5.1.1 no such user"), recipient="t1@example.org")
        assert cli("send", old, "--yes", "--limit", 2).code == 1
        imported(tmp_path)
        for words in (["send", old, "--yes"], ["dry-run", old]):
            ran = cli(*words)
            assert ran.code == 3
            assert SAYS in ran.words
        ran = cli("mend", old, "--all", "--unchanged")
        assert ran.code == 3
        assert "Nothing was mended: this text is of the document of 16 August 2029" in ran.words
        shape = cli("send", old, "--yes", "--json")
        assert shape.code == 3
        assert [guard["name"] for guard in shape.json["guards"]] == ["superseded"]
        assert len(server.mails) == 1
        server.clear()
        assert cli("mend", new, "--all", "--unchanged").code == 0
        assert cli("send", new, "--yes").code == 0
        assert len(server.mails) == 2


def test_status_says_which_document_counts(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = named(write_campaign(tmp_path, 2), OLD)
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes", "--limit", 1).code == 0
    assert cli("status", file, "--json").json["document"] is None
    imported(tmp_path)
    ran = cli("status", file)
    assert SAYS in ran.words
    assert "Its newest document is that of 3 September 2029 (EUR 57/0999/2029)." in ran.words
    shape = cli("status", file, "--json").json
    assert shape["document"] == {
        "index": "EUR 57/0999/2029", "issued": "2029-09-03", "sequence": 3,
    }  # fmt: skip
    assert [guard["name"] for guard in shape["guards"]] == ["superseded"]


def test_a_dry_run_shows_what_would_be_sent_as_not_sent(tmp_path: Path, cli: Cli) -> None:
    file = named(write_campaign(tmp_path, 1), OLD)
    (tmp_path / ".uadispatch").mkdir()
    imported(tmp_path)
    shape = cli("dry-run", file, "--json").json
    (message,) = shape["messages"]
    assert message["state"] == "planned"
    assert message["reason"].startswith("this text is of the document of 16 August 2029")
    named(write_campaign(tmp_path, 1), NEW)
    assert cli("dry-run", file).code == 0


def test_an_import_at_another_terminal_ends_a_run_that_goes_on(
    tmp_path: Path, cli: Cli, use: Use
) -> None:
    file = named(write_campaign(tmp_path, 40), OLD)
    with mail_server() as server:
        use(server)
        server.at("dot", late(0.3))  # the other terminal has time
        process = start("send", file, "--yes")
        until(lambda: server.mails)
        imported(tmp_path)
        begun = len(server.mails) + 1  # one may be on its way
        server.clear()
        out, err = process.communicate(timeout=60)
        assert len(server.mails) <= begun
        assert process.returncode == 1
        assert "Another text counts now:" in " ".join((out + err).split())
        assert cli("send", file, "--yes").code == 3


@pytest.fixture
def desks(tmp_path: Path, cli: Cli) -> Path:
    """A campaign whose letter and call are with people."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/uadispatch.toml").write_text(TOML)
    file = tmp_path / "ua.yaml"
    file.write_text(AT_DESKS.format(named=OLD, round=1))
    assert cli("send", file, "--yes", "--json").json["states"] == {"with_person": 2}
    return file


def outbox(home: Path) -> set[str]:
    found = (home / ".uadispatch/outbox").rglob("embassy-*")
    return {path.name.partition(".")[0] for path in found if path.suffix in (".txt", ".pdf")}


def end(file: Path) -> None:
    console = output.printer(as_json=False)
    with deciding.decision(str(file), None, "Ann") as decision:
        end_rounds_before(console, decision, str(file), 2, "a new letter has come")


def test_a_new_round_takes_the_work_with_the_older_text_from_people(
    desks: Path, cli: Cli, capfd: pytest.CaptureFixture[str]
) -> None:
    home = desks.parent
    before = outbox(home)
    assert len(before) == 2
    cli("record", desks, "embassy/phone", "no_answer", "--by", "Ann")
    imported(home)
    desks.write_text(AT_DESKS.format(named=NEW, round=2))
    end(desks)
    said = " ".join(capfd.readouterr().out.split())
    assert "2 messages of earlier rounds ended: a new letter has come" in said
    assert "made for people removed" in said
    assert outbox(home) == set()
    assert cli("tasks", desks, "--json").json["tasks"] == []
    assert cli("send", desks, "--yes").code == 0
    tasks = cli("tasks", desks, "--json").json["tasks"]
    assert len(tasks) == 2
    assert len(outbox(home)) == 2
    assert outbox(home).isdisjoint(before)
    end(desks)
    assert capfd.readouterr().out == ""
    assert len(outbox(home)) == 2


def test_another_command_can_close_a_campaign(
    desks: Path, cli: Cli, capfd: pytest.CaptureFixture[str]
) -> None:
    console = output.printer(as_json=False)
    with deciding.decision(str(desks), None, "Ann") as decision:
        closed = close_now(console, decision, str(desks), "the final output says so")
    assert not closed.must_look
    assert "Urgent Action 46/30 is closed: the final output says so" in capfd.readouterr().out
    assert cli("status", desks, "--json").json["states"] == {"cancelled": 2}
    assert outbox(desks.parent) == set()
