"""Plugins: loaded one by one, and whatever is wrong with one is said in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from uadispatch.channels.registry import Registry, discover
from uadispatch.errors import ConfigError, PluginError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
from uadispatch import Channel, ChannelSettings, Receipt, hookimpl

class {cls}(Channel[ChannelSettings]):
    name = "{name}"
    contact = "email"
    Settings = ChannelSettings
    async def send(self, message):
        return Receipt(says="taken")

@hookimpl
def register_channels(register):
    register({cls})
"""


def good(name: str, cls: str = "Sms") -> str:
    return GOOD.format(name=name, cls=cls)


def registry(folder: Path, **plugins: str) -> Registry:
    for name, source in plugins.items():
        (folder / f"{name}.py").write_text(source)
    return Registry(discover(folder))


def complaint(folder: Path, source: str) -> str:
    found = registry(folder, bad=source, good=good("sms"))
    assert "sms" in found.channels, "a broken plugin must not disturb the others"
    assert "email" in found.channels
    (broken,) = found.broken
    assert broken.plugin.endswith("bad.py")
    assert "\n" not in broken.says
    return broken.says


def test_the_email_channel_comes_through_its_entry_point() -> None:
    found = Registry(discover()).get("email")
    assert (found.plugin, found.channel.__module__.split(".")[0]) == (
        "uadispatch:email",
        "uadispatch_email",
    )


def test_two_registries_share_nothing(tmp_path: Path) -> None:
    with_sms = registry(tmp_path, sms=good("sms"))
    without = Registry(discover())
    assert "sms" in with_sms.channels
    assert "sms" not in without.channels


def test_a_file_and_a_package_can_be_dropped_in(tmp_path: Path) -> None:
    package = tmp_path / "signal"
    package.mkdir()
    (package / "__init__.py").write_text("from .channel import register_channels\n")
    (package / "channel.py").write_text(good("signal"))
    found = registry(tmp_path, sms=good("sms"))
    assert {"sms", "signal"} <= set(found.channels)
    assert found.get("sms").version.startswith("drop-in, 1 file, ")
    assert found.get("signal").version.startswith("drop-in, 2 files, ")
    assert found.broken == ()


def test_an_edited_drop_in_has_another_version(tmp_path: Path) -> None:
    package = tmp_path / "signal"
    package.mkdir()
    (package / "__init__.py").write_text("from .channel import register_channels\n")
    (package / "channel.py").write_text(good("signal"))
    before = registry(tmp_path, sms=good("sms"))
    (package / "__pycache__").mkdir()
    (package / "__pycache__/channel.pyc").write_bytes(b"made by Python")
    same = registry(tmp_path, sms=good("sms"))
    (package / "channel.py").write_text(good("signal") + "# edited\n")
    after = registry(tmp_path, sms=good("sms"))
    versions = [found.get("signal").version for found in (before, same, after)]
    assert versions[0] == versions[1] != versions[2]
    assert before.get("sms").version == after.get("sms").version


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        discover(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import nonexistent_library", "nonexistent_library"),
        ("1/0", "ZeroDivisionError"),
        ("def broken(:", "SyntaxError"),
        ("raise SystemExit(1)", "end the program"),
        ("x = 1", "implements no hook"),
        (good("bad").replace("register_channels", "register_chanels"), "register_chanels"),
        (good("bad").replace("(register):", "(register, more):"), "more"),
        (good("Bad Name"), "lower-case"),
        (good("bad").replace("async def", "def"), "async def"),
        (good("bad").replace("async def send", "async def sends"), "does not implement send"),
        (good("bad").replace('contact = "email"', ""), "contact"),
        (good("bad").replace("Settings = ChannelSettings", "Settings = dict"), "ChannelSettings"),
        (good("bad").replace("register(Sms)", "register(Sms.send)"), "subclass"),
        (good("bad").replace("register(Sms)", "register(dict)"), "subclass"),
        (good("bad").replace("register(Sms)", "raise ValueError('no luck')"), "no luck"),
    ],
)
def test_a_broken_plugin_is_reported_and_the_others_work(
    source: str, says: str, tmp_path: Path
) -> None:
    assert says in complaint(tmp_path, source)


def test_two_plugins_with_one_name_are_both_named_and_neither_is_used(tmp_path: Path) -> None:
    found = registry(tmp_path, one=good("sms"), two=good("sms"), three=good("sms"), ok=good("ok"))
    assert "sms" not in found.channels
    assert "ok" in found.channels
    with pytest.raises(PluginError, match=r"one\.py, .*three\.py and .*two\.py"):
        found.get("sms")


def test_registering_later_is_an_error(tmp_path: Path) -> None:
    late = good("sms").replace("    register(Sms)", "    global later; later = register")
    (tmp_path / "late.py").write_text(late)
    found = Registry(discover(tmp_path))
    import sys

    module = sys.modules["uadispatch_dropin_late"]
    with pytest.raises(PluginError, match="only inside"):
        module.later(module.Sms)
    assert "sms" not in found.channels


def test_an_unknown_channel_gets_a_hint() -> None:
    with pytest.raises(ConfigError, match="did you mean 'email'"):
        Registry(discover()).get("emial")
