"""The targets of a campaign, one after the other, as often as they are asked for.

Planning, approving and showing go through them in their order, and nobody may take it that all of
them fit into memory: who needs to find one again asks for it.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from uadispatch.dispatch.snapshot import StoredTarget, digest, roster, target_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uadispatch.campaign.model import Target

__all__ = ["Roster"]


class Roster:
    """The targets that stand in a campaign file."""

    def __init__(self, targets: Iterable[Target]) -> None:
        """Take them in their order."""
        bodies = [(target, target_body(target)) for target in targets]
        self._stored = [StoredTarget(target, digest(body), body) for target, body in bodies]
        self._contacts: dict[str, Counter[str]] = {}

    def __iter__(self) -> Iterator[StoredTarget]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._ids

    @cached_property
    def digest(self) -> str:
        """The digest of the list of their digests, as the snapshot bears it."""
        return digest(roster([stored.digest for stored in self._stored]))

    def shared(self, field: str, identity: str) -> bool:
        """Whether more than one target has this contact (`Contact.identity`) in `field`."""
        if field not in self._contacts:
            contacts = (stored.target.contact_on(field) for stored in self._stored)
            self._contacts[field] = Counter(each.identity for each in contacts if each is not None)
        return self._contacts[field][identity] > 1

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(stored.target.id for stored in self._stored)
