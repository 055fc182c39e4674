"""The text of UA 46/19 to officials who do not exist, and the commands that dispatch it.

For what the pieces run in the Python that wheel-install has made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from PIL import Image, ImageChops, ImageSequence

from piece import ROOT, Failed, expect

if TYPE_CHECKING:
    from collections.abc import Mapping

UADISPATCH = Path(sys.executable).with_name("uadispatch")
FINE = (0, 1, 4)
"""Exit codes: all as asked, some need a look, some wait until later."""


class Appeal:
    """A campaign file and its journal, in a folder of their own."""

    def __init__(
        self,
        folder: Path,
        channel: str,
        contacts: Mapping[str, str],
        settings: Mapping[str, str],
        *,
        long: bool = False,
    ) -> None:
        self._file = folder / "config/campaigns/appeal.yaml"
        self._file.parent.mkdir(parents=True)
        self._file.write_text(_campaign(channel, contacts, long=long), encoding="utf-8")
        (folder / "config/uadispatch.toml").write_text(
            '[organisation]\nname = "An Organisation of Tests"\nemail = "tests@example.org"\n',
            encoding="utf-8",
        )
        self._env = os.environ | {
            f"UADISPATCH_{channel}_{name}".upper(): value for name, value in settings.items()
        }

    def do(self, *command: str) -> Any:
        """Run a command with ``--json``; returns the object."""
        return json.loads(self.run(*command, "--json"))

    def run(self, *command: str) -> str:
        """Run a command; returns what it printed."""
        name, *rest = command
        done = subprocess.run(
            [UADISPATCH, name, self._file, *rest],
            env=self._env, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode not in FINE:
            raise Failed(f"{name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def messages(self) -> dict[str, Any]:
        """Each message as ``status`` shows it, by its target."""
        shown = self.do("status", "--messages")["messages"]
        return {message["target"]: message for message in shown}

    def expect(self, wanted: Mapping[str, str]) -> None:
        """Fail unless each target's message is in the state that is wanted."""
        found = self.messages()
        wrong = [each for target, each in found.items() if each["state"] != wanted[target]]
        expect(found.keys() == wanted.keys() and not wrong, f"not as it should be: {wrong}")

    def states(self) -> Counter[str]:
        """How many messages are in which state."""
        return Counter(each["state"] for each in self.messages().values())


def _campaign(channel: str, contacts: Mapping[str, str], *, long: bool) -> str:
    """UA 46/19 with these targets alone, and without an end; if `long`, with a second page."""
    case = yaml.safe_load((ROOT / "config/campaigns/ua-46-19.yaml").read_text("utf-8"))
    case["urgent_action"]["deadline"] = "2099-12-31"
    case["letter"] = {"en": case["letter"]["en"]}
    if long:
        case["letter"]["en"]["text"] += case["urgent_action"]["additional_information"]
    case["languages"], case["channels"] = ["en"], [channel]
    case["targets"] = [
        {"id": target, "name": f"Official {target}", channel: contact}
        for target, contact in contacts.items()
    ]
    return yaml.safe_dump(case, allow_unicode=True, sort_keys=False)


def pages_of(tiff: Path) -> list[Image.Image]:
    """The pages of a TIFF in black and white."""
    with Image.open(tiff) as whole:
        return [page.convert("1") for page in ImageSequence.Iterator(whole)]


def expect_same(sent: Path, received: Path) -> str:
    """Fail unless all pages are the same, row by row; returns how many there are."""
    ours, theirs = pages_of(sent), pages_of(received)
    sizes = [page.size for page in ours], [page.size for page in theirs]
    expect(sizes[0] == sizes[1], f"pages of {sizes[0]} pixels were sent, {sizes[1]} came")
    expect(all(_rows(ImageChops.invert(page)) for page in ours), f"an empty page in {sent}")
    differing = sum(
        _rows(ImageChops.logical_xor(mine, other)) for mine, other in zip(ours, theirs, strict=True)
    )
    expect(not differing, f"{differing} rows of {received} are not as they were sent")
    return f"{sum(page.height for page in ours)} rows, pages: {len(ours)}"


def _rows(picture: Image.Image) -> int:
    """How many rows have a bit that is set."""
    width, height = picture.size
    rows = (picture.crop((0, row, width, row + 1)) for row in range(height))
    return sum(row.getbbox() is not None for row in rows)
