"""Charts that a strict page can hold: plain shapes, nothing that loads, runs or styles itself."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from uadispatch.views.report.charts import PAINTS, Chart, Series, columns, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Make = Callable[[str, str, Sequence[str], Sequence[Series]], Chart]

SVG = "{http://www.w3.org/2000/svg}"
COUNTS = st.integers(0, 2_000_000)


def drawn(chart: Chart) -> etree._Element:
    return etree.fromstring(chart.svg)


def bars(chart: Chart) -> list[etree._Element]:
    """The filled shapes that stand for numbers."""
    return [rect for rect in drawn(chart).iter(f"{SVG}rect") if rect.get("fill") is not None]


@given(
    st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=40), st.sampled_from([rows, columns])
)
@settings(max_examples=25, deadline=None)
def test_only_plain_shapes_with_our_classes_are_left(
    numbers: list[tuple[int, int]], make: Make
) -> None:
    labels = [f"<b>{place}&" for place in range(len(numbers))]
    series = [
        Series("out", "a", [a for a, _ in numbers]),
        Series("not", "b", [b for _, b in numbers]),
    ]
    chart = make("name", "A <title>", labels, series)
    root = drawn(chart)
    tags = {etree.QName(part).localname for part in root.iter()}
    assert tags <= {"svg", "title", "defs", "pattern", "rect", "path", "g", "text"}
    keys = {key for part in root.iter() for key in part.attrib}
    assert not keys & {"style", "href", "{http://www.w3.org/1999/xlink}href"}
    assert not [key for key in keys if key.startswith("on")]
    ids = [part.get("id", "") for part in root.iter() if part.get("id")]
    assert sorted(ids) == ["name-not", "name-out", "name-title"]
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "name-title")
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == "A <title>"
    assert chart.svg == make("name", "A <title>", labels, series).svg


@pytest.mark.parametrize(("make", "length"), [(rows, "width"), (columns, "height")])
def test_each_number_has_a_bar_of_its_length_and_nothing_has_none(make: Make, length: str) -> None:
    series = [Series("accepted", "a", [10, 0, 30]), Series("failed", "f", [20, 5, 0])]
    found = bars(make("time", "t", ["x", "y", "z"], series))
    of: dict[str, list[float]] = {}
    for bar in found:
        of.setdefault(bar.get("fill", ""), []).append(float(bar.get(length, "0")))
    assert sorted(of) == ["url(#time-accepted)", "url(#time-failed)"]
    unit = max(of["url(#time-accepted)"]) / 30
    assert sorted(of["url(#time-accepted)"]) == pytest.approx([10 * unit, 30 * unit], rel=0.01)
    assert sorted(of["url(#time-failed)"]) == pytest.approx([5 * unit, 20 * unit], rel=0.01)


def test_rows_stand_in_their_order_and_bear_their_labels() -> None:
    chart = rows("o", "t", ["accepted: 1,200", "failed: 3"], [Series("all", "m", [1200, 3])])
    texts = {text.text: float(text.get("y", "0")) for text in drawn(chart).iter(f"{SVG}text")}
    assert texts["accepted: 1,200"] < texts["failed: 3"]


def test_columns_count_in_whole_numbers_and_label_what_fits() -> None:
    labels = [f"{day} Aug" for day in range(1, 31)]
    chart = columns("t", "t", labels, [Series("accepted", "a", [0] * 29 + [1])])
    texts = [text.text or "" for text in drawn(chart).iter(f"{SVG}text")]
    assert [text for text in texts if text.isdecimal()] == ["0", "1"]
    shown = [text for text in texts if text.endswith("Aug")]
    assert 4 <= len(shown) <= 9


def test_no_two_paints_of_a_chart_have_one_pattern() -> None:
    for together in (
        ("accepted", "confirmed", "contact", "no_contact", "failed"),
        ("out", "unknown", "waiting", "not"),
    ):
        patterns = [PAINTS[paint] for paint in together]
        assert len(set(patterns)) == len(patterns)


def test_drawing_leaves_no_finder_of_modules_behind() -> None:
    rows("o", "t", ["x"], [Series("all", "m", [1])])
    assert not [found for found in sys.meta_path if type(found).__module__.startswith("pygal")]


def test_numbers_are_short() -> None:
    chart = columns("t", "t", ["a", "b", "c"], [Series("accepted", "a", [1, 2, 3])])
    assert not re.search(r"\d\.\d{3}", chart.svg)
