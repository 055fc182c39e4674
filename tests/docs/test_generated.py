"""What is made from the code says what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import matrix
import pytest
import reference

from uadispatch.channels.registry import Registry, discover

if TYPE_CHECKING:
    from types import ModuleType

    from uadispatch import Channel

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


def test_every_exported_name_has_its_words() -> None:
    assert reference.undocumented() == []
    page = reference.reference()
    for name in ("Channel", "Temporary", "WebStandIn"):
        assert f"\n### `{name}`\n" in page
    assert "\n#### `await Channel.confirm(message, receipt, since) -> Outcome | None`\n" in page
    assert "- `OptedOut`: certainly not sent; the recipient wants no more.\n" in page
    assert "| `run_finished(run, tools)` | A run is over. |" in page
    assert page.count("```") % 2 == 0


def test_a_name_that_stands_in_no_group_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    title, (face, words, names) = next(iter(reference.GROUPS.items()))
    monkeypatch.setitem(reference.GROUPS, title, (face, words, names[1:]))
    with pytest.raises(ValueError, match=names[0]):
        reference.reference()


def test_every_channel_has_a_row_for_each_way_to_configure_it() -> None:
    rows = [line for line in matrix.matrix().splitlines() if line.startswith("| [")]
    channels = Registry(discover(None)).channels
    assert {row.partition("[")[2].partition("]")[0] for row in rows} == set(channels)
    for name, registered in channels.items():
        kinds = literals_on_which_it_depends(registered.channel)
        assert kinds <= {matrix.KINDS.get(name)}, "add it to KINDS of docs/matrix.py"


def literals_on_which_it_depends(channel: type[Channel[Any]]) -> set[str]:
    """Settings with a few values, of which some change what the channel can do."""
    usual = repr(matrix.capabilities(channel))
    return {
        name
        for name, field in channel.Settings.model_fields.items()
        for value in get_args(field.annotation)
        if isinstance(value, str) and repr(matrix.capabilities(channel, **{name: value})) != usual
    }


def test_a_row_says_what_the_channel_can_do() -> None:
    by_channel = {line.split(" | ")[0]: line.split(" | ") for line in matrix.matrix().splitlines()}
    hylafax = by_channel['| [fax](fax.md), `gateway = "hylafax"`']
    assert hylafax[1:6] == ["the program", "`fax`", "never tried again", "yes", "yes"]
    assert by_channel["| [email](email.md)"][7] == "yes"
    assert by_channel["| [phone](phone.md)"][1] == "a person"
    assert "`wrong_number`" in by_channel["| [phone](phone.md)"][9]
