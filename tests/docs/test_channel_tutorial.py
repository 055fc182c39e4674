"""The channel of docs/channels.md works as it stands there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from casekit import write_home

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from clikit import Cli

pytest_plugins = ["pytester"]


def files(root: Path) -> dict[str, str]:
    text = (root / "docs/channels.md").read_text(encoding="utf-8")
    found = re.findall(r"<!-- tested: (\S+) -->\n```python\n(.*?)```", text, flags=re.DOTALL)
    assert [name for name, _ in found] == ["notice.py", "test_notice.py"]
    return dict(found)


def test_it_keeps_the_contract(root: Path, pytester: pytest.Pytester) -> None:
    for name, source in files(root).items():
        (pytester.path / name).write_text(source, encoding="utf-8")
    counted = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider").parseoutcomes()
    assert counted.get("failed", 0) == 0
    assert counted["passed"] >= 6


def test_it_rehearses_and_is_listed(root: Path, tmp_path: Path, cli: Cli) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "notice.py").write_text(files(root)["notice.py"], encoding="utf-8")
    campaign = write_home(tmp_path / "home", channels="notice")
    campaign.write_text(campaign.read_text().replace("2019-09-27", "2199-09-27"))
    ran = cli("channels", "--plugins-dir", plugins, "--json")
    rows = {row["name"]: row for row in ran.json["channels"]}
    assert rows["notice"]["missing"] == ["UADISPATCH_NOTICE_FOLDER"]
    ran = cli("rehearse", campaign, "--plugins-dir", plugins, "--json")
    assert ran.code == 0
    assert ran.json["states"] == {"accepted": 2}
    assert len(ran.json["received"]) == 2
