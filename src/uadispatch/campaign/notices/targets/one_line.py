"""An entry that stands on one line without marks -> the lines it would have in an address.

It knows one line; it parts it only where a house follows a name or an office, and nowhere else.
"""

from __future__ import annotations

import re

from uadispatch.campaign.notices.targets.offices import EMBASSY
from uadispatch.campaign.notices.targets.official_names import names_in

__all__ = ["parted"]

_HOUSE = re.compile(
    r"\s(?=(?:the )?(?:(?:royal )?embassy|high commission|consulate|permanent mission|ministry of"
    r"|minist[e\u00e8]re|ministerio|office of|prime minister's office|presidential palace"
    r"|presidency|ambassade|embajada)\b)",
    re.IGNORECASE,
)
_STREET = re.compile(r"\s(?=\d{1,5}\b)|,\s")
_LONGEST = 400
_LONGEST_HEAD = 150


def parted(text: str) -> tuple[str, ...]:
    """The line of the official and that of the address; none where it cannot be told.

    ``Minister of Justice Ana Lopes Ministry of Justice Maputo, Mozambique`` is two lines.
    """
    if len(text) > _LONGEST:
        return ()
    whole = names_in(text)
    if whole.role or (whole.name and not _HOUSE.search(whole.name)):
        return ()
    for found in _HOUSE.finditer(text, 0, _LONGEST_HEAD):
        head = text[: found.start()].strip(" ,;-\u2013")
        names = names_in(head)
        if (names.name or names.role) and not names.rest:
            return head, *_address(text[found.end() :].strip())
    return ()


def _address(text: str) -> tuple[str, ...]:
    """An embassy and its street: the name of the state ends where the number of a house stands."""
    street = _STREET.search(text) if EMBASSY.match(text) else None
    return (text[: street.start()], text[street.end() :]) if street else (text,)
