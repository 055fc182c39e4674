"""The targets of a campaign, written or listed in files, put aside one by one as they are read.

A row that is no target is refused and kept with its reason; an id that stands twice is an error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from uadispatch.campaign.file import MOST_PROBLEMS, lines_of_ids
from uadispatch.campaign.model import TargetFile
from uadispatch.campaign.target_files.rows import RefusedRowError, TargetRows
from uadispatch.campaign.target_files.sheet import Sheet
from uadispatch.dispatch.snapshot import RosterDigest, canonical, digest, target_body
from uadispatch.dispatch.targets.on_disk import Place, RefusedRow, TargetsOnDisk
from uadispatch.dispatch.targets.roster import Rejected, Roster
from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from uadispatch.campaign.model import Campaign
    from uadispatch.dispatch.snapshot import StoredTarget

__all__ = ["FIRST", "ListedRoster"]

FIRST = 20
"""So many refused rows of a file are shown."""
TOLD_AT = 1_000
"""After so many rows it is told how many have been read."""
_WRITTEN = 0
"""The source of the targets that stand in the campaign file itself."""


@dataclass(frozen=True)
class _Listed:
    """What came of a campaign's list of targets."""

    digest: str
    """Of all that are there, as the snapshot bears it."""
    rejected: Sequence[Rejected]
    """The files of which some rows were refused."""
    notices: Sequence[str]


class ListedRoster(Roster):
    """Targets of which some stand in files: all of them are put aside, on the disk."""

    def __init__(
        self, campaign: Campaign, file: Path, step: Callable[[int], object] = lambda _: None
    ) -> None:
        """Read the targets of `campaign`, which stands in `file`, and of the files that it names.

        `step` is told now and then how many rows have been read.

        Raises:
            ConfigError: a file cannot be read, none of its rows can be used, or an id stands twice.
        """
        self._on_disk = TargetsOnDisk()
        try:
            listed = _list_targets(campaign, file, self._on_disk, step)
        except BaseException:
            self._on_disk.close()
            raise
        self.digest = listed.digest
        self.rejected = listed.rejected
        self.notices = listed.notices

    def __iter__(self) -> Iterator[StoredTarget]:
        return iter(self._on_disk)

    def __len__(self) -> int:
        return len(self._on_disk)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._on_disk

    def get(self, id_: str) -> StoredTarget | None:
        """As `Roster.get`."""
        return self._on_disk.get(id_)

    def digest_of(self, id_: str) -> str | None:
        """As `Roster.digest_of`."""
        return self._on_disk.digest_of(id_)

    def ids(self) -> Iterator[str]:
        """As `Roster.ids`."""
        return self._on_disk.ids()

    def near(self, id_: str) -> str | None:
        """As `Roster.near`."""
        return self._on_disk.near(id_)

    def shared_among(self, field: str, identities: Iterable[str]) -> set[str]:
        """As `Roster.shared_among`."""
        return self._on_disk.shared_among(field, identities)

    def refused(self, rejected: Rejected) -> Iterator[RefusedRow]:
        """As `Roster.refused`."""
        return self._on_disk.refused(rejected.source)

    def close(self) -> None:
        """As `Roster.close`."""
        self._on_disk.close()


class _List:
    """The targets as they come, each with its digest."""

    def __init__(self, on_disk: TargetsOnDisk, step: Callable[[int], object]) -> None:
        self._on_disk = on_disk
        self._step = step
        self._digest = RosterDigest()
        self.read = 0

    def add(self, place: Place, id_: str, body: str) -> None:
        name = digest(body)
        self._digest.add(name)
        self._on_disk.add(place, id_, body, name)

    def refuse(self, source: int, row: RefusedRow) -> None:
        self._on_disk.refuse(source, row)

    def tell(self) -> None:
        """That another row was read."""
        self.read += 1
        if self.read % TOLD_AT == 0:
            self._step(self.read)

    def end(self) -> str:
        """All are there; the digest of the list of their digests."""
        self._on_disk.end()
        self._step(self.read)
        return self._digest.end()


def _list_targets(
    campaign: Campaign, file: Path, on_disk: TargetsOnDisk, step: Callable[[int], object]
) -> _Listed:
    """Put all targets of `campaign`, which stands in `file`, `on_disk`, in their order.

    `step` is told now and then how many rows have been read.

    Raises:
        ConfigError: a file cannot be read or none of its rows can be used; an id stands twice.
    """
    targets = _List(on_disk, step)
    rejected, notices = [], []
    sources: dict[int, Path] = {}
    for number, item in enumerate(campaign.targets, start=1):
        if not isinstance(item, TargetFile):
            targets.add(Place(_WRITTEN, number - 1), item.id, target_body(item))
            continue
        sources[number] = file.parent / item.file
        found, unused = _list_file(item, sources[number], number, targets)
        notices += [unused] if unused else []
        if found.rows:
            first = [(row.line, row.says) for row in on_disk.refused(number, FIRST)]
            rejected.append(replace(found, first=tuple(first)))
        _refuse_useless(found, rejected)
    name = targets.end()
    _refuse_twice(on_disk, file, sources)
    return _Listed(name, tuple(rejected), tuple(notices))


def _list_file(item: TargetFile, path: Path, source: int, targets: _List) -> tuple[Rejected, str]:
    """Put its targets behind those before; what was refused, and that columns are not used."""
    read = wrong = 0
    with Sheet(path, encoding=item.encoding, delimiter=item.delimiter) as sheet:
        rows = TargetRows(sheet, item.columns)
        content, add = rows.content, targets.add
        for line, cells, says in sheet:
            read += 1
            targets.tell()
            try:
                if says:
                    raise RefusedRowError(says)  # noqa: TRY301 - it is refused like all others
                target = content(cells)
            except RefusedRowError as error:
                wrong += 1
                targets.refuse(source, RefusedRow(line, str(error), cells))
                continue
            add(Place(source, line), target["id"], canonical(target))
        found = Rejected(path, sheet.header, wrong, read, (), source, item.delimiter)
        return found, rows.unused


def _refuse_useless(found: Rejected, rejected: Sequence[Rejected]) -> None:
    """Raise ConfigError if a file gives no target at all."""
    if not found.read:
        says = "the file has the names of its columns and no row; add rows, or leave the file out"
        raise ConfigError(Problem(says, str(found.file)))
    if found.rows == found.read:
        says = f"none of its {found.rows:,} rows can be used"
        says = "its only row cannot be used" if found.rows == 1 else says
        problems = [Problem(f"{says}; mend what is said below", str(found.file))]
        first = rejected[-1].first
        problems += [Problem(says, f"{found.file}:{line}") for line, says in first]
        if more := found.rows - len(first):
            problems.append(Problem(f"and {more:,} more", str(found.file)))
        raise ConfigError(problems)


def _refuse_twice(on_disk: TargetsOnDisk, file: Path, sources: dict[int, Path]) -> None:
    """Raise ConfigError if an id stands twice, with both places."""
    found = on_disk.twice(MOST_PROBLEMS)
    if not found:
        return
    written = {place.line for _, *places in found for place in places if place.source == _WRITTEN}
    lines = lines_of_ids(file, written) if written else {}

    def where(place: Place) -> str:
        if place.source == _WRITTEN:
            return f"{file}:{lines.get(place.line, 1)}"
        return f"{sources[place.source]}:{place.line}"

    def says(at: Place, first: Place) -> str:
        if (real(at), at.line) == (real(first), first.line):
            return "stands here once, but the campaign names this file twice; name it once"
        return f"stands here and at {where(first)}; give one another id"

    def real(place: Place) -> Path:
        return sources.get(place.source, file).resolve()

    problems = [
        Problem(f"the id “{id_}” {says(at, first)}", where(at))
        for id_, at, first in islice(found, MOST_PROBLEMS)
    ]
    if more := on_disk.number_twice() - len(problems):
        problems.append(Problem(f"and {more:,} more", str(file)))
    raise ConfigError(problems)
