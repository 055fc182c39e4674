"""docs/first-channel.md is true, word for word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from walkkit import alike, walk

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_CHANNEL, LONGEST_BEGUN, LONGEST_TEST = 60, 40, 10


def page(root: Path) -> str:
    return (root / "docs/first-channel.md").read_text(encoding="utf-8")


def test_each_command_prints_what_the_page_says(root: Path, tmp_path: Path) -> None:
    steps = list(walk(page(root), tmp_path, root))
    assert len(steps) == 6
    for step in steps:
        assert step.code == 0, step.printed
        assert alike(step.printed, tmp_path) == alike(step.said, tmp_path), step.command


def test_its_channel_is_as_short_as_it_says(root: Path) -> None:
    channel = re.search(
        r"<!-- save: plugins/sms.py -->\n```python\n(.*?)```", page(root), re.DOTALL
    )
    assert channel is not None
    assert len(channel[1].splitlines()) <= LONGEST_CHANNEL


def test_what_is_begun_is_as_short(tmp_path: Path, root: Path) -> None:
    first = next(walk(page(root), tmp_path, root))
    assert first.code == 0
    begun = (tmp_path / "plugins/sms.py").read_text(encoding="utf-8")
    test = (tmp_path / "plugins/tests/test_sms.py").read_text(encoding="utf-8")
    assert len(begun.splitlines()) <= LONGEST_BEGUN
    assert len(test.splitlines()) <= LONGEST_TEST
