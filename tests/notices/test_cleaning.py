"""A line as some program wrote it, cleaned."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from uadispatch.campaign.notices.reading.cleaning import clean, is_page_number


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (" [bookmark: _GoBack]URGENT ACTION", "URGENT ACTION"),
        ("Serikzhan Bi[bookmark: _Hlk5200004]lash", "Serikzhan Bilash"),
        ("Email:\xa0washington@mfa.kz", "Email: washington@mfa.kz"),
        ("Kazakhstan\t\tDate: 16 August 2019", "Kazakhstan Date: 16 August 2019"),
        ("U R G E N T   A C T I O N", "URGENT ACTION"),
        ("U R G E N T A C T I O N", "URGENT ACTION"),
        ("S T O P   A C T I O N  now", "STOP ACTION now"),
        ("PLAN B A 1", "PLAN B A 1"),
        ("Dr. A B Example", "Dr. A B Example"),
        ("• Calling on the authorities", "Calling on the authorities"),
        ("\uf0b7\tCalling on the authorities", "Calling on the authorities"),
        ("n Calling on the authorities", "Calling on the authorities"),
        ("o\tCalling on the authorities", "Calling on the authorities"),
        ("o Ministério da Justiça", "o Ministério da Justiça"),
        ("n’importe", "n’importe"),
        ("2 · 3", "2 · 3"),
        ("zero\u200bwidth and soft\xadhyphen", "zerowidth and softhyphen"),
        ("left\u202eright\u2069", "leftright"),
        ("oﬃce ﬁle ﬂag", "office file flag"),
        ("donâ€™t detain José", "don’t detain José"),
        ("MiloÅ¡ and Ã‰mile visited SÃ£o Paulo", "Miloš and Émile visited São Paulo"),
        ("cafÃƒÂ©", "café"),
        ("It\x92s", "It’s"),
        ("Jose\u0301", "José"),
        ("“curly” – ‘quotes’ — stay…", "“curly” – ‘quotes’ — stay…"),
        ("\ufeff", ""),
        ("•", ""),
    ],
)
def test_what_a_program_left_in_a_line_is_taken_out(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


LETTERS = "".join(
    chr(code) for code in range(0xC0, 0x180) if unicodedata.category(chr(code)) in ("Lu", "Ll")
)
LOWER = st.text(
    [*"abcdeghilmnorstuz", *(c for c in LETTERS if c.islower() and c not in "ŉßſ")],
    min_size=1,
    max_size=8,
)
UPPER = st.text(
    [*"ABCDEGHILMNORSTUZ", *(c for c in LETTERS if c.isupper())], min_size=2, max_size=8
)
WORD = LOWER | UPPER | LOWER.map(str.capitalize)
CLOSE = st.sampled_from(
    ["", ",", ".", "’s", "”", "’", "»", "®", "™", "²", "…", "—", ":", ")", " –", "°"]
)
OPEN = st.sampled_from(["", "", "“", "‘", "«", "(", "€", "£", "§ "])


@given(st.lists(st.tuples(OPEN, WORD, CLOSE).map("".join), min_size=1, max_size=6).map(" ".join))
@example("AMANHÃ” MAÇÃ® IRMÃ’s ÄITIÄ² NESTLÉ® ÅÅ… “À” Å Ä")
@example("“SÃO PAULO” — “À LA UNE” L’ÉTÉ… «ÄÄ» ŠKODA™ ŽIŽEK’s")
def test_a_correct_line_is_never_changed(line: str) -> None:
    # Single spaced capitals are letter-spacing, which other lines are for.
    if not any(len(word) == 1 for word in line.split()):
        assert clean(line) == unicodedata.normalize("NFC", line)


PARTS = [
    "[bookmark: x]", "[bookmark:", "]", "• ", "n ", "o\t", "A ", "A  ", "Ã", "©", "â€™", "\xa0",
    "\u200b", "\uf0b7", "ﬁ", "\u0301", "e", "Word", "\x92", "\t",
]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS)).map("".join) | st.text())
@example("[bookm[bookmark: _a]ark: _b]x")
@example("Ã\u200b©t")
@example("• n o\t• Abc")
def test_cleaning_twice_is_the_same_as_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once


@given(st.text(st.characters(exclude_categories=["Cs", "Co"], max_codepoint=0x24FF)))
def test_nothing_is_added_that_was_not_there(text: str) -> None:
    known = unicodedata.normalize("NFC", text.replace("\u200b", ""))
    if re.search("[\x80-\x9f]|[\xc2-\xf4][\xa0-\xbf]|[Ãâ]", text):
        return  # these stand for other characters
    left = iter(known.replace("\u2010", "-").replace("\u2011", "-"))
    said = (char for char in clean(text) if char != " ")
    assert all(any(char == other for other in left) for char in said)


@given(st.text())
def test_what_is_left_can_be_seen(text: str) -> None:
    found = clean(text)
    assert found == found.strip()
    assert "  " not in found
    assert not any(char in "\t\n\r\xa0\u200b\xad\ufeff\u202e" for char in found)
    first_plane = (char for char in found if char < "\U00010000")
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Co") for char in first_plane)


SIZE = 200_000


@pytest.mark.parametrize(
    "part",
    ["[bookmark: ", "[bookmark: x]", "]", "A ", "A  ", "A   B ", "• ", "n A", "o\t", "o  ", " ",
     "\xa0", "\t", "Ã", "Ã©", "â€", "â€™ ", "aÃ", "\u0301", "\uf0b7", "[", "page ",
     "- ", "1 of ", "\u200b"],
)  # fmt: skip
def test_a_line_of_any_length_is_cleaned_in_one_pass(part: str) -> None:
    line = part * (SIZE // len(part))
    assert len(clean(line)) <= SIZE
    assert len(clean(f"x{line}y")) <= SIZE + 2


@pytest.mark.parametrize("text", ["1", "- 2 -", "Page 3", "Page 3 of 12", "page 4/7", "12."])
def test_the_number_of_a_page_is_told(text: str) -> None:
    assert is_page_number(text)


@pytest.mark.parametrize("text", ["2019", "UA 46", "46/19 and more", "Page", "1 Court Street", ""])
def test_other_lines_of_a_margin_are_no_page_number(text: str) -> None:
    assert not is_page_number(text)
