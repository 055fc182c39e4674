"""Which template files speak for a channel: the organisation's first, then the plugin's own.

It finds and reads files; it renders nothing.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uadispatch.errors import ConfigError, Problem
from uadispatch.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from uadispatch.channels.contract import Channel

__all__ = ["ANY", "PLUGIN", "Template", "collect", "layouts_of"]

SUFFIX = ".j2"
LAYOUT = ".typ"
"""What makes pages: it has words of no language, and serves them all."""
ANY = "any"
"""The template for every language that has none of its own."""
PLUGIN = "plugin/"
"""Before a plugin's own template, for an organisation's template to extend it."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template's text, and the file to name in an error."""

    source: str
    file: str


def collect(
    home: Path, channels: Mapping[str, type[Channel[Any]]], languages: Collection[str]
) -> dict[str, Template]:
    """All templates that may speak in a campaign, by name: ``email/en``, ``letter/page.typ``.

    A plugin's own is also there as ``plugin/email/en``, for the organisation's to extend. Taken
    are those of `languages` (and of their shorter forms), those for any language, and shared
    ones, whose name begins with ``_``. The home's ``templates/`` wins over those that came with
    this program, which win over the plugin's own.

    Raises:
        ConfigError: a file cannot be read.
    """
    wanted = {ANY, *(part for tag in languages for part in _shorter(tag))}
    found: dict[str, Template] = {}
    for name, channel in channels.items():
        for stem, template in _plugins_own(channel, wanted):
            found[f"{PLUGIN}{name}/{stem}"] = found[f"{name}/{stem}"] = template
    for folder in (shipped("templates"), home / "templates"):
        for name in channels:
            for stem, template in _in(folder / name, wanted, folder.parent):
                found[f"{name}/{stem}"] = template
        found.update(_in(folder, set(), folder.parent))
    return dict(sorted(found.items()))


def layouts_of(templates: Mapping[str, Template], channel: str) -> dict[str, str]:
    """The page layouts of `channel` by name, the shared ones among them; its own win."""
    found: dict[str, str] = {}
    for name, template in templates.items():
        folder, _, file = name.rpartition("/")
        if file.endswith(LAYOUT) and folder in ("", channel):
            stem = file.removesuffix(LAYOUT)
            if folder or stem not in found:
                found[stem] = template.source
    return found


def _shorter(tag: str) -> list[str]:
    parts = tag.split("-")
    return ["-".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _plugins_own(channel: type[Channel[Any]], wanted: set[str]) -> Iterator[tuple[str, Template]]:
    for stem, source in channel.templates.items():
        if stem in wanted or stem.startswith("_"):
            yield stem, Template(source, f"{channel.__module__}.{channel.__name__}.templates")
    folder = Path(inspect.getfile(channel)).parent / "templates"
    yield from _in(folder, wanted, folder.parent.parent)


def _in(folder: Path, wanted: set[str], shown_from: Path) -> Iterator[tuple[str, Template]]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix == LAYOUT:
            yield path.name, _read(path, shown_from)
        elif path.suffix == SUFFIX and (path.stem in wanted or path.stem.startswith("_")):
            yield path.stem, _read(path, shown_from)


def _read(path: Path, shown_from: Path) -> Template:
    file = str(path.relative_to(shown_from)) if path.is_relative_to(shown_from) else str(path)
    try:
        return Template(path.read_text(encoding="utf-8"), file)
    except UnicodeDecodeError:
        raise ConfigError(Problem("this is not UTF-8; save the file as UTF-8", file)) from None
    except OSError as exc:
        raise ConfigError(Problem(f"it cannot be read: {exc.strerror}", file)) from None
