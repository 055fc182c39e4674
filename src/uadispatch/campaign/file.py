"""A campaign file -> Campaign; whatever is wrong in it, as file:line:column with the mend.

It knows how staff write a campaign. It never changes a file and knows nothing of documents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from uadispatch.campaign.model import CONFLICT, Campaign
from uadispatch.campaign.opening import read_bytes
from uadispatch.campaign.places import (
    Finding,
    Place,
    Places,
    Unreadable,
    compose,
    decode,
    find_places,
)
from uadispatch.campaign.values import FROM_A_FILE
from uadispatch.campaign.wording import sentence, unknown_key
from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from uadispatch.campaign.places import Path as Steps

__all__ = ["LARGEST_FILE", "MOST_PROBLEMS", "lines_of_ids", "read_campaign"]

LARGEST_FILE = 32 * 1024 * 1024
"""In bytes; a campaign of 100,000 targets has about 20 MB."""
MOST_PROBLEMS = 50
"""How many problems of one file are listed."""

_DOCUMENTS = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")
_TOP = Places(Place(1, 1), Place(1, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One thing to mend, by the steps that lead to it; `of_key` if its key is what is wrong."""

    steps: Steps = field(kw_only=False)
    says: str = field(kw_only=False)
    of_key: bool = False
    other: Steps = ()
    """Where the part stands that it does not agree with."""

    def finding(self, places: Mapping[Steps, Places]) -> Finding:
        here = places.get(self.steps, _TOP)
        says = self.says
        if self.other:
            there = places.get(self.other, _TOP).value
            says += f" (the first stands at line {there.line}, column {there.column})"
        return Finding(here.key if self.of_key else here.value, says)


def read_campaign(path: Path) -> Campaign:
    """Read the campaign file at `path`.

    Raises:
        ConfigError: all that is wrong with it, each with its line and column.
    """
    raw = read_bytes(path, most=LARGEST_FILE, wanted="campaign file", mend="split it")
    if raw.startswith(_DOCUMENTS):
        raise ConfigError(
            Problem("this is a document, not a campaign file; import it first", str(path))
        )
    try:
        text = decode(raw)
        data = compose(text)
    except Unreadable as error:
        raise ConfigError(
            _capped(_listed(path, error.findings), len(error.findings), path)
        ) from None
    if data is None:
        raise ConfigError(Problem("the file is empty; write a campaign into it", str(path)))
    if not isinstance(data, dict):
        raise ConfigError(
            Problem("here should stand keys such as urgent_action and targets", f"{path}:1:1")
        )
    try:
        return Campaign.model_validate(data, context=FROM_A_FILE)
    except ValidationError as error:
        errors: Any = error.errors(include_url=False, include_input=False)
    raise ConfigError(_problems(path, text, data, errors))


def lines_of_ids(path: Path, targets: Iterable[int]) -> dict[int, int]:
    """The lines in which the ids of those targets stand, by their (0-based) places in the list.

    What cannot be found any more is left out: the file may have been changed since.
    """
    wanted: dict[Steps, int] = {("targets", place, "id"): place for place in targets}
    try:
        raw = read_bytes(path, most=LARGEST_FILE, wanted="campaign file", mend="split it")
        found = find_places(decode(raw), wanted.keys())
    except (ConfigError, Unreadable):
        return {}
    return {place: found[steps].value.line for steps, place in wanted.items() if steps in found}


def _listed(path: Path, findings: Iterable[Finding]) -> list[Problem]:
    return [
        Problem(says, f"{path}:{place.line}:{place.column}") for place, says in sorted(findings)
    ]


def _capped(problems: list[Problem], count: int, path: Path) -> list[Problem]:
    shown = problems[:MOST_PROBLEMS]
    left = count - len(shown)
    return [*shown, Problem(f"and {left:,} more", str(path))] if left else shown


def _problems(
    path: Path, text: str, data: dict[str, Any], errors: list[Mapping[str, Any]]
) -> list[Problem]:
    """Every error as a problem, in the order of the file."""
    told: list[_Told] = []
    # No more than will be shown: looking for what was meant takes time.
    untold = iter(errors)
    while len(told) <= MOST_PROBLEMS and (error := next(untold, None)):
        told += _told(data, error)
    first = told[:MOST_PROBLEMS]
    places = find_places(text, {each.steps for each in first} | {each.other for each in first})
    problems = _listed(path, [each.finding(places) for each in first])
    return _capped(problems, len(told) + sum(1 for _ in untold), path)


def _told(data: dict[str, Any], error: Mapping[str, Any]) -> list[_Told]:
    """What there is to say of one error of the validator."""
    location = error["loc"]
    steps, value = _known_steps(data, location)
    if error["type"] == "missing":
        return [_Told(steps, f"{location[-1]} is missing; add it here")]
    if error["type"] == "extra_forbidden":
        return [_Told(steps, unknown_key(location), of_key=True)]
    if error["type"] == "too_short" and value:
        # It counts what was left after refusing parts, and each of those is told already.
        return []
    if error["type"] == CONFLICT:
        return [
            _Told((*steps, *here), says, other=(*steps, *there))
            for here, says, there in error["ctx"]["found"]
        ]
    name = next((step for step in reversed(steps) if isinstance(step, str)), "")
    return [_Told(steps, f"{name}: {sentence(error)}", of_key=location[-1] == "[key]")]


def _known_steps(data: object, location: Steps) -> tuple[Steps, object]:
    """The steps of `location` that are in the data, and the value that they lead to.

    The validator adds steps of its own, such as the kind of an alternative.
    """
    steps: list[str | int] = []
    node: Any = data
    for step in location:
        known = step in node if isinstance(node, dict) else isinstance(node, list)
        if known and (isinstance(node, dict) or isinstance(step, int)):
            node = node[step]
            steps.append(step)
    return tuple(steps), node
