"""What people see of their tasks: the JSON shape, and the page to work from.

Fields may be added to the shape; none is ever removed or renamed.
"""

from __future__ import annotations

import base64
import secrets
import shlex
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.codes import right_to_left
from uadispatch.campaign.local_time import opens_next
from uadispatch.channels.handing_over import write_file
from uadispatch.rendering.html import page
from uadispatch.views.cards import in_columns
from uadispatch.views.shapes import instant
from uadispatch.views.sheets import link_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from uadispatch.dispatch.followup.tasks import Task

__all__ = ["file_of", "last_time", "local_time", "office", "shape", "text_of"]

CALLED = frozenset({"phone", "fax"})
"""Channels on which something rings there."""


def shape(campaign: str, tasks: Sequence[Task], now: datetime) -> dict[str, Any]:
    """What `tasks --json` prints."""
    return {
        "campaign": campaign,
        "now": instant(now),
        "tasks": [
            {
                "key": task.entry.key,
                "target": task.entry.target,
                "channel": task.entry.channel,
                "name": task.name,
                "to": task.entry.to,
                "language": task.message.language if task.message else None,
                "state": task.entry.state,
                "outcome": task.entry.outcome,
                "files": list(task.handed.files),
                "links": list(task.handed.links),
                "text": text_of(task),
                "local_time": [moment.isoformat() for moment in task.local],
                "office_open": task.office_open,
                "until": instant(task.entry.expires_at),
                "outcomes": {name: str(counts) for name, counts in task.outcomes.items()},
                "taken_by": task.taken_by,
                "objection": task.objection or None,
            }
            for task in tasks
        ],
    }


def text_of(task: Task) -> str:
    """What the person says, posts or sends: as it was handed over, else as it was composed."""
    for file in map(Path, task.handed.files):
        if file.suffix == ".txt":
            try:
                return file.read_text(encoding="utf-8")
            except (OSError, ValueError):
                break
    return task.message.body if task.message is not None else ""


def local_time(task: Task) -> str:
    """The time at the target, in words; of two possible ones both."""
    times = [f"{moment:%H:%M on %A}" for moment in task.local]
    zones = {str(moment.tzinfo) for moment in task.local}
    return f"{' to '.join(times)} ({', '.join(sorted(zones))})" if times else ""


def office(task: Task) -> str:
    """Whether its office is open now, in words; empty where that is not known."""
    if task.office_open is None or task.target is None or task.target.hours is None:
        return ""
    if task.office_open:
        return "open now"
    return f"closed now, opens {opens_next(task.target.hours, task.local[0]):%A %H:%M} there"


def last_time(task: Task) -> str:
    """What became of it last time, if it was tried; empty if not."""
    entry = task.entry
    if entry.outcome is None:
        return ""
    return f"Last time, on {entry.changed_at:%-d %B %Y, %H:%M UTC}: {entry.reason}"


def file_of(
    folder: Path,
    campaign: str,
    title: str,
    tasks: Sequence[Task],
    bundles: Mapping[str, Sequence[Path]],
    now: datetime,
) -> Path:
    """Write the page to work from into `folder`; returns its path. Raises OSError."""
    by_channel: dict[str, list[Task]] = {}
    for task in tasks:
        by_channel.setdefault(task.entry.channel, []).append(task)
    groups = [
        (channel, [_card(campaign, task) for task in its]) for channel, its in by_channel.items()
    ]
    path = folder / "tasks.html"
    text = page(
        "tasks", nonce=secrets.token_urlsafe(16),
        campaign=campaign, title=title, tasks=tasks, groups=groups,
        now=f"{now:%-d %B %Y, %H:%M} UTC",
        bundles={name: [_named(made) for made in paths] for name, paths in bundles.items()},
    )  # fmt: skip
    write_file(path, text.encode())
    return path


def _last_day(task: Task) -> str:
    last = task.entry.expires_at - timedelta(seconds=1)
    if len(task.local) == 1:
        return f"{last.astimezone(task.local[0].tzinfo):%-d %B %Y}, there"
    return f"until {task.entry.expires_at:%-d %B %Y, %H:%M} UTC"


def _card(campaign: str, task: Task) -> dict[str, Any]:
    name = f"{task.entry.target}/{task.entry.channel}"
    files = [Path(file) for file in task.handed.files]
    text = text_of(task)
    language = task.message.language if task.message else ""
    return {
        "key": task.entry.key[:12],
        "name": task.name,
        "role": task.target.role if task.target else None,
        "to": task.entry.to,
        "dialled": task.entry.to if task.entry.channel in CALLED else "",
        # What is printed need not be read here as well.
        "folded": any(file.suffix == ".pdf" for file in files),
        "written": task.message.to.written if task.message else task.entry.to,
        "local": local_time(task) if task.entry.channel in CALLED else "",
        "hours": task.target.hours if task.target else None,
        "office": office(task),
        "last": last_time(task),
        "until": _last_day(task),
        "links": [link_to(link) for link in task.handed.links],
        "files": [_named(file) for file in files],
        "pictures": [_inline(file) for file in files if file.suffix == ".svg" and file.is_file()],
        "language": language,
        "text": text,
        # Letters of one width make Arabic hard to read; a purged text has no language.
        "in_columns": in_columns(text) and not (language and right_to_left(language)),
        "taken_by": task.taken_by,
        "objection": task.objection,
        "outcomes": list(task.outcomes),
        "record": f"uadispatch record {shlex.quote(campaign)} {shlex.quote(name)} OUTCOME",
    }


def _named(path: Path) -> dict[str, str]:
    return {"uri": path.absolute().as_uri(), "name": path.name}


def _inline(path: Path) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(path.read_bytes()).decode()}"
