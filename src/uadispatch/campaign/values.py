"""The values that files and settings are made of, each validated and told apart by its type.

One place to import them from; they know nothing of campaigns, channels or files.
"""

from __future__ import annotations

from uadispatch.campaign.codes import (
    ChannelName,
    Country,
    Day,
    Language,
    Number,
    TargetId,
    WebAddress,
    Zone,
)
from uadispatch.campaign.contacts import (
    FROM_A_FILE,
    Contact,
    EmailAddress,
    FacebookHandle,
    Handle,
    PhoneNumber,
    PostalAddress,
    TwitterHandle,
)
from uadispatch.campaign.hours import Hours, OfficeHours
from uadispatch.campaign.text import Block, Line

__all__ = [
    "FROM_A_FILE",
    "Block",
    "ChannelName",
    "Contact",
    "Country",
    "Day",
    "EmailAddress",
    "FacebookHandle",
    "Handle",
    "Hours",
    "Language",
    "Line",
    "Number",
    "OfficeHours",
    "PhoneNumber",
    "PostalAddress",
    "TargetId",
    "TwitterHandle",
    "WebAddress",
    "Zone",
]
