"""`new-channel`: what it writes works as it is, and nothing that is there is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from uadispatch.channels.registry import Registry, discover

if TYPE_CHECKING:
    from clikit import Cli

PACKAGE = (
    "README.md",
    "pyproject.toml",
    "src/uadispatch_signal/__init__.py",
    "src/uadispatch_signal/py.typed",
    "src/uadispatch_signal/templates/any.j2",
    "tests/test_signal.py",
)


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def files_in(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_a_file_is_found_as_it_is_and_rehearsed(cli: Cli) -> None:
    began = cli("new-channel", "sms", "--contact", "phone")
    assert began.code == 0
    assert files_in(Path()) == ["plugins/sms.py", "plugins/tests/test_sms.py"]
    assert [f"{number}. " in began.out for number in (1, 2, 3, 4)] == [True, True, True, False]
    registered = Registry(discover(Path("plugins"))).get("sms")
    assert registered.channel.contact == "phone"
    assert not Registry(discover(Path("plugins"))).broken


def test_what_it_says_is_next_can_be_typed(cli: Cli) -> None:
    cli("new-channel", "sms", "--contact", "phone")
    Path("config").mkdir()
    Path("config/uadispatch.toml").write_text(
        '[organisation]\nname = "Group 12"\nemail = "ua@example.org"\n'
    )
    Path("ua.yaml").write_text(
        "urgent_action: {number: 1/30, title: A case, deadline: 2199-01-01}\n"
        "channels: [sms]\ntargets: [{id: a, name: A Minister, phone: '+12025550100'}]\n"
        "letter: {en: {subject: Release them, text: Please.}}\n"
    )
    rehearsed = cli("rehearse", "ua.yaml", "--plugins-dir", "plugins", "--json")
    assert rehearsed.code == 0
    (kept,) = rehearsed.json["received"]
    assert kept["to"] == "+12025550100"
    checked = cli("check-channel", "sms", "--plugins-dir", "plugins", "--many", "20", "--json")
    assert checked.code == 0
    assert checked.json["keeps_all"] is True


def test_a_package_says_what_it_brings_and_its_test_passes(cli: Cli) -> None:
    began = cli("new-channel", "signal", "--package", "--dir", "ours")
    assert began.code == 0
    home = Path("ours/uadispatch-signal").absolute()
    assert tuple(files_in(home)) == PACKAGE
    assert "pip install -e 'ours/uadispatch-signal[testing]'" in began.out
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", home,
         "-p", "no:cacheprovider", "tests", "-k", "form or sent_once or previewed or killed"],
        cwd=home, env=os.environ | {"PYTHONPATH": str(home / "src")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 passed" in ran.stdout


def test_its_entry_point_names_what_is_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    import tomllib

    cli("new-channel", "signal", "--package")
    home = Path("uadispatch-signal")
    about = tomllib.loads((home / "pyproject.toml").read_text())
    ((name, value),) = about["project"]["entry-points"]["uadispatch"].items()
    monkeypatch.syspath_prepend(home / "src")
    module = EntryPoint(name, value, "uadispatch").load()
    offered: list[type] = []
    module.register_channels(offered.append)
    assert [channel.__name__ for channel in offered] == ["SignalChannel"]
    for folder in about["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert (home / folder / "__init__.py").is_file()


@pytest.mark.parametrize("name", ["Sms", "s m s", "class", "9lives", "sms-gateway", ""])
def test_a_name_that_cannot_be_is_refused(name: str, cli: Cli) -> None:
    ran = cli("new-channel", name)
    assert ran.code == 2
    assert "cannot be a channel's name" in ran.words
    assert not files_in(Path())


def test_a_name_that_is_taken_is_refused(cli: Cli) -> None:
    ran = cli("new-channel", "email")
    assert ran.code == 2
    assert "there is a channel email, of uadispatch:email" in ran.words
    assert not files_in(Path())


def test_a_contact_that_is_no_field_is_refused(cli: Cli) -> None:
    ran = cli("new-channel", "sms", "--contact", "mobile phone")
    assert ran.code == 2
    assert "--contact mobile phone" in ran.words


def test_nothing_is_overwritten_and_nothing_half_written(cli: Cli) -> None:
    Path("plugins/tests").mkdir(parents=True)
    Path("plugins/tests/test_sms.py").write_text("mine\n")
    ran = cli("new-channel", "sms")
    assert ran.code == 2
    assert "nothing was written: plugins/tests/test_sms.py is there already" in ran.words
    assert files_in(Path()) == ["plugins/tests/test_sms.py"]
    assert Path("plugins/tests/test_sms.py").read_text() == "mine\n"


def test_a_folder_that_is_none_is_told(cli: Cli) -> None:
    Path("plugins").write_text("a file\n")
    ran = cli("new-channel", "sms")
    assert ran.code == 2
    assert "plugins/sms.py: this cannot be written" in ran.words
