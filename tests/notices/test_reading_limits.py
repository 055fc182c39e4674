"""Files that cannot or must not be read are told as what they are; none of them is a traceback."""

from __future__ import annotations

import io
import os
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filekit import archive, docx, lines, p, part, pdf, scanned, table
from uadispatch.campaign import opening
from uadispatch.campaign.notices import reading
from uadispatch.campaign.notices.reading import LIMITS, Limits, read_document
from uadispatch.campaign.notices.reading.glyphs import pages_of
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    Refuse = Callable[..., str]

DOCUMENTS = Path(__file__).resolve().parents[1] / "documents"
EMAIL = b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; x\n\nHi"
FLAT = b"<?xml version='1.0'?><w:x xmlns:w='http://schemas.microsoft.com/office/word/2003/wordml'/>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.fixture
def refuse(tmp_path: Path) -> Refuse:
    def refuse(raw: bytes, name: str = "ua.docx", limits: Limits = LIMITS) -> str:
        path = tmp_path / name
        path.write_bytes(raw)
        with pytest.raises(ConfigError) as caught:
            read_document(path, limits=limits)
        (problem,) = caught.value.problems
        assert problem.where == str(path)
        return problem.says

    return refuse


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "the file is empty; get it again"),
        (b" \r\n\t\n", "the file is empty"),
        (b"\0" * 100, "the file is empty"),
        (b"{\\rtf1\\ansi A text}", "this is an .rtf file; open it in Word and save it as .docx"),
        (OLE + "WordDocument".encode("utf-16-le"), "this is an old Word file (.doc); open it in"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "it is encrypted; open it in Word"),
        (OLE + "Workbook".encode("utf-16-le"), "this is an Excel file"),
        (OLE, "this is an old Office file; open it in Word and save it as .docx"),
        (archive({"mimetype": "x", "content.xml": "<a/>"}), "this is an OpenDocument file (.odt)"),
        (archive({"xl/workbook.xml": "<a/>"}), "this is an Excel file (.xlsx)"),
        (archive({"ppt/presentation.xml": "<a/>"}), "this is a PowerPoint file"),
        (archive({"letter.pdf": "x"}), "this is an archive; unpack it"),
        (archive({}), "this is an archive; unpack it"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "this is a picture; have its text recognised"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "this is a picture"),
        (b"II*\0" + bytes(20), "this is a picture"),
        (b"\x1f\x8b\x08" + bytes(20), "this is an archive"),
        (b"%!PS-Adobe-3.0\n", "this is a PostScript file"),
        (EMAIL, "this is an email"),
        (FLAT, "this is Word's XML of one file"),
        (bytes(range(1, 256)) * 8, "this is none of the files that can be read"),
        (b"text\0with zeros", "this is none of the files that can be read"),
        (b"<html><body><script>x</script></body></html>", "there is no text in it"),
        (docx(""), "there is no text in it"),
        (docx(p("<w:r><w:drawing><a:blip/></w:drawing></w:r>")), "its pages are pictures"),
        (pdf([]), "there is no text in it"),
        (scanned(3), "its pages are pictures, which hold no text"),
        (pdf(lines(["A text"]), encrypted=True), "it is protected with a password"),
        (b"%PDF-1.4 and nothing more", "the file is damaged"),
        (b"PK\x03\x04 and nothing more", "the file is damaged"),
        (archive({"word/document.xml": b"<w:document"}), "the file is damaged"),
        (archive({"word/document.xml": b"<a/>"}), "the file is damaged"),
        (archive({"word/other.xml": b"<a/>"}), "the file is damaged"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_read_is_told_as_what_it_is(
    refuse: Refuse, raw: bytes, says: str
) -> None:
    assert refuse(raw).startswith(says)


@pytest.mark.parametrize("name", ["ua.txt", "ua.html", "ua.pdf", "ua.docx", "ua.doc", "ua"])
def test_what_a_file_holds_counts_and_not_its_name(tmp_path: Path, name: str) -> None:
    for raw in (
        docx(p("A text")),
        pdf(lines(["A text"])),
        b"<!doctype html><p>A text</p>",
        b"A text",
    ):
        path = tmp_path / name
        path.write_bytes(raw)
        assert [line.text for line in read_document(path).lines] == ["A text"]


def test_a_path_that_leads_to_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    for name, says in (
        ("none.docx", "there is no such file; check its name"),
        ("pipe.pdf", "this is no file; give a document"),
        ("", "this is a folder; give the document inside it"),
        ("a\0b", "its name cannot be used"),
    ):
        with pytest.raises(ConfigError, match=says):
            read_document(tmp_path / name)


def test_a_file_that_may_not_be_opened_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(opening.os, "open", denied)  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="the file cannot be opened: Permission denied"):
        read_document(tmp_path / "ua.docx")


# Too much.


def test_a_file_that_is_too_large_is_refused_unread(refuse: Refuse) -> None:
    limits = Limits(bytes=1024 * 1024)
    assert refuse(b"x" * (1024 * 1024 + 1), "ua.txt", limits).startswith(
        "the file is larger than 1 MiB"
    )


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("ua.txt", b"a\n" * 101),
        ("ua.html", b"<html>" + b"<p>a</p>" * 101),
        ("ua.docx", docx(p("a") * 101)),
        ("ua.pdf", pdf(lines(["A."] * 60), lines(["A."] * 60))),
    ],
)
def test_more_lines_or_characters_than_a_document_has_are_refused(
    refuse: Refuse, name: str, raw: bytes
) -> None:
    assert "more than 100 lines" in refuse(raw, name, Limits(lines=100))
    assert "more than 50 characters" in refuse(raw, name, Limits(characters=50))


def test_more_pages_than_a_document_has_are_refused(refuse: Refuse) -> None:
    assert "more than 2 pages" in refuse(pdf(*[lines(["A"])] * 3), "ua.pdf", Limits(pages=2))


@pytest.mark.parametrize("name", ["ua.docx", "ua.pdf", "ua.html", "ua.txt"])
def test_a_reading_that_takes_too_long_is_ended(tmp_path: Path, name: str) -> None:
    raw = {
        "ua.docx": docx(p("a") * 2_000), "ua.pdf": pdf(*[lines(["A"])] * 5),
        "ua.html": b"<html>" + b"<p>a</p>" * 2_000, "ua.txt": b"a\n" * 500,
    }[name]  # fmt: skip
    path = tmp_path / name
    path.write_bytes(raw)
    ticks = iter(range(0, 10**6, 50))
    with pytest.raises(ConfigError, match="takes too long"):
        read_document(path, clock=lambda: float(next(ticks)))
    assert read_document(path, clock=lambda: 0.0).lines


BIG = b"<w:t>" + b" " * (4 * 1024 * 1024) + b"</w:t>"


def test_an_archive_that_unpacks_to_too_much_is_refused(refuse: Refuse) -> None:
    bomb = docx("", parts={"word/document.xml": b"<x>" + BIG * 40 + b"</x>"})
    assert len(bomb) < 1024 * 1024
    assert "unpacks to far more" in refuse(bomb)


def test_an_archive_that_lies_about_its_sizes_is_refused(refuse: Refuse) -> None:
    bomb = bytearray(docx("", parts={"word/document.xml": b"<x>" + BIG * 3 + b"</x>"}))
    with zipfile.ZipFile(io.BytesIO(bytes(bomb))) as file:
        size = file.getinfo("word/document.xml").file_size.to_bytes(4, "little")
    assert size in bomb
    lying = bytes(bomb).replace(size, (1_000).to_bytes(4, "little"))
    assert refuse(lying).startswith(("the file is damaged", "it unpacks"))


def test_all_that_is_unpacked_counts_together(refuse: Refuse) -> None:
    related = [(f"rId{n}", "header", f"header{n}.xml") for n in range(9)]
    parts = {f"word/header{n}.xml": part("hdr", p(os.urandom(2_000).hex())) for n in range(9)}
    references = "".join(f'<w:headerReference w:type="default" r:id="rId{n}"/>' for n in range(9))
    body = p("a") + f"<w:sectPr>{references}</w:sectPr>"
    assert "unpacks to far more" in refuse(
        docx(body, related=related, parts=parts), limits=Limits(unpacked=30_000)
    )
    assert "unpacks to far more" in refuse(
        docx(body, related=related, parts=parts), limits=Limits(member=1_000)
    )


def test_too_many_parts_or_two_of_one_name_are_refused(refuse: Refuse) -> None:
    many = docx(p("a"), parts={f"word/media/{n}.png": b"" for n in range(50)})
    assert "unpacks to far more" in refuse(many, limits=Limits(members=50))
    twice = docx(
        p("a"), parts={"WORD/document.xml": part("document", f"<w:body>{p('b')}</w:body>")}
    )
    assert "two parts of one name" in refuse(twice)


def test_an_archive_with_a_password_is_told(refuse: Refuse) -> None:
    raw = bytearray(docx(p("a")))
    at = 0
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = 0
        while (at := raw.find(mark, at)) >= 0:
            raw[at + flags] |= 1
            at += 4
    assert refuse(bytes(raw)).startswith("it is encrypted")


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
for before, name in pairwise("abcdefghi"):
    ENTITIES += f'<!ENTITY {name} "{f"&{before};" * 10}">'
ENTITIES += "]>"
OUTSIDE = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "declared", [ENTITIES, OUTSIDE, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">']
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("place", ["word/document.xml", "_rels/.rels"])
def test_xml_that_declares_entities_is_refused(
    refuse: Refuse, declared: str, encoding: str, place: str
) -> None:
    inner = part("document", f"<w:body>{p('&i;')}</w:body>").replace("UTF-8", encoding)
    head, _, rest = inner.partition("?>")
    bomb = f"{head}?>{declared}{rest}".encode(encoding)
    assert "declares a document type" in refuse(docx(p("a"), parts={place: bomb}))


def test_elements_that_lie_too_deep_are_no_harm(refuse: Refuse) -> None:
    body = p("x")
    for _ in range(100):
        body = table([body])
    assert refuse(docx(body)).startswith("the file is damaged")


# Garbage.

FORMS = [
    path
    for path in sorted(DOCUMENTS.iterdir())
    if path.suffix in (".docx", ".pdf", ".html", ".txt")
]


def is_read_or_told(path: Path) -> bool:
    """Whether it gives lines, or an error that names the file; all else is raised."""
    try:
        return bool(read_document(path).lines)
    except ConfigError as error:
        return all(problem.where == str(path) for problem in error.problems)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_a_part_of_a_document_is_read_or_told(tmp_path: Path, path: Path) -> None:
    raw = path.read_bytes()
    for twentieth in range(21):
        cut = tmp_path / path.name
        cut.write_bytes(raw[: len(raw) * twentieth // 20])
        assert is_read_or_told(cut)


@pytest.fixture
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """PDFs are read in this process: another for each example would only take its time."""
    monkeypatch.setattr(reading, "pages_apart", pages_of)


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("ending", [".docx", ".pdf", ".html"])
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(data=st.data())
def test_a_document_with_wrong_bytes_is_read_or_told(
    tmp_path: Path, ending: str, data: st.DataObject
) -> None:
    raw = bytearray((DOCUMENTS / f"ua-46-19-second-ua{ending}").read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + 1] = data.draw(st.binary(max_size=4))
    path = tmp_path / f"ua{ending}"
    path.write_bytes(bytes(raw))
    assert is_read_or_told(path)


MAGIC = [
    b"", b"PK\x03\x04", b"PK\x05\x06", b"%PDF-1.7\n", b"%PDF-1.4\n1 0 obj<<", b"<html>", b"BM",
    b"<!doctype html>", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xd0\xcf\x11\xe0",
    b"{\\rtf1", b"<?xml version='1.0'?>",
]  # fmt: skip


@pytest.mark.usefixtures("_here")
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300
)
@given(
    st.sampled_from(MAGIC),
    st.binary(max_size=400),
    st.sampled_from([".txt", ".html", ".pdf", ".docx"]),
)
def test_garbage_is_read_or_told(tmp_path: Path, magic: bytes, rest: bytes, ending: str) -> None:
    path = tmp_path / f"ua{ending}"
    path.write_bytes(magic + rest)
    assert is_read_or_told(path)
