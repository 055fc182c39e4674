"""uadispatch: an Urgent Action, to every official, by every channel; never lost, never twice.

What stands here is the public API for channels and observers; `uadispatch.testing` holds the
tools to test a channel.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from uadispatch.deprecations import served

if TYPE_CHECKING:
    from uadispatch.campaign.local_time import is_open, local_times, opens_next
    from uadispatch.campaign.model import Target
    from uadispatch.campaign.values import Contact, EmailAddress, PhoneNumber
    from uadispatch.channels.channel_settings import ChannelSettings
    from uadispatch.channels.contract import (
        By,
        Capabilities,
        Channel,
        RegisterChannel,
        Tools,
        hookimpl,
    )
    from uadispatch.channels.durations import Duration
    from uadispatch.channels.handing_over import hand_over, write_file
    from uadispatch.channels.message import (
        Attachment,
        Became,
        Counts,
        Figure,
        Handover,
        Message,
        Organisation,
        Outcome,
        Preview,
        Receipt,
    )
    from uadispatch.channels.paging import page_data
    from uadispatch.channels.standing_in import CannotSimulate, Failure, Received, StandIn
    from uadispatch.channels.web import WebAnswer, WebService
    from uadispatch.deprecations import UadispatchDeprecationWarning
    from uadispatch.errors import (
        ConfigError,
        DeliveryError,
        OptedOut,
        PluginError,
        Rejected,
        Temporary,
        UadispatchError,
        Unavailable,
        Unknown,
    )
    from uadispatch.observers.hooks import (
        CampaignClosed,
        MessageSettled,
        ObserverSettings,
        ObserverTools,
        RegisterSettings,
        RunFinished,
        RunStarted,
    )

__version__ = "0.1.0"
"""Of the program."""
API_VERSION = "1.0"
"""Of what stands here and in `uadispatch.testing`: a plugin may say ``REQUIRES_API = "1.0"``."""

__all__ = [
    "API_VERSION",
    "Attachment",
    "Became",
    "By",
    "CampaignClosed",
    "CannotSimulate",
    "Capabilities",
    "Channel",
    "ChannelSettings",
    "ConfigError",
    "Contact",
    "Counts",
    "DeliveryError",
    "Duration",
    "EmailAddress",
    "Failure",
    "Figure",
    "Handover",
    "Message",
    "MessageSettled",
    "ObserverSettings",
    "ObserverTools",
    "OptedOut",
    "Organisation",
    "Outcome",
    "PhoneNumber",
    "PluginError",
    "Preview",
    "Receipt",
    "Received",
    "RegisterChannel",
    "RegisterSettings",
    "Rejected",
    "RunFinished",
    "RunStarted",
    "StandIn",
    "Target",
    "Temporary",
    "Tools",
    "UadispatchDeprecationWarning",
    "UadispatchError",
    "Unavailable",
    "Unknown",
    "WebAnswer",
    "WebService",
    "__version__",
    "hand_over",
    "hookimpl",
    "is_open",
    "local_times",
    "opens_next",
    "page_data",
    "write_file",
]

_HOMES = {
    "Attachment": "uadispatch.channels.message",
    "Became": "uadispatch.channels.message",
    "Counts": "uadispatch.channels.message",
    "By": "uadispatch.channels.contract",
    "CannotSimulate": "uadispatch.channels.standing_in",
    "Capabilities": "uadispatch.channels.contract",
    "Channel": "uadispatch.channels.contract",
    "ChannelSettings": "uadispatch.channels.channel_settings",
    "ConfigError": "uadispatch.errors",
    "Contact": "uadispatch.campaign.values",
    "DeliveryError": "uadispatch.errors",
    "Duration": "uadispatch.channels.durations",
    "EmailAddress": "uadispatch.campaign.values",
    "Failure": "uadispatch.channels.standing_in",
    "Figure": "uadispatch.channels.message",
    "Handover": "uadispatch.channels.message",
    "Message": "uadispatch.channels.message",
    "OptedOut": "uadispatch.errors",
    "Organisation": "uadispatch.channels.message",
    "Outcome": "uadispatch.channels.message",
    "PhoneNumber": "uadispatch.campaign.values",
    "PluginError": "uadispatch.errors",
    "Preview": "uadispatch.channels.message",
    "Receipt": "uadispatch.channels.message",
    "Received": "uadispatch.channels.standing_in",
    "RegisterChannel": "uadispatch.channels.contract",
    "Rejected": "uadispatch.errors",
    "StandIn": "uadispatch.channels.standing_in",
    "Target": "uadispatch.campaign.model",
    "Temporary": "uadispatch.errors",
    "Tools": "uadispatch.channels.contract",
    "UadispatchDeprecationWarning": "uadispatch.deprecations",
    "UadispatchError": "uadispatch.errors",
    "Unavailable": "uadispatch.errors",
    "Unknown": "uadispatch.errors",
    "WebAnswer": "uadispatch.channels.web",
    "WebService": "uadispatch.channels.web",
    "CampaignClosed": "uadispatch.observers.hooks",
    "MessageSettled": "uadispatch.observers.hooks",
    "ObserverSettings": "uadispatch.observers.hooks",
    "ObserverTools": "uadispatch.observers.hooks",
    "RegisterSettings": "uadispatch.observers.hooks",
    "RunFinished": "uadispatch.observers.hooks",
    "RunStarted": "uadispatch.observers.hooks",
    "hand_over": "uadispatch.channels.handing_over",
    "write_file": "uadispatch.channels.handing_over",
    "hookimpl": "uadispatch.channels.contract",
    "is_open": "uadispatch.campaign.local_time",
    "local_times": "uadispatch.campaign.local_time",
    "opens_next": "uadispatch.campaign.local_time",
    "page_data": "uadispatch.channels.paging",
}


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for, so that ``--help`` need not wait."""
    if name not in _HOMES:
        return served(f"{__name__}.{name}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value
