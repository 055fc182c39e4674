"""The filter and the search of a dry-run's pages, used as a person does, against what JSON said.

It finds the fields by the words that stand beside them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.sync_api import TimeoutError as Waited

from browser.looking import judge, no_controls
from browser.opening import PHONE, Look, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from browser.looking import Tools
    from browser.opening import Faults

    Message = dict[str, Any]

FIELDS = {"Channel": "channel", "Language": "language", "State": "state"}
"""The fields to choose from, and what each is in JSON."""
CARDS = ".message[id^=m-]"
NOWHERE = "no target is called this"


@dataclass
class Sieve:
    """An opened page that has such a form, and the messages that the page should have."""

    page: Page
    messages: Sequence[Message]
    where: str
    faults: Faults

    def __post_init__(self) -> None:
        self.form = self.page.get_by_role("search")
        self.said = self.form.get_by_role("status")

    def choose(self, label: str, choice: str) -> None:
        """Choose from a field."""
        self._field(label).select_option(choice)

    def ask(self, words: str) -> None:
        """Write into the field for a target."""
        self.form.get_by_label("Target").fill(words)

    def reset(self) -> None:
        """Ask for nothing."""
        self.form.get_by_role("button", name="Reset").click()

    def choices(self, label: str) -> list[str]:
        """What a field offers, but for all."""
        options = self._field(label).locator("option")
        return [
            found for found in options.evaluate_all("(all) => all.map((o) => o.value)") if found
        ]

    def _field(self, label: str) -> Locator:
        return self.form.get_by_role("combobox", name=label, exact=True)

    def counts(self, number: int, when: str) -> None:
        """The form says that so many are found."""
        try:
            said = re.compile(rf"^\s*{number:,}\b")
            self.form.get_by_role("status").filter(has_text=said).wait_for(timeout=5_000)
        except Waited:
            says = f"it says {self.said.inner_text()!r}, and should say {number:,}"
            self.faults.add(f"{self.where}, {when}", says)

    def shows(self, holds: Callable[[Message], bool], when: str) -> None:
        """Exactly the messages of which this holds can be seen, and are counted."""
        wanted = {str(each["key"])[:12] for each in self.messages if holds(each)}
        self.counts(len(wanted), when)
        cards = self.page.locator(f"{CARDS}:visible")
        found = cards.evaluate_all("(all) => all.map((each) => each.id.slice(2))")
        says = f"too many {sorted(set(found) - wanted)}, missing {sorted(wanted - set(found))}"
        self.faults.expect(set(found) == wanted, f"{self.where}, {when}", says)
        self.faults.expect(len(set(found)) == len(found), f"{self.where}, {when}", "a card twice")


def everything(_: Message) -> bool:
    """Of every message."""
    return True


def sift(
    browser: Browser, file: Path, name: str, messages: Sequence[Message], faults: Faults
) -> None:
    """Every choice of every field, words, both at once, the reset, the fold, and the address."""
    with opened(browser, file, name, faults) as page:
        sieve = Sieve(page, messages, name, faults)
        sieve.shows(everything, "as it opens")
        for label, key in FIELDS.items():
            there, offered = {str(each[key]) for each in messages}, sieve.choices(label)
            says = f"{label} offers {sorted(offered)}, and there are {sorted(there)}"
            faults.expect(there <= set(offered), name, says)
            for choice in offered:
                sieve.choose(label, choice)
                sieve.shows(partial(_is, key=key, choice=choice), f"{label} is {choice}")
            sieve.reset()
            sieve.shows(everything, f"reset after {label}")
        _words(sieve)
        _fold(sieve)
        one = messages[-1]
        sieve.ask(one["target"])
        sieve.shows(partial(_named, words=one["target"]), "a target")
        sieve.choose("Channel", one["channel"])
        both = lambda each: (each["channel"], each["target"]) == (one["channel"], one["target"])  # noqa: E731
        sieve.shows(both, "a channel and a target")
        place = urlsplit(page.url).fragment
    faults.expect(place, name, "the address does not keep what is asked for")
    for look in (Look(), Look(PHONE)):
        with opened(browser, file, name, faults, look, f"#{place}") as page:
            again = Sieve(page, messages, f"{name} ({look.name})", faults)
            again.shows(both, f"opened at #{place}")
            again.reset()
            again.shows(everything, "reset after its address")
    with opened(browser, file, name, faults, place=f"#m-{str(one['key'])[:12]}") as page:
        card = page.locator(f"#m-{str(one['key'])[:12]}")
        faults.expect(_in_view(page, card), name, "the address of a message does not show it")
    with opened(browser, file, name, faults, place="#50%") as page:
        Sieve(page, messages, name, faults).shows(everything, "opened at an address cut off")


def _is(message: Message, key: str, choice: str) -> bool:
    return bool(message[key] == choice or (key == "state" and choice == "held" and message["held"]))


def _named(message: Message, words: str) -> bool:
    return words in message["target"]


def _words(sieve: Sieve) -> None:
    for target in dict.fromkeys(each["target"] for each in sieve.messages):
        sieve.ask(target.upper())
        sieve.shows(partial(_named, words=target), f"words: {target.upper()}")
    sieve.ask(NOWHERE)
    sieve.shows(lambda _: False, "words that nothing has")
    sieve.faults.expect(
        sieve.page.get_by_text("No message is like that.").is_visible(),
        sieve.where, "nothing is found, and it does not say so",
    )  # fmt: skip
    sieve.reset()
    sieve.shows(everything, "reset after words")


def _fold(sieve: Sieve) -> None:
    """All texts are closed and opened by one button, which says what it will do."""
    texts = sieve.page.locator("details.seen")
    before = texts.locator("xpath=self::*[@open]").count()
    sieve.form.get_by_role("button", name="Close all texts").click()
    left = texts.locator("xpath=self::*[@open]").count()
    sieve.form.get_by_role("button", name="Open all texts").click()
    after = texts.locator("xpath=self::*[@open]").count()
    numbers = (before, left, after)
    says = f"open texts as it opens, closed, opened: {numbers}"
    sieve.faults.expect(before and (left, after) == (0, before), sieve.where, says)


def _in_view(page: Page, card: Any) -> bool:
    card.wait_for(state="visible")
    box = card.bounding_box()
    return bool(box and -1 <= box["y"] < page.viewport_size["height"])


def search(
    tools: Tools, file: Path, name: str, messages: Sequence[Message], faults: Faults
) -> None:
    """The first of several pages: the index is searched, and leads to a card of the last page."""
    one = messages[-1]
    key = str(one["key"])[:12]
    with opened(tools.browser, file, name, faults) as page:
        sieve = Sieve(page, messages, name, faults)
        for label, field in FIELDS.items():
            for choice in sieve.choices(label):
                sieve.choose(label, choice)
                number = sum(_is(each, field, choice) for each in messages)
                sieve.counts(number, f"{label} is {choice}")
            sieve.reset()
        sieve.ask(NOWHERE)
        sieve.counts(0, "words that nothing has")
        sieve.ask(one["target"])
        sieve.counts(1, f"words: {one['target']}")
        place = urlsplit(page.url).fragment
        page.get_by_role("link", name=f"{one['target']}/{one['channel']}").first.click()
        page.wait_for_url(f"**/*#m-{key}")
        card = page.locator(f"#m-{key}")
        faults.expect(_in_view(page, card), name, "the card that was searched for is not in view")
        last = page.url.partition("#")[0]
        faults.expect(last != file.as_uri(), name, "the last target stands on the first page")
    with opened(tools.browser, file, name, faults, place=f"#{place}") as page:
        Sieve(page, messages, name, faults).counts(1, f"opened at #{place}")
    _leaf(tools, file, name, messages, faults)


def _leaf(tools: Tools, file: Path, name: str, messages: Sequence[Message], faults: Faults) -> None:
    """From page to page by their links: each message has its card, once."""
    found: list[str] = []
    with opened(tools.browser, file, name, faults) as page:
        pages = page.get_by_role("navigation", name="Pages").first.get_by_role("link").all()
        addresses = [each.evaluate("(link) => link.href") for each in pages]
    folder = file.parent
    for number, address in enumerate(addresses, 1):
        there = folder / urlsplit(address).path.removeprefix(f"{folder.as_posix()}/")
        with opened(tools.browser, there, f"{name}, page {number}", faults, within=folder) as page:
            ids = page.locator(CARDS).evaluate_all("(all) => all.map((e) => e.id)")
            says = f"{len(ids)} messages on one page"
            faults.expect(0 < len(ids) <= 500, f"{name}, page {number}", says)
            found += [each[2:] for each in ids]
            if number < len(addresses):
                page.get_by_role("link", name=re.compile("next", re.IGNORECASE)).first.click()
                faults.expect(
                    page.url.partition("#")[0] == addresses[number],
                    f"{name}, page {number}", f"the link to the next page leads to {page.url}",
                )  # fmt: skip
            else:  # the shortest, for it takes time
                judge(page, tools.axe, f"{name}, page {number}", faults)
                no_controls(page, f"{name}, page {number}, printed", faults)
    wanted = sorted(str(each["key"])[:12] for each in messages)
    says = f"{len(found)} cards on {len(addresses)} pages for {len(wanted)} messages"
    faults.expect(sorted(found) == wanted, name, says)
