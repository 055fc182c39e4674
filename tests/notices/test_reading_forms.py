"""The same document as .txt, .docx, .pdf and .html reads the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from uadispatch.campaign.notices.document import Document, Link
from uadispatch.campaign.notices.reading import read_document

DOCUMENTS = Path(__file__).resolve().parents[1] / "documents"
HEAD = "Second UA: 46/19 Index: EUR 57/0894/2019 Kazakhstan Date: 16 August 2019"
OTHERS = (".docx", ".pdf", ".html")


def read(ending: str) -> Document:
    return read_document(DOCUMENTS / f"ua-46-19-second-ua{ending}")


def said(document: Document) -> list[str]:
    # In .docx and .html the numbers of a list are no text.
    return [re.sub(r"^\d\. ", "", line.text) for line in document.lines]


@pytest.mark.parametrize("ending", OTHERS)
def test_every_form_says_the_same_in_the_same_order(ending: str) -> None:
    text, other = said(read(".txt")), said(read(ending))
    assert text.count(HEAD) == other.count(HEAD) == 1
    assert [line for line in other if line != HEAD] == [line for line in text if line != HEAD]


@pytest.mark.parametrize("ending", OTHERS)
def test_side_by_side_targets_come_one_after_the_other_each_in_its_cell(ending: str) -> None:
    cells: dict[int, list[str]] = {}
    for line in read(ending).lines:
        if line.cell is not None:
            cells.setdefault(line.cell, []).append(line.text)
    first, second = cells.values()
    assert (first[0], first[-1], len(first)) == ("Prosecutor General", "Twitter: @GenProkRK", 8)
    assert (second[0], second[-1]) == ("H.E. Erzhan Kazykhanov", "Salutation: Dear Ambassador")


@pytest.mark.parametrize("ending", OTHERS)
def test_links_lead_where_the_document_says(ending: str) -> None:
    links = [link for line in read(ending).lines for link in line.links]
    report = "https://www.amnesty.org/en/documents/asa17/9113/2018/en/"
    previous = "https://www.amnesty.org/en/documents/EUR57/0186/2019/en/"
    assert links == [
        Link("Click here", "https://example.org/tell-us-what-you-did"),
        Link("press@prokuror.kz", "mailto:press@prokuror.kz"),
        Link("washington@mfa.kz", "mailto:washington@mfa.kz"),
        Link(report, report),
        Link(previous, previous),
    ]


@pytest.mark.parametrize("ending", [".txt", *OTHERS])
def test_line_n_of_the_text_is_the_line_whose_number_is_n(ending: str) -> None:
    document = read(ending)
    lines = document.as_text().split("\n")
    assert all(lines[line.number - 1] == line.text for line in document.lines)
    assert sorted({line.number for line in document.lines}) == [n.number for n in document.lines]


def test_lines_of_a_text_file_keep_their_numbers() -> None:
    raw = (DOCUMENTS / "ua-46-19-second-ua.txt").read_text(encoding="utf-8").split("\n")
    for line in read(".txt").lines:
        assert line.text.split()[-1] in raw[line.number - 1]


@pytest.mark.parametrize("ending", [".txt", *OTHERS])
def test_what_begins_is_parted_by_an_empty_line(ending: str) -> None:
    document = read(ending)
    lines = document.as_text().split("\n")
    assert not document.lines[0].begins
    for line in document.lines[1:]:
        assert line.begins == (lines[line.number - 2] == ""), line


@pytest.mark.parametrize(
    ("ending", "where"),
    [(".docx", "table 1, cell 2"), (".html", "table 1, cell 2"), (".pdf", "page 2, column 2")],
)
def test_a_line_knows_where_it_stands(ending: str, where: str) -> None:
    found = {line.where for line in read(ending).lines if line.text.startswith("H.E.")}
    assert found == {where}


def test_the_head_line_of_a_word_file_stands_in_its_page_header() -> None:
    first = read(".docx").lines[0]
    assert (first.text, first.where) == (HEAD, "page header")
