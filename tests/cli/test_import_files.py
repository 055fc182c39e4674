"""``import`` and the files it finds: broken, moved, locked, of others; several at once."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from importkit import (
    CAMPAIGN,
    FINAL,
    LATER,
    NEW_LETTER,
    OTHER,
    OTHERS_END,
    RIGHT_NUMBER,
    SECOND,
    THIRD,
    document,
    entry,
)

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli


def locked(file: Path) -> None:
    """Let `file` stand, and nothing be written in its place."""
    (file.parent / f".{file.name}.new").mkdir()


def unlocked(file: Path) -> None:
    (file.parent / f".{file.name}.new").rmdir()


def test_one_document_that_fails_does_not_keep_a_closing_from_being_heeded(
    office: Path, imported: Path, cli: Cli
) -> None:
    other = document(office, "other.txt", *OTHER)
    assert cli("import", other).code == 0
    locked(imported)
    ends = document(office, "others-end.txt", *OTHERS_END, of=FINAL)
    ran = cli("import", document(office, "third.txt", *THIRD), ends, "--json")
    assert ran.code == 1
    assert "cannot be written" in ran.words
    assert [each["state"] for each in ran.json["documents"]] == ["asked", "closed"]
    assert cli("send", office / "config/campaigns/ua-50-19.yaml", "--yes").code == 3


def test_every_document_of_several_stands_in_the_json(office: Path, cli: Cli) -> None:
    (office / "empty.txt").write_bytes(b"")
    ran = cli("import", SECOND, "empty.txt", "gone.txt", "--json")
    assert ran.code == 1
    found = {each["document"]: each["state"] for each in ran.json["documents"]}
    assert found == {SECOND: "written", "empty.txt": "unread", "gone.txt": "unread"}
    assert ran.err.count("error:") == 2


def test_a_closing_stands_where_the_file_cannot_be_written(
    office: Path, imported: Path, cli: Cli
) -> None:
    final = document(office, "final.txt", *RIGHT_NUMBER, of=FINAL)
    locked(imported)
    ran = cli("import", final, "--json")
    assert ran.json["state"] == "closed"
    assert "write `status: closed` into" in ran.words
    assert entry(imported, "status") == "open"
    assert cli("send", imported, "--yes").code == 3


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda text: text.replace("  title:", "\ttitle:"), id="broken"),
        pytest.param(lambda text: text.replace("status: open", 'status: "open"'), id="quoted"),
        pytest.param(None, id="gone"),
    ],
)
def test_a_closing_says_only_what_it_did(
    office: Path, imported: Path, cli: Cli, edit: object
) -> None:
    cli("tasks", imported)
    assert cli("stop", imported).code == 0
    if callable(edit):
        imported.write_text(edit(imported.read_text("utf-8")), "utf-8")
    else:
        imported.unlink()
    final = document(office, "final.txt", *RIGHT_NUMBER, of=FINAL)
    ran = cli("import", final, "--closes", "46/19")
    assert "here and in its file" not in ran.words


def test_a_closing_changes_nothing_else_of_the_file(office: Path, imported: Path, cli: Cli) -> None:
    real = office / "real.yaml"
    text = imported.read_bytes().replace(b"\n", b"\r\n")
    real.write_bytes(b"\xef\xbb\xbf" + text)
    real.chmod(0o600)
    imported.unlink()
    imported.symlink_to(real)
    final = document(office, "final.txt", *RIGHT_NUMBER, of=FINAL)
    assert cli("import", final).code == 0
    assert imported.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    before = [b"\xef\xbb\xbf" + text.split(b"\r\n")[0], *text.split(b"\r\n")[1:]]
    after = real.read_bytes().split(b"\r\n")
    different = [line for line, was in zip(after, before, strict=True) if line != was]
    assert [line.split(b"#")[0].strip() for line in different] == [b"", b"status: closed"]


def test_the_file_of_another_campaign_is_not_replaced(
    office: Path, imported: Path, cli: Cli
) -> None:
    before = imported.read_bytes()
    other = document(office, "other.txt", *OTHER)
    for more in ([], ["--yes"]):
        ran = cli("import", other, "--into", imported, *more)
        assert ran.code == 2
        assert "46/19" in ran.words
        assert imported.read_bytes() == before
    cuckoo = office / "config/campaigns/ua-50-19.yaml"
    cuckoo.write_bytes(before)
    assert cli("import", other).code == 2
    assert cuckoo.read_bytes() == before


def test_two_documents_without_a_number_do_not_replace_each_other(office: Path, cli: Cli) -> None:
    bare = (("Urgent Action 46.19", "this"), ("Second UA: 46/19 Index", "Index"))
    first = document(office, "letter.txt", *bare)
    assert cli("import", first).code == 1
    file = office / "config/campaigns/letter.yaml"
    before = file.read_bytes()
    assert cli("import", first).code == 1  # nothing new
    swaps = (("Serikzhan Bilash", "Aliya Testova"), ("57/0894", "57/0700"), ("57/0186", "57/0300"))
    ran = cli("import", document(office, "letter.txt", *swaps, of="letter.txt"))
    assert ran.code == 1
    assert file.read_bytes() == before


def test_what_fails_between_journal_and_file_loses_nobody(office: Path, cli: Cli) -> None:
    """Work of people was all there was, and is cancelled for the newer text."""
    assert cli("import", document(office, "second.txt", *LATER)).code == 0
    file = office / CAMPAIGN
    channels = entry(file, "channels")
    file.write_text(file.read_text("utf-8").replace(channels, "[letter, phone]"), "utf-8")
    assert cli("send", file, "--yes").code == 0
    third = document(office, "third.txt", *THIRD, NEW_LETTER)
    locked(file)
    assert cli("import", third, "--yes").code == 2
    assert entry(file, "round") == "1"
    unlocked(file)
    assert cli("import", third, "--yes").code == 0
    assert entry(file, "round") == "2"
    assert cli("send", file, "--yes").code == 0
    shape = cli("status", file, "--json").json
    assert shape["states"]["with_person"] == 3


@pytest.mark.parametrize("left", [True, False])
def test_a_slip_in_what_a_person_names_changes_no_other_campaign(
    office: Path, imported: Path, cli: Cli, *, left: bool
) -> None:
    assert cli("import", document(office, "other.txt", *OTHER)).code == 0
    file = office / "config/campaigns/ua-50-19.yaml"
    before = file.read_bytes()
    if not left:
        imported.unlink()
    third = document(office, "third.txt", *THIRD)
    ran = cli("import", third, "--updates", "50/19")
    assert ran.code == 2
    assert "--yes" in ran.words
    assert file.read_bytes() == before
    assert cli("import", third, "--updates", "50/19", "--yes").code == 0
    assert entry(file, "number") == "50/19"
