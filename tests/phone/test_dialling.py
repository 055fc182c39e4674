"""A number is dialled as it was meant: by link, by hand and by camera."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as ET

import phonenumbers
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from uadispatch import Contact, PhoneNumber
from uadispatch_phone.dialling import (
    Undiallable,
    number_of,
    qr_code,
    qr_picture,
    readable,
    remarks,
    tel_link,
)

REGIONS = sorted(
    region for region in phonenumbers.SUPPORTED_REGIONS if phonenumbers.example_number(region)
)
SVG = "{http://www.w3.org/2000/svg}"
STROKE = re.compile(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?")


def example_of(region: str) -> str:
    """A number of that country, in E.164."""
    example = phonenumbers.example_number(region)
    assert example is not None
    return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)


@given(region=st.sampled_from(REGIONS), extension=st.from_regex(r"[0-9]{0,7}", fullmatch=True))
def test_a_link_is_read_back_as_the_same_number(region: str, extension: str) -> None:
    written = example_of(region)
    number = PhoneNumber.read(f"{written} ext. {extension}" if extension else written)
    found = phonenumbers.parse(tel_link(number_of(number)))
    assert phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164) == number.value
    assert (found.extension or "") == extension


def test_a_link_is_what_every_phone_takes() -> None:
    assert tel_link(PhoneNumber.read("202 232 5488", region="US")) == "tel:+12022325488"
    assert tel_link(PhoneNumber.read("+1 202 555 0100 x12")) == "tel:+12025550100;ext=12"


def test_the_number_to_dial_is_grouped_with_its_country_code() -> None:
    assert readable(PhoneNumber.read("202 232 5488", region="US")) == "+1 202-232-5488"
    assert readable(PhoneNumber.read("+202 2577 0100")) == "+20 2 25770100"


@given(region=st.sampled_from(REGIONS))
def test_the_number_to_dial_has_the_digits_of_the_link(region: str) -> None:
    number = PhoneNumber.read(example_of(region))
    assert re.sub("[^+0-9]", "", readable(number)) == number.value


def held(**values: str | None) -> PhoneNumber:
    """A number as a snapshot of another machine may hold it: it is not read again."""
    return PhoneNumber.model_validate({"written": "x", "value": "+12025550100", **values})


@pytest.mark.parametrize(
    ("contact", "says"),
    [
        (Contact(written="x", value="+12025550100"), "no phone number"),
        (held(value="12025550100"), "too few or too many digits"),
        (held(value="+1202555"), "too few or too many digits"),
        (held(value="+12025550100\n"), "too few or too many digits"),
        (held(value="+1202555010;ext=1"), "too few or too many digits"),
        (held(value="tel:+12025550100"), "too few or too many digits"),
        (held(extension="12;phone-context=x"), "more than digits"),
        (held(extension="12345678"), "more than digits"),
        (held(extension="\u0661"), "more than digits"),
    ],
)
def test_what_nobody_can_dial_is_refused(contact: Contact, says: str) -> None:
    with pytest.raises(Undiallable, match=says):
        number_of(contact)


@pytest.mark.parametrize(
    ("written", "country", "says"),
    [
        ("+1 202 555 0100", "US", []),
        ("+1 202 555 0100", "CA", []),  # one country code for both
        ("+7 7172 506 402", "KZ", []),
        ("+7 7172 506 402", None, []),
        ("+202 2577 0100", "US", ["the number is of EG (+20), the address of US (+1)"]),
        ("+800 1234 5678", "US", ["the number is of 001 (+800), the address of US (+1)"]),
        ("+1 900 234 5678", "US", ["a premium-rate number"]),
    ],
)
def test_a_reviewer_is_told_what_is_odd(written: str, country: str | None, says: list[str]) -> None:
    found = remarks(PhoneNumber.read(written), country)
    assert len(found) == len(says)
    for remark, begins in zip(found, says, strict=True):
        assert remark.startswith(begins)


def drawn(content: bytes) -> list[list[int]]:
    """The dark squares of an SVG, as a camera sees them: rows of 0 and 1, the border included."""
    root = ET.fromstring(content)  # noqa: S314 - our own
    background, strokes = root.iter(f"{SVG}path")
    assert background.get("fill") == "#fff"
    assert strokes.get("stroke") == "#000"
    side = int(root.get("width", "")) // 8
    rows = [[0] * side for _ in range(side)]
    x = y = 0.0
    for step, first, second in STROKE.findall(strokes.get("d", "")):
        if step == "h":
            for column in range(int(x), int(x) + int(first)):
                rows[int(y)][column] = 1
            x += int(first)
        elif step == "M":
            x, y = float(first), float(second)
        else:
            x, y = x + float(first), y + float(second or 0)
    return rows


@pytest.mark.parametrize("link", ["tel:+12022325488", "tel:+12025550100;ext=1234567"])
def test_a_camera_sees_the_code_of_the_link_and_nothing_else(link: str) -> None:
    expected = segno.make_qr(link, error="m").matrix_iter(border=4)
    assert drawn(qr_code(link, title="x")) == [list(row) for row in expected]


@pytest.mark.parametrize("link", ["tel:+12022325488", "tel:+12025550100;ext=1234567"])
def test_the_picture_of_a_code_shows_the_very_code_of_the_file(link: str) -> None:
    content = qr_picture(link)
    assert len(content) < 400, "a page may have thousands of them"
    with Image.open(io.BytesIO(content)) as picture:
        wide, high = picture.size
        squares = picture.convert("L").resize((wide // 8, high // 8), Image.Resampling.NEAREST)
    dark = [int(grey == 0) for grey in squares.tobytes()]
    rows = [dark[start : start + wide // 8] for start in range(0, len(dark), wide // 8)]
    assert rows == drawn(qr_code(link, title="x"))


def test_a_code_is_the_same_bytes_each_time_and_escapes_its_title() -> None:
    first, second = (qr_code("tel:+12025550100", title="<script>&") for _ in range(2))
    assert first == second
    assert ET.fromstring(first).findtext(f"{SVG}title") == "<script>&"  # noqa: S314 - our own
    assert b"<script" not in first
