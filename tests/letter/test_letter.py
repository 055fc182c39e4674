"""A letter: what stands in the window, what follows it, and what is refused before it is sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pagekit import (
    ADDRESS,
    REAL,
    SPECIMENS,
    a_home,
    a_letter,
    composed,
    letter_channel,
    pdf_of,
    said,
)
from pdfkit import read_back, words
from uadispatch import By, Counts, Rejected
from uadispatch.campaign.values import PostalAddress
from uadispatch.rendering.pages import Pages
from uadispatch_letter import LetterChannel

if TYPE_CHECKING:
    from pathlib import Path

    from pdfkit import Box, Page
    from uadispatch import Message

PAGES = Pages()
OWN = {
    "envelope": "own", "window_left": 105, "window_top": 12, "window_width": 90,
    "window_height": 40,
}  # fmt: skip
ENVELOPES: dict[str, dict[str, Any]] = {
    "din-b": {"envelope": "din-b"},
    "us-10": {"envelope": "us-10"},
    "own": OWN,
    "own-letter-paper": OWN | {"paper": "us-letter", "window_left": 15, "window_top": 50},
}
# Left, top, right, bottom in millimetres, from the standards and not from the program.
WINDOWS = {
    "din-b": (20, 45, 105, 90),
    "us-10": (22.2, 63.5, 111.2, 88.9),
    "own": (105, 12, 195, 52),
    "own-letter-paper": (15, 50, 105, 90),
}
PARAGRAPH = "The quick brown fox jumps over the lazy dog, and does so again and again. " * 8


def refusal(message: Message, **given: Any) -> str:
    with pytest.raises(Rejected) as caught:
        letter_channel(PAGES, **given).check(message)
    return str(caught.value)


def in_the_window(page: Page, envelope: str) -> str:
    left, top, right, bottom = WINDOWS[envelope]
    return "".join(
        box.char
        for box in page.boxes
        if left <= box.left and top <= box.top and box.right <= right and box.bottom <= bottom
    )


def run_together(*lines: str) -> str:
    return "".join("".join(lines).split())


# -- the window ----------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [REAL, SPECIMENS], ids=["real", "specimens"])
@pytest.mark.parametrize("envelope", ENVELOPES)
def test_the_whole_address_stands_in_the_window(file: Path, envelope: str) -> None:
    for message in composed(file).values():
        page = read_back(pdf_of(message, PAGES, **ENVELOPES[envelope]))[0]
        seen = in_the_window(page, envelope)
        target = message.target
        assert run_together(target.name, target.role or "", message.to.value) in seen
        assert "reference" not in seen
        left, top, right, bottom = WINDOWS[envelope]
        for box in page.boxes:  # and nothing else reaches into it
            outside = box.right < left or box.left > right or box.bottom < top or box.top > bottom
            inside = left <= box.left and box.right <= right and top <= box.top
            assert outside or (inside and box.bottom <= bottom), box


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.text(alphabet="abcXYZ 0189.,-/ЖҚқ", min_size=1, max_size=70), min_size=1, max_size=10
    ),
    st.sampled_from(sorted(ENVELOPES)),
)
def test_an_address_is_whole_in_the_window_or_refused(lines: list[str], envelope: str) -> None:
    lines = [" ".join(line.split()) for line in lines]
    address = "\n".join(line for line in lines if line) or "x"
    message = a_letter(address)
    try:
        pdf = pdf_of(message, PAGES, **ENVELOPES[envelope])
    except Rejected:
        assert "does not fit into the window" in refusal(message, **ENVELOPES[envelope])
        return
    seen = in_the_window(read_back(pdf)[0], envelope)
    assert run_together("A. MinisterMinister of Examples", address) in seen


def test_the_sender_stands_above_the_address_until_the_address_needs_the_room() -> None:
    roomy = read_back(pdf_of(a_letter(), PAGES))[0]
    assert in_the_window(roomy, "din-b").startswith("Group12·1SomeStreet·SometownA.Minister")
    full = "\n".join(f"Line {number} of the address" for number in range(6))
    tight = read_back(pdf_of(a_letter(full), PAGES))[0]
    assert in_the_window(tight, "din-b").startswith("A.Minister")


def test_an_address_with_too_many_lines_is_refused_with_the_measures() -> None:
    address = "\n".join(f"Line {number}" for number in range(20))
    says = refusal(a_letter(address))
    assert "does not fit into the window of the envelope din-b: even at 9 pt" in says
    assert "there is room for 75 mm by 35 mm" in says
    assert says.endswith("shorten the address, name or role in the campaign file, or set another "
                         "envelope")  # fmt: skip


def test_an_address_with_a_long_line_is_refused_and_never_broken() -> None:
    assert "longest line or word is" in refusal(a_letter("A line of words " * 8 + "\nTown"))


def test_a_long_role_takes_two_lines_before_it_is_refused() -> None:
    role = "Deputy Minister of Foreign Affairs and of International Cooperation and Trade"
    page = read_back(pdf_of(a_letter(target={"role": role}), PAGES))[0]
    assert run_together("A. Minister", role, ADDRESS) in in_the_window(page, "din-b")
    assert "does not fit" in refusal(a_letter(target={"role": "R" * 90}))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("A. Minister\nMinister of Examples\nTown", "A. Minister|Minister of Examples|Town"),
        ("a. minister\nTown", "Minister of Examples|a. minister|Town"),
        ("Minister of Examples\nTown", "A. Minister|Minister of Examples|Town"),
        ("Town", "A. Minister|Minister of Examples|Town"),
    ],
)
def test_name_and_role_are_not_said_twice(address: str, expected: str) -> None:
    seen = in_the_window(read_back(pdf_of(a_letter(address), PAGES))[0], "din-b")
    assert seen.endswith(run_together(expected.replace("|", "")))
    assert seen.casefold().count("a.minister") == 1


def test_without_a_role_there_is_none() -> None:
    message = a_letter(target={"role": None})
    seen = in_the_window(read_back(pdf_of(message, PAGES))[0], "din-b")
    assert seen.endswith(run_together("A. Minister", ADDRESS))
    assert "None" not in words(pdf_of(message, PAGES))


def test_a_rehearsals_letter_goes_to_its_tester() -> None:
    message = replace(a_letter(), to=PostalAddress.read("The Tester\nTesttown"))
    seen = in_the_window(read_back(pdf_of(message, PAGES))[0], "din-b")
    assert seen.endswith("TheTesterTesttown")
    assert "Exampletown" not in seen


# -- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_settings", "says"),
    [
        ({"envelope": "own"}, "needs window_left, window_top, window_width, window_height too"),
        (OWN | {"window_left": 130}, "reaches beyond the paper, which is 210 mm wide"),
        (OWN | {"window_top": 150}, "must end at 163 mm from the top"),
        (OWN | {"window_height": 10}, "too small for an address"),
        ({"window_left": 20}, 'window_left goes with envelope = "own"'),
        ({"paper": "us-letter"}, 'paper goes with envelope = "own"'),
        ({"fonts": "/nowhere/at/all"}, "there is no such folder"),
    ],
)
def test_an_envelope_that_cannot_be_is_refused(given_settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        LetterChannel.Settings.model_validate(given_settings)


def test_what_shapes_the_letter_is_in_the_snapshot() -> None:
    kept = LetterChannel.Settings.model_validate(OWN | {"duplex": True}).for_snapshot()
    assert kept["window_top"] == 12
    assert kept["envelope"] == "own"
    assert not {"folder", "duplex"} & set(kept)


# -- the letter ----------------------------------------------------------------------------------


def test_the_real_letter_says_all_in_its_order() -> None:
    message = composed(REAL)["prosecutor-general"]
    (page,) = read_back(pdf_of(message, PAGES))
    text = " ".join(page.text.split())
    body = " ".join(message.body.split())
    order = [
        "Example Human Rights Organisation", "1 Example Street", "urgent-actions@example.org",
        "Nurdauletov Gizat Daurenbekovich", "Prosecutor General", "Prospect Mengilik, 14",
        "Our reference: UA 46/19", "20 August 2019", "Release Serikzhan Bilash",
        "Dear Prosecutor General,", "Yours sincerely, Example Human Rights Organisation",
    ]  # fmt: skip
    place = 0
    for part in order:
        place = text.index(part, place) + len(part)
    assert body in text
    assert text.count("Yours sincerely") == 1


@pytest.mark.parametrize(
    ("target", "date", "fixed"),
    [
        ("in-english", "20 August 2019", "Our reference: UA 999/99"),
        ("in-russian", "20 августа 2019 года", "Наш номер: UA 999/99"),
        ("in-kazakh", "2019 жылғы 20 тамыз", "Құрметпен,"),
    ],
)
def test_fixed_parts_are_in_the_letters_language(target: str, date: str, fixed: str) -> None:
    message = composed(SPECIMENS)[target]
    text = words(pdf_of(message, PAGES))
    assert date in text
    assert fixed in text
    assert run_together(message.body) in run_together(text)
    if target != "in-english":
        assert not {"reference", "Page", "Dear", "sincerely"} & set(text.split())


def test_every_kazakh_letter_is_drawn() -> None:
    text = words(pdf_of(composed(SPECIMENS)["in-kazakh"], PAGES))
    assert set("әғқңөұүһіӘҒҚҢӨҰҮҺІ") <= set(text)


@pytest.mark.parametrize("language", ["de", "ja", "zh-Hant-TW"])
def test_a_date_in_any_other_language_is_iso_8601(language: str) -> None:
    text = words(pdf_of(replace(a_letter(), language=language), PAGES))
    assert "2019-08-20" in text


def test_a_template_with_other_than_twelve_months_is_refused() -> None:
    parts = {"date": "{day} {month}", "months": "January, February"}
    assert "names 2 months" in refusal(a_letter(parts=parts))


@pytest.mark.parametrize("paragraphs", [1, 6, 14, 40])
def test_a_long_letter_counts_its_pages(paragraphs: int) -> None:
    message = said(a_letter(), "\n\n".join([PARAGRAPH.strip()] * paragraphs))
    pages = read_back(pdf_of(message, PAGES))
    if len(pages) == 1:
        assert "Page" not in pages[0].text
    for number, page in enumerate(pages, 1):
        if len(pages) > 1:
            assert f"Page {number} of {len(pages)}" in page.text
        if number > 1:
            assert page.text.startswith("A. Minister")
            assert "Our reference: UA 46/19" in page.text
        assert all(box.left > 0 and box.right < page.width for box in page.boxes)
        assert all(box.bottom < page.height - 10 for box in page.boxes)
    assert words(pdf_of(message, PAGES)).count("quick brown fox") == 8 * paragraphs
    assert len(pages) == {1: 1, 6: 2, 14: 3, 40: 8}[paragraphs]


@pytest.mark.parametrize("paragraphs", range(3, 9))
def test_nobody_signs_a_page_without_a_line_of_the_letter(paragraphs: int) -> None:
    for spare in (1, 3, 5, 7):
        text = "\n\n".join([PARAGRAPH.strip()] * paragraphs + ["fox " * 20 * spare])
        last = read_back(pdf_of(said(a_letter(), text), PAGES))[-1].text
        assert "fox" in last.split("Yours sincerely")[0]


@pytest.mark.parametrize(
    "long",
    ["a" * 10_000, "ж" * 5_000, "https://example.org/" + "path/" * 200, "x@" + "y" * 500,
     "https://example.org/?q=" + "z" * 900],
    ids=["word", "russian", "address", "mail", "query"],
)  # fmt: skip
def test_what_is_longer_than_a_line_is_broken(long: str) -> None:
    pages = read_back(pdf_of(said(a_letter(), f"Read {long} now."), PAGES))
    assert all(box.right <= page.width - 20 for page in pages for box in page.boxes)
    drawn = "".join(box.char for page in pages for box in page.boxes)
    assert drawn.count(long[-1]) >= long.count(long[-1])


@pytest.mark.parametrize(
    "hostile",
    ['#import "@preview/cetz:0.2.0"', "$x$ *bold* _it_", '#panic("x")', "\\u{202e}",
     "{page} of {pages}", "{day} {month}"],
)  # fmt: skip
def test_hostile_data_is_printed_as_it_is(hostile: str) -> None:
    message = a_letter(
        f"Near {hostile}\nTown",
        target={"name": hostile, "role": hostile},
        subject=hostile,
        body=f"{hostile}\n\n{hostile}\n\nGroup 12\n",
    )
    assert words(pdf_of(message, PAGES)).count(hostile) == 6


def test_a_letter_that_cannot_be_drawn_is_refused_in_the_dry_run(tmp_path: Path) -> None:
    arabic = said(a_letter(language="ar"), "هذا نموذج")
    says = refusal(arabic)
    assert "no font here can draw" in says
    assert "U+0646 arabic letter noon" in says
    assert "fonts-noto-core" in says
    assert not list(tmp_path.iterdir())


def test_what_is_written_from_right_to_left_begins_on_the_right() -> None:
    left = read_back(pdf_of(a_letter(language="en"), PAGES))[0]
    right = read_back(pdf_of(a_letter(language="ar"), PAGES))[0]
    latin = read_back(pdf_of(a_letter(language="ar-Latn"), PAGES))[0]

    def begins(page: Page) -> float:
        return next(box.left for box in page.boxes if box.char == "D")

    assert begins(left) == begins(latin) < 30
    assert begins(right) > 100

    def address(page: Page) -> list[Box]:
        return sorted(box for box in page.boxes if 60 < box.top < 90 and box.left < 100)

    assert address(left) == address(right)


def test_an_empty_text_is_refused() -> None:
    assert refusal(a_letter(body=" \n")) == "The text is empty."


# -- what a person gets --------------------------------------------------------------------------


def test_check_preview_and_send_make_the_same_letter_once(tmp_path: Path) -> None:
    pages = Pages()
    channel = letter_channel(pages, folder=tmp_path)
    message = a_letter()
    channel.check(message)
    preview = channel.preview(message)
    later = message.dated(message.at.replace(hour=20))
    handed = asyncio.run(channel.send(later))
    assert len(pages._kept) == 1
    (file,) = handed.files
    assert file.name == "minister-00000000.pdf"
    assert file.read_bytes() == pdf_of(message)
    assert handed.says == "print, sign and post it"
    assert preview.pages[0].startswith(b"\x89PNG")
    assert "1 Example Street" in preview.text
    assert message.body in preview.text


def test_an_outline_makes_no_pages_before_they_are_drawn() -> None:
    pages = Pages()
    channel = letter_channel(pages)
    outline = channel.outline(a_letter())
    assert not pages._kept
    assert outline.text == channel.preview(a_letter()).text
    assert outline.pages == channel.preview(a_letter()).pages
    assert outline.notes == ("for an envelope din-b",)


def test_a_person_says_what_became_of_it() -> None:
    capabilities = letter_channel().capabilities
    assert capabilities.by is By.PERSON
    assert capabilities.outcomes == {"mailed": Counts.CONTACT, "skipped": Counts.NOTHING}


def test_an_organisation_may_change_the_page_the_head_and_the_words(tmp_path: Path) -> None:
    file = a_home(tmp_path)
    own = tmp_path / "templates/letter"
    own.mkdir(parents=True)
    (own / "_letterhead.typ").write_text("#let letterhead(who) = [Our own head of #who.name]")
    (own / "en.j2").write_text(
        '{% extends "plugin/letter/en" %}{% block reference %}Case {{ campaign.number }}'
        "{% endblock %}"
    )
    text = words(pdf_of(composed(file)["in-english"], PAGES))
    assert "Our own head of Group 12" in text
    assert "Case 999/99" in text
    (own / "page.typ").write_text('#import "_page.typ": d\nOnly this, #d.target.name')
    assert words(pdf_of(composed(file)["in-english"], PAGES)) == "Only this, Alex Example"
    (tmp_path / "templates/_page.typ").write_text("#let d = (target: (name: [nobody]))")
    assert words(pdf_of(composed(file)["in-english"], PAGES)) == "Only this, nobody"
    (own / "page.typ").write_text("\n#nonsense")
    with pytest.raises(Rejected, match=r"page\.typ, line 2: unknown variable: nonsense"):
        letter_channel(PAGES).check(composed(file)["in-english"])
