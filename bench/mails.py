"""What every contestant sends, and to whom: one letter, and a CSV file of all officials.

The letter's lines are short and plain, so that nobody has to encode them.
"""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SENDER = ("An Organisation of Tests", "tests@example.org")
SUBJECT = "Release them"
TEXT = """\
I am writing to you about the detention of a human rights defender who
has done nothing but speak for others. He was taken from his home at
night, and neither his family nor his lawyer was told for two days where
he was held.

He is charged with what he has said at a public meeting. To speak there
is a right that your country has promised to respect, to its own people
and to the world. I therefore regard him as a prisoner of conscience.

I call on you to release him at once and without conditions; and until
then to see to it that he is not tortured, that he can speak with his
lawyer in private and as often as he needs, and that he has the medicines
that he depends on."""
CLOSING = "Yours sincerely,"
SIZE = len(f"Dear Official 12345,\n\n{TEXT}\n\n{CLOSING}\n\n{SENDER[0]}\n")
"""Characters of the body of one mail."""

COLUMNS = ("id", "name", "salutation", "email")
OFFICIALS = "officials.csv"


def rows(number: int) -> Iterator[tuple[str, ...]]:
    """The officials, by the columns."""
    for n in range(number):
        yield f"official-{n}", f"Official {n}", f"Dear Official {n}", f"official-{n}@example.org"


def write_officials(folder: Path, number: int) -> Path:
    """The file of all officials."""
    file = folder / OFFICIALS
    with file.open("w", encoding="utf-8") as out:
        out.writelines(",".join(row) + "\r\n" for row in (COLUMNS, *rows(number)))
    return file


def write_letter(folder: Path) -> Path:
    """The letter as the contestants' own programs read it."""
    file = folder / "letter.json"
    letter = {"from": SENDER, "subject": SUBJECT, "text": f"{TEXT}\n\n{CLOSING}\n\n{SENDER[0]}\n"}
    file.write_text(json.dumps(letter))
    return file


def write_campaign(folder: Path, number: int, channel: str = "email") -> Path:
    """The same as a campaign file of uadispatch."""
    file = folder / "config/campaigns/many.yaml"
    file.parent.mkdir(parents=True)
    with file.open("w", encoding="utf-8") as out:
        out.write(
            "urgent_action: {number: 1/26, title: Bench, country: KZ, deadline: 2099-12-31}\n"
            f"languages: [en]\nchannels: [{channel}]\n"
            f"letter:\n  en:\n    subject: {SUBJECT}\n    closing: {CLOSING}\n    text: |\n"
            f"{textwrap.indent(TEXT, '      ')}\ntargets: {{file: {OFFICIALS}}}\n"
        )
    write_officials(file.parent, number)
    return file


def write_settings(folder: Path, **email: str | int) -> None:
    """The settings of uadispatch: the organisation, and those of its email channel."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in email.items()]
    (folder / "config/uadispatch.toml").write_text(
        f'[organisation]\nname = "{SENDER[0]}"\nemail = "{SENDER[1]}"\n[email]\n'
        + "\n".join(lines)
        + "\n"
    )
