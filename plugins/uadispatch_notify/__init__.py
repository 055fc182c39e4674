"""Tells the organisers of runs and closings, through Apprise: mail, Matrix, Signal and many more.

words     what is said: the number of the Urgent Action, counts by state, the next command
settings  to whom, and of what
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from uadispatch import ConfigError, Temporary, hookimpl
from uadispatch_notify.settings import NotifySettings
from uadispatch_notify.words import of_closing, of_end, of_start

if TYPE_CHECKING:
    from uadispatch import (
        CampaignClosed,
        ObserverTools,
        RegisterSettings,
        RunFinished,
        RunStarted,
    )

__all__ = [
    "NotifySettings",
    "campaign_closed",
    "register_settings",
    "run_finished",
    "run_started",
]


@hookimpl
def register_settings(register: RegisterSettings) -> None:
    """Let ``[notify]`` stand in the settings."""
    register("notify", NotifySettings)


@hookimpl
def run_started(run: RunStarted, tools: ObserverTools) -> None:
    """Say that a run begins, if that is wanted."""
    _notify("run_started", of_start(run), tools)


@hookimpl
def run_finished(run: RunFinished, tools: ObserverTools) -> None:
    """Say how a run ended."""
    _notify("run_finished", of_end(run), tools)


@hookimpl
def campaign_closed(closing: CampaignClosed, tools: ObserverTools) -> None:
    """Say that a campaign is closed."""
    _notify("campaign_closed", of_closing(closing), tools)


def _notify(what: str, says: tuple[str, str], tools: ObserverTools) -> None:
    """Say it to every address.

    Raises:
        ConfigError: Apprise is not installed, or an address is none.
        Temporary: not everybody could be told.
    """
    settings = tools.settings("notify", NotifySettings)
    if what not in settings.on:
        return
    addresses = tools.secret(settings.urls, settings.urls_command)
    if not addresses:
        return
    title, body = says
    told = _apprise(addresses).notify(title=title, body=body)
    if not told:
        raise Temporary("not everybody could be told; Apprise had no success with an address")


def _apprise(addresses: str) -> Any:
    """What sends to `addresses`; no error shows them, for they hold tokens."""
    try:
        import apprise  # noqa: PLC0415 - only where it is wanted
    except ImportError:
        raise ConfigError(
            "Apprise is not installed, so nobody is told: pip install 'uadispatch[notify]'"
        ) from None
    # It would write addresses and answers to standard error.
    log = logging.getLogger("apprise")
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    found = apprise.Apprise()
    if not found.add(addresses) or not len(found):
        raise ConfigError(
            "an address of UADISPATCH_NOTIFY_URLS is none that Apprise knows; "
            "`apprise --dry-run URL` tries one"
        )
    return found
