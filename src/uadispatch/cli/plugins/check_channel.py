"""``check-channel``: whether an installed channel keeps the contract's promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from uadispatch.cli.common import options
from uadispatch.cli.common.exits import if_interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from uadispatch.channels.registry import Registered, Registry
    from uadispatch.testing.contract.checking import Told, Verdict

MANY = 1000
_WIDTH = 24


@if_interrupted("a check changes nothing: run it again")
def check_channel(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The channel's name.")],
    plugins_dir: options.PluginsDir = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FIELD=VALUE",
            help="A setting to check it with, such as the gateway. May be repeated.",
        ),
    ] = None,
    contact: Annotated[
        str | None,
        typer.Option(
            "--contact", metavar="TEXT",
            help="A contact as it stands in a campaign file, where the channel's field is none of "
            "the usual ones; {n} in it stands for a number.",
        ),
    ] = None,
    many: Annotated[
        int,
        typer.Option(
            "--many", metavar="N", min=10, help="How many messages are sent to see what they cost."
        ),
    ] = MANY,
    *,
    json: options.Json = False,
) -> None:  # fmt: skip
    """Test a channel against its stand-in: whether it keeps every promise of the contract.

    Nothing leaves this machine, and no setting of yours is used. It needs pytest:
    pip install 'uadispatch[testing]'.
    """
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli.common import output
    from uadispatch.cli.common.exits import Code

    registry = Registry(discover(plugins_dir))
    registered = _found(registry, name)
    settings = _settings(registered, setting or [])
    console = output.printer(as_json=json)
    console.print(
        f"[bold]{name}[/] of {output.safe(registered.plugin)} ({output.safe(registered.version)}), "
        f"against its stand-in"
    )

    said: set[str] = set()

    def each(part: str, told: Sequence[Told]) -> None:
        if not json:
            _show_part(console, part, told, said)

    verdict = _check(registered, settings, contact, many, each)
    broken = bool(verdict.of(_kept().BROKEN))
    if json:
        output.emit(_shape(registered, verdict))
    else:
        _show_end(console, registered, verdict, plugins_dir)
    raise SystemExit(Code.LOOK if broken else Code.AS_ASKED)


def _kept() -> Any:
    from uadispatch.testing.contract.checking import Kept

    return Kept


def _found(registry: Registry, name: str) -> Registered:
    """The channel; its plugin may be one of those that cannot be used."""
    from uadispatch.errors import ConfigError

    try:
        return registry.get(name)
    except ConfigError as exc:
        broken = [f"{it.plugin} cannot be used: {it.says}" for it in registry.broken]
        raise ConfigError("; ".join((str(exc), *broken))) from None


def _settings(registered: Registered, given: Sequence[str]) -> dict[str, Any]:
    """What ``--set`` says. Raises ConfigError."""
    from pydantic import TypeAdapter, ValidationError

    from uadispatch.errors import ConfigError

    found: dict[str, Any] = {}
    fields = registered.channel.Settings.model_fields
    for text in given:
        name, is_one, value = text.partition("=")
        if not is_one or name not in fields:
            known = ", ".join(sorted(fields))
            raise ConfigError(f"--set {text}: give FIELD=VALUE; its fields are {known}")
        # Not the field itself: pydantic warns of what is only of a field.
        kind: Any = Annotated[fields[name].annotation, name, *fields[name].metadata]
        try:
            TypeAdapter(kind).validate_python(value)
        except ValidationError as exc:
            says = exc.errors()[0]["msg"].removeprefix("Value error, ")
            raise ConfigError(f"--set {text}: {says}") from None
        found[name] = value
    return found


def _check(
    registered: Registered, settings: dict[str, Any], contact: str | None, many: int, each: Any
) -> Verdict:
    from uadispatch.errors import ConfigError

    try:
        from uadispatch.testing.contract.checking import check
    except ModuleNotFoundError as exc:
        if exc.name != "pytest":
            raise
        raise ConfigError(
            "to check a channel takes pytest: pip install 'uadispatch[testing]'"
        ) from None
    return check(registered.channel, settings=settings, contact=contact, many=many, each=each)


def _show_part(console: Console, part: str, told: Sequence[Told], said: set[str]) -> None:
    """A line for a part, and one for each promise that is broken; what was `said` is not again."""
    from uadispatch.cli.common.output import safe

    kinds = _kept()
    number = {kind: sum(one.kept is kind for one in told) for kind in kinds}
    words = [f"{number[kinds.KEPT]:>3} kept"]
    if number[kinds.UNASKED] == len(told):
        words = ["    not asked of such a channel"]
    if number[kinds.BROKEN]:
        words.append(f"[red]{number[kinds.BROKEN]} broken[/]")
    if number[kinds.UNTRIED]:
        words.append(f"{number[kinds.UNTRIED]} could not be tried")
    console.print(f"  {part:<{_WIDTH}}{', '.join(words)}")
    for one in told:
        if one.kept is kinds.BROKEN:
            console.print(f"    [red]broken:[/] {safe(one.promise)}")
            where = f" ({safe(one.where)})" if one.where else ""
            if one.says not in said:
                console.print(f"      {safe(one.says)}{where}")
            said.add(one.says)


def _show_end(
    console: Console, registered: Registered, verdict: Verdict, plugins_dir: Path | None
) -> None:
    from uadispatch.cli.common.output import safe

    kinds = _kept()
    kept, broken = verdict.number(kinds.KEPT), verdict.number(kinds.BROKEN)
    untried = verdict.number(kinds.UNTRIED)
    if untried:
        console.print("could not be tried with its stand-in:")
        for says, number in verdict.untried.most_common():
            words = says.partition(": ")[2] or says
            console.print(f"  {safe(words)}{f' ({number})' if number > 1 else ''}")
    if verdict.cost:
        console.print(f"cost: {verdict.cost}")
    name = registered.name
    if broken:
        console.print(f"[red]{name} breaks {broken} of {kept + broken} promises.[/]")
        console.print("Next: mend it; docs/channels.md says what each promise is for")
        return
    rest = f"; {untried} could not be tried" if untried else ""
    console.print(f"[green]{name} keeps all {kept} promises that were tried[/]{rest}.")
    with_folder = f" --plugins-dir {plugins_dir}" if plugins_dir is not None else ""
    step = f"Next: list {name} in a campaign, and uadispatch rehearse CAMPAIGN{with_folder}"
    console.print(step, markup=False)


def _shape(registered: Registered, verdict: Verdict) -> dict[str, Any]:
    kinds = _kept()
    return {
        "channel": registered.name,
        "plugin": registered.plugin,
        "version": registered.version,
        "keeps_all": not verdict.of(kinds.BROKEN),
        "counts": {kind.value: verdict.number(kind) for kind in kinds},
        "cost": verdict.cost,
        "promises": [
            {
                "part": told.part,
                "test": told.test,
                "promise": told.promise,
                "outcome": told.kept.value,
                "says": told.says,
                "where": told.where,
            }
            for told in verdict.told
        ],
    }
