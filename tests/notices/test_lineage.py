"""Which campaign a document belongs to; whatever may be meant is named, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noticekit import document, notice, seed
from uadispatch.campaign.notices.lineage.finding import Known, Lineage, Match, find
from uadispatch.campaign.notices.notice import Ending, Kind

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.campaign.notices.notice import Notice

TEXT = """\
URGENT ACTION
TEACHER STILL HELD
The teacher Anara Tolebaeva is still held in Kazakhstan.
Ms Tolebaeva's trial begins in May.
"""
ANARA = Known(
    number="12/19",
    indexes=("EUR 57/0300/2019", "https://www.example.org/documents/EUR57/0100/2019/en/"),
    country="KZ",
    people=("Anara Tolebaeva",),
    issued=date(2019, 4, 2),
    sequence=2,
)
"""Whom `TEXT` is about."""
BERIK = Known(number="12/16", country="KZ", people=("Berik Ospanov",), issued=date(2016, 2, 1))
NAMELESS = Known(number="30/18", indexes=("AFR 31/0100/2018",), country="CI")


def look(said: Notice, *known: Known, text: str = TEXT) -> Lineage:
    return find(said, document(text), known)


@pytest.fixture
def final_output(root: Path) -> tuple[str, Notice]:
    """The real document that closed 46/19, and what it says: 46/16, by a slip."""
    text = (root / "tests/documents/ua-46-19-final-output.txt").read_text("utf-8")
    said = notice(
        kind=Kind.FINAL, ending=Ending.CLOSED, number="46/16", sequence=3,
        title="Human rights defender released with conditions", people=["Serikzhan Bilash"],
    )  # fmt: skip
    return text, said


# The real one.


def test_the_final_output_of_46_19_is_found_by_all_but_its_number(
    root: Path, final_output: tuple[str, Notice]
) -> None:
    text, said = final_output
    known = Known.of(seed(root), "ua-46-19.yaml")
    found = look(said, BERIK, known, ANARA, text=text)
    assert found.campaign == known
    assert found.certainty is Match.LIKELY
    assert "the name, Serikzhan Bilash, line 4" in found.agrees
    assert "the country, Kazakhstan, stands in its text" in found.agrees
    assert "it is document 3 of its number, after 2" in found.agrees
    assert found.disagrees == ("the document says UA 46/16, the campaign is UA 46/19",)
    assert found.others == ()


def test_with_a_real_46_16_beside_it_nobody_decides_but_a_person(
    root: Path, final_output: tuple[str, Notice]
) -> None:
    text, said = final_output
    known = Known.of(seed(root))
    other = Known(number="46/16", people=("Maryam Haidari",), country="IR")
    for order in ([known, other], [other, known]):
        found = look(said, *order, text=text)
        assert found.certainty is Match.TORN
        assert found.campaign is not None
        assert {found.campaign.number, *(each.number for each in found.others)} == {
            "46/19", "46/16",
        }  # fmt: skip


def test_the_final_output_with_its_right_number_asks_nothing(
    root: Path, final_output: tuple[str, Notice]
) -> None:
    text, _ = final_output
    said = notice(kind=Kind.FINAL, ending=Ending.CLOSED, number="46/19", sequence=3)
    found = look(said, Known.of(seed(root)), ANARA, text=text)
    assert (found.certainty, found.disagrees, found.others) == (Match.SURE, (), ())


# Number and something else.


@pytest.mark.parametrize(
    "name",
    ["Anara Tolebaeva", "TOLEBAEVA Anara", "Anara Tolébaeva", "Anara Tolebayeva", "Anarа Tolebaeva",
     "Anara-Tolebaeva", "Dr. Anara Tolebaeva", "Anara K. Tolebaeva"],
)  # fmt: skip
def test_number_and_name_ask_nothing_however_the_name_is_written(name: str) -> None:
    known = Known(number="12/19", people=(name,))
    assert look(notice(number="12/19"), known, BERIK).certainty is Match.SURE


@pytest.mark.parametrize("quote", ["'", "’", "ʼ", "‘", ""])
def test_apostrophes_are_all_one(quote: str) -> None:
    known = Known(number="12/19", people=("Seán O’Hara-Quinn",))
    text = f"News of Sean O{quote}Hara Quinn\n"
    assert look(notice(number="12/19"), known, text=text).certainty is Match.SURE


def test_number_and_link_ask_nothing() -> None:
    said = notice(number="12/19", previous="https://www.example.org/documents/eur57/0300/2019/en")
    found = look(said, ANARA, text="URGENT ACTION")
    assert found.certainty is Match.SURE
    assert "its link to the document before, EUR 57/0300/2019" in found.agrees
    assert found.disagrees == ("nobody of the campaign (Anara Tolebaeva) is named in it",)


def test_a_campaign_without_names_agrees_by_number_and_country() -> None:
    said = notice(number="30/18", index="AFR 31/0200/2018")
    assert look(said, NAMELESS, text="ROMA EVICTED").certainty is Match.SURE
    said = notice(number="30/18", index="ASA 17/0200/2018")
    found = look(said, NAMELESS, text="ROMA EVICTED")
    assert found.certainty is Match.TORN
    assert "its index begins with ASA 17, that of the campaign AFR 31" in found.disagrees


def test_the_number_alone_leaves_it_to_a_person() -> None:
    found = look(notice(number="12/16"), BERIK)
    assert (found.campaign, found.certainty) == (BERIK, Match.TORN)
    assert "nobody of the campaign (Berik Ospanov) is named in it" in found.disagrees


def test_a_family_name_alone_counts_less() -> None:
    text = "The trial of Ms Tolebaeva begins"
    assert look(notice(number="12/19"), ANARA, text=text).certainty is Match.LIKELY
    assert look(notice(number="99/19"), ANARA, text=text).certainty is Match.NONE


def test_number_for_one_and_name_for_another() -> None:
    for said in (notice(number="12/16"), notice(number="12/16", people=["Anara Tolebaeva"])):
        found = look(said, BERIK, ANARA)
        assert found.certainty is Match.TORN
        assert {found.campaign, *found.others} == {BERIK, ANARA}


@pytest.mark.parametrize("ending", Ending)
def test_number_of_one_without_names_and_name_of_another(ending: Ending) -> None:
    nameless = Known(number="12/16", country="KZ")
    said = notice(ending=ending, number="12/16", countries=["KZ"])
    found = look(said, nameless, ANARA)
    assert found.certainty is Match.TORN
    assert {found.campaign, *found.others} == {nameless, ANARA}
    linked = Known(number="12/16", country="KZ", indexes=("EUR 57/0700/2016",))
    said = notice(
        ending=ending, number="12/16", countries=["KZ"],
        previous="https://www.example.org/documents/EUR57/0700/2016/en/",
    )  # fmt: skip
    assert look(said, linked, ANARA).certainty is Match.SURE


def test_two_numbers_in_one_document_for_two_campaigns() -> None:
    found = look(notice(number="12/19", numbers=["12/19", "12/16"]), ANARA, BERIK)
    assert (found.campaign, found.certainty) == (ANARA, Match.TORN)
    assert found.others == (BERIK,)
    assert "the document also says UA 12/16, the campaign is UA 12/19" in found.disagrees


def test_one_person_in_two_campaigns_is_told_by_the_number() -> None:
    again = Known(number="70/21", country="KZ", people=("Anara Tolebaeva",))
    found = look(notice(number="70/21", people=["Anara Tolebaeva"]), ANARA, again)
    assert (found.campaign, found.certainty, found.others) == (again, Match.SURE, ())
    found = look(notice(number="70/12", people=["Anara Tolebaeva"]), ANARA, again)
    assert found.certainty is Match.TORN
    assert {found.campaign, *found.others} == {ANARA, again}


# Another number.


@pytest.mark.parametrize(
    "more",
    [
        {"countries": ["KZ"]},
        {"index": "EUR 57/0900/2019"},
        {"issued": "2019-06-01"},
        {"sequence": 3},
        {"previous": "https://www.example.org/documents/EUR57/0300/2019/en/"},
    ],
)
def test_a_name_and_one_thing_more_are_likely(more: dict[str, str]) -> None:
    found = look(notice(number="99/17", **more), ANARA, text="For Anara Tolebaeva")  # type: ignore[arg-type]
    assert (found.campaign, found.certainty) == (ANARA, Match.LIKELY)
    assert "the document says UA 99/17, the campaign is UA 12/19" in found.disagrees


def test_a_document_without_a_number_is_never_sure() -> None:
    found = look(notice(countries=["KZ"], people=["Anara Tolebaeva"]), ANARA)
    assert found.certainty is Match.LIKELY
    assert "the document gives no number, the campaign is UA 12/19" in found.disagrees


def test_a_name_alone_leaves_it_to_a_person() -> None:
    far = Known(number="12/19", people=("Anara Tolebaeva",))
    assert look(notice(number="99/17"), far).certainty is Match.TORN


def test_a_first_document_may_mention_whom_others_are_about() -> None:
    said = notice(kind=Kind.FIRST, number="99/19", countries=["KZ"], people=["Dana Serikova"])
    assert look(said, ANARA, BERIK) == Lineage(None, Match.NONE)


def test_a_closing_is_not_missed_for_being_about_somebody_else() -> None:
    """The label may be wrong; to hold one campaign too many costs a day."""
    said = notice(ending=Ending.CLOSED, number="99/19", countries=["KZ"], people=["Dana Serikova"])
    found = look(said, ANARA)
    assert (found.campaign, found.certainty) == (ANARA, Match.LIKELY)


@pytest.mark.parametrize("number", ["30/19", "30/17", "31/18", "3/18", "130/18", "03/18"])
def test_a_closing_with_a_slip_finds_a_campaign_without_names(number: str) -> None:
    said = notice(ending=Ending.CLOSED, number=number, countries=["CI"])
    found = look(said, NAMELESS, text="NO FURTHER ACTION IS REQUESTED")
    assert (found.campaign, found.certainty) == (NAMELESS, Match.TORN)


def test_what_has_nothing_in_common_is_none() -> None:
    said = notice(number="77/01", countries=["BR"], people=["João Nobody"], issued="2001-03-01")
    assert look(said, ANARA, BERIK, NAMELESS, text="João Nobody of Brazil").campaign is None
    assert look(said).certainty is Match.NONE


# Whatever comes.

names = st.text(st.sampled_from("aAéBb -'’.ожü中\u0301\u200b"), max_size=30)
known = st.builds(
    Known,
    number=st.sampled_from(["12/19", "12/16", "1/00"]),
    people=st.tuples(names, names),
    country=st.sampled_from(["KZ", "KP", None]),
    indexes=st.tuples(st.sampled_from(["EUR 57/0300/2019", "x", ""])),
)


@given(st.lists(known, max_size=3), names, st.text(max_size=200), st.booleans())
def test_any_names_give_an_answer_that_holds_together(
    campaigns: list[Known], name: str, text: str, ends: bool
) -> None:
    said = notice(
        number="12/19", people=[name], ending=Ending.CLOSED if ends else Ending.OPEN
    )  # fmt: skip
    found = find(said, document(text), campaigns)
    assert (found.campaign is None) == (found.certainty is Match.NONE)
    assert not (found.certainty is Match.SURE and found.others)
    numbered = {each for each in campaigns if each.number == "12/19"}
    meant = {found.campaign, *found.others}
    assert found.certainty is Match.SURE or numbered <= meant
    assert found.certainty is not Match.SURE or found.campaign in numbered
