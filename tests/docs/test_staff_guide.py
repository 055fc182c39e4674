"""The commands of docs/staff-guide.md, typed in their order, lead from a document to a report."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import docx
import pytest

from clikit import mail_server
from importkit import LATER, RIGHT_NUMBER, Swap
from uadispatch.testing.far_ends.smtp import CLOSE
from uadispatch_email.reading import shown

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Ran, Use

ORIGINALS = {
    "urgent-action.docx": ("ua-46-19-second-ua.txt", LATER),
    "closing-notice.docx": ("ua-46-19-final-output.txt", RIGHT_NUMBER),
}
MADE_UP: tuple[Swap, ...] = (
    ("press@prokuror.kz", "press@example.org"), ("washington@mfa.kz", "embassy@example.org"),
)  # fmt: skip
DIGEST = re.compile(r"digest ([0-9a-f]{12})\b")


@pytest.fixture
def desk(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the guide begins, with the documents that come by mail."""
    for name, (original, swaps) in ORIGINALS.items():
        text = (root / "tests/documents" / original).read_text(encoding="utf-8")
        for before, after in (*swaps, *MADE_UP):
            text = text.replace(before, after)
        paper = docx.Document()
        for line in text.splitlines():
            paper.add_paragraph(line)
        paper.save(str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands(page: str) -> list[list[str]]:
    blocks = re.findall(r"^```console\n(.*?)```", page, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines)
    return [shlex.split(line.removeprefix("$ ")) for line in lines]


def test_the_guide_leads_from_a_document_to_a_report(
    desk: Path, root: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (root / "docs/staff-guide.md").read_text(encoding="utf-8")
    ran: list[tuple[str, Ran]] = []
    digest = ""
    with mail_server() as server:
        use(server)
        # Once: whoever settles it has found the mail in the server's log.
        server.at("dot", CLOSE, recipient="embassy@example.org", times=1)
        for program, *words in commands(page):
            if program == "cd":
                for document in desk.glob("*.docx"):
                    document.rename(desk / words[0] / document.name)
                monkeypatch.chdir(words[0])
                continue
            assert program == "uadispatch"
            typed = [digest if word == "DIGEST" else word for word in words]
            ran.append((words[0], cli(*typed, answer="y\n")))
            digest = found[1] if (found := DIGEST.search(ran[-1][1].out)) else digest
        mails = [shown(mail.content) for mail in server.mails]
    in_doubt = {"send": [0, 1], "status": [1]}
    for command in dict(ran):
        codes = [result.code for name, result in ran if name == command]
        assert codes == in_doubt.get(command, [0] * len(codes)), command
    assert ["Subject: [TEST]" in mail for mail in mails[:2]] == [True, False]
    # The second mail is counted on the word of who has found it in the log.
    assert "3 appeals by email (2) and letter (1) have gone out to 2 officials" in ran[-1][1].out
    home = desk / "ours"
    assert (home / "report.html").is_file()
    assert (home / "report.csv").is_file()
    assert "status: closed" in (home / "config/campaigns/ua-46-19.yaml").read_text("utf-8")


def test_the_guide_names_every_command_that_staff_need(root: Path) -> None:
    page = (root / "docs/staff-guide.md").read_text(encoding="utf-8")
    rungs = ["import", "dry-run", "rehearse", "approve", "send", "report"]
    first = [next(i for i, words in enumerate(commands(page)) if words[1] == r) for r in rungs]
    assert first == sorted(first)
