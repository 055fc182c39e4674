"""The sample letter comes over as it stands, without opening and ending."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documentkit import SECOND_UA, document_of, sample, text_of_sample
from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.model import Letter
from uadispatch.campaign.notices.notice import (
    Certainty,
    Doubt,
    Found,
    FoundLetter,
    FoundPerson,
)
from uadispatch.campaign.notices.parts.sections import divide
from uadispatch.campaign.notices.texts.letter import read_letter

BY_HAND = Path(__file__).parents[1] / "documents" / "ua-46-19-by-hand.yaml"
BILASH = ("Serikzhan Bilash",)


def read(
    text: str, people: tuple[str, ...] = BILASH, title: str | None = "Human rights defender"
) -> tuple[FoundLetter | None, tuple[Doubt, ...]]:
    found = tuple(FoundPerson(Found(name, 1)) for name in people)
    return read_letter(divide(document_of(text)), found, title)


def letter_of(text: str, people: tuple[str, ...] = BILASH) -> FoundLetter:
    letter, _ = read(text, people)
    assert letter is not None
    return letter


def with_letter(*lines: str) -> str:
    """The second Urgent Action with another letter."""
    text = text_of_sample(SECOND_UA)
    before, after = text.index("Dear Prosecutor"), text.index("Additional information")
    return text[:before] + "\n".join(lines) + "\n\n" + text[after:]


PROSE = (
    "I am writing to you about Serikzhan Bilash, who has been held under house arrest since March "
    "and whose only crime is that he speaks about the rights of others."
)
OTHER = "He faces up to seven years in prison."


def test_the_letter_of_the_second_ua_is_the_one_written_by_hand() -> None:
    by_hand = read_campaign(BY_HAND)
    letter, doubts = read(text_of_sample(SECOND_UA))
    assert letter is not None
    assert not doubts
    expected = by_hand.letter["en"]
    assert letter.text.value == expected.text
    assert letter.closing is not None
    assert letter.closing.value == expected.closing
    assert letter.subject.value == expected.subject
    assert letter.opening is not None
    assert letter.opening.value == by_hand.written[0].salutation
    assert (letter.opening.line, letter.text.line, letter.closing.line) == (30, 31, 33)
    assert letter.language == "en"


@pytest.mark.parametrize("name", ["sample-v1", "sample-v2", "sample-v3"])
def test_the_older_layouts_have_no_letter_and_nothing_is_said_of_it(name: str) -> None:
    assert read_letter(divide(sample(name)), (), None) == (None, ())


def test_an_opening_in_the_paragraph_of_the_text_is_parted_from_it() -> None:
    letter = letter_of(text_of_sample("sample-v4"), ("Ilir Vorpsi",))
    assert letter.opening == Found("Dear Minister", 17)
    assert letter.text.value.startswith("I am deeply concerned for the health")
    assert "YOUR NAME" not in letter.text.value
    assert letter.text.value.count("\n\n") == 2


@pytest.mark.parametrize(
    ("line", "opening"),
    [
        ("Dear Prosecutor General,", "Dear Prosecutor General"),
        ("Dear Mr. President,", "Dear Mr. President"),
        ("Dear Minister of Justice", "Dear Minister of Justice"),
        ("Dear Minister:", "Dear Minister"),
        ("Dear Minister, Mr Example,", "Dear Minister, Mr Example"),
        ("Your Excellency,", "Your Excellency"),
        ("Your Majesty,", "Your Majesty"),
        ("Excellency,", "Excellency"),
        ("Honourable Attorney General,", "Honourable Attorney General"),
        ("Prosecutor General,", "Prosecutor General"),
        ("Señor Presidente,", "Señor Presidente"),
        ("Құрметті министр,", "Құрметті министр"),
    ],
)
def test_openings_are_read_without_their_comma(line: str, opening: str) -> None:
    letter, doubts = read(with_letter(line, PROSE, OTHER, "Yours sincerely,"))
    assert letter is not None
    assert letter.opening is not None
    assert letter.opening.value == opening
    assert letter.text.value == f"{PROSE}\n\n{OTHER}"
    assert not doubts


@pytest.mark.parametrize(
    "line", ["Dear Minister, or Dear Ambassador,", "Dear Minister,\nDear Ambassador,"]
)
def test_an_opening_for_several_targets_is_kept_whole(line: str) -> None:
    letter, doubts = read(with_letter(line, PROSE, "Yours sincerely,"))
    assert letter is not None
    assert letter.opening is not None
    assert letter.opening.value == "Dear Minister, or Dear Ambassador"
    assert letter.text.value == PROSE
    assert not doubts


@pytest.mark.parametrize(
    "ending",
    [
        "Yours sincerely,",
        "Sincerely,",
        "Yours faithfully",
        "Respectfully,",
        "With kind regards,",
        "Atentamente,",
        "С уважением,",
    ],
)
def test_an_ending_is_kept_as_it_stands(ending: str) -> None:
    for text in (f"{PROSE}\n{OTHER}\n{ending}\n[YOUR NAME]", f"{PROSE}\n{OTHER} {ending}"):
        letter = letter_of(with_letter("Dear Minister,", text))
        assert letter.closing is not None
        assert letter.closing.value == ending
        assert letter.text.value == f"{PROSE}\n\n{OTHER}"


def test_no_opening_and_no_ending_are_said() -> None:
    letter, doubts = read(with_letter(PROSE, OTHER))
    assert letter is not None
    assert (letter.opening, letter.closing) == (None, None)
    assert letter.text.value == f"{PROSE}\n\n{OTHER}"
    assert [doubt.asks for doubt in doubts] == [False, False]


def test_no_letter_is_asked_for() -> None:
    letter, doubts = read(with_letter(""))
    assert letter is None
    assert [doubt.asks for doubt in doubts] == [True]


def test_of_two_letters_the_first_is_taken() -> None:
    letter, doubts = read(
        with_letter(
            "Dear Minister,", PROSE, "Yours sincerely,", "Estimado señor Ministro:",
            "Le escribo en relación con Serikzhan Bilash, que se encuentra bajo arresto " * 3,
            "Atentamente,",
        )
    )  # fmt: skip
    assert letter is not None
    assert letter.text.value == PROSE
    assert letter.language == "en"
    assert [(doubt.asks, "Estimado señor Ministro" in doubt.says) for doubt in doubts] == [
        (True, True)
    ]


SPANISH = (
    "Le escribo en relación con el caso de una maestra que lleva meses bajo arresto por su "
    "trabajo en favor de los derechos humanos. Por su salud, le pido que la libere."
)
FRENCH = (
    "Je vous écris au sujet de cette enseignante, qui est assignée à résidence pour avoir "
    "défendu les droits des autres. Je vous demande de la libérer dans les jours."
)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (SPANISH, "es"),
        (FRENCH, "fr"),
        ("Я пишу вам о деле Серикжана Билаша, который находится под домашним арестом. " * 3, "ru"),
        (PROSE, "en"),
    ],
)
def test_the_language_is_told_by_its_words(text: str, language: str) -> None:
    letter, doubts = read(with_letter("Dear Minister,", text.strip(), "Yours sincerely,"))
    assert letter is not None
    assert letter.language == language
    assert len(doubts) == (language != "en")


@pytest.mark.parametrize(
    ("demand", "people", "subject"),
    [
        ("I urge you to release A. Example at once.", ("A. Example",), "Release A. Example"),
        (
            "I therefore call on you to release her immediately.",
            ("B. Person",),
            "Release B. Person",
        ),
        ("I ask you to release both.", ("A One", "B Two"), "Release A One and B Two"),
        (
            "I call on the authorities to release them.",
            ("A One", "B Two", "C Three"),
            "Release A One, B Two and C Three",
        ),
        (
            "We urge you to immediately release all of them.",
            ("A One", "B Two", "C Three", "D Four"),
            "Release A One, B Two and others",
        ),
        ("I urge you to release B Two.", ("A One", "B Two"), "Release B Two"),
        ("I call on you to:\n- release A One;\n- drop the charges.", ("A One",), "Release A One"),
        ("I urge you not to execute A One.", ("A One",), "Do not execute A One"),
        ("I urge you to halt the execution of A One.", ("A One",), "Do not execute A One"),
    ],
)
def test_the_subject_is_the_letters_own_demand(
    demand: str, people: tuple[str, ...], subject: str
) -> None:
    letter = letter_of(with_letter("Dear Minister,", PROSE, demand, "Yours sincerely,"), people)
    assert letter.subject.value == subject
    assert letter.subject.certainty is Certainty.INFERRED
    assert letter.subject.rule


@pytest.mark.parametrize(
    "demand",
    [
        "I urge you to release the results of the inquiry.",
        "I urge you not to release the men who attacked him.",
        "I urge you to give him medical care. The press release was wrong.",
        "He asked for release.",
        "I urge you to release him.",
    ],
)
def test_without_a_sure_demand_the_title_is_the_subject(demand: str) -> None:
    people = ("A One", "B Two")
    letter = letter_of(with_letter("Dear Minister,", PROSE, demand, "Yours sincerely,"), people)
    assert letter.subject.value == "Human rights defender"


def test_with_neither_demand_nor_title_the_subject_is_a_guess() -> None:
    letter, _ = read(with_letter("Dear Minister,", PROSE, "Yours sincerely,"), (), None)
    assert letter is not None
    assert letter.subject.certainty is Certainty.GUESSED


PIECES = st.sampled_from(
    [
        "Dear Minister,",
        "Dear Minister, I am concerned.",
        "Your Excellency,",
        "Yours sincerely,",
        "[YOUR NAME]",
        "I urge you to:",
        "- release him",
        PROSE,
        "Dear",
        "Sir,",
        f"{PROSE} Yours sincerely,",
        "Dear Minister,\nDear Ambassador,",
    ]
)


@given(st.lists(PIECES | st.text(max_size=200), max_size=12))
def test_whatever_is_read_is_a_letter_that_a_campaign_can_hold(pieces: list[str]) -> None:
    letter, doubts = read(with_letter(*[piece.replace("\r", " ") for piece in pieces]))
    if letter is None:
        assert any(doubt.asks for doubt in doubts)
        return
    held = Letter(
        subject=letter.subject.value,
        text=letter.text.value,
        closing=letter.closing.value if letter.closing else None,
    )
    assert held.text == letter.text.value
