"""What was told of messages, held in little room."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from memorykit import memory_watched
from uadispatch.cli.progress.marks import Marks

NUMBERS = st.integers(0, 255)


@given(st.lists(st.tuples(st.text(max_size=3), NUMBERS), max_size=400), st.text())
def test_marks_are_a_dictionary_of_small_numbers(puts: list[tuple[str, int]], other: str) -> None:
    marks, expected = Marks(), dict[str, int]()
    for mark, number in puts:
        marks.put(mark, number)
        expected[mark] = number
    assert len(marks) == len(expected)
    assert {mark: marks.get(mark) for mark in expected} == expected
    assert marks.get(other) == expected.get(other, 0)


def test_a_hundred_thousand_marks_take_a_few_megabytes() -> None:
    """A dictionary of them would take some seventeen."""
    with memory_watched():
        marks = Marks()
        for number in range(100_000):
            marks.put(f"{number:064x}", 3)
        taken, _ = tracemalloc.get_traced_memory()
    assert marks.get(f"{99_999:064x}") == 3
    assert taken < 4_000_000
