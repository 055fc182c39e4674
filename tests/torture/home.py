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
host = "{host}"
port = {port}
security = "none"
retry_wait = "1 s"
{more}"""

CAMPAIGN = """\
urgent_action:
  number: {number}
  title: Human rights defender facing bogus charges
  country: KZ
  deadline: 2099-12-31
languages: [en]
channels: [email]
targets: {targets}
letter:
  en: {{subject: Release A. Person, text: "{text}"}}
"""


MANY = 100
"""Targets that nobody would write into a campaign file."""


def write(
    folder: Path, port: int, everyone: Mapping[str, str], *, length: int = 1, more: str = "",
    host: str = "127.0.0.1",
) -> Path:  # fmt: skip
    """Settings and a campaign file, for a mail server at `port`; returns the campaign file.

    `everyone`: recipient to target; `length`: how often the letter says the same;
    `more`: lines of the settings of email.
    """
    (folder / "config").mkdir(parents=True)
    (folder / "config/uadispatch.toml").write_text(SETTINGS.format(host=host, port=port, more=more))
    if len(everyone) < MANY:
        targets = "".join(
            f"\n  - {{id: {target}, name: Official {target}, email: {recipient}}}"
            for recipient, target in everyone.items()
        )
    else:
        rows = (
            f"{target},Official {target},{recipient}\n" for recipient, target in everyone.items()
        )
        (folder / "officials.csv").write_text(f"id,name,email\n{''.join(rows)}")
        targets = "{file: officials.csv}"
    file = folder / "ua.yaml"
    file.write_text(CAMPAIGN.format(number=NUMBER, targets=targets, text=TEXT * length))
    return file
