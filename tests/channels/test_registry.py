"""Plugins: loaded one by one, and whatever is wrong with one is said in one line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from uadispatch import API_VERSION
from uadispatch.channels.registry import Registry, discover
from uadispatch.deprecations import Leaving
from uadispatch.errors import ConfigError, PluginError

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli

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


@pytest.mark.parametrize(
    "called",
    [
        "    global later; later = register",
        "    register(Sms)\n    import threading\n    global later; later = register",
    ],
    ids=["nothing before", "something before"],
)
def test_registering_later_is_told_and_disturbs_nothing(
    called: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    late = good("sms").replace("    register(Sms)", called)
    user = "import uadispatch_dropin_late as late\nlate.later(late.Sms)\n" + good("other")
    found = registry(tmp_path, late=late, other=user)
    assert "other" in found.channels, "who calls it is not disturbed"
    told = [broken for broken in found.broken if "had ended" in broken.says]
    assert [broken.plugin for broken in told] == [str(tmp_path / "late.py")]
    assert told[0].says.endswith("(other.py:2)")
    late_register = sys.modules["uadispatch_dropin_late"].later
    late_register(late_register)
    assert len([line for line in caplog.messages if "had ended" in line]) == 1


API = [
    ("2.0", "requires API 2.0", "upgrade uadispatch"),
    ("1.99", "requires API 1.99", "upgrade uadispatch"),
    ("0.9", "written for API 0.9", "upgrade the plugin"),
    ("one", "'one'", "MAJOR.MINOR"),
]


@pytest.mark.parametrize(("required", "says", "then"), API)
def test_another_api_is_told_before_anything_runs(
    required: str, says: str, then: str, tmp_path: Path
) -> None:
    source = f"REQUIRES_API = {required!r}\nfrom uadispatch import WhatIsNotThere\n"
    told = complaint(tmp_path, source)
    assert says in told
    assert then in told
    assert "WhatIsNotThere" not in told


def test_an_api_that_is_worked_out_is_looked_at_too(tmp_path: Path) -> None:
    told = complaint(tmp_path, 'REQUIRES_API = ".".join("20")\n' + good("bad"))
    assert "requires API 2.0" in told


def test_this_api_is_good(tmp_path: Path) -> None:
    found = registry(tmp_path, sms=f"REQUIRES_API: str = {API_VERSION!r}\n{good('sms')}")
    assert "sms" in found.channels
    assert found.broken == ()


def test_a_name_that_is_not_there_names_the_api(tmp_path: Path) -> None:
    told = complaint(tmp_path, "from uadispatch import WhatIsNotThere\n")
    assert "WhatIsNotThere" in told
    assert f"API {API_VERSION}" in told
    assert "(bad.py:1)" in told


def installed(folder: Path, name: str, module: str, source: str | None, attr: str = "") -> None:
    """A distribution with an entry point, as pip leaves it."""
    about = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[uadispatch]\n{name} = {module}{attr}\n")
    if source is not None:
        path = folder.joinpath(*module.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)


@pytest.mark.parametrize(
    ("module", "source", "attr", "says"),
    [
        ("bad_gone", None, "", "its module bad_gone is missing"),
        ("bad_attr", "x = 1", ":plugin", "there is no plugin in its module bad_attr"),
        ("bad_crash", "\n1/0", "", "ZeroDivisionError: division by zero (bad_crash.py:2)"),
        ("bad_old", "REQUIRES_API = '0.1'\n1/0", "", "written for API 0.1"),
        ("bad_pkg.inner", "REQUIRES_API = '9.0'\n1/0", "", "requires API 9.0"),
        ("bad_hook", good("bad").replace("channels", "chanels"), "", "register_chanels"),
        ("bad_library", "import nowhere_to_be_found", "", "No module named 'nowhere_to_be_found'"),
        ("bad_name", good("email"), "", "2 plugins bring a channel 'email'"),
    ],
)
def test_a_broken_installed_plugin_is_told_in_one_line(
    module: str, source: str | None, attr: str, says: str, tmp_path: Path, cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    installed(tmp_path, "uadispatch-bad", module, source, attr)
    monkeypatch.syspath_prepend(tmp_path)
    ran = cli("channels", "--json")
    assert ran.code == 1
    (broken,) = ran.json["broken"]
    assert "uadispatch-bad" in broken["plugin"] or "uadispatch-bad" in broken["says"]
    assert says in broken["says"]
    names = {row["name"] for row in ran.json["channels"]}
    assert names >= {"fax", "letter", "phone", "twitter", "facebook"}
    shown = cli("channels")
    assert len([line for line in shown.out.splitlines() if says[:30] in line]) == 1


def test_what_a_plugin_prints_is_no_part_of_the_output(tmp_path: Path, cli: Cli) -> None:
    chatty = "print('loaded!')\n" + good("sms").replace(
        "    register(Sms)", "    print('here')\n    register(Sms)"
    )
    (tmp_path / "chatty.py").write_text(chatty)
    ran = cli("channels", "--plugins-dir", tmp_path, "--json")
    assert "sms" in {row["name"] for row in ran.json["channels"]}
    assert ran.code == 0


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("async def register_channels(register): pass\n", "implements no hook"),
        (good("bad").replace("    register(Sms)", "    pass"), "registers no channel"),
        (good("bad").replace("    register(Sms)", "    register(Sms)\n    register(Sms)"), "twice"),
        ("raise KeyError('gone')", "KeyError: 'gone' (bad.py:1)"),
        ("raise BaseException('odd')", "BaseException: odd (bad.py:1)"),
        ("x = 1\ny = (", "SyntaxError"),
        ("# -*- coding: nowhere -*-\n", "unknown encoding"),
        (good("bad").replace("@hookimpl", "@hookimpl(hookwrapper=True)"), "hookwrapper"),
        (good("bad").replace("async def send", "name = property()\n    async def send"), "name"),
    ],
)
def test_more_that_is_broken(source: str, says: str, tmp_path: Path) -> None:
    assert says in complaint(tmp_path, source)


def test_an_unknown_channel_gets_a_hint() -> None:
    with pytest.raises(ConfigError, match="did you mean 'email'"):
        Registry(discover()).get("emial")


def test_what_is_to_go_is_told_beside_the_plugin_that_uses_it(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {
        "uadispatch.Slip": Leaving(
            home="uadispatch.channels.message:Receipt", since="0.1", until="0.2", instead="Receipt"
        )
    }
    monkeypatch.setattr("uadispatch.deprecations.LEAVING", old)
    (tmp_path / "old.py").write_text("from uadispatch import Slip\n" + good("sms"))
    ran = cli("channels", "--plugins-dir", tmp_path, "--json")
    assert ran.code == 0
    (aged,) = ran.json["aged"]
    assert aged["plugin"].endswith("old.py")
    assert "uadispatch.Slip is to go: since version 0.1; use Receipt" in aged["says"]
    assert aged["says"].endswith("(old.py:1)")
