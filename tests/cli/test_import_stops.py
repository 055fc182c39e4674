"""Closings that staff import: whatever stands in the way, nothing goes out that may be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importkit import (
    CAMPAIGN,
    FINAL,
    LATER,
    OTHER,
    OTHERS_END,
    RIGHT_NUMBER,
    SECOND,
    document,
    entry,
)

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli


def final(office: Path) -> Path:
    """The closing with the right number."""
    return document(office, "final.txt", *RIGHT_NUMBER, of=FINAL)


def held(cli: Cli, campaign: object) -> set[str]:
    """The guards that keep everything of a campaign back."""
    shape = cli("dry-run", campaign, "--now", "2019-08-20T09:00Z", "--json")
    assert shape.code == 3
    return {guard["name"] for guard in shape.json["guards"]}


# Campaign files that cannot be read, or stand elsewhere.


def test_a_file_that_cannot_be_read_is_held_by_its_number(
    office: Path, imported: Path, cli: Cli
) -> None:
    whole = imported.read_text("utf-8")
    imported.write_text(whole.replace("  title:", "\ttitle:"), "utf-8")
    ran = cli("import", final(office))
    assert ran.code == 1
    assert "Held: nothing more of Urgent Action 46/19 goes out" in ran.words
    imported.write_text(whole, "utf-8")
    assert "stopped" in held(cli, imported)


@pytest.mark.parametrize("named", ["config/campaigns/ua-46-19.yaml", "46/19"])
def test_a_file_that_cannot_be_read_is_closed_by_a_person(
    office: Path, imported: Path, cli: Cli, named: str
) -> None:
    imported.write_text(imported.read_text("utf-8").replace("  title:", "\ttitle:"), "utf-8")
    assert cli("import", final(office), "--closes", named).code == 0
    assert "closed" in cli("status", "46/19").words


def test_a_file_whose_campaign_cannot_be_told_is_named(
    office: Path, imported: Path, cli: Cli
) -> None:
    imported.write_text(imported.read_text("utf-8").replace("  number: 46/19 ", "  number: "))
    broken = office / "config/campaigns/broken.yaml"
    broken.write_text("urgent_action: {title: [")
    ran = cli("import", final(office))
    assert ran.code == 1
    assert "config/campaigns/ua-46-19.yaml" in ran.words
    assert "config/campaigns/broken.yaml" in ran.words


@pytest.mark.parametrize("name", ["2019/46.yaml", "other.yml"])
def test_a_campaign_file_is_found_below_the_folder_too(
    office: Path, imported: Path, cli: Cli, name: str
) -> None:
    file = imported.parent / name
    file.parent.mkdir(exist_ok=True)
    imported.rename(file)
    assert cli("import", final(office)).code == 0
    assert entry(file, "status") == "closed"
    assert "closed" in held(cli, file)


def test_a_campaign_file_that_is_named_says_whose_journal_it_is(
    office: Path, imported: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    document_ = final(office)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    ran = cli("import", document_)
    assert ran.code == 1
    assert str(elsewhere) in ran.words
    assert "config/uadispatch.toml" in ran.words
    assert not list(elsewhere.iterdir())
    assert cli("import", document_, "--closes", imported).code == 0
    assert "closed" in held(cli, imported)
    assert not list(elsewhere.iterdir())


# Before its campaign is there, and more than once.


def test_a_closing_that_comes_before_its_campaign_is_not_forgotten(office: Path, cli: Cli) -> None:
    ran = cli("import", final(office))
    assert ran.code == 1
    assert "no campaign here is known" in ran.words
    ran = cli("import", document(office, "second.txt", *LATER))
    assert ran.code == 1
    assert "held" in ran.words
    assert "final.txt" in ran.words
    file = office / "config/campaigns/ua-46-19.yaml"
    assert "stopped" in held(cli, file)
    assert cli("resume", "46/19").code == 0
    assert cli("dry-run", file).code == 0


def test_a_hold_is_lifted_by_number_before_anything_was_sent(imported: Path, cli: Cli) -> None:
    assert cli("import", FINAL).code == 1
    imported.unlink()
    assert cli("resume", "46/19").code == 0
    assert cli("resume", "46/20").code == 2


def test_a_stop_of_a_person_is_not_lifted_unseen_with_that_of_a_closing(
    imported: Path, cli: Cli
) -> None:
    assert cli("stop", imported, "--because", "her lawyer asks us to wait", "--by", "Ann").code == 0
    assert cli("import", FINAL).code == 1
    words = cli("status", imported).words
    assert "this may close it" in words
    assert "stopped by Ann: her lawyer asks us to wait" in words


def test_a_closing_that_a_person_took_back_holds_and_asks(
    office: Path, imported: Path, cli: Cli
) -> None:
    assert cli("import", final(office)).code == 0
    assert cli("reopen", "46/19", "--because", "it was not so", "--by", "Ann").code == 0
    imported.write_text(imported.read_text("utf-8").replace("status: closed", "status: open"))
    ran = cli("import", "final.txt")
    assert ran.code == 1
    assert "opened again" in ran.words
    assert "stopped" in held(cli, imported)
    assert cli("import", "final.txt", "--closes", imported).code == 0
    assert "closed" in held(cli, imported)


# Which campaign a person means.


def test_a_slip_in_what_a_person_names_closes_nothing(
    office: Path, imported: Path, cli: Cli
) -> None:
    assert cli("import", document(office, "other.txt", *OTHER)).code == 0
    ran = cli("import", document(office, "end.txt", *OTHERS_END, of=FINAL), "--closes", "46/19")
    assert ran.code == 2
    assert "Aliya Testova" in ran.words
    assert "--yes" in ran.words
    assert entry(imported, "status") == "open"
    (imported.parent / "ua-50-19.yaml").unlink()
    assert cli("import", "end.txt", "--closes", "46/19").code == 2
    assert cli("import", "end.txt", "--closes", "46/19", "--yes").code == 0
    assert entry(imported, "status") == "closed"


def test_who_is_in_another_campaign_too_is_not_forgotten(
    office: Path, imported: Path, cli: Cli
) -> None:
    again = (("46/19", "77/19"), ("46.19", "77.19"), ("57/0894", "57/0990"), ("57/0186", "57/0894"))
    assert cli("import", document(office, "again.txt", *again), "--new").code == 0
    ran = cli("import", final(office))
    assert ran.code == 0
    assert "77/19 names one of the same people, and goes on" in ran.words
    assert entry(imported, "status") == "closed"


@pytest.mark.usefixtures("imported")
def test_what_is_held_for_the_same_document_is_named_once_it_is_decided(
    office: Path, cli: Cli
) -> None:
    real = document(
        office, "real.txt", ("46/19", "46/16"), ("46.19", "46.16"), ("57/0894", "57/0894"),
        ("Serikzhan Bilash", "Aliya Testova"), ("57/0894/2019", "57/0700/2016"),
        ("16 August 2019", "16 August 2016"), ("EUR57/0186/2019", "EUR57/0300/2016"),
    )  # fmt: skip
    assert cli("import", real).code == 0
    assert cli("import", FINAL).code == 1
    ran = cli("import", FINAL, "--closes", "46/19")
    assert ran.code == 1
    assert "46/16 is still held" in ran.words
    assert "uadispatch resume" in ran.words


@pytest.mark.usefixtures("office")
def test_what_was_held_for_no_campaign_is_let_go_once_it_is_decided(cli: Cli) -> None:
    assert cli("import", FINAL).code == 1  # holds 46/16, which nobody knows
    assert cli("import", SECOND).code == 0
    assert cli("import", FINAL).code == 1
    assert cli("import", FINAL, "--closes", "46/19").code == 0
    assert cli("resume", "46/16").code in {1, 2}


@pytest.mark.usefixtures("imported")
def test_what_is_typed_next_names_the_same_journal(office: Path, cli: Cli) -> None:
    book = office / "book.db"
    ran = cli("import", FINAL, "--journal", book)
    assert ran.words.count(f"--journal {book}") == 2
    assert "--closes config/campaigns/ua-46-19.yaml" in ran.words


def test_no_name_that_a_closing_brought_is_left_by_a_purge(office: Path, cli: Cli) -> None:
    assert cli("import", document(office, "second.txt", *LATER)).code == 0
    assert cli("send", office / CAMPAIGN, "--yes", "--channel", "letter").code == 0
    words = ("IS REQUESTED.", "IS REQUESTED ON BEHALF OF SERIKZHAN BILASH.")
    assert (
        cli("import", document(office, "bilash-slip.txt", words, of=FINAL), "--by", "Ann").code == 1
    )
    named = document(office, "bilash.txt", *RIGHT_NUMBER, of="bilash-slip.txt")
    assert cli("import", named).code == 0
    assert "bilash.txt" in cli("status", "46/19").words
    assert cli("journal", "purge", "--older-than", "0s", "--yes").code == 0
    left = b"".join(file.read_bytes() for file in (office / ".uadispatch").glob("journal.db*"))
    assert b"bilash" not in left.lower()
    guards = cli("status", "46/19", "--json").json["guards"]
    assert [(guard["name"], guard["says"]) for guard in guards] == [
        ("closed", "closed"), ("stopped", "stopped by Ann"),
    ]  # fmt: skip
