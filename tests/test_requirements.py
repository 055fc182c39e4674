"""requirements.txt pins all that pyproject.toml asks for, by hash, and names no index."""

from __future__ import annotations

import itertools
import re
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9._-]+")


def name_of(requirement: str) -> str:
    found = NAME.match(requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def pinned(file: Path, requirements: list[str]) -> None:
    asked = {name_of(requirement) for requirement in requirements}
    text = file.read_text()
    entries = [line for line in text.replace("\\\n", " ").splitlines() if "==" in line]
    assert asked <= {name_of(entry) for entry in entries}
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


def test_everything_is_pinned_by_hash(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    here = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["testing"],
        *groups["dev"],
        *project["build-system"]["requires"],
    ]
    pinned(root / "requirements.txt", here)
    pinned(root / "tests/e2e/pages-requirements.txt", groups["pages"])
    pinned(root / "bench/peers-requirements.txt", groups["peers"])
    pinned(root / "bench/requirements.txt", groups["bench"])


def test_each_dependency_has_its_reason(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    reasons = (root / "docs/decisions/dependencies.md").read_text().lower()
    groups = (project["project"]["dependencies"], *project["dependency-groups"].values())
    for requirement in itertools.chain(*groups):
        assert name_of(requirement) in reasons.replace("_", "-"), requirement
