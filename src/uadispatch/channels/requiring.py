"""Which API a plugin is written for: read from its source before any of its code runs.

A plugin says ``REQUIRES_API = "1.0"`` at the top of its module. The same major number is needed,
and no later minor number than ours (docs/compatibility.md).
"""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch import API_VERSION, __version__
from uadispatch.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NAME", "check_api", "check_sources", "sources_of", "this_is"]

NAME = "REQUIRES_API"
_FORM = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\Z")


def this_is() -> str:
    """What this program is, in words."""
    return f"uadispatch {__version__} with API {API_VERSION}"


def check_api(required: object) -> None:
    """Raise PluginError unless this program has the API that a plugin requires."""
    found = _FORM.match(required) if isinstance(required, str) else None
    if found is None:
        raise PluginError(f'{NAME} is {required!r}; it must be like "{API_VERSION}": MAJOR.MINOR')
    major, minor = int(found[1]), int(found[2])
    ours_major, ours_minor = (int(part) for part in API_VERSION.split("."))
    if major < ours_major:
        raise PluginError(
            f"it was written for API {required} of uadispatch, and this is {this_is()}, which no "
            f"longer has it: upgrade the plugin"
        )
    if (major, minor) > (ours_major, ours_minor):
        raise PluginError(
            f"it requires API {required} of uadispatch, and this is {this_is()}: upgrade uadispatch"
        )


def check_sources(sources: Iterator[Path]) -> None:
    """Raise PluginError if one of these says that it requires another API; nothing is run."""
    for source in sources:
        try:
            tree = ast.parse(source.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue  # its import will tell
        for required in _required(tree):
            check_api(required)


def sources_of(module: str) -> Iterator[Path]:
    """The files of an importable module, and of the packages around it, found without importing."""
    first, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(first)
    except (ImportError, ValueError):
        return
    if spec is None:
        return
    if spec.origin is not None:
        yield Path(spec.origin)
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    for name in rest:
        yield from (folder / f"{name}.py" for folder in folders)
        folders = [folder / name for folder in folders]
        yield from (folder / "__init__.py" for folder in folders)


def _required(tree: ast.Module) -> Iterator[object]:
    """What stands at the top of a module as required, where it is written out."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        named = any(isinstance(target, ast.Name) and target.id == NAME for target in targets)
        if named and isinstance(value, ast.Constant):
            yield value.value
