"""How people name a message: TARGET/CHANNEL, or the first digits of its key.

It looks for names among entries that it is given; where they come from is not its concern.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from uadispatch.campaign.text import shown
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from uadispatch.dispatch.journal.tables.rows import Entry

__all__ = ["KEY_DIGITS", "MANY", "find_messages", "key_prefix", "name_of"]

KEY_DIGITS = 4
"""As few digits of a key as may be typed."""

FEW = 10
"""How many names an error lists."""

MANY = 20_000
"""Among how many messages a slip is looked for: it takes long, and only to help."""

_HEX = re.compile(r"[0-9a-f]{1,64}", re.ASCII)


def name_of(entry: Entry) -> str:
    """``prosecutor-general/email``: how people name a message."""
    return f"{entry.target}/{entry.channel}"


def key_prefix(text: str) -> str | None:
    """`text` as the first digits of a key, or None if it can be none."""
    digits = text.strip().lower()
    return digits if len(digits) >= KEY_DIGITS and _HEX.fullmatch(digits) else None


def find_messages(entries: Iterable[Entry], text: str) -> list[Entry]:
    """The messages of one campaign that `text` names, the newest round first; at least one.

    ``TARGET/CHANNEL`` names a message in each of its rounds, and of them people mean the newest;
    digits name the one message whose key begins with them.

    Raises:
        ConfigError: nothing is called so, or the digits begin several keys; with what is.
    """
    text = text.strip()
    prefix = key_prefix(text)
    found: list[Entry] = []
    channels_of: dict[str, dict[str, None]] = {}
    for entry in entries:
        if name_of(entry) == text or (prefix and entry.key.startswith(prefix)):
            found.append(entry)
        else:
            channels_of.setdefault(entry.target, {})[entry.channel] = None
    if not found:
        raise ConfigError(_unknown(text, channels_of))
    if prefix and len(found) > 1:
        raise ConfigError(_ambiguous(text, found))
    return sorted(found, key=lambda entry: entry.round, reverse=True)


def _ambiguous(text: str, found: Sequence[Entry]) -> str:
    several_rounds = len({entry.round for entry in found}) > 1
    names = [
        f"{name_of(entry)}{f' of round {entry.round}' if several_rounds else ''} "
        f"({entry.key[: len(text) + 4]}...)"
        for entry in found
    ]
    return (
        f"the keys of {len(found)} messages begin with {text}: {_listed(names)}; write more of the "
        f"key, or TARGET/CHANNEL"
    )


def _unknown(text: str, channels_of: dict[str, dict[str, None]]) -> str:
    target, _, _ = text.partition("/")
    says = f"the campaign has no message {shown(text)}"
    if not channels_of:
        return "the campaign has no messages yet"
    if target in channels_of:
        return f"{says}; it has {_listed([f'{target}/{name}' for name in channels_of[target]])}"
    folded = {name.casefold(): name for name in channels_of}
    near = get_close_matches(target[:100].casefold(), folded, n=3)
    names = [f"{folded[name]}/{channel}" for name in near for channel in channels_of[folded[name]]]
    if names:
        return f"{says}; did you mean {_listed(names, last='or')}?"
    if _HEX.fullmatch(text.lower()) and len(text) < KEY_DIGITS:
        return f"{says}; write at least {KEY_DIGITS} digits of its key, or TARGET/CHANNEL"
    names = [f"{name}/{channel}" for name, channels in channels_of.items() for channel in channels]
    if len(names) <= FEW:
        return f"{says}; it has {_listed(names)}"
    return f"{says}; it has {', '.join(names[:FEW])} and others: status --messages lists them"


def _listed(names: Sequence[str], last: str = "and") -> str:
    """``a, b and c``; of many the first, and how many more."""
    if len(names) > FEW:
        return f"{', '.join(names[:FEW])} and {len(names) - FEW:,} more"
    *others, end = names
    return f"{', '.join(others)} {last} {end}" if others else end
