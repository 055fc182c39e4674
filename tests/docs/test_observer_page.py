"""The observer of docs/observers.md works as it stands there."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING

from clikit import mail_server, write_campaign
from uadispatch.observers.hooks import HOOKS

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from clikit import Cli, Use


def test_it_keeps_a_line_of_each_run(
    root: Path, tmp_path: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (root / "docs/observers.md").read_text(encoding="utf-8")
    found = re.findall(r"<!-- tested: (\S+) -->\n```python\n(.*?)```", text, flags=re.DOTALL)
    assert [name for name, _ in found] == ["tally.py"]
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "tally.py").write_text(found[0][1], encoding="utf-8")
    file = write_campaign(tmp_path / "home")
    toml = tmp_path / "home/config/uadispatch.toml"
    toml.write_text(toml.read_text() + f'[tally]\nfile = "{tmp_path}/runs.txt"\n')
    monkeypatch.chdir(tmp_path / "home")
    listed = cli("channels", "--plugins-dir", plugins, "--json").json["observers"]
    assert [row["hears"] for row in listed if row["plugin"].endswith("tally.py")] == [
        ["run_finished"]
    ]
    with mail_server() as server:
        use(server)
        assert cli("send", file, "--yes", "--plugins-dir", plugins).code == 0
    assert (tmp_path / "runs.txt").read_text().endswith(" 46/30 {'accepted': 2}\n")


def test_every_hook_and_every_field_is_listed(root: Path) -> None:
    text = (root / "docs/observers.md").read_text(encoding="utf-8")
    for event, (hook, name) in HOOKS.items():
        names = ", ".join(f"`{field.name}`" for field in fields(event))
        assert f"| `{hook}({name}, tools)` | `{event.__name__}`: {names} |" in text
