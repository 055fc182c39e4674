"""Charts as SVG to put into a page: drawn by pygal, of which only the plain shapes are kept.

What the library adds besides (styles, scripts, ids, addresses) would be blocked by a page's policy;
the page's own style colours the classes that are left. Nothing rests on colour alone: each paint
has a pattern of its own.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["PAINTS", "Chart", "Series", "columns", "rows"]

SVG = "http://www.w3.org/2000/svg"
WIDTH = 540
"""In units of the drawing, which grows and shrinks with the page."""
FONT = 13
ROW, BETWEEN = 34, 46
"""The height of a row, and of what is above and below all of them."""
HEIGHT = 260
SEEN = 0.005
"""A bar that is shorter stands for nothing."""
LETTER = 0.62 * FONT
"""The width of a letter, about."""

PAINTS = {
    "accepted": "", "confirmed": "M0 8L8 0", "contact": "M4 0V8", "no_contact": "M0 4H8",
    "failed": "M0 0L8 8M0 8L8 0",
    "out": "", "unknown": "M0 8L8 0", "waiting": "M0 4H8", "not": "M0 0L8 8M0 8L8 0", "all": "",
}  # fmt: skip
"""The pattern of each paint, as a path in a square of 8; the page's style gives their colours."""

_SHAPES = frozenset({"svg", "g", "rect", "path", "text"})
_KEPT = frozenset({"x", "y", "width", "height", "d", "transform", "viewBox"})
_CLASSES = frozenset({"axis", "x", "y", "guide", "line", "major"})
_SERIES = re.compile(r"\bserie-(\d+)\b")
_UNSEEN = re.compile(r"\b(?:background|titles|overlay|text-overlay|tooltip-overlay)\b")
_NUMBER = re.compile(r"-?\d+\.\d+")


class Series(NamedTuple):
    """One number for each label, in one paint."""

    paint: str
    """A key of `PAINTS`."""
    label: str
    values: Sequence[int]


class Chart(NamedTuple):
    """A picture, and what it shows, for those who cannot see it."""

    name: str
    """Its place on the page; ids in it begin so."""
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    svg: str


def rows(name: str, title: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """A row for each of `labels`, in which the `series` follow one another."""
    chart = _pygal().HorizontalStackedBar(
        show_y_guides=False, show_x_labels=False, spacing=6,
        **_common(ROW * len(labels) + BETWEEN),
    )  # fmt: skip
    # They would stand in it from the bottom up.
    chart.x_labels = list(reversed(labels))
    for each in series:
        chart.add(each.label, list(reversed(each.values)))
    return Chart(name, title, labels, series, _plain(chart, name, title, series))


def columns(name: str, title: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """A column for each of `labels`, in which the `series` stand on one another."""
    chart = _pygal().StackedBar(spacing=2, show_minor_x_labels=False, **_common(HEIGHT))
    chart.x_labels = list(labels)
    fit = max(int(WIDTH / (LETTER * (max(map(len, labels)) + 2))), 1)
    chart.x_labels_major = list(labels[:: -(-len(labels) // fit)])
    highest = max(map(sum, zip(*(each.values for each in series), strict=True)), default=0)
    chart.y_labels = _steps(highest)
    chart.value_formatter = lambda number: f"{number:,.0f}"
    for each in series:
        chart.add(each.label, list(each.values))
    return Chart(name, title, labels, series, _plain(chart, name, title, series))


def _pygal() -> Any:
    import pygal  # noqa: PLC0415 - costly

    # It leaves a finder of modules behind, for its maps, which Python 3.11 warns of at each import.
    sys.meta_path[:] = [found for found in sys.meta_path if type(found).__module__ != "pygal"]
    return pygal


def _common(height: int) -> dict[str, Any]:
    style = _pygal().style.Style(label_font_size=FONT, major_label_font_size=FONT)
    return {
        "width": WIDTH, "height": height, "style": style, "show_legend": False, "margin": 6,
        "no_data_text": "", "js": [], "css": [], "print_values": False, "truncate_label": -1,
    }  # fmt: skip


def _steps(highest: int) -> list[int]:
    """Whole numbers from 0 to what is no lower, in at most five even steps."""
    step = 1
    while step * 5 < highest:
        digit = int(str(step)[0])
        step = step // digit * {1: 2, 2: 5, 5: 10}[digit]
    return list(range(0, max(highest, 1) + step, step))


def _plain(chart: Any, name: str, title: str, series: Sequence[Series]) -> str:
    """The drawing with nothing in it but shapes, their places, and our own classes."""
    drawn = etree.fromstring(chart.render())
    root = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG})
    root.attrib.update({"viewBox": drawn.get("viewBox", ""), "class": "chart", "role": "img"})
    root.set("aria-labelledby", f"{name}-title")
    named = etree.SubElement(root, f"{{{SVG}}}title", id=f"{name}-title")
    named.text = title
    defined = etree.SubElement(root, f"{{{SVG}}}defs")
    for each in series:
        _define(defined, name, each.paint)
    for part in drawn:
        root.extend(_kept(part, name, series))
    return etree.tostring(root, encoding="unicode")


def _define(defined: etree._Element, name: str, paint: str) -> None:
    pattern = etree.SubElement(
        defined, f"{{{SVG}}}pattern", id=f"{name}-{paint}", width="8", height="8",
        patternUnits="userSpaceOnUse",
    )  # fmt: skip
    etree.SubElement(pattern, f"{{{SVG}}}rect", {"class": f"paint {paint}"}, width="8", height="8")
    if PAINTS[paint]:
        etree.SubElement(pattern, f"{{{SVG}}}path", {"class": "lines"}, d=PAINTS[paint])


def _kept(
    part: etree._Element, name: str, series: Sequence[Series], fill: str = ""
) -> Iterator[etree._Element]:
    """`part` as a plain shape with its own parts, if it is one that is seen."""
    if not isinstance(part.tag, str) or etree.QName(part).localname not in _SHAPES:
        return
    classes = part.get("class", "")
    if _UNSEEN.search(classes) or _is_nothing(part):
        return
    shape = etree.Element(part.tag)
    for key, value in part.attrib.items():
        if key in _KEPT:
            shape.set(key, _NUMBER.sub(_rounded, value))
    if kept := " ".join(word for word in classes.split() if word in _CLASSES):
        shape.set("class", kept)
    if found := _SERIES.search(classes):
        fill = f"url(#{name}-{series[int(found[1])].paint})"
    if fill and shape.tag == f"{{{SVG}}}rect":
        shape.set("fill", fill)
    if etree.QName(shape).localname == "text":
        shape.text = part.text
    for below in part:
        shape.extend(_kept(below, name, series, fill))
    yield shape


def _is_nothing(part: etree._Element) -> bool:
    """Whether it is a bar without any length; the library leaves a length of 0 out."""
    lengths = (float(part.get(name) or 0) for name in ("width", "height"))
    return etree.QName(part).localname == "rect" and min(lengths) < SEEN


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
