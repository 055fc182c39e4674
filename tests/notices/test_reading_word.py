"""A .docx: what is read of it, in which order, and what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from filekit import cell, docx, p, part, relations, t, table
from uadispatch.campaign.notices.document import Document, Link
from uadispatch.campaign.notices.reading import read_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read = Callable[[bytes], Document]

BREAK = "<w:r><w:br/></w:r>"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(raw: bytes) -> Document:
        path = tmp_path / "ua.docx"
        path.write_bytes(raw)
        return read_document(path)

    return read


def texts(document: Document) -> list[str]:
    return [line.text for line in document.lines]


def field(code: str, words: str) -> str:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    instruction = f"<w:r><w:instrText>{code}</w:instrText></w:r>"
    return mark("begin") + instruction + mark("separate") + t(words) + mark("end")


def test_paragraphs_are_lines_and_empty_ones_part_them(read: Read) -> None:
    document = read(docx(p("One") + p() + p("Two") + p("Three") + p(" ") + p("\u200b") + p("Four")))
    assert texts(document) == ["One", "Two", "Three", "Four"]
    assert [line.begins for line in document.lines] == [False, True, False, True]
    assert document.as_text() == "One\n\nTwo\nThree\n\nFour\n"


def test_a_break_in_a_paragraph_ends_a_line(read: Read) -> None:
    document = read(docx(p("One", BREAK, "Two", BREAK, BREAK, "Three")))
    assert texts(document) == ["One", "Two", "Three"]
    assert [line.begins for line in document.lines] == [False, False, True]


def test_tabs_are_one_space_and_hyphens_stay(read: Read) -> None:
    tab, hyphen, soft = (
        f"<w:r><w:{name}/></w:r>" for name in ("tab", "noBreakHyphen", "softHyphen")
    )
    stops = '<w:pPr><w:tabs><w:tab w:val="left" w:pos="1"/></w:tabs></w:pPr>'
    body = p("Kazakhstan", tab, tab, "Date: 16", hyphen, "17", "detain", soft, "ed", style=stops)
    assert texts(read(docx(body))) == ["Kazakhstan Date: 16-17detained"]


def test_cells_come_row_by_row_each_with_its_lines_together(read: Read) -> None:
    rows = [p("A1") + p("a1"), p("B1")], [p("A2"), p("B2") + p() + p("b2")]
    document = read(docx(p("Before") + table(*rows) + p("After")))
    assert texts(document) == ["Before", "A1", "a1", "B1", "A2", "B2", "b2", "After"]
    assert [line.cell for line in document.lines] == [None, 1, 1, 2, 3, 4, 4, None]
    assert [line.begins for line in document.lines] == [
        False,
        True,
        False,
        True,
        True,
        True,
        True,
        True,
    ]
    assert document.lines[4].where == "table 1, cell 3"


def test_a_table_in_a_cell_has_cells_of_its_own(read: Read) -> None:
    inner = table([p("In 1"), p("In 2")])
    document = read(docx(table([p("Out") + inner + p("Out again"), p("Next")])))
    assert texts(document) == ["Out", "In 1", "In 2", "Out again", "Next"]
    assert [line.cell for line in document.lines] == [1, 2, 3, 1, 4]
    assert document.lines[1].where == "table 2, cell 1"
    assert document.lines[3].where == "table 1, cell 1"


def test_merged_cells_are_read_once(read: Read) -> None:
    down = cell(p("Both"), '<w:vMerge w:val="restart"/>')
    rest = cell(p("hidden"), "<w:vMerge/>")
    wide = cell(p("Wide"), '<w:gridSpan w:val="2"/>')
    assert texts(read(docx(table([down, p("1")], [rest, p("2")], [wide])))) == [
        "Both",
        "1",
        "2",
        "Wide",
    ]


def box(*paragraphs: str) -> str:
    inner = f"<w:txbxContent>{''.join(paragraphs)}</w:txbxContent>"
    return (
        "<w:r><mc:AlternateContent>"
        '<mc:Choice Requires="wps"><w:drawing>'
        f"<wps:txbx>{inner}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{inner}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )


def test_a_text_box_is_read_once_after_the_line_that_it_hangs_on(read: Read) -> None:
    body = p("One", box(p("In the box") + p("In it too")), " goes on") + p("Two")
    document = read(docx(body))
    assert texts(document) == ["One goes on", "In the box", "In it too", "Two"]
    assert [line.cell for line in document.lines] == [None, 1, 1, None]
    assert [line.begins for line in document.lines] == [False, True, False, True]
    assert document.lines[1].where == "text box 1"


def test_a_text_box_of_an_old_file_is_read(read: Read) -> None:
    inner = f"<w:txbxContent>{p('Old')}</w:txbxContent>"
    old = f"<w:r><w:pict><v:textbox>{inner}</v:textbox></w:pict></w:r>"
    assert texts(read(docx(p(old)))) == ["Old"]


def test_deleted_text_is_left_out_and_inserted_text_is_kept(read: Read) -> None:
    deleted = "<w:del><w:r><w:delText>old </w:delText></w:r></w:del>"
    moved = f"<w:moveFrom>{t('away ')}</w:moveFrom>"
    inserted = f"<w:ins>{t('new ')}</w:ins><w:moveTo>{t('here ')}</w:moveTo>"
    ended = "<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>"
    body = p("A ", deleted, moved, inserted, "text") + p("whose end ", style=ended) + p("is gone")
    assert texts(read(docx(body))) == ["A new here text", "whose end is gone"]


def test_a_deleted_row_is_left_out(read: Read) -> None:
    row = f"<w:tr><w:trPr><w:del/></w:trPr>{cell(p('gone'))}</w:tr>"
    assert texts(read(docx(f"<w:tbl>{row}<w:tr>{cell(p('kept'))}</w:tr></w:tbl>"))) == ["kept"]


def test_what_nobody_sees_is_left_out(read: Read) -> None:
    hint = (
        "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
        + p("Click to type")
        + "</w:sdtContent></w:sdt>"
    )
    comment = '<w:commentRangeStart w:id="1"/><w:r><w:commentReference w:id="1"/></w:r>'
    control = "<w:sdt><w:sdtPr/><w:sdtContent>" + p("Typed") + "</w:sdtContent></w:sdt>"
    body = (
        p("Seen", t("hidden", "<w:vanish/>"), t("!", '<w:vanish w:val="0"/>'), comment)
        + hint
        + control
    )
    assert texts(read(docx(body))) == ["Seen!", "Typed"]


def test_footnotes_are_told(read: Read) -> None:
    document = read(docx(p("A text", '<w:r><w:footnoteReference w:id="2"/></w:r>')))
    assert texts(document) == ["A text"]
    assert "footnotes" in document.notes[0]


@pytest.mark.parametrize(
    "bullet",
    [
        '<w:r><w:sym w:font="Wingdings" w:char="F0A7"/></w:r>',
        '<w:r><w:sym w:font="Symbol" w:char="F0B7"/></w:r>',
        t("n", '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'),
        t("o", '<w:rFonts w:ascii="Courier New"/>'),
        t("\uf0b7"),
        t("•"),
        "",
    ],
)
def test_bullets_are_no_text(read: Read, bullet: str) -> None:
    style = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    body = p(bullet or "", "<w:r><w:tab/></w:r>", "Calling on the authorities", style=style)
    assert texts(read(docx(body))) == ["Calling on the authorities"]


def test_a_sign_of_a_font_of_letters_is_a_letter(read: Read) -> None:
    assert texts(read(docx(p("A", '<w:r><w:sym w:font="Arial" w:char="00E9"/></w:r>')))) == ["Aé"]


def test_links_lead_where_their_relation_or_their_field_says(read: Read) -> None:
    related = [
        ("rId7", "hyperlink", "mailto:a@example.org"),
        ("rId8", "hyperlink", "https://example.org/?a=1&amp;b=2"),
    ]
    body = (
        p("Email: ", f'<w:hyperlink r:id="rId7">{t("a@")}{t("example.org")}</w:hyperlink>')
        + p(f'<w:hyperlink r:id="rId8">{t("Click here")}</w:hyperlink>', " to report")
        + p(
            field(' HYPERLINK "https://example.org/x" \\o "tip" ', "this page"),
            " and ",
            field("PAGE", "3"),
        )
        + p(f'<w:fldSimple w:instr="HYPERLINK https://example.org/y">{t("that")}</w:fldSimple>')
        + p(
            field(' HYPERLINK \\l "below" ', "below"),
            f'<w:hyperlink w:anchor="top">{t("top")}</w:hyperlink>',
        )
    )
    document = read(docx(body, related=related))
    assert texts(document) == [
        "Email: a@example.org", "Click here to report", "this page and 3", "that", "belowtop",
    ]  # fmt: skip
    assert [line.links for line in document.lines] == [
        (Link("a@example.org", "mailto:a@example.org"),),
        (Link("Click here", "https://example.org/?a=1&b=2"),),
        (Link("this page", "https://example.org/x"),),
        (Link("that", "https://example.org/y"),),
        (),
    ]


def test_a_field_whose_code_never_ends_swallows_only_its_paragraph(read: Read) -> None:
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    assert texts(read(docx(p("A ", begin, "lost") + p("B")))) == ["A", "B"]


def test_heads_of_pages_come_first_and_feet_last_each_once(read: Read) -> None:
    head, foot = "UA: 7/14 Index: ABC 12/3456/2014", "Contact the office"
    related = [(f"rId{n}", kind, f"{kind}{n}.xml") for n, kind in
               enumerate(("header", "header", "footer", "footer", "header"), start=1)]  # fmt: skip
    parts = {
        "word/header1.xml": part("hdr", p(head)),
        "word/header2.xml": part("hdr", p(head) + p("Only on the first")),
        "word/footer3.xml": part("ftr", p("Page ", field("PAGE", "1"), " of 2") + p(foot)),
        "word/footer4.xml": part("ftr", p(field("PAGE", "2")) + p(foot) + p("Said in the body")),
        "word/header5.xml": part("hdr", p("Of even pages, which are not set apart")),
    }
    sections = "".join(
        f'<w:{kind}Reference w:type="{which}" r:id="rId{n}"/>'
        for kind, which, n in (
            ("header", "default", 1), ("header", "first", 2), ("header", "even", 5),
            ("footer", "default", 3), ("footer", "first", 4),
        )
    )  # fmt: skip
    body = p("The text") + p("Said in the body") + f"<w:sectPr>{sections}<w:titlePg/></w:sectPr>"
    document = read(docx(body, related=related, parts=parts))
    assert texts(document) == [head, "Only on the first", "The text", "Said in the body", foot]
    assert [line.where for line in document.lines] == [
        "page header",
        "page header",
        "",
        "",
        "page footer",
    ]
    plain = body.replace("<w:titlePg/>", "")
    assert "Only on the first" not in texts(read(docx(plain, related=related, parts=parts)))


def test_the_main_part_may_have_any_name(read: Read) -> None:
    parts = {
        "_rels/.rels": relations([("rId1", "officeDocument", "word/other.xml")]),
        "word/other.xml": part("document", f"<w:body>{p('Here')}</w:body>"),
    }
    assert texts(read(docx(p("Not here"), parts=parts))) == ["Here"]


def test_the_strict_form_of_word_files_is_read(read: Read) -> None:
    inner = part("document", f"<w:body>{p('Strict')}</w:body>").replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert texts(read(docx("", parts={"word/document.xml": inner}))) == ["Strict"]
