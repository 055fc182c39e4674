"""What observers are told of a run, and which of them are on; how they are called, others know."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from uadispatch.channels.durations import Duration
from uadispatch.dispatch.news import Progress
from uadispatch.dispatch.states import State
from uadispatch.errors import ConfigError, place_of
from uadispatch.observers.calling import LIMIT, Observers
from uadispatch.observers.hooks import MessageSettled, ObserverTools, code_of
from uadispatch.settings import reveal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pydantic import SecretStr

    from uadispatch.channels.registry import Registry
    from uadispatch.dispatch.news import News
    from uadispatch.observers.hooks import Observer
    from uadispatch.settings import Settings

__all__ = ["ObserversSettings", "observers_of", "relayed", "why_off"]


class ObserversSettings(BaseModel):
    """How observers are called, whatever they do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: Duration = Field(timedelta(seconds=LIMIT), gt=timedelta(0), le=timedelta(minutes=5))
    """How long one call of an observer may take, and how long a command waits at its end for what
    is still to be told. Who takes longer is called no more by that command."""


def observers_of(registry: Registry, settings: Settings, say: Callable[[str], None]) -> Observers:
    """Those who observe with these settings; `say` is given a line for people where one cannot."""
    limit = LIMIT
    try:
        limit = settings.section("observers", ObserversSettings).limit.total_seconds()
    except ConfigError as exc:
        say(f"observers are called for {LIMIT:g} s at most: {_in_one_line(exc)}")
    found = []
    for observer in registry.observers:
        why = why_off(observer, settings)
        if why is None:
            found.append(observer)
        elif why:
            say(f"{observer.plugin} is not called: {why}")
    tools = ObserverTools(settings=settings.section, secret=_secret)
    return Observers(found, tools, limit=limit, say=say)


def why_off(observer: Observer, settings: Settings) -> str | None:
    """What is wrong with its settings; "" where they have nothing for it to do; None: it is on."""
    try:
        sections = [settings.section(name, model) for name, model in observer.settings.items()]
        return None if all(section.is_on for section in sections) else ""
    except ConfigError as exc:
        return _in_one_line(exc)
    except Exception as exc:  # noqa: BLE001 - a plugin's own code
        return f"its settings failed, {place_of(exc)}"


def relayed(
    observers: Observers,
    campaign: str,
    now: Callable[[], datetime],
    hear: Callable[[News], None],
) -> Callable[[News], None]:
    """`hear`, and then the observers; where none hears of messages it is `hear` itself."""
    if not observers.hear_messages:
        return hear

    def both(news: News) -> None:
        hear(news)
        # What was claimed and given back was not tried.
        if isinstance(news, Progress) and (news.asked or news.state is not State.PLANNED):
            observers.tell(
                MessageSettled(
                    campaign=campaign,
                    key=news.key,
                    target=news.target,
                    channel=news.channel,
                    state=str(news.state),
                    code=code_of(news.code),
                    at=now(),
                )
            )

    return both


def _secret(secret: SecretStr | None, command: str | None) -> str | None:
    return asyncio.run(reveal(secret, command))


def _in_one_line(exc: ConfigError) -> str:
    return " ".join(str(exc).split())
