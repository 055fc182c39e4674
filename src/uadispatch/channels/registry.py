"""Which channels and observers are there: the only user of pluggy's PluginManager.

It loads plugins one by one, so that a broken one is reported and the others work. It knows
classes and where they came from; it builds no channel and reads no setting.
"""

from __future__ import annotations

import inspect
import logging
import sys
import traceback
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from uadispatch.channels.channel_settings import ChannelSettings
from uadispatch.channels.contract import CHANNEL_NAME, PROJECT, Channel, Hooks
from uadispatch.channels.discovering import Plugin, discover
from uadispatch.channels.requiring import NAME, check_api, this_is
from uadispatch.deprecations import UadispatchDeprecationWarning
from uadispatch.errors import ConfigError, PluginError
from uadispatch.observers.hooks import HOOKS, Observer, ObserverHooks, ObserverSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from types import ModuleType

__all__ = ["Broken", "Plugin", "Registered", "Registry", "discover"]

OBSERVING = tuple(hook for hook, _ in HOOKS.values())
CHANNELS, SETTINGS = "register_channels", "register_settings"
ARGUMENTS = {CHANNELS: "register", SETTINGS: "register"} | {
    hook: f"{event}, tools" for hook, event in HOOKS.values()
}

_HERE = str(Path(__file__).parent)
_OFFERS_NOTHING = (
    "its register_channels registers no channel: call register(...) there with each channel class"
)
_TOO_LATE = "it called register() when register_channels had ended: call it there, and nowhere else"


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
    """The channels and observers of some plugins. It is an object: two of them share nothing."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        """Load each plugin; what is wrong with one lands in `broken`."""
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(Hooks)
        self._manager.add_hookspecs(ObserverHooks)
        self._observing: dict[ModuleType, tuple[Plugin, dict[str, type[ObserverSettings]]]] = {}
        self._channels: dict[str, Registered] = {}
        self._claims: dict[str, list[str]] = {}
        self._broken: list[Broken] = []
        self._aged: list[Broken] = []
        for plugin in plugins:
            self._add(plugin)

    @property
    def channels(self) -> Mapping[str, Registered]:
        """The usable channels by name, in the order of their names."""
        return dict(sorted(self._channels.items()))

    @property
    def observers(self) -> tuple[Observer, ...]:
        """The plugins that observe, in the order in which they were found."""
        found = []
        for module, (plugin, settings) in self._observing.items():
            hooks = {hook: self._caller(hook, module) for hook in self._implemented(module)}
            found.append(Observer(plugin.name, plugin.version, hooks, settings))
        return tuple(found)

    @property
    def sections(self) -> frozenset[str]:
        """The sections of settings that channels and observers read."""
        theirs = (settings for _, settings in self._observing.values())
        return frozenset(self._channels).union(*theirs)

    @property
    def broken(self) -> tuple[Broken, ...]:
        """What cannot be used, each with its reason."""
        return tuple(self._broken)

    @property
    def aged(self) -> tuple[Broken, ...]:
        """What plugins use of the API that is to go; they still work."""
        return tuple(self._aged)

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
        hint = f"; did you mean {near[0]!r}?" if near else "."
        installed = ", ".join(self.channels) or "none"
        raise ConfigError(
            f"there is no channel {name!r}{hint} Installed: {installed}. Install the plugin that "
            f"brings it, or take it out of `channels:`"
        )

    def _add(self, plugin: Plugin) -> None:
        try:
            offered = self._offered(plugin)
        except KeyboardInterrupt:
            raise
        except SystemExit:
            self._broken.append(Broken(plugin.name, "it tried to end the program while loading"))
            return
        except BaseException as exc:  # noqa: BLE001 - a stranger's code may raise anything
            self._broken.append(Broken(plugin.name, _in_one_line(exc)))
            return
        for channel in offered:
            self._claim(Registered(channel.name, channel, plugin.name, plugin.version))

    def _offered(self, plugin: Plugin) -> list[type[Channel[Any]]]:
        """Load a plugin and ask its hooks which channels and settings it brings."""
        with redirect_stdout(sys.stderr), warnings.catch_warnings(record=True) as heard:
            # What it prints is no part of what a command prints.
            warnings.simplefilter("always", UadispatchDeprecationWarning)
            module = plugin.load()
        self._note_aged(plugin, heard)
        if hasattr(module, NAME):
            check_api(getattr(module, NAME))
        name = self._manager.register(module, name=plugin.name)
        if name is None:
            raise PluginError("pluggy has been told to block this plugin")
        offered: list[type[Channel[Any]]] = []
        settings: dict[str, type[ObserverSettings]] = {}
        closed = False

        def register(channel: type[Channel[Any]], /) -> None:
            if closed:
                self._too_late(plugin)
                return
            _check(channel)
            if channel in offered:
                raise PluginError(f"{channel.__name__} is registered twice")
            offered.append(channel)

        def register_settings(section: str, model: type[ObserverSettings], /) -> None:
            _check_settings(section, model, taken=settings.keys() | self.sections)
            settings[section] = model

        try:
            self._manager.check_pending()  # a misspelt hook would otherwise never be called
            observes = self._implemented(module)
            with redirect_stdout(sys.stderr):
                # One plugin alone: pluggy would stop at the first that raises.
                self._caller(CHANNELS, module)(register=register)
                self._caller(SETTINGS, module)(register=register_settings)
            _check_offer([*offered, *observes])
        except BaseException:
            self._manager.unregister(module)
            raise
        finally:
            closed = True
        if observes:
            self._observing[module] = plugin, settings
        return offered

    def _caller(self, hook: str, module: ModuleType) -> Callable[..., object]:
        """Calls the hook of one plugin alone."""
        others = [other for other in self._manager.get_plugins() if other is not module]
        return self._manager.subset_hook_caller(hook, others)

    def _implements(self, hook: str, module: ModuleType) -> bool:
        found = getattr(self._manager.hook, hook).get_hookimpls()
        return any(impl.plugin is module for impl in found)

    def _implemented(self, module: ModuleType) -> list[str]:
        """The hooks of an observer that it has.

        Raises:
            PluginError: one is a coroutine function; or it has none, and no channel either.
        """
        found = [hook for hook in OBSERVING if self._implements(hook, module)]
        if not (found or self._implements(CHANNELS, module)):
            raise PluginError(
                f"it implements no hook: mark {_call(CHANNELS)}, or an observer's "
                f"{' or '.join(map(_call, OBSERVING))}, with uadispatch.hookimpl"
            )
        for hook in found:
            if inspect.iscoroutinefunction(getattr(module, hook, None)):
                raise PluginError(f"{hook} must be a plain function, not an `async def`")
        return found

    def _note_aged(self, plugin: Plugin, heard: Sequence[warnings.WarningMessage]) -> None:
        """Keep what a plugin uses that is to go; every other warning goes on its way."""
        aged: dict[str, str] = {}
        for warning in heard:
            if issubclass(warning.category, UadispatchDeprecationWarning):
                # To import a name takes two looks at it, the first of them in Python's own code.
                aged[str(warning.message)] = f"{Path(warning.filename).name}:{warning.lineno}"
            else:
                warnings.warn_explicit(
                    warning.message, warning.category, warning.filename, warning.lineno
                )
        self._aged += [Broken(plugin.name, f"{says} ({place})") for says, place in aged.items()]

    def _too_late(self, plugin: Plugin) -> None:
        """Note, once, that a plugin has kept what registers channels, and used it later.

        It is told nothing: whoever called it may be a thread, a try to send, or another plugin.
        """
        broken = Broken(plugin.name, f"{_TOO_LATE}{_caller_in_words()}")
        if all(it.plugin != plugin.name or _TOO_LATE not in it.says for it in self._broken):
            self._broken.append(broken)
            logging.getLogger(PROJECT).warning("%s: %s", broken.plugin, broken.says)

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


def _check_offer(offered: Sequence[object]) -> None:
    """Raise PluginError for a plugin that brings nothing."""
    if not offered:
        raise PluginError(_OFFERS_NOTHING)


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


def _check_settings(section: object, model: object, *, taken: Collection[str]) -> None:
    """Raise PluginError unless an observer may read `section` as `model`."""
    if not (isinstance(section, str) and CHANNEL_NAME.match(section)):
        raise PluginError(
            f"{section!r} is no section's name: lower-case letters and digits, a letter first"
        )
    if section in taken:
        raise PluginError(f"the section [{section}] is taken; choose another name")
    if not (isinstance(model, type) and issubclass(model, ObserverSettings)):
        raise PluginError(f"{model!r} must be a subclass of uadispatch.ObserverSettings")


def _call(hook: str) -> str:
    return f"{hook}({ARGUMENTS[hook]})"


def _in_one_line(exc: BaseException) -> str:
    """What is wrong with a plugin, and where."""
    if isinstance(exc, pluggy.PluginValidationError):
        text = f"{exc} (the hooks are {', '.join(map(_call, ARGUMENTS))})"
    elif isinstance(exc, PluginError):
        text = str(exc)
    else:
        text = f"{type(exc).__name__}: {exc}{_place(exc)}"
        if isinstance(exc, ImportError) and (exc.name or "").partition(".")[0] == PROJECT:
            text = f"{text}; this is {this_is()}: it may be written for another one"
    return " ".join(text.split())


def _place(exc: BaseException) -> str:
    """The innermost line at which an error arose that is not this program's own."""
    if isinstance(exc, SyntaxError):
        return ""  # it says so itself
    frames = [
        frame
        for frame in traceback.extract_tb(exc.__traceback__)
        if not frame.filename.startswith(("<frozen", _HERE))
    ]
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""


def _caller_in_words() -> str:
    """The line that called what called this."""
    frames = [frame for frame in traceback.extract_stack() if frame.filename != __file__]
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
