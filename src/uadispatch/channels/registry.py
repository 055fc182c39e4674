"""Which channels are there: the only user of pluggy's PluginManager.

It loads plugins one by one, so that a broken one is reported and the others work. It knows
classes and where they came from; it builds no channel and reads no setting.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pluggy

from uadispatch.channels.contract import CHANNEL_NAME, PROJECT, Channel, ChannelSettings, Hooks
from uadispatch.errors import ConfigError, PluginError
from uadispatch.resources import contents_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import ModuleType

__all__ = ["Broken", "Plugin", "Registered", "Registry", "discover"]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin before it is loaded: its name, its version, and how to load it."""

    name: str
    version: str
    load: Callable[[], ModuleType]


@dataclass(frozen=True, slots=True)
class Registered:
    """A channel that can be used, and the plugin that brought it."""

    name: str
    channel: type[Channel[Any]]
    plugin: str
    version: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A plugin (or a channel name) that cannot be used, and why, in one line."""

    plugin: str
    says: str


class Registry:
    """The channels of some plugins. It is an object: two of them share nothing."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        """Load each plugin; what is wrong with one lands in `broken`."""
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(Hooks)
        self._channels: dict[str, Registered] = {}
        self._claims: dict[str, list[str]] = {}
        self._broken: list[Broken] = []
        for plugin in plugins:
            self._add(plugin)

    @property
    def channels(self) -> Mapping[str, Registered]:
        """The usable channels by name, in the order of their names."""
        return dict(sorted(self._channels.items()))

    @property
    def broken(self) -> tuple[Broken, ...]:
        """What cannot be used, each with its reason."""
        return tuple(self._broken)

    def knows(self, name: str) -> bool:
        """Whether any plugin brings a channel called `name`, be it one or several."""
        return name in self._claims

    def get(self, name: str) -> Registered:
        """The channel called `name`.

        Raises:
            PluginError: two plugins claim this name.
            ConfigError: no plugin brings it.
        """
        if len(self._claims.get(name, ())) > 1:
            raise PluginError(self._contest(name))
        if (found := self._channels.get(name)) is not None:
            return found
        near = get_close_matches(name, self._channels, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        installed = ", ".join(self.channels) or "none"
        raise ConfigError(
            f"there is no channel {name!r}; {hint}Installed: {installed}. Install the plugin that "
            f"brings it, or take it out of `channels:`"
        )

    def _add(self, plugin: Plugin) -> None:
        try:
            offered = self._offered(plugin)
        except Exception as exc:  # noqa: BLE001 - a stranger's code may raise anything
            self._broken.append(Broken(plugin.name, _in_one_line(exc)))
            return
        except SystemExit:
            self._broken.append(Broken(plugin.name, "it tried to end the program while loading"))
            return
        for channel in offered:
            self._claim(Registered(channel.name, channel, plugin.name, plugin.version))

    def _offered(self, plugin: Plugin) -> list[type[Channel[Any]]]:
        """Load a plugin and ask its hook which channels it brings."""
        module = plugin.load()
        name = self._manager.register(module, name=plugin.name)
        if name is None:
            raise PluginError("pluggy has been told to block this plugin")
        offered: list[type[Channel[Any]]] = []
        closed = False

        def register(channel: type[Channel[Any]], /) -> None:
            if closed:
                raise PluginError("register() may be called only inside register_channels")
            _check(channel)
            offered.append(channel)

        try:
            self._call(module, register)
        except BaseException:
            self._manager.unregister(module)
            raise
        closed = True
        return offered

    def _call(self, module: ModuleType, register: Callable[[type[Channel[Any]]], None]) -> None:
        """Call the hook of one plugin alone: pluggy would stop at the first that raises."""
        self._manager.check_pending()  # a misspelt hook would otherwise never be called
        others = [other for other in self._manager.get_plugins() if other is not module]
        caller = self._manager.subset_hook_caller("register_channels", others)
        if not caller.get_hookimpls():
            raise PluginError(
                "it implements no hook: mark a function register_channels(register) with "
                "uadispatch.hookimpl"
            )
        caller(register=register)

    def _claim(self, new: Registered) -> None:
        claims = self._claims.setdefault(new.name, [])
        claims.append(new.plugin)
        if len(claims) == 1:
            self._channels[new.name] = new
            return
        # None is used: which of them would speak for the organisation is not ours to guess.
        self._channels.pop(new.name, None)
        self._broken.append(Broken(new.plugin, self._contest(new.name)))

    def _contest(self, name: str) -> str:
        *others, last = self._claims[name]
        return (
            f"{len(others) + 1} plugins bring a channel {name!r}: {', '.join(others)} and {last}; "
            f"keep one of them"
        )


def discover(plugins_dir: Path | None = None) -> list[Plugin]:
    """The plugins that are installed (entry points), then those in `plugins_dir`.

    A plugin of the folder is a file NAME.py or a package NAME/.

    Raises:
        ConfigError: `plugins_dir` is not a folder.
    """
    found: dict[tuple[str, str], Plugin] = {}
    for point in sorted(metadata.entry_points(group=PROJECT), key=lambda point: point.name):
        name, version = (point.dist.name, point.dist.version) if point.dist else ("?", "?")
        plugin = Plugin(f"{name}:{point.name}", version, point.load)
        found.setdefault((point.name, point.value), plugin)
    plugins = list(found.values())
    if plugins_dir is not None:
        if not plugins_dir.is_dir():
            raise ConfigError(f"--plugins-dir {plugins_dir}: there is no such folder")
        plugins += [_drop_in(path) for path in sorted(plugins_dir.iterdir()) if _is_module(path)]
    return plugins


def _is_module(path: Path) -> bool:
    if path.name.startswith((".", "_")):
        return False
    return path.suffix == ".py" or (path / "__init__.py").is_file()


def _drop_in(path: Path) -> Plugin:
    def load() -> ModuleType:
        source = path / "__init__.py" if path.is_dir() else path
        name = f"uadispatch_dropin_{path.stem}"
        inside = [str(path)] if path.is_dir() else None
        spec = importlib.util.spec_from_file_location(
            name, source, submodule_search_locations=inside
        )
        if spec is None or spec.loader is None:
            raise PluginError(f"{source} cannot be read as a Python module")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # pydantic and dataclasses look their own module up
        writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # it is not our folder
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        finally:
            sys.dont_write_bytecode = writes
        return module

    # It bears no version, and may be edited after an approval.
    return Plugin(str(path), f"drop-in, {contents_of(path)}", load)


def _check(channel: object) -> None:
    """Raise PluginError unless `channel` is a class that keeps the contract's outer form."""
    if not (isinstance(channel, type) and issubclass(channel, Channel)):
        raise PluginError(f"register() takes a subclass of uadispatch.Channel, not {channel!r}")
    label = channel.__name__
    if inspect.isabstract(channel):
        missing = ", ".join(sorted(channel.__abstractmethods__))
        raise PluginError(f"{label} does not implement {missing}")
    name = getattr(channel, "name", None)
    if not (isinstance(name, str) and CHANNEL_NAME.match(name)):
        raise PluginError(
            f"{label}.name is {name!r}; a channel's name is lower-case letters and digits and "
            f"begins with a letter"
        )
    if not isinstance(getattr(channel, "contact", None), str):
        raise PluginError(f"{label}.contact must name the target's field that it writes to")
    settings = getattr(channel, "Settings", None)
    if not (isinstance(settings, type) and issubclass(settings, ChannelSettings)):
        raise PluginError(f"{label}.Settings must be a subclass of uadispatch.ChannelSettings")
    if not inspect.iscoroutinefunction(channel.send):
        raise PluginError(f"{label}.send must be an `async def`")


def _in_one_line(exc: Exception) -> str:
    if isinstance(exc, pluggy.PluginValidationError):
        text = f"{exc} (the one hook is register_channels(register))"
    elif isinstance(exc, PluginError):
        text = str(exc)
    else:
        text = f"{type(exc).__name__}: {exc}"
    return " ".join(text.split())
