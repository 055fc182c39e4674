"""uadispatch: an Urgent Action, to every official, by every channel; never lost, never twice.

What stands here is the public API for channels; `uadispatch.testing` holds the tools to test one.
"""

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
    "Unknown",
    "__version__",
    "hookimpl",
]
