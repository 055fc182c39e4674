"""The files of a campaign that anybody here sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["NUMBER", "write"]

TEXT = "I am writing to you about the detention of a human rights defender. "
NUMBER = "1/26"
"""Of every campaign here."""

SETTINGS = """\
[organisation]
name = "Group 12"
email = "ua@example.org"

[email]
host = "127.0.0.1"
port = {port}
security = "none"
retry_wait = "1 s"
"""

CAMPAIGN = """\
urgent_action:
  number: {number}
  title: Human rights defender facing bogus charges
  country: KZ
  deadline: 2099-12-31
languages: [en]
channels: [email]
targets:
{targets}letter:
  en: {{subject: Release A. Person, text: "{text}"}}
"""


def write(folder: Path, port: int, everyone: Mapping[str, str], *, length: int = 1) -> Path:
    """Settings and a campaign file, for a mail server at `port`; returns the campaign file.

    `everyone`: recipient to target; `length`: how often the letter says the same.
    """
    (folder / "config").mkdir(parents=True)
    (folder / "config/uadispatch.toml").write_text(SETTINGS.format(port=port))
    targets = "".join(
        f"  - {{id: {target}, name: Official {target}, email: {recipient}}}\n"
        for recipient, target in everyone.items()
    )
    file = folder / "ua.yaml"
    file.write_text(CAMPAIGN.format(number=NUMBER, targets=targets, text=TEXT * length))
    return file
