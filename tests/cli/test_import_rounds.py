"""What an update does to those who were written to: nobody is lost, and nobody gets the old."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from clikit import start, until
from importkit import (
    CAMPAIGN,
    FINAL,
    LATER,
    NEW_LETTER,
    RIGHT_NUMBER,
    THIRD,
    document,
    entry,
)
from uadispatch.testing.far_ends.smtp import late

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer


def begun(office: Path, cli: Cli, *words: str) -> Path:
    """The campaign of the second UA, which can be sent today."""
    assert cli("import", document(office, "second.txt", *LATER), *words).code == 0
    return office / CAMPAIGN


def test_what_was_cancelled_is_written_anew_by_a_document_that_asks_for_appeals(
    office: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    file = begun(office, cli)
    assert cli("send", file, "--yes", "--channel", "letter").code == 0
    final = document(office, "final.txt", *RIGHT_NUMBER, of=FINAL)
    assert cli("import", final).code == 0
    assert cli("reopen", "46/19", "--because", "it was not so").code == 0
    file.write_text(file.read_text("utf-8").replace("status: closed", "status: open"), "utf-8")
    ran = cli("import", document(office, "third.txt", *THIRD, NEW_LETTER), "--yes")
    assert ran.code == 0
    assert entry(file, "round") == "2"
    assert cli("send", file, "--yes", "--channel", "email").code == 0
    assert len(server.mails) == 2


def test_messages_that_stay_cancelled_are_said(office: Path, cli: Cli) -> None:
    file = begun(office, cli)
    assert cli("send", file, "--yes", "--channel", "letter").code == 0
    final = document(office, "final.txt", *RIGHT_NUMBER, of=FINAL)
    assert cli("import", final).code == 0
    assert cli("reopen", "46/19", "--because", "it was not so").code == 0
    file.write_text(file.read_text("utf-8").replace("status: closed", "status: open"), "utf-8")
    ran = cli("import", document(office, "third.txt", *THIRD), "--yes")
    assert ran.code == 1
    assert "messages of this round are cancelled and stay so" in ran.words
    assert entry(file, "round") == "1"


def test_a_contact_of_a_channel_that_is_new_is_used(office: Path, cli: Cli) -> None:
    no_fax = ("Fax: +7 7172 506 402\n", "")
    assert cli("import", document(office, "second.txt", *LATER, no_fax)).code == 0
    file = office / CAMPAIGN
    assert "fax" not in entry(file, "channels")
    ran = cli("import", document(office, "third.txt", *THIRD))
    assert ran.code == 0
    assert "channels: email, twitter, phone, letter, facebook -> " in ran.words
    assert "fax" in entry(file, "channels")


def test_a_channel_that_a_person_took_away_stays_away_and_is_said(office: Path, cli: Cli) -> None:
    file = begun(office, cli)
    file.write_text(file.read_text("utf-8").replace("channels: [email, fax,", "channels: [email,"))
    assert cli("import", document(office, "third.txt", *THIRD), "--yes").code == 0
    assert "fax" not in entry(file, "channels")
    more = ("Phone: 202 232 5488", "Phone: 202 232 5488\nFax: 202 232 5845")
    fourth = (("Third UA", "Fourth UA"), ("57/0999", "57/1100"), ("6 September", "9 September"))
    ran = cli("import", document(office, "fourth.txt", *fourth, more, of="third.txt"))
    assert ran.code == 0
    assert "no message goes out by fax" in ran.words
    assert "fax" not in entry(file, "channels")


def test_a_corrected_document_replaces_the_text_and_not_the_other_way_round(
    office: Path, cli: Cli
) -> None:
    file = begun(office, cli)
    older = file.with_name("older.yaml")
    shutil.copy(file, older)
    swaps = (("Date: 16 August", "Date: 18 August"), ("press@prokuror.kz", "new@example.org"))
    corrected = document(office, "corrected.txt", *LATER, *swaps)
    assert cli("import", corrected).code == 0
    assert cli("dry-run", older).code == 3
    assert cli("dry-run", file).code == 0
    ran = cli("import", "second.txt")
    assert ran.code == 1
    assert "nothing was changed" in ran.words
    assert entry(file, "email") == "new@example.org"


def test_a_document_between_is_no_newer_one_for_an_older_copy_of_the_file(
    office: Path, cli: Cli
) -> None:
    file = begun(office, cli)
    older = file.read_bytes()
    assert cli("import", document(office, "third.txt", *THIRD)).code == 0
    file.write_bytes(older)
    between = (("57/0894/2019", "57/0900/2019"), ("Date: 16 August", "Date: 20 August"))
    ran = cli("import", document(office, "between.txt", *LATER, *between))
    assert ran.code == 1
    assert "nothing was changed" in ran.words
    assert file.read_bytes() == older
    file.unlink()
    assert cli("import", "between.txt").code == 1
    assert not file.exists()
    assert cli("import", "third.txt").code == 0


def test_a_newer_document_counts_where_the_file_is_gone(
    office: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    file = begun(office, cli)
    older = office / "older.yaml"
    shutil.copy(file, older)
    assert cli("send", file, "--yes", "--limit", 1, "--channel", "email").code == 0
    file.unlink()
    older.rename(office / "config/older")
    ran = cli("import", document(office, "third.txt", *THIRD, NEW_LETTER))
    assert ran.code == 1
    assert "its file cannot be read" in ran.words
    (office / "config/older").rename(older)
    assert cli("send", older, "--yes").code == 3
    assert len(server.mails) == 1


def test_an_update_that_comes_amid_a_run_is_sent_to_each_once(
    office: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server, concurrency=1)
    server.at("dot", late(1.0))  # the import has time
    file = begun(office, cli)
    third = document(office, "third.txt", *THIRD, NEW_LETTER)
    process = start("send", file, "--yes", "--json", "--channel", "email")
    until(lambda: server.mails)
    ran = cli("import", third)
    process.communicate(timeout=60)
    server.clear()
    begun_with = [mail.recipients for mail in server.mails]
    assert ran.code == 0
    assert entry(file, "round") == "2"
    assert cli("send", file, "--yes", "--channel", "email").code == 0
    both = [("press@prokuror.kz",), ("washington@mfa.kz",)]
    assert sorted(mail.recipients for mail in server.mails[len(begun_with) :]) == both
    assert len(set(begun_with)) == len(begun_with)
    assert cli("send", file, "--yes", "--channel", "email").code == 0
    assert len(server.mails) == len(begun_with) + 2
