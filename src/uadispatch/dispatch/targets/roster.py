"""The targets of a campaign, one after the other, as often as they are asked for.

Planning, approving and showing go through them in their order, and nobody may take it that all of
them fit into memory: who needs to find one again asks for it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from uadispatch.dispatch.snapshot import StoredTarget, digest, roster, target_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from uadispatch.campaign.model import Target
    from uadispatch.dispatch.targets.on_disk import RefusedRow

__all__ = ["Rejected", "Roster", "Targets"]


class Targets(Protocol):
    """Targets in their order, each of which can be found again by its id."""

    def __iter__(self) -> Iterator[StoredTarget]:
        """All of them, as often as it is asked for."""

    def __len__(self) -> int:
        """How many they are."""

    def __contains__(self, id_: object, /) -> bool:
        """Whether there is one with that id."""

    def ids(self) -> Iterator[str]:
        """The id of each, in their order."""

    def get(self, id_: str, /) -> StoredTarget | None:
        """The target with that id; None: there is none."""

    def digest_of(self, id_: str, /) -> str | None:
        """The digest of the target with that id; None: there is none."""


@dataclass(frozen=True)
class Rejected:
    """The rows of one file that are no targets."""

    file: Path
    header: Sequence[str]
    rows: int
    """How many were refused."""
    read: int
    """How many there are in all."""
    first: Sequence[tuple[int, str]]
    """The line and the reason of the first of them."""
    source: int
    """What the store knows the file by."""
    delimiter: str = ","
    """What stands between two of its fields."""

    @property
    def all_words(self) -> str:
        """``3 of 1,204 rows``."""
        return f"{self.rows:,} of {self.read:,} {'row' if self.read == 1 else 'rows'}"


class Roster:
    """The targets that stand in a campaign file."""

    rejected: Sequence[Rejected] = ()
    """The files of which some rows are no targets, with the first of those rows."""
    notices: Sequence[str] = ()
    """What a person should know of the files that list targets."""

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
        return id_ in self._by_id

    def get(self, id_: str) -> StoredTarget | None:
        """The target with that id; None: there is none."""
        return self._by_id.get(id_)

    def digest_of(self, id_: str) -> str | None:
        """The digest of the target with that id; None: there is none."""
        stored = self.get(id_)
        return None if stored is None else stored.digest

    def ids(self) -> Iterator[str]:
        """The id of each, in their order."""
        return iter(self._by_id)

    def near(self, id_: str) -> str | None:
        """The id of a target that was probably meant; None: none is near."""
        return next(iter(get_close_matches(id_, self._by_id, n=1)), None)

    @cached_property
    def digest(self) -> str:
        """The digest of the list of their digests, as the snapshot bears it."""
        return digest(roster([stored.digest for stored in self._stored]))

    def shared_among(self, field: str, identities: Iterable[str]) -> set[str]:
        """Those of `identities` (`Contact.identity`) that more than one target has in `field`."""
        if field not in self._contacts:
            contacts = (stored.target.contact_on(field) for stored in self._stored)
            self._contacts[field] = Counter(each.identity for each in contacts if each is not None)
        numbers = self._contacts[field]
        return {identity for identity in identities if numbers[identity] > 1}

    def refused(self, rejected: Rejected) -> Iterator[RefusedRow]:
        """Every row that is counted in one of `Roster.rejected`."""
        del rejected
        return iter(())

    def close(self) -> None:
        """Give back what it holds; it goes with the process in any case."""

    @cached_property
    def _by_id(self) -> dict[str, StoredTarget]:
        return {stored.target.id: stored for stored in self._stored}
