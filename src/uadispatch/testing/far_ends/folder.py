"""A folder as a stand-in: for channels whose far end is one, and for the desks of persons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch.channels.standing_in import CannotSimulate, Failure, Received, StandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["FolderStandIn", "read_plainly"]


def read_plainly(file: Path) -> Received:
    """A file whose first line is the contact and whose rest is the text; named by the reference."""
    to, _, shown = file.read_bytes().decode("utf-8").partition("\n")
    return Received(to=to, reference=file.stem, file=file, shown=shown)


class FolderStandIn(StandIn):
    """Keeps what a channel writes into a folder, which its settings have as `field`.

    `read` makes a `Received` of each file that `pattern` finds. `contact` is one to write to in
    tests, where the channel's field is none of the usual ones (``{n}`` stands for a number).
    """

    def __init__(
        self,
        *,
        field: str = "folder",
        pattern: str = "*.txt",
        read: Callable[[Path], Received] = read_plainly,
        contact: str | None = None,
    ) -> None:
        self._field = field
        self._pattern = pattern
        self._read = read
        self.contact = contact
        self.folder = Path()
        """Where it is; known once it was started."""

    async def start(self, folder: Path) -> Mapping[str, object]:
        """Begin with an empty folder."""
        self.folder = folder
        return {self._field: folder}

    async def stop(self) -> None:
        """Nothing was opened."""

    @property
    def tries(self) -> int:
        """How many files there are: nobody can see who tried."""
        return len(self._files())

    @property
    def received(self) -> Sequence[Received]:
        """What was written, the oldest first."""
        return [self._read(file) for file in sorted(self._files(), key=_age)]

    def misbehave(self, failure: Failure) -> None:
        """Let the folder be one that cannot be written to. Raises CannotSimulate for all else."""
        if failure is not Failure.UNREACHABLE:
            raise CannotSimulate("a folder gives no answers")
        kept = self.folder.with_name(f"{self.folder.name}-kept")
        self.folder.rename(kept)
        self.folder.write_text("no folder any more", encoding="utf-8")
        self.folder = kept

    def behave(self) -> None:
        """Let the folder be one again."""
        kept = self.folder
        self.folder = kept.with_name(kept.name.removesuffix("-kept"))
        if kept != self.folder:
            self.folder.unlink()
            kept.rename(self.folder)

    def _files(self) -> list[Path]:
        return [path for path in self.folder.rglob(self._pattern) if path.is_file()]


def _age(file: Path) -> tuple[int, str]:
    return file.stat().st_mtime_ns, file.name
