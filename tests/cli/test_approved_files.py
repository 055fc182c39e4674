"""What lies in files beside the campaign and decides what goes out is part of what is approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clikit import write_campaign

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Ran

ADDRESS = 'address: "Street 1\\n10115 Berlin", fax: "+7 7172 506 402"'
PLUGIN = """\
from uadispatch import Channel, ChannelSettings, Handover, hookimpl

class Own(Channel[ChannelSettings]):
    name, contact, Settings = "own", "email", ChannelSettings
    templates = {"any": "{{ letter.text }}"}
    async def send(self, message):
        return Handover(links=("https://example.org/",))

@hookimpl
def register_channels(register):
    register(Own)
"""


def a_case(folder: Path, *, channels: str, settings: str = "") -> Path:
    file = write_campaign(folder, channels=channels)
    file.write_text(file.read_text().replace("email: t0@", f"{ADDRESS}, email: t0@"))
    toml = folder / "config/uadispatch.toml"
    toml.write_text(f"{toml.read_text()}\n[approval]\nrequired = true\n{settings}")
    return file


def approved(cli: Cli, file: Path, *words: object) -> Ran:
    digest = cli("dry-run", file, "--json", *words).json["digest"]
    return cli("approve", file, digest, "--by", "Ann Example", *words)


@pytest.mark.parametrize("channel", ["letter", "fax"])
def test_another_font_is_a_change(tmp_path: Path, cli: Cli, channel: str) -> None:
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    (fonts / "a.txt").write_text("no font, but a file")
    file = a_case(tmp_path, channels=channel, settings=f'[{channel}]\nfonts = "{fonts}"\n')
    assert approved(cli, file).code == 0
    (fonts / "a.txt").write_text("no font, but another")
    ran = cli("send", file, "--yes")
    assert ran.code == 3
    assert f"{channel}.fonts, what is there: “1 file, " in ran.words
    (fonts / "a.txt").write_text("no font, but a file")
    assert cli("send", file, "--yes").code == 0


def test_an_edit_of_a_plugin_that_is_dropped_in_is_a_change(tmp_path: Path, cli: Cli) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "own.py").write_text(PLUGIN)
    given = ["--plugins-dir", plugins]
    file = a_case(tmp_path, channels="own")
    assert approved(cli, file, *given).code == 0
    (plugins / "own.py").write_text(PLUGIN.replace("https://example.org/", "https://example.com/"))
    ran = cli("send", file, "--yes", *given)
    assert ran.code == 3
    assert "version of own: “drop-in, 1 file, " in ran.words
    (plugins / "own.py").write_text(PLUGIN)
    assert cli("send", file, "--yes", *given).code == 0


@pytest.mark.parametrize("name", ["", " \t", "\x07\x1b", "\u202e\u200b", "--"])
def test_nobody_is_no_name(tmp_path: Path, cli: Cli, name: str) -> None:
    file = a_case(tmp_path, channels="email")
    digest = cli("dry-run", file, "--json").json["digest"]
    ran = cli("approve", file, digest, f"--by={name}")
    assert (ran.code, "--by: give the name of the person" in ran.words) == (2, True)
    assert not (tmp_path / ".uadispatch").exists()


def test_a_digest_that_differs_late_is_shown_so_far(tmp_path: Path, cli: Cli) -> None:
    file = a_case(tmp_path, channels="email")
    digest = cli("dry-run", file, "--json").json["digest"]
    other = f"{digest[:30]}{'0' if digest[30] != '0' else '1'}"
    ran = cli("approve", file, other, "--by", "Ann Example")
    assert ran.code == 1
    assert f"{other} is not the digest" in ran.words
    assert f"which is {digest[:31]}." in ran.words
