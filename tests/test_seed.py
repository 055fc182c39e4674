"""What is random in the tests can be had again: the seed is said, and heeded."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

DRAWS = """
from hypothesis import given, settings, strategies as st
@settings(max_examples=3, database=None)
@given(st.integers())
def test_it(number):
    print("drawn", number)
"""


def drawn(folder: Path, root: Path, *words: str, **variables: str) -> tuple[str, list[str]]:
    """The seed that pytest names, and what hypothesis drew."""
    (folder / "conftest.py").write_bytes((root / "tests/conftest.py").read_bytes())
    (folder / "test_it.py").write_text(DRAWS)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", *words, str(folder)],
        capture_output=True, text=True, check=True, cwd=folder, timeout=60,
        env={**os.environ, "PYTHONPATH": str(root / "tests"), **variables},
    )  # fmt: skip
    (seed,) = [line for line in ran.stdout.splitlines() if line.startswith("seed: ")]
    return seed, re.findall(r"drawn (-?\d+)", ran.stdout)


@pytest.mark.parametrize("machine", ["a person's", "one for CI"])
def test_a_seed_from_outside_is_heeded_and_said(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    monkeypatch.setenv("CI", "true")
    if machine == "a person's":
        monkeypatch.delenv("CI")
    first = drawn(tmp_path, root, TEST_SEED="4711")
    assert first[0] == "seed: TEST_SEED=4711"
    assert drawn(tmp_path, root, "-q", "--hypothesis-seed=4711", TEST_SEED="5") == first
    assert drawn(tmp_path, root, TEST_SEED="5")[1] != first[1]
