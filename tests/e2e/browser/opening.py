"""A page opened from disk in a browser that reaches nothing, with an ear for all that goes wrong.

It knows no page of this project.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

DESKTOP, PHONE, NARROW = (1280, 900), (390, 844), (320, 640)
NOTHING_LEAVES = ("--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking")
# What a page says of a breach of its own policy, also where the browser only notes it.
WATCH = """
window.breaches = [];
addEventListener("securitypolicyviolation", (event) =>
  window.breaches.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile || ""}`));
"""


@dataclass
class Faults:
    """What was found wrong, each with its page; a fault is listed once."""

    found: list[str] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        """Note a fault."""
        if (line := f"{where}: {what}") not in self.found:
            self.found.append(line)

    def expect(self, holds: object, where: str, what: str) -> None:
        """Note a fault unless it holds."""
        if not holds:
            self.add(where, what)


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    size: tuple[int, int] = DESKTOP
    dark: bool = False
    scripts: bool = True

    @property
    def name(self) -> str:
        """Short, for a file's name and for what is said."""
        kind = {DESKTOP: "desktop", PHONE: "phone", NARROW: "narrow"}[self.size]
        return kind + ("-dark" if self.dark else "") + ("" if self.scripts else "-without-scripts")


@contextmanager
def opened(
    browser: Browser, file: Path, name: str, faults: Faults, look: Look | None = None,
    place: str = "", within: Path | None = None,
) -> Iterator[Page]:  # fmt: skip
    """The page in `file` at `place` (a hash); whatever goes wrong until it is closed is a fault.

    It may ask for nothing but files in the folder `within`, which is its own if none is named.
    """
    folder = within or file.parent
    look = look or Look()
    width, height = look.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if look.dark else "light",
        java_script_enabled=look.scripts,
        reduced_motion="reduce",
    )
    where = f"{name} ({look.name})"
    context.add_init_script(WATCH)
    context.route("**/*", lambda route: _judge(route, folder, where, faults))
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda said: _listen(said, where, faults))
    page.on("pageerror", lambda error: faults.add(where, f"an error in a script: {error}"))
    page.on("dialog", lambda dialog: _refuse(dialog, where, faults))
    page.on("popup", lambda other: faults.add(where, f"it opened a window: {other.url}"))
    page.on("download", lambda got: faults.add(where, f"it downloads {got.url}"))
    page.on("requestfailed", lambda request: _lament(request, where, faults))
    try:
        page.goto(file.as_uri() + place)
        yield page
        if look.scripts:
            for breach in page.evaluate("window.breaches") or []:
                faults.add(where, f"a breach of its policy: {breach}")
    finally:
        context.close()


def _judge(route: Route, folder: Path, where: str, faults: Faults) -> None:
    parts = urlsplit(route.request.url)
    inside = parts.scheme == "data" or (
        parts.scheme == "file" and Path(unquote(parts.path)).is_relative_to(folder)
    )
    if inside:
        route.continue_()
    else:
        faults.add(where, f"it asks for {route.request.url}")
        route.abort()


def _listen(said: Any, where: str, faults: Faults) -> None:
    if said.type in ("error", "warning"):
        faults.add(where, f"the console says: {said.text}")


def _lament(request: Any, where: str, faults: Faults) -> None:
    if request.failure != "net::ERR_ABORTED":  # what was still under way when the page was left
        faults.add(where, f"{request.failure}: {request.url}")


def _refuse(dialog: Any, where: str, faults: Faults) -> None:
    faults.add(where, f"it opened a dialog: {dialog.message}")
    dialog.dismiss()
