"""Where the time of a dry-run goes: processor time a message, by what planning it is made of.

As where.py does it: one run says how long the pass over all messages takes, another, under
cProfile, on what that is spent. Reading the file of targets comes before, and is not in it.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext, redirect_stdout, suppress
from functools import wraps
from pathlib import Path
from typing import Any

import mails
from profiles import shares

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
RENDERING = "rendering the templates"
PARTS: dict[str, tuple[str, ...]] = {
    RENDERING: ("/uadispatch/rendering/", "/jinja2/", "/markupsafe/"),
    "the message around the text": ("/uadispatch/dispatch/composing",),
    "the channel's check": ("/uadispatch_email/",),
    "targets out of the staged rows": (
        "/uadispatch/campaign/", "/uadispatch/dispatch/roster", "/uadispatch/dispatch/listing",
        "/uadispatch/dispatch/snapshot", "/pydantic", "/sqlite3/",
    ),
    "counting what stands in the overview": (
        "/uadispatch/dispatch/overview", "/uadispatch/dispatch/looking", "/uadispatch/cli/",
    ),
    "keys, languages, contacts": ("/uadispatch/dispatch/",),
}  # fmt: skip
"""By the files of the functions; the first that fits."""
REST = "the rest"


def one(messages: int, *, profiled: bool) -> None:
    """One dry-run, in a process of its own; prints what it found as JSON."""
    from uadispatch.cli import main  # noqa: PLC0415 - not in the parent
    from uadispatch.dispatch.planning import looking  # noqa: PLC0415 - as above

    profile = cProfile.Profile(time.thread_time) if profiled else None
    look, took = looking.look, 0.0

    @wraps(look)
    def watched(*words: Any, **named: Any) -> Any:
        nonlocal took
        began = time.thread_time()
        with profile or nullcontext():
            seen = look(*words, **named)
        took += time.thread_time() - began
        return seen

    looking.look = watched
    with tempfile.TemporaryDirectory(dir=BENCH) as name, redirect_stdout(io.StringIO()):
        campaign = mails.write_campaign(Path(name), messages)
        mails.write_settings(Path(name), host="127.0.0.1", port=9, security="none")
        sys.argv = ["uadispatch", "dry-run", str(campaign)]
        with suppress(SystemExit):
            main()
    print(
        json.dumps(
            {
                "took": took,
                "shares": shares(profile, PARTS, templates=RENDERING, rest=REST) if profile else {},
            }
        )
    )


def again(messages: int, *words: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", "--messages", str(messages), *words]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--profile", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    if given.one:
        one(given.messages, profiled=given.profile)
        return
    plain = again(given.messages)
    found = again(given.messages, "--profile")
    each = plain["took"] / given.messages * 1_000_000
    print(f"{given.messages:,} messages\n\n| on | µs a message | % |\n|---|---:|---:|")
    for part, share in sorted(found["shares"].items(), key=lambda item: -item[1]):
        print(f"| {part} | {share * each:.1f} | {share:.0%} |")
    print(f"| **the pass over all messages** | **{each:.1f}** | |")


if __name__ == "__main__":
    main()
