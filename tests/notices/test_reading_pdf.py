"""Pages of a .pdf: columns, wrapped lines, margins, links."""

from __future__ import annotations

import textwrap
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filekit import EM, LEFT, RIGHT, WIDTH, Text, endless, lines, pdf, scanned
from uadispatch.campaign.notices import reading
from uadispatch.campaign.notices.document import Document, Link
from uadispatch.campaign.notices.reading import LIMITS, Limits, apart, read_document
from uadispatch.campaign.notices.reading.apart import pages_apart
from uadispatch.campaign.notices.reading.glyphs import pages_of
from uadispatch.campaign.notices.reading.limits import Watch
from uadispatch.campaign.notices.reading.pages import read_pages
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Read = Callable[[bytes], Document]

PROSE = (
    "The defender was taken from her home before dawn by men who did not say who they were, and "
    "her family has not been told where she is held. Her lawyer asked for her on three days, and "
    "each time the guards sent him away without an answer or a paper."
)
OPENING = "Dear Minister,"


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    # A process for each would only take its time.
    monkeypatch.setattr(reading, "pages_apart", pages_of)

    def read(raw: bytes) -> Document:
        path = tmp_path / "ua.pdf"
        path.write_bytes(raw)
        return read_document(path)

    return read


def texts(document: Document) -> list[str]:
    return [line.text for line in document.lines]


def wrapped(text: str, width: int = 75) -> list[str]:
    return textwrap.wrap(text, width)


def test_lines_that_ended_for_want_of_room_are_one(read: Read) -> None:
    page = lines([*wrapped(PROSE), *wrapped(f"A second one. {PROSE}"), "Yours sincerely,"])
    assert texts(read(pdf(page))) == [PROSE, f"A second one. {PROSE}", "Yours sincerely,"]


def test_an_address_stays_as_many_lines_as_it_has(read: Read) -> None:
    assert texts(read(pdf(lines([*wrapped(PROSE), *LEFT, *wrapped(PROSE)])))) == [
        PROSE,
        *LEFT,
        PROSE,
    ]


def test_a_gap_parts_lines_even_where_the_first_is_full(read: Read) -> None:
    first = wrapped(PROSE)[:2]
    document = read(pdf(lines([*first, "", *wrapped(PROSE)])))
    assert texts(document) == [" ".join(first), PROSE]
    assert [line.begins for line in document.lines] == [False, True]


def by_cell(left: Sequence[Text], right: Sequence[Text]) -> list[Text]:
    return [*left, *right]


def by_row(left: Sequence[Text], right: Sequence[Text]) -> list[Text]:
    return sorted([*left, *right], key=lambda each: (each.y, each.x))


def backwards(left: Sequence[Text], right: Sequence[Text]) -> list[Text]:
    return [*reversed(right), *reversed(left)]


@pytest.mark.parametrize("drawn", [by_cell, by_row, backwards])
@pytest.mark.parametrize("shift", [0, 5])
def test_columns_come_one_after_the_other_however_they_were_drawn(
    read: Read, drawn: Callable[..., list[Text]], shift: int
) -> None:
    left, right = lines(LEFT, y=200), lines(RIGHT, x=320, y=200 + shift)
    page = [*lines(wrapped(PROSE)), *drawn(left, right), *lines([OPENING, *wrapped(PROSE)], y=290)]
    document = read(pdf(page))
    assert texts(document) == [PROSE, *LEFT, *RIGHT, OPENING, PROSE]
    cells = [line.cell for line in document.lines]
    assert cells == [None, *[1] * 5, *[2] * 5, None, None]
    assert document.lines[1].begins
    assert document.lines[6].begins
    assert document.lines[11].begins
    assert document.lines[6].where == "page 1, column 2"


@pytest.mark.parametrize("drawn", [by_cell, by_row])
def test_a_longer_left_column_keeps_its_last_lines(
    read: Read, drawn: Callable[..., list[Text]]
) -> None:
    left, right = lines(LEFT, y=200), lines(RIGHT[:3], x=320, y=200)
    page = [*lines(wrapped(PROSE)), *drawn(left, right), *lines(wrapped(PROSE), y=290)]
    assert texts(read(pdf(page))) == [PROSE, *LEFT, *RIGHT[:3], PROSE]


def test_a_longer_right_column_keeps_its_last_lines(read: Read) -> None:
    page = by_row(lines(LEFT[:3], y=200), lines(RIGHT, x=320, y=200))
    assert texts(read(pdf([*page, *lines(wrapped(PROSE), y=290)]))) == [*LEFT[:3], *RIGHT, PROSE]


@pytest.mark.parametrize("drawn", [by_cell, by_row])
def test_what_follows_at_once_below_the_columns_belongs_to_neither(
    read: Read, drawn: Callable[..., list[Text]]
) -> None:
    left, right = lines(LEFT, y=200), lines(RIGHT, x=320, y=200)
    page = [*drawn(left, right), *lines([OPENING, *wrapped(PROSE)], y=260)]
    document = read(pdf(page))
    assert texts(document) == [*LEFT, *RIGHT, OPENING, PROSE]
    assert document.lines[-2].cell is None


def test_three_columns_are_three_cells(read: Read) -> None:
    third = ["Copies to:", "The Ambassador", "3 Hill Road", "Email: c@example.org"]
    page = by_row(
        by_row(lines(LEFT, y=200), lines(RIGHT, x=240, y=200)), lines(third, x=410, y=200)
    )
    document = read(pdf([*page, *lines(wrapped(PROSE), y=290)]))
    assert texts(document) == [*LEFT, *RIGHT, *third, PROSE]
    assert [line.cell for line in document.lines] == [1] * 5 + [2] * 5 + [3] * 4 + [None]


def test_lines_wrapped_in_a_column_are_one_and_its_address_is_not(read: Read) -> None:
    left = [
        "Chairperson of the State Committee",
        "for National Security of the Example",
        "Republic",
        "1 Long Street",
    ]
    page = [*lines(left, y=200, x=72), *lines(RIGHT, x=310, y=200)]
    document = read(pdf([*lines(wrapped(PROSE)), *page]))
    assert texts(document)[1:3] == [" ".join(left[:3]), "1 Long Street"]


def test_full_lines_that_nearly_touch_the_next_column_stay_in_their_own(read: Read) -> None:
    left = ["Ana Example", "Chairperson of the State", "Committee", "1 Court St", "Fax: +99 1 234"]
    page = by_row(lines(left, y=200), lines(RIGHT, x=72 + 25 * 6, y=200))
    document = read(pdf([*lines(wrapped(PROSE)), *page, *lines(wrapped(PROSE), y=290)]))
    whole = ["Ana Example", "Chairperson of the State Committee", "1 Court St", "Fax: +99 1 234"]
    assert texts(document) == [PROSE, *whole, *RIGHT, PROSE]


def test_lines_of_a_narrow_column_that_are_not_full_stay_lines(read: Read) -> None:
    left = ["Office of the Public Prosecutor", "Supreme Court", "1 Court Street", "Example City"]
    page = [*lines(left, y=200), *lines(RIGHT, x=300, y=200)]
    assert texts(read(pdf([*lines(wrapped(PROSE)), *page]))) == [PROSE, *left, *RIGHT]


def test_labels_with_their_values_are_no_columns(read: Read) -> None:
    labels = lines(["Fax:", "Email:", "Phone:", "Twitter:"], y=200)
    values = lines(["+99 1", "a@example.org", "99 2", "@a"], x=160, y=200)
    document = read(pdf([*labels, *values]))
    assert texts(document) == ["Fax: +99 1", "Email: a@example.org", "Phone: 99 2", "Twitter: @a"]
    assert {line.cell for line in document.lines} == {None}


def test_the_items_of_a_list_are_no_columns(read: Read) -> None:
    marks = lines(["1.", "", "2.", "3."], x=72)
    said = lines(["Write a letter in your own words to the two officials that are",
                  "listed.", "Tell us what you did.", "Share it."], x=90)  # fmt: skip
    wide = lines(wrapped(PROSE, 65), y=300)
    assert texts(read(pdf([*marks, *said, *wide]))) == [
        "1. Write a letter in your own words to the two officials that are listed.",
        "2. Tell us what you did.",
        "3. Share it.",
        PROSE,
    ]


def test_tabs_between_two_texts_make_no_columns(read: Read) -> None:
    head = [
        Text(72, 60, "UA: 7/14 Index: ABC 12/3456/2014 Exampleland"),
        Text(400, 60, "Date: 3 May 2014"),
    ]
    document = read(pdf([*head, *lines(wrapped(PROSE))]))
    assert texts(document) == [
        "UA: 7/14 Index: ABC 12/3456/2014 Exampleland Date: 3 May 2014",
        PROSE,
    ]


HEAD = "Second UA: 7/14 Index: ABC 12/3456/2014 Exampleland Date: 3 May 2014"


def paged(page: int, body: Sequence[str]) -> list[Text]:
    head = [Text(72, 40, HEAD)] if page > 1 else []
    return [*head, *lines(body), Text(290, 810, str(page))]


def test_heads_of_pages_are_kept_once_and_their_numbers_are_not(read: Read) -> None:
    rows = wrapped(PROSE)
    document = read(
        pdf(paged(1, ["First.", *rows]), paged(2, [*rows, "Second."]), paged(3, ["Third."]))
    )
    assert texts(document) == ["First.", PROSE, HEAD, PROSE, "Second.", "Third."]
    assert [line.where for line in document.lines] == [
        "page 1", "page 1", "page 2", "page 2", "page 2", "page 3",
    ]  # fmt: skip


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_paragraph_in_whose_midst_the_page_turns_is_whole(read: Read, cut: int) -> None:
    rows = wrapped(PROSE)
    document = read(pdf(paged(1, rows[:cut]), paged(2, [*rows[cut:], "", "After it."])))
    assert texts(document) == [PROSE, HEAD, "After it."]


def test_a_page_that_begins_with_something_new_goes_on_with_nothing(read: Read) -> None:
    document = read(pdf(paged(1, ["A short line"]), paged(2, ["another one"])))
    assert texts(document) == ["A short line", HEAD, "another one"]


def test_links_lead_from_their_own_words(read: Read) -> None:
    page = [
        Text(72, 100, "Write to "),
        Text(72 + 9 * 6, 100, "us", link="mailto:us@example.org"),
        Text(72 + 12 * 6, 100, "today."),
    ]
    (line,) = read(pdf(page)).lines
    assert (line.text, line.links) == ("Write to us today.", (Link("us", "mailto:us@example.org"),))


def test_an_address_broken_at_the_end_of_a_line_is_whole_again(read: Read) -> None:
    to = "https://www.example.org/en/documents/abc12/3456/2014/en/"
    start = " ".join(wrapped(PROSE)[0].split()[:8])
    page = [
        Text(72, 88, PROSE[:75]),
        Text(72, 100, start + " "),
        Text(72 + 6 * (len(start) + 1), 100, to[:35], link=to),
        Text(72, 112, to[35:], link=to),
        Text(72 + 6 * (len(to) - 34), 112, "says more."),
    ]
    line = read(pdf(page)).lines[-1]
    assert line.text.endswith(f"{start} {to} says more.")
    assert line.links == (Link(to, to),)


def test_a_link_to_a_place_in_the_file_or_to_a_program_leads_nowhere(read: Read) -> None:
    page = [
        Text(72, 100, "here", link="javascript:alert"),
        Text(72, 130, "there", link="file:///etc"),
    ]
    assert [line.links for line in read(pdf(page)).lines] == [(), ()]


def test_hyphens_are_taken_out_only_of_words_that_the_document_has_whole(read: Read) -> None:
    row = "The international organisations that were named in the report are"
    whole = [
        f"{row} organi-",
        "sations that write. She is a human-",
        "rights defender of Nur-",
        "Sultan.",
    ]
    (line,) = read(pdf(lines([*whole]))).lines[:1]
    assert "are organisations that write" in line.text
    document = read(pdf(lines([f"{row} human-", "rights defenders"])))
    assert texts(document) == [f"{row} human-rights defenders"]


def test_a_raised_letter_stays_in_its_line(read: Read) -> None:
    page = [Text(72, 100, "1401 16"), Text(72 + 42, 96, "th", 6), Text(72 + 56, 100, "St NW")]
    assert texts(read(pdf([*page, *lines(["Below it"], y=112)]))) == ["1401 16th St NW", "Below it"]


def test_letters_drawn_twice_to_look_bold_are_read_once(read: Read) -> None:
    page = [Text(72, 100, "URGENT ACTION", 20), Text(72.4, 100, "URGENT ACTION", 20)]
    assert texts(read(pdf(page))) == ["URGENT ACTION"]


def test_letters_spaced_wide_are_one_word_each(read: Read) -> None:
    assert texts(read(pdf(lines(["U R G E N T   A C T I O N"])))) == ["URGENT ACTION"]


@pytest.mark.parametrize("turns", [90, 180, 270])
def test_a_page_that_is_shown_turned_is_read_as_it_is_shown(read: Read, turns: int) -> None:
    page = [*lines(LEFT, y=200), *lines(RIGHT, x=320, y=200)]
    assert texts(read(pdf(page, rotated=turns))) == [*LEFT, *RIGHT]


def test_text_that_lies_on_its_side_is_refused(read: Read) -> None:
    lying = pdf(lines(LEFT), rotated=90).replace(b"/Rotate 90", b"/Rotate 0 ")
    with pytest.raises(ConfigError, match="does not stand upright"):
        read(lying)


WORD = st.text("abcdefghknorstu", min_size=3, max_size=9)
PLACED = st.builds(
    Text,
    x=st.integers(40, 400).map(float),
    y=st.integers(3, 65).map(lambda row: row * 12.0),
    text=st.lists(WORD, min_size=1, max_size=4).map(" ".join),
    size=st.sampled_from([8.0, 10.0]),
).filter(lambda each: each.x + len(each.text) * EM * each.size <= WIDTH)
"""Whatever lies beyond the edge of a page is not on it."""


@given(st.lists(PLACED, min_size=1, max_size=25, unique_by=lambda each: each.y))
def test_no_word_of_a_page_is_lost_or_added(page: list[Text]) -> None:
    watch = Watch(LIMITS, lambda: 0.0)
    read, _ = read_pages(pages_of(pdf(page), watch), watch)
    found = Counter(word for line in read for word in line.text.split())
    assert found == Counter(word for each in page for word in each.text.split())


def test_a_page_without_text_is_told(read: Read) -> None:
    document = read(scanned(1, also=[lines(LEFT)]))
    assert texts(document) == LEFT
    (note,) = document.notes
    assert "page 2" in note


def test_a_process_of_its_own_reads_the_same() -> None:
    raw = pdf(
        [*lines(LEFT), *lines(RIGHT, x=320)], [Text(72, 90, "us", link="mailto:a@example.org")]
    )
    watch = Watch(LIMITS, time.monotonic)
    (here, *_), (there, *_) = pages_of(raw, watch), pages_apart(raw, watch)
    assert [glyph.char for glyph in here.glyphs] == [glyph.char for glyph in there.glyphs]
    assert read_pages(pages_of(raw, watch), watch) == read_pages(pages_apart(raw, watch), watch)


def test_a_page_that_is_never_finished_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "ua.pdf"
    path.write_bytes(endless())
    assert len(endless()) < 3_000
    with pytest.raises(ConfigError, match="takes too long"):
        read_document(path, limits=Limits(seconds=1))


def test_a_process_that_breaks_down_or_cannot_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ua.pdf"
    path.write_bytes(pdf(lines(LEFT)))
    for program, says in (
        ("/bin/false", "reading it broke down"),
        ("/no/such", "no second process"),
    ):
        monkeypatch.setattr(apart.sys, "executable", program)  # type: ignore[attr-defined]
        with pytest.raises(ConfigError, match=says):
            read_document(path)
