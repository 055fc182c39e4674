"""A whole document gives a whole campaign, and says what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from documentkit import FINAL_OUTPUT, SECOND_UA, document_of, sample, text_of_sample
from uadispatch.campaign.contacts import PhoneNumber
from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.notices.notice import Ending, Found, Kind, Notice, Variant
from uadispatch.campaign.notices.parse import parse

BY_HAND = Path(__file__).parents[1] / "documents" / "ua-46-19-by-hand.yaml"


def asked(notice: Notice) -> list[str]:
    return [doubt.says for doubt in notice.doubts if doubt.asks]


def said(notice: Notice) -> str:
    return "\n".join(doubt.says for doubt in notice.doubts)


def parsed(text: str) -> Notice:
    return parse(document_of(text))


def value(found: Found[str] | None) -> str | None:
    return found.value if found else None


def test_the_second_ua_is_read_in_full() -> None:
    by_hand = read_campaign(BY_HAND)
    case = by_hand.urgent_action
    notice = parse(sample(SECOND_UA))
    assert notice.number is not None
    assert notice.sequence is not None
    assert notice.issued is not None
    assert notice.deadline is not None
    assert {
        "number": notice.number.value,
        "index": value(notice.index),
        "sequence": notice.sequence.value,
        "title": value(notice.title),
        "country": [country.value for country in notice.countries],
        "issued": notice.issued.value,
        "deadline": notice.deadline.value,
        "previous": value(notice.previous),
        "people": [(each.name.value, value(each.pronoun)) for each in notice.people],
        "summary": value(notice.summary),
        "actions": tuple(action.value for action in notice.actions),
        "additional_information": value(notice.additional_information),
        "languages_note": value(notice.languages_note),
        "after_deadline": value(notice.after_deadline),
        "languages": tuple(language.value for language in notice.languages),
    } == {
        "number": case.number,
        "index": case.index,
        "sequence": case.sequence,
        "title": case.title,
        "country": [case.country],
        "issued": case.issued,
        "deadline": case.deadline,
        "previous": case.previous,
        "people": [(each.name, each.pronoun) for each in case.people],
        "summary": case.summary,
        "actions": case.actions,
        "additional_information": case.additional_information,
        "languages_note": case.languages_note,
        "after_deadline": case.after_deadline,
        "languages": by_hand.languages,
    }
    assert (notice.variant, notice.kind.value) == (Variant.SAMPLE_LETTER, Kind.FURTHER)
    assert notice.closing.ending is Ending.OPEN
    assert asked(notice) == []


def test_the_targets_of_the_second_ua_are_those_written_by_hand() -> None:
    by_hand = read_campaign(BY_HAND)
    notice = parse(sample(SECOND_UA))
    assert len(notice.targets) == len(by_hand.written)
    for found, target in zip(notice.targets, by_hand.written, strict=True):
        for field in ("id", "name", "role", "salutation", "country", "represents", "timezone"):
            assert value(getattr(found, field)) == getattr(target, field), field
        for field in ("address", "email", "twitter", "facebook"):
            contact = getattr(target, field)
            assert value(getattr(found, field)) == (contact.written if contact else None), field
        for field in ("phone", "fax"):
            number = value(getattr(found, field))
            read = PhoneNumber.read(number, region=target.country) if number else None
            assert read == getattr(target, field)
    letter = by_hand.letter["en"]
    assert notice.letter is not None
    assert (notice.letter.subject.value, notice.letter.text.value) == (letter.subject, letter.text)


def test_the_final_output_ends_the_campaign() -> None:
    notice = parse(sample(FINAL_OUTPUT))
    assert notice.kind.value is Kind.FINAL
    assert notice.closing.ending is Ending.CLOSED
    assert "46/16" in [number.value for number in notice.numbers]
    assert value(notice.title) == "Human rights defender released with conditions"
    assert [(each.name.value, value(each.pronoun)) for each in notice.people] == [
        ("Serikzhan Bilash", "he/his")
    ]
    assert (notice.targets, notice.letter, asked(notice)) == ((), None, [])


@pytest.mark.parametrize(
    ("name", "number", "issued", "deadline", "targets"),
    [
        ("sample-v1", "298/98", "1998-11-30", "1999-01-11", 2),
        ("sample-v2", "178/06", "2006-06-29", "2006-08-10", 2),
        ("sample-v3", "324/13", "2013-12-06", "2014-01-17", 2),
        ("sample-v4", "60/16", "2018-03-12", "2018-04-23", 1),
        ("sample-v5", "71/21", "2021-05-25", "2021-07-20", 1),
    ],
)
def test_each_layout_gives_what_a_campaign_needs(
    name: str, number: str, issued: str, deadline: str, targets: int
) -> None:
    notice = parse(sample(name))
    assert value(notice.number) == number
    assert notice.issued is not None
    assert notice.issued.value.isoformat() == issued
    assert notice.deadline is not None
    assert notice.deadline.value.isoformat() == deadline
    assert len([target for target in notice.targets if not target.copy]) == targets
    assert notice.closing.ending is Ending.OPEN
    assert asked(notice) == []


def test_copies_come_after_the_targets() -> None:
    notice = parse(sample("sample-v3"))
    assert [target.copy for target in notice.targets] == [False, False, True]


def without(name: str, *starts: str) -> str:
    return "\n".join(
        line
        for line in text_of_sample(name).split("\n")
        if not line.rpartition("]")[2].strip().startswith(starts)
    )


@pytest.mark.parametrize(
    ("starts", "word", "asks"),
    [
        (("Second UA", "1. Click"), "number", True),
        (("PLEASE TAKE",), "deadline", True),
        (("HUMAN RIGHTS",), "title", True),
        (("Second UA",), "issued", False),
        (("Human rights defender S",), "summary", False),
        (("NAME AND",), "person", False),
        (("PREFERRED",), "language", False),
        (("Dear", "I am writing", "The first hearing was held in N", "Yours"), "letter", True),
    ],
)
def test_what_is_missing_is_named(starts: tuple[str, ...], word: str, *, asks: bool) -> None:
    notice = parsed(without(SECOND_UA, *starts))
    named = [doubt.asks for doubt in notice.doubts if word in doubt.says]
    assert asks in named, said(notice)


def test_no_target_is_asked_for() -> None:
    text = text_of_sample(SECOND_UA)
    start, end = text.index(" Prosecutor General\n"), text.index("Dear Prosecutor")
    notice = parsed(text[:start] + text[end:])
    assert notice.targets == ()
    assert any("official" in says for says in asked(notice))


ESSAY = """My summer by the sea

TAKE ACTION: that is what my grandmother always said when the weather was fine.
We went down to the beach every morning, and in the afternoon we ate what we had caught.

Dear reader, I can only say that I was happy.
Yours sincerely,
"""
RECIPE = """Soup of leeks
Serves four. Take 46/19 of a litre of water, two leeks and a spoon of butter.
1. Wash the leeks.
2. Write down how long they cook.
"""
PRESS_RELEASE = """AMNESTY INTERNATIONAL
PRESS RELEASE
16 August 2019
Kazakhstan: Release human rights defender
The authorities of Kazakhstan should release the defender at once, Amnesty International said today.
For more information, contact the press office: press@example.org
"""
FRENCH = """ACTION URGENTE
UN DÉFENSEUR DES DROITS HUMAINS POURSUIVI
Le défenseur des droits humains Serikzhan Bilash est poursuivi pour incitation à la haine.
"""


@pytest.mark.parametrize("text", ["", ESSAY, RECIPE, PRESS_RELEASE, FRENCH, "x"])
def test_what_is_no_urgent_action_gives_no_field(text: str) -> None:
    notice = parsed(text)
    assert asked(notice)
    assert "Urgent Action" in asked(notice)[0]
    assert notice == Notice(
        variant=Variant.UNKNOWN, kind=notice.kind, closing=notice.closing, doubts=notice.doubts
    )
    assert notice.closing.ending is not Ending.OPEN


def test_an_urgent_action_in_another_language_is_said_to_be_one() -> None:
    assert "English" in asked(parsed(FRENCH))[0]


def test_a_page_of_the_web_that_ends_a_campaign_is_not_set_aside() -> None:
    notice = parsed(
        "Activist Freed (Zimbabwe: UA 30.23)\nApril 3, 2023\nShe was freed on bail on 1 April. "
        "No further action is requested. Many thanks to all who sent appeals.\n"
    )
    assert notice.kind.value is Kind.FINAL
    assert notice.closing.ending is Ending.CLOSED
    assert value(notice.title) == "Activist Freed"
