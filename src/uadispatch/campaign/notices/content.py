"""What a campaign file holds: of a notice, of a campaign, and what there is to say of each key.

Plain data in the order of the file, with None where something that is needed is missing. It knows
no YAML.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from uadispatch.campaign.contacts import Contact
from uadispatch.campaign.model import Campaign, Target, TargetFile
from uadispatch.campaign.notices.notice import Certainty, Doubt, Found
from uadispatch.campaign.values import FROM_A_FILE
from uadispatch.campaign.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from uadispatch.campaign.notices.notice import FoundLetter, FoundTarget, Notice

__all__ = [
    "CHANNELS",
    "MISSING",
    "campaign_of",
    "content_of",
    "content_of_campaign",
    "fields_of",
    "missing_in",
    "remarks_on",
]

Steps = tuple[str | int, ...]

MISSING = "MISSING"
"""How the remark on a key begins that a person must fill in."""

CHANNELS = {
    "email": "email",
    "fax": "fax",
    "twitter": "twitter",
    "phone": "phone",
    "letter": "address",
    "facebook": "facebook",
}
"""The channels of this program in the order of a file, with the contact that each needs."""

_SINGLE = ("number", "index", "sequence", "title", "issued", "deadline", "previous")
_TEXTS = ("summary", "report", "additional_information", "languages_note", "after_deadline")
_TARGET_KEYS = tuple(key for key in Target.model_fields if key not in ("hours", "languages"))
_NEEDED = {
    ("urgent_action", "number"): "the document gives no number",
    ("urgent_action", "title"): "the document gives no title",
    ("urgent_action", "deadline"): "the document gives no deadline",
    ("channels",): "no target has a contact",
    ("targets",): "the document names nobody to write to",
}
_NEEDED_IN_A_LETTER = {
    "subject": "the document gives no subject",
    "text": "the document has no sample letter; write one from its actions",
}


def content_of(notice: Notice, *, round_: int = 1) -> dict[str, Any]:
    """The content of a campaign file that says what `notice` says."""
    targets = [_target(found) for found in notice.targets if not found.copy]
    case = {
        "number": _value(notice.number),
        "index": _value(notice.index),
        "sequence": _value(notice.sequence),
        "title": _value(notice.title),
        "country": _value(notice.countries[0]) if notice.countries else None,
        "issued": _value(notice.issued),
        "deadline": _value(notice.deadline),
        "status": "open",
        "previous": _value(notice.previous),
        "people": [
            _filled({"name": _value(found.name), "pronoun": _value(found.pronoun)})
            for found in notice.people
        ],
        "summary": _value(notice.summary),
        "actions": [_value(found) for found in notice.actions],
        "report": _value(notice.report),
        "additional_information": _value(notice.additional_information),
        "languages_note": _value(notice.languages_note),
        "after_deadline": _value(notice.after_deadline),
    }
    return {
        "urgent_action": _filled(case, ("number", "title", "deadline")),
        "round": round_,
        **_filled({"languages": [found.value for found in notice.languages]}),
        "channels": _channels(targets) or None,
        "targets": targets or None,
        "letter": _letter(notice),
    }


def content_of_campaign(campaign: Campaign) -> dict[str, Any]:
    """The content of a campaign file that says what `campaign` says, each contact as written."""
    content: dict[str, Any] = _plain(campaign)
    content["urgent_action"].setdefault("status", "open")
    return content


def campaign_of(content: Mapping[str, Any]) -> tuple[Campaign | None, tuple[Doubt, ...]]:
    """The campaign that a file with this content holds, or None and what is wrong with it.

    What is missing (None) is not told: whoever made the content knows.
    """
    try:
        return Campaign.model_validate(_as_written(content), context=FROM_A_FILE), ()
    except ValidationError as error:
        errors: Any = error.errors(include_url=False, include_input=False)
    told = []
    for each in errors:
        steps = each["loc"]
        if _at(content, steps) is None:
            continue
        name = ".".join(str(step) for step in steps)
        told.append(Doubt(f"{name} cannot be used as it stands: {sentence(each)}"))
    return None, tuple(told)


def missing_in(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys that a campaign needs and `content` has nothing for."""
    return tuple(".".join(map(str, steps)) for steps, _ in _missing(content))


def _missing(content: Mapping[str, Any]) -> Iterator[tuple[Steps, str]]:
    for steps, says in _NEEDED.items():
        if _at(content, steps) is None:
            yield steps, says
    for language, letter in content["letter"].items():
        for key, says in _NEEDED_IN_A_LETTER.items():
            if letter.get(key) is None:
                yield ("letter", language, key), says


def fields_of(notice: Notice) -> Iterator[tuple[str, Found[Any]]]:
    """Every field that was found, by the name that people and programs know it by."""
    yield "kind", notice.kind
    for name in _SINGLE:
        if (found := getattr(notice, name)) is not None:
            yield name, found
    yield from _numbered("country", notice.countries)
    yield "status", Found(str(notice.closing.ending), notice.closing.line)
    for number, person in enumerate(notice.people, 1):
        name = "people" if len(notice.people) == 1 else f"people.{number}"
        yield f"{name}.name", person.name
        if person.pronoun is not None:
            yield f"{name}.pronoun", person.pronoun
    for name in (*_TEXTS, "new_appeals"):
        if (found := getattr(notice, name)) is not None:
            yield name, found
    yield from _numbered("actions", notice.actions)
    yield from _numbered("languages", notice.languages)
    for name, found in _letter_parts(notice.letter):
        yield f"letter.{name}", found
    for target in notice.targets:
        yield from _target_fields(target)


def remarks_on(notice: Notice, content: Mapping[str, Any]) -> dict[Steps, str]:
    """What to remark beside each key of `content`: its line, its rule, or that it is missing.

    A key that says something else than the document gets no line: it is not from there.
    """
    remarks: dict[Steps, str] = {}
    for steps, found in _placed(notice, content):
        if _at(content, steps) == _value(found):
            remarks[steps] = _remark(found)
    actions = [found.value for found in notice.actions]
    if actions and content["urgent_action"].get("actions") == actions:
        lines = [str(found.line) for found in notice.actions if found.line is not None]
        remarks["urgent_action", "actions"] = f"line{'s' * (len(lines) > 1)} {', '.join(lines)}"
    for steps, says in _missing(content):
        remarks[steps] = f"{MISSING}: {says}"
    return remarks


def _remark(found: Found[Any]) -> str:
    line = f"line {found.line}" if found.line is not None else ""
    rule = {
        Certainty.LABELLED: found.rule,
        Certainty.INFERRED: f"inferred: {found.rule}",
        Certainty.GUESSED: f"LOOK, a guess: {found.rule}",
    }[found.certainty]
    return ", ".join(part for part in (line, rule) if part)


def _placed(notice: Notice, content: Mapping[str, Any]) -> Iterator[tuple[Steps, Found[Any]]]:
    """Every field that was found, by the steps that lead to its key in `content`."""
    for name in (*_SINGLE, *_TEXTS):
        if (found := getattr(notice, name)) is not None:
            yield ("urgent_action", name), found
    if notice.countries:
        yield ("urgent_action", "country"), notice.countries[0]
    for at, person in enumerate(notice.people):
        for key, part in (("name", person.name), ("pronoun", person.pronoun)):
            if part is not None:
                yield ("urgent_action", "people", at, key), part
    if notice.languages:
        first = notice.languages[0]
        yield ("languages",), Found([each.value for each in notice.languages], first.line)
    for name, found in _letter_parts(notice.letter):
        if notice.letter is not None and name != "opening":
            yield ("letter", notice.letter.language, name), found
    yield from _placed_targets(notice, content)


def _placed_targets(
    notice: Notice, content: Mapping[str, Any]
) -> Iterator[tuple[Steps, Found[Any]]]:
    listed = enumerate(content.get("targets") or ())
    places = {target["name"]: at for at, target in listed if "name" in target}
    for target in notice.targets:
        at = places.get(target.name.value)
        if at is not None and not target.copy:
            for key in _TARGET_KEYS:
                if (found := getattr(target, key, None)) is not None:
                    yield ("targets", at, key), found


def _numbered(name: str, found: tuple[Found[Any], ...]) -> Iterator[tuple[str, Found[Any]]]:
    for number, each in enumerate(found, 1):
        yield name if len(found) == 1 else f"{name}.{number}", each


def _letter_parts(letter: FoundLetter | None) -> Iterator[tuple[str, Found[Any]]]:
    for name in ("subject", "opening", "text", "closing"):
        if (found := getattr(letter, name, None)) is not None:
            yield name, found


def _target_fields(target: FoundTarget) -> Iterator[tuple[str, Found[Any]]]:
    name = f"{'copies' if target.copy else 'targets'}.{target.id.value}"
    for key in _TARGET_KEYS:
        if (found := getattr(target, key, None)) is not None:
            yield f"{name}.{key}", found
    for number, (called, found) in enumerate(target.more, 1):
        yield f"{name}.more.{number} ({called})", found


def _target(found: FoundTarget) -> dict[str, Any]:
    return _filled({key: _value(getattr(found, key, None)) for key in _TARGET_KEYS})


def _channels(targets: list[dict[str, Any]]) -> list[str]:
    return [
        channel
        for channel, contact in CHANNELS.items()
        if any(contact in target for target in targets)
    ]


def _letter(notice: Notice) -> dict[str, Any]:
    if notice.letter is None:
        return {"en": {"subject": _value(notice.title), "text": None}}
    found = notice.letter
    parts = {
        "subject": found.subject.value,
        "text": found.text.value,
        "closing": _value(found.closing),
    }
    return {found.language: _filled(parts)}


def _value(found: Found[Any] | None) -> Any:
    return None if found is None else found.value


def _filled(content: dict[str, Any], needed: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        key: value
        for key, value in content.items()
        if key in needed or (value is not None and value != [])
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Contact):
        return value.written
    if isinstance(value, TargetFile):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, BaseModel):
        case = ((name, _plain(getattr(value, name))) for name in type(value).model_fields)
        return {name: part for name, part in case if part not in (None, [], {})}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value.value if isinstance(value, Enum) else value


def _as_written(value: Any) -> Any:
    """As the file's reader gives it: a day is text there."""
    if isinstance(value, dict):
        return {key: _as_written(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_as_written(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value


def _at(content: Any, steps: Steps) -> Any:
    for step in steps:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            return None
    return content
