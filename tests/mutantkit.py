"""Channels that keep the contract, and mutants of them: each breaks one sentence of it.

They are `tests/testing/mutants/BASE.py` and `tests/testing/mutants/BASE/*.toml`. A mutant says its
`name`, the sentence that it `breaks` (of docs/channels.md or a docstring), how that `hurts` a user,
and its `change`s: `old` source text, which stands once in the base, and what is there instead.

``python tests/mutantkit.py [WORDS...]`` tries each (whose name has one of the words) with the whole
contract, and writes down in `caught_by.toml` which test catches it: minutes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = [
    "BASES", "MODULE", "Base", "Change", "Mutant", "caught_by", "mutants", "source_of", "suite_of",
]  # fmt: skip

HOME = Path(__file__).parent / "testing/mutants"
CAUGHT = HOME / "caught_by.toml"
MODULE = "channel_under_test"
"""What the module is called that `suite_of` tests."""


@dataclass(frozen=True, slots=True)
class Base:
    """A channel that keeps the contract."""

    name: str
    channel: str
    """The name of its class."""


BASES = {
    base.name: base
    for base in (
        Base("sms_http", "SmsChannel"),
        Base("card", "CardChannel"),
        Base("queued", "PagerChannel"),
        Base("idem", "RelayChannel"),
    )
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the source: `old` stands in it exactly once."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A channel that is broken in one way."""

    base: Base
    name: str
    breaks: str
    hurts: str
    changes: tuple[Change, ...]
    unseen: str = ""
    """Why no test of a contract can see it; empty if one must."""

    def __str__(self) -> str:
        return f"{self.base.name}: {self.name}"


@cache
def mutants() -> tuple[Mutant, ...]:
    """All of them. Raises KeyError or TypeError where one is not written as it should be."""
    return tuple(
        Mutant(
            base=base,
            changes=tuple(Change(**change) for change in written.pop("change")),
            **written,
        )
        for base in BASES.values()
        for file in sorted((HOME / base.name).glob("*.toml"))
        for written in tomllib.loads(file.read_text(encoding="utf-8"))["mutant"]
    )


@cache
def source_of(channel: Base | Mutant) -> str:
    """Its module's source. Raises ValueError where a change does not apply exactly once."""
    if isinstance(channel, Base):
        return (HOME / f"{channel.name}.py").read_text(encoding="utf-8")
    source = source_of(channel.base)
    for change in channel.changes:
        if (times := source.count(change.old)) != 1:
            raise ValueError(f"{channel}: what it changes stands there {times} times: {change.old}")
        source = source.replace(change.old, change.new)
    return source


def suite_of(channel: Base | Mutant) -> str:
    """The source of its test, for a folder in which its own is called `MODULE`."""
    base = channel if isinstance(channel, Base) else channel.base
    return (
        f"from {MODULE} import {base.channel}\n\n"
        "from uadispatch.testing import ChannelContract\n\n\n"
        f"class TestIt(ChannelContract):\n"
        f"    channel = {base.channel}\n"
    )


def caught_by() -> dict[str, str]:
    """Mutant (as text) to the test that catches it."""
    found: dict[str, str] = tomllib.loads(CAUGHT.read_text(encoding="utf-8"))
    return found


def _test_that_catches(mutant: Mutant) -> str | None:
    """The first test of the whole contract that fails for it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / f"{MODULE}.py").write_text(source_of(mutant), encoding="utf-8")
        suite = home / "test_it.py"
        suite.write_text(f"{suite_of(mutant)}    many = 200\n", encoding="utf-8")
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-qx", "-rf", "--tb=no", "-p", "no:cacheprovider",
             "-c", "/dev/null", f"--rootdir={home}", suite],
            cwd=home, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
    found = re.search(r"^FAILED \S+::TestIt::(\S+)", ran.stdout, re.MULTILINE)
    return None if found is None else found[1]


def main(words: list[str]) -> int:
    """Write down which test catches which mutant; 1 if one gets away."""
    known = caught_by()
    away = 0
    for mutant in mutants():
        if mutant.unseen or (words and not any(word in str(mutant) for word in words)):
            continue
        test = _test_that_catches(mutant)
        sys.stdout.write(f"{mutant}: {test or 'GOT AWAY'}\n")
        away += test is None
        if test is not None:
            known[str(mutant)] = test
    lines = [f"{json.dumps(name)} = {json.dumps(test)}" for name, test in sorted(known.items())]
    CAUGHT.write_text("\n".join((*lines, "")), encoding="utf-8")
    return int(away > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
