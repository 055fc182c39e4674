"""What has changed since a campaign was approved, in words for whoever must approve it again.

It compares values and says all in which they differ; it reads nothing. What it says may name
people at risk: it is for a screen, never for a log.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from uadispatch.dispatch.approval.excerpts import from_to
from uadispatch.dispatch.snapshot import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from uadispatch.dispatch.journal import Approved
    from uadispatch.dispatch.snapshot import Snapshot
    from uadispatch.dispatch.targets.roster import Targets

__all__ = ["MOST_TARGETS", "Difference", "differences"]

MOST_TARGETS = 1_000
"""So many differences of targets are told."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was approved."""

    what: str
    """Its name: a template's file, “letter ru, text”, “target embassy, fax”."""
    says: str
    """How it differs; a sentence without its full stop, to stand behind the name."""


def differences(before: Approved, now: Snapshot, targets: Targets) -> list[Difference]:
    """All in which `now`, with its `targets`, is not what was approved; each once.

    There is at least one if the digests differ, and none if they do not. What the recipients
    read comes first: templates, letters, targets; then the case, the settings, the versions. Of
    very many targets the first are told, and how many more there are.
    """
    if before.snapshot.digest == now.digest:
        return []
    old, new = before.snapshot.content, now.content
    found = [
        *_templates(old.get("templates", {}), new.get("templates", {})),
        *_letters(old.get("letter", []), new.get("letter", [])),
        *(_targets(before.targets, targets) if old["targets"] != new["targets"] else ()),
    ]
    for name in _names(old, new):
        if name not in ("templates", "letter", "targets"):
            found += _part(name, old.get(name), new.get(name))
    unknown = Difference("the campaign", "is not what was approved, in a way that has no name here")
    return list(dict.fromkeys(found)) or [unknown]


def _templates(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name in _names(old, new):
        if name not in old:
            yield Difference(new[name]["file"], "is new")
            continue
        if name not in new:
            yield Difference(old[name]["file"], "is not used any more")
            continue
        was, is_ = old[name], new[name]
        if was["file"] != is_["file"]:
            # The organisation's own template stands before that of a plugin.
            also = f"; {_line(was, is_)}" if was["source"] != is_["source"] else ", unchanged"
            yield Difference(is_["file"], f"is used for {name} instead of {was['file']}{also}")
        elif was["source"] != is_["source"]:
            yield Difference(is_["file"], _line(was, is_))


def _line(was: Mapping[str, str], is_: Mapping[str, str]) -> str:
    """The first line in which two templates differ, and how many more do."""
    old, new = was["source"].split("\n"), is_["source"].split("\n")
    number = next((n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]),
                  min(len(old), len(new)))  # fmt: skip
    line = f"line {number + 1}"
    if number == len(old):
        return f"{line} is new: {from_to(None, new[number])}"
    if number == len(new):
        return f"{line} is gone: {from_to(old[number], None)}"
    return f"{line}: {from_to(old[number], new[number])}"


def _letters(
    old: Sequence[tuple[str, Mapping[str, str]]], new: Sequence[tuple[str, Mapping[str, str]]]
) -> Iterator[Difference]:
    was, is_ = dict(old), dict(new)
    for language in _names(was, is_):
        name = f"letter {language}"
        if language not in was:
            yield Difference(name, "is new")
        elif language not in is_:
            yield Difference(name, "is not there any more")
        else:
            yield from _fields(name, was[language], is_[language])
    yield from _order("letters", list(was), list(is_), "; the first serves whoever has no other")


def _targets(old: Targets, new: Targets) -> Iterator[Difference]:
    told = _each_target(old, new)
    yield from islice(told, MOST_TARGETS)
    if more := sum(1 for _ in told):
        yield Difference("targets", f"differ in {more:,} more ways")
    yield from _order_of_targets(old, new)


def _each_target(old: Targets, new: Targets) -> Iterator[Difference]:
    for stored in new:
        id_ = stored.target.id
        name, digest = f"target {id_}", old.digest_of(id_)
        if digest is None:
            yield Difference(name, f"is new: {_whole(stored.target.name)}")
        elif digest != stored.digest and (was := old.get(id_)) is not None:
            yield from _fields(name, json.loads(was.body), json.loads(stored.body))
    for stored in old:
        if stored.target.id not in new:
            says = f"is not there any more: {_whole(stored.target.name)}"
            yield Difference(f"target {stored.target.id}", says)


def _order_of_targets(old: Targets, new: Targets) -> Iterator[Difference]:
    was = (id_ for id_ in old.ids() if id_ in new)
    is_ = (id_ for id_ in new.ids() if id_ in old)
    first = next((pair for pair in zip(was, is_, strict=True) if pair[0] != pair[1]), None)
    if first is not None:
        yield _other_order("targets", *first, "")


def _order(what: str, old: Sequence[str], new: Sequence[str], means: str) -> Iterator[Difference]:
    both = set(old) & set(new)
    was = [name for name in old if name in both]
    is_ = [name for name in new if name in both]
    if was != is_:
        first = next(pair for pair in zip(was, is_, strict=True) if pair[0] != pair[1])
        yield _other_order(what, *first, means)


def _other_order(what: str, was: str, is_: str, means: str) -> Difference:
    return Difference(what, f"stand in another order, from {is_} on (it was {was}){means}")


def _part(name: str, old: Any, new: Any) -> Iterator[Difference]:
    """A part of a snapshot by the name that it has there."""
    if isinstance(old, dict) and isinstance(new, dict):
        if name == "settings":
            yield from _settings(old, new)
        else:
            yield from _fields("", old, new, _CALLED.get(name, f"{name} {{}}".format))
    elif _differ(old, new):
        yield Difference(_PLAIN.get(name, name), _change(name, old, new))


def _settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for channel in _names(old, new):
        if channel not in old:
            yield Difference(f"settings of {channel}", "are new: it could not be used before")
        elif channel not in new:
            yield Difference(f"settings of {channel}", "are gone: it is not used any more")
        else:
            yield from _fields("", old[channel], new[channel], f"{channel}.{{}}".format)


def _fields(
    owner: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    called: Callable[[str], str] | None = None,
) -> Iterator[Difference]:
    for field in _names(old, new):
        was, is_ = old.get(field), new.get(field)
        if (field in old) == (field in new) and not _differ(was, is_):
            continue
        name = called(field) if called else f"{owner}, {field.replace('_', ' ')}"
        yield Difference(name, _change(field, was, is_))


_PLAIN = {"round": "round", "languages": "preferred languages", "channels": "channels"}

_DAYS = ("deadline", "issued")

_CALLED: Mapping[str, Callable[[str], str]] = {
    "urgent_action": lambda field: field.replace("_", " "),
    "organisation": lambda field: f"the organisation's {field.replace('_', ' ')}",
    "versions": lambda field: f"version of {field}",
}


def _change(field: str, was: Any, is_: Any) -> str:
    old, new = _told(field, was), _told(field, is_)
    if old != new:
        return from_to(old, new)
    read = [one.get("value") if isinstance(one, dict) else None for one in (was, is_)]
    if _differ(*read):  # a phone number without its country's code, say
        return f"is written as before, but read as {from_to(*map(str, read))}"
    return from_to(canonical(was), canonical(is_))


def _told(field: str, value: Any) -> str | None:
    """A value as a person would write it; None: there is none."""
    if value is None or value in ([], {}):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field in _DAYS and isinstance(value, str):
        return f"{date.fromisoformat(value):%-d %B %Y}"
    if isinstance(value, list):
        return ", ".join(_told("", one) or "nothing" for one in value)
    if isinstance(value, dict):
        return _whole(value)
    return str(value)


def _whole(value: Any) -> str:
    """A contact as it was written; anything else field by field."""
    if not isinstance(value, dict):
        return str(value)
    if set(value) >= {"written", "value"}:
        return str(value["written"])
    return "; ".join(f"{name}: {_told(name, one)}" for name, one in value.items())


def _differ(old: Any, new: Any) -> bool:
    # To Python 1, 1.0 and True are one value; to a reader of the settings they are three.
    return canonical(old) != canonical(new)


def _names(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The names in either, in the order of the newer."""
    return list(dict.fromkeys((*new, *old)))
