"""Where the time of a send goes: processor time a message, by what it is spent on.

The same command runs in this process twice: once as it is, when the time of each of its two threads
is taken (the event loop, and the journal); once under cProfile, which says on what the event loop's
is spent. The shares are the profile's, the microseconds are those of the run without it.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, redirect_stdout
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mails
import servers
from measuring import require_all_accepted
from profiles import shares

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
PLUGINS = ROOT / "bench/plugins"

COMPOSING = "composing the message"
PARTS: dict[str, tuple[str, ...]] = {
    COMPOSING: (
        "/uadispatch/rendering/", "/uadispatch/dispatch/composing", "/jinja2/", "/markupsafe/",
        "/uadispatch/campaign/", "/uadispatch/dispatch/snapshot", "/pydantic",
    ),
    "checking and building the mail": (
        "/uadispatch_email/channel", "/uadispatch_email/mime", "/uadispatch_email/envelope",
        "/uadispatch_email/words", "/email/",
    ),
    "the SMTP connections": ("/uadispatch_email/",),
    "claims, tries and their ends": ("/uadispatch/dispatch/", "/uadispatch/channels/"),
    "progress": ("/uadispatch/cli/",),
}  # fmt: skip
"""By the files of the functions; the rest is the event loop itself."""
REST = "the event loop and its sockets"


class Threads:
    """The processor time of the threads of a send, while it sends."""

    loop = journal = 0.0
    stages: Counter[str]

    def __init__(self) -> None:
        self.stages = Counter()


def watch(found: Threads, profile: cProfile.Profile | None) -> None:
    """Let the next send of this process be watched."""
    from uadispatch.dispatch.journal import store  # noqa: PLC0415 - as above
    from uadispatch.dispatch.journal.writing import claiming, settling  # noqa: PLC0415 - as above
    from uadispatch.dispatch.sending import engine  # noqa: PLC0415 - after sys.argv is set

    class Pool(ThreadPoolExecutor):
        def shutdown(self, *words: Any, **named: Any) -> None:
            found.journal = self.submit(time.thread_time).result()
            super().shutdown(*words, **named)

    engine.ThreadPoolExecutor = Pool  # type: ignore[misc]
    run = engine.Engine.run

    @wraps(run)
    async def watched(*words: Any, **named: Any) -> Any:
        began = time.thread_time()
        with profile or nullcontext():
            ended = await run(*words, **named)
        found.loop = time.thread_time() - began
        return ended

    engine.Engine.run = watched  # type: ignore[method-assign]
    if profile is None:
        timed(found, settling, "settle")
        timed(found, claiming, "claim")
        timed(found, store.Store, "turn")
        timed(found, store.Store, "due")


def timed(found: Threads, owner: Any, name: str) -> None:
    original: Callable[..., Any] = getattr(owner, name)

    @wraps(original)
    def timing(*words: Any, **named: Any) -> Any:
        began = time.thread_time()
        try:
            return original(*words, **named)
        finally:
            if threading.current_thread() is not threading.main_thread():
                found.stages[name] += time.thread_time() - began

    setattr(owner, name, timing)


def send(campaign: Path, words: list[str]) -> dict[str, Any]:
    from uadispatch.cli import main  # noqa: PLC0415 - its plugins are found now

    sys.argv = ["uadispatch", "send", str(campaign), "--yes", "--json", *words]
    said = io.StringIO()
    with redirect_stdout(said):
        try:
            main()
        except SystemExit as exc:
            if exc.code != 0:
                raise RuntimeError(f"send ended with {exc.code}") from exc
    told: dict[str, Any] = json.loads(said.getvalue())
    return told


def one(given: argparse.Namespace) -> None:
    """One run, in a process of its own; prints what it found as JSON."""
    found = Threads()
    profile = cProfile.Profile(time.thread_time) if given.profile else None
    with tempfile.TemporaryDirectory(dir=BENCH) as name:
        folder = Path(name)
        campaign = mails.write_campaign(folder, given.messages, channel=given.channel)
        window = {"concurrency": given.connections, "window": given.window}
        with servers.near() if given.channel == "email" else nullcontext(None) as server:
            if server is not None:
                mails.write_settings(
                    folder, host="127.0.0.1", port=server.port, security="none", **window
                )
                words = []
            else:
                mails.write_settings(folder)
                names = ("UADISPATCH_NOTHING_CONCURRENCY", "UADISPATCH_NOTHING_WINDOW")
                os.environ |= dict(zip(names, map(str, window.values()), strict=True))
                words = ["--plugins-dir", str(PLUGINS)]
            watch(found, profile)
            said = send(campaign, words)
        require_all_accepted(said, given.messages)
    if profile is not None and given.dump:
        profile.dump_stats(given.dump)
    spent = shares(profile, PARTS, templates=COMPOSING, rest=REST) if profile else {}
    told = {
        "loop": found.loop, "journal": found.journal, "stages": found.stages,
        "rate": said["messages_per_second"], "shares": spent,
    }  # fmt: skip
    print(json.dumps(told))


def again(given: argparse.Namespace, *words: str) -> dict[str, Any]:
    command = [
        sys.executable, __file__, "--one", "--channel", given.channel,
        "--messages", str(given.messages), "--connections", str(given.connections),
        "--window", str(given.window), *words,
    ]  # fmt: skip
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--window", type=int, default=200)
    parser.add_argument("--channel", choices=["email", "nothing"], default="email")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--profile", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--dump", help="a file for the whole profile")
    given = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    if given.one:
        one(given)
        return
    plain = again(given)
    found = again(given, "--profile", *(["--dump", given.dump] if given.dump else []))
    each = 1_000_000 / given.messages
    print(
        f"{given.messages:,} messages by {given.channel}, {given.connections} connections, a "
        f"window of {given.window}: {plain['rate']:,.0f}/s without the profile.\n"
    )
    print("| on | µs a message |\n|---|---:|")
    for part, share in sorted(found["shares"].items(), key=lambda item: -item[1]):
        print(f"| {part} | {share * plain['loop'] * each:.1f} |")
    print(f"| **the event loop's thread** | **{plain['loop'] * each:.1f}** |")
    stages = plain["stages"]
    rest = plain["journal"] - stages["turn"] - stages["due"]
    commit = stages["turn"] - stages["settle"] - stages["claim"]
    for name, spent in {
        "journal: claims": stages["claim"], "journal: outcomes": stages["settle"],
        "journal: begin and commit": commit, "journal: what is due": stages["due"],
        "journal: the rest": rest,
    }.items():  # fmt: skip
        print(f"| {name} | {spent * each:.1f} |")
    print(f"| **the journal's thread** | **{plain['journal'] * each:.1f}** |")


if __name__ == "__main__":
    main()
