"""The tests are shared out among processes: each has the one seed, and what goes wrong is said."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = """
import os
from hypothesis import core
def test_it(tell):
    tell(f"seed of {os.environ['PYTEST_XDIST_WORKER']}: {core.global_force_seed}")
    tell("all say this")
test_again = test_it
"""

FAULTS = """
import os, signal, time, warnings
import pytest
def test_that_dies():
    os._exit(0)
@pytest.mark.timeout(1)
def test_that_hangs():
    time.sleep(600)
def test_that_no_signal_wakes():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    time.sleep(600)
def test_that_warns():
    warnings.warn("mind this")
def test_that_leaves_a_file_open(tmp_path):
    open(tmp_path / "it", "w")
def test_that_is_well():
    pass
"""


def shared_out(
    folder: Path, root: Path, test: str, *words: str
) -> subprocess.CompletedProcess[str]:
    """Run `test` in two processes, with the project's own settings."""
    (folder / "conftest.py").write_bytes((root / "tests/conftest.py").read_bytes())
    (folder / "test_it.py").write_text(test)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", *words,
         "-c", root / "pyproject.toml", "--rootdir", folder, folder],
        capture_output=True, text=True, check=False, cwd=folder, timeout=110,
        env=os.environ | {"TEST_SEED": "", "COLUMNS": "200"},
    )  # fmt: skip


def test_there_is_one_seed_and_it_is_said_once(tmp_path: Path, root: Path) -> None:
    ran = shared_out(tmp_path, root, SEEDS, "--dist", "load")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (seed,) = re.findall(r"^seed: TEST_SEED=(\d+)$", ran.stdout, re.MULTILINE)
    told = dict(re.findall(r"^seed of (gw\d): (\d+)$", ran.stdout, re.MULTILINE))
    assert told == {"gw0": seed, "gw1": seed}
    assert ran.stdout.count("all say this") == 1


def test_a_process_that_dies_or_hangs_and_a_warning_fail_by_name(
    tmp_path: Path, root: Path
) -> None:
    soon = ("-o", "faulthandler_timeout=5")
    ran = shared_out(tmp_path, root, FAULTS, "--dist", "worksteal", *soon)
    assert ran.returncode == 1
    why = r"(crashed while running|Failed: Timeout|UserWarning|PytestUnraisable)"
    said = re.findall(rf"^FAILED test_it\.py::(\w+) - .*?{why}", ran.stdout, re.MULTILINE)
    assert dict(said) == {
        "test_that_dies": "crashed while running",
        "test_that_hangs": "Failed: Timeout",
        "test_that_no_signal_wakes": "crashed while running",
        "test_that_warns": "UserWarning",
        "test_that_leaves_a_file_open": "PytestUnraisable",
    }
    assert "1 passed" in ran.stdout
    assert "in test_that_no_signal_wakes" in ran.stderr
