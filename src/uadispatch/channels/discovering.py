"""Which plugins are there: installed ones, and those of a folder; none of them is loaded yet."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING

from uadispatch.channels.contract import PROJECT
from uadispatch.channels.requiring import check_sources, sources_of
from uadispatch.errors import ConfigError, PluginError
from uadispatch.resources import contents_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

__all__ = ["Plugin", "discover"]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin before it is loaded: its name, its version, and how to load it."""

    name: str
    version: str
    load: Callable[[], ModuleType]


def discover(plugins_dir: Path | None = None) -> list[Plugin]:
    """The plugins that are installed (entry points), then those in `plugins_dir`.

    A plugin of the folder is a file NAME.py or a package NAME/.

    Raises:
        ConfigError: `plugins_dir` is not a folder.
    """
    found: dict[tuple[str, str], Plugin] = {}
    for point in sorted(metadata.entry_points(group=PROJECT), key=lambda point: point.name):
        name, version = (point.dist.name, point.dist.version) if point.dist else ("?", "?")
        plugin = Plugin(f"{name}:{point.name}", version, partial(_installed, point))
        found.setdefault((point.name, point.value), plugin)
    plugins = list(found.values())
    if plugins_dir is not None:
        if not plugins_dir.is_dir():
            raise ConfigError(f"--plugins-dir {plugins_dir}: there is no such folder")
        try:
            paths = sorted(plugins_dir.iterdir())
        except OSError as exc:
            raise ConfigError(f"--plugins-dir {plugins_dir}: {exc.strerror}") from None
        plugins += [_drop_in(path) for path in paths if _is_module(path)]
    return plugins


def _installed(point: metadata.EntryPoint) -> ModuleType:
    """Load what an entry point names, if it is written for this API.

    Raises:
        PluginError: it is not; or what is named is missing, or no module.
    """
    check_sources(sources_of(point.module))
    try:
        found = point.load()
    except ModuleNotFoundError as exc:
        if exc.name is not None and f"{point.module}.".startswith(f"{exc.name}."):
            raise PluginError(f"its module {point.module} is missing: install it again") from None
        raise
    except AttributeError as exc:
        if point.attr and exc.name in point.attr.split("."):
            raise PluginError(f"there is no {point.attr} in its module {point.module}") from None
        raise
    return found  # type: ignore[no-any-return]


def _is_module(path: Path) -> bool:
    if path.name.startswith((".", "_")):
        return False
    return path.suffix == ".py" or (path / "__init__.py").is_file()


def _drop_in(path: Path) -> Plugin:
    def load() -> ModuleType:
        source = path / "__init__.py" if path.is_dir() else path
        name = f"uadispatch_dropin_{path.stem}"
        check_sources(iter([source]))
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
