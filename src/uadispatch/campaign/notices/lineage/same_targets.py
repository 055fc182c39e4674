"""The targets of a campaign and those of a newer document: who is the same official, who is new.

It knows names, roles and contacts; it never knows what was sent to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.notices.lineage.names import Degree, Words, folded, same_name
from uadispatch.campaign.notices.notice import Doubt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from uadispatch.campaign.contacts import Contact
    from uadispatch.campaign.model import Target

__all__ = ["CONTACTS", "Merged", "contacts_of", "merge_targets"]

CONTACTS = ("address", "phone", "fax", "email", "twitter", "facebook")
"""The contacts that a target has beside its further ones."""

_ONLY_A_PERSON_KNOWS = ("hours", "say_as", "languages")
_PLACES = ("country", "represents", "timezone")
_TELLING = 2
"""So many equal contacts are no accident, whatever name and role are."""
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Merged:
    """The targets of the merged campaign, and what a person should know of them."""

    targets: tuple[Target, ...]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """An official as the campaign has them, and as the document has them."""

    old: Target
    new: Target
    shared: int
    """How many contacts are the same."""
    name: bool
    role: bool

    @property
    def is_one(self) -> bool:
        """Whether both are the same official, or office."""
        if self.shared >= _TELLING or self.name or self.role:
            return True
        # One address for the letters of a whole ministry makes no one official of two.
        named = not (self.old.role and self.new.role) or _is_office(self.old, self.new)
        return self.shared > 0 and named

    @property
    def rank(self) -> tuple[int, ...]:
        """The greater, the surer."""
        return self.name + self.role + min(self.shared, _TELLING), self.name, self.shared


def merge_targets(
    old: Sequence[Target], new: Sequence[Target], *, language: str, taken: Collection[str] = ()
) -> Merged:
    """The targets of a newer document, each with what the campaign knew of it before.

    Two are the same if a contact, the name, or the role and country are the same; but one contact
    alone does not make two officials with other names and other roles one. The same one keeps its
    id, so that nobody is written to twice in a round; a new one gets an id that neither another
    target nor `taken` has. The document's word counts where it says something. What only a person
    can have added stays. So does a contact of a kind of which the document gives none: an update
    is short, and leaves out more than it takes back; that is said. But nothing of a predecessor
    stays with whoever has the office now: it may be personal.
    """
    before = _partners(old, new)
    ids = {target.id.casefold() for target in old} | {name.casefold() for name in taken}
    targets: list[Target] = []
    doubts: list[Doubt] = []
    for target in new:
        if (partner := before.get(target.id)) is None:
            free = _free_id(target.id, ids)
            ids.add(free.casefold())
            targets.append(target.model_copy(update={"id": free}))
            doubts += _shares(target, old)
        else:
            merged, kept = _merge(partner, target, language)
            targets.append(merged)
            doubts += kept
    return Merged(tuple(targets), tuple(doubts))


def _partners(old: Sequence[Target], new: Sequence[Target]) -> dict[str, Target]:
    """By the id that it has in the document: whom of the campaign a target is; one to one."""
    pairs = [pair for one in old for two in new if (pair := _pair(one, two)).is_one]
    found: dict[str, Target] = {}
    used: set[str] = set()
    for pair in sorted(pairs, key=lambda pair: pair.rank, reverse=True):
        if pair.new.id not in found and pair.old.id not in used:
            found[pair.new.id] = pair.old
            used.add(pair.old.id)
    return found


def _pair(old: Target, new: Target) -> _Pair:
    mine, others = contacts_of(old), contacts_of(new)
    shared = sum(
        kind in others and contact.identity == others[kind].identity
        for kind, contact in mine.items()
    )
    office = bool(old.role and new.role) and folded(old.role or "") == folded(new.role or "")
    where = (old.represents, old.country) == (new.represents, new.country)
    return _Pair(old, new, shared, _is_named_alike(old, new), office and where)


def _is_named_alike(old: Target, new: Target) -> bool:
    mention = Words.of_each([new.name]).find(old.name)
    return mention is not None and mention.degree >= Degree.NEAR


def _is_same_person(old: Target, new: Target) -> bool:
    """Whether what is the predecessor's own cannot be what the campaign has; an office has none."""
    roles = filter(None, (old.role, new.role))
    return _is_named_alike(old, new) or any(same_name(old.name, role) for role in roles)


def _is_office(old: Target, new: Target) -> bool:
    """Whether one role is the other with more words: Prosecutor General (of Kazakhstan)."""
    mine, other = (set(folded(target.role or "").split()) for target in (old, new))
    return mine <= other or other <= mine


def contacts_of(target: Target) -> dict[str, Contact]:
    """Every contact of a target, by its kind."""
    named = {kind: getattr(target, kind) for kind in CONTACTS}
    return {kind: contact for kind, contact in named.items() if contact} | target.contacts


def _merge(old: Target, new: Target, language: str) -> tuple[Target, list[Doubt]]:
    same_person = _is_same_person(old, new)
    changes: dict[str, Any] = {"id": old.id}
    for name in (*_PLACES, "role"):
        changes[name] = getattr(new, name) or getattr(old, name)
    for name in _ONLY_A_PERSON_KNOWS:
        changes[name] = getattr(new, name) or getattr(old, name)
    if not same_person and not new.say_as:
        changes["say_as"] = None
    changes["salutation"] = _salutation(old, new, language, same_person=same_person)
    mine, others = contacts_of(new), contacts_of(old)
    doubts: list[Doubt] = []
    for kind, contact in others.items():
        if kind in mine:
            # Written in another way it is no change.
            same = mine[kind].identity == contact.identity
            changes |= {kind: contact} if same and kind in CONTACTS else {}
        elif same_person:
            doubts.append(_kept(old, kind, contact))
            changes |= {kind: contact} if kind in CONTACTS else {}
        else:
            doubts.append(_left(old, new, kind, contact))
    further = {**(old.contacts if same_person else {}), **new.contacts}
    return new.model_copy(update={**changes, "contacts": further}), doubts


def _salutation(old: Target, new: Target, language: str, *, same_person: bool) -> object:
    """How to greet; what a person wrote for other languages stays with the same person."""
    if new.salutation is None:
        return old.salutation if same_person else None
    if isinstance(old.salutation, dict) and isinstance(new.salutation, str):
        others = old.salutation if same_person else {}
        return {**others, language: new.salutation}
    return new.salutation


def _kept(target: Target, kind: str, contact: Contact) -> Doubt:
    says = (
        f"the document gives no {kind} of {target.name} ({target.id}); {_one_line(contact)} is "
        f"kept: remove it from the campaign file if it is no longer right"
    )
    return Doubt(says, asks=False)


def _left(old: Target, new: Target, kind: str, contact: Contact) -> Doubt:
    says = (
        f"{new.name} is there in place of {old.name} ({old.id}), and the document gives no {kind}; "
        f"{_one_line(contact)} is not kept, since it may have been personal"
    )
    return Doubt(says, asks=False)


def _shares(target: Target, old: Sequence[Target]) -> Iterator[Doubt]:
    """That a new target has a contact of one before, with another name and another role."""
    mine = contacts_of(target)
    for other in old:
        for kind, contact in contacts_of(other).items():
            if kind in mine and mine[kind].identity == contact.identity:
                says = (
                    f"{target.name} has the {kind} that {other.name} ({other.id}) had, "
                    f"{_one_line(contact)}, and is taken for another official"
                )
                yield Doubt(says, asks=False)


def _free_id(wanted: str, taken: Collection[str]) -> str:
    number, found = 2, wanted
    while found.casefold() in taken:
        end = f"-{number}"
        found = f"{wanted[: LONGEST_ID - len(end)]}{end}"
        number += 1
    return found


def _one_line(contact: Contact) -> str:
    return ", ".join(contact.written.split("\n"))
