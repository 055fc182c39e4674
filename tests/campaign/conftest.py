"""A small campaign file to start from, and ways to read what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from uadispatch.campaign.file import read_campaign
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from campaignkit import Read, Refuse
    from uadispatch.campaign.model import Campaign

BASE = """\
urgent_action:
  number: 46/19
  title: Human rights defender facing bogus charges
  issued: 2019-08-16
  deadline: 2019-09-27
channels: [email]
targets:
  - id: prosecutor-general
    name: Nurdauletov Gizat Daurenbekovich
    country: KZ
    email: press@prokuror.kz
letter:
  en: {subject: Release Serikzhan Bilash, text: I am writing to you}
"""


@pytest.fixture
def base() -> str:
    return BASE


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read the small campaign with `old` replaced by `new`."""

    def read(old: str = "", new: str = "") -> Campaign:
        assert old in BASE
        path = tmp_path / "ua.yaml"
        path.write_text(BASE.replace(old, new, 1) if old else BASE, encoding="utf-8", newline="")
        return read_campaign(path)

    return read


@pytest.fixture
def refuse(tmp_path: Path) -> Refuse:
    """Read a file that must be refused; the place (without the path) and text of each problem."""

    def refuse(content: str | bytes) -> list[tuple[str, str]]:
        path = tmp_path / "ua.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ConfigError) as caught:
            read_campaign(path)
        return [
            (problem.where.removeprefix(f"{path}").removeprefix(":"), problem.says)
            for problem in caught.value.problems
        ]

    return refuse
