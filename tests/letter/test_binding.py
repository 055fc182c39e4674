"""Many letters in one file for the printer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pypdfium2
import pytest

from pagekit import a_letter, letter_channel, pdf_of, said
from pdfkit import read_back
from uadispatch import Unavailable
from uadispatch.rendering.pages import Pages

if TYPE_CHECKING:
    from pathlib import Path

PAGES = Pages()
LONG = "\n\n".join(["A paragraph of words that goes on and on. " * 12] * 9)


def letters(folder: Path) -> list[Path]:
    """Of one page, of several, and of one again."""
    files = []
    for number, text in enumerate(("Short.", LONG, "Short too.")):
        message = said(a_letter(target={"name": f"Official {number}"}), text)
        file = folder / f"official-{number}.pdf"
        file.write_bytes(pdf_of(message, PAGES))
        files.append(file)
    return files


def test_all_letters_are_in_it_in_their_order(tmp_path: Path) -> None:
    files = letters(tmp_path)
    made = letter_channel().bundle(files, tmp_path / "print")
    assert made == (tmp_path / "print/letters.pdf",)
    alone = [page.text for file in files for page in read_back(file.read_bytes())]
    bound = [page.text for page in read_back(made[0].read_bytes())]
    assert bound == alone
    assert made[0].stat().st_mode & 0o777 == 0o600


def test_printed_on_both_sides_each_letter_begins_on_a_new_sheet(tmp_path: Path) -> None:
    files = letters(tmp_path)
    (made,) = letter_channel(duplex=True).bundle(files, tmp_path)
    pages = read_back(made.read_bytes())
    begins = [number for number, page in enumerate(pages) if "Dear Minister" in page.text]
    assert len(begins) == 3
    assert all(number % 2 == 0 for number in begins)
    assert len(pages) % 2 == 0
    assert pages[1].text == ""
    assert (pages[1].width, pages[1].height) == (pages[0].width, pages[0].height)


def test_it_is_the_same_bytes_each_time_and_replaces_itself(tmp_path: Path) -> None:
    files = letters(tmp_path)
    channel = letter_channel(duplex=True)
    (made,) = channel.bundle(files, tmp_path)
    first = made.read_bytes()
    channel.bundle(files, tmp_path)
    assert made.read_bytes() == first
    channel.bundle(files[:1], tmp_path)
    assert made.read_bytes() != first
    assert not list(tmp_path.glob(".*"))


def test_it_says_nothing_of_the_moment_and_the_place_in_which_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = letters(tmp_path)
    made = []
    for zone in ("UTC", "Asia/Almaty", "America/New_York"):  # the clock on the wall differs
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        (path,) = letter_channel().bundle(files, tmp_path)
        made.append(path.read_bytes())
    monkeypatch.undo()
    time.tzset()
    assert len(set(made)) == 1
    assert b"D:20000101000000+00'00'" in made[0]


def test_a_letter_that_cannot_be_read_is_left_out_and_told_of(tmp_path: Path) -> None:
    files = letters(tmp_path)
    files[0].unlink()
    files[1].write_bytes(b"this is no PDF")
    bound, told = letter_channel().bundle(files, tmp_path)
    assert [page.text for page in read_back(bound.read_bytes())] == [
        page.text for page in read_back(files[2].read_bytes())
    ]
    first, second = told.read_text().splitlines()
    assert first == f"{files[0]}: No such file or directory"
    assert second == f"{files[1]}: this is no PDF that can be read"
    whole = letter_channel().bundle(files[2:], tmp_path)
    assert whole == (bound,)
    assert not told.exists()


def test_without_a_letter_no_old_file_is_left_to_be_printed(tmp_path: Path) -> None:
    files = letters(tmp_path)
    letter_channel().bundle(files, tmp_path)
    assert letter_channel().bundle([], tmp_path) == ()
    assert not (tmp_path / "letters.pdf").exists()


@pytest.mark.parametrize("cut", [0, 1, 100, 5_000])
def test_a_letter_that_was_cut_short_is_not_half_printed(tmp_path: Path, cut: int) -> None:
    files = letters(tmp_path)
    files[1].write_bytes(files[1].read_bytes()[:cut])
    bound, told = letter_channel().bundle(files, tmp_path)
    with pypdfium2.PdfDocument(bound) as document:
        assert len(document) == 2
    assert str(files[1]) in told.read_text()


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "print").write_text("no folder")
    with pytest.raises(Unavailable, match="cannot be written to"):
        letter_channel().bundle(letters(tmp_path), tmp_path / "print")
