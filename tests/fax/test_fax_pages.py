"""The pages of a fax: black on white, in the format that fax machines read."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from pagekit import AT, ORGANISATION, ROOT, lent
from pdfkit import read_back, words
from uadispatch import Message, Rejected, Target
from uadispatch.campaign.file import read_campaign
from uadispatch.rendering.pages import Pages
from uadispatch.rendering.templates import Template
from uadispatch.rendering.text import EMPTY, Renderer
from uadispatch_fax import pages as fax_pages
from uadispatch_fax.pages import pdf_of, pictures_of, tiff_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOLS = lent(Pages())
SPECIMENS = read_campaign(ROOT / "examples/specimens.yaml")
REAL = read_campaign(ROOT / "config/campaigns/ua-46-19.yaml")
OWN = Path(fax_pages.__file__).parent / "templates"
SHARED = ROOT / "templates"
LONG = "\n\n".join(["A paragraph of words that goes on and on, and on. " * 12] * 9)


def _templates() -> dict[str, Template]:
    found = {}
    for file in OWN.glob("*.j2"):
        source = file.read_text(encoding="utf-8")
        found[f"plugin/fax/{file.stem}"] = found[f"fax/{file.stem}"] = Template(source, file.name)
    for prefix, folder in (("fax/", SHARED / "fax"), ("", SHARED)):
        for file in folder.glob("*.j2"):
            found[prefix + file.stem] = Template(file.read_text(encoding="utf-8"), file.name)
    return found


RENDERER = Renderer(_templates())
LAYOUTS = {
    file.stem: file.read_text(encoding="utf-8")
    for folder in (SHARED, OWN)
    for file in folder.glob("*.typ")
}


def a_fax(campaign: Any = REAL, target: Target | None = None, **other: Any) -> Message:
    """A message as the templates write it."""
    target = target or campaign.written[0]
    language = (target.languages or tuple(campaign.letter))[0]
    letter = campaign.letter[language]
    contact = target.contact_on("fax")
    assert contact is not None
    context = {
        "letter": {
            "subject": letter.subject,
            "text": letter.text,
            "closing": letter.closing or EMPTY,
        },
        "campaign": {"number": campaign.number},
        "organisation": {"name": ORGANISATION.name},
        "target": {"name": target.name, "role": target.role or EMPTY},
        "salutation": target.salutation_in(language) or EMPTY,
        "contact": contact.written,
        "language": language,
    }
    text = RENDERER.render("fax", language, context, who=target.id)
    values: dict[str, Any] = {
        "key": "0" * 64, "reference": "0" * 64, "campaign": campaign.number, "channel": "fax",
        "target": target, "to": contact, "language": language, "subject": text.subject,
        "body": text.body, "parts": text.parts, "sender": ORGANISATION, "at": AT,
        "layouts": LAYOUTS,
    }  # fmt: skip
    return Message(**(values | other))


def pdf(message: Message) -> bytes:
    return pdf_of(message, TOOLS, fonts=None)


def frames(tiff: bytes) -> Iterator[Image.Image]:
    with Image.open(io.BytesIO(tiff)) as whole:
        for frame in ImageSequence.Iterator(whole):
            yield frame.copy()


# -- what it says --------------------------------------------------------------------------------


def test_the_real_fax_says_all_in_its_order() -> None:
    message = a_fax()
    (page,) = read_back(pdf(message))
    text = " ".join(page.text.split())
    place = 0
    for part in (
        "Group 12", "1 Some Street", "ua@example.org", "Nurdauletov Gizat Daurenbekovich",
        "Prosecutor General", "Prospect Mengilik, 14", "Nur-Sultan 010000", "Kazakhstan",
        "Fax: +7 7172 506 402", "20 August 2019", "Our reference: UA 46/19", "Page 1 of 1",
        "Release Serikzhan Bilash", " ".join(message.body.split()),
    ):  # fmt: skip
        place = text.index(part, place) + len(part)
    assert place == len(text)


@pytest.mark.parametrize("target", SPECIMENS.written, ids=lambda target: target.id)
def test_a_specimen_reads_in_its_language(target: Target) -> None:
    message = a_fax(SPECIMENS, target)
    text = words(pdf(message))
    assert "".join(message.body.split()) in "".join(text.split())
    date, number, count = {
        "in-english": ("20 August 2019", "Fax: +44 20 7946 0101", "Page 1 of 1"),
        "in-russian": ("20 августа 2019 года", "Факс: +7 7172 000 001", "Страница 1 из 1"),
        "in-kazakh": ("2019 жылғы 20 тамыз", "+7 7172 000 002", "1/1"),
    }[target.id]
    assert date in text
    assert number in text
    assert count in text
    if target.id == "in-kazakh":
        assert not {"Fax", "Page", "reference", "Факс"} & set(text.replace(":", " ").split())


def test_a_target_may_have_nothing_but_a_name_and_a_number() -> None:
    target = Target.model_validate({"id": "x", "name": "An Office", "fax": "+1 202 555 0101"})
    text = words(pdf(a_fax(target=target)))
    assert "An Office" in text
    assert "None" not in text


def test_each_page_says_whose_it_is_and_of_how_many() -> None:
    pages = read_back(pdf(replace(a_fax(), body=f"Dear Minister,\n\n{LONG}\n\nGroup 12\n")))
    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of 3" in page.text
        assert page.text.startswith("Group 12")
        assert "Our reference: UA 46/19" in page.text


def test_hostile_data_is_printed_as_it_is() -> None:
    hostile = '#import "@preview/x:1.0.0" *a* $x$'
    target = Target.model_validate(
        {"id": "x", "name": hostile, "role": hostile, "fax": "+1 202 555 0101", "address": hostile}
    )
    message = a_fax(target=target, subject=hostile, body=f"{hostile}\n\nGroup 12\n")
    assert words(pdf(message)).count(hostile) == 5


@pytest.mark.parametrize("long", ["a" * 10_000, "https://example.org/" + "path/" * 200])
def test_what_is_longer_than_a_line_is_broken(long: str) -> None:
    target = Target.model_validate({"id": "x", "name": long[:900], "fax": "+1 202 555 0101"})
    pages = read_back(pdf(a_fax(target=target, body=f"{long}\n\nGroup 12\n", subject=long[:500])))
    assert all(box.right <= page.width - 15 for page in pages for box in page.boxes)


def test_a_letter_that_no_font_can_draw_is_refused() -> None:
    with pytest.raises(Rejected, match=r"U\+0633 arabic letter seen.*fonts-noto-core"):
        pdf(a_fax(body="سلام\n"))
    with pytest.raises(Rejected, match="The text is empty"):
        pdf(a_fax(body="\n"))


# -- as a fax machine reads it -------------------------------------------------------------------


def tags_of(tiff: bytes) -> list[dict[int, Any]]:
    """The tags of each page, without Pillow's help: (type, count, value or place)."""
    assert tiff[:4] == b"II*\0"
    (following,) = struct.unpack_from("<I", tiff, 4)
    pages = []
    while following:
        (count,) = struct.unpack_from("<H", tiff, following)
        entries = struct.iter_unpack("<HHI4s", tiff[following + 2 : following + 2 + 12 * count])
        found = {}
        for tag, kind, number, value in entries:
            found[tag] = struct.unpack("<H2x" if kind == 3 else "<I", value)[0]
            assert number == 1 or tag not in (273, 279), "one strip"
        pages.append(found)
        (following,) = struct.unpack_from("<I", tiff, following + 2 + 12 * count)
    return pages


def test_its_tags_are_those_of_a_fax() -> None:
    tiff = tiff_of(pdf(replace(a_fax(), body=f"{LONG}\n\nGroup 12\n")))
    pages = tags_of(tiff)
    assert len(pages) == 3
    for tags in pages:
        assert tags[256] == 1728
        assert tags[257] == tags[278] == 2292  # A4 at 196 lines to the inch, in one strip
        assert (tags[254], tags[258], tags[259], tags[262]) == (2, 1, 4, 0)
        assert tags[296] == 2
        assert tags[293] == 0
        assert 297 not in tags
    with Image.open(io.BytesIO(tiff)) as whole:
        assert whole.info["dpi"] == (204, 196)


def test_ink_is_black_and_paper_is_white() -> None:
    (page,) = frames(tiff_of(pdf(a_fax())))
    black, white = page.convert("L").histogram()[0], page.convert("L").histogram()[255]
    assert black + white == page.width * page.height
    assert 0.02 < black / white < 0.2
    for x in (0, 15, 1700, 1727):
        assert page.crop((x, 0, x + 1, page.height)).convert("L").getextrema() == (255, 255)


def test_the_same_pdf_makes_the_same_tiff() -> None:
    made = pdf(a_fax())
    assert tiff_of(made) == tiff_of(made)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 200), st.integers(0, 287)), max_size=12),
        min_size=1, max_size=3,
    )
)  # fmt: skip
def test_every_row_is_read_back_as_it_was_drawn(sheets: list[list[tuple[int, int]]]) -> None:
    """Squares of 10 mm at any place, of which each pixel is known."""
    source = "#set page(width: 210mm, height: 297mm, margin: 0mm)\n" + "\n#pagebreak()\n".join(
        "#hide[x]"
        + "".join(
            f"#place(top + left, dx: {x}mm, dy: {y}mm, square(size: 10mm, fill: black))"
            for x, y in squares
        )
        for squares in sheets
    )  # fmt: skip
    made = TOOLS.typeset({"page": source}, "page", {}, at=AT)
    read = list(frames(tiff_of(made)))
    assert len(read) == len(sheets)
    for page, squares in zip(read, sheets, strict=True):
        for x, y in squares:
            across, down = (x + 5) / 25.4 * 204 + 20, (y + 5) / 25.4 * 196
            inside = page.crop(
                (round(across) - 36, round(down) - 36, round(across) + 36, round(down) + 36)
            )
            assert inside.convert("L").getextrema() == (0, 0)
        black = page.convert("L").histogram()[0]
        assert black <= len(squares) * 81 * 79
        assert bool(black) is bool(squares)


def test_the_pictures_show_what_the_receiver_sees() -> None:
    tiff = tiff_of(pdf(replace(a_fax(), body=f"{LONG}\n\nGroup 12\n")))
    pictures = pictures_of(tiff)
    assert len(pictures) == 3
    for picture, page in zip(pictures, frames(tiff), strict=True):
        with Image.open(io.BytesIO(picture)) as shown:
            assert shown.format == "PNG"
            assert shown.size == (1728, round(2292 * 204 / 196))
            ink = [image.convert("L").histogram()[0] for image in (shown, page)]
            assert ink[0] / ink[1] == pytest.approx(204 / 196, rel=0.02)


def test_a_page_wider_than_a_fax_is_made_narrower() -> None:
    made = TOOLS.typeset(
        {"page": "#set page(width: 300mm, height: 200mm, margin: 0mm)\n#square(size: 20mm)"},
        "page", {}, at=AT,
    )  # fmt: skip
    (page,) = frames(tiff_of(made))
    assert page.width == 1728
