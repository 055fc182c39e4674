"""What is different between two states of a campaign, field by field, as texts for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.lineage.same_targets import contacts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uadispatch.campaign.model import Campaign, Letter, Person, Target

__all__ = ["Change", "changes_between"]

_PLAIN = ("name", "role", "country", "represents", "timezone", "hours", "say_as")


@dataclass(frozen=True, slots=True)
class Change:
    """One field that is not what it was; texts are whole."""

    field: str
    """Such as ``deadline``, ``targets.prosecutor-general.fax`` or ``letter.en.text``."""
    before: str
    """"" if there was nothing."""
    after: str
    """"" if there is nothing any more."""


def changes_between(before: Campaign, after: Campaign) -> Iterator[Change]:
    """What is different, in the order of a campaign file; what is gone comes last in its part."""
    old, new = dict(_fields(before)), dict(_fields(after))
    gone = [name for name in old if name not in new]
    for name in [*new, *gone]:
        if old.get(name, "") != new.get(name, ""):
            yield Change(name, old.get(name, ""), new.get(name, ""))


def _fields(campaign: Campaign) -> Iterator[tuple[str, str]]:
    case = campaign.urgent_action
    for name in type(case).model_fields:
        value = getattr(case, name)
        if name == "people":
            yield name, "; ".join(map(_person, value))
        elif name == "actions":
            yield name, "\n".join(value)
        elif value is not None:
            yield name, str(value)
    yield "round", str(campaign.round)
    yield "languages", _listed(campaign.languages)
    yield "channels", _listed(campaign.channels)
    for target in campaign.written:
        yield from _target(target)
    for tag, letter in campaign.letter.items():
        yield from _letter(tag, letter)


def _target(target: Target) -> Iterator[tuple[str, str]]:
    here = f"targets.{target.id}"
    # Who it is stands alone, so that a target that comes or goes is one thing to see.
    for name in _PLAIN:
        if (value := getattr(target, name)) is not None:
            yield f"{here}.{name}", str(value)
    if isinstance(target.salutation, dict):
        for tag, words in target.salutation.items():
            yield f"{here}.salutation.{tag}", words
    elif target.salutation is not None:
        yield f"{here}.salutation", target.salutation
    if target.languages is not None:
        yield f"{here}.languages", _listed(target.languages)
    for kind, contact in contacts_of(target).items():
        yield f"{here}.{kind}", contact.written


def _letter(tag: str, letter: Letter) -> Iterator[tuple[str, str]]:
    yield f"letter.{tag}.subject", letter.subject
    yield f"letter.{tag}.text", letter.text
    if letter.closing is not None:
        yield f"letter.{tag}.closing", letter.closing


def _person(person: Person) -> str:
    return f"{person.name} ({person.pronoun})" if person.pronoun else person.name


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
