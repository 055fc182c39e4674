"""What a document says of itself is read from all five layouts, with its line and certainty."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documentkit import FINAL_OUTPUT, SAMPLES, SECOND_UA, document_of, sample
from uadispatch.campaign.notices.document import Document, Line, Link
from uadispatch.campaign.notices.head.head import Head, read_head
from uadispatch.campaign.notices.notice import Certainty, Found, Kind
from uadispatch.campaign.notices.parts.sections import divide


def head_of(document: Document) -> Head:
    return read_head(document, divide(document))


def head(text: str) -> Head:
    return head_of(document_of(text))


def values(found: tuple[Found[str], ...]) -> list[str]:
    return [field.value for field in found]


def asked(read: Head) -> list[str]:
    return [doubt.says for doubt in read.doubts if doubt.asks]


def people(read: Head) -> list[tuple[str, str | None]]:
    return [(p.name.value, p.pronoun.value if p.pronoun else None) for p in read.people]


V1 = """EXTERNAL (for general distribution)   AI Index: AMR 23/071/98   UA 298/98   Fear for safety   18 November 1998

U R G E N T   A C T I O N

COLOMBIA   Ana Prieto (f), aged 34, lawyer
           Luis Prieto (m) and Rosa Diaz (f)

Ana Prieto received threats on 12 November. Amnesty International is seriously concerned for her.

RECOMMENDED ACTION: Please send telegrams/telexes/faxes/express/airmail letters in Spanish or your own language:
- urging the authorities to protect her.

APPEALS TO:
President of the Republic
Faxes: + 57 1 555 0182

PLEASE SEND APPEALS IMMEDIATELY. Check with your section office if sending appeals after 4 January 1999.
"""  # noqa: E501 - as such documents are
V2 = """PUBLIC
AI Index: AMR 51/035/2004 (Public)
Further information on UA 46/04 (AMR 51/020/2004, 4 February 2004) - Death penalty / Legal concern
25 February 2004

USA (Texas) - Carl Example (m), black, aged 40

Carl Example is due to be executed on 4 March.

RECOMMENDED ACTION: Please send appeals to arrive as quickly as possible, in English or your own language:
- opposing the execution.

APPEALS TO:
The Governor
Fax: 1 512 555 0101

PLEASE SEND APPEALS IMMEDIATELY.
"""  # noqa: E501 - as such documents are
V5 = """URGENT ACTION

TEACHER AT RISK
A teacher was arrested on 3 May 2019, after UA 12/03 had been forgotten.

TAKE ACTION:
1. Write a letter in your own words or using the sample below.
2. Click here to let us know the actions you took on Urgent Action 46.19. It is important.

{head}
Prosecutor General
Fax: +7 7172 555 406

Dear Prosecutor General,
I call on you to continue to send letters. Please let us know what you do.
Yours sincerely,

Additional information
The network wrote of it in UA 99/18. It ended on 1 May 2017. Please send further appeals, he said.

PREFERRED LANGUAGE TO ADDRESS TARGET: {languages}
PLEASE TAKE ACTION AS SOON AS POSSIBLE UNTIL: {deadline}
Please check with the Amnesty office in your country if you wish to send appeals after the deadline.

NAME AND PRONOUN: {names}

LINK TO PREVIOUS UA: {previous}
"""
HEAD = "Second UA: 46/19 Index: EUR 57/0894/2019 Kazakhstan Date: 16 August 2019"


def v5(
    head: str = HEAD,
    languages: str = "Kazakh, Russian, English.",
    deadline: str = "27 September 2019",
    names: str = "Serik Example (he/him)",
    previous: str = "https://www.example.org/EUR57/0186/2019/en/",
) -> Head:
    text = V5.format(
        head=head, languages=languages, deadline=deadline, names=names, previous=previous
    )
    return head_of(document_of(text))


def test_the_second_urgent_action_is_read_in_every_field() -> None:
    read = head_of(sample(SECOND_UA))
    assert read.number == Found("46/19", 12)
    assert values(read.numbers) == ["46/19"]
    assert read.index == Found("EUR 57/0894/2019", 12)
    assert read.sequence == Found(2, 12)
    assert read.kind == Found(Kind.FURTHER, 12)
    assert read.countries == (Found("KZ", 12),)
    assert read.issued == Found(date(2019, 8, 16), 12)
    assert read.deadline == Found(date(2019, 9, 27), 46)
    assert read.previous == Found("https://www.amnesty.org/en/documents/EUR57/0186/2019/en/", 51)
    assert values(read.languages) == ["kk", "ru", "en"]
    assert read.languages_note == Found("You can also write in your own language.", 44)
    assert read.after_deadline == Found(
        "Please check with the Amnesty office in your country if you wish to send appeals after "
        "the deadline.",
        47,
    )
    assert people(read) == [("Serikzhan Bilash", "he/him")]
    assert read.report == Found(
        "Click here to let us know the actions you took on Urgent Action 46.19.", 8
    )
    assert read.new_appeals is None
    assert read.doubts == ()


def test_the_final_output_claims_the_number_that_it_says() -> None:
    read = head_of(sample(FINAL_OUTPUT))
    assert read.kind.value is Kind.FINAL
    assert values(read.numbers) == ["46/16"]
    assert read.sequence == Found(3, 18)
    assert people(read) == [("Serikzhan Bilash", "he/his")]
    assert (read.issued, read.deadline, read.index) == (None, None, None)
    assert asked(read) == []


@pytest.mark.parametrize(
    ("name", "number", "kind", "issued", "deadline", "languages"),
    [
        ("sample-v1", "298/98", "first", date(1998, 11, 30), date(1999, 1, 11), ["es"]),
        ("sample-v2", "178/06", "first", date(2006, 6, 29), date(2006, 8, 10), ["ar", "en"]),
        ("sample-v3", "324/13", "further", date(2013, 12, 6), date(2014, 1, 17), ["ar", "en"]),
        ("sample-v4", "60/16", "further", date(2018, 3, 12), date(2018, 4, 23), ["sq", "en"]),
        ("sample-v5", "71/21", "first", date(2021, 5, 25), date(2021, 7, 20), ["en"]),
    ],
)
def test_each_layout_is_read(
    name: str, number: str, kind: str, issued: date, deadline: date, languages: list[str]
) -> None:
    read = head_of(sample(name))
    assert read.number
    assert read.number.value == number
    assert read.kind.value == kind
    assert read.issued
    assert read.issued.value == issued
    assert read.deadline
    assert read.deadline.value == deadline
    assert values(read.languages) == languages
    assert read.after_deadline
    assert asked(read) == []


def test_a_head_of_one_line_is_read() -> None:
    read = head(V1)
    assert read.number == Found("298/98", 1)
    assert read.index == Found("AMR 23/071/98", 1)
    assert read.issued == Found(date(1998, 11, 18), 1)
    assert values(read.countries) == ["CO"]
    assert people(read) == [("Ana Prieto", None), ("Luis Prieto", None), ("Rosa Diaz", None)]
    assert read.deadline == Found(date(1999, 1, 4), 17)
    assert read.previous is None


def test_what_stands_in_brackets_belongs_to_the_document_before() -> None:
    read = head(V2)
    assert read.number == Found("46/04", 3)
    assert read.index == Found("AMR 51/035/2004", 2)
    assert read.issued == Found(date(2004, 2, 25), 4)
    assert read.kind == Found(Kind.FURTHER, 3)
    assert read.sequence is None
    assert values(read.countries) == ["US"]
    assert people(read) == [("Carl Example", None)]
    assert asked(read) == ["it names no deadline; give it by hand"]


@pytest.mark.parametrize(
    "words",
    [
        "Second UA: 46/19 Index: EUR 57/0894/2019 Kazakhstan Date: 16 August 2019",
        "SECOND UA: 046/19 INDEX: EUR57/0894/2019 KAZAKHSTAN DATE: 16 AUGUST 2019",
        "Second UA : 46/19\nIndex : eur 57/0894/2019\nKazakhstan\nDate : 16 August 2019",
        "Second UA: 46/19 Index: EUR 57/0894/2019 Kazakhstan\nDate:\n16 August 2019",
        "Second UA: 46.19 Index: EUR 57/0894/2019 Kazakhstan Date: August 16, 2019",
        "Second UA 46/2019 Index: EUR 57 / 0894 / 2019 Kazakhstan Date: Friday 16 August 2019",
        "2nd UA: 46/19 Index: EUR 57/0894/2019 Republic of Kazakhstan Date: 16th August 2019",
        "Second UA: 46/19 Index: EUR 57/0894/2019 Date: 16 August 2019",
    ],
)
def test_a_header_is_read_however_it_is_set(words: str) -> None:
    read = v5(head=words)
    assert read.number
    assert read.number.value == "46/19"
    assert read.sequence
    assert read.sequence.value == 2
    assert read.index
    assert read.index.value == "EUR 57/0894/2019"
    assert values(read.countries) == ["KZ"]
    assert read.issued
    assert read.issued.value == date(2019, 8, 16)
    assert asked(read) == []


def test_a_country_that_is_not_named_follows_from_the_index() -> None:
    read = v5(head="First UA: 46/19 Index: EUR 57/0894/2019 Date: 16 August 2019")
    (country,) = read.countries
    assert (country.value, country.certainty) == ("KZ", Certainty.INFERRED)
    assert country.rule == "by the index EUR 57/0894/2019"
    none = v5(head="First UA: 46/19 Index: MDE 15/0894/2019 Date: 16 August 2019")
    assert none.countries == ()


def test_two_countries_are_both_read() -> None:
    read = v5(head="First UA: 46/19 Index: MDE 24/0894/2019 Syria/Lebanon Date: 16 August 2019")
    assert values(read.countries) == ["SY", "LB"]


@pytest.mark.parametrize(("ordinal", "count"), [("First", 1), ("THIRD", 3), ("Twentieth", 20)])
def test_documents_of_a_number_are_counted(ordinal: str, count: int) -> None:
    read = v5(head=HEAD.replace("Second", ordinal))
    assert read.sequence == Found(count, 10)
    assert read.kind.value is (Kind.FIRST if count == 1 else Kind.FURTHER)


def test_a_footer_never_overrides_the_header() -> None:
    read = v5(head=HEAD.replace("46/19", "47/19"))
    assert read.number
    assert read.number.value == "47/19"
    assert values(read.numbers) == ["47/19", "46/19"]
    assert [says for says in asked(read) if "47/19" in says and "46.19" in says]


def test_numbers_in_prose_are_not_the_documents_own() -> None:
    assert values(v5().numbers) == ["46/19"]
    more = head("URGENT ACTION\nSee UA 12/03. " + "They were arrested, see UA 13/03. " * 5)
    assert more.numbers == ()
    assert asked(more)[0] == "it says no number of an Urgent Action; give it by hand"


def test_an_extra_is_a_number_of_its_own_kind() -> None:
    text = V2.replace("UA 46/04", "EXTRA 36/02").replace("2004", "2002")
    read = head(text)
    assert read.number
    assert read.number.value == "36/02"
    assert any("EXTRA" in says for says in asked(read))
    assert any("EX 36/02" in says for says in asked(head(text.replace("EXTRA", "EX"))))


def test_a_number_of_another_language_is_for_a_person() -> None:
    read = v5(head="AU: 46/19 Index: EUR 57/0894/2019 Kazakhstan Date: 16 August 2019")
    assert any("not in English" in says and "AU: 46/19" in says for says in asked(read))


def test_impossible_numbers_and_years_are_doubted() -> None:
    assert any("0/19" in says for says in asked(v5(head=HEAD.replace("46/19", "0/19"))))
    later = v5(head=HEAD.replace("46/19", "46/20"))
    assert any("later year" in says for says in asked(later))


def test_two_indexes_are_doubted() -> None:
    read = v5(head=HEAD + "\nSecond UA: 46/19 Index: EUR 57/0895/2019 Date: 16 August 2019")
    assert any("0894" in says and "0895" in says for says in asked(read))


def test_a_deadline_before_the_day_of_issue_is_doubted_with_both() -> None:
    read = v5(deadline="27 September 2018")
    assert any("2018-09-27" in says and "2019-08-16" in says for says in asked(read))


@pytest.mark.parametrize(
    "words",
    [
        "PLEASE TAKE ACTION AS SOON AS POSSIBLE UNTIL: 27 September 2019",
        "This Urgent Action expires on 27 September 2019.",
        "APPEAL DEADLINE NOTICE:\nPlease send appeals before 27 September 2019.",
        "PLEASE SEND APPEALS BEFORE 27 SEPTEMBER 2019 TO:",
        "PLEASE SEND APPEALS BEFORE 27\nSEPTEMBER 2019 TO:",
        "Check with your section office, if sending appeals after 27 September 2019.",
        "Please do not send appeals after 27 September 2019.",
        "Please send letters to arrive before September 27, 2019.",
        "Contact these two officials by 27 September, 2019:",
        "Deadline: Friday 27 September 2019",
    ],
)
def test_a_deadline_is_read_in_every_wording(words: str) -> None:
    read = head(f"First UA: 46/19 Index: EUR 57/0894/2019 Date: 16 August 2019\n\n{words}\n")
    assert read.deadline
    assert read.deadline.value == date(2019, 9, 27)


def test_of_two_deadlines_the_earlier_is_taken_and_a_person_asked() -> None:
    text = V5.format(
        head=HEAD, languages="English", deadline="27 September 2019", names="A B", previous="N/A"
    )
    read = head(text + "\nThis Urgent Action expires on 1 September 2019\n")
    assert read.deadline
    assert read.deadline.value == date(2019, 9, 1)
    assert any("two deadlines" in says for says in asked(read))


def test_dates_of_the_story_are_no_deadlines() -> None:
    assert v5(deadline="soon").deadline is None
    assert any("no deadline" in says for says in asked(v5(deadline="soon")))
    assert any("31 September" in says for says in asked(v5(deadline="31 September 2019")))


@pytest.mark.parametrize(
    ("names", "read"),
    [
        ("Serik Example (he/him)", [("Serik Example", "he/him")]),
        ("Serik Example (he/his)", [("Serik Example", "he/his")]),
        ("Ana Uno (she/her), Bo Due (he/him)", [("Ana Uno", "she/her"), ("Bo Due", "he/him")]),
        ("Ana Uno (She / Her); Bo Due", [("Ana Uno", "she/her"), ("Bo Due", None)]),
        ("Ana Uno and Bo Due (he/him)", [("Ana Uno", None), ("Bo Due", "he/him")]),
        ("Ana Uno and Bo Due (both she/her)", [("Ana Uno", "she/her"), ("Bo Due", "she/her")]),
        ("A Uno, B Due and C Tre (all they/them)",
         [("A Uno", "they/them"), ("B Due", "they/them"), ("C Tre", "they/them")]),
        ("Ana Uno, she/her", [("Ana Uno", "she/her")]),
        ("Ana Uno - she/her", [("Ana Uno", "she/her")]),
        ("Ana Uno", [("Ana Uno", None)]),
        ("Ana Uno (known as Anita) (she/her)", [("Ana Uno", "she/her")]),
        ("N/A", []),
    ],
)  # fmt: skip
def test_names_and_pronouns_are_read(names: str, read: list[tuple[str, str | None]]) -> None:
    assert people(v5(names=names)) == read


@pytest.mark.parametrize(
    ("label", "names"),
    [
        ("NAME AND PREFFERED PRONOUN: Ana Uno (she/her)", ["Ana Uno"]),
        ("NAME AND PREFERRED PRONOUN:\nAna Uno (she/her)", ["Ana Uno"]),
        ("Name: Ana Uno Gender m/f: f", ["Ana Uno"]),
        ("Name(s): Ana Uno, Bo Due (m), Cy Tre (f)", ["Ana Uno", "Bo Due", "Cy Tre"]),
        ("Names: Ana Uno (f), Bo Due (m)\nGender m/f: both", ["Ana Uno", "Bo Due"]),
        ("Name Address 1 Address 2", []),
    ],
)
def test_the_labels_of_names_vary(label: str, names: list[str]) -> None:
    read = head(f"URGENT ACTION\nTEACHERS AT RISK\nTwo were arrested.\n\n{label}\n")
    assert [person.name.value for person in read.people] == names


def test_a_name_without_a_mark_is_only_guessed() -> None:
    read = head(V2.replace("Carl Example (m), black, aged 40", "Carl Example, aged 40"))
    (person,) = read.people
    assert person.name.value == "Carl Example"
    assert person.name.certainty is Certainty.GUESSED
    assert head(V2.replace("Carl Example (m)", "Two men")).people == ()


@pytest.mark.parametrize(
    ("words", "tags"),
    [
        ("Kazakh, Russian, English.", ["kk", "ru", "en"]),
        ("Kazakh, Russian and English. You can also write in your own language.",
         ["kk", "ru", "en"]),
        ("Farsi/Persian, English", ["fa", "en"]),
        ("Persian (Farsi) or English", ["fa", "en"]),
        ("Mandarin; English", ["zh", "en"]),
        ("Bahasa Indonesia, English", ["id", "en"]),
        ("English or your own language", ["en"]),
        ("English, English", ["en"]),
    ],
)  # fmt: skip
def test_languages_become_tags(words: str, tags: list[str]) -> None:
    assert values(v5(languages=words).languages) == tags


def test_a_language_that_is_none_is_said_and_not_made_up() -> None:
    read = v5(languages="Kazooish, English")
    assert values(read.languages) == ["en"]
    assert any("Kazooish" in doubt.says and not doubt.asks for doubt in read.doubts)


@pytest.mark.parametrize(
    ("words", "tags"),
    [
        ("Please write immediately in Spanish, English or your own language:", ["es", "en"]),
        ("Please write immediately in Arabic, French, English, or in your own language:",
         ["ar", "fr", "en"]),
        ("Please write immediately in your own language:", []),
        ("Please send faxes/express/airmail letters, in English, French or your own language:",
         ["en", "fr"]),
    ],
)  # fmt: skip
def test_languages_in_a_request_become_tags(words: str, tags: list[str]) -> None:
    read = head(f"UA: 1/13 Index: MDE 12/075/2013 Egypt Date: 6 December 2013\n\n{words}\n- Urging")
    assert values(read.languages) == tags


def test_bahasa_is_what_the_country_calls_so() -> None:
    head_line = "First UA: 46/19 Index: ASA 28/0894/2019 {} Date: 16 August 2019"
    assert values(v5(head_line.format("Malaysia"), "Bahasa").languages) == ["ms"]
    assert values(v5(head_line.format("Indonesia"), "Bahasa").languages) == ["id"]
    assert v5(head_line.format("Japan"), "Bahasa").languages == ()


@pytest.mark.parametrize(
    ("previous", "address"),
    [
        ("https://www.example.org/a/", "https://www.example.org/a/"),
        ("https://www.example.org/a.", "https://www.example.org/a"),
        ("www.example.org/a", "https://www.example.org/a"),
        ("\nhttps://www.example.org/a/", "https://www.example.org/a/"),
        ("N/A", None),
        ("", None),
    ],
)
def test_the_link_to_the_document_before_is_read(previous: str, address: str | None) -> None:
    found = v5(previous=previous).previous
    assert (found.value if found else None) == address


def test_linked_words_lead_where_their_link_does() -> None:
    there = "https://www.example.org/previous"
    lines = (
        Line(1, "URGENT ACTION"),
        Line(2, "Click here to let us know.", links=(Link("Click here", "https://example.org/r"),)),
        Line(3, "LINK TO PREVIOUS UA: here", links=(Link("here", there),)),
    )
    read = head_of(Document("linked", lines))
    assert read.previous == Found(there, 3)
    leads = "it leads to https://example.org/r"
    assert read.report == Found("Click here to let us know.", 2, Certainty.LABELLED, leads)


@pytest.mark.parametrize(
    "words",
    [
        "New appeals are needed.",
        "Further appeals are urgently needed.",
        "Please continue to send appeals.",
        "Please keep sending letters.",
        "Please send new appeals.",
        "Please write again.",
        "Please write even if you have already written before.",
    ],
)
def test_words_that_ask_to_write_again_are_kept(words: str) -> None:
    text = V5.format(
        head=HEAD, languages="English", deadline="27 September 2019", names="A B", previous="N/A"
    )
    read = head(text.replace("TAKE ACTION:\n", f"TAKE ACTION:\n1. {words}\n"))
    assert read.new_appeals
    assert words in read.new_appeals.value
    assert head(text).new_appeals is None


@given(st.lists(st.text(max_size=80), max_size=15))
def test_any_text_is_read_without_a_word_of_its_own_making(texts: list[str]) -> None:
    lines = tuple(Line(number, text) for number, text in enumerate(texts, 1) if text)
    read = head_of(Document("any", lines))
    whole = " ".join(" ".join(texts).split())
    for person in read.people:
        assert " ".join(person.name.value.split()) in whole


WORDS = st.sampled_from(
    ["UA: 46/19", "UA 12/03", "Index:", "EUR 57/0894/2019", "Date:", "16 August 2019", "\n", " ",
     "31 June 2019", "NAME AND PRONOUN:", "(he/him)", "Ana Uno", ",", "(", ")", "KAZAKHSTAN",
     "LINK TO PREVIOUS UA:", "https://", "www.", "UNTIL:", "PREFERRED LANGUAGE:", "Kazakh", "in",
     "Please write", "EXTRA 1/02", "AU: 1/12", "FINAL OUTPUT FOR", "update of", "let us know"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=40))
def test_mixed_up_heads_are_read_without_failing(words: list[str]) -> None:
    text = " ".join(words)
    read = head(text)
    plain = " ".join(text.split())
    for number in read.numbers:
        assert number.value in plain
    for person in read.people:
        assert person.name.value in plain
    if read.previous:
        assert read.previous.value.removeprefix("https://") in text


@pytest.mark.timeout(8)
@pytest.mark.parametrize(
    "words",
    ["UA 46/19 ", "Index: EUR 57/0894/2019 ", "(", "Name: ", "a, ", "and ", "1 May 2019 ", "in ",
     "please write ", "send appeals ", "www.", "https://", "(m) ", "check after ", "A B ", ":",
     "Index: EUR 57/0894/2019 a", "PREFERRED LANGUAGE: a, ", "let us know ", "UA: 4"],
)  # fmt: skip
def test_hostile_lines_take_no_time(words: str) -> None:
    lines = (Line(1, (words * 25_000)[:25_000]), *(Line(n, words) for n in range(2, 750)))
    assert head_of(Document("hostile", lines)).kind.value in Kind


@pytest.mark.parametrize("name", [*SAMPLES, SECOND_UA, FINAL_OUTPUT])
def test_a_truncated_document_is_read(name: str) -> None:
    document = sample(name)
    for count in range(len(document.lines)):
        read = head_of(Document(name, document.lines[:count]))
        assert all(found.line is None or found.line <= 60 for found in read.numbers)
