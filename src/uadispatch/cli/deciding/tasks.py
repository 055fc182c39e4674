"""``tasks``: what people still have to do themselves, as a list, as a page, or one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli.common import deciding, options
from uadispatch.cli.common.exits import if_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import Console

    from uadispatch.channels.message import Counts
    from uadispatch.channels.registry import Registry
    from uadispatch.cli.common.deciding import Decision
    from uadispatch.cli.common.ladder import Typed
    from uadispatch.dispatch.followup.tasks import Task
    from uadispatch.dispatch.journal import Entry

LEASE = timedelta(minutes=30)
"""For how long a task is one person's alone, unless they record it or give it back before."""
SHOWN = 40


@if_interrupted("what was recorded is kept; what was begun and not recorded is free for others")
def tasks(
    campaign: options.Campaign,
    channel: options.Channels = None,
    target: options.Targets = None,
    by: deciding.By = None,
    html: Annotated[
        str | None,
        typer.Option(
            "--html",
            metavar="[DIR]",
            help="Make one page to work from, in DIR (default: beside the files).",
        ),
    ] = None,
    now: options.Now = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
    *,
    do: Annotated[
        bool, typer.Option("--do", help="Go through them one by one; each is yours meanwhile.")
    ] = False,
    json: options.Json = False,
) -> None:
    """List what people still have to do: calls, letters, posts, with their files and texts."""
    from uadispatch.cli.common import ladder, output
    from uadispatch.clock import ShiftedClock
    from uadispatch.errors import ConfigError
    from uadispatch.views import tasks as views

    if do and json:
        raise ConfigError("give --do or --json: to go through them is a talk with a person")
    at = options.moment(now)
    if do and at is not None:
        raise ConfigError("give --do or --now: what is done is done today")
    typed = ladder.Typed(
        campaign=campaign, channel=channel, target=target, journal=journal,
        plugins_dir=plugins_dir,
    )  # fmt: skip
    console = output.printer(as_json=json)
    with deciding.decision(campaign, journal, by) as today:
        today.cancel_closed()
        decision = today if at is None else replace(today, clock=ShiftedClock(at))
        wanted = _wanted(decision, channel, target)
        closed = decision.journal.facts(decision.moment).closed
        if closed is not None:
            console.print(f"[yellow]The campaign is closed:[/] {output.safe(closed)}")
        if do:
            _Round(console, decision, plugins_dir).go(wanted)
            console.print(f"Next: {_after(decision, typed)}")
            return
        look = _looker(decision, plugins_dir)
        seen = [look(entry) for entry in wanted]
        bundles = _tidy(console, campaign, decision, seen, plugins_dir)
        if html is not None:
            path = _page(decision, seen, bundles, Path(html) if html else None)
            console.print(f"The page to work from: {output.safe(str(path))}")
        if json:
            output.emit(views.shape(decision.campaign, seen, decision.clock.now()))
        else:
            _list(console, seen, bundles, typed, _after(decision, typed))


def _wanted(
    decision: Decision, channels: list[str] | None, targets: list[str] | None
) -> list[Entry]:
    """The open tasks that are asked for. Raises ConfigError for a name that does not occur."""
    from uadispatch.dispatch.followup.tasks import open_tasks
    from uadispatch.dispatch.journal import Selection, Wanted
    from uadispatch.dispatch.states import State

    if channels:
        options.refuse_unknown("--channel", channels, decision.gist().by_channel)
    if targets:
        options.refuse_unknown("--target", targets, decision.targets_among(targets))
    selection = Selection(
        channels=frozenset(channels) if channels else None,
        targets=frozenset(targets) if targets else None,
    )
    wanted = Wanted(selection=selection, states={State.WITH_PERSON, State.DONE})
    return open_tasks(decision.entries(wanted), decision.journal.facts(decision.moment))


def outcomes_of(registry: Registry, home: Path) -> Callable[[str], Mapping[str, Counts]]:
    """What may be recorded of a channel's tasks, by its name."""
    from uadispatch.channels.contract import OUTCOMES
    from uadispatch.dispatch.planning.preparing import capabilities_of
    from uadispatch.errors import ConfigError, PluginError
    from uadispatch.settings import Settings

    settings = Settings(home, None)

    def outcomes(name: str) -> Mapping[str, Counts]:
        if not registry.knows(name):
            return OUTCOMES
        try:
            return capabilities_of(registry.get(name), settings).outcomes
        except (ConfigError, PluginError):
            return OUTCOMES

    return cache(outcomes)  # to make a channel ready costs as much as hundreds of messages


def _looker(decision: Decision, plugins_dir: Path | None) -> Callable[[Entry], Task]:
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.dispatch.followup.tasks import task_of
    from uadispatch.dispatch.planning.composing import Composer

    registry = Registry(discover(plugins_dir))
    outcomes = outcomes_of(registry, decision.home)
    marks = decision.journal.contact_marks()
    compose = cache(Composer)  # most tasks are of one text
    return lambda entry: task_of(
        decision.journal, decision.campaign, entry, marks=marks,
        facts=decision.journal.facts(decision.moment),
        contact_of=lambda name: registry.get(name).channel.contact, outcomes_of=outcomes,
        compose=compose,
    )  # fmt: skip


def _tidy(
    console: Console,
    campaign: str,
    decision: Decision,
    seen: Sequence[Task],
    plugins_dir: Path | None,
) -> dict[str, tuple[Path, ...]]:
    """Make files again that are gone, and put those of each channel together in one."""
    import asyncio

    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli.common import output
    from uadispatch.dispatch.followup.tasks import bundle, remake
    from uadispatch.dispatch.planning.preparing import OUTBOX, equip
    from uadispatch.errors import UadispatchError

    try:
        source = deciding.source_of(decision, campaign, Registry(discover(plugins_dir)))
        channels, _ = equip(source, decision.clock, lenient=True)
        asyncio.run(remake(seen, channels))
        return bundle(decision.journal, decision.campaign, channels, decision.home / OUTBOX)
    except (UadispatchError, OSError) as exc:
        output.notes(console, [f"the files could not all be made again: {exc}"])
        return {}


def _page(
    decision: Decision,
    seen: Sequence[Task],
    bundles: Mapping[str, Sequence[Path]],
    folder: Path | None,
) -> Path:
    from uadispatch.dispatch.planning.preparing import OUTBOX
    from uadispatch.errors import ConfigError, Problem
    from uadispatch.views import tasks as views

    where = folder or decision.home / OUTBOX / decision.campaign.replace("/", "-")
    title = decision.journal.title_of(decision.campaign)
    try:
        return views.file_of(where, decision.campaign, title, seen, bundles, decision.clock.now())
    except OSError as exc:
        says = f"the page cannot be written: {exc.strerror}"
        raise ConfigError(Problem(says, str(where))) from None


def _list(
    console: Console,
    seen: Sequence[Task],
    bundles: Mapping[str, Sequence[Path]],
    typed: Typed,
    following: str,
) -> None:
    from uadispatch.cli.common import output
    from uadispatch.cli.common.output import safe
    from uadispatch.views import tasks as views

    if not seen:
        console.print("Nothing is left for people to do.")
        console.print(f"Next: {following}")
        return
    for task in seen[:SHOWN]:
        entry = task.entry
        console.print(
            f"[bold]{entry.target}/{entry.channel}[/]  {safe(task.name)}  "
            f"{safe(output.one_line(entry.to))}"
        )
        there = views.local_time(task) if entry.channel == "phone" or task.office_open else ""
        for line in (
            there and f"there now: {there}" + f"; {views.office(task)}" * bool(views.office(task)),
            views.last_time(task),
            task.objection and f"not now: {task.objection}",
            f"{task.taken_by} is at it" if task.taken_by else "",
            *task.handed.links,
            *(f if Path(f).exists() else f"{f} (it is gone)" for f in task.handed.files),
        ):
            if line:
                console.print(f"    {safe(line)}")
    if len(seen) > SHOWN:
        console.print(f"... and {len(seen) - SHOWN:,} more; --json or --html shows them all")
    for name, paths in bundles.items():
        for path in paths:
            console.print(f"All that is to be done by {name}, in one file: {safe(str(path))}")
    many = "1 task" if len(seen) == 1 else f"{len(seen):,} tasks"
    console.print(f"{many} left for people.")
    console.print(f"Next: {typed.then('tasks')} --do")


def _after(decision: Decision, typed: Typed) -> str:
    """What is to be done when nothing of what was asked for is left, of the whole campaign."""
    from uadispatch.cli.common import ladder

    return ladder.following(decision.gist(), replace(typed, channel=None, target=None))


class _Round:
    """Goes through the tasks with one person; nobody else can be given the same meanwhile."""

    def __init__(self, console: Console, decision: Decision, plugins_dir: Path | None) -> None:
        import secrets

        from uadispatch.dispatch.journal import Person

        self._console = console
        self._decision = decision
        self._look = _looker(decision, plugins_dir)
        # One name may sit at two desks.
        self._me = Person(decision.by, secrets.token_hex(8))
        self._done = 0

    def go(self, wanted: Sequence[Entry]) -> None:
        """Ask for each task; an empty line leaves it, q ends."""
        from uadispatch.views import tasks as views

        # Who can be reached now comes first.
        seen = sorted(map(self._look, wanted), key=lambda task: task.office_open is False)
        for number, task in enumerate(seen, start=1):
            key = task.entry.key
            decision = self._decision
            why = decision.journal.lease(key, decision.moment, by=self._me, time=LEASE)
            if why is not None:
                self._console.print(f"{self._name(task)}: left out: {self._safe(why)}")
                continue
            try:
                self._console.rule(f"{number} of {len(seen)}: {self._name(task)}", align="left")
                self._show(task, views.local_time(task), views.office(task))
                if not self._ask(task):
                    break
            finally:
                decision.journal.release([key], by=self._me)
        many = "1 was recorded" if self._done == 1 else f"{self._done:,} were recorded"
        self._console.print(f"{many}.")

    @staticmethod
    def _safe(text: str) -> str:
        from uadispatch.cli.common.output import safe

        return safe(text)

    @staticmethod
    def _name(task: Task) -> str:
        return f"{task.entry.target}/{task.entry.channel}"

    def _show(self, task: Task, local: str, office: str) -> None:
        from uadispatch.views import tasks as views

        say, safe = self._console.print, self._safe
        role = f", {task.target.role}" if task.target and task.target.role else ""
        say(f"[bold]{safe(task.name)}[/]{safe(role)}")
        say(safe(task.entry.to))
        if local:
            say(f"There now: {safe(local)}" + (f"; {safe(office)}" if office else ""))
        for line in (views.last_time(task), *task.handed.links, *task.handed.files):
            if line:
                say(safe(line))
        if text := views.text_of(task):
            say("")
            say(safe(text.rstrip("\n")))
            say("")

    def _ask(self, task: Task) -> bool:
        """Ask what came of it, and record it; False: no more."""
        from uadispatch.dispatch.journal import Done

        names = list(task.outcomes)
        choice = ", ".join(f"{number} {name}" for number, name in enumerate(names, start=1))
        while True:
            said = _answer(f"{choice}; Enter: not now; q: end")
            if said in ("", "q"):
                return said == ""
            if said.isdecimal() and 1 <= int(said) <= len(names):
                said = names[int(said) - 1]
            if said in task.outcomes:
                break
            self._console.print(f"“{self._safe(said)}” is none of them.")
        note = _answer("Note (or Enter)")
        decision = self._decision
        done = Done(task.entry.key, said, task.outcomes[said], note)
        refused = decision.journal.record_done([done], at=decision.clock.now(), by=decision.by)
        for why in refused.values():
            self._console.print(f"[red]Not recorded:[/] {self._safe(why)}")
        self._done += not refused
        return True


def _answer(question: str) -> str:
    """What the person types; where nobody is there to answer, as if they had left."""
    try:
        return str(typer.prompt(question, default="", show_default=False)).strip()
    except typer.Abort:
        raise KeyboardInterrupt from None
