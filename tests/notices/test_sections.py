"""Every line of a document is in one part, and in the right one."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documentkit import FINAL_OUTPUT, SAMPLES, SECOND_UA, document_of, sample, text_of_sample
from uadispatch.campaign.notices.document import Document, Line
from uadispatch.campaign.notices.notice import Variant
from uadispatch.campaign.notices.parts.sections import Part, Sections, divide


def texts(sections: Sections, part: Part) -> list[str]:
    return [line.text for line in sections.lines(part)]


def divided(text: str) -> Sections:
    return divide(document_of(text))


def numbers(sections: Sections) -> list[int]:
    return sorted(line.number for lines in sections.parts.values() for line in lines)


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("sample-v1", Variant.LETTER_SPACED),
        ("sample-v2", Variant.APPEAL),
        ("sample-v3", Variant.BULLETS),
        ("sample-v4", Variant.LABELLED),
        ("sample-v5", Variant.SAMPLE_LETTER),
        (SECOND_UA, Variant.SAMPLE_LETTER),
        (FINAL_OUTPUT, Variant.SAMPLE_LETTER),
    ],
)
def test_a_layout_is_told_by_its_marks(name: str, variant: Variant) -> None:
    assert divide(sample(name)).variant is variant


@pytest.mark.parametrize(
    ("name", "part", "first", "last", "count"),
    [
        ("sample-v1", Part.SUMMARY, 12, 14, 2),
        ("sample-v1", Part.BACKGROUND, 17, 17, 1),
        ("sample-v1", Part.ACTIONS, 19, 22, 4),
        ("sample-v1", Part.TARGETS, 26, 37, 11),
        ("sample-v1", Part.COPIES, 40, 42, 3),
        ("sample-v1", Part.FOOT, 44, 46, 2),
        ("sample-v2", Part.SUMMARY, 12, 14, 2),
        ("sample-v2", Part.ACTIONS, 19, 22, 4),
        ("sample-v2", Part.TARGETS, 25, 42, 17),
        ("sample-v2", Part.FOOT, 44, 46, 2),
        ("sample-v3", Part.TITLE, 4, 5, 2),
        ("sample-v3", Part.SUMMARY, 6, 7, 2),
        ("sample-v3", Part.ACTIONS, 8, 11, 4),
        ("sample-v3", Part.TARGETS, 14, 30, 16),
        ("sample-v3", Part.COPIES, 33, 38, 6),
        ("sample-v3", Part.BACKGROUND, 49, 50, 2),
        ("sample-v3", Part.FOOT, 13, 53, 6),
        ("sample-v4", Part.TITLE, 1, 1, 1),
        ("sample-v4", Part.SUMMARY, 12, 12, 1),
        ("sample-v4", Part.LETTER, 17, 21, 5),
        ("sample-v4", Part.TARGETS, 24, 31, 8),
        ("sample-v4", Part.COPIES, 34, 37, 4),
        ("sample-v4", Part.BACKGROUND, 45, 46, 2),
        ("sample-v5", Part.TARGETS, 10, 14, 5),
        ("sample-v5", Part.COPIES, 17, 18, 2),
        ("sample-v5", Part.LETTER, 20, 24, 5),
        ("sample-v5", Part.BACKGROUND, 27, 28, 2),
        (SECOND_UA, Part.TITLE, 3, 3, 1),
        (SECOND_UA, Part.SUMMARY, 4, 4, 1),
        (SECOND_UA, Part.ACTIONS, 7, 8, 2),
        (SECOND_UA, Part.HEAD, 1, 12, 2),
        (SECOND_UA, Part.TARGETS, 13, 29, 16),
        (SECOND_UA, Part.LETTER, 30, 33, 4),
        (SECOND_UA, Part.BACKGROUND, 37, 41, 5),
        (SECOND_UA, Part.FOOT, 43, 51, 6),
        (FINAL_OUTPUT, Part.SUMMARY, 4, 4, 1),
        (FINAL_OUTPUT, Part.BACKGROUND, 8, 14, 4),
        (FINAL_OUTPUT, Part.FOOT, 6, 18, 3),
    ],
)
def test_each_part_is_found(name: str, part: Part, first: int, last: int, count: int) -> None:
    lines = divide(sample(name)).lines(part)
    assert (lines[0].number, lines[-1].number, len(lines)) == (first, last, count)


@pytest.mark.parametrize("name", [*SAMPLES, SECOND_UA, FINAL_OUTPUT])
def test_every_line_is_in_one_part(name: str) -> None:
    document = sample(name)
    assert numbers(divide(document)) == [line.number for line in document.lines]


def test_a_documents_last_words_are_no_target() -> None:
    found = divided(
        text_of_sample("sample-v5")
        + "\nUA Network Office\n12 Example Street\nT. 555 0100\nEmail: ua@example.org\n"
    )
    assert "ua@example.org" not in " ".join(texts(found, Part.TARGETS))


HEAD = "Second UA: 46/19 Index: EUR 57/0894/2019 Kazakhstan Date: 16 August 2019"


@pytest.mark.parametrize(
    "head",
    [
        HEAD,
        "Second UA: 46/19\nIndex: EUR 57/0894/2019\nKazakhstan\nDate: 16 August 2019",
        "Second UA: 46/19 Index: EUR 57/0894/2019\nKazakhstan\nDate: 16 August 2019",
        "Second UA: 46/19\nIndex: EUR 57/0894/2019 Kazakhstan Date: 16 August 2019",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_the_head_may_stand_first_or_late_and_be_broken(head: str, *, first: bool) -> None:
    whole = text_of_sample(SECOND_UA).replace("Kazakhstan\t\tDate", "Kazakhstan Date")
    assert HEAD in whole
    text = f"{head}\n{whole.replace(HEAD, '')}" if first else whole.replace(HEAD, head)
    plain, found = divided(whole), divided(text)
    for part in (Part.TITLE, Part.SUMMARY, Part.ACTIONS, Part.TARGETS, Part.LETTER):
        assert texts(found, part) == texts(plain, part)
    assert set(head.split("\n")) <= set(texts(found, Part.HEAD))


def test_targets_may_stand_before_the_actions() -> None:
    text = text_of_sample(SECOND_UA)
    start, end = text.index("Second UA:"), text.index("Dear Prosecutor")
    asked = text.index("TAKE ACTION")
    moved = text[:asked] + text[start:end] + text[asked:start] + text[end:]
    plain, found = divided(text), divided(moved)
    for part in (Part.SUMMARY, Part.ACTIONS, Part.TARGETS, Part.LETTER):
        assert texts(found, part) == texts(plain, part)


@pytest.mark.parametrize(
    "prose",
    [
        "Background information on the case was given to the police, who lost it.",
        "Additional information came to light when he was questioned.",
        "Take action to free all those who are held in the region.",
        "Appeals to the authorities have been made by many people since then.",
        "Copies to his lawyer were not allowed.",
        "Summary executions were reported from the north of the country.",
        "UA 46/19 was issued in March and has been followed by many appeals since then.",
        "Targets of the police are those who speak out.",
        "Amnesty International is seriously concerned for all who live in the region.",
        "Please share what you have, said the officer.",
    ],
)
def test_words_of_a_heading_in_prose_begin_nothing(prose: str) -> None:
    text = text_of_sample(SECOND_UA)
    mark = "Serikzhan Bilash has worked closely"
    found = divided(text.replace(mark, f"{prose}\n{mark}"))
    assert prose in texts(found, Part.BACKGROUND)
    assert len(texts(found, Part.BACKGROUND)) == 6


@pytest.mark.parametrize(
    "heading",
    [
        "ADDITIONAL INFORMATION",
        "Additional Information:",
        "BACKGROUND INFORMATION",
        "BACKGROUND INFORMATION (400 WORDS + RELEVANT LINKS):",
        "Background",
    ],
)
def test_heads_of_sections_vary(heading: str) -> None:
    found = divided(text_of_sample(SECOND_UA).replace("Additional information", heading))
    assert len(texts(found, Part.BACKGROUND)) == 5
    assert heading in texts(found, Part.HEADING)


def test_what_stands_behind_a_label_is_without_it() -> None:
    found = divided(text_of_sample("sample-v4").replace("SUMMARY:\n", "SUMMARY: "))
    assert texts(found, Part.TITLE) == ["JOURNALIST’S HEALTH AT RISK IN PRISON"]
    assert texts(found, Part.SUMMARY)[0].startswith("Journalist Ilir Vorpsi has been")
    assert "INDEX NUMBER: EUR 98/8023/2018" in texts(found, Part.HEAD)


@pytest.mark.parametrize(
    "label",
    [
        'TARGET\'S CONTACT DETAILS & "COPIES TO"',
        "TARGET’S CONTACT DETAILS & “COPIES TO”:",
        "TARGETS CONTACT DETAILS",
    ],
)
def test_the_label_of_targets_needs_no_colon_and_has_any_quotes(label: str) -> None:
    text = text_of_sample("sample-v4").replace("TARGET’S CONTACT DETAILS & “COPIES TO”", label)
    assert texts(divided(text), Part.TARGETS)[0] == "Minister of Justice"


@pytest.mark.parametrize(
    "opening",
    [
        "Dear Prosecutor General,",
        "Your Excellency,",
        "Your Majesty,",
        "Honourable Minister,",
        "Dear Minister, or Dear Ambassador,",
        "Prosecutor General,",
        "Уважаемый господин министр,",
    ],
)
def test_a_letter_may_begin_otherwise(opening: str) -> None:
    text = text_of_sample(SECOND_UA).replace("Dear Prosecutor General, ", opening)
    assert texts(divided(text), Part.LETTER)[0] == opening
    assert texts(divided(text), Part.TARGETS)[-1] == "Salutation: Dear Ambassador"


def test_a_letter_without_an_opening_is_no_address() -> None:
    found = divided(text_of_sample(SECOND_UA).replace("Dear Prosecutor General, \n", ""))
    assert texts(found, Part.LETTER)[0].startswith("I am writing to you")
    assert len(texts(found, Part.TARGETS)) == 16


def test_the_salutation_of_a_target_on_a_line_of_its_own_begins_no_letter() -> None:
    found = divided(text_of_sample(SECOND_UA).replace("Salutation: Dear", "Salutation:\nDear"))
    assert texts(found, Part.TARGETS)[-1] == "Dear Ambassador"
    assert texts(found, Part.LETTER)[0] == "Dear Prosecutor General,"


def test_words_in_a_letter_that_ask_begin_nothing() -> None:
    text = text_of_sample(SECOND_UA).replace(
        "The authorities accuse him", "\nPlease write to the court at once:\nThe authorities accuse"
    )
    assert "Please write to the court at once:" in texts(divided(text), Part.LETTER)


def test_the_page_header_within_a_letter_is_none_of_it() -> None:
    text = text_of_sample(SECOND_UA).replace("The first hearing was held in", f"{HEAD}\nThe first")
    found = divided(text)
    assert HEAD not in texts(found, Part.LETTER)
    assert len(texts(found, Part.LETTER)) == 4


def test_a_lost_heading_after_the_letter_leaves_the_background() -> None:
    found = divided(text_of_sample(SECOND_UA).replace("Additional information", ""))
    assert len(texts(found, Part.BACKGROUND)) == 5


def test_an_older_layout_has_no_letter() -> None:
    text = text_of_sample("sample-v2").replace(
        "Salutation: Your Excellency\n\nMinister", "Dear President,\n\nMinister"
    )
    assert not divided(text).lines(Part.LETTER)


def test_appeals_before_a_day_lead_to_targets_though_broken() -> None:
    text = text_of_sample("sample-v3").replace("JANUARY 2014 TO:", "JANUARY 2014\nTO:")
    found = divided(text)
    assert texts(found, Part.TARGETS)[0] == "Interim President"
    assert "PLEASE SEND APPEALS BEFORE 17 JANUARY 2014" in texts(found, Part.FOOT)


LABELS = st.sampled_from(
    [
        line
        for name in (*SAMPLES, SECOND_UA, FINAL_OUTPUT)
        for line in text_of_sample(name).split("\n")
    ]
)


@given(st.lists(LABELS | st.text(max_size=200), max_size=60))
def test_any_lines_are_each_in_one_part(lines: list[str]) -> None:
    document = document_of("\n".join(lines).replace("\r", " "))
    found = divide(document)
    assert Counter(numbers(found)) == Counter(line.number for line in document.lines)
    for part in found.parts.values():
        assert [line.number for line in part] == sorted(line.number for line in part)


LONG = [
    "Dear " + "Mr. " * 50_000,
    "Dear " + "A.B." * 50_000,
    "Dear Minister" + ", or Dear Minister" * 12_000,
    "TAKE ACTION" + " " * 200_000 + ".",
    "TARGET’S CONTACT DETAILS " + "(" * 200_000,
    "UA: " + "1" * 200_000,
    "PLEASE SEND APPEALS BEFORE " + "TO " * 70_000,
    "contact the " + "official " * 25_000,
    "I " * 100_000,
    "[" * 200_000,
    "u r g e n t " + " a" * 100_000,
    "a@" * 100_000,
    "Yours sincerely, " * 12_000,
]


@pytest.mark.parametrize("text", LONG, ids=lambda text: str(text)[:20])
def test_a_line_of_any_length_is_divided(text: str) -> None:
    # Were the time for a line quadratic, this would outlast the limit of a test by far.
    lines = tuple(Line(number, " ".join(text.split())) for number in range(1, 30))
    assert numbers(divide(Document("long.txt", lines))) == list(range(1, 30))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", [line[:60] for line in LONG])
def test_any_number_of_lines_is_divided(text: str) -> None:
    lines = tuple(Line(number, " ".join(text.split())) for number in range(1, 5_001))
    assert len(numbers(divide(Document("many.txt", lines)))) == 5_000


def test_a_deadline_among_the_actions_loses_no_target() -> None:
    text = text_of_sample(SECOND_UA)
    deadline = "Please take action as soon as possible until 27 September 2019."
    moved = text.replace("1. Write a letter", f"1. {deadline}\n1. Write a letter").replace(
        "1. Click here", f"{deadline}\n1. Click here"
    )
    found = divided(moved)
    assert len(texts(found, Part.ACTIONS)) == 2
    assert texts(found, Part.TARGETS) == texts(divided(text), Part.TARGETS)
    assert texts(found, Part.LETTER) == texts(divided(text), Part.LETTER)


def test_actions_without_a_heading_and_targets_in_one_line_are_told_by_their_wording() -> None:
    found = divided(
        "Urgent Action\nMay 12, 2021\n"
        "At least two teachers of the town of Example have been held since March without a reason "
        "and have seen no lawyer.\n"
        "1. Please take action as-soon-as possible. This Urgent Action expires on June 1 2021.\n"
        "2. Write a letter in your own words or using the sample below.\n"
        "3. Click here to let us know the actions you took on Urgent Action 50.21.\n"
        "H.E. Ana Example Embassy of Example 1 Example Street Washington DC Phone: 202 555 0100 "
        "I Fax: 202 555 0101 Email: info@example.org Salutation: Dear Ambassador\n"
        "SAMPLE LETTER Dear Ambassador, I am concerned. Release them.\n"
    )
    assert found.variant is Variant.SAMPLE_LETTER
    assert [len(texts(found, part)) for part in (Part.ACTIONS, Part.TARGETS)] == [2, 1]
    assert texts(found, Part.LETTER) == ["Dear Ambassador, I am concerned. Release them."]


def test_an_older_head_may_have_words_above_it() -> None:
    note = (
        "To learn more about our recent successes, please read what we wrote of them in the "
        "newsletter of this month, which you can find at https://example.org/news.\n"
    )
    found = divided(note + text_of_sample("sample-v2"))
    assert texts(found, Part.SUMMARY) == texts(divided(text_of_sample("sample-v2")), Part.SUMMARY)


def test_the_address_of_the_network_is_no_copy() -> None:
    text = text_of_sample("sample-v3").replace(
        "Also send copies to diplomatic",
        "UA Network Office | 12 Example Street\nT. 555 0100\nAlso send copies to diplomatic",
    )
    assert texts(divided(text), Part.COPIES) == texts(
        divided(text_of_sample("sample-v3")), Part.COPIES
    )


def test_what_the_template_says_of_a_field_is_none_of_it() -> None:
    text = text_of_sample("sample-v4")
    remarked = text.replace("SUMMARY:\n", "SUMMARY: (100 words max)\n").replace(
        "LETTER:\n", "LETTER: (300 words)\n[Delete what does not apply]\n"
    )
    plain, found = divided(text), divided(remarked)
    for part in (Part.SUMMARY, Part.LETTER, Part.TARGETS, Part.BACKGROUND):
        assert texts(found, part) == texts(plain, part)


@pytest.mark.parametrize("blank", ["N/A", "n/a", "None", "Not applicable"])
def test_a_field_that_is_said_to_be_empty_is_empty(blank: str) -> None:
    found = divided(
        f"URGENT ACTION TITLE: Defender freed\nURGENT ACTION LETTER:\n{blank}\n"
        f"TARGET’S CONTACT DETAILS & “COPIES TO”\n{blank}\nURGENT ACTION SUMMARY: {blank}\n"
    )
    for part in (Part.LETTER, Part.TARGETS, Part.SUMMARY):
        assert found.lines(part) == ()
