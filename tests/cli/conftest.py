"""A mail server for the commands to talk to, and a home with documents to import."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from clikit import mail_server
from importkit import CAMPAIGN, FINAL, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clikit import Cli
    from uadispatch.testing.far_ends.smtp import SmtpServer


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """A mail server that takes everything, until a test says otherwise."""
    with mail_server() as found:
        yield found


@pytest.fixture
def office(tmp_path: Path, root: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new home with the real documents in it, where staff stand."""
    folder = tmp_path / "office"
    assert cli("init", folder).code == 0
    (folder / "config/campaigns/example.yaml").unlink()
    # What an import means for an approval is tried with those.
    settings = folder / "config/uadispatch.toml"
    settings.write_text(settings.read_text().replace("required = true", "required = false"))
    for name in (SECOND, FINAL):
        shutil.copy(root / "tests/documents" / name, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def imported(office: Path, cli: Cli) -> Path:
    """The campaign file of the second UA, as imported."""
    assert cli("import", SECOND).code == 0
    return office / CAMPAIGN
