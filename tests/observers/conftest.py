"""A listener."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from observerkit import Listener

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def listener(tmp_path: Path) -> Listener:
    """An observer that notes all that it is told."""
    return Listener(tmp_path / "observing")
