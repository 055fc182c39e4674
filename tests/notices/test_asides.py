"""What a document says of others, of events and of the mail it came in is not said of itself."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documentkit import document_of
from uadispatch.campaign.notices.document import Line
from uadispatch.campaign.notices.head.head import Head, read_head
from uadispatch.campaign.notices.notice import Certainty, Kind
from uadispatch.campaign.notices.parts.sections import divide
from uadispatch.campaign.notices.wording.asides import in_brackets, is_of_another, mail_lines

OWN = date(2004, 2, 25)
TEXT = """
Carl Example was moved on 3 March 2003. Amnesty International is seriously concerned for him.

RECOMMENDED ACTION: Please send appeals to arrive as quickly as possible in English:
- opposing the execution.

APPEALS TO:
The Governor
Fax: 1 512 555 0101

PLEASE SEND APPEALS IMMEDIATELY. Check with your section office if sending appeals after 8 April 2004.
"""  # noqa: E501 - as such documents are


def head(top: str, text: str = TEXT) -> Head:
    document = document_of(f"{top}\n{text}")
    return read_head(document, divide(document))


def countries(read: Head) -> list[str]:
    return [found.value for found in read.countries]


HEADS = {
    "days of others in brackets": """AI Index: AMR 51/035/2004
25 February 2004
Further information on UA 46/04 (AMR 51/020/2004, 4 February 2004) and follow-ups (AMR
51/022/2004, 10 February 2004; AMR 51/025/2004,
12 February 2004) - Death penalty
USA (Texas) Carl Example (m)""",
    "the same, above the own day": """AI Index: AMR 51/035/2004
Further information on UA 46/04 (AMR 51/020/2004, 4 February 2004) and follow-ups (AMR
51/022/2004, 10 February 2004; AMR 51/025/2004,
12 February 2004) - Death penalty
25 February 2004
USA (Texas) Carl Example (m)""",
    "a list of days without brackets": """URGENT ACTION APPEAL
AI Index: AMR 51/035/2004
Further information on UA 46/04 issued 4

February 2004 and re-issued 10 February 2004,

12 February 2004 and 14 February

2004) - Death penalty

25 February 2004

USA - Texas Carl Example (m)""",
    "indexes and days without brackets": """Further information on UA 46/04 (AMR 51/020/2004, 4
February 2004) and follow-ups AMR 51/022/2004, 10 February 2004, AMR 51/025/2004,
12 February 2004 - Torture
AI Index: AMR 51/035/2004 25 February 2004
USA Carl Example (m)""",
    "issued in a line of its own": """URGENT ACTION APPEAL
AI Index: AMR 51/035/2004
25 February 2004
Second follow-up to UA 46/04
issued February 4, 2004 - Death penalty
USA-Texas Carl Example (m)""",
    "a note on the first one": """URGENT ACTION APPEAL
Note: Please write even though you may not have received the original UA when issued on
February 4, 2004. Thanks!
AI Index: AMR 51/035/2004
25 February 2004
Update on UA 46/04 - Death penalty
USA: Carl Example (m)""",
    "the day of an execution": """PUBLIC AI Index: AMR 51/035/2004
Further information on UA 46/04 - Death penalty; execution date: 4 March 2004
25 February 2004
USA-North Carolina Carl Example (m)""",
    "a mail": """From: news@example.org
Date: 27 February 2004 10:33
To: friends@example.org
Subject: [list] UA 12/03, UA 46/04: death penalty
AI Index: AMR 51/035/2004
25 February 2004
Further information on UA 46/04 - Death penalty
USA - GEORGIA Carl Example (m)""",
    "a fax": """27 FEB 2004 10:33 FROM EXAMPLE OFFICE TO 0015125550101 P.01/02
PUBLIC AI Index: AMR 51/035/2004
Further information on UA 46/04 Death penalty 25 February 2004
USA Carl Example (m)""",
}


@pytest.mark.parametrize("top", HEADS.values(), ids=HEADS)
def test_the_head_of_a_further_document_is_its_own(top: str) -> None:
    read = head(top)
    assert [claim.value for claim in read.numbers] == ["46/04"]
    assert (read.issued.value if read.issued else None) == OWN
    assert read.index
    assert read.index.value == "AMR 51/035/2004"
    assert read.kind.value is Kind.FURTHER
    assert countries(read) == ["US"]
    assert [person.name.value for person in read.people] == ["Carl Example"]
    assert (read.deadline.value if read.deadline else None) == date(2004, 4, 8)


@pytest.mark.parametrize(
    "line",
    [
        "Follow-up on UA 46/04 issued 4 February 2004 - Death penalty",
        "Further information on UA 46/04 (4 February 2004) - Death penalty",
        "UA 46/04 Death penalty\nExecution date: 4 March 2004",
        "Second follow-up to UA 46/04 - Death penalty\nTrial: 4 March 2004",
        "UA 46/04 Death penalty\nDate: Friday, 4 February 2004\nSubject: forwarded",
    ],
)
def test_a_day_of_something_else_is_not_taken_where_the_own_one_is_missing(line: str) -> None:
    read = head(f"URGENT ACTION APPEAL\n{line}\nUSA Carl Example (m)")
    assert read.issued is None
    assert [claim.value for claim in read.numbers] == ["46/04"]


@pytest.mark.parametrize(
    "top",
    [
        "UA 46/04 Death penalty\nIssued: 25 February 2004",
        "UA 46/04 Death penalty\nIssued 25 February 2004".replace("\n", "\n\nPUBLIC\n"),
        "25 February 2004\nUA 46/04 Death penalty",
        "Wednesday, February 25, 2004\nUA 46/04 Death penalty",
        "UA 46/04 Death penalty 25 February 2004 AI Index: AMR 51/035/2004",
    ],
)
def test_the_own_day_is_read_where_it_stands(top: str) -> None:
    read = head(f"URGENT ACTION APPEAL\n{top}\nUSA Carl Example (m)")
    assert read.issued
    assert (read.issued.value, read.issued.certainty) == (OWN, Certainty.LABELLED)


def test_a_quoted_document_does_not_date_that_which_quotes_it() -> None:
    quoted = "-----Original Message-----\nURGENT ACTION APPEAL\n4 February 2004\nUA 46/04 - Torture"
    read = head(
        f"URGENT ACTION APPEAL\n25 February 2004\nFurther information on UA 46/04\n{quoted}"
    )
    assert read.issued
    assert read.issued.value == OWN
    assert any("two days of issue" in doubt.says for doubt in read.doubts)


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Teacher Released (Kazakhstan: UA 46.19)", "KZ"),
        ("VICTORY: Sentence Commuted (USA: UA 46.19)", "US"),
    ],
)
def test_a_web_title_tells_number_and_country(title: str, code: str) -> None:
    read = head(f"Urgent Action\n\n{title}\n\nAugust 16, 2019", "A teacher was arrested in May.")
    assert read.number
    assert (read.number.value, countries(read)) == ("46/19", [code])
    assert read.issued
    assert read.issued.value == date(2019, 8, 16)


def test_a_title_may_begin_with_the_country() -> None:
    read = head("URGENT ACTION TITLE: Cuba: Writer held\nURGENT ACTION TYPE AND NUMBER: UA 19/18")
    (country,) = read.countries
    assert (country.value, country.certainty) == ("CU", Certainty.INFERRED)


def test_the_index_of_a_report_is_not_the_documents() -> None:
    told = "For more see the report Behind walls, AI Index: AMR 51/003/2001 of May."
    assert head("URGENT ACTION APPEAL\nUA 46/04 Death penalty", f"{told}\n{TEXT}").index is None


def test_further_information_on_something_else_makes_no_further_document() -> None:
    told = "For further information on prisons see our site. Update on the trial: none."
    assert head("URGENT ACTION APPEAL\nUA 46/04 Fear", f"{told}\n{TEXT}").kind.value is Kind.FIRST


def test_documents_of_another_number_are_counted_apart() -> None:
    told = "This is the third update of UA 12/03."
    assert head("URGENT ACTION APPEAL\nUA 46/04 Fear", f"{TEXT}\n{told}").sequence is None


@pytest.mark.parametrize(
    "told",
    [
        "The first update on UA 12/03 was issued on 5 May 2003.",
        "Further information on UA 12/03 can be found on our site.",
        "He wrote of UA 12/03, and of others.",
    ],
)
def test_another_number_that_is_only_mentioned_is_not_claimed(told: str) -> None:
    read = head("URGENT ACTION APPEAL\nUA 46/04 Fear", f"{TEXT}\n{told}")
    assert ([found.value for found in read.numbers], read.kind.value) == (["46/04"], Kind.FIRST)
    assert head("URGENT ACTION APPEAL", f"{TEXT}\n{told}").numbers == ()


@pytest.mark.parametrize(
    "told",
    [
        "This is the third and final output for UA 46/04 that we write.",
        "This is the first update of UA 46/04.",
        "No further action on UA 46/04 is requested.",
    ],
)
def test_a_number_that_it_says_of_itself_is_claimed(told: str) -> None:
    read = head("URGENT ACTION APPEAL", f"{TEXT}\n{told}")
    assert [found.value for found in read.numbers] == ["46/04"]


def test_a_line_on_another_document_gives_neither_index_nor_day() -> None:
    other = "This replaces UA: 40/04 Index: AMR 51/030/2004 USA Date: 4 February 2004"
    own = "UA: 46/04 Index: AMR 51/035/2004 USA Date: 25 February 2004"
    for top in (f"{other}\n{own}", f"{own}\n{other}"):
        read = head(f"URGENT ACTION\n{top}")
        assert [found.value for found in read.numbers] == ["46/04"]
        assert read.index
        assert read.index.value == "AMR 51/035/2004"
        assert read.issued
        assert read.issued.value == OWN


def deadline(*sentences: str) -> tuple[date | None, list[str]]:
    told = "Members sent letters after 5 May 2001 to the court."
    text = "\n\n".join(("He was arrested in May.", *sentences, "Additional information", told))
    read = head("UA: 46/04 Index: AMR 51/035/2004 USA Date: 25 February 2004", text)
    says = [doubt.says for doubt in read.doubts if doubt.asks]
    return read.deadline.value if read.deadline else None, says


def test_an_old_deadline_is_not_that_of_this_document() -> None:
    day, says = deadline(
        "Appeal deadline: 3 February 2004",
        "PLEASE SEND APPEALS BEFORE 7 APRIL 2004 TO:",
    )
    assert day == date(2004, 4, 7)
    assert any("2004-02-03" in each and "2004-04-07" in each for each in says)


def test_a_second_day_beside_the_deadline_is_told() -> None:
    day, says = deadline("PLEASE SEND APPEALS BEFORE 7 APRIL 2004 (NOW 12 MAY 2004) TO:")
    assert day == date(2004, 4, 7)
    assert any("7 APRIL 2004" in each and "12 MAY 2004" in each for each in says)
    assert deadline("Please send appeals before 7 April 2004. He was born on 1 May 1960.") == (
        date(2004, 4, 7),
        [],
    )


def test_a_day_of_the_story_is_no_deadline_where_there_is_none() -> None:
    day, says = deadline("Please send appeals before the execution on 3 March 2004.")
    assert (day, says) == (None, ["it names no deadline; give it by hand"])


def test_a_document_that_says_it_is_the_last_is() -> None:
    read = head("URGENT ACTION\nURGENT ACTION TYPE AND NUMBER: THIRD AND FINAL UA 60/16", "")
    assert (read.kind.value, read.sequence.value if read.sequence else None) == (Kind.FINAL, 3)


def test_a_name_in_an_address_is_nobody_at_risk() -> None:
    address = "APPEALS TO:\nName: General Un Example\nFax: 1 512 555 0101"
    assert head("URGENT ACTION APPEAL\nUA 46/04 Torture\nUSA", address).people == ()


@pytest.mark.parametrize(
    ("label", "tags"),
    [("N/A", []), ("n.a.", []), ("None", []), ("Any", []), ("Even English", []),
     ("French Guiana", []), ("French language", ["fr"]), ("Chinese (Mandarin)", ["zh"]),
     ("Spanish, N/A", ["es"]), ("Twi, English", ["tw", "en"])],
)  # fmt: skip
def test_no_language_is_made_of_other_words(label: str, tags: list[str]) -> None:
    read = head("URGENT ACTION\nUA: 1/18 Index: AMR 25/1/2018 Cuba Date: 1 May 2018",
                f"PREFERRED LANGUAGE TO ADDRESS TARGET: {label}")  # fmt: skip
    assert [found.value for found in read.languages] == tags


def test_languages_stand_below_good_news_of_another_person() -> None:
    news = "No further action is needed for Ana Uno, but please keep writing for Bo Due."
    asks = "Please write immediately in Arabic, English or your own language:\n- Calling for it."
    read = head("URGENT ACTION\nUA: 1/13 Index: MDE 14/1/2013 Iraq Date: 1 May 2013\nONE IS FREE",
                f"{news}\n{asks}")  # fmt: skip
    assert [found.value for found in read.languages] == ["ar", "en"]


def test_lines_of_a_mail_are_told_from_labels() -> None:
    mail = ["From: a@example.org", "To: b@example.org", "Subject: UA 1/04"]
    lines = [Line(n, text) for n, text in enumerate([*mail, "Date: 1 May 2004"], 1)]
    assert mail_lines(lines) == {1, 2, 3, 4}
    assert mail_lines([Line(1, "To:"), Line(2, "The Governor"), Line(3, "From: us")]) == set()
    assert mail_lines([Line(1, "To: X"), Line(2, "Date: 1 May 2004")]) == set()


@given(st.text(alphabet="( )\n,and12May204issued", max_size=80), st.integers(0, 80))
def test_any_place_is_in_brackets_or_not(text: str, place: int) -> None:
    inside = in_brackets(text, min(place, len(text)))
    assert not (inside and "(" not in text)
    assert is_of_another(text, min(place, len(text))) or not inside


@pytest.mark.timeout(12)
@pytest.mark.parametrize(
    "words", ["1 May 2004 and ", "(", "issued ", "From: ", "UA 1/04 (", "USA-"]
)
def test_hostile_heads_take_no_time(words: str) -> None:
    top = f"URGENT ACTION APPEAL\nFurther information on UA 46/04 {words * 8_000}"
    read = head("\n".join([top, *[words * 10] * 1_200]))
    assert read.kind.value in Kind
