"""What is longer than a line can be broken: at any length, and never within a letter."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekit import a_letter, lent, letter_channel
from uadispatch import Rejected, page_data
from uadispatch.channels.paging import HERE, LONGEST, _breakable
from uadispatch_letter import LetterChannel
from uadispatch_letter.settings import LetterSettings

THAI = "ข้าพเจ้าเขียนจดหมายฉบับนี้เพื่อแสดงความกังวลอย่างยิ่งเกี่ยวกับการจับกุมและการควบคุมตัวน้ำ"
LAO = "ຂ້າພະເຈົ້າຂຽນຈົດໝາຍສະບັບນີ້ເພື່ອສະແດງຄວາມກັງວົນຢ່າງຍິ່ງກ່ຽວກັບການຈັບກຸມແລະນ້ຳ"
KHMER = "ខ្ញុំសរសេរលិខិតនេះដើម្បីបង្ហាញការព្រួយបារម្ភយ៉ាងខ្លាំងអំពីការចាប់ខ្លួននិងការឃុំខ្លួន"
BURMESE = "ကျွန်ုပ်သည်ဤစာကိုရေးသားရခြင်းမှာဖမ်းဆီးထိန်းသိမ်းခြင်းနှင့်ပတ်သက်၍အလွန်စိုးရိမ်သောကြောင့်ဖြစ်ပါသည်"


def body_of(text: str) -> str:
    ((line,),) = cast("list[list[str]]", page_data(a_letter(body=text, parts={}))["paragraphs"])
    return line


@pytest.mark.parametrize("text", [THAI, LAO, KHMER, BURMESE], ids=["th", "lo", "km", "my"])
def test_a_long_text_without_spaces_is_not_cut_within_a_letter(text: str) -> None:
    """A vowel sign belongs to its consonant, and what is written before it does so too."""
    line = body_of(text)
    assert line.replace(HERE, "") == text
    pieces = line.split(HERE)
    assert len(pieces) > len(text) / 4, "it can be broken"
    for piece in pieces:
        assert not unicodedata.category(piece[0]).startswith("M")
        assert piece[0] not in "\u0e33\u0eb3"
        assert not "\u0e40" <= piece[-1] <= "\u0e44"
        assert not "\u0ec0" <= piece[-1] <= "\u0ec4"
        assert piece[-1] not in "\u17d2\u1039", "the next consonant is written below"


@pytest.mark.parametrize(
    "letter",
    ["x", "Ж", "е\u0308", "\u1112\u1161\u11ab", "क्षि", "👍🏿", "🇰🇿", "👨‍👩‍👧‍👦", "🏳️‍🌈", "❤️", "1️⃣",
     "葛\U000e0100",
     "\U0001f3f4\U000e0067\U000e0062\U000e007f", "a\u2060b", "ب\u200c"],
    ids=ascii,
)  # fmt: skip
def test_between_any_two_letters_a_long_word_can_be_broken(letter: str) -> None:
    assert body_of(letter * 60) == HERE.join([letter] * 60)


def test_an_address_can_be_broken_after_its_signs() -> None:
    address = "https://example.org/a?b=c&d=e_f.html"
    pieces = ["https://", "example.", "org/", "a?", "b=", "c&", "d=", "e_", "f.", "html"]
    assert body_of(f"See {address}") == f"See {HERE.join(pieces)}"
    assert body_of("see a/b, or ua@example.org") == "see a/b, or ua@example.org"
    combining = "https://example.org/\u0301" + "a" * 20
    assert f"/{HERE}\u0301" not in body_of(combining)


@given(st.text(alphabet=st.sampled_from("ab/@. \n\u0301ก้\u200d🇰👍🏿"), max_size=300))
def test_a_text_stays_what_it_is_but_for_places_to_break_it(text: str) -> None:
    broken = _breakable(text)
    assert broken.replace(HERE, "") == text
    assert not re.search(f"{HERE}[\u0301\u0e49\u200d🏿]|\u200d{HERE}", broken)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"]), min_size=1, max_size=200))
def test_no_line_is_longer_than_what_can_be_broken(word: str) -> None:
    tied = re.compile("[\u0e33\u0eb3\u0e40-\u0e44\u0ec0-\u0ec4\u1160-\u11ff\ud7b0-\ud7ff]+.?")
    longest = max(map(len, tied.findall(word)), default=0)
    assert all(len(piece) < 60 + longest for piece in _breakable(word).split(HERE))


@pytest.mark.parametrize(
    "piece",
    ["x", "/", "@x", "x/", "กำ", "\u0301", "🇰", HERE, "x" * 59 + HERE, " ", "x" * 60 + " "],
    ids=ascii,
)
def test_a_long_word_costs_no_more_than_its_length(piece: str) -> None:
    """A blink for so many characters; at a cost of its square it would be hours."""
    text = piece * (250_000 // len(piece))
    assert _breakable(text).replace(HERE, "") == text.replace(HERE, "")


@pytest.mark.parametrize("text", ["x" * 199_000, "I urge you. " * 3_000, "a\n" * 15_001])
def test_a_text_that_no_letter_has_is_refused_before_it_is_set(text: str) -> None:
    def no_pages(*_: Any, **__: Any) -> bytes:
        raise AssertionError("it was typeset")

    channel = LetterChannel(LetterSettings(), replace(lent(), typeset=no_pages))
    with pytest.raises(Rejected, match=r"has [0-9]+,[0-9]{3} characters.* 30,000 at most: shorten"):
        channel.check(a_letter(body=text))


def test_the_longest_text_is_set() -> None:
    text = ("I urge you to release him at once. " * LONGEST)[:LONGEST].strip()
    letter_channel().check(a_letter(body=text))
