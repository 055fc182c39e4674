"""What the tests of the fax channel share: a fax, its pages, and what the core lends."""

from __future__ import annotations

import asyncio
import io
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from uadispatch import ConfigError, Message, Organisation, Target, Tools
from uadispatch.campaign.values import EmailAddress, PhoneNumber
from uadispatch.settings import reveal
from uadispatch_fax.stand_in_telnyx import TelnyxStandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from uadispatch import Channel
    from uadispatch.clock import Clock

NOW = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)
NUMBER = "+12025550101"
OTHER = "+12025550199"


class Hands:
    """A clock that a test sets; its sleep is over at once, and later."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def later(self, **by: float) -> None:
        self.at += timedelta(**by)


@cache
def pdf(words: str = "A page") -> bytes:
    page = Image.new("L", (425, 585), 255)
    ImageDraw.Draw(page).text((50, 50), words, fill=0)
    out = io.BytesIO()
    page.save(out, "PDF", resolution=50)
    return out.getvalue()


def a_fax(number: int = 0, **other: Any) -> Message:
    values: dict[str, Any] = {
        "key": f"{number:064x}",
        "reference": f"{number:064x}",
        "campaign": "46/19",
        "channel": "fax",
        "target": Target(id="prosecutor", name="Prosecutor General"),
        "to": PhoneNumber.read("+1 202 555 0101"),
        "language": "en",
        "subject": "Release A. Person",
        "body": "Dear Prosecutor General,\n\nI am writing to you.\n",
        "sender": Organisation(name="Group 12", email=EmailAddress.read("ua@example.org")),
        "at": NOW,
    }
    return Message(**(values | other))


def lent(
    clock: Clock,
    folder: Path | None = None,
    *,
    channel: Callable[[str], Channel[Any]] | None = None,
) -> Tools:
    folder = folder or Path(".uadispatch/none")
    return Tools(
        clock=clock,
        cache=folder / "cache",
        outbox=folder / "outbox",
        secret=reveal,
        channel=channel or _no_other,
    )


def _no_other(name: str) -> Channel[Any]:
    raise ConfigError(f"there is no channel {name!r} here")


@contextmanager
def a_gateway(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TelnyxStandIn]:
    """A Telnyx on a thread of its own, to which the settings lead."""
    folder.mkdir()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def do(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    stand_in = TelnyxStandIn(lambda: datetime.now(UTC))
    settings = do(stand_in.start(folder)) | {"hours": "always"}
    for name, value in settings.items():
        if value is not None:
            monkeypatch.setenv(f"UADISPATCH_FAX_{name.upper()}", str(value))
    try:
        yield stand_in
    finally:
        do(stand_in.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
