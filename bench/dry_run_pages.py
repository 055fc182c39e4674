"""What the pages of a dry-run cost: seconds, bytes in all and of the first page, memory.

The campaign of the real letter is made for the purpose: so many officials with an address each, a
third of whom prefer Russian. The time of the whole command is measured, which reads the campaign
and plans all of it first. It asserts nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import sys
import tempfile
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from measuring import measure

from uadispatch.campaign.file import read_campaign

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
SETTINGS = '[organisation]\nname = "An Organisation of Tests"\nemail = "tests@example.org"\n'
LONGEST_FILE = 32 * 1024**2


class Made(NamedTuple):
    """The pages of one dry-run."""

    seconds: float
    size: int
    first: int
    pages: int
    memory: int
    """Bytes."""


OFFICIALS = "officials.csv"


def officials(messages: int, channels: list[str]) -> Iterator[dict[str, str]]:
    """Each as a row of a file of targets; of two thirds the language is given."""
    contacts = {
        "email": "o{}@example.org", "twitter": "@official{}", "facebook": "official.{}",
        "fax": "+12025{:06}", "phone": "+12025{:06}", "letter": "{} Example Street\nExampletown",
    }  # fmt: skip
    for number in range(messages // len(channels)):
        yield {
            "id": f"t-{number}", "name": f"Official Number {number}",
            "salutation": "Dear Official", "timezone": "Asia/Almaty",
            **{
                "address" if name == "letter" else name: contacts[name].format(number)
                for name in channels
            },
            "languages": "en" if number % 3 else "",
        }  # fmt: skip


def campaign(channels: list[str], rows: Iterator[dict[str, str]] | None) -> Iterator[str]:
    """A campaign file, line by line; YAML reads JSON. Its `rows` are in it, or in a file."""
    letter = read_campaign(ROOT / "config/campaigns/ua-46-19.yaml").letter["en"]
    texts = letter.model_dump(mode="json", exclude_none=True)
    case = {"number": "46/30", "title": "A case", "deadline": "2199-09-27"}
    yield f"urgent_action: {json.dumps(case)}\n"
    yield f"languages: [ru, en]\nchannels: {json.dumps(channels)}\n"
    yield f"letter: {json.dumps({'en': texts, 'ru': texts})}\n"
    if rows is None:
        yield f"targets: {{file: {OFFICIALS}}}\n"
        return
    yield "targets:\n"
    for row in rows:
        yield f"- {json.dumps({**row, 'languages': row['languages'].split()})}\n"


def write_rows(file: Path, rows: Iterator[dict[str, str]]) -> None:
    first = next(rows)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, first)
        writer.writeheader()
        writer.writerows(chain([first], rows))


def make(folder: Path, file: Path) -> Made:
    ran = measure(
        [sys.executable, "-m", "uadispatch", "dry-run", file, "--html", folder / "page"],
        cwd=folder,
    )
    files = [path for path in (folder / "page").rglob("*") if path.is_file()]
    return Made(
        ran.seconds,
        sum(path.stat().st_size for path in files),
        (folder / "page/index.html").stat().st_size,
        sum(path.parent.name == "pages" for path in files),
        ran.memory,
    )


def made(messages: int, channels: list[str], *, from_file: bool) -> Made | None:
    """The pages of so many messages; None: no campaign file may be so large."""
    rows = officials(messages, channels)
    with tempfile.TemporaryDirectory(dir=BENCH) as name:
        folder = Path(name)
        (folder / "config").mkdir()
        (folder / "config/uadispatch.toml").write_text(SETTINGS)
        with (folder / "ua.yaml").open("w") as file:
            file.writelines(campaign(channels, None if from_file else rows))
        if from_file:
            write_rows(folder / OFFICIALS, rows)
        if (folder / "ua.yaml").stat().st_size > LONGEST_FILE:
            return None
        return make(folder, folder / "ua.yaml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, nargs="*", default=[500, 10_000, 100_000])
    parser.add_argument("--channels", default="email")
    parser.add_argument("--from-file", action="store_true", help="officials in a CSV file")
    parser.add_argument("--json", action="store_true", help="print all of it, for figures.py")
    given = parser.parse_args()
    channels = given.channels.split(",")
    BENCH.mkdir(exist_ok=True)
    found = {
        messages: made(messages, channels, from_file=given.from_file) for messages in given.messages
    }
    if given.json:
        print(
            json.dumps({str(number): pages._asdict() for number, pages in found.items() if pages})
        )
        return
    print(
        f"By {', '.join(channels)}; {os.cpu_count()} cores, {platform.system()}, Python "
        f"{platform.python_version()}.\n"
    )
    print("| messages | seconds | in all | first page | further pages | most memory |")
    print("|---:|---:|---:|---:|---:|---:|")
    for messages, pages in found.items():
        if pages is None:
            print(f"| {messages:,} | no campaign file may be so large | | | | |")
            continue
        print(
            f"| {messages:,} | {pages.seconds:.0f} | {pages.size / 1e6:,.1f} MB "
            f"| {pages.first / 1e3:,.0f} kB | {pages.pages:,} | {pages.memory / 1e6:,.0f} MB |"
        )


if __name__ == "__main__":
    main()
