"""A document that ends is never read as one that goes on, and prose ends nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closingkit import CLOSINGS, DOUBTFUL, ENDED, HOLDS, PROSE, asking
from documentkit import FINAL_OUTPUT, SAMPLES, SECOND_UA, document_of, sample, text_of_sample
from uadispatch.campaign.notices.document import Document, Line
from uadispatch.campaign.notices.ending.closing import read_closing
from uadispatch.campaign.notices.notice import Closing, Ending

if TYPE_CHECKING:
    from collections.abc import Iterable


def ended(layout: str, sentence: str) -> Closing:
    return read_closing(document_of(ENDED[layout].format(sentence)))


def still_asking(name: str, sentence: str) -> Closing:
    return read_closing(document_of(asking(name, sentence)))


def squeezed(text: str) -> str:
    return "".join(text.split())


AT_ONCE = 2
"""Documents in which each sentence is tried: those that come next, so all of them come often."""


def by_turns(documents: Iterable[str], sentences: Iterable[str]) -> list[tuple[str, str]]:
    """Each sentence in some of the documents, and each document with as many sentences."""
    names = list(documents)
    return [
        (names[(AT_ONCE * place + turn) % len(names)], sentence)
        for place, sentence in enumerate(sentences)
        for turn in range(AT_ONCE)
    ]


@pytest.mark.parametrize(("layout", "sentence"), by_turns(ENDED, CLOSINGS))
def test_a_document_that_ends_and_asks_for_nothing_is_closed(layout: str, sentence: str) -> None:
    closing = ended(layout, sentence)
    assert closing.ending is Ending.CLOSED
    assert squeezed(closing.words) in squeezed(ENDED[layout].format(sentence))
    assert closing.words
    assert closing.line is not None


@pytest.mark.parametrize(("name", "sentence"), by_turns(SAMPLES, CLOSINGS))
def test_what_ends_and_still_asks_is_for_a_person(name: str, sentence: str) -> None:
    closing = still_asking(name, sentence)
    assert closing.ending is Ending.DOUBTFUL
    assert closing.words
    assert closing.says


@pytest.mark.parametrize(("layout", "sentence"), by_turns(ENDED, DOUBTFUL))
def test_what_may_be_the_end_is_doubtful(layout: str, sentence: str) -> None:
    closing = ended(layout, sentence)
    assert closing.ending is Ending.DOUBTFUL
    assert closing.says


@pytest.mark.parametrize(("name", "sentence"), by_turns(SAMPLES, HOLDS))
def test_a_pause_holds_a_document_that_asks_in_full(name: str, sentence: str) -> None:
    closing = still_asking(name, sentence)
    assert closing.ending is Ending.DOUBTFUL
    assert squeezed(closing.words) in squeezed(asking(name, sentence))


@pytest.mark.parametrize(("name", "sentence"), by_turns(SAMPLES, PROSE))
def test_prose_ends_nothing(name: str, sentence: str) -> None:
    assert still_asking(name, sentence) == Closing(Ending.OPEN)


@pytest.mark.parametrize(("layout", "sentence"), by_turns(ENDED, PROSE))
def test_prose_closes_no_document_that_asks_for_nothing(layout: str, sentence: str) -> None:
    assert ended(layout, sentence).ending is Ending.DOUBTFUL


@pytest.mark.parametrize("name", [*SAMPLES, SECOND_UA])
def test_a_document_that_asks_in_full_and_ends_nothing_is_open(name: str) -> None:
    assert read_closing(sample(name)) == Closing(Ending.OPEN)


def test_the_final_output_says_where_it_ends() -> None:
    closing = read_closing(sample(FINAL_OUTPUT))
    assert closing.ending is Ending.CLOSED
    assert closing.words == "NO FURTHER ACTION IS REQUESTED."
    assert (
        "NO FURTHER ACTION" in sample(FINAL_OUTPUT).as_text().split("\n")[(closing.line or 0) - 1]
    )


def test_a_phrase_across_lines_is_found_with_the_line_it_begins_in() -> None:
    text = ENDED["V5"].format("She is well.\nNO FURTHER\nACTION IS\nREQUESTED. MANY\nTHANKS.")
    closing = read_closing(document_of(text))
    assert closing.ending is Ending.CLOSED
    assert closing.words == "NO FURTHER ACTION IS REQUESTED."
    assert closing.line == text.split("\n").index("NO FURTHER") + 1


def test_prose_across_lines_stays_prose() -> None:
    words = (
        "The minister said at a press conference that\nno further action is required\nof the army."
    )
    assert still_asking("sample-v3", words).ending is not Ending.CLOSED
    whole = words.replace("\n", " ")
    assert still_asking("sample-v3", whole).ending is Ending.OPEN


@pytest.mark.parametrize("whose", ["on behalf of Lucia Bermejo", "on her behalf", "for her"])
def test_several_people_are_not_closed_by_the_end_of_one(whose: str) -> None:
    words = f"No further action is requested {whose}."
    one = ENDED["V1"].format(words)
    assert read_closing(document_of(one)).ending is Ending.CLOSED
    two = one.replace("lawyer\n", "lawyer\nLucia Bermejo (f), his colleague\n")
    closing = read_closing(document_of(two))
    assert closing.ending is Ending.DOUBTFUL
    assert "one part" in closing.says


def test_contacts_of_amnesty_itself_ask_for_nothing() -> None:
    footer = (
        "No further action is requested.\n\nAmnesty International, 1 High Street\n"
        "Tel: 555 0101\nFax: 555 0102\nEmail: ua@example.org"
    )
    assert ended("V2", footer).ending is Ending.CLOSED
    official = "No further action is requested.\n\nMinister of Justice\nFax: 555 0102"
    assert ended("V2", official).ending is Ending.DOUBTFUL


def test_a_label_filled_in_with_nothing_asks_for_nothing() -> None:
    filled = (
        "URGENT ACTION LETTER:\n\n{0}\n\nTARGET’S CONTACT DETAILS & “COPIES TO”\n\n{0}\n\n"
        "BACKGROUND INFORMATION:\n\nNo further action is requested by the UA Network."
    )
    assert ended("V4", filled.format("N/A")).ending is Ending.CLOSED
    assert ended("V4", filled.format("Minister of Justice")).ending is Ending.DOUBTFUL


def test_a_target_on_one_line_is_somebody_to_write_to() -> None:
    target = (
        "Please take action as soon as possible.\n\nMinister of Justice Dario Montalvo Ministry of "
        "Justice Port Qumar Phone: 202 555 0187 I Fax: 202 555 0188\n\nDear Minister,\n\n"
        "I urge you to release Abena Koroma."
    )
    assert ended("V5", target) == Closing(Ending.OPEN)
    thanked = ended("V5", "Many thanks to all who sent appeals.\n\n" + target)
    assert thanked.ending is Ending.DOUBTFUL


def test_thanks_and_a_request_that_urges_nothing_are_for_a_person() -> None:
    last = (
        "Many thanks to all who sent appeals.\n\nPlease send letters {}.\n\n"
        "APPEALS TO:\n\nMinister of Justice\nFax: 202 555 0188"
    )
    assert ended("V2", last.format("welcoming his release")).ending is Ending.DOUBTFUL
    assert ended("V2", last.format("urging his release")) == Closing(Ending.OPEN)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    "mark", ["END OF URGENT ACTION APPEAL", "----- END OF URGENT ACTION -----"]
)
def test_a_line_that_ends_the_text_ends_no_campaign(name: str, mark: str) -> None:
    assert read_closing(document_of(f"{text_of_sample(name)}\n\n{mark}\n")) == Closing(Ending.OPEN)
    above = read_closing(document_of(f"{mark}\n\n{text_of_sample(name)}"))
    assert above.ending is Ending.DOUBTFUL


def test_a_doubt_names_what_the_document_still_asks() -> None:
    words = "No further action is requested. Please send a message of thanks to the King."
    closing = ended("V3", words)
    assert closing.ending is Ending.DOUBTFUL
    assert "Please send a message of thanks to the King" in closing.says


@pytest.mark.parametrize("text", ["", "Shopping list: bread, milk", "URGENT ACTION", "\x00 \ud800"])
def test_what_asks_for_nothing_is_not_open(text: str) -> None:
    assert read_closing(document_of(text)).ending is Ending.DOUBTFUL


def test_a_document_of_many_megabytes_is_left_to_a_person() -> None:
    lines = (*sample("sample-v5").lines, Line(99, "x" * 1_000_000))
    assert read_closing(Document("long", lines)).ending is Ending.DOUBTFUL


HOSTILE = [
    "no further action was ", "no ", "no further ", "   ", "please send ", "stop sending ", "n o ",
    "\N{RIGHT SINGLE QUOTATION MARK}", "on behalf of ", "the urgent action network ", "(m) ",
    "no further action is requested ", "no further action at this time at this time ", "Fax: 1 ",
    "no further action (", "action by a b ", "letters of a b c ", "for the next ", "n o m o r e ",
    "further action by the by the ", "write write ", "no further action on the case on the case ",
]  # fmt: skip


@pytest.mark.timeout(6)
@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_lines_take_no_time(words: str) -> None:
    text = (words * 40_000)[:40_000]
    lines = (Line(1, text), *(Line(n, words.strip()) for n in range(2, 2_000)))
    assert read_closing(Document("hostile", lines)).ending in {Ending.CLOSED, Ending.DOUBTFUL}


PHRASES = [
    words for words in CLOSINGS if "further action" in words.lower() and "Please" not in words
]
JUNK = st.sampled_from(
    ["\n", "\n\n", "  ", " \xa0 ", " “", "” ", ' "', "’ ", " \u200b", "\t", " Â "]
)


@given(st.sampled_from(PHRASES), st.sampled_from(SAMPLES), st.data())
def test_no_dress_makes_an_ending_open(words: str, name: str, data: st.DataObject) -> None:
    places = data.draw(
        st.sets(st.sampled_from([n for n, c in enumerate(words) if c == " "] or [0]))
    )
    dressed = "".join(
        data.draw(JUNK) if n in places and c == " " else c for n, c in enumerate(words)
    )
    words = data.draw(
        st.sampled_from(
            [dressed, dressed.upper(), dressed.lower(), dressed.title(), dressed.swapcase()]
        )
    )
    for text in (asking(name, words), ENDED["V5"].format(words)):
        assert read_closing(document_of(text)).ending is not Ending.OPEN


@given(
    st.sampled_from(CLOSINGS),
    st.sampled_from([*SAMPLES, SECOND_UA]),
    st.floats(0, 1),
    st.booleans(),
)
def test_an_ending_in_a_paragraph_of_its_own_is_never_open(
    words: str, name: str, where: float, begins: bool
) -> None:
    document = sample(name)
    place = round(where * len(document.lines))
    lines = [*document.lines[:place], Line(0, words, begins=begins), *document.lines[place:]]
    numbered = tuple(replace(line, number=number) for number, line in enumerate(lines, 1))
    closing = read_closing(Document(name, numbered))
    assert closing.ending is not Ending.OPEN
    assert closing.line is not None


@given(st.lists(st.text(min_size=1, max_size=60), max_size=20))
def test_any_text_is_judged_and_garbage_is_never_open(texts: list[str]) -> None:
    lines = tuple(Line(number, text) for number, text in enumerate(texts, 1))
    closing = read_closing(Document("any", lines))
    assert closing.ending is not Ending.OPEN
    assert closing.line is None or 1 <= closing.line <= len(texts)


@given(st.sampled_from([FINAL_OUTPUT, *SAMPLES]), st.floats(0, 1))
def test_a_truncated_document_is_judged(name: str, where: float) -> None:
    document = sample(name)
    lines = document.lines[: round(where * len(document.lines))]
    closing = read_closing(Document(name, lines))
    if name == FINAL_OUTPUT:
        assert closing.ending is not Ending.OPEN
