"""What an observer implements, and the values that it is told.

They hold numbers, states and names of channels: no text, title or contact, no name of anybody at
risk, and no words of a far end.

A whole observer::

    from uadispatch import RunFinished, hookimpl


    @hookimpl
    def run_finished(run: RunFinished) -> None:
        print(run.campaign, dict(run.states))
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

import pluggy
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pydantic import SecretStr

__all__ = [
    "HOOKS",
    "CampaignClosed",
    "Event",
    "MessageSettled",
    "Observer",
    "ObserverHooks",
    "ObserverSettings",
    "ObserverTools",
    "RegisterSettings",
    "RunFinished",
    "RunStarted",
    "code_of",
]

hookspec = pluggy.HookspecMarker("uadispatch")

_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,40}(?: [0-9.]{1,12})?")
"""``550 5.1.1``, ``HTTP 429``, ``user_busy``: nothing that could be a sentence."""

SettingsT = TypeVar("SettingsT", bound="ObserverSettings")


def code_of(given: str | None) -> str | None:
    """A far end's code, or None where it looks like words."""
    return given if given is not None and _CODE.fullmatch(given) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A ``send`` has recorded its plan and begins."""

    campaign: str
    """The number of the Urgent Action: ``46/19``."""
    at: datetime
    """Aware, in UTC; so it is everywhere here."""
    channels: tuple[str, ...]
    """Those on which it is about to send, in the order of their names."""
    planned: int
    """How many messages it is about to try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSettled:
    """The journal has what came of a try, or what a service said of a message when it was asked.

    A message may come several times: ``retry``, and later ``accepted``.
    """

    campaign: str
    """The number of the Urgent Action."""
    key: str
    """64 hexadecimal digits: which message it is."""
    target: str
    """The id of the official in the campaign file."""
    channel: str
    """The name of the channel."""
    state: str
    """``accepted``, ``confirmed``, ``retry``, ``failed``, ``in_doubt``, ``with_person``; or
    ``planned``, where a service said that it never had it."""
    code: str | None
    """The far end's own code (``550 5.1.1``), if it gave one."""
    at: datetime
    """When the journal had it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A ``send`` is over, and all that came of it is recorded."""

    campaign: str
    """The number of the Urgent Action."""
    at: datetime
    """When it was over."""
    seconds: float
    """How long the sending took."""
    tried: int
    """How many tries this run has made; those of workers are not among them."""
    states: Mapping[str, int]
    """How the messages that it was asked for stand now: state to number."""
    in_doubt: int
    """How many of them may have gone out, and may not: a person must look."""
    interrupted: bool
    """Whether a person has ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignClosed:
    """A campaign was closed; nothing of it goes out any more."""

    campaign: str
    """The number of the Urgent Action."""
    at: datetime
    """When it was closed."""
    cancelled: int
    """How many messages were cancelled by that."""
    recalled: int
    """How many of those that services had taken were given back."""
    must_look: bool
    """Whether a service may still hold messages, and could not be asked or gave no answer."""


Event = RunStarted | MessageSettled | RunFinished | CampaignClosed

HOOKS: Mapping[type[Event], tuple[str, str]] = MappingProxyType(
    {
        RunStarted: ("run_started", "run"),
        MessageSettled: ("message_settled", "message"),
        RunFinished: ("run_finished", "run"),
        CampaignClosed: ("campaign_closed", "closing"),
    }
)
"""The hook of each event, and what it calls the event."""


class ObserverSettings(BaseModel):
    """The base of an observer's settings: a pydantic model without further keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def is_on(self) -> bool:
        """Whether there is anything to do with these settings; if not, no hook is called."""
        return True


class ReadSettings(Protocol):
    """Reads a section of the settings."""

    def __call__(self, section: str, model: type[SettingsT], /) -> SettingsT:
        """The section as `model`. Raises ConfigError naming what is missing or wrong."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserverTools:
    """What the core lends an observer."""

    settings: ReadSettings = field(repr=False)
    """``tools.settings("pager", PagerSettings)``: from the environment, ``.env``, the secrets
    folder or ``config/uadispatch.toml``. Raises ConfigError."""
    secret: Callable[[SecretStr | None, str | None], str | None] = field(repr=False)
    """``tools.secret(settings.token, settings.token_command)``: the secret itself, or the first
    line of what the command prints; None without either. Raises ConfigError."""


class RegisterSettings(Protocol):
    """What `register_settings` is given: call it for each section that the observer reads."""

    def __call__(self, section: str, model: type[ObserverSettings], /) -> None:
        """Let ``[section]`` stand in the settings, as `model`."""
        ...


class ObserverHooks:
    """The hooks of an observer. Each may take fewer arguments, and is a plain function."""

    @hookspec
    def register_settings(self, register: RegisterSettings) -> None:
        """Call ``register("pager", PagerSettings)`` for each section; do nothing else."""

    @hookspec
    def run_started(self, run: RunStarted, tools: ObserverTools) -> None:
        """A run begins to send."""

    @hookspec
    def message_settled(self, message: MessageSettled, tools: ObserverTools) -> None:
        """What came of a message was recorded; some may be left out of a flood."""

    @hookspec
    def run_finished(self, run: RunFinished, tools: ObserverTools) -> None:
        """A run is over."""

    @hookspec
    def campaign_closed(self, closing: CampaignClosed, tools: ObserverTools) -> None:
        """A campaign was closed."""


class Observer(NamedTuple):
    """A plugin that observes, as the registry has found it."""

    plugin: str
    version: str
    hooks: Mapping[str, Callable[..., object]]
    """By the hook's name, in the order of `HOOKS`; to be called with arguments by name."""
    settings: Mapping[str, type[ObserverSettings]]
    """Its sections."""
