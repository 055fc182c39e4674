"""Where people's own work goes wrong: closings, leases, files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from casekit import TOML
from uadispatch.dispatch.journal import Journal, Moment, Person
from uadispatch.dispatch.journal.whereabouts import FileUrl

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli

CAMPAIGN = """\
urgent_action: {number: 46/30, title: A case, country: KZ, deadline: 2199-09-27}
channels: [phone, letter]
targets:
  - id: embassy
    name: An Ambassador
    country: US
    timezone: America/New_York
    address: "1 Some Street\\nSome Town"
    phone: 202 555 0123
letter:
  en: {subject: Release A. Person, text: "I am writing to you."}
"""


@pytest.fixture
def file(tmp_path: Path, cli: Cli) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/uadispatch.toml").write_text(TOML)
    file = tmp_path / "ua.yaml"
    file.write_text(CAMPAIGN)
    assert cli("send", file, "--yes", "--json").json["states"] == {"with_person": 2}
    return file


def outbox(home: Path) -> list[str]:
    return sorted(
        path.name
        for path in (home / ".uadispatch/outbox").rglob("*")
        if path.suffix in (".txt", ".pdf", ".svg", ".html")
    )


def book(home: Path) -> Journal:
    return Journal(FileUrl(str(home / ".uadispatch/journal.db")), write=True)


def test_a_closing_withdraws_what_nobody_answered_too(file: Path, cli: Cli) -> None:
    """Nobody answered; the case is closed: there is nothing left to call for."""
    cli("record", file, "embassy/phone", "no_answer", "--by", "Ann")
    cli("close", file, "--because", "she is free")
    assert cli("tasks", file, "--json").json["tasks"] == []


def test_a_closing_removes_the_files_of_what_nobody_answered_too(file: Path, cli: Cli) -> None:
    cli("record", file, "embassy/phone", "no_answer", "--by", "Ann")
    cli("close", file, "--because", "she is free")
    assert outbox(file.parent) == []


def test_after_a_closing_the_page_lists_no_calls(file: Path, cli: Cli) -> None:
    cli("record", file, "embassy/phone", "no_answer", "--by", "Ann")
    cli("close", file, "--because", "she is free")
    cli("tasks", file, "--html")
    page = file.parent / ".uadispatch/outbox/46-30/tasks.html"
    assert "Nothing is left for people to do" in page.read_text()


def test_a_closing_removes_the_files_of_a_home_that_was_moved(file: Path, cli: Cli) -> None:
    new = file.parent.parent / f"{file.parent.name}-moved"
    shutil.move(file.parent, new)
    cli("close", new / "ua.yaml", "--because", "she is free")
    assert outbox(new) == []


def test_two_processes_of_one_user_never_have_one_task(file: Path) -> None:
    """An office has one login: `--by` is that for both, if nobody names themselves."""
    with closing(book(file.parent)) as one, closing(book(file.parent)) as other:
        entry = one.find_messages("46/30", "embassy/phone")[0]
        moment = Moment(campaign="46/30", now=datetime.now(UTC))
        half_an_hour = timedelta(minutes=30)
        assert one.lease(entry.key, moment, by=Person("office", "1"), time=half_an_hour) is None
        assert other.lease(entry.key, moment, by=Person("office", "2"), time=half_an_hour)


@pytest.mark.parametrize("words", [["tasks"], ["close", "--because", "she is free"]])
def test_a_damaged_file_breaks_no_command(file: Path, cli: Cli, words: list[str]) -> None:
    """Somebody's editor, or a full disk, has left a letter that is no PDF."""
    (letter,) = (file.parent / ".uadispatch/outbox/letter").rglob("embassy-*.pdf")
    letter.write_bytes(b"%PDF-1.7 cut")
    ran = cli(words[0], file, *words[1:])
    assert ran.code == 0, ran.words
    assert "Traceback" not in ran.words


def test_a_slip_that_is_mended_leaves_what_another_campaign_knows(file: Path, cli: Cli) -> None:
    """Two campaigns found the number wrong; one of them corrects itself to "skipped"."""
    other = file.with_name("other.yaml")
    other.write_text(CAMPAIGN.replace("46/30", "47/30"))
    cli("send", other, "--yes")
    cli("record", file, "embassy/phone", "wrong_number", "--by", "Ann")
    cli("record", other, "embassy/phone", "wrong_number", "--by", "Ben")
    cli("record", other, "embassy/phone", "skipped", "--by", "Ben")
    with closing(book(file.parent)) as journal:
        assert journal.contact_marks(), "Ann's word is gone"


def test_a_number_that_is_known_as_wrong_is_given_to_nobody(file: Path, cli: Cli) -> None:
    """ "Marked as wrong for every campaign": a stranger answered; Ben must not ring them again."""
    other = file.with_name("other.yaml")
    other.write_text(CAMPAIGN.replace("46/30", "47/30"))
    cli("send", other, "--yes")
    cli("record", file, "embassy/phone", "wrong_number", "--by", "Ann")
    ran = cli("tasks", other, "--channel", "phone")
    assert "wrong" in ran.words


def test_a_stop_is_said_to_who_asks_for_tasks(file: Path, cli: Cli) -> None:
    cli("stop", file, "--because", "wait for news")
    assert "wait for news" in cli("tasks", file, "--html").words
    page = (file.parent / ".uadispatch/outbox/46-30/tasks.html").read_text()
    assert "wait for news" in page


def test_a_rehearsal_says_what_is_wrong_with_a_setting(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_PHONE_FOLDR", "x")
    ran = cli("rehearse", file, "--channel", "phone")
    assert ran.code != 0, ran.words
    assert "UADISPATCH_PHONE_FOLDR" in ran.words


def test_a_run_killed_after_its_files_were_made_leaves_none_behind_a_closing(
    tmp_path: Path, cli: Cli
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/uadispatch.toml").write_text(TOML)
    file = tmp_path / "ua.yaml"
    file.write_text(CAMPAIGN)
    code = (
        "import os, sys\n"
        "from uadispatch.dispatch.sending import trying\n"
        "trying.Tries._answered = lambda *_: os._exit(9)\n"
        "from uadispatch.cli import main as main\n"
        f"sys.argv = ['uadispatch', 'send', {str(file)!r}, '--yes', '--channel', 'letter']\n"
        "main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == 9, ended
    assert outbox(tmp_path), "the letter was made"
    assert cli("close", file, "--because", "she is free").code == 0
    assert outbox(tmp_path) == []
