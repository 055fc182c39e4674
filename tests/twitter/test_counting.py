"""A text is as long as X says it is: its own conformance suite, and what that leaves out."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from twitterkit import SPECS
from uadispatch_twitter.counting import LIMIT, RULES, count, links, mentions

SUITE = SPECS / "twitter-text"
SECTIONS = {
    "WeightedTweetsCounterTest": "config_v2.json",
    "WeightedTweetsWithDiscountedEmojiCounterTest": "config_v3.json",
    "UnicodeDirectionalMarkerCounterTest": "config_v3.json",
}
"""Sections of X's suite that say how long a text is, each with the rules that it is for."""


def rules(name: str) -> dict[str, Any]:
    """X's own file of rules, in the words of our library."""
    found = json.loads((SUITE / name).read_text(encoding="utf-8"))
    return {
        "version": found["version"],
        "max_weighted_tweet_length": found["maxWeightedTweetLength"],
        "scale": found["scale"],
        "default_weight": found["defaultWeight"],
        "emoji_parsing_enabled": found.get("emojiParsingEnabled", False),
        "transformed_url_length": found["transformedURLLength"],
        "ranges": tuple(found["ranges"]),
    }


def conformance() -> list[Any]:
    if not SUITE.is_dir():
        reason = "X's conformance suite is not part of this checkout"
        return [pytest.param(None, "", marks=pytest.mark.skip(reason=reason))]
    tests = yaml.safe_load((SUITE / "validate.yml").read_text(encoding="utf-8"))["tests"]
    return [
        pytest.param(case, file, id=f"{section}-{case['description']}")
        for section, file in SECTIONS.items()
        for case in tests[section]
    ]


@pytest.mark.parametrize(("case", "file"), conformance())
def test_a_text_of_the_conformance_suite_is_counted_as_x_does(
    case: dict[str, Any], file: str
) -> None:
    found = count(case["text"], rules(file))
    expected = case["expected"]
    assert (found.length, found.valid) == (expected["weightedLength"], expected["valid"])


def test_the_rules_are_the_newest_ones_of_x() -> None:
    if not SUITE.is_dir():
        pytest.skip("X's conformance suite is not part of this checkout")
    assert dict(RULES) == rules("config_v3.json")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("Release him", 11),
        ("Освободите его", 14),
        ("Босатыңыз, құрметті Бас прокурор!", 33),
        ("أطلقوا سراحه", 12),
        ("გაათავისუფლეთ", 13),
        ("释放他", 6),
        ("彼を釈放して", 12),
        ("그를 석방하라", 13),
        ("“quoted” – and so", 17),
        ("…", 2),
        ("№ 46/19", 8),  # U+2116 stands outside the ranges that count one
        ("€", 2),
        ("a\nb", 3),
        ("a\r\nb", 3),
        ("\u200b", 1),  # zero width, and counted all the same
        ("a\u200db", 3),
        ("\u00ad", 1),
        ("😷", 2),
        ("👍🏿", 2),  # with a colour of skin
        ("🇰🇿", 2),  # two letters that make a flag
        ("👨‍👩‍👧‍👦", 2),  # seven code points
        ("🏳️‍🌈", 2),
        ("❤️", 2),
        ("1️⃣", 2),
        ("https://example.org", 23),
        ("https://example.org/" + "a" * 300, 23),
        ("http://example.org:8080/a?b=c&d=e#f", 23),
        ("a.kz", 23),
        ("See a.kz.", 4 + 23 + 1),
        ("a.kz b.kz", 23 + 1 + 23),
        ("https://пример.рф/путь", 23),
        ("https://www.amnesty.org/en/documents/EUR57/0186/2019/en/", 23),
        ("46.19", 5),
        ("H.E. Erzhan", 11),
        ("A.B.", 4),
        ("press@prokuror.kz", 17),
        ("@GenProkRK", 10),
        ("#FreeSerikzhan", 14),
        ("#Свобода", 8),
        ("$KZT", 4),
    ],
)
def test_a_text_has_its_length(text: str, length: int) -> None:
    assert count(text).length == length


@pytest.mark.parametrize("text", ["Ерғалиев", "Йй Ёё", "naïve café", "한국어", "Việt Nam"])
def test_it_does_not_matter_how_letters_are_composed(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert count(composed) == count(decomposed)


def test_the_limit_is_the_last_length_that_is_taken() -> None:
    assert count("a" * LIMIT).valid
    assert not count("a" * (LIMIT + 1)).valid
    assert count("释" * (LIMIT // 2)).valid
    assert not count("释" * (LIMIT // 2) + "a").valid


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=4351), max_size=200))
def test_letters_of_alphabets_count_one_each_where_nothing_is_a_link(text: str) -> None:
    text = unicodedata.normalize("NFC", text.replace(".", " "))
    ordinary = [sign for sign in text if ord(sign) <= 4351 and sign not in "#*0123456789©®"]
    plain = "".join(ordinary)
    assert count(plain).length == len(unicodedata.normalize("NFC", plain))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nothing here, e.g. in 46.19", ()),
        ("a.kz", ("a.kz",)),
        ("see https://example.org/a, and b.kz!", ("https://example.org/a", "b.kz")),
        ("mail press@prokuror.kz", ()),
    ],
)
def test_links_are_found_as_x_makes_them(text: str, found: tuple[str, ...]) -> None:
    assert links(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@GenProkRK: Release him", ("GenProkRK",)),
        (".@GenProkRK", ("GenProkRK",)),
        ("(@a, @b_1 and @a)", ("a", "b_1")),
        ("Бас прокурор@GenProkRK", ("GenProkRK",)),
        ("＠GenProkRK", ("GenProkRK",)),
        ("RT@a rt:@b", ("a", "b")),
        ("press@prokuror.kz", ()),
        ("https://medium.com/@someone/1", ()),
        ("a @ b, @@c, @", ()),
        ("@amnesty.org", ("amnesty",)),
        ("see amnesty.org; @amnesty.org", ("amnesty",)),
        ("@amnesty.org, amnesty.org and amnesty.org", ("amnesty",)),
        ("😷 a.kz/@a 👨‍👩‍👧‍👦 https://b.kz/@b @c", ("c",)),
    ],
)
def test_mentions_are_found_as_x_makes_them(text: str, found: tuple[str, ...]) -> None:
    assert mentions(text) == found


PIECES = ["a.kz", "https://b.kz/@b", "@a", "@amnesty.org", "😷", "a.kz/@c", ";", "освободите", "@b"]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join))
def test_words_are_mentions_whatever_links_stand_beside_them(text: str) -> None:
    named = {"@a": "a", "@amnesty.org": "amnesty", "@b": "b"}
    assert mentions(text) == tuple(
        dict.fromkeys(named[word] for word in text.split() if word in named)
    )


def test_it_counts_without_setuptools_too() -> None:
    hidden = (
        "import sys; sys.modules['pkg_resources'] = None\n"  # as where it is not installed
        "from uadispatch_twitter.counting import count\n"
        "assert count('ab \U0001f468\u200d\U0001f469\u200d\U0001f467').length == 5\n"
        "assert sys.modules['pkg_resources'] is None\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", hidden], check=True, timeout=60)
