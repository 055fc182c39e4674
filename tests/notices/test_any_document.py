"""Whatever a document holds, it is read to an end, and nothing is read that is not in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documentkit import FINAL_OUTPUT, SAMPLES, SECOND_UA, document_of, text_of_sample
from uadispatch.campaign.notices.document import Document, Line
from uadispatch.campaign.notices.notice import Ending
from uadispatch.campaign.notices.parse import parse

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from datetime import date

    from uadispatch.campaign.notices.notice import Notice

TEXTS = [text_of_sample(name) for name in (*SAMPLES, SECOND_UA, FINAL_OUTPUT)]
LINES = [line for text in TEXTS for line in text.split("\n")]
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


# A whole document takes longer than a test of one value may; no time is measured here.
examples = settings(deadline=None, max_examples=60)


def bare(text: str) -> str:
    return re.sub(r"\s", "", text).casefold()


def contacts(notice: Notice) -> Iterator[str]:
    for target in notice.targets:
        for field in ("phone", "fax", "email", "twitter", "facebook", "address", "name"):
            found = getattr(target, field)
            yield from found.value.split("\n") if found else ()
        yield from (found.value for _, found in target.more)


def check_is_in(day: date, text: str) -> None:
    spelt = re.sub(r"\s", "", text).casefold()
    assert str(day.day) in spelt
    assert str(day.year % 100) in spelt
    assert MONTHS[day.month - 1] in spelt


def check(document: Document) -> Notice:
    """Parse it, and hold everything that could do harm against its text."""
    notice = parse(document)
    text = document.as_text()
    within = bare(text)
    for contact in contacts(notice):
        assert bare(contact) in within
    numbers = [*notice.numbers, *([notice.number] if notice.number else [])]
    for number in numbers:
        count, year = number.value.split("/")
        assert re.search(rf"{count}\D{{1,12}}(?:19|20)?{year}", within), number
    if notice.index:
        assert bare(notice.index.value) in within
    for found in (notice.issued, notice.deadline):
        if found:
            check_is_in(found.value, text)
    for person in notice.people:
        assert bare(person.name.value) in within
    last = document.lines[-1].number if document.lines else 0
    for doubt in notice.doubts:
        assert doubt.line is None or 0 < doubt.line <= last
        assert doubt.says
    if notice.letter:
        for paragraph in notice.letter.text.value.split("\n\n"):
            assert bare(paragraph) in within
    return notice


def whole_lines(text: str) -> list[str]:
    return text.replace("\r", " ").split("\n")


@given(st.sampled_from(TEXTS), st.integers(0, 8_000))
@examples
def test_a_document_cut_off_anywhere(text: str, end: int) -> None:
    check(document_of(text[:end]))


@given(st.sampled_from(TEXTS), st.randoms(use_true_random=False))
@examples
def test_a_document_with_its_lines_in_any_order(text: str, order: random.Random) -> None:
    lines = whole_lines(text)
    order.shuffle(lines)
    check(document_of("\n".join(lines)))


@given(st.lists(st.sampled_from(LINES), max_size=80))
@examples
def test_lines_of_several_documents_mixed(lines: list[str]) -> None:
    check(document_of("\n".join(lines)))


@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.integers(0, 90), st.text(max_size=120)), min_size=1, max_size=6),
)
@examples
def test_a_document_with_garbage_in_it(text: str, garbage: list[tuple[int, str]]) -> None:
    lines = whole_lines(text)
    for place, rubbish in garbage:
        lines[place:place] = whole_lines(rubbish)
    check(document_of("\n".join(lines)))


@given(st.sampled_from(TEXTS), st.sets(st.integers(0, 90), min_size=1, max_size=20))
@examples
def test_a_document_that_lost_lines(text: str, lost: set[int]) -> None:
    kept = [line for place, line in enumerate(whole_lines(text)) if place not in lost]
    check(document_of("\n".join(kept)))


@given(st.lists(st.text(max_size=200), max_size=20))
@examples
def test_text_of_any_letters(lines: list[str]) -> None:
    check(document_of("\n".join(lines)))


@pytest.mark.parametrize("text", TEXTS, ids=[*SAMPLES, SECOND_UA, FINAL_OUTPUT])
def test_a_document_that_stands_twice_in_one_file(text: str) -> None:
    once, twice = check(document_of(text)), check(document_of(text + "\n" + text))
    assert once.number == twice.number
    # What ends a campaign once does not go on because it says so twice.
    assert (once.closing.ending is Ending.OPEN) >= (twice.closing.ending is Ending.OPEN)


@pytest.mark.parametrize("line", range(0, len(LINES), 97))
def test_a_line_of_100_000_characters(line: int) -> None:
    text = " ".join((LINES[line] + " ").split()) or "x"
    long = (text + " ") * (100_000 // (len(text) + 1))
    number, *_ = whole_lines(TEXTS[5])
    lines = (Line(1, number), Line(2, long.strip()), Line(3, long.replace(" ", "")))
    check(Document("long.txt", lines))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("sign", ["(", "[", "@", "+1", "a.", "/1", "Dear ", "I urge ", "UA 1/1 "])
def test_a_line_of_one_sign_over_and_over(sign: str) -> None:
    check(document_of(text_of_sample(SECOND_UA) + "\n" + sign * (100_000 // len(sign))))


@pytest.mark.parametrize(
    ("text", "number"),
    [(TEXTS[0], 8_000), *((text, 3_000) for text in TEXTS[3::3])],
    ids=[*SAMPLES, SECOND_UA, FINAL_OUTPUT][::3],
)
def test_many_lines(text: str, number: int) -> None:
    lines = [line for line in whole_lines(text) if line.strip()]
    check(document_of("\n".join((lines * (number // len(lines) + 1))[:number])))


@pytest.mark.parametrize(
    "line", ["Dear Minister,", "Email: a@example.org", "1 Example Street", "I"]
)
def test_10_000_lines_alike(line: str) -> None:
    check(document_of(text_of_sample(SECOND_UA) + f"\n{line}" * 10_000))
