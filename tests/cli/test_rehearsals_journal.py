"""The journal of a rehearsal is never taken for the campaign's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clikit import write_campaign

if TYPE_CHECKING:
    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer


@pytest.fixture
def rehearsed(tmp_path: Path, cli: Cli) -> tuple[Path, Path]:
    """A campaign, and the journal of a rehearsal of it."""
    file = write_campaign(tmp_path)
    ran = cli("rehearse", file, "--json")
    assert ran.json["states"] == {"accepted": 2}
    return file, Path(ran.json["folder"]) / "journal.db"


def test_its_report_says_that_no_official_was_reached(
    rehearsed: tuple[Path, Path], cli: Cli, tmp_path: Path
) -> None:
    file, journal = rehearsed
    ran = cli("report", file, "--journal", journal, "--json")
    assert ran.json["rehearsal"] is True
    assert ran.json["states"] == {"accepted": 2}
    assert "no appeal has gone out to any official" in ran.json["sentence"]
    assert ran.json["sentence"] in ran.json["report_back"]
    shown = cli("report", file, "--journal", journal, "--html", tmp_path / "page.html")
    assert "Report of a rehearsal of Urgent Action" in shown.out
    assert "have gone out to" not in shown.out
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "no appeal has gone out to any official" in page
    assert "have gone out to" not in page


def test_nothing_is_sent_with_it(
    rehearsed: tuple[Path, Path], cli: Cli, use: Use, server: SmtpServer
) -> None:
    file, journal = rehearsed
    use(server)
    ran = cli("send", file, "--journal", journal, "--yes")
    assert ran.code == 2
    assert "journal of a rehearsal" in ran.words
    assert not server.mails
    assert cli("send", file, "--yes").code == 0
    assert len(server.mails) == 2


def test_a_real_report_says_nothing_of_a_rehearsal(
    rehearsed: tuple[Path, Path], cli: Cli, use: Use, server: SmtpServer
) -> None:
    file, _ = rehearsed
    use(server)
    cli("send", file, "--yes")
    report = cli("report", file, "--json").json
    assert report["rehearsal"] is False
    assert report["sentence"].startswith("2 appeals by email have gone out to 2 officials")
