"""``channels``: which channels are there, from which plugin, and what each still needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from uadispatch.cli import options
from uadispatch.cli.exits import NOTHING, if_interrupted

if TYPE_CHECKING:
    from uadispatch.channels.registry import Registered, Registry
    from uadispatch.settings import Settings


@if_interrupted(NOTHING)
def channels(
    plugins_dir: options.PluginsDir = None,
    *,
    json: options.Json = False,
) -> None:
    """List the channels: plugin, version, whether each is ready, and the settings it misses.

    The settings are those of the working directory, or of the nearest folder above it.
    """
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli import output
    from uadispatch.cli.exits import Code
    from uadispatch.dispatch.preparing import settings_of
    from uadispatch.settings import find_home

    registry = Registry(discover(plugins_dir))
    settings = settings_of(find_home(Path.cwd() / "here"), registry)
    found = [_row(registered, settings) for registered in registry.channels.values()]
    if json:
        broken = [{"plugin": it.plugin, "says": it.says} for it in registry.broken]
        output.emit({"channels": found, "broken": broken})
    else:
        _show(found, registry)
    raise SystemExit(Code.LOOK if registry.broken else Code.AS_ASKED)


def _row(registered: Registered, settings: Settings) -> dict[str, Any]:
    from uadispatch.dispatch.preparing import capabilities_of
    from uadispatch.errors import ConfigError

    model = registered.channel.Settings
    missing: list[str] = []
    wrong = ""
    try:
        missing = settings.missing(registered.name, model)
        if not missing:
            settings.section(registered.name, model)
    except ConfigError as exc:
        wrong = str(exc)
    return {
        "name": registered.name,
        "plugin": registered.plugin,
        "version": registered.version,
        "ready": not missing and not wrong,
        "missing": missing,
        "wrong": wrong,
        "by": capabilities_of(registered, settings).by,
    }


def _show(found: list[dict[str, Any]], registry: Registry) -> None:
    from uadispatch.cli import output

    console = output.printer(as_json=False)
    output.rows(
        console,
        ("channel", "plugin", "version", "sent by", "ready"),
        [
            (
                (row["name"], row["plugin"], row["version"], row["by"],
                 "yes" if row["ready"] else "no"),
                row["wrong"] or (f"set {', '.join(row['missing'])}" if row["missing"] else ""),
            )
            for row in found
        ],
    )  # fmt: skip
    for broken in registry.broken:
        console.print(f"[red]{output.safe(broken.plugin)}:[/] {output.safe(broken.says)}")
