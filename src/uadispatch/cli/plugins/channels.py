"""``channels``: which channels and observers are there, of which plugin, and what each needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from uadispatch.cli.common import options
from uadispatch.cli.common.exits import NOTHING, if_interrupted

if TYPE_CHECKING:
    from uadispatch.channels.registry import Registered, Registry
    from uadispatch.observers.hooks import Observer
    from uadispatch.settings import Settings


@if_interrupted(NOTHING)
def channels(
    plugins_dir: options.PluginsDir = None,
    *,
    json: options.Json = False,
) -> None:
    """List the channels: plugin, version, whether each is ready, and the settings it misses.

    Below them stand the observers, who are told of runs and closings, and what each hears of.

    The settings are those of the working directory, or of the nearest folder above it.
    """
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli.common import output
    from uadispatch.cli.common.exits import Code
    from uadispatch.dispatch.planning.preparing import settings_of
    from uadispatch.settings import find_home

    registry = Registry(discover(plugins_dir))
    settings = settings_of(find_home(Path.cwd() / "here"), registry)
    found = [_row(registered, settings) for registered in registry.channels.values()]
    observers = [_observer(observer, settings) for observer in registry.observers]
    if json:
        broken, aged = (
            [{"plugin": it.plugin, "says": it.says} for it in listed]
            for listed in (registry.broken, registry.aged)
        )
        output.emit({"channels": found, "observers": observers, "broken": broken, "aged": aged})
    else:
        _show(found, observers, registry)
    raise SystemExit(Code.LOOK if registry.broken else Code.AS_ASKED)


def _row(registered: Registered, settings: Settings) -> dict[str, Any]:
    from uadispatch.dispatch.planning.preparing import capabilities_of
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


def _observer(observer: Observer, settings: Settings) -> dict[str, Any]:
    from uadispatch.dispatch.sending.observing import why_off

    why = why_off(observer, settings)
    return {
        "plugin": observer.plugin,
        "version": observer.version,
        "hears": list(observer.hooks),
        "on": why is None,
        "wrong": why or "",
    }


def _show(found: list[dict[str, Any]], observers: list[dict[str, Any]], registry: Registry) -> None:
    from uadispatch.cli.common import output

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
    if observers:
        console.print()
        output.rows(
            console,
            ("observer", "version", "hears of", "on"),
            [
                (
                    (row["plugin"], row["version"], ", ".join(row["hears"]),
                     "yes" if row["on"] else "no"),
                    row["wrong"],
                )
                for row in observers
            ],
        )  # fmt: skip
    for aged in registry.aged:
        console.print(f"[yellow]{output.safe(aged.plugin)}:[/] {output.safe(aged.says)}")
    for broken in registry.broken:
        console.print(f"[red]{output.safe(broken.plugin)}:[/] {output.safe(broken.says)}")
