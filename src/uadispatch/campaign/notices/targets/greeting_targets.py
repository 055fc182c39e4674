"""How each target is greeted where its own entry does not say: by the letter, or by its office.

It also knows what a greeting tells of an office; it knows nothing of lines.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Certainty, Doubt, Found, FoundTarget
from uadispatch.campaign.notices.targets.offices import embassy_of, office_words
from uadispatch.campaign.notices.targets.salutations import greetings_in
from uadispatch.campaign.notices.wording.countries import country_named

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["greeted"]

_BY_LETTER = "the opening of the sample letter"
_STATE_FORM = re.compile(
    r"(?:\S+ ){0,4}(?:republic|kingdom|state|sultanate|emirate) of (?:the )?", re.IGNORECASE
)
_EXCELLENCY = re.compile(r"\b(?:H\. ?E\b|HE\b|S\. ?E\b|(?:His|Her) Excellency)")
_ENVOYS = (("ambassador", "Ambassador"), ("high commissioner", "High Commissioner"))


def greeted(
    targets: Sequence[FoundTarget], opening: str | None
) -> tuple[list[FoundTarget], list[Doubt]]:
    """The targets, with the salutations and offices that the greetings tell."""
    found = list(targets)
    doubts: list[Doubt] = []
    offered = greetings_in(opening) if opening else ()
    if offered:
        doubts += _by_letter(found, offered)
    return [_by_office(_with_role(target)) for target in found], doubts


def _by_letter(found: list[FoundTarget], offered: tuple[str, ...]) -> list[Doubt]:
    """Give the letter's opening to the first target without a salutation."""
    without = [at for at, target in enumerate(found) if target.salutation is None]
    if not without:
        return []
    first = without[0]
    target = found[first]
    owner = _meant(found, offered[0])
    if owner is not None and owner != first and not _fits(target, offered[0]):
        other = found[owner]
        if other.salutation is None:
            found[owner] = _greet(other, offered[0])
            return []
        says = (
            f"the sample letter begins “{offered[0]}”, as {other.name.value} is greeted, and "
            f"{target.name.value} has no salutation"
        )
        return [Doubt(says, target.name.line)]
    found[first] = _greet(target, offered[0])
    if len(offered) == 1:
        return []
    for at in without[1:]:
        fitting = [each for each in offered[1:] if _fits(found[at], each)]
        found[at] = _greet(found[at], fitting[0]) if fitting else found[at]
    says = f"the sample letter begins with several greetings: “{'”, “'.join(offered)}”"
    return [Doubt(says, None, asks=False)]


def _greet(target: FoundTarget, greeting: str) -> FoundTarget:
    return replace(target, salutation=Found(greeting, None, Certainty.INFERRED, _BY_LETTER))


def _office(target: FoundTarget) -> frozenset[str]:
    role = target.role.value if target.role else target.name.value
    words = office_words(role)
    return words | {"ambassador"} if target.represents else words


def _fits(target: FoundTarget, greeting: str) -> bool:
    """Whether a greeting names the office of `target`."""
    return bool(office_words(greeting) & _office(target))


def _meant(found: Sequence[FoundTarget], greeting: str) -> int | None:
    """The first target whose office a greeting names."""
    return next((at for at, target in enumerate(found) if _fits(target, greeting)), None)


def _with_role(target: FoundTarget) -> FoundTarget:
    """The head of an embassy, whom only the salutation calls so."""
    greeting = target.salutation.value.casefold() if target.salutation else ""
    if target.role or not target.represents or embassy_of(target.name.value):
        return target
    place = target.address.value if target.address else ""
    state = next((found[1] for text in place.split("\n") if (found := embassy_of(text))), "")
    for word, office in _ENVOYS:
        if word in greeting and state:
            rule = "the embassy and the salutation"
            if styled := _EXCELLENCY.search(target.name.value):
                style = styled.group() + "." * ("." in styled.group())
                rule = f"“{style}”, {rule}"
            role = f"{office} of {_short(state, target.represents.value)}"
            return replace(
                target, role=Found(role, target.represents.line, Certainty.INFERRED, rule)
            )
    return target


def _short(state: str, code: str) -> str:
    """The name of a state without its form: Kazakhstan for the Republic of Kazakhstan."""
    form = _STATE_FORM.match(state)
    short = state[form.end() :] if form else state
    return short if country_named(short) == code else f"the {state}"


def _by_office(target: FoundTarget) -> FoundTarget:
    """An ambassador is greeted so, whatever else is unknown of him."""
    role = (target.role or target.name).value
    if target.salutation is None and re.match(r"ambassador\b", role, re.IGNORECASE):
        rule = "an ambassador is greeted so"
        return replace(target, salutation=Found("Dear Ambassador", None, Certainty.INFERRED, rule))
    return target
