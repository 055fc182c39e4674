"""The mutants that the contract's tests must catch are what they say: one fault each, and new."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mutantkit import BASES, Base, mutants, source_of, suite_of

if TYPE_CHECKING:
    from pathlib import Path

ENOUGH = 45
WRITTEN = ("docs/channels.md", "src/uadispatch/channels/*.py", "src/uadispatch/errors.py")


def in_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("**", "")).strip()


def channels_in(source: str) -> list[str]:
    return re.findall(r"^class (\w+)\(Channel\[", source, flags=re.MULTILINE)


@pytest.mark.parametrize("base", BASES.values(), ids=lambda base: base.name)
def test_its_mutants_are_other_programs_with_the_same_channel(base: Base) -> None:
    found = [mutant for mutant in mutants() if mutant.base == base]
    assert found
    assert channels_in(source_of(base)) == [base.channel]
    for mutant in found:
        source = source_of(mutant)  # raises, where a change does not apply exactly once
        assert source != source_of(base), mutant
        assert channels_in(source) == [base.channel], mutant
        compile(source, str(mutant), "exec")


def test_each_breaks_a_sentence_that_is_written(root: Path) -> None:
    files = [file for pattern in WRITTEN for file in sorted(root.glob(pattern))]
    contract = in_one_line(" ".join(file.read_text(encoding="utf-8") for file in files))
    for mutant in mutants():
        assert in_one_line(mutant.breaks) in contract, mutant
        assert mutant.hurts, mutant


def test_there_are_enough_and_none_stands_twice() -> None:
    assert len(mutants()) >= ENOUGH
    assert len({str(mutant) for mutant in mutants()}) == len(mutants())
    assert len({source_of(mutant) for mutant in mutants()}) == len(mutants())


@pytest.mark.parametrize("base", BASES.values(), ids=lambda base: base.name)
def test_its_suite_is_a_program_that_names_its_channel(base: Base) -> None:
    compile(suite_of(base), "test", "exec")
    assert f"channel = {base.channel}\n" in suite_of(base)
