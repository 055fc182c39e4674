"""A page of HTML -> its lines, without what a site puts around them; it asks no server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.notices.reading.gathering import Gathering
from uadispatch.campaign.notices.reading.limits import CannotRead
from uadispatch.campaign.notices.reading.plain import read_block

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uadispatch.campaign.notices.document import Line
    from uadispatch.campaign.notices.reading.limits import Watch

__all__ = ["read_web"]

_OFTEN = 1_000
_SKIPPED = frozenset({
    "head", "script", "style", "template", "noscript", "svg", "math", "iframe", "object",
    "embed", "audio", "video", "canvas", "map", "button", "select", "option", "input",
    "textarea", "datalist", "nav", "dialog", "del", "title",
})  # fmt: skip
_AROUND = frozenset({
    "header", "footer", "aside",
})  # fmt: skip
"""A site's own, unless they stand in the article itself."""
_ROLES = frozenset({
    "navigation", "banner", "contentinfo", "search", "dialog", "menu", "menubar", "alert",
})  # fmt: skip
_LINES = frozenset({
    "p", "div", "li", "td", "th", "tr", "dt", "dd", "dl", "ul", "ol", "table", "tbody", "thead",
    "tfoot", "caption", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "blockquote",
    "pre", "hr", "address", "figure", "figcaption", "fieldset", "legend", "form", "center",
    "header", "footer", "main", "aside", "body", "details", "summary",
})  # fmt: skip
"""What begins and ends a line."""
_APART = frozenset({
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table", "blockquote", "section", "article",
    "pre",
})  # fmt: skip
"""What is parted from the lines around it too."""
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|"
                     r"mso-list\s*:\s*ignore", re.IGNORECASE)  # fmt: skip
_SPACES = re.compile(r"[ \t\r\n\f]+")
_PROTECTED = "/email-protection#"
"""In a link to an address that Cloudflare has scrambled."""
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,100}@[\w.-]{1,200}\.\w{2,30}", re.ASCII)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")


def read_web(text: str, watch: Watch) -> list[Line]:
    """The lines of the page. Raises CannotRead."""
    root = _tree(text)
    if root is None:
        return []
    gathering = Gathering(watch)
    _Page(gathering, watch).walk(_main(root))
    gathering.end(counts=False)
    return gathering.lines


def _tree(text: str) -> Any:
    """The root element, None without any."""
    from lxml import etree  # noqa: PLC0415 - costly

    # Bounded by the size of the file; without this the rest of a long text would be lost.
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    raw = _XML_DECLARATION.sub("", text.replace("\0", ""), count=1).encode("utf-8", "replace")
    try:
        root = etree.fromstring(raw, parser)
    except (etree.LxmlError, ValueError):
        return None  # there is nothing in it
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise CannotRead("its elements lie too deep in each other; copy its text into a .docx")
    return root


def _main(root: Any) -> Any:
    """The one part that the page calls its main one, else all of it."""
    found = [
        each
        for each in root.iter()
        if each.tag == "main" or (isinstance(each.tag, str) and each.get("role") == "main")
    ]
    return found[0] if len(found) == 1 else root


class _Page:
    """Walks through the elements of a page, in their order."""

    def __init__(self, gathering: Gathering, watch: Watch) -> None:
        self._to = gathering
        self._watch = watch
        self._tables: list[list[int]] = []
        self._tables_so_far = 0
        self._paragraphs: list[int] = []
        """How many lines there were before each paragraph that is open."""
        self._begin: Mapping[str, Callable[[Any], None]] = {
            "br": lambda _: self._to.end(counts=True),
            "a": self._link,
            "table": self._table,
            "td": self._cell,
            "th": self._cell,
        }
        self._finish: Mapping[str, Callable[[Any], None]] = {
            "a": lambda _: self._to.end_link(),
            "table": self._end_table,
            "td": self._end_cell,
            "th": self._end_cell,
        }

    def walk(self, root: Any) -> None:
        """Hand on all that can be seen of `root`."""
        from lxml import etree  # noqa: PLC0415 - costly

        skipped: set[Any] = set()
        inside = 0
        walker = etree.iterwalk(root, events=("start", "end"))
        for count, (event, element) in enumerate(walker):
            if count % _OFTEN == 0:
                self._watch.look()
            name = element.tag if isinstance(element.tag, str) else ""
            inside += (event == "start") - (event == "end") if name in ("article", "main") else 0
            if event == "end":
                if element in skipped:
                    skipped.discard(element)
                else:
                    self._leave(name, element)
                if element is not root:
                    self._write(element.tail)
            elif _is_hidden(name, element, inside=inside > 0) or self._replaced(name, element):
                skipped.add(element)
                walker.skip_subtree()
            else:
                self._enter(name, element)

    def _write(self, text: str | None) -> None:
        if text:
            text = _SPACES.sub(" ", text)
            self._to.write(text.lstrip(" ") if self._to.ends_with_space else text)

    def _enter(self, name: str, element: Any) -> None:
        if name in _LINES:
            self._to.end(counts=False)
            if name in _APART:
                self._to.gap()
        if name == "p":
            self._paragraphs.append(len(self._to.lines))
        if name in self._begin:
            self._begin[name](element)
        self._write(element.text)

    def _leave(self, name: str, element: Any) -> None:
        if name in _LINES:
            self._to.end(counts=False)
            if name in _APART:
                self._to.gap()
        if name == "p" and self._paragraphs:
            self._leave_paragraph(self._paragraphs.pop())
        if name in self._finish:
            self._finish[name](element)

    def _leave_paragraph(self, before: int) -> None:
        lines = len(self._to.lines) - before
        if lines == 1:
            return
        # An empty one is an empty line; one of several lines, such as an address, stands apart.
        self._to.gap()
        if lines:
            self._to.part(before)

    def _replaced(self, name: str, element: Any) -> bool:
        """Whether it was written in another way: as lines of text, or an address unscrambled."""
        if name == "pre":
            self._to.end(counts=False)
            self._to.gap()
            for line in read_block("".join(element.itertext()), self._watch):
                self._to.take(line)
            self._to.gap()
            return True
        address = _unscrambled(element.get("data-cfemail", "")) if name else ""
        if address:
            self._to.begin_link(f"mailto:{address}")
            self._write(address)
            self._to.end_link()
        return bool(address)

    def _link(self, element: Any) -> None:
        to = element.get("href", "")
        _, protected, code = to.partition(_PROTECTED)
        address = _unscrambled(code) if protected else ""
        self._to.begin_link(f"mailto:{address}" if address else to)

    def _table(self, _: Any) -> None:
        self._tables_so_far += 1
        self._tables.append([self._tables_so_far, 0])

    def _end_table(self, _: Any) -> None:
        self._tables.pop()
        self._to.gap()

    def _cell(self, _: Any) -> None:
        if not self._tables:
            self._tables.append([0, 0])  # a cell outside of any table: a broken page
        table = self._tables[-1]
        table[1] += 1
        self._to.enter_cell(f"table {table[0]}, cell {table[1]}")

    def _end_cell(self, _: Any) -> None:
        self._to.leave_cell()


def _is_hidden(name: str, element: Any, *, inside: bool) -> bool:
    if not name:
        return True
    return (
        name in _SKIPPED
        or (name in _AROUND and not inside)
        or (element.get("role") or "").lower() in _ROLES
        or element.get("hidden") is not None
        or bool(_HIDDEN.search(element.get("style") or ""))
    )


def _unscrambled(code: str) -> str:
    """The address that Cloudflare has scrambled, "" if it is none."""
    code = code.partition("?")[0].strip()
    try:
        key, *rest = bytes.fromhex(code[:1_000])
        address = bytes(each ^ key for each in rest).decode("ascii")
    except ValueError:
        return ""
    return address if _ADDRESS.fullmatch(address) else ""
