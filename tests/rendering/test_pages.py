"""Pages: the same bytes each time, data that stays data, and nothing reached outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdfkit import read_back, words
from uadispatch import Rejected
from uadispatch.rendering.pages import Pages, Typesetter
from uadispatch.testing.contract.guard import nothing_is_opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typst import Compiler

AT = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)
DATA = "#let d = json(bytes(sys.inputs.data))\n"
SHOW = DATA + '#set text(font: "Libertinus Serif", fallback: false)\n#d.text'

pages = Pages()


def made(source: str, data: Mapping[str, object] | None = None, **others: str) -> bytes:
    return pages.typeset({"page": source, **others}, "page", data or {}, at=AT)


def complaint(source: str, data: Mapping[str, object] | None = None, **others: str) -> str:
    with pytest.raises(Rejected) as caught:
        made(source, data, **others)
    return str(caught.value)


def test_it_is_pdf_a() -> None:
    pdf = made("Hello")
    assert pdf.startswith(b"%PDF-1.7")
    assert b"pdfaid:part" in pdf


@pytest.mark.parametrize(
    "hostile",
    ['#import "x"', "$x$ and $ 1/2 $", "*bold* _it_ `raw`", "= Heading", "@preview/cetz:0.2.0",
     '#panic("no")', "#{ 1 + 1 }", "</text>", "\\u{41}", "// gone", "/* gone */", "{{ 7*7 }}",
     "- a", "<label>", "~", "[]", "\"quoted\" 'single'", "https://example.org/#x"],
)  # fmt: skip
def test_markup_in_data_is_printed_as_it_is(hostile: str) -> None:
    assert words(made(SHOW, {"text": hostile})) == hostile


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="#$*_`@\\/{}[]()<>=+-~'\"&%!? abcЖқ", min_size=1, max_size=40))
def test_any_data_is_printed_as_it_is(text: str) -> None:
    shown = words(made(SHOW, {"text": f"[{text}]"}))
    assert shown.replace(" ", "") == f"[{text}]".replace(" ", "")


# -- the same bytes ------------------------------------------------------------------------------

ELSEWHERE = """\
import hashlib, json, sys
from datetime import datetime
from uadispatch.rendering.pages import Pages
asked = json.load(sys.stdin)
at = datetime.fromisoformat(asked["at"])
pdf = Pages().typeset(asked["layouts"], "page", asked["data"], at=at)
print(hashlib.sha256(pdf).hexdigest())
"""


def test_the_same_input_makes_the_same_bytes_anywhere(tmp_path: Path) -> None:
    layouts = {"page": SHOW + "\n#datetime.today().display()\n#lorem(300)"}
    data = {"text": "Қазақстан", "more": {"b": 1, "a": [None, 2.5]}}
    here = sha256(pages.typeset(layouts, "page", data, at=AT)).hexdigest()
    (tmp_path / "page.typ").write_text("something else")
    asked = json.dumps({"layouts": layouts, "data": data, "at": AT.isoformat()})
    ran = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], input=asked, capture_output=True, text=True, check=True,
        timeout=60, cwd=tmp_path,
        env={**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8",
             "SOURCE_DATE_EPOCH": "1", "TYPST_FONT_PATHS": "/usr/share/fonts",
             "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert ran.stdout.strip() == here


def test_a_day_has_one_date_and_the_next_another() -> None:
    source = DATA + "#datetime.today().display()"

    def dated(at: datetime) -> bytes:
        return Pages().typeset({"page": source}, "page", {}, at=at)

    assert dated(AT) == dated(AT + timedelta(hours=14, minutes=59))
    assert dated(AT) != dated(AT + timedelta(hours=15))
    assert "2019-08-20" in words(dated(datetime.fromisoformat("2019-08-21T04:59+05:00")))


def test_a_message_is_typeset_once() -> None:
    fresh = Pages()
    first = fresh.typeset({"page": "Hello"}, "page", {}, at=AT)
    assert fresh.typeset({"page": "Hello"}, "page", {}, at=AT + timedelta(seconds=9)) is first
    for other in (
        fresh.typeset({"page": "Hello"}, "page", {"a": 1}, at=AT),
        fresh.typeset({"page": "Hullo"}, "page", {}, at=AT),
        fresh.typeset({"page": "Hello"}, "page", {}, at=AT + timedelta(days=1)),
    ):
        assert other is not first


def test_what_is_kept_has_a_limit_and_the_oldest_goes() -> None:
    size = len(made("Letter 0"))
    small = Pages(kept=3 * size + size // 2)

    def letter(number: int) -> bytes:
        return small.typeset({"page": f"Letter {number}"}, "page", {}, at=AT)

    first, second = letter(0), letter(1)
    assert letter(0) is first
    letter(2), letter(3)
    assert letter(0) is first, "it was used after the second one"
    assert letter(1) is not second
    assert sum(map(len, small._kept.values())) <= small._room


# -- nothing outside -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../etc/passwd", "pyproject.toml", "/", "page.typ/../../x", "."]
)
def test_no_file_is_reached(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("secret")
    monkeypatch.chdir(tmp_path)
    for reading in (f'#read("{path}")', f'#image("{path}")', f'#json("{path}")'):
        try:
            pdf = made(reading)
        except Rejected:
            continue
        assert words(pdf) == ""


@pytest.mark.parametrize(
    "source",
    ['#import "@preview/cetz:0.2.0"', '#import "@local/x:1.0.0": *', '#include "@preview/x:1.0.0"',
     '#import ("@pre" + "view/cetz:0.2.0")', '#let p = "@preview/cetz:0.2.0"\n#import p: *',
     '#import /* */ "@preview/cetz:0.2.0"', '#{\n  import "@preview/cetz:0.2.0"\n}',
     '#import "_own.typ".replace("_own.typ", "@preview/cetz:0.2.0")',
     '#import "_own.typ"\n  .replace("_own.typ", "@preview/cetz:0.2.0")',
     '#eval("#imp" + "ort \\"@preview/cetz:0.2.0\\"")', '#std.eval("1")',
     '#dictionary(std).at("ev" + "al")("1")', '#plugin("x.wasm")', '#import "_nobody.typ"',
     '#let a = "\n// "; #import "@preview/cetz:0.2.0"'],
)  # fmt: skip
def test_no_package_is_fetched(source: str) -> None:
    with nothing_is_opened():
        says = complaint(source, _own="#let f = 1")
    assert says.startswith("page.typ, line ")
    assert "resolve" not in says, "it asked the network"


def test_a_layout_may_import_another_of_its_message() -> None:
    source = '// what we import and include\n#import "_own.typ": greet\n#greet("you")'
    assert words(made(source, _own="#let greet(who) = [Hello #who]")) == "Hello you"


def test_it_works_in_a_thread_that_did_not_make_it() -> None:
    import threading

    done: list[bytes] = []
    thread = threading.Thread(target=lambda: done.append(made("In a thread")))
    thread.start()
    thread.join(60)
    assert done == [made("In a thread")]


# -- what a person must mend ---------------------------------------------------------------------


def test_a_letter_without_a_glyph_is_named_with_what_to_do() -> None:
    says = complaint(SHOW, {"text": "Dear 部长 and ſ"})
    assert "部 (U+90E8" in says
    assert "长 (U+957F" in says
    assert "ſ" not in says
    assert "fonts-noto-cjk" in says
    assert "the channel's setting fonts" in says


def test_a_folder_of_fonts_draws_what_the_own_font_cannot() -> None:
    fonts = Path("/usr/share/fonts/truetype/dejavu")
    if not fonts.is_dir():
        pytest.skip("Debian's fonts-dejavu are not installed here")
    source = DATA + (
        "#let families = json(bytes(sys.inputs.families))\n"
        '#set text(font: ("Libertinus Serif", ..families), fallback: false)\n#d.text'
    )
    assert "U+0645" in complaint(source, {"text": "سلام"})
    pdf = pages.typeset({"page": source}, "page", {"text": "سلام"}, at=AT, fonts=fonts)
    assert b"DejaVuSans" in pdf
    assert pages.typeset({"page": "Hello"}, "page", {}, at=AT) == made("Hello")


def test_a_folder_of_fonts_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"there is no folder .*nowhere"):
        pages.typeset({"page": "x"}, "page", {}, at=AT, fonts=tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("one\n\n#foo", "page.typ, line 3: unknown variable: foo"),
        ("#let x = (", "page.typ, line 1: unclosed delimiter"),
        ('#import "_own.typ": f\n#f(1)', "_own.typ, line 2: cannot add"),
        ("#d.nobody", "page.typ, line 1: unknown variable: d"),
        (DATA + "#d.nobody", "page.typ, line 2: dictionary does not contain key"),
    ],
)
def test_a_mistake_in_a_layout_is_placed(source: str, where: str) -> None:
    assert where in complaint(source, _own='#let f(x) = {\n  x + "a"\n}')


def test_what_a_layout_refuses_is_said_in_its_words() -> None:
    assert complaint('#panic("the \\"address\\" is too long")') == 'the "address" is too long'


def test_a_layout_that_is_missing_is_named() -> None:
    with pytest.raises(Rejected, match=r"no page layout page\.typ"):
        pages.typeset({"other": "x"}, "page", {}, at=AT)


def test_a_layout_that_never_ends_is_an_error() -> None:
    assert "page.typ, line 1" in complaint("#let f(n) = f(n + 1)\n#f(1)")


def test_a_breakdown_inside_of_typst_fails_one_message_alone() -> None:
    class PanicException(BaseException):
        """As PyO3 names it."""

    class Broken:
        def compile(self, *_: object, **__: object) -> bytes:
            raise PanicException

    fresh = Pages()
    fresh._typesetters[None] = Typesetter(cast("Compiler", Broken()), ())
    with pytest.raises(Rejected, match="typst broke down"):
        fresh.typeset({"page": "x"}, "page", {}, at=AT)
    assert words(fresh.typeset({"page": "x"}, "page", {}, at=AT)) == "x"


def test_two_layouts_may_have_any_name() -> None:
    assert words(made('#include "main.typ"', main="Hello")) == "Hello"
    assert len(read_back(made("a #pagebreak() b"))) == 2
