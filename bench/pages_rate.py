"""What pages cost: letters and fax pages per second of one process, and the memory they take.

Each message is another one (its target's name), so that none comes from the pages that are kept;
beside it the same letters once more, which all do. The first letter is counted apart: the fonts
are read then. It asserts nothing but that each message is one page.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from measuring import Failed
from summary import Figure

from uadispatch import Message, Organisation, Target, Tools
from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.values import EmailAddress
from uadispatch.clock import SystemClock
from uadispatch.rendering.pages import Pages
from uadispatch.settings import reveal
from uadispatch_fax.pages import pdf_of, tiff_of
from uadispatch_letter import LetterChannel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uadispatch import Channel, ChannelSettings

ROOT = Path(__file__).resolve().parents[1]
APPEAL = read_campaign(ROOT / "config/campaigns/ua-46-19.yaml").letter["en"]


class Found(NamedTuple):
    """Of one run."""

    first: float
    """Seconds of the first letter."""
    letters: float
    """Messages per second, like those that follow."""
    again: float
    faxes: float


def layouts(channel: str) -> dict[str, str]:
    folders = (ROOT / "templates", ROOT / f"plugins/uadispatch_{channel}/templates")
    return {file.stem: file.read_text() for folder in folders for file in folder.glob("*.typ")}


def messages(channel: str, number: int) -> list[Message]:
    """So many letters of the length of a real one."""
    sheets = layouts(channel)
    signature = "An Organisation of Tests"
    text = f"{APPEAL.text}\n\nYours sincerely,\n\n{signature}\n"
    made = []
    for count in range(number):
        target = Target.model_validate(
            {
                "id": f"official-{count}",
                "name": f"Official {count}",
                "role": "Minister of Examples",
                "address": f"{count} Example Street\nExampletown\nExampleland",
                "fax": "+1 202 555 0101",
            }
        )
        contact = target.contact_on("fax" if channel == "fax" else "address")
        assert contact is not None  # noqa: S101 - for the type checker
        made.append(
            Message(
                key=f"{count:064x}",
                reference=f"{count:064x}",
                campaign="46/19",
                channel=channel,
                target=target,
                to=contact,
                language="en",
                subject=APPEAL.subject,
                body=f"Dear Official {count},\n\n{text}",
                sender=Organisation(
                    name=signature,
                    email=EmailAddress.read("tests@example.org"),
                    address="1 Example Street\nExampletown",
                ),
                at=datetime(2019, 8, 20, 9, 0, tzinfo=UTC),
                parts={"signature": signature, "page_of": "Page {page} of {pages}"},
                layouts=sheets,
            )
        )
    return made


def rate(messages: Sequence[Message], work: Callable[[Message], object]) -> float:
    """Messages per second."""
    began = time.perf_counter()
    for message in messages:
        work(message)
    return len(messages) / (time.perf_counter() - began)


def no_other(name: str) -> Channel[ChannelSettings]:
    raise LookupError(name)


def measure(letters: Sequence[Message], faxes: Sequence[Message]) -> Found:
    tools = Tools(
        clock=SystemClock(), cache=ROOT, secret=reveal, channel=no_other, typeset=Pages().typeset
    )
    channel = LetterChannel(LetterChannel.Settings(), tools)
    first = 1 / rate(letters[:1], channel.check)
    there = rate(letters[1:], channel.check)
    again = rate(letters[-100:], channel.check)
    if len(channel.preview(letters[-1]).pages) != 1:
        raise Failed("a letter of one page was not drawn as one")
    return Found(
        first, there, again, rate(faxes, lambda fax: tiff_of(pdf_of(fax, tools, fonts=None)))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=500)
    parser.add_argument("--faxes", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print every run, for figures.py")
    given = parser.parse_args()
    letters = messages("letter", given.letters + 1)
    faxes = messages("fax", given.faxes)
    runs = [measure(letters, faxes) for _ in range(given.runs)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if given.json:
        print(json.dumps([run._asdict() for run in runs]))
        return
    print(
        f"{given.letters:,} letters and {given.faxes:,} faxes of one page; medians of "
        f"{given.runs} (lowest-highest). typst {version('typst')}, pypdfium2 "
        f"{version('pypdfium2')}, {os.cpu_count()} cores, {platform.system()}, Python "
        f"{platform.python_version()}.\n"
    )
    print("| | a second | each |")
    print("|---|---:|---:|")
    for name, rates in (
        ("letters", [run.letters for run in runs]),
        ("the same letters again", [run.again for run in runs]),
        ("fax pages, typeset and drawn", [run.faxes for run in runs]),
    ):
        found = Figure.of(rates)
        print(f"| {name} | {found} | {1000 / found.median:.1f} ms |")
    first = Figure.of(run.first * 1000 for run in runs)
    print(f"\nThe first letter takes {first.median:.0f} ms. Peak memory: {peak:.0f} MB.")


if __name__ == "__main__":
    main()
