"""Lines that many texts share are kept once, and every text can be read again as it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from uadispatch.views.dry_run.sharing import Part, share

LINES = st.sampled_from(
    ["", "  ", "Dear Deputy,", "x" * 150, "The same paragraph. " * 20, "Another one. " * 12, "end"]
) | st.text(max_size=200)
TEXTS = st.lists(st.lists(LINES, max_size=8).map("\n".join), max_size=8)


def whole(parts: tuple[Part, ...], kept: dict[int, str]) -> str:
    return "".join(part.text if part.of is None or part.first else kept[part.of] for part in parts)


def firsts(shared: list[tuple[Part, ...]]) -> dict[int, str]:
    found = [part for parts in shared for part in parts if part.first]
    kept = {part.of: part.text for part in found if part.of is not None}
    assert len(kept) == len(found), "each run is kept once"
    return kept


@given(TEXTS)
def test_every_text_reads_as_it_was(texts: list[str]) -> None:
    shared = share([(f"t{n}", text) for n, text in enumerate(texts)])
    kept = firsts(shared)
    assert [whole(parts, kept) for parts in shared] == texts


@given(TEXTS)
def test_a_text_only_points_to_what_stands_before_it(texts: list[str]) -> None:
    seen: set[int | None] = set()
    for parts in share([("t", text) for text in texts]):
        for part in parts:
            assert part.first or part.of is None or part.of in seen
            seen.add(part.of)


def test_a_letter_to_many_is_kept_once() -> None:
    letter = "\n\n".join(["I am writing to you about a case. " * 20] * 5)
    texts = [(f"Official {n}", f"Dear Official {n},\n\n{letter}\n\nYours,\n") for n in range(50)]
    shared = share(texts)
    written = sum(len(part.text) for parts in shared for part in parts)
    assert written < len(letter) + 50 * 60
    assert shared[7][-1].like == "Official 0"
    assert shared[7][-1].lines == len(letter.split("\n")) + 4 - 1


def test_what_is_short_is_not_worth_pointing_to() -> None:
    shared = share([("a", "Dear Sir,\nyes\n"), ("b", "Dear Sir,\nyes\n")])
    assert [len(parts) for parts in shared] == [1, 1]
