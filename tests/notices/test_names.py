"""Names in texts, however they are written, and in a time that grows no faster than the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uadispatch.campaign.notices.lineage.names import Degree, Words, distance, folded, same_name

TEXT = (
    (1, "H.E. Serikjan  Bilash’s arrest; Loujain Alhathloul and Jean‑Luc O’Brien"),
    (2, "José Pérez de la Cruz was seen with Gizat Nurdauletov. Nguyễn Văn Đài was not"),
    (3, "Osman\u00adov, Ilham\u200b Tohti, and Ольга Иванова"),
)


@pytest.mark.parametrize(
    ("name", "degree"),
    [
        ("Serikjan Bilash", Degree.WHOLE),
        ("BILASH Serikjan", Degree.WHOLE),
        ("Serikzhan Bilash", Degree.NEAR),
        ("Serikjan Bilach", Degree.NEAR),
        ("Bilash Kairat", Degree.PART),
        ("Kairat Orazov", None),
        ("Loujain al-Hathloul", Degree.WHOLE),
        ("Jeanluc O'Brien", Degree.WHOLE),
        ("Jean Luc OBrien", Degree.WHOLE),
        ("Jose Perez", Degree.WHOLE),
        ("Nurdauletov Gizat Daurenbekovich", Degree.NEAR),
        ("Nguyen Van Dai", Degree.WHOLE),
        ("Osmanov", Degree.WHOLE),
        ("Ilham Tohti", Degree.WHOLE),
        ("Иванова Ольга", Degree.WHOLE),
        ("Jo", None),
        ("", None),
        ("-’'", None),
    ],
)
def test_a_name_is_found(name: str, degree: Degree | None) -> None:
    mention = Words(TEXT).find(name)
    assert (mention.degree if mention else None) == degree


def test_a_mention_is_shown_as_it_stands() -> None:
    mention = Words(TEXT).find("Jose Pérez")
    assert mention is not None
    assert (mention.text, mention.line) == ("José Pérez", 2)


def test_two_halves_of_a_name_far_apart_are_no_name() -> None:
    mention = Words([(1, "Serik and others were joined by one Bilash")]).find("Serik Bilash")
    assert mention is not None
    assert mention.degree is Degree.PART


def test_no_name_runs_from_one_text_into_the_next() -> None:
    mention = Words.of_each(["Anara", "Ospanova"]).find("Anara Ospanova")
    assert mention is not None
    assert mention.degree is Degree.PART


@given(st.text(max_size=12), st.text(max_size=12), st.integers(0, 3))
def test_a_distance_is_one_from_both_sides(one: str, two: str, most: int) -> None:
    found = distance(one, two, most)
    assert found == distance(two, one, most)
    assert found is None or found <= most
    assert (found == 0) == (one == two)


@pytest.mark.parametrize(
    ("one", "two", "apart"),
    [("abcd", "abdc", 1), ("abcd", "abxd", 1), ("abcd", "abd", 1), ("abcd", "dcba", None)],
)
def test_two_swapped_letters_count_once(one: str, two: str, apart: int | None) -> None:
    assert distance(one, two, 2) == apart


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_stands_around_a_name_hides_it_from_nobody(before: str, after: str) -> None:
    words = Words([(1, before), (2, "Anara Tolebaeva"), (3, after)])
    mention = words.find("Tolebaeva, Anara")
    assert mention is not None
    assert mention.degree is Degree.WHOLE


@given(st.text(max_size=100))
def test_folding_is_done_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_titles_and_order_make_no_other_name() -> None:
    assert same_name("H.E. Erzhan Kazykhanov", "KAZYKHANOV, Erzhan")
    assert not same_name("Erzhan Kazykhanov", "Erzhan Ospanov")


@pytest.mark.parametrize(
    "text", ["a'" * 100_000, "a-" * 100_000, "serik bilas " * 20_000, "é\u0301" * 100_000]
)
def test_a_long_line_takes_no_longer_than_it_is(text: str) -> None:
    """Were it quadratic, it would not end within the time of a test."""
    words = Words([(line, text) for line in range(1, 11)])
    mention = words.find("Serikzhan Bilash")
    assert mention is None or mention.degree < Degree.WHOLE


def test_a_text_of_many_words_that_are_alike_is_read() -> None:
    alphabet = "erikzhan"
    lines = [
        (n, "s" + "".join(alphabet[n // 8**k % 8] for k in range(6)) + "n")
        for n in range(20_000)
    ]  # fmt: skip
    words = Words(lines)
    assert [words.find(f"Serikzhan {end}x") for end in "abcdefgh"] == [None] * 8
