"""The commands of docs/import.md do what the page says, in its order."""

from __future__ import annotations

import re
import shlex
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from clikit import Cli


def commands(page: str) -> list[list[str]]:
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [shlex.split(line.removeprefix("$ uadispatch "), comments=True) for line in lines]


def test_the_page_tells_what_happens(
    tmp_path: Path, root: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    assert cli("init", home).code == 0
    for document in (root / "tests/documents").glob("ua-46-19-*.txt"):
        shutil.copy(document, home)
    monkeypatch.chdir(home)
    page = (root / "docs/import.md").read_text(encoding="utf-8")
    codes = [cli(*words).code for words in commands(page)]
    # Import, look, import what closes it (by a slip, of another number), confirm.
    assert codes == [0, 0, 1, 0]
    assert "status: closed" in (home / "config/campaigns/ua-46-19.yaml").read_text()
