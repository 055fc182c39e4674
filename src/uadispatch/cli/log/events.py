"""The lines of a log in JSON: which events there are, and what each of their fields means.

Fields may be added; none is ever removed or renamed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALWAYS", "EVENTS", "FIELDS", "Event", "Field", "Kind", "schema"]


class Kind(StrEnum):
    """What a field holds."""

    CODE = "code"
    """A word of this program, a number of an Urgent Action, a digest."""
    WORDS = "words"
    """Whatever somebody wrote: names of people at risk are withheld in it."""
    MOMENT = "moment"
    NUMBER = "number"
    COUNT = "whole number"
    FLAG = "true or false"
    WAITS = "list"
    NUMBERS = "numbers by name"


class Field(NamedTuple):
    """What a field holds and means."""

    kind: Kind
    says: str
    may_be_null: bool = False


class Event(NamedTuple):
    """When an event is told, and the fields it has beside `at` and `event`."""

    says: str
    fields: tuple[str, ...]


ALWAYS = ("at", "event")

FIELDS: Mapping[str, Field] = {
    "at": Field(Kind.MOMENT, "when it was told, by the clock of this machine"),
    "event": Field(Kind.CODE, "what happened: see above"),
    "command": Field(Kind.CODE, "the command: `send`, `rehearse`, ..."),
    "version": Field(Kind.CODE, "the version of uadispatch"),
    "campaign": Field(Kind.CODE, "the Urgent Action's number", may_be_null=True),
    "phase": Field(
        Kind.CODE,
        "what is being done: `reading targets`, `looking at messages`, `sending`, ...",
    ),
    "done": Field(
        Kind.COUNT,
        "how many are done; of `sending`: how many messages were tried, each counted once",
    ),
    "total": Field(Kind.COUNT, "of how many; `null`: nobody knows", may_be_null=True),
    "per_second": Field(
        Kind.NUMBER, "how many a second, of late; `null`: not known", may_be_null=True
    ),
    "seconds_left": Field(
        Kind.NUMBER, "how long it will take yet; `null`: not known", may_be_null=True
    ),
    "at_least": Field(Kind.FLAG, "`seconds_left` is the least: something waits whose pace is new"),
    "failed": Field(Kind.COUNT, "how many of those are `failed` by now"),
    "in_doubt": Field(Kind.COUNT, "how many of those are `in_doubt` by now"),
    "retry": Field(Kind.COUNT, "how many of those are `retry` by now"),
    "waiting": Field(Kind.WAITS, "what waits: objects with the fields of `waiting`"),
    "key": Field(Kind.CODE, "the message's key", may_be_null=True),
    "target": Field(Kind.WORDS, "the target's id"),
    "channel": Field(Kind.CODE, "the channel's name"),
    "state": Field(
        Kind.CODE, "the state that it has in the journal now; of a document: what came of it"
    ),
    "code": Field(Kind.WORDS, "the far end's own code", may_be_null=True),
    "asked": Field(Kind.FLAG, "it was not tried: its service was asked what became of it"),
    "says": Field(Kind.WORDS, "what the far end, a guard or this program says of it"),
    "until": Field(Kind.MOMENT, "until when; in a rehearsal by the clock of the rehearsal"),
    "why": Field(
        Kind.CODE, "`rate`, `quiet hours`, `far end away`, `far end asked` or `later try`"
    ),
    "number": Field(
        Kind.COUNT, "how many messages; of `waiting` and `waited` `null`: all of the channel",
        may_be_null=True,
    ),
    "document": Field(Kind.COUNT, "which of the documents, in the order in which they were given"),
    "asks": Field(Kind.COUNT, "how many things a person must look at"),
    "exit_code": Field(Kind.COUNT, "the command's exit code"),
    "seconds": Field(Kind.NUMBER, "how long the command took"),
    "states": Field(
        Kind.NUMBERS, "how many messages are in which state, as the journal has it; `null`: the "
        "command does not say", may_be_null=True,
    ),
    "withheld": Field(
        Kind.COUNT, "how many lines of words were withheld whole: what they name was not known"
    ),
}  # fmt: skip
"""Every field, by its name."""

EVENTS: Mapping[str, Event] = {
    "run_started": Event(
        "the command begins, and knows its campaign (`import` has none yet)",
        ("command", "version", "campaign"),
    ),
    "progress": Event(
        "how far a phase has come: at its beginning, at its end, and every five seconds if "
        "anything has changed",
        (
            "phase", "done", "total", "per_second", "seconds_left", "at_least", "failed",
            "in_doubt", "retry", "waiting",
        ),
    ),
    "message": Event(
        "a message was tried, or its service asked, and that was recorded",
        ("key", "target", "channel", "state", "code", "asked", "says"),
    ),
    "waiting": Event(
        "a channel waits, or some of its messages", ("channel", "until", "why", "number", "says")
    ),
    "waited": Event("that is over", ("channel", "until", "why", "number")),
    "confirming": Event("services are asked what became of messages", ("number",)),
    "recalling": Event("after a closing, services are asked to give messages back", ("number",)),
    "unrecorded": Event(
        "the journal did not take what is known; it is asked again, and nothing more is sent",
        ("number", "says"),
    ),
    "document": Event("a document was imported, or not", ("document", "campaign", "state", "asks")),
    "interrupted": Event(
        "a person or the system ends the run: so many messages are on their way", ("number",)
    ),
    "said": Event(
        "a line for people that would have gone to standard error: an error, a warning, with "
        "`--json` also the summary",
        ("says",),
    ),
    "run_ended": Event(
        "the last line", ("command", "exit_code", "seconds", "states", "withheld")
    ),
}  # fmt: skip
"""Every event, by its name."""

_TYPES: Mapping[Kind, Mapping[str, Any]] = {
    Kind.CODE: {"type": "string"},
    Kind.WORDS: {"type": "string"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.NUMBER: {"type": "number"},
    Kind.COUNT: {"type": "integer"},
    Kind.FLAG: {"type": "boolean"},
    Kind.NUMBERS: {"type": "object", "additionalProperties": {"type": "integer"}},
}


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a line; fields that it does not know are allowed."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of uadispatch --log-json",
        "type": "object",
        "oneOf": [_event(name, event) for name, event in EVENTS.items()],
    }


def _event(name: str, event: Event) -> dict[str, Any]:
    fields = {field: _type(field) for field in (*ALWAYS, *event.fields)}
    return {
        "properties": fields | {"event": {"const": name, "description": event.says}},
        "required": list(fields),
    }


def _type(name: str) -> dict[str, Any]:
    field = FIELDS[name]
    if field.kind is Kind.WAITS:
        of_one = {name: _type(name) for name in EVENTS["waiting"].fields}
        one = {"type": "object", "properties": of_one, "required": list(of_one)}
        return {"type": "array", "items": one}
    found = dict(_TYPES[field.kind])
    if field.may_be_null:
        found["type"] = [found["type"], "null"]
    return found
