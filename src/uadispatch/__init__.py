"""uadispatch: an Urgent Action, to every official, by every channel; never lost, never twice.

What stands here is the public API for channels; `uadispatch.testing` holds the tools to test one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uadispatch.campaign.model import Target
    from uadispatch.campaign.values import Contact
    from uadispatch.channels.contract import (
        By,
        CannotSimulate,
        Capabilities,
        Channel,
        ChannelSettings,
        Failure,
        Received,
        RegisterChannel,
        StandIn,
        Tools,
        hookimpl,
    )
    from uadispatch.channels.message import (
        Attachment,
        Handover,
        Message,
        Organisation,
        Outcome,
        Preview,
        Receipt,
    )
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

__version__ = "0.1.0"

__all__ = [
    "Attachment",
    "By",
    "CannotSimulate",
    "Capabilities",
    "Channel",
    "ChannelSettings",
    "ConfigError",
    "Contact",
    "DeliveryError",
    "Failure",
    "Handover",
    "Message",
    "OptedOut",
    "Organisation",
    "Outcome",
    "PluginError",
    "Preview",
    "Receipt",
    "Received",
    "RegisterChannel",
    "Rejected",
    "StandIn",
    "Target",
    "Temporary",
    "Tools",
    "UadispatchError",
    "Unavailable",
    "Unknown",
    "__version__",
    "hookimpl",
]

_HOMES = {
    "Attachment": "uadispatch.channels.message",
    "By": "uadispatch.channels.contract",
    "CannotSimulate": "uadispatch.channels.contract",
    "Capabilities": "uadispatch.channels.contract",
    "Channel": "uadispatch.channels.contract",
    "ChannelSettings": "uadispatch.channels.contract",
    "ConfigError": "uadispatch.errors",
    "Contact": "uadispatch.campaign.values",
    "DeliveryError": "uadispatch.errors",
    "Failure": "uadispatch.channels.contract",
    "Handover": "uadispatch.channels.message",
    "Message": "uadispatch.channels.message",
    "OptedOut": "uadispatch.errors",
    "Organisation": "uadispatch.channels.message",
    "Outcome": "uadispatch.channels.message",
    "PluginError": "uadispatch.errors",
    "Preview": "uadispatch.channels.message",
    "Receipt": "uadispatch.channels.message",
    "Received": "uadispatch.channels.contract",
    "RegisterChannel": "uadispatch.channels.contract",
    "Rejected": "uadispatch.errors",
    "StandIn": "uadispatch.channels.contract",
    "Target": "uadispatch.campaign.model",
    "Temporary": "uadispatch.errors",
    "Tools": "uadispatch.channels.contract",
    "UadispatchError": "uadispatch.errors",
    "Unavailable": "uadispatch.errors",
    "Unknown": "uadispatch.errors",
    "hookimpl": "uadispatch.channels.contract",
}


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for, so that ``--help`` need not wait."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value
