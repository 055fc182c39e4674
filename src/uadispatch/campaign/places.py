"""YAML text as plain data, and the line and column of every part of it.

It reads the YAML 1.2 core schema, in which `NO`, `yes`, `012`, `46.10`, dates and `12:30` are
text as they stand, and refuses what a campaign file has no use for: anchors, tags, several
documents. It knows nothing of campaigns. Nothing here recurses, so no file can exhaust the stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from uadispatch.campaign.text import described, shown

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

__all__ = ["Finding", "Path", "Place", "Places", "Unreadable", "compose", "decode", "find_places"]

Path = tuple[str | int, ...]
"""The keys and (0-based) positions that lead from the top to a part of the data."""

DEEPEST = 50
MOST_PARTS = 5_000_000
MOST_FINDINGS = 1_000
_FIRST_DOCUMENT = 1  # the event after the start of the stream

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WORDS = {
    word: meaning
    for meaning, words in (
        (None, ("", "~", "null", "Null", "NULL")),
        (True, ("true", "True", "TRUE")),
        (False, ("false", "False", "FALSE")),
    )
    for word in words
}
# Written forms that a number would lose, such as 007, +7, 46.10 and 1e5, stay text.
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}", re.ASCII)
_MAY_BE_INTEGER = frozenset("-0123456789")

# YAML takes U+0085, U+2028 and U+2029 for line breaks or not, depending on its version; marks
# that reorder text (U+202A-202E, U+2066-2069) would show a reviewer another file.
_NOT_IN_FILE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")

# A sign in the parser's complaint (both of PyYAML's parsers), whether the place to look at is
# where the part began, and what to say.
_STUMBLES = (
    ("start any token", False, 'a text cannot begin with CHARACTER; put it in quotes: "@name"'),
    ("scanning an a", True, "a text cannot begin with * or &; put it in quotes"),
    ("a tag", True, "a text cannot begin with !; put it in quotes"),
    ("mapping values", False, "a second “: ” on a line; put text with “: ” in quotes, or indent"),
    ("end of stream", True, "this quotation mark has no partner; close the quotes"),
    ("escape", False, "in double quotes \\ has a meaning of its own; use single quotes"),
    ("Python int", False, "\\U stands before no character; use single quotes"),
    ("a flow", True, "this bracket is not closed, or a comma is missing; close it"),
    ("a simple key", True, "this is no key, since “: ” is missing; indent text under its key"),
    ("a block", False, "this does not fit the lines above; compare its indent and its quotes"),
)


class Place(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


class Places(NamedTuple):
    """Where a part stands: its key (or its own beginning, in a list) and its value."""

    key: Place
    value: Place


class Finding(NamedTuple):
    """Something that cannot be read: where, what, and the mend."""

    place: Place
    says: str


class Unreadable(Exception):
    """The text is no YAML that a campaign file may use."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("\n".join(finding.says for finding in findings))
        self.findings = findings


def decode(raw: bytes) -> str:
    """The text of a UTF-8 file, with or without a byte order mark. Raises Unreadable."""
    if raw.startswith(_UTF_16_MARKS):
        raise Unreadable(Finding(Place(1, 1), "this file is UTF-16; save it as UTF-8"))
    raw = raw.removeprefix(_BYTE_ORDER_MARK)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        raise Unreadable(
            Finding(
                _end_of(before),
                f"here stands the byte 0x{raw[error.start]:02X}, which is not UTF-8; "
                "save the file as UTF-8",
            )
        ) from None
    if found := _NOT_IN_FILE.search(text):
        says = f"here stands {described(found.group())}; remove it"
        raise Unreadable(Finding(_end_of(text[: found.start()]), says))
    return text


def compose(text: str) -> Any:
    """The data of one YAML document; None for an empty one. Raises Unreadable."""
    return _Composer(text).data()


def find_places(text: str, wanted: AbstractSet[Path]) -> dict[Path, Places]:
    """Where the parts that `wanted` names stand in a text that `compose` has read.

    It reads the text again: places are only needed once something is wrong, and keeping them
    all would slow every good file.
    """
    composer = _Composer(text, wanted)
    composer.data()
    return composer.places


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been read yet."""

    into: Any
    is_list: bool
    path: Path | None
    """None for the outermost list, which only holds the document itself."""
    keys: dict[str, Any]
    """The mark of each key read so far."""
    key: str | None = None
    """The key whose value comes next."""
    drops: bool = False
    """The value that comes next has no usable key."""


class _Composer:
    def __init__(self, text: str, wanted: AbstractSet[Path] | None = None) -> None:
        self._text = text
        self._wanted = wanted
        self._findings: list[Finding] = []
        self.places: dict[Path, Places] = {}

    def data(self) -> Any:
        """Read all events and put together what they hold."""
        top = _Open(into=[], is_list=True, path=None, keys={})
        try:
            self._read(top)
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            self._findings.append(_unreadable(error, self._text))
        if self._findings:
            raise Unreadable(*self._findings)
        return top.into[0] if top.into else None

    def _read(self, frame: _Open) -> None:
        outer: list[_Open] = []
        events: Any = yaml.parse(self._text, Loader=_LOADER)
        for count, event in enumerate(events):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(frame, event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                outer.append(frame)
                frame = self._opened(frame, event, len(outer))
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                frame = outer.pop()
            elif kind is yaml.AliasEvent:
                self._find(event, f"*{event.anchor} repeats another part; write that part out here")
                self._put(frame, None, event)
            elif kind is yaml.DocumentStartEvent and count > _FIRST_DOCUMENT:
                raise self._stopped(event, "a second document begins here; keep one in a file")
            if count > MOST_PARTS:
                raise self._stopped(event, f"more than {MOST_PARTS:,} parts; split the file")

    def _scalar(self, frame: _Open, event: Any) -> None:
        if event.anchor is not None or event.tag is not None:
            self._find(event, _of_anchor_or_tag(event))
        if frame.is_list or frame.key is not None or frame.drops:
            self._put(frame, _value(event), event)
        else:
            self._take_key(frame, event)

    def _opened(self, parent: _Open, event: Any, depth: int) -> _Open:
        if event.anchor is not None or event.tag is not None:
            self._find(event, _of_anchor_or_tag(event))
        if depth > DEEPEST:
            raise self._stopped(event, f"nested more than {DEEPEST} deep; flatten it")
        if not parent.is_list and parent.key is None and not parent.drops:
            self._find(event, "a key must be one word; put quotes round text that begins with [ {")
        is_list = type(event) is yaml.SequenceStartEvent
        into: Any = [] if is_list else {}
        path = () if self._wanted is None else _next_path(parent)
        self._put(parent, into, event)
        return _Open(into, is_list, path, {})

    def _put(self, frame: _Open, value: Any, event: Any) -> None:
        """Hang `value` into `frame`; where a key was due, forget it and what follows it."""
        if self._wanted is not None:
            path = _next_path(frame)
            if path in self._wanted:
                place = _place(event.start_mark)
                key = place if frame.is_list else _place(frame.keys.get(frame.key or "", None))
                self.places[path] = Places(key, place)
        if frame.is_list:
            frame.into.append(value)
        elif frame.key is not None:
            frame.into[frame.key] = value
            frame.key = None
        else:
            frame.drops = not frame.drops

    def _take_key(self, frame: _Open, event: Any) -> None:
        key = event.value
        if key in frame.keys:
            first = _place(frame.keys[key])
            self._find(
                event,
                f"the key {shown(key)} stands here and at line {first.line}, column "
                f"{first.column}; keep one",
            )
            frame.drops = True
        elif key == "<<" and event.implicit[0]:
            self._find(event, "<< merges another part into this one; write its keys out here")
            frame.drops = True
        else:
            frame.keys[key] = event.start_mark
            frame.key = key

    def _find(self, event: Any, says: str) -> None:
        self._findings.append(Finding(_place(event.start_mark), says))
        if len(self._findings) > MOST_FINDINGS:
            raise Unreadable(*self._findings)

    def _stopped(self, event: Any, says: str) -> Unreadable:
        return Unreadable(*self._findings, Finding(_place(event.start_mark), says))


def _next_path(frame: _Open) -> Path:
    if frame.path is None:
        return ()
    step = len(frame.into) if frame.is_list else frame.key
    return (*frame.path, "" if step is None else step)


def _value(event: Any) -> object:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _MAY_BE_INTEGER and _INTEGER.fullmatch(text):
        return int(text)
    return text


def _of_anchor_or_tag(event: Any) -> str:
    if event.anchor is not None:
        return f"&{event.anchor} marks a part to be repeated; write each part out instead"
    return f"the tag {shown(event.tag)} has no use here; remove it, and quote text where needed"


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark is not None else Place(1, 1)


def _end_of(text: str) -> Place:
    lines = _LINE_BREAK.split(text)
    return Place(len(lines), len(lines[-1]) + 1)


def _unreadable(error: Exception, text: str) -> Finding:
    """What the parser stumbled over, in words for people who do not know YAML."""
    begun = getattr(error, "context_mark", None)
    met = getattr(error, "problem_mark", None) or begun
    place = _place(met)
    rest = _LINE_BREAK.split(text)[place.line - 1 :]
    character = rest[0][place.column - 1 : place.column] if rest else ""
    if character == "\t":
        return Finding(place, "a tab stands here; indent with spaces")
    complaint = f"{getattr(error, 'context', '')}: {getattr(error, 'problem', error)}"
    for sign, at_its_beginning, says in _STUMBLES:
        if sign in complaint:
            place = _place(begun or met) if at_its_beginning else place
            return Finding(place, says.replace("CHARACTER", character))
    return Finding(place, "this cannot be read as YAML; compare it with the lines above")
