"""What a refused value means, in a sentence for staff instead of the validator's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uadispatch.campaign.codes import MISSPELT, nearest
from uadispatch.campaign.model import (
    A_FILE,
    Campaign,
    Letter,
    Person,
    Target,
    TargetFile,
    UrgentAction,
)
from uadispatch.campaign.text import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from uadispatch.campaign.places import Path

__all__ = ["sentence", "unknown_key"]

_KEYS = "write its keys below it, each on a line of its own, indented"
_LIST = "write a list: in brackets, as in [a, b], or each on a line beginning with “- ”"
_TRUTH = "write true or false"
_INTEGER = "write a whole number, such as 2, without quotes"

_SENTENCES = {
    "int_type": _INTEGER,
    "int_parsing": _INTEGER,
    "int_from_float": _INTEGER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "greater_than_equal": "write a number that is not below {ge}",
    "less_than_equal": "write a number that is not above {le}",
    "tuple_type": f"here should stand a list; {_LIST}",
    "too_short": "it is empty; give at least one",
    "dict_type": f"here should stand a group of keys; {_KEYS}",
    "model_type": f"here should stand a group of keys; {_KEYS}",
    "model_attributes_type": f"here should stand a group of keys; {_KEYS}",
    "enum": "this word is not known here; write {expected}",
}

_GROUPS: Mapping[Path, type[BaseModel]] = {
    (): Campaign,
    ("urgent_action",): UrgentAction,
    ("urgent_action", "people"): Person,
    ("targets",): Target,
    ("targets", A_FILE): TargetFile,
    ("letter",): Letter,
}
_GROUP_NAMES: Mapping[Path, str] = {
    (): "at the top",
    ("urgent_action",): "under urgent_action",
    ("urgent_action", "people"): "under people",
    ("targets",): "under a target",
    ("targets", A_FILE): "beside the key file of targets",
    ("letter",): "under a language of letter",
}


def sentence(error: Mapping[str, Any]) -> str:
    """What one of `ValidationError.errors()` says to a person, with the mend."""
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])
    if error["type"] == MISSPELT:
        near = nearest(context["kind"], context["word"]) or f"; {context['otherwise']}"
        return str(context["says"]) + near
    known = _SENTENCES.get(error["type"], "this value cannot be used here; see the documentation")
    return known.format_map({name: _plain(value) for name, value in context.items()})


def unknown_key(path: Path) -> str:
    """That the key at the end of `path` is none, and which was probably meant."""
    *above, key = path
    names = tuple(step for step in above if isinstance(step, str))
    group = names[:1] if names[:1] in {("targets",), ("letter",)} else names
    group = names[:2] if names[:2] == ("targets", A_FILE) else group
    here = _GROUPS.get(group)
    says = f"{shown(str(key))} is no key here"
    near = did_you_mean(str(key), here.model_fields) if here else ""
    if near:
        return says + near
    # What stands beside it is meant rather than what is far away.
    for other, model in sorted(_GROUPS.items(), key=lambda pair: pair[0][:1] != group[:1]):
        if other != group and key in model.model_fields:
            return f"{says}; it belongs {_GROUP_NAMES[other]}"
    known = ", ".join(here.model_fields) if here else ""
    return f"{says}; remove it, or use one of: {known}"


def _plain(value: object) -> str:
    return str(value).replace("'", "")
