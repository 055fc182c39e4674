"""A page of HTML: its text as a person sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from uadispatch.campaign.notices.document import Document, Link
from uadispatch.campaign.notices.reading import read_document
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read = Callable[[str | bytes], Document]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(page: str | bytes) -> Document:
        path = tmp_path / "ua.html"
        path.write_bytes(page if isinstance(page, bytes) else page.encode())
        return read_document(path)

    return read


def texts(document: Document) -> list[str]:
    return [line.text for line in document.lines]


def test_blocks_and_breaks_end_lines_and_wraps_of_the_source_do_not(read: Read) -> None:
    document = read(
        "<html><p>One\n  line <b>of</b>\n text</p><div>Two<br>Three</div>"
        "<ul><li>Four</li><li>Five</ul>"
    )
    assert texts(document) == ["One line of text", "Two", "Three", "Four", "Five"]


def test_a_paragraph_of_several_lines_stands_apart_and_single_ones_do_not(read: Read) -> None:
    document = read("<html><p>A</p><p>B</p><p>C<br>D</p><p>E<br>F</p><p>G</p><p>&nbsp;</p><p>H</p>")
    assert texts(document) == list("ABCDEFGH")
    assert "".join(line.text for line in document.lines if line.begins) == "CEGH"


def test_two_breaks_are_an_empty_line(read: Read) -> None:
    document = read("<html><body>A<br>B<br><br>C<br>&nbsp;<br>D<h2>E</h2>F</body>")
    assert texts(document) == list("ABCDEF")
    assert "".join(line.text for line in document.lines if line.begins) == "CDEF"


def test_cells_come_row_by_row(read: Read) -> None:
    inner = "<table><tr><td>In</table>"
    document = read(f"<html><table><tr><td>A<br>a<td>B</tr><tr><th>C{inner}c</th></tr></table>D")
    assert texts(document) == ["A", "a", "B", "C", "In", "c", "D"]
    assert [line.cell for line in document.lines] == [1, 1, 2, 3, 4, 3, None]
    assert document.lines[4].where == "table 2, cell 1"
    assert document.lines[6].begins


def test_links_lead_where_they_say(read: Read) -> None:
    document = read(
        '<html><p>Write to <a href="mailto:a@example.org">a@example.org</a> or '
        '<a href=" https://example.org/a b ">here</a>, <a href="#top">top</a>, '
        '<a href="javascript:x()">run</a>.</p>'
    )
    (line,) = document.lines
    assert line.text == "Write to a@example.org or here, top, run."
    assert line.links == (
        Link("a@example.org", "mailto:a@example.org"),
        Link("here", "https://example.org/ab"),
    )


def scrambled(address: str, key: int = 0x5A) -> str:
    return bytes([key, *(ord(char) ^ key for char in address)]).hex()


def test_an_address_that_the_site_has_scrambled_is_read(read: Read) -> None:
    code = scrambled("press@example.org")
    document = read(
        '<html><p>Email: <a href="/cdn-cgi/l/email-protection" class="__cf_email__" '
        f'data-cfemail="{code}">'
        f'[email&#160;protected]</a> or <a href="/cdn-cgi/l/email-protection#{code}">write</a>; '
        '<span data-cfemail="zz">[email&#160;protected]</span></p>'
    )
    (line,) = document.lines
    assert line.text == "Email: press@example.org or write; [email protected]"
    assert line.links == (
        Link("press@example.org", "mailto:press@example.org"),
        Link("write", "mailto:press@example.org"),
    )


@pytest.mark.parametrize(
    "code", ["", "5", "5a", scrambled("no address"), scrambled("<b>@x"), "00ff@"]
)
def test_what_is_no_scrambled_address_is_left_as_it_is(read: Read, code: str) -> None:
    assert texts(read(f'<html><p>x <span data-cfemail="{code}">[email protected]</span></p>')) == [
        "x [email protected]"
    ]


def test_what_a_site_puts_around_its_text_is_left_out(read: Read) -> None:
    document = read(
        "<html><head><title>T</title><style>p{}</style></head><body><header>Logo</header>"
        "<nav>Home</nav><div role=navigation>Menu</div><article><header>Title</header>Text"
        "<script>x</script><p hidden>no</p><p style='display: none'>no</p><!-- no -->"
        "<button>Share</button>"
        "</article><aside>More</aside><footer>Us: office@example.org</footer></body>"
    )
    assert texts(document) == ["Title", "Text"]


def test_of_a_page_with_a_main_part_only_that_is_read(read: Read) -> None:
    assert texts(read("<html><div>Around</div><main><p>Inside</p></main><div>Below</div>")) == [
        "Inside"
    ]
    assert texts(read("<html><main>A</main><div>B</div><main>C</main>")) == ["A", "B", "C"]


def test_bullets_and_hidden_parts_of_a_page_saved_by_word_are_left_out(read: Read) -> None:
    assert texts(read(
        "<html><p class=MsoListParagraph><span style='mso-list:Ignore'>·<span>&nbsp; </span></span>"
        "Calling on<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p>It&#146;s</p>"
    )) == ["Calling on", "It’s"]  # fmt: skip


def test_text_laid_out_by_its_author_keeps_its_lines(read: Read) -> None:
    document = read("<html><pre>URGENT ACTION\n\nMinister\nFax: +99 1\n</pre><p>End</p>")
    assert texts(document) == ["URGENT ACTION", "Minister", "Fax: +99 1", "End"]
    assert [line.begins for line in document.lines] == [False, True, False, True]


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso-8859-2", "cp1251"])
def test_a_page_is_read_in_the_encoding_that_it_names(read: Read, name: str) -> None:
    text = "Серикжан" if name == "cp1251" else "Čeněk" if name == "iso-8859-2" else "José’s"
    page = f'<html><head><meta charset="{name.removesuffix("-sig")}"></head><p>{text}</p>'
    assert texts(read(page.encode(name))) == [text]


def test_a_page_that_names_the_wrong_encoding_is_read_in_its_own(read: Read) -> None:
    assert texts(read('<html><meta charset="iso-8859-1"><p>José’s</p>'.encode())) == ["José’s"]


@pytest.mark.parametrize("name", ["zlib_codec", "punycode", "unicode_escape", "no-such", "rot13"])
def test_an_encoding_that_is_none_is_not_used(read: Read, name: str) -> None:
    page = f'<html><meta charset="{name}"><p>Jos'.encode() + b"\xe9 and more text like it</p>"
    assert texts(read(page)) == ["José and more text like it"]


def test_a_page_of_xml_is_read(read: Read) -> None:
    assert texts(
        read(
            '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n<html><p>A &amp; b</p></html>'
        )
    ) == ["A & b"]


def test_entities_of_ones_own_are_not_expanded(read: Read) -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><html><p>x &b; y</p>'
    assert all(
        "aaaaaaaaaaaaaaaaaaaa" not in text for text in texts(read(bomb)) if text.startswith("x")
    )


def test_elements_that_lie_too_deep_are_told_and_no_text_is_lost(read: Read) -> None:
    with pytest.raises(ConfigError, match="too deep"):
        read("<html>" + "<div>" * 5_000 + "deep" + "</div>" * 5_000 + "<p>after</p>")
    assert texts(read("<html>" + "<font>" * 500 + "deep<p>after</p>")) == ["deep", "after"]
