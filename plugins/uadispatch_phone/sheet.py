"""A message -> the call sheet: whom to call, when, what to say, and what to record.

All words come from the templates; here are only figures, and signs for where a template has none.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from uadispatch import is_open, local_times, opens_next
from uadispatch_phone.dialling import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from uadispatch import Message, PhoneNumber

__all__ = ["call_sheet"]

TEST = "[TEST] "
_SIGNS = {
    "dial": "\N{BLACK TELEPHONE}",
    "extension": "\N{BLACK TELEPHONE} #",
    "written": "\N{LOWER RIGHT PENCIL}",
    "time": "\N{WATCH}",
    "unknown": "?",
    "hours": "\N{HOUSE}",
    "at_that_time": "\N{HOUSE} \N{WATCH}",
    "open": "\N{CHECK MARK}",
    "closed": "\N{BALLOT X}",
    "opens": "\N{RIGHTWARDS ARROW}",
    "last_day": "\N{HOURGLASS}",
    "say_as": "\N{BEAMED EIGHTH NOTES}",
    "script": "\N{BLACK TELEPHONE}",
    "to_voicemail": "\N{BLACK TELEPHONE} \N{TAPE DRIVE}",
    "background": "\N{ENVELOPE}",
    "outcome": "\N{LOWER RIGHT PENCIL}",
    "weekdays": "Mon Tue Wed Thu Fri Sat Sun",
}
"""For a template without such a label: no words but those of a campaign file's own hours."""
_DAYS = tuple(_SIGNS["weekdays"].split())
_BOX = "\N{BALLOT BOX}"
_MINUS, _DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
# As campaign files may hold none of these, they come from elsewhere and would show another text.
_HIDDEN = re.compile(
    "(?![\t\n])[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def call_sheet(message: Message, number: PhoneNumber, outcomes: Iterable[str]) -> str:
    """The sheet as it reads at `message.at`, with a box for each of `outcomes`."""
    labels = _SIGNS | _labels(message.parts.get("labels", ""))
    parts = [
        "\n".join(_head(message)),
        _table(_facts(message, number, labels)),
        *(
            _section(labels[name], text)
            for name, text in (
                ("say_as", message.parts.get("say_as", "")),
                ("script", message.body),
                ("to_voicemail", message.parts.get("voicemail", "")),
                ("outcome", "\n".join(_box(name, labels) for name in outcomes)),
                # Last, since it is long, and only for who is asked for more.
                ("background", message.parts.get("background", "")),
            )
            if text.strip()
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _labels(text: str) -> dict[str, str]:
    """The lines ``name: words`` of a template."""
    pairs = (line.partition(":") for line in _block(text).splitlines())
    return {name.strip(): words.strip() for name, _, words in pairs if words.strip()}


def _head(message: Message) -> Iterator[str]:
    """Which case, and whom to call."""
    subject = _line(message.subject).removeprefix(TEST)
    # Nobody may call a real official from a rehearsal's sheet by mistake.
    test = TEST if message.rehearsal else ""
    yield f"{test}UA {_line(message.campaign)} {_DASH} {subject}"
    if title := _line(message.parts.get("case", "")):
        yield title
    yield ""
    yield _line(message.target.name)
    if message.target.role:
        yield _line(message.target.role)


def _facts(
    message: Message, number: PhoneNumber, labels: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """The rows of the table: number, time, hours, last day."""
    yield labels["dial"], readable(number)
    if number.extension:
        yield labels["extension"], number.extension
    yield labels["written"], _line(number.written)
    days = labels["weekdays"].split()
    days = days if len(days) == len(_DAYS) else list(_DAYS)
    times = local_times(message.target, message.at, number.region)
    shown = f" {_DASH} ".join(f"{_moment(local, days)} ({_zone(local)})" for local in times)
    yield labels["time"], f"{shown or labels['unknown']} = {message.at:%Y-%m-%d %H:%M} UTC"
    if hours := message.target.hours:
        yield labels["hours"], re.sub("|".join(_DAYS), lambda day: days[_DAYS.index(day[0])], hours)
        if len(times) == 1:
            yield labels["at_that_time"], _openness(hours, times[0], days, labels)
    if last_day := _line(message.parts.get("last_day", "")):
        yield labels["last_day"], last_day


def _openness(hours: str, local: datetime, days: list[str], labels: dict[str, str]) -> str:
    if is_open(hours, local):
        return labels["open"]
    opens = opens_next(hours, local)
    return f"{labels['closed']}; {labels['opens']} {_moment(opens, days)} = {_in_utc(opens)}"


def _moment(local: datetime, days: list[str]) -> str:
    return f"{days[local.weekday()]} {local:%Y-%m-%d %H:%M}"


def _in_utc(local: datetime) -> str:
    offset = local.utcoffset()
    return f"{local.replace(tzinfo=None) - offset:%Y-%m-%d %H:%M} UTC" if offset is not None else ""


def _zone(local: datetime) -> str:
    """The zone's name, and how far it is from UTC at that moment."""
    offset = f"{local:%z}"
    return f"{local.tzinfo}, UTC{offset[0].replace('-', _MINUS)}{offset[1:3]}:{offset[3:5]}"


def _box(outcome: str, labels: dict[str, str]) -> str:
    words = labels.get(outcome)
    return f"{_BOX} {outcome}: {words}" if words else f"{_BOX} {outcome}"


def _section(label: str, text: str) -> str:
    return f"{label}\n{'-' * len(label)}\n{_block(text)}"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    rows = list(rows)
    width = max(len(label) for label, _ in rows) + 2
    return "\n".join(f"{label:{width}}{_as_it_is(value, label)}" for label, value in rows)


def _as_it_is(value: str, label: str) -> str:
    """`value`, kept together where it would be turned round: +1 202 in a line of Arabic."""
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in label):
        return f"\N{LEFT-TO-RIGHT ISOLATE}{value}\N{POP DIRECTIONAL ISOLATE}"
    return value


def _block(text: str) -> str:
    return _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", text).strip("\n")


def _line(text: str) -> str:
    return " ".join(_block(text).split())
