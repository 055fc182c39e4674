"""The commands of docs/approval.md do what the page says, in its order."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from clikit import mail_server

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from clikit import Cli, Use

DIGITS = re.compile(r"[0-9a-f]{12}\Z")


def test_the_page_tells_what_happens(
    tmp_path: Path, root: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    assert cli("init", home).code == 0
    monkeypatch.chdir(home)
    example = home / "config/campaigns/example.yaml"
    text = re.sub(r"deadline: \d{4}", "deadline: 2199", example.read_text(encoding="utf-8"))
    example.write_text(text, encoding="utf-8")
    page = (root / "docs/approval.md").read_text(encoding="utf-8")
    assert "[approval]\nrequired = true" in page
    assert "[approval]\nrequired = true" in (home / "config/uadispatch.toml").read_text()
    lines = re.findall(r"^\$ uadispatch (.*)$", page, re.MULTILINE)
    codes = []
    with mail_server() as server:
        use(server)
        for line in lines:
            now = cli("dry-run", example, "--json").json["digest"][:12]
            words = [now if DIGITS.match(word) else word for word in shlex.split(line)]
            if "--unapproved" in words:  # the page is at what has changed since
                assert cli("send", example, "--yes").code == 0
                example.write_text(f"round: 2\n{text}", encoding="utf-8")
                assert cli("send", example, "--yes").code == 3
            codes.append((words[0], cli(*words, answer="y\n").code))
        sent = len(server.mails)
    assert codes == [("dry-run", 0), ("approve", 0), ("send", 0), ("send", 0)]
    assert sent == 4, "two in each round"
