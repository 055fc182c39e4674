"""Plain text: encodings, line numbers, wrapped paragraphs, columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filekit import LEFT, RIGHT
from targetkit import read_lines, said
from uadispatch.campaign.notices.reading import read_document
from uadispatch.campaign.notices.reading.limits import LIMITS, Watch
from uadispatch.campaign.notices.reading.plain import read_plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uadispatch.campaign.notices.document import Document

    Read = Callable[[str | bytes], Document]

PARAGRAPHS = [
    "URGENT ACTION",
    "",
    "DEFENDER HELD WITHOUT CHARGE",
    (
        "The defender was taken from her home before dawn by men who did not say who they "
        "were, and her family has not been told where she is held. Her lawyer Ana Example "
        "asked for her on three days, and each time the guards sent him away without an "
        "answer or a paper."
    ),
    "",
    (
        "Ana Example is a member of the Committee of Example Lawyers, which the government "
        "closed in May, and has been threatened before."
    ),
    "",
    "TAKE ACTION:",
    "Minister of Justice",
    "1 Court Street, 010000 Example City, Republic of Exampleland",
    "Fax: +99 1 234 5678",
    "Email: press@example.org",
    "",
    "H.E. Ben Example",
    "Salutation: Dear Ambassador",
    "Dear Minister,",
    (
        "I am writing about the arrest of Ana Example, who has done nothing but defend people "
        "in court. She must be told why she is held, or be released at once and without any "
        "condition."
    ),
    "Yours sincerely,",
    "",
    "PLEASE TAKE ACTION UNTIL: 27 September 2019",
    (
        "Please check with the office in your country if you wish to send appeals after the "
        "deadline."
    ),
    "",
]
DOCUMENT = "\n".join(PARAGRAPHS)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(text: str | bytes) -> Document:
        path = tmp_path / "ua.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_document(path)

    return read


def texts(document: Document) -> list[str]:
    return [line.text for line in document.lines]


def expected() -> list[str]:
    return [line for line in DOCUMENT.split("\n") if line]


def rewrapped(width: int, indent: str = "") -> str:
    return "\n".join(
        textwrap.fill(line, width, break_on_hyphens=False, initial_indent=indent,
                      subsequent_indent=indent) for line in DOCUMENT.split("\n")
    )  # fmt: skip


def test_text_with_one_line_a_paragraph_is_left_as_it_is(read: Read) -> None:
    assert texts(read(DOCUMENT)) == expected()
    assert [line.number for line in read(DOCUMENT).lines][:6] == [1, 3, 4, 6, 8, 9]


@pytest.mark.parametrize("width", [65, 70, 72, 76, 78, 80])
@pytest.mark.parametrize("indent", ["", "    "])
def test_text_that_was_wrapped_is_whole_again(read: Read, width: int, indent: str) -> None:
    assert texts(read(rewrapped(width, indent))) == expected()


@pytest.mark.parametrize("mark", ["> ", ">", ">> ", "> > > "])
def test_a_mail_that_was_answered_loses_its_marks(read: Read, mark: str) -> None:
    quoted = "\n".join((mark + line).rstrip() for line in rewrapped(72).split("\n"))
    document = read(f"On Friday the network wrote:\n\n{quoted}")
    assert texts(document) == ["On Friday the network wrote:", *expected()]
    assert document.lines[1].number == 3


def test_marks_of_a_few_lines_stay(read: Read) -> None:
    assert "> Urging them" in texts(read(f"{DOCUMENT}\n\n> Urging them\n> Asking them\n"))


def test_a_joined_line_has_the_number_of_its_first(read: Read) -> None:
    document = read(rewrapped(72))
    raw = rewrapped(72).split("\n")
    for line in document.lines:
        assert line.text.startswith(raw[line.number - 1])


def test_lines_of_one_address_are_never_joined(read: Read) -> None:
    address = [
        "Ministry of the Interior and of National Reconciliation",
        "General Directorate of Prisons and of Detention Houses",
        "Avenue of the Twenty-Seventh of September, Building 14",
        "Fax: +99 1 234 5678, +99 1 234 5679, +99 1 234 5680",
        "Email: press.office@interior.example.org",
        "Example City",
    ] * 4
    assert texts(read("\n".join(address))) == address


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_counts_once(read: Read, end: str) -> None:
    document = read(end.join(["One", "", "Two", ""]))
    assert [(line.number, line.text) for line in document.lines] == [(1, "One"), (3, "Two")]


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_accents_survive_their_encoding(read: Read, name: str) -> None:
    text = "Señor José Muñoz’s lawyer said: “He was detained on 3 May in São Paulo” – a café.\n" * 3
    document = read(text.encode(name))
    assert texts(document) == text.strip().split("\n")
    assert bool(document.notes) == (name == "cp1252")


def test_text_in_cyrillic_is_read_and_its_guess_is_told(read: Read) -> None:
    text = (
        "Серикжан Билаш является руководителем организации и был задержан десятого марта в Алматы."
    )
    document = read("\n".join([text] * 5).encode("cp1251"))
    assert set(texts(document)) == {text}
    assert "cp1251" in document.notes[0]


def test_what_cannot_be_read_is_told(read: Read) -> None:
    document = read(b"\xef\xbb\xbfA caf\xe9 in the city")
    assert texts(document) == ["A caf\ufffd in the city"]
    assert "could not be read" in document.notes[0]


def test_numbers_of_pages_and_heads_that_repeat_are_dropped(read: Read) -> None:
    head = "UA: 7/14 Index: ABC 12/3456/2014 Exampleland"
    document = read(f"First\n\n1\n\f{head}\nSecond\n\n2\n\f{head}\nThird\n7\n\n3\n\f")
    assert texts(document) == ["First", head, "Second", "Third", "7"]
    assert [line.number for line in document.lines] == [1, 4, 5, 9, 10]


THIRD = ["Copies to:", "The Ambassador", "3 Hill Road"]


def side_by_side(*columns: list[str], width: int = 34) -> str:
    rows = max(map(len, columns))
    padded = [[*column, *[""] * (rows - len(column))] for column in columns]
    return "\n".join(
        "".join(text.ljust(width) for text in row).rstrip() for row in zip(*padded, strict=True)
    )


def test_columns_side_by_side_come_one_after_the_other(read: Read) -> None:
    document = read(f"TAKE ACTION:\n\n{side_by_side(LEFT, RIGHT)}\n\nDear Minister,\n")
    assert texts(document) == ["TAKE ACTION:", *LEFT, *RIGHT, "Dear Minister,"]
    assert [line.cell for line in document.lines] == [None, *[1] * 5, *[2] * 5, None]
    assert [line.number for line in document.lines] == [1, *range(3, 8), *range(3, 8), 9]
    assert document.lines[6].begins


@pytest.mark.parametrize("length", range(30, 40))
def test_a_line_may_end_anywhere_at_the_edge_of_a_column(read: Read, length: int) -> None:
    left = ["Minister of Justice", "1 Court Street", "0100 Example City", "Fax: +99 1 234"]
    right = ["Ambassador of Exampleland", "2 Bay Street", "0200 Port Example", "Fax: +99 2 345"]
    rows = side_by_side(left, right).split("\n")
    found = read("\n".join([*rows[:3], "x" * length, *rows[3:]]))
    assert "x" * length in texts(found)
    assert {"Minister of Justice", "Ambassador of Exampleland"} <= set(texts(found))


def test_three_columns_are_three_cells(read: Read) -> None:
    document = read(side_by_side(LEFT, RIGHT, THIRD))
    assert texts(document) == [*LEFT, *RIGHT, *THIRD]
    assert [line.cell for line in document.lines] == [*[1] * 5, *[2] * 5, *[3] * 3]


@pytest.mark.parametrize("left", [LEFT, LEFT[:3]])
@pytest.mark.parametrize("right", [RIGHT, RIGHT[:3]])
def test_columns_may_differ_in_length(read: Read, left: list[str], right: list[str]) -> None:
    assert texts(read(side_by_side(left, right))) == [*left, *right]


def test_the_text_shows_columns_side_by_side_again(read: Read) -> None:
    document = read(side_by_side(LEFT, RIGHT))
    assert document.as_text().split("\n")[0] == "Minister of Justice    H.E. Ben Example"


@pytest.mark.parametrize(
    "text",
    [
        side_by_side(LEFT[:2], RIGHT[:2]),
        "Fax:            +99 1 234\nEmail:          a@example.org\nPhone:          99 1\n",
        "1.     Write a letter\n2.     Tell us about it\n3.     Share it\n",
        "APPEALS TO:          (SALUTATION)\nPresident X          (Dear President)\n1 Street\n",
    ],
)
def test_gaps_that_may_be_no_columns_are_only_gaps(read: Read, text: str) -> None:
    document = read(text)
    assert texts(document) == [" ".join(line.split()) for line in text.strip().split("\n")]
    assert {line.cell for line in document.lines} == {None}


KNOWN = ["the", "defender", "of", "human", "rights", "was", "Ana", "held", "a"]
WORDS = st.lists(st.sampled_from(KNOWN), min_size=1, max_size=120).map(" ".join)


@given(st.lists(WORDS, min_size=1, max_size=8), st.integers(50, 90))
def test_no_word_is_lost_or_moved_by_unwrapping(paragraphs: list[str], width: int) -> None:
    text = "\n\n".join(textwrap.fill(each, width) for each in paragraphs)
    found = read_plain(text, Watch(LIMITS, lambda: 0.0))
    assert " ".join(line.text for line in found).split() == " ".join(paragraphs).split()


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n\n\r\f\t   :-.")))
def test_any_text_is_read_with_numbers_that_rise(text: str) -> None:
    found = read_plain(text, Watch(LIMITS, lambda: 0.0))
    assert all(line.text for line in found)
    free = [line.number for line in found if line.cell is None]
    assert free == sorted(set(free))


def test_a_file_of_any_shape_is_read_in_one_pass(read: Read) -> None:
    for text in (
        "a" * 1_900_000, "a " * 900_000, "x\n" * 19_000, "a:     b\n" * 19_000,
        "a     b\n" * 19_000, "ab     cd\n" * 250, ("a " * 40 + "\n") * 19_000,
        " " * 1_900_000 + "x", ("word " * 14 + "-\n") * 19_000, "\f1\n" * 19_000 + "x",
        "a.b" * 600_000 + "\nc", "-" * 1_900_000 + "a", ("a" * 70 + "\n") * 19_000,
        ("see http://x" + "/a" * 30 + "\n") * 19_000,
    ):  # fmt: skip
        assert read(text).lines


SALUTATIONS = """
APPEALS TO:                                       (SALUTATION)

President of the Republic                         Excelentísimo Sr. Presidente /
Señor Presidente Ramón Valera                     Dear President
Presidente de la República
Palacio de los Cerros
Carrera 8 No. 7-26
Santafé de Bogotá, Colombia
Telegrams: Presidente Valera, Bogotá, Colombia
Faxes: + 57 1 286 7434

Minister of the Interior                          Sr. Ministro / Dear Minister
Dr. Hernán Castro
Ministro del Interior
Carrera 8 No. 8-09, a street whose name is longer than its column is wide
Santafé de Bogotá, Colombia
Faxes: + 57 1 286 8025
"""


def test_a_column_of_salutations_comes_below_the_entry_beside_it() -> None:
    lines = read_plain(SALUTATIONS, Watch(LIMITS, lambda: 0.0))
    assert [(line.number, line.text) for line in lines][1:10] == [
        (4, "President of the Republic"),
        (5, "Señor Presidente Ramón Valera"),
        (6, "Presidente de la República"),
        (7, "Palacio de los Cerros"),
        (8, "Carrera 8 No. 7-26"),
        (9, "Santafé de Bogotá, Colombia"),
        (10, "Telegrams: Presidente Valera, Bogotá, Colombia"),
        (11, "Faxes: + 57 1 286 7434"),
        (4, "SALUTATION: Excelentísimo Sr. Presidente / Dear President"),
    ]
    assert lines[-1].text == "SALUTATION: Sr. Ministro / Dear Minister"
    assert lines[10].begins
    found = read_lines(lines[1:], country="CO")
    assert [said(target, "name", "salutation", "fax") for target in found.targets] == [
        {
            "name": "Señor Presidente Ramón Valera",
            "salutation": "Excelentísimo Sr. Presidente",
            "fax": "+ 57 1 286 7434",
        },
        {"name": "Dr. Hernán Castro", "salutation": "Sr. Ministro", "fax": "+ 57 1 286 8025"},
    ]


def test_a_line_with_a_wide_gap_goes_on_in_none() -> None:
    prose = textwrap.fill("The family has not been told where the defender is held. " * 12, 72)
    head = "UA 298/98         Fear for safety and of torture        24 November 1998"
    lines = read_plain(f"{head}\nof a defender who was taken from her home before dawn\n{prose}",
                       Watch(LIMITS, lambda: 0.0))  # fmt: skip
    assert lines[0].text == " ".join(head.split())
