"""A campaign whose targets stand in a CSV file, from dry-run to mending, as staff would do it."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clikit import states
from importkit import SECOND, THIRD, document
from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.model import TargetFile
from uadispatch.testing.far_ends.smtp import reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer

TOML = """\
[organisation]
name = "Group 12"
email = "ua@example.org"
"""
UA = """\
urgent_action: {number: 46/30, title: A case, country: KZ, deadline: 2199-09-27}
channels: [email]
targets:
  - {id: minister, name: Minister, country: KZ, email: minister@example.org}
  - {file: officials.csv, columns: {name: Full name}}
letter:
  en: {subject: Release A. Person, text: "I am writing to you."}
"""
HEADER = ("id", "Full name", "Country", "email")
GOOD = (("m1", "Mary One", "KZ", "m1@example.org"), ("m2", "{{7*7}}", "US", "m2@example.org"))
WRONG = (("m3", "=cmd|' /C calc'!A0", "Kazakhstan", "m3@example.org"), ("m4", "Four", "KZ", "@x"))


def put(path: Path, *rows: tuple[str, ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([HEADER, *rows])
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/uadispatch.toml").write_text(TOML)
    (tmp_path / "ua.yaml").write_text(UA)
    put(tmp_path / "officials.csv", *GOOD)
    return tmp_path


@pytest.fixture
def file(home: Path) -> Path:
    return home / "ua.yaml"


@pytest.fixture
def spoilt(file: Path) -> Path:
    """The campaign, with two rows that are no targets."""
    put(file.parent / "officials.csv", GOOD[0], *WRONG, GOOD[1])
    return file


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as found:
        return list(csv.reader(found, strict=True))


def received(server: SmtpServer) -> list[str]:
    return sorted(mail.recipients[0] for mail in server.mails)


def test_dry_run_shows_the_rows_as_it_shows_what_is_written(file: Path, cli: Cli) -> None:
    ran = cli("dry-run", file, "--json")
    assert ran.code == 0
    assert [each["target"] for each in ran.json["messages"]] == ["minister", "m1", "m2"]
    assert "Dear {{7*7}}" in ran.json["messages"][2]["body"]
    assert ran.json["rejected"] == []


def test_a_file_of_targets_and_the_same_written_have_one_digest(file: Path, cli: Cli) -> None:
    listed = cli("dry-run", file, "--json").json["digest"]
    written = "".join(
        f'  - {{id: {id_}, name: "{name}", country: {country}, email: {email}}}\n'
        for id_, name, country, email in GOOD
    )
    text = UA.replace("  - {file: officials.csv, columns: {name: Full name}}\n", written)
    (file.parent / "by-hand.yaml").write_text(text)
    assert cli("dry-run", file.parent / "by-hand.yaml", "--json").json["digest"] == listed


def test_dry_run_counts_rejected_rows_shows_the_first_and_writes_nothing(
    spoilt: Path, cli: Cli
) -> None:
    before = sorted(spoilt.parent.rglob("*"))
    ran = cli("dry-run", spoilt)
    assert ran.code == 1
    path = spoilt.parent / "officials.csv"
    assert f"! {path}: 2 of 4 rows rejected; nobody is written to for them:" in ran.words
    assert f"{path}:3: country: “Kazakhstan” is no two-letter code of a country" in ran.words
    assert f"{path}:4: email: “@x” is no email address" in ran.words
    assert "All of them: add --rejects FILE." in ran.words
    (rejected,) = cli("dry-run", spoilt, "--json").json["rejected"]
    assert (rejected["file"], rejected["rows"], rejected["read"]) == (str(path), 2, 4)
    assert [each["line"] for each in rejected["rejects"]] == [3, 4]
    assert sorted(spoilt.parent.rglob("*")) == before


def test_dry_run_writes_rejected_rows_where_it_is_told(spoilt: Path, cli: Cli) -> None:
    out = spoilt.parent / "mend" / "rejects.csv"
    ran = cli("dry-run", spoilt, "--rejects", out, "--json")
    assert ran.json["rejected"][0]["kept_in"] == str(out)
    header, *found = rows(out)
    assert header == [*HEADER, "line", "reason"]
    in_sheet = [cell.replace("=", "'=").replace("@x", "'@x") for row in WRONG for cell in row]
    assert [row[:4] for row in found] == [in_sheet[:4], in_sheet[4:]]
    assert [row[4] for row in found] == ["3", "4"]
    assert found[0][5].startswith("country: “Kazakhstan” is no two-letter code")


def test_rejected_rows_are_never_written_over_what_the_campaign_is_read_from(
    spoilt: Path, cli: Cli
) -> None:
    for name in ("ua.yaml", "officials.csv"):
        before = (spoilt.parent / name).read_bytes()
        ran = cli("dry-run", spoilt, "--rejects", spoilt.parent / name)
        assert ran.code == 2
        assert "the campaign is read from it; name another file" in ran.words
        assert (spoilt.parent / name).read_bytes() == before


def test_what_was_mended_in_the_file_of_rejects_can_be_read_from_there(
    spoilt: Path, cli: Cli
) -> None:
    out = spoilt.parent / "mended.csv"
    cli("dry-run", spoilt, "--rejects", out)
    out.write_text(out.read_text().replace("Kazakhstan", "KZ").replace("'@x", "four@example.org"))
    text = UA.replace("letter:", "  - {file: mended.csv, columns: {name: Full name}}\nletter:")
    spoilt.write_text(text)
    put(spoilt.parent / "officials.csv", *GOOD)
    ran = cli("dry-run", spoilt, "--json")
    assert ran.code == 0
    assert [each["to"] for each in ran.json["messages"]][3:] == [
        "m3@example.org", "four@example.org",
    ]  # fmt: skip
    assert "Dear =cmd|' /C calc'!A0" in ran.json["messages"][3]["body"]
    assert not [notice for notice in ran.json["notices"] if "nothing uses" in notice]


def test_send_sends_to_the_good_rows_and_keeps_the_others_for_a_person(
    spoilt: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    kept = spoilt.parent / ".uadispatch/rejects/46-30-officials.csv"
    ran = cli("send", spoilt, "--yes", "--json")
    assert ran.code == 1
    assert received(server) == ["m1@example.org", "m2@example.org", "minister@example.org"]
    assert ran.json["states"] == {"accepted": 3}
    assert ran.json["rejected"][0]["kept_in"] == str(kept)
    assert [row[4] for row in rows(kept)] == ["line", "3", "4"]
    assert rows(kept)[1][1] == f"'{WRONG[0][1]}"
    assert kept.stat().st_mode & 0o077 == 0
    assert "2 of 4 rows rejected" in ran.words
    assert f"The rejected rows, each with its line and why: {kept}" in ran.words
    put(spoilt.parent / "officials.csv", *GOOD, ("m4", "Four", "KZ", "four@example.org"))
    again = cli("send", spoilt, "--yes")
    assert again.code == 0
    assert received(server)[0] == "four@example.org"
    assert len(server.mails) == 4


def test_nobody_is_asked_and_nothing_kept_before_a_yes(
    spoilt: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    ran = cli("send", spoilt, answer="n\n")
    assert ran.code == 1
    assert "2 of 4 rows rejected" in ran.words
    assert not (spoilt.parent / ".uadispatch/rejects").exists()
    assert server.mails == []


def test_a_rehearsal_keeps_them_too(spoilt: Path, cli: Cli) -> None:
    ran = cli("rehearse", spoilt, "--json")
    assert ran.code == 1
    assert ran.json["states"] == {"accepted": 3}
    assert len(rows(spoilt.parent / ".uadispatch/rejects/46-30-officials.csv")) == 3
    assert "Next: uadispatch send" in ran.words


def test_a_file_of_rejects_that_the_campaign_is_read_from_is_not_written_over(
    spoilt: Path, cli: Cli
) -> None:
    cli("rehearse", spoilt)
    kept = spoilt.parent / ".uadispatch/rejects/46-30-officials.csv"
    kept.write_text(kept.read_text().replace("Kazakhstan", "KZ"))
    mended = kept.read_bytes()
    more = "  - {file: .uadispatch/rejects/46-30-officials.csv, columns: {name: Full name}}\n"
    spoilt.write_text(UA.replace("letter:", f"{more}letter:"))
    ran = cli("rehearse", spoilt, "--json")
    assert kept.read_bytes() == mended
    assert [each["kept_in"].rpartition("/")[2] for each in ran.json["rejected"]] == [
        "46-30-officials-2.csv", "46-30-46-30-officials.csv",
    ]  # fmt: skip


def test_targets_that_are_named_are_looked_for_in_the_file(file: Path, cli: Cli) -> None:
    ran = cli("dry-run", file, "--target", "m2", "--json")
    assert [each["target"] for each in ran.json["messages"]] == ["m2"]
    for command in ("dry-run", "send", "rehearse"):
        ran = cli(command, file, "--target", "m-2")
        assert ran.code == 2
        assert "--target m-2: the campaign has no such one; did you mean m2?" in ran.words
    assert "it has m1, m2, minister" in cli("dry-run", file, "--target", "somebody").words


def test_a_target_of_the_file_can_be_stopped_before_anything_was_planned(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    assert cli("stop", file, "--target", "m2").code == 0
    assert cli("stop", file, "--target", "m22").code == 2
    cli("send", file, "--yes")
    assert received(server) == ["m1@example.org", "minister@example.org"]
    (file.parent / "officials.csv").unlink()
    assert cli("stop", file, "--target", "m1").code == 0


def test_a_contact_that_was_mended_in_the_file_is_sent_to(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    server.at("rcpt", reply(550, "5.1.1 no such mailbox"), recipient="m1@example.org")
    assert cli("send", file, "--yes", "--json").json["states"] == {"accepted": 2, "failed": 1}
    put(file.parent / "officials.csv", ("m1", "Mary One", "KZ", "mary@example.org"), GOOD[1])
    assert cli("mend", file, "m1/email").code == 0
    assert cli("send", file, "--yes").code == 0
    assert received(server)[1] == "mary@example.org"
    assert states(cli, file) == {"accepted": 3}


def test_an_approval_covers_the_file_and_names_what_has_changed_in_it(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    config = file.parent / "config/uadispatch.toml"
    config.write_text(f"{TOML}[approval]\nrequired = true\n")
    digest = cli("dry-run", file, "--json").json["digest"]
    assert cli("approve", file, digest, "--by", "Ann").code == 0
    put(file.parent / "officials.csv", ("m1", "Mary One", "KZ", "mary@example.org"),
        ("m9", "Nine", "KZ", "nine@example.org"))  # fmt: skip
    ran = cli("send", file, "--yes", "--json")
    assert ran.code == 3
    assert server.mails == []
    assert [(each["what"], each["says"]) for each in ran.json["changed"]] == [
        ("target m1, email", "“m1@example.org” → “mary@example.org”"),
        ("target m9", "is new: Nine"),
        ("target m2", "is not there any more: {{7*7}}"),
    ]
    assert cli("approve", file, digest, "--by", "Ann").code == 1
    put(file.parent / "officials.csv", *GOOD)
    assert cli("send", file, "--yes").code == 0
    assert len(server.mails) == 3


def test_an_id_that_stands_twice_stops_everything_and_names_both_places(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    put(file.parent / "officials.csv", *GOOD, ("Minister", "Another", "KZ", "x@example.org"))
    for command in ("dry-run", "send", "rehearse"):
        ran = cli(command, file)
        assert ran.code == 2
        says = f"officials.csv:4: the id “Minister” stands here and at {file}:4"
        assert says in ran.words
    assert server.mails == []


def _as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "gone": (Path.unlink, "there is no such file; check its name"),
    "a folder": (_as_folder, "this is a folder"),
    "a pipe": (_as_pipe, "this is no file; give a CSV file"),
    "empty": (lambda path: path.write_bytes(b""), "the file is empty"),
    "a header alone": (put, "the names of its columns and no row"),
    "another encoding": (lambda path: path.write_bytes(b"\xff\xfei\0d\0"), "encoding: utf-16"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_file_that_cannot_be_used_is_an_error_that_names_it(
    file: Path, cli: Cli, how: str
) -> None:
    spoil, says = SPOILT[how]
    spoil(file.parent / "officials.csv")
    ran = cli("dry-run", file)
    assert ran.code == 2
    assert f"{file.parent / 'officials.csv'}" in ran.words
    assert says in ran.words


def test_a_broken_file_of_targets_keeps_nobody_from_closing_and_asking(
    file: Path, cli: Cli, use: Use, server: SmtpServer
) -> None:
    use(server)
    cli("send", file, "--yes", "--limit", "1")
    (file.parent / "officials.csv").unlink()
    assert cli("status", file).code in (0, 4)
    assert cli("close", file, "--because", "released").code == 0
    assert states(cli, file) == {"accepted": 1, "cancelled": 2}


def test_the_page_of_a_dry_run_names_rejected_rows(spoilt: Path, cli: Cli) -> None:
    assert cli("dry-run", spoilt, "--html", spoilt.parent / "page").code == 1
    page = (spoilt.parent / "page/index.html").read_text()
    assert "2 of 4 rows of officials.csv:" in page
    assert "line 3: <bdi>country: “Kazakhstan” is no two-letter code of a country" in page


def test_an_import_leaves_files_of_targets_where_they_are(imported: Path, cli: Cli) -> None:
    item = '  - file: officials.csv\n    delimiter: ";"\n    columns: {name: Full name}\n'
    text = imported.read_text()
    imported.write_text(text.replace("targets:\n", f"targets:\n{item}", 1))
    before = read_campaign(imported)
    assert isinstance(before.targets[0], TargetFile)
    new = document(imported.parents[2], "third.txt", *THIRD, of=SECOND)
    ran = cli("import", new, "--yes")
    after = read_campaign(imported)
    assert after.urgent_action.sequence == 3
    assert after.files == before.files
    assert after.targets[0] == before.targets[0]
    assert [each.id for each in after.written] == [each.id for each in before.written]
    assert "the targets in officials.csv stay as they are" in ran.words
    assert "encoding" not in imported.read_text()
