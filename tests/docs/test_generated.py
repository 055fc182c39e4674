"""What is made from the code says what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

SCRIPT = Path(__file__).parents[2] / "docs" / "generate.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE: Any = load()


@pytest.mark.parametrize("page", GENERATE.PAGES)
def test_the_page_is_up_to_date(page: str) -> None:
    path, make = GENERATE.PAGES[page]
    assert path.read_text(encoding="utf-8") == make(), "run: make docs"


def test_every_setting_is_there_in_words() -> None:
    page = GENERATE.settings()
    for part in page.split("\n### ")[1:]:
        assert len(part.split("\n\n")) > 2, f"no docstring: {part}"
        assert part.split("\n\n")[2].strip(), f"no docstring: {part}"
    assert "`UADISPATCH_ORGANISATION_NAME`: text; required.\n\nAs it signs." in page
    assert "`UADISPATCH_EMAIL_SECURITY`: `starttls`, `tls` or `none`; by default" in page
    assert "`UADISPATCH_EMAIL_CONCURRENCY`: whole number, at least `1` and at most `100`" in page
    assert "`UADISPATCH_EMAIL_GIVE_UP_AFTER`: duration, more than 0 seconds; by default 3" in page
    assert "`UADISPATCH_EMAIL_PASSWORD`: secret; optional." in page


def test_every_command_has_its_help_page() -> None:
    page = GENERATE.cli()
    for command in ("uadispatch", "uadispatch dry-run", "uadispatch send"):
        assert f"## {command}\n\n```text\nUsage: {command} [OPTIONS]" in page


def test_a_page_that_is_not_up_to_date_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "docs/page.md"
    path.parent.mkdir()
    monkeypatch.setattr(GENERATE, "ROOT", tmp_path)
    monkeypatch.setattr(GENERATE, "PAGES", {"page": (path, lambda: "new\n")})
    assert GENERATE.main("check") == 1
    assert capsys.readouterr().err == "docs/page.md is not up to date: run make docs\n"
    assert GENERATE.main("write") == 0
    assert GENERATE.main("check") == 0
    assert GENERATE.main("page") == 0
    assert capsys.readouterr().out == "new\n"
