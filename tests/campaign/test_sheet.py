"""A CSV file is read row by row; whatever stands in it, each row has its line, or says why not."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from uadispatch.campaign.target_files import sheet
from uadispatch.campaign.target_files.formulas import unguarded
from uadispatch.campaign.target_files.sheet import Row, Sheet
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[..., list[Row]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """``read("id,name\\na,A\\n")``: the rows of a file with this content."""

    def read(content: str | bytes, encoding: str = "utf-8", delimiter: str = ",") -> list[Row]:
        path = tmp_path / "officials.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        with Sheet(path, encoding=encoding, delimiter=delimiter) as found:
            return list(found)

    return read


def says(read: Read, content: str | bytes, **how: str) -> str:
    with pytest.raises(ConfigError) as error:
        read(content, **how)
    (problem,) = error.value.problems
    return str(problem).rpartition("/")[2]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_whatever_ends_a_line_rows_have_the_line_where_they_begin(read: Read, end: str) -> None:
    lines = ["id,name", "a,A", "", 'b,"B', 'of ""two"" lines"', " ", ",", "c,C"]
    found = read(end.join(lines))
    assert [(row.line, row.cells) for row in found if not row.wrong] == [
        (2, ["a", "A"]), (4, ["b", f'B{end}of "two" lines']), (8, ["c", "C"]),
    ]  # fmt: skip
    assert [row.line for row in found if row.wrong] == []


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-8-sig", "UTF8"), ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"), ("utf-32", "utf-32"), ("cp1251", "windows-1251"),
        ("koi8-r", "koi8-r"), ("iso8859-5", "iso-8859-5"),
    ],
)  # fmt: skip
def test_letters_are_those_of_the_declared_encoding(
    tmp_path: Path, encoding: str, declared: str
) -> None:
    path = tmp_path / "o.csv"
    path.write_bytes('"id",name\r\nm,Серикжан\r\n'.encode(encoding))
    with Sheet(path, encoding=declared) as found:
        assert found.header == ["id", "name"]
        assert [row.cells for row in found] == [["m", "Серикжан"]]


def test_semicolons_and_tabs_part_fields_where_they_are_declared(read: Read) -> None:
    assert read('id;name\na;"A, B; C"\n', delimiter=";")[0].cells == ["a", "A, B; C"]
    assert read("id\tname\na\tA, B\n", delimiter="\t")[0].cells == ["a", "A, B"]


def test_bytes_that_are_no_text_refuse_their_row_alone(read: Read) -> None:
    found = read(b"id,name\na,A\xffB\nb,B\n")
    assert [(row.line, bool(row.wrong)) for row in found] == [(2, True), (3, False)]
    assert found[0].wrong == (
        "name: here stands the byte 0xFF, which is not utf-8; write its encoding beside the "
        "file's name (encoding: windows-1252, say), or mend it"
    )
    assert "0x98" in read("id,name\na,A\n".encode("cp1251") + b"b,\x98\n", "cp1251")[1].wrong


def test_half_a_character_in_utf_16_refuses_its_row_alone(read: Read) -> None:
    broken = "id,name\na,A\nb,".encode("utf-16-le") + b"\x00\xd8" + "x\nc,C\n".encode("utf-16-le")
    found = read(broken, "utf-16-le")
    assert [(row.line, bool(row.wrong)) for row in found] == [(2, False), (3, True), (4, False)]


def test_nul_refuses_its_row_alone_and_names_it(read: Read) -> None:
    found = read("id,name\na,A\0B\nb,B\n")
    assert [bool(row.wrong) for row in found] == [True, False]
    assert "NUL (U+0000)" in found[0].wrong


def test_a_row_with_another_number_of_fields_is_refused(read: Read) -> None:
    found = read("id,name\na\nb,B\nc,C,surplus\n")
    assert [row.wrong.partition(";")[0] for row in found] == [
        "it has 1 field, and the header 2", "", "it has 3 fields, and the header 2",
    ]  # fmt: skip
    assert "“surplus”" in found[2].wrong


def test_a_row_that_cannot_be_parted_into_the_columns_is_kept_whole(read: Read) -> None:
    found = read('id,name,role\r\na,A, Jr.,Minister\r\nb,"B\r\nB"\r\nc,"C" D,E\r\n')
    assert [row.cells for row in found] == [
        ["a,A, Jr.,Minister"], ['b,"B\r\nB"'], ['c,"C" D,E'],
    ]  # fmt: skip


def test_the_sign_of_a_letter_that_was_lost_refuses_its_row(read: Read) -> None:
    found = read("id,name\na,M\ufffdller\nb,B\n")
    assert [bool(row.wrong) for row in found] == [True, False]
    assert found[0].wrong == (
        "name: here stands U+FFFD, the sign that somebody put in the place of a letter that was "
        "lost; write the letter"
    )


def test_a_field_beyond_all_measure_is_refused_and_the_next_row_read(read: Read) -> None:
    long = "x" * (csv.field_size_limit() + 1)
    for field in (long, f'"{long}"'):
        found = read(f"id,name\na,{field}\nb,B\n")
        assert [(row.line, bool(row.wrong)) for row in found] == [(2, True), (3, False)]
        assert "131,072 characters" in found[0].wrong


def test_a_line_without_end_is_never_held_in_memory(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "LONGEST_ROW", 1_000)
    found = read(f"id,name\na,{'x,' * 50_000}\nb,B\n")
    assert [(row.line, bool(row.wrong)) for row in found] == [(2, True), (3, False)]
    assert len(found[0].cells[0]) <= 1_000
    assert "more than 1,000 characters" in found[0].wrong


def test_a_row_of_very_many_lines_is_never_held_in_memory(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "LONGEST_ROW", 1_000)
    many = '"\n",' * 5_000
    found = read(f'id,name\na,A\nb,{many}"B\nc,"\nd,D\n')
    assert [(row.line, bool(row.wrong)) for row in found] == [(2, False), (3, True), (5005, False)]
    assert len(found[1].cells[0]) <= 1_000
    assert found[1].wrong == (
        "it has more than 1,000 characters: lines 3 to 5,004 are taken for this one row; mend its "
        "quotes"
    )


def test_a_quotation_mark_that_is_never_closed_is_named_where_it_opens(read: Read) -> None:
    found = read('id,name\na,A\nb,"B\nc,C\nd,D\n')
    assert [row.line for row in found] == [2, 3]
    assert found[1].wrong == (
        "the quotation mark that opens at line 3 is never closed: lines 3 to 5 are taken for this "
        "one row; mend its quotes"
    )
    second = read('id,name,x\na,"A\nB","C\nc,C,c\n')
    assert "that opens at line 3 is never closed" in second[0].wrong
    assert second[0].line == 2


def test_what_an_unclosed_mark_has_swallowed_is_never_taken_for_rows(read: Read) -> None:
    rows = "".join(f"r{n},{'x' * 1_000}\n" for n in range(400))
    found = read(f'id,name\na,"A\n{rows}')
    assert [(row.line, bool(row.wrong)) for row in found] == [(2, True)]
    assert "opens at line 2 is not closed within 131,072 characters" in found[0].wrong
    assert "lines 2 to 402" in found[0].wrong
    closed = read(f'id,name\na,"A\n{rows}last"\nb,B\n')
    assert [(row.line, bool(row.wrong)) for row in closed] == [(2, True), (404, False)]


def test_text_after_a_closing_quote_refuses_its_row(read: Read) -> None:
    found = read('id,name\na,"A" B\nb,B\n')
    assert [(row.line, bool(row.wrong)) for row in found] == [(2, True), (3, False)]
    assert "something else than a delimiter follows a closing quote" in found[0].wrong


def test_a_header_is_the_first_line_that_is_not_blank(read: Read) -> None:
    assert [row.line for row in read("\n,,\nid,name\na,A\n")] == [4]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "officials.csv: the file is empty"),
        (b"\xef\xbb\xbf", "officials.csv: the file is empty"),
        (b"\n\n", "officials.csv: the file is empty"),
        ("id,name\na,A\n".encode("utf-16"), "this file is UTF-16; write “encoding: utf-16”"),
        (b"PK\x03\x04xl/workbook.xml", "this is a document or a workbook, not a CSV file"),
        (b'id,"name\n', "officials.csv:1: the quotation mark that opens at line 1"),
        (b"id,na\xffme\n", "officials.csv:1: in the names of the columns here stands the byte"),
        (b"i\0d\0,\0n\0", "this file is UTF-16 without a mark; write “encoding: utf-16-le”"),
        (b"\0i\0d\0,\0n", "this file is UTF-16 without a mark; write “encoding: utf-16-be”"),
        (b"id\0,name\n", "remove it, or declare the encoding, if it is utf-16"),
        (b"sep=;\nid;name\n", 'says that its delimiter is ";"; write “delimiter: ";"” beside its'),
        (b"a," * 1_001, "officials.csv:1: it has 1,002 columns; leave 1,000 at most"),
    ],
)
def test_a_file_without_a_usable_header_is_an_error(read: Read, content: bytes, said: str) -> None:
    assert said in says(read, content)


def test_an_encoding_that_is_not_that_of_the_file_is_said(read: Read) -> None:
    assert "is UTF-8, and not cp1251" in says(read, b"\xef\xbb\xbfid,name\n", encoding="cp1251")
    unmarked = "id,name\na,A\n".encode("utf-16-be")
    for declared in ("utf-16", "utf-16-le"):
        assert "write “encoding: utf-16-be”" in says(read, unmarked, encoding=declared)
    assert read(unmarked, "utf-16-be")[0].cells == ["a", "A"]
    marked = "\ufeffid,name\na,A\n".encode("utf-16-be")
    assert "write “encoding: utf-16”" in says(read, marked, encoding="utf-16-le")
    assert read(marked, "utf-16-be") == read(marked, "utf-16")
    assert "cannot be read as utf-32" in says(read, b"id,name\n", encoding="utf-32")


@pytest.mark.parametrize("encoding", ["windows-1252", "iso-8859-1", "cp1251", "koi8-r"])
def test_letters_in_utf_8_are_never_taken_for_those_of_another_encoding(
    read: Read, encoding: str
) -> None:
    text = "id,name\na,A\nm,Müller\ns,Серикжан\nj,佐藤\n"
    found = read(text.encode(), encoding=encoding)
    assert [bool(row.wrong) for row in found] == [False, True, True, True]
    if encoding == "iso-8859-1":
        says = "this is UTF-8, and not iso-8859-1; leave the encoding of the file out"
        assert {row.wrong for row in found} == {"", says}
        assert [row.cells[1] for row in found] == ["A", "Müller", "Серикжан", "佐藤"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Müller, Łódź", "cp1250"), ("Müller Ångström São naïve", "windows-1252"),
        ("Серикжан Їжак Ёлкина", "cp1251"), ("Серикжан Ёлкин", "koi8-r"), ("Πέτρος", "cp1253"),
    ],
)  # fmt: skip
def test_letters_of_the_declared_encoding_are_never_taken_for_utf_8(
    read: Read, text: str, encoding: str
) -> None:
    (row,) = read(f'id,name\na,"{text}"\n', encoding=encoding)
    assert row == Row(2, ["a", text], "")


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "\ufeffSEP=;", "\n"])
def test_a_line_for_excel_before_the_names_of_the_columns_is_no_row(read: Read, first: str) -> None:
    (row,) = read(f"{first}\r\nid;name\r\na;A\r\n", delimiter=";")
    assert (row.line, row.cells) == (3 if first != "\n" else 4, ["a", "A"])


@pytest.mark.parametrize("again", ["id,Name", ' id ," Name"', "\ufeffid,Name"])
def test_names_of_columns_among_the_rows_are_no_row(read: Read, again: str) -> None:
    found = read(f"id,Name\na,A\n{again}\nid,Idris\n")
    assert [bool(row.wrong) for row in found] == [False, True, False]
    assert found[1].wrong == "the names of the columns stand here once more; remove them"


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux has such a file")
def test_a_disk_that_does_not_read_is_an_error() -> None:
    with pytest.raises(ConfigError, match="cannot be read on: Input/output error"):
        Sheet(Path("/proc/self/mem"))


def test_what_is_no_regular_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, said in (
        ("pipe", "this is no file"), ("folder", "this is a folder"), ("none", "no such file"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=said):
            Sheet(tmp_path / name)


def test_a_file_that_is_changed_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text("id,name\n" + "a,A\n" * 10)
    with Sheet(path) as found:
        rows = iter(found)
        next(rows)
        with path.open("a") as more:
            more.write("b,B\n")
        with pytest.raises(ConfigError, match="was changed while it was read"):
            list(rows)


CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff\ufffd"), max_size=20
)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


@example(table=[["'="]], delimiter=",", end="\n", encoding="utf-8")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=TABLES, delimiter=st.sampled_from(",;\t"), end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)  # fmt: skip
def test_what_a_writer_of_csv_has_written_is_read_as_it_was(
    tmp_path: Path, table: list[list[str]], delimiter: str, end: str, encoding: str
) -> None:
    out = io.StringIO(newline="")
    header = [f"c{number}" for number in range(len(table[0]))]
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([header, *table])
    path = tmp_path / "o.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    with Sheet(path, encoding=encoding, delimiter=delimiter) as found:
        rows = list(found)
    meant = [[unguarded(cell) for cell in row] for row in table if "".join(row).strip()]
    assert [row.cells for row in rows] == meant
    assert not any(row.wrong for row in rows)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(st.sampled_from('a,";\n\r\0é'), max_size=80).map(str.encode),
    ),
    encoding=st.sampled_from(["utf-8", "utf-16", "cp1251", "utf-7", "gb18030", "iso2022_jp"]),
)
def test_any_bytes_are_rows_or_an_error(tmp_path: Path, content: bytes, encoding: str) -> None:
    path = tmp_path / "o.csv"
    path.write_bytes(content)
    try:
        with Sheet(path, encoding=encoding) as found:
            rows = list(found)
            lines = [row.line for row in rows]
    except ConfigError as error:
        assert all("\n" not in str(problem) for problem in error.problems)  # noqa: PT017
        return
    assert lines == sorted(set(lines))
    assert all(row.wrong or len(row.cells) == len(found.header) for row in rows)
