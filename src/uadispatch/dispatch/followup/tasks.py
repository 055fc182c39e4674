"""What people still have to do themselves: the tasks of a campaign, and the files made for them."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from uadispatch.campaign.local_time import is_open as office_is_open
from uadispatch.campaign.local_time import local_times
from uadispatch.campaign.model import Target
from uadispatch.channels.contract import By
from uadispatch.channels.handing_over import CARDS
from uadispatch.dispatch.guards import Candidate, ask
from uadispatch.dispatch.journal import Handed, Selection, Wanted, is_open
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.planning.retelling import retell
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.message import Counts, Message
    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal import Entry, Journal, Mark
    from uadispatch.dispatch.snapshot import Snapshot

__all__ = [
    "Task", "bundle", "files_of", "open_tasks", "remake", "remove", "task_of", "with_files",
    "withdraw",
]  # fmt: skip

HANDED = frozenset({State.WITH_PERSON, State.DONE, State.CANCELLED})
"""States of what may have been handed to a person."""

_DIGITS = re.compile(r"-([0-9a-f]{8})(?=\.)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing that a person has to do, and what is known of it at this moment."""

    entry: Entry
    target: Target | None
    """None: it was purged."""
    message: Message | None
    """None: its text cannot be shown any more."""
    handed: Handed
    outcomes: Mapping[str, Counts]
    """What may be recorded of it."""
    local: tuple[datetime, ...]
    """The time where the target is; the earliest and the latest that it may be, if unsure."""
    office_open: bool | None
    """None: its hours are not known."""
    taken_by: str | None
    """Who is at it now."""
    objection: str = ""
    """What speaks against doing it now: a stop, a contact that is known as wrong."""

    @property
    def name(self) -> str:
        """Whom it is for, as a person says it."""
        return self.target.name if self.target else self.entry.target


def open_tasks(entries: Iterable[Entry], facts: Facts) -> list[Entry]:
    """Those on which a person still has to act; not what a closing or a deadline has ended."""
    if facts.closed is not None:
        return []
    return [
        entry
        for entry in entries
        if is_open(entry.state, entry.counts) and facts.now < entry.expires_at and not entry.held
    ]


def task_of(
    journal: Journal,
    campaign: str,
    entry: Entry,
    *,
    facts: Facts,
    marks: Mapping[tuple[str, str], Mark],
    contact_of: Callable[[str], str],
    outcomes_of: Callable[[str], Mapping[str, Counts]],
    compose: Callable[[Snapshot], Composer] = Composer,
) -> Task:
    """All that is known of the task `entry`; `contact_of` and `compose` as in `retell`."""
    now = facts.now
    story = journal.story(campaign, entry.key)
    target = None
    with suppress(ValidationError, ValueError):
        target = Target.model_validate_json(story.target_body)
    message = retell(story, contact_of, compose).message
    region = getattr(message.to, "region", None) if message is not None else None
    local = local_times(target, now, region) if target is not None else ()
    office_open = None
    if target is not None and target.hours is not None and len(local) == 1:
        office_open = office_is_open(target.hours, local[0])
    return Task(
        entry=entry,
        target=target,
        message=message,
        handed=entry.handed or Handed(),
        outcomes=outcomes_of(entry.channel),
        local=local,
        office_open=office_open,
        taken_by=entry.leased_by(now),
        objection=_objection(entry, facts, marks.get((entry.channel, entry.contact))),
    )


def _objection(entry: Entry, facts: Facts, mark: Mark | None) -> str:
    candidate = Candidate(entry.target, entry.channel, entry.contact, entry.expires_at, entry.held)
    if (verdict := ask(candidate, facts)) is not None:
        return verdict.reason
    return f"this contact is marked as wrong: {mark.because}" if mark is not None else ""


def bundle(
    journal: Journal, campaign: str, channels: Mapping[str, Channel[Any]], outbox: Path
) -> dict[str, tuple[Path, ...]]:
    """Let each channel put the files of its open tasks together; what it made, by channel.

    What it made before of tasks that are done or cancelled by now is replaced.

    Raises:
        OSError: a folder cannot be written to.
        UadispatchError: a channel cannot make it.
    """
    folders: dict[tuple[str, Path], list[Path]] = {}
    its_channels = Selection(channels=frozenset(channels))
    handed = Wanted(selection=its_channels, states=HANDED, made=())
    for entry in journal.entries(campaign, handed):
        if entry.handed is None or not entry.handed.files:
            continue
        paths = [here(Path(file), outbox) for file in entry.handed.files]
        its = folders.setdefault((entry.channel, paths[0].parent), [])
        if entry.state is State.WITH_PERSON:
            its += [path for path in paths if path.is_file()]
    found: dict[str, tuple[Path, ...]] = {}
    for (name, folder), files in folders.items():
        if folder.is_dir() and (made := channels[name].bundle(files, folder)):
            found[name] = (*found.get(name, ()), *made)
    return found


async def remake(tasks: Iterable[Task], channels: Mapping[str, Channel[Any]]) -> None:
    """Make the files of tasks again that are gone; they say the same.

    Raises:
        UadispatchError: they cannot be made.
    """
    for task in tasks:
        channel = channels.get(task.entry.channel)
        gone = not all(map(os.path.exists, task.handed.files))
        by_person = channel is not None and channel.capabilities.by == By.PERSON
        if gone and by_person and channel is not None and task.message is not None:
            await channel.send(task.message)


def withdraw(journal: Journal, campaign: str, outbox: Path) -> int:
    """After a closing: remove the files of what nobody has done, lest anybody does; how many."""
    ended = (
        entry
        for entry in journal.entries(campaign, with_files(outbox, states=HANDED))
        if entry.state is State.CANCELLED or is_open(entry.state, entry.counts)
    )
    return remove(files_of(ended, outbox))


def with_files(
    outbox: Path, *, states: Collection[State] | None = None, before_round: int | None = None
) -> Wanted:
    """The messages in these states for which files may have been made; see `files_of`."""
    return Wanted(states=states, before_round=before_round, made=_made(outbox).keys())


def files_of(entries: Iterable[Entry], outbox: Path) -> list[Path]:
    """The files that were made for people; `outbox` is where they lie by default.

    The journal has their paths of the day; a home may have been moved since. And a run that was
    killed has made some that it did not record.
    """
    found: dict[Path, None] = {}
    made = _made(outbox)
    for entry in entries:
        for file in map(Path, entry.handed.files if entry.handed else ()):
            found[file] = found[here(file, outbox)] = None
        begins = f"{entry.target}-{entry.key[:8]}."
        for path in made.get(entry.key[:8], ()):
            if path.name.startswith(begins) and path.parent.parent.name == entry.channel:
                found[path] = None
    return [path for path in found if path.is_file()]


def _made(outbox: Path) -> dict[str, list[Path]]:
    """What lies in the folders of `outbox`, by the digits of a key in its name."""
    found: dict[str, list[Path]] = {}
    for path in outbox.glob("*/*/*"):
        for digits in _DIGITS.findall(path.name):
            found.setdefault(digits, []).append(path)
    return found


def here(file: Path, outbox: Path) -> Path:
    """A file where it lies now, if the home that it was made in has been moved."""
    parts = file.parts
    if file.exists() or outbox.name not in parts:
        return file
    after = len(parts) - parts[::-1].index(outbox.name)
    return outbox.joinpath(*parts[after:])


def remove(files: Iterable[Path]) -> int:
    """Remove files, and what was noted of each for a stand-in; how many were there."""
    gone = 0
    for path in files:
        with suppress(OSError):
            path.unlink()
            gone += 1
        with suppress(OSError):
            (path.parent / CARDS / f"{path.stem}.json").unlink()
    return gone
