"""A channel that is one file in a folder, as the program itself finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uadispatch.channels.registry import Registry, discover
from uadispatch.errors import PluginError

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.channels.contract import Channel

__all__ = ["drop_in"]


def drop_in(file: Path, name: str | None = None) -> type[Channel[Any]]:
    """The channel class that the plugin `file` (or package folder) brings; `name` if several.

    Raises:
        PluginError: the plugin cannot be used, or brings no such channel.
    """
    mine = [plugin for plugin in discover(file.parent) if plugin.name == str(file)]
    registry = Registry(mine)
    if registry.broken:
        raise PluginError("; ".join(f"{it.plugin}: {it.says}" for it in registry.broken))
    found = [it.channel for it in registry.channels.values() if name in (None, it.name)]
    if len(found) != 1:
        names = ", ".join(registry.channels) or "none"
        raise PluginError(f"{file}: name one of its channels ({names})")
    return found[0]
