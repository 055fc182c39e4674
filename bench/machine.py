"""What the machine is, and how long its disk takes to commit: figures mean nothing without it."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import statistics
import subprocess
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

COMMITS = 300


def machine(folder: Path) -> dict[str, str]:
    """In words, for the head of a table; `folder` lies on the disk of the journals."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    with tempfile.TemporaryDirectory(dir=folder) as name:
        commit = commit_time(Path(name)) * 1000
    return {
        "processor": f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GB",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "one commit of SQLite (`synchronous=FULL`)": f"{commit:.2f} ms",
    }


def versions() -> dict[str, str]:
    """Of what every contestant runs on or against."""
    found = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    for package in ("uadispatch", "uvloop"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    if postfix := _of_debian("postfix"):
        found["postfix"] = postfix
    return found


def processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def commit_time(folder: Path) -> float:
    """Seconds of one commit of one small row: the median."""
    connection = sqlite3.connect(folder / "commit.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY)")
    times = []
    for _ in range(COMMITS):
        began = time.perf_counter()
        connection.execute("INSERT INTO rows DEFAULT VALUES")
        times.append(time.perf_counter() - began)
    connection.close()
    return statistics.median(times)


def _of_debian(package: str) -> str:
    try:
        shown = subprocess.run(
            ["dpkg-query", "--show", "--showformat=${Version}", package],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return ""
    return shown.stdout
