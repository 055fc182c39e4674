"""Plugins that observe: found as channels are, and what is wrong with one is said in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from uadispatch.channels.registry import Registry, discover

if TYPE_CHECKING:
    from pathlib import Path

PAGER = """
from uadispatch import ObserverSettings, hookimpl

class PagerSettings(ObserverSettings):
    number: int = 1

@hookimpl
def register_settings(register):
    register("pager", PagerSettings)

@hookimpl
def run_finished(run):
    pass
"""
CHANNEL = """
from uadispatch import Channel, ChannelSettings, Receipt

class Sms(Channel[ChannelSettings]):
    name = "sms"
    contact = "email"
    Settings = ChannelSettings
    async def send(self, message):
        return Receipt(says="taken")

@hookimpl
def register_channels(register):
    register(Sms)
"""


def registry(folder: Path, **plugins: str) -> Registry:
    for name, source in plugins.items():
        (folder / f"{name}.py").write_text(source)
    return Registry(discover(folder))


def test_a_plugin_may_bring_observers_channels_or_both(tmp_path: Path) -> None:
    found = registry(tmp_path, both=PAGER + CHANNEL)
    assert found.broken == ()
    assert "sms" in found.channels
    assert {"sms", "pager", "notify"} <= found.sections
    observer = found.observers[-1]
    assert observer.plugin.endswith("both.py")
    assert (list(observer.hooks), list(observer.settings)) == (["run_finished"], ["pager"])


def test_each_is_called_alone_whoever_was_found_later(tmp_path: Path) -> None:
    note = PAGER.replace("    pass", "    run.append(__name__)").replace('"pager"', '"{}"')
    found = registry(tmp_path, one=note.format("one"), two=note.format("two"))
    calls: list[str] = []
    for observer in found.observers[-2:]:
        observer.hooks["run_finished"](run=calls, tools=None)
    assert [name.removeprefix("uadispatch_dropin_") for name in calls] == ["one", "two"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (PAGER.replace("run_finished", "run_finnished"), "run_finnished"),
        (PAGER.replace("run_finished", "run_finnished"), "run_finished(run, tools)"),
        (PAGER.replace("(run):", "(run, message):"), "message"),
        (PAGER.replace("def run_f", "async def run_f"), "run_finished must be a plain function"),
        (PAGER.replace('"pager"', '"email"'), "[email] is taken"),
        (PAGER.replace('"pager"', '"The Pager"'), "lower-case"),
        (PAGER.replace('"pager", PagerSettings', '"pager", dict'), "ObserverSettings"),
        (PAGER[: PAGER.index("@hookimpl\ndef run_f")], "implements no hook"),
    ],
)
def test_what_is_wrong_with_one_is_said_in_one_line_and_the_others_work(
    tmp_path: Path, source: str, says: str
) -> None:
    found = registry(tmp_path, bad=source)
    (broken,) = found.broken
    assert says in broken.says
    assert "\n" not in broken.says
    assert [observer.plugin for observer in found.observers] == ["uadispatch:notify"]
    assert "email" in found.channels
