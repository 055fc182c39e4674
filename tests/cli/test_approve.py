"""``approve``, and what send and dry-run say of a campaign that is not as it was approved."""

from __future__ import annotations

import getpass
import json
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from clikit import mail_server, start, write_campaign
from importkit import CAMPAIGN, LATER, THIRD, document

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Ran, Use
    from uadispatch.testing.far_ends.smtp import Mail, SmtpServer

REQUIRED = "[approval]\nrequired = true\n"


@pytest.fixture
def case(tmp_path: Path, server: SmtpServer, use: Use) -> Path:
    """A campaign of two by email that must be approved, with a template of its own."""
    use(server)
    file = write_campaign(tmp_path)
    settings = tmp_path / "config/uadispatch.toml"
    settings.write_text(settings.read_text() + REQUIRED)
    folder = tmp_path / "templates/email"
    folder.mkdir(parents=True)
    (folder / "en.j2").write_text("{% extends 'plugin/email/en' %}\n")
    return file


def digest(cli: Cli, file: Path, *words: object) -> str:
    found: str = cli("dry-run", file, "--json", *words).json["digest"]
    return found


def approve(cli: Cli, file: Path, *words: object, by: str = "Ann Example") -> Ran:
    """Look at it, and approve what was seen."""
    return cli("approve", file, digest(cli, file, *words)[:12], "--by", by, *words)


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def facts(file: Path, cli: Cli) -> list[dict[str, str]]:
    lines = cli("export", file, "--format", "jsonl").out.splitlines()
    return [found for line in lines if (found := json.loads(line))["record"] == "fact"]


def to(server: SmtpServer) -> list[str]:
    return sorted(recipient for mail in server.mails for recipient in mail.recipients)


def test_what_nobody_has_approved_is_not_sent(case: Path, cli: Cli, server: SmtpServer) -> None:
    ran = cli("send", case, "--yes")
    assert ran.code == 3
    assert "Guard “not approved”: nobody has approved it" in ran.words
    short = digest(cli, case)[:12]
    last = ran.out.strip().splitlines()[-1]
    assert last == (
        f"Next: uadispatch dry-run {case}; if all is right: uadispatch approve {case} {short} "
        f"--by NAME"
    )
    assert server.mails == []


def test_the_dry_run_says_what_would_go_out_then_and_how_to_approve_it(
    case: Path, cli: Cli
) -> None:
    ran = cli("dry-run", case)
    assert ran.code == 0
    assert "Would go out once it is approved: 2 messages by email." in ran.words
    assert f"uadispatch approve {case} {digest(cli, case)[:12]} --by NAME" in ran.words
    shape = cli("dry-run", case, "--json").json
    assert [guard["name"] for guard in shape["guards"]] == ["not approved"]
    assert [message["reason"] for message in shape["messages"]] == ["", ""]
    assert (shape["approval"], shape["changed"]) == (None, [])


def test_what_was_approved_is_sent(case: Path, cli: Cli, server: SmtpServer) -> None:
    ran = approve(cli, case)
    assert ran.code == 0
    assert "Approved by Ann Example: Urgent Action 46/30, A case" in ran.words
    assert "It stands for 2 messages by email; to 2 targets." in ran.words
    assert "Languages: 2 in en." in ran.words
    assert ran.out.strip().splitlines()[-1] == f"Next: uadispatch send {case} --limit 1"
    assert cli("send", case, "--limit", 1, "--yes").code in (0, 4)
    assert cli("send", case, "--yes").code == 0
    assert to(server) == ["t0@example.org", "t1@example.org"]
    (fact,) = facts(case, cli)
    assert (fact["kind"], fact["by"], len(fact["value"])) == ("approved", "Ann Example", 64)
    assert fact["reason"] == f"2 messages to 2 targets; recorded by {getpass.getuser()}"
    assert cli("journal", "check", "--journal", case.parent / ".uadispatch/journal.db").code == 0


@pytest.mark.parametrize("how", ["whole", "upper", "spaces", "in groups"])
def test_a_digest_may_be_pasted_as_it_comes(case: Path, cli: Cli, how: str) -> None:
    found = digest(cli, case)
    pasted = {
        "whole": found, "upper": found.upper()[:20], "spaces": f"  {found[:12]}\n",
        "in groups": f"{found[:6]} {found[6:13]}",
    }[how]  # fmt: skip
    ran = cli("approve", case, pasted, "--by", "Ann", "--json")
    assert (ran.code, ran.json["approved"], ran.json["digest"]) == (0, True, found)
    assert (ran.json["messages"], ran.json["channels"]) == (2, {"email": 2})


@pytest.mark.parametrize("wrong", ["", "abc", "f" * 11, "g" * 12, "a" * 65, "46/30"])
def test_what_is_no_digest_is_a_slip(case: Path, cli: Cli, wrong: str) -> None:
    ran = cli("approve", case, wrong, "--by", "Ann")
    assert (ran.code, "first 12 digits" in ran.words) == (2, True)


def test_an_approval_has_a_name(case: Path, cli: Cli) -> None:
    found = digest(cli, case)
    assert cli("approve", case, found).code == 2
    ran = cli("approve", case, found, "--by", "  ")
    assert (ran.code, "--by: give the name" in ran.words) == (2, True)
    assert not (case.parent / ".uadispatch").exists()


def test_a_digest_that_is_not_current_is_refused_and_says_what_changed(
    case: Path, cli: Cli
) -> None:
    old = digest(cli, case)
    edit(case, "Official 1", "Official X")
    ran = cli("approve", case, old, "--by", "Ann")
    assert ran.code == 1
    assert f"Not approved: {old[:12]} is not the digest of Urgent Action 46/30" in ran.words
    assert "never approved before" in ran.words
    assert ran.out.strip().splitlines()[-1] == f"Next: look again: uadispatch dry-run {case}"
    assert not (case.parent / ".uadispatch").exists()
    approve(cli, case)
    edit(case, "Official X", "Official Y")
    stale = cli("approve", case, old, "--by", "Ann")
    assert "target t1, name: “Official X” → “Official Y”" in stale.words
    shape = cli("approve", case, old, "--by", "Ann", "--json").json
    assert shape["approved"] is False
    assert shape["digest"] == digest(cli, case)
    assert shape["changed"] == [{"what": "target t1, name", "says": "“Official X” → “Official Y”"}]


def test_one_letter_of_a_template_is_enough_and_its_file_is_named(
    case: Path, cli: Cli, server: SmtpServer
) -> None:
    approve(cli, case)
    template = case.parent / "templates/email/en.j2"
    template.write_text(template.read_text() + "{# a #}")
    for command in (("send", case, "--yes"), ("dry-run", case)):
        ran = cli(*command)
        assert ran.code == (3 if command[0] == "send" else 0)
        assert "it has changed since it was approved" in ran.words
        assert "Changed since it was approved by Ann Example on" in ran.words
        assert "templates/email/en.j2: line 2: “” → “{# a #}”" in ran.words
        shape = cli(*command, "--json").json
        assert shape["changed"] == [
            {"what": "templates/email/en.j2", "says": "line 2: “” → “{# a #}”"}
        ]
        assert shape["approval"]["by"] == "Ann Example"
    assert server.mails == []
    template.write_text(template.read_text().removesuffix("{# a #}"))
    assert cli("send", case, "--yes").code == 0, "it is again what was approved"
    assert len(server.mails) == 2


def test_of_many_changes_ten_are_listed_and_all_are_in_the_json(case: Path, cli: Cli) -> None:
    approve(cli, case)
    write_campaign(case.parent, 20)
    settings = case.parent / "config/uadispatch.toml"
    settings.write_text(settings.read_text() + REQUIRED)
    ran = cli("send", case, "--yes")
    assert ran.out.count(": is new: Official") == 10
    assert "and 8 more" in ran.words
    assert len(cli("send", case, "--yes", "--json").json["changed"]) == 18


def test_the_same_text_in_another_file_is_the_same(
    case: Path, cli: Cli, server: SmtpServer
) -> None:
    copy = case.with_name("copy.yaml")
    copy.write_text(case.read_text())
    assert approve(cli, copy).code == 0
    assert cli("send", case, "--yes").code == 0
    assert len(server.mails) == 2


def test_an_approval_counts_in_its_own_journal_alone(
    case: Path, cli: Cli, tmp_path: Path, server: SmtpServer
) -> None:
    book = tmp_path / "other.db"
    ran = approve(cli, case, "--journal", book)
    assert ran.out.strip().splitlines()[-1].endswith(f"send {case} --journal {book} --limit 1")
    assert cli("send", case, "--yes").code == 3
    assert server.mails == []
    refused = cli("send", case, "--yes", "--journal", tmp_path / "third.db")
    assert f"--by NAME --journal {tmp_path / 'third.db'}" in refused.words
    assert cli("send", case, "--yes", "--journal", book).code == 0


def test_to_approve_twice_is_harmless_and_said(case: Path, cli: Cli) -> None:
    approve(cli, case, by="Ann")
    ran = approve(cli, case, by="Ben")
    assert ran.code == 0
    assert "It was approved already, by Ann on" in ran.words
    assert cli("send", case, "--yes").code == 0
    assert [fact["by"] for fact in facts(case, cli)] == ["Ann", "Ben"]


def test_where_nothing_asks_for_it_that_is_said_and_it_is_recorded(case: Path, cli: Cli) -> None:
    settings = case.parent / "config/uadispatch.toml"
    settings.write_text(settings.read_text().replace("required = true", "required = false"))
    ran = approve(cli, case)
    assert (ran.code, "Nothing asks for this approval" in ran.words) == (0, True)
    settings.write_text(settings.read_text().replace("required = false", "required = true"))
    assert cli("send", case, "--yes").code == 0


def test_status_says_who_approved_it_last_before_anything_is_sent_too(case: Path, cli: Cli) -> None:
    assert cli("status", case).code == 2
    approve(cli, case)
    assert "It was approved last by Ann Example on" in cli("status", case).words
    assert cli("status", case, "--json").json["approval"]["by"] == "Ann Example"


def test_a_broken_template_is_not_approved(case: Path, cli: Cli) -> None:
    (case.parent / "templates/email/en.j2").write_text("{{ target.nmae }}\n")
    ran = approve(cli, case)
    assert (ran.code, "templates/email/en.j2:1" in ran.words) == (2, True)
    assert "rehearse" not in cli("dry-run", case).out.splitlines()[-1]
    assert not (case.parent / ".uadispatch").exists()


def test_what_is_closed_or_over_can_be_approved_and_is_not_sent(case: Path, cli: Cli) -> None:
    """The guards speak for themselves: an approval opens nothing."""
    assert cli("close", case, "--because", "she is free").code == 0
    ran = approve(cli, case)
    assert ran.code == 0
    assert "Guard “closed”: the campaign is closed: she is free." in ran.words
    assert "nothing can be sent as it is" in ran.words
    assert cli("send", case, "--yes").code == 3
    edit(case, "2199-09-27", "2019-09-27")
    ran = approve(cli, case)
    assert (ran.code, "its file" in ran.words) == (0, False)
    assert cli("send", case, "--yes").code == 3


def test_what_was_approved_is_shown_as_data(case: Path, cli: Cli) -> None:
    edit(case, "title: A case", 'title: "[red]A case"')
    ran = approve(cli, case, by="[bold]Ann\x1b[31m\nExample")
    assert "[red]A case" in ran.out
    assert "Approved by [bold]Ann�[31m Example: " in ran.out


def test_a_name_may_hold_bytes_that_are_no_text(case: Path, cli: Cli) -> None:
    """As a terminal with another encoding may give them."""
    assert approve(cli, case, by="J\udcfcrgen").code == 0
    assert [fact["by"] for fact in facts(case, cli)] == ["J?rgen"]
    edit(case, "Official 1", "Official X")
    ran = cli("send", case, "--yes", "--unapproved", "f\udcfcr sie")
    assert ran.code == 0
    assert facts(case, cli)[-1]["reason"] == "f?r sie"


def test_with_a_reason_it_is_sent_once_and_that_is_recorded_first(
    case: Path, cli: Cli, server: SmtpServer
) -> None:
    ran = cli("send", case, "--yes", "--limit", 1, "--unapproved", "Ann is ill,\nand it is urgent")
    assert ran.code in (0, 4)
    assert "Nobody has approved this as it is." in ran.words
    assert len(server.mails) == 1
    (fact,) = facts(case, cli)
    assert (fact["kind"], fact["value"]) == ("unapproved", digest(cli, case))
    assert (fact["by"], fact["reason"]) == (getpass.getuser(), "Ann is ill, and it is urgent")
    with closing(sqlite3.connect(case.parent / ".uadispatch/journal.db")) as book:
        ((stated, claimed),) = book.execute(
            "SELECT (SELECT at FROM facts), (SELECT min(at) FROM moves WHERE after = 'claimed')"
        )
    assert stated <= claimed
    assert cli("status", case, "--json").json["approval"] is None
    assert cli("send", case, "--yes").code == 3, "it is asked for anew"
    shape = cli("send", case, "--yes", "--unapproved", "as before", "--json").json
    assert shape["unapproved"] == "as before"
    assert len(server.mails) == 2
    assert len(facts(case, cli)) == 2
    shape = cli("send", case, "--yes", "--unapproved", "for nothing", "--json").json
    assert shape["unapproved"] is None, "nothing was left, so nothing was recorded"
    assert len(facts(case, cli)) == 2
    assert cli("journal", "check", "--journal", case.parent / ".uadispatch/journal.db").code == 0


def test_a_reason_overrides_no_other_guard(case: Path, cli: Cli, server: SmtpServer) -> None:
    cli("stop", case, "--because", "wait")
    ran = cli("send", case, "--yes", "--unapproved", "urgent")
    assert (ran.code, "Guard “stopped”" in ran.words) == (3, True)
    cli("resume", case)
    cli("close", case, "--because", "she is free")
    assert cli("send", case, "--yes", "--unapproved", "urgent").code == 3
    assert server.mails == []
    assert "unapproved" not in {fact["kind"] for fact in facts(case, cli)}


def test_a_no_at_the_prompt_records_no_reason(case: Path, cli: Cli) -> None:
    assert cli("send", case, "--unapproved", "urgent", answer="n\n").code == 1
    assert not (case.parent / ".uadispatch/journal.db").exists()


def test_a_reason_for_nothing_is_a_slip(case: Path, cli: Cli) -> None:
    ran = cli("send", case, "--yes", "--unapproved", " ")
    assert (ran.code, "--unapproved: say why" in ran.words) == (2, True)
    approve(cli, case)
    ran = cli("send", case, "--yes", "--unapproved", "urgent")
    assert (ran.code, "it is approved as it is" in ran.words) == (2, True)
    settings = case.parent / "config/uadispatch.toml"
    settings.write_text(settings.read_text().replace("required = true", "required = false"))
    ran = cli("send", case, "--yes", "--unapproved", "urgent")
    assert (ran.code, "approval.required is off" in ran.words) == (2, True)


def test_an_update_that_is_imported_must_be_approved_anew(
    office: Path, cli: Cli, server: SmtpServer, use: Use
) -> None:
    use(server)
    settings = office / "config/uadispatch.toml"
    edit(settings, "required = false", "required = true")
    assert cli("import", document(office, "now.txt", *LATER)).code == 0
    file = office / CAMPAIGN
    older = office / "older.yaml"
    older.write_text(file.read_text())
    approve(cli, file)
    assert cli("import", document(office, "third.txt", *THIRD)).code in (0, 1)
    ran = cli("send", file, "--yes", "--channel", "email")
    assert ran.code == 3
    assert "deadline: “27 September 2099” → “18 October 2099”" in ran.words
    assert server.mails == []
    approve(cli, file)
    # An older text takes no approval away: it can never be sent.
    refused = approve(cli, older)
    assert (refused.code, "Guard “superseded”" in refused.words) == (3, True)
    assert cli("send", file, "--yes", "--channel", "email").code in (0, 4)
    assert len(server.mails) == 2


def test_a_journal_of_an_older_version_takes_an_approval(case: Path, cli: Cli) -> None:
    approve(cli, case)
    with closing(sqlite3.connect(case.parent / ".uadispatch/journal.db")) as book, book:
        book.execute("DROP TABLE rosters")
        book.execute("DROP INDEX facts_opted_out")
        book.execute("DELETE FROM snapshots")
        book.execute("UPDATE meta SET value = '4' WHERE name = 'version'")
    edit(case, "Official 1", "Official X")
    ran = cli("send", case, "--yes")
    assert ran.code == 3
    assert "It was approved last by Ann Example on" in ran.words
    assert "was not kept (older versions kept none of it)" in ran.words
    assert approve(cli, case).code == 0
    assert cli("send", case, "--yes").code == 0


def test_an_approval_from_another_terminal_ends_the_run_of_another_text(
    case: Path, cli: Cli, use: Use
) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def hold_the_third(_: Mail) -> None:
        if len(server.mails) == 2:
            reached.set()
            assert go_on.wait(60)

    with mail_server(on_mail=hold_the_third) as server:
        use(server, concurrency=1)
        write_campaign(case.parent, 6)
        settings = case.parent / "config/uadispatch.toml"
        settings.write_text(settings.read_text() + REQUIRED)
        approve(cli, case)
        process = start("send", case, "--yes")
        assert reached.wait(60)
        edit(case, "I am writing to you.", "I write to you.")
        assert approve(cli, case, by="Ben").code == 0
        go_on.set()
        out, err = process.communicate(timeout=60)
        assert process.returncode == 1, out + err
        assert "3 messages kept back: it has changed since it was approved" in out
        assert len(server.mails) == 3
        assert cli("send", case, "--yes").code == 0
        assert len(to(server)) == len(set(to(server))) == 6
        assert [b"I am writing to you." in mail.content for mail in server.mails] == (
            [True] * 3 + [False] * 3
        )
