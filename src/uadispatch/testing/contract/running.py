"""A campaign over one channel, sent by the engine: here, or in a process that is to be killed."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import os
import signal
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pydantic import SecretBytes, SecretStr

from uadispatch.campaign.model import Target
from uadispatch.channels.contract import By, Channel, hookimpl
from uadispatch.channels.registry import Plugin, Registry
from uadispatch.clock import Clock, ShiftedClock
from uadispatch.dispatch.journal import Journal, Selection, Wanted, journal_url
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.planning.looking import look, moment_of
from uadispatch.dispatch.planning.preparing import equip, prepare, read
from uadispatch.dispatch.sending.run import run as send
from uadispatch.rendering.templates import collect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uadispatch.channels.message import Handover, Message, Receipt
    from uadispatch.dispatch.states import State

__all__ = ["Ended", "address_of", "packed", "run", "write_campaign"]

_TOML = """\
[organisation]
name = "An Organisation"
email = "ua@example.org"
"""
_TEXT = "{% set subject = letter.subject %}{{ salutation or target.name }},\n\n{{ letter.text }}\n"


@dataclass(frozen=True)
class Ended:
    """How it stands after a run: by key."""

    states: Mapping[str, State]
    reasons: Mapping[str, str]
    by: By
    idempotent: bool


def write_campaign(
    folder: Path, channel: type[Channel[Any]], targets: int, contact: Callable[[int], str]
) -> Path:
    """A home with a campaign to so many `targets` on `channel` alone; returns the campaign file."""
    home = folder / "home"
    (home / "config").mkdir(parents=True)
    (home / "config/uadispatch.toml").write_text(_TOML, encoding="utf-8")
    if not _has_templates(channel):
        texts = home / "templates" / channel.name
        texts.mkdir(parents=True)
        (texts / "any.j2").write_text(_TEXT, encoding="utf-8")
    field = channel.contact
    usual = field in Target.model_fields
    listed = []
    for number in range(targets):
        given = {field: contact(number)} if usual else {"contacts": {field: contact(number)}}
        listed.append(
            {"id": f"official-{number}", "name": f"Official {number}", "timezone": "UTC", **given}
        )
    content = {
        "urgent_action": {"number": "46/19", "title": "A case", "deadline": "2019-09-27"},
        "channels": [channel.name],
        "targets": listed,
        "letter": {"en": {"subject": "Release A. Person", "text": "I am writing to you."}},
    }
    file = home / "campaign.yaml"
    file.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
    return file


def address_of(channel: type[Channel[Any]]) -> dict[str, str]:
    """Where another process finds the class."""
    source = getattr(sys.modules[channel.__module__], "__file__", None) or ""
    return {"module": channel.__module__, "name": channel.__qualname__, "file": source}


def packed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as JSON values, secrets too: for a pipe, never for a file."""
    return {name: _packed(value) for name, value in settings.items()}


async def run(
    file: Path,
    channel: type[Channel[Any]],
    settings: Mapping[str, Any],
    *,
    clock: Clock,
    random: Callable[[], float],
) -> Ended:
    """Send what is due of the campaign of `file`, as ``send`` does."""
    source = read(file, Registry([Plugin("of the test", "1", lambda: _plugin(channel))]))
    channels, notices = equip(source, clock, stand_ins={channel.name: settings})
    prepared = prepare(source, channels, notices)
    url = journal_url(None, source.home)
    moment = moment_of(prepared, clock.now(), approval=False)
    able = channels[channel.name].capabilities
    seen = look(prepared, Composer(prepared.snapshot), url, moment, Selection())
    with Journal(url, write=True) as journal:
        await send(
            prepared, seen, journal, moment=moment, clock=clock, random=random,
            selection=Selection(), progress=lambda _: None,
        )  # fmt: skip
        entries = list(journal.entries(moment.campaign, Wanted()))
    return Ended(
        states={entry.key: entry.state for entry in entries},
        reasons={entry.key: entry.reason for entry in entries},
        by=able.by,
        idempotent=able.idempotent,
    )


def _has_templates(channel: type[Channel[Any]]) -> bool:
    found = collect(Path(os.devnull), {channel.name: channel}, ["en"])
    return f"{channel.name}/any" in found or f"{channel.name}/en" in found


def _plugin(channel: type[Channel[Any]]) -> ModuleType:
    module = ModuleType("plugin_of_the_test")

    @hookimpl
    def register_channels(register: Any) -> None:
        register(channel)

    module.register_channels = register_channels  # type: ignore[attr-defined]
    return module


def _packed(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, SecretBytes):
        return value.get_secret_value().decode()
    return str(value) if isinstance(value, Path) else value


def _found(address: Mapping[str, str]) -> type[Channel[Any]]:
    """The class at `address`."""
    name, file = address["module"], address["file"]
    try:
        module = importlib.import_module(name)
    except ImportError:
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    found: Any = module
    for part in address["name"].split("."):
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]


def _dying(channel: type[Channel[Any]], after: int) -> type[Channel[Any]]:
    """As `channel`, but the process is killed when so many messages have left, and none is told."""
    left: list[str] = []

    class Dying(channel):  # type: ignore[misc,valid-type]
        """Ends with its process."""

        async def send(self, message: Message) -> Receipt | Handover:
            """Send, and perhaps never return."""
            answer: Receipt | Handover = await super().send(message)
            left.append(message.key)
            if len(left) == after:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

    Dying.__module__, Dying.__qualname__ = channel.__module__, channel.__qualname__
    return Dying


def _main() -> None:
    order = json.load(sys.stdin)
    sys.path[:] = order["path"]
    channel = _dying(_found(order["channel"]), order["after"])
    at = datetime.fromisoformat(order["at"])
    clock = ShiftedClock(at)
    asyncio.run(
        run(Path(order["file"]), channel, order["settings"], clock=clock, random=lambda: 0.5)
    )


if __name__ == "__main__":
    _main()
