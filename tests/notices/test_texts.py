"""Title, summary, actions and background come over as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documentkit import FINAL_OUTPUT, SECOND_UA, document_of, sample, text_of_sample
from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.notices.notice import Certainty, Found, FoundPerson
from uadispatch.campaign.notices.parts.bullets import without_bullet
from uadispatch.campaign.notices.parts.sections import divide
from uadispatch.campaign.notices.texts.texts import Texts, read_texts
from uadispatch.campaign.notices.wording.casing import sentence_case, spellings_in

BY_HAND = Path(__file__).parents[1] / "documents" / "ua-46-19-by-hand.yaml"


def read(text: str, people: tuple[str, ...] = ()) -> Texts:
    found = tuple(FoundPerson(Found(name, 1)) for name in people)
    return read_texts(divide(document_of(text)), found)


def title_of(name: str) -> str | None:
    found = read_texts(divide(sample(name)), ()).title
    return found.value if found else None


def test_the_texts_of_the_second_ua_are_those_written_by_hand() -> None:
    case = read_campaign(BY_HAND).urgent_action
    found = read(text_of_sample(SECOND_UA), ("Serikzhan Bilash",))
    assert found.title is not None
    assert found.title.value == case.title
    assert found.summary is not None
    assert found.summary.value == case.summary
    assert tuple(action.value for action in found.actions) == case.actions
    assert found.additional_information is not None
    assert found.additional_information.value == case.additional_information
    assert found.doubts == ()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("sample-v1", "Fear for safety / death threats"),
        ("sample-v2", "Fear of torture or ill-treatment / Incommunicado detention"),
        ("sample-v3", "Students jailed for protesting in Qumar to appear before court"),
        ("sample-v4", "Journalist’s health at risk in prison"),
        ("sample-v5", "Teachers’ union leaders at risk of execution"),
        (FINAL_OUTPUT, "Human rights defender released with conditions"),
    ],
)
def test_a_title_is_in_sentence_case(name: str, title: str) -> None:
    assert title_of(name) == title


@pytest.mark.parametrize(
    ("heading", "text", "title"),
    [
        ("UN EXPERT HELD IN IRAN", "", "UN expert held in Iran"),
        ("COPINH LEADER KILLED", "They told COPINH nothing.", "COPINH leader killed"),
        ("KAZAKHSTAN’S ACTIVISTS HELD", "", "Kazakhstan’s activists held"),
        (
            "AL-RASHEDI HELD IN AL-QASR",
            "They took Salim al-Rashedi to Al-Qasr.",
            "Al-Rashedi held in Al-Qasr",
        ),
        ("SUPREME COURT TO DECIDE", "It said the Supreme Court erred.", "Supreme Court to decide"),
        ("COURT DECIDES", "It said the Supreme Court erred.", "Court decides"),
        ("ACTIVIST HELD IN MAY", "He was held on 3 May.", "Activist held in May"),
        ("FREED! TWO ACTIVISTS AT HOME", "", "Freed! Two activists at home"),
        ("Activist’s Health at Risk", "", "Activist’s Health at Risk"),
        ("“BAD” LAW", "", "“Bad” law"),
    ],
)
def test_words_have_the_capitals_of_the_text(heading: str, text: str, title: str) -> None:
    assert sentence_case(heading, spellings_in([text])) == title


@pytest.mark.parametrize("last", ["[max 8 words]", "(Honduras: UA 60.16)", "(UA: 60/16)"])
def test_a_title_is_without_what_only_counts(last: str) -> None:
    text = text_of_sample("sample-v4").replace("IN PRISON\n", f"IN PRISON {last}\n")
    found = read(text).title
    assert found is not None
    assert found.value == "Journalist’s health at risk in prison"


def test_names_of_people_keep_their_capitals() -> None:
    assert sentence_case(
        "MARIA DE LOS SANTOS FREED", spellings_in([], ["Maria de los Santos"])
    ) == ("Maria de los Santos freed")


def test_a_changed_title_says_so() -> None:
    found = read(text_of_sample(SECOND_UA)).title
    assert found is not None
    assert found.certainty is Certainty.INFERRED
    assert found.rule


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        (
            "Further information on UA 178/06 (MDE 97/005/2006, 29 June 2006) - Fear of torture",
            "Fear of torture",
        ),
        ("UA 178/06   Fear of torture", "Fear of torture"),
        ("EXTRA 178/06 – Death penalty", "Death penalty"),
        ("UA 178/06\nFear of torture", "Fear of torture"),
        ("UA 178/06\n\nFear of torture", "Fear of torture"),
        ("UA 178/06 Fear of\ntorture", "Fear of torture"),
        (
            "Further information on UA 178/06 issued 5\n\nMay and\n\n2 June - Fear of torture",
            "Fear of torture",
        ),
        (
            "Follow-up on UA 178/06 issued 5 May 2006 and re-issued 2 June 2006 - Fear of torture",
            "Fear of torture",
        ),
        ("UA 178/06 Fear of torture 29 June 2006", "Fear of torture"),
        (
            "Follow-up on UA 178/06 issued 5\n\nMay 2006, 2 June\n\n2006) - Fear of torture",
            "Fear of torture",
        ),
        ("Follow-up on UA 178/06 issued\n5 May 2006\nFear of torture", "Fear of torture"),
    ],
)
def test_an_older_title_stands_beside_the_number(heading: str, title: str) -> None:
    text = text_of_sample("sample-v2")
    line = next(line for line in text.split("\n") if line.startswith("UA 178/06"))
    found = read(text.replace(line, heading)).title
    assert found is not None
    assert found.value == title


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("1. Write a letter", "Write a letter"),
        ("1) Write a letter", "Write a letter"),
        ("• Urging them", "Urging them"),
        ("- urging them", "urging them"),
        ("n Urging them", "Urging them"),
        ("\uf0b7 Urging them", "Urging them"),
        ("nine days later", "nine days later"),
        ("24 hours are left", "24 hours are left"),
        ("1.5 million people", "1.5 million people"),
        ("2019.", "2019."),
    ],
)
def test_bullets_and_numbers_of_a_list_are_removed(text: str, bare: str) -> None:
    assert without_bullet(text) == bare


def test_a_sentence_that_is_broken_off_goes_on_in_the_next_line() -> None:
    text = text_of_sample(SECOND_UA)
    whole = read(text)
    wrapped = read(
        text.replace(" national, clan,", "\nnational, clan,").replace(
            "of Almaty. S", "of\nAlmaty. S"
        )
    )
    for one, other in (
        (whole.summary, wrapped.summary),
        (whole.additional_information, wrapped.additional_information),
    ):
        assert one is not None
        assert other is not None
        assert one.value == other.value


def test_paragraphs_and_points_of_a_list_stay_apart() -> None:
    long = "a line that is as long as the page is wide and ends within the words of a sentence so"
    found = read(f"URGENT ACTION\nTITLE OF IT\n{long}\n\n{long}\n- {long}\n{long}.\n{long}\n")
    assert found.summary is not None
    assert found.summary.value.split("\n\n") == [long, long, f"- {long} {long}.", long]


def test_what_is_missing_is_missing() -> None:
    assert read("URGENT ACTION\n") == Texts()


def test_a_text_that_no_campaign_can_hold_is_said() -> None:
    found = read("URGENT ACTION\nTITLE OF IT\n" + "word " * 50_000)
    assert found.summary is None
    assert [doubt.asks for doubt in found.doubts] == [False]
    assert "summary" in found.doubts[0].says


@given(st.text(max_size=300), st.lists(st.text(max_size=100), max_size=5))
def test_sentence_case_changes_no_letter_but_its_case(heading: str, texts: list[str]) -> None:
    # Some letters have no single counterpart: the German sharp s becomes two in capitals.
    found = sentence_case(heading, spellings_in(texts, texts[:1]))
    assert found.casefold() == heading.casefold() or not heading.isascii()
