"""What must hold of every page: by keyboard, for a screen reader, on a phone, printed, unscripted.

It knows no kind of page, but a form with the role ``search`` that sifts the page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from browser.opening import DESKTOP, NARROW, PHONE, Look, opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from browser.opening import Faults

MOST_TABS = 150
"""How many steps by keyboard are made on a page."""

# In the order of the page: what Tab should come to.
REACHABLE = """
() => {
  const wanted = "a[href], button, input, select, textarea, summary, [tabindex]";
  const found = [...document.querySelectorAll(wanted)].filter((each) =>
    each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true }));
  window.reachable = found;
  return found.length;
}
"""
# Where the focus is: its place among them, and whether a person sees it.
FOCUSED = """
() => {
  const here = document.activeElement;
  const shape = here.getBoundingClientRect(), style = getComputedStyle(here);
  return {
    place: window.reachable.indexOf(here),
    what: here.outerHTML.slice(0, 120),
    body: here === document.body || here === document.documentElement,
    outlined: here.matches(":focus-visible") && style.outlineStyle !== "none"
      && parseFloat(style.outlineWidth) >= 2,
    seen: shape.width > 0 && shape.height > 0 && shape.bottom > 0 && shape.right > 0
      && shape.top < innerHeight && shape.left < innerWidth,
  };
}
"""
# What is wider than the window, but for what can be scrolled within it.
WIDER = """
() => {
  const room = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= room) return [];
  const scrolls = (each) => each && each !== document.body &&
    (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(each).overflowX)
      || scrolls(each.parentElement));
  const wide = [...document.body.querySelectorAll("*")].filter((each) =>
    each.getBoundingClientRect().right > room + 1 && !scrolls(each.parentElement));
  return wide.length ? wide.slice(-3).map((each) => each.outerHTML.slice(0, 120)) : ["the page"];
}
"""
OPEN_ALL = "() => { for (const each of document.querySelectorAll('details')) each.open = true; }"
# Every text, be it folded away or not.
WORDS = """
() => {
  const body = document.body.cloneNode(true);
  for (const each of body.querySelectorAll("script, style")) each.remove();
  return body.textContent;
}
"""
CLOSE_ALL = "() => { for (const each of document.querySelectorAll('details')) each.open = false; }"
# What is loaded only when it comes into view, and which pictures then are none.
LOAD_ALL = """
() => Promise.all([...document.images].map((each) => {
  each.loading = "eager";
  return each.decode().then(() => "", () => each.src.slice(0, 120));
})).then((all) => all.filter(Boolean))
"""
AXE = """
(rules) => axe.run(document, {
  preload: false, resultTypes: ["violations"], ...(rules ? { runOnly: rules } : {}),
}).then((found) =>
  found.violations.map(({ id, impact, help, nodes }) => ({
    id, impact, help, number: nodes.length,
    first: nodes[0].target.join(" ") + " " + nodes[0].html.slice(0, 160),
    why: (nodes[0].failureSummary || "").replace(/\\s+/g, " "),
  })))
"""


@dataclass(frozen=True)
class Tools:
    """What every page is looked at with."""

    browser: Browser
    axe: str
    """The script of axe-core."""
    pictures: Path
    """The folder that they go to."""


def look_at(
    tools: Tools, file: Path, within: Path, name: str, texts: Sequence[str], faults: Faults
) -> None:
    """Hold all that this module knows against one page, which must show `texts`."""
    for size in (DESKTOP, PHONE):
        with opened(tools.browser, file, name, faults, Look(size), within=within) as page:
            where = f"{name} ({Look(size).name})"
            _whole(page, tools.pictures / f"{name}-{Look(size).name}.png", where, faults)
            if size == PHONE:
                _fits(page, where, faults)
            page.evaluate(OPEN_ALL)
            judge(page, tools.axe, where, faults)
            page.emulate_media(color_scheme="dark")
            judge(page, tools.axe, f"{where}, dark", faults, colours=True)
            page.reload()
            if size == PHONE:
                _whole(page, tools.pictures / f"{name}-phone-dark.png", where, faults)
                continue
            _by_keyboard(page, where, faults)
            _printed(page, f"{where}, printed", texts, faults)
            acted = page.evaluate("window.acted")
            faults.expect(acted is None, where, f"a text was run as a script: {acted}")
    look = Look(scripts=False)
    with opened(tools.browser, file, name, faults, look, within=within) as page:
        where = f"{name} ({look.name})"
        _lacks(page.evaluate(WORDS), texts, where, faults)
        for hidden in page.locator("main [hidden]:not(form):not(#none):not(#found)").all():
            faults.add(where, f"hidden: {hidden.inner_html()[:80]}")


def judge(page: Page, axe: str, where: str, faults: Faults, *, colours: bool = False) -> None:
    """What axe-core finds serious or critical; of the colours alone, if that is asked for."""
    page.evaluate(axe)
    for each in page.evaluate(AXE, ["color-contrast"] if colours else None):
        if each["impact"] in ("serious", "critical"):
            says = f"{each['id']} ({each['impact']}), {each['number']} times: {each['first']}"
            faults.add(where, f"{says}; {each['why']}")


def _whole(page: Page, file: Path, where: str, faults: Faults) -> None:
    """A picture of the page from top to bottom; every picture in it is there."""
    for src in page.evaluate(LOAD_ALL):
        faults.add(where, f"a picture cannot be shown: {src}")
    page.screenshot(path=file, full_page=True)


def _fits(page: Page, where: str, faults: Faults) -> None:
    """It is as wide as the window, also where that is narrower, with its texts open and closed."""
    for (width, height), opening in product((PHONE, NARROW), (CLOSE_ALL, OPEN_ALL)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(opening)
        for wide in page.evaluate(WIDER):
            faults.add(where, f"wider than {width} pixels: {wide}")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


def _by_keyboard(page: Page, where: str, faults: Faults) -> None:
    """Tab comes to everything in the order of the page, and where it is can be seen."""
    number: int = page.evaluate(REACHABLE)
    steps = min(number, MOST_TABS)
    for place in range(steps):
        page.keyboard.press("Tab")
        focus: dict[str, Any] = page.evaluate(FOCUSED)
        if focus["place"] != place:
            faults.add(where, f"Tab {place + 1} comes to no. {focus['place'] + 1}: {focus['what']}")
            break
        faults.expect(focus["outlined"], where, f"the focus cannot be seen on {focus['what']}")
        faults.expect(focus["seen"], where, f"the focus is outside the window: {focus['what']}")
    faults.expect(steps >= 1, where, "Tab comes to nothing")
    page.reload()
    page.keyboard.press("Tab")
    faults.expect(
        page.evaluate("document.activeElement.matches('a[href=\"#main\"]')"),
        where, "the first step does not come to the link that skips to the content",
    )  # fmt: skip
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    faults.expect(
        page.evaluate(
            "document.activeElement === document.body"
            " || document.getElementById('main').contains(document.activeElement)"
            " || !document.querySelector('main :is(a, button, summary, [tabindex=\"0\"])')"
        ),
        where, "the link that skips to the content does not take the keyboard there",
    )  # fmt: skip
    folded = page.locator("details:visible > summary")
    if folded.count():
        before = page.locator("details[open]").count()
        folded.first.focus()
        page.keyboard.press("Enter")
        after = page.locator("details[open]").count()
        faults.expect(abs(after - before) == 1, where, "Enter neither opens nor closes a text")


def _printed(page: Page, where: str, texts: Sequence[str], faults: Faults) -> None:
    """As `beforeprint` leaves it: everything can be read, and no control is on the paper."""
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    _lacks(page.locator("body").inner_text(), texts, where, faults)
    no_controls(page, where, faults)
    faults.expect(len(page.pdf()) > 1000, where, "nothing is printed")


def no_controls(page: Page, where: str, faults: Faults) -> None:
    """Nothing on the paper is there to be clicked alone."""
    page.emulate_media(media="print")
    for role in ("search", "navigation"):
        number = page.locator(f"role={role}").count()
        faults.expect(not number, where, f"{number} with the role {role} are printed")


def _lacks(shown: str, texts: Sequence[str], where: str, faults: Faults) -> None:
    squeezed = "".join(shown.split())
    for text in texts:
        if "".join(text.split()) not in squeezed:
            faults.add(where, f"this is missing: {json.dumps(text[:100], ensure_ascii=False)}")
