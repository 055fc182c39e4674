"""One story of a .docx (its body, a header) -> text, line ends, cells, links; it opens no part."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uadispatch.campaign.notices.reading.gathering import Gathering
    from uadispatch.campaign.notices.reading.limits import Watch
    from uadispatch.campaign.notices.reading.package import Relation

__all__ = ["Story"]

_OFTEN = 1_000
"""After how many elements the clock is looked at."""
_NAMES = ("/wordprocessingml/2006/main}", "/wordprocessingml/main}")
"""How the names of Word's elements end, in its usual and in its strict form."""
_SKIPPED = frozenset({
    "del", "moveFrom", "delText", "delInstrText", "pPr", "tblPr", "tblGrid", "trPr", "tcPr",
    "sectPr", "sdtPr", "sdtEndPr", "rt", "pPrChange", "rPrChange", "sectPrChange", "numbering",
})  # fmt: skip
_SIGNS = ("wingdings", "webdings", "symbol", "zapf", "marlett")
"""How the names of fonts begin whose letters are signs."""
_HYPERLINK = re.compile(r'\s*HYPERLINK\s+(?:"([^"]*)"|([^\s"\\]\S*))', re.IGNORECASE)
_LONGEST_CODE = 5_000
_OFF = ("0", "false", "off")
_LAST_CHARACTER = 0x10FFFF


@dataclass(slots=True)
class _Field:
    """A field of Word: a code, and the text that it stands for."""

    code: list[str] = field(default_factory=list)
    in_code: bool = True
    is_link: bool = False


@dataclass(slots=True)
class _Table:
    number: int
    cells: int = 0


def _children(element: Any, name: str) -> Any:
    return element.find(f"{{*}}{name}")


def _value(element: Any, name: str) -> str:
    """An attribute, whatever its namespace is called."""
    for full, value in element.attrib.items():
        if full.rpartition("}")[2] == name:
            return str(value)
    return ""


def _is_on(element: Any) -> bool:
    return element is not None and _value(element, "val") not in _OFF


class Story:
    """Walks through the elements of one part, in their order."""

    def __init__(
        self, gathering: Gathering, relations: Mapping[str, Relation], watch: Watch
    ) -> None:
        self.notes: list[str] = []
        self.pictures = False
        self._to = gathering
        self._relations = relations
        self._watch = watch
        self._fields: list[_Field] = []
        self._tables: list[_Table] = []
        self._tables_so_far = 0
        self._boxes = 0
        self._begin: Mapping[str, Callable[[Any], bool | None]] = {
            "t": self._text, "instrText": self._code, "tab": self._tab, "ptab": self._tab,
            "br": self._break, "cr": self._break, "noBreakHyphen": self._hyphen,
            "sym": self._sign, "r": self._run, "fldChar": self._field_mark,
            "fldSimple": self._simple_field, "hyperlink": self._hyperlink, "tbl": self._table,
            "tr": self._row, "tc": self._cell, "txbxContent": self._box, "sdt": self._control,
            "footnoteReference": self._footnote, "endnoteReference": self._footnote,
            "altChunk": self._foreign, "subDoc": self._foreign,
        }  # fmt: skip
        self._finish: Mapping[str, Callable[[Any], None]] = {
            "p": self._end_paragraph, "tbl": self._end_table, "tc": self._end_cell,
            "txbxContent": self._end_box, "hyperlink": self._end_link,
            "fldSimple": self._end_link,
        }  # fmt: skip

    def walk(self, root: Any) -> None:
        """Hand on all that `root` says. Raises CannotRead if it is too much."""
        from lxml import etree  # noqa: PLC0415 - costly

        skipped: set[Any] = set()
        walker = etree.iterwalk(root, events=("start", "end"))
        for count, (event, element) in enumerate(walker):
            if count % _OFTEN == 0:
                self._watch.look()
            name = self._name(element)
            if event == "start":
                if self._is_skipped(name, element):
                    skipped.add(element)
                    walker.skip_subtree()
            elif element in skipped:
                skipped.discard(element)
            elif name in self._finish:
                self._finish[name](element)

    def _name(self, element: Any) -> str:
        """The name of one of Word's own elements, else ""."""
        tag = element.tag
        if not isinstance(tag, str):  # a comment
            return ""
        space, _, name = tag.rpartition("}")
        if f"{space}}}".endswith(_NAMES):
            return name
        if name in ("blip", "imagedata"):
            self.pictures = True
        # The same again for programs that cannot draw what stands before it.
        return "del" if name == "Fallback" and _has_choice(element) else ""

    def _is_skipped(self, name: str, element: Any) -> bool:
        if name in _SKIPPED:
            return True
        begin = self._begin.get(name)
        return bool(begin and begin(element))

    # What a run holds.

    @property
    def _in_code(self) -> bool:
        return any(each.in_code for each in self._fields[-5:])

    def _write(self, text: str) -> None:
        if not self._in_code:
            self._to.write(text)

    def _text(self, element: Any) -> None:
        self._write((element.text or "").replace("\n", " "))

    def _tab(self, _: Any) -> None:
        self._write("\t")

    def _hyphen(self, _: Any) -> None:
        self._write("-")

    def _break(self, element: Any) -> None:
        if self._in_code:
            return
        self._to.end(counts=True)
        if _value(element, "type") in ("page", "column"):
            self._to.gap()

    def _sign(self, element: Any) -> None:
        font, code = _value(element, "font").lower(), _value(element, "char")
        try:
            number = int(code[:8], 16)
        except ValueError:
            return
        is_letter = not font.startswith(_SIGNS) and 0 < number <= _LAST_CHARACTER
        self._write(chr(number) if is_letter else " ")

    def _run(self, element: Any) -> bool:
        """Whether nothing of it is to be read: it is hidden, or a bullet."""
        style = _children(element, "rPr")
        if style is None:
            return False
        if _is_on(_children(style, "vanish")):
            return True
        fonts = _children(style, "rFonts")
        font = _value(fonts, "ascii").lower() if fonts is not None else ""
        if font.startswith(_SIGNS):
            texts = element.findall("{*}t")
            if texts:
                self._write(" ")
            return bool(texts)
        said = "".join(each.text or "" for each in element.findall("{*}t"))
        return font.startswith("courier") and said.strip() == "o" and not self._to.length

    # Fields and links.

    def _field_mark(self, element: Any) -> None:
        kind = _value(element, "fldCharType")
        if kind == "begin":
            self._fields.append(_Field())
        elif self._fields and kind == "separate":
            self._open_field(self._fields[-1])
        elif self._fields and kind == "end":
            self._close_field()

    def _code(self, element: Any) -> None:
        if self._fields and self._fields[-1].in_code:
            self._fields[-1].code.append((element.text or "")[:_LONGEST_CODE])

    def _open_field(self, now: _Field) -> None:
        if now.in_code and (to := _linked("".join(now.code))):
            now.is_link = True
            self._to.begin_link(to)
        now.in_code = False

    def _close_field(self) -> None:
        if self._fields.pop().is_link:
            self._to.end_link()

    def _simple_field(self, element: Any) -> None:
        self._to.begin_link(_linked(_value(element, "instr")[:_LONGEST_CODE]))

    def _hyperlink(self, element: Any) -> None:
        relation = self._relations.get(_value(element, "id"))
        self._to.begin_link(relation.target if relation else "")

    def _end_link(self, _: Any) -> None:
        self._to.end_link()

    # What holds paragraphs.

    def _end_paragraph(self, element: Any) -> None:
        # A code that never ends would swallow all that follows.
        while self._fields and self._fields[-1].in_code:
            self._close_field()
        style = _children(element, "pPr")
        mark = _children(style, "rPr") if style is not None else None
        if mark is not None and _children(mark, "del") is not None:
            return  # its end was deleted: the next one goes on with it
        self._to.end(counts=True)
        self._to.flush_boxes()

    def _table(self, _: Any) -> None:
        self._to.end(counts=False)
        self._tables_so_far += 1
        self._tables.append(_Table(self._tables_so_far))

    def _end_table(self, _: Any) -> None:
        self._tables.pop()
        self._to.gap()

    def _row(self, element: Any) -> bool:
        style = _children(element, "trPr")
        return style is not None and _children(style, "del") is not None

    def _cell(self, element: Any) -> bool:
        """Whether it is only the continuation of a merged cell."""
        style = _children(element, "tcPr")
        for name in ("vMerge", "hMerge") if style is not None else ():
            merge = _children(style, name)
            if merge is not None and _value(merge, "val") != "restart":
                return True
        if not self._tables:
            self._tables.append(_Table(0))  # a cell outside of any table: a broken file
        table = self._tables[-1]
        table.cells += 1
        self._to.enter_cell(f"table {table.number}, cell {table.cells}")
        return False

    def _end_cell(self, _: Any) -> None:
        self._to.leave_cell()

    def _box(self, _: Any) -> None:
        self._boxes += 1
        self._to.enter_box(f"text box {self._boxes}")

    def _end_box(self, _: Any) -> None:
        self._to.leave_box()

    def _control(self, element: Any) -> bool:
        """Whether it only shows what to type into it."""
        style = _children(element, "sdtPr")
        return style is not None and _is_on(_children(style, "showingPlcHdr"))

    # What is not read, and said.

    def _footnote(self, _: Any) -> None:
        self._note("its footnotes were not read; look whether they matter")

    def _foreign(self, _: Any) -> None:
        self._note("a part of it is a file of another kind and was not read; look at it in Word")

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def _linked(code: str) -> str:
    """Where the code of a field leads, "" if it is no link."""
    found = _HYPERLINK.match(code)
    return (found[1] or found[2] or "") if found else ""


def _has_choice(fallback: Any) -> bool:
    return any(
        isinstance(each.tag, str) and each.tag.endswith("}Choice")
        for each in fallback.itersiblings(preceding=True)
    )
