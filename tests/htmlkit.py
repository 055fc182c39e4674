"""Read the pages that were made, as a browser does: what is in them, and what comes from where."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import lxml.html

if TYPE_CHECKING:
    from pathlib import Path

    from lxml.html import HtmlElement

MAY_LINK = ("https://", "tel:", "mailto:", "#", "pictures/", "../pictures/", "pages/", "../index")


def read_page(file: Path) -> HtmlElement:
    return lxml.html.document_fromstring(file.read_bytes().decode())


def cards(page: HtmlElement) -> dict[str, HtmlElement]:
    """The cards of a page by the first digits of their keys."""
    found = page.xpath("//article[contains(@class, 'message')]")
    named = {card.get("id").removeprefix("m-"): card for card in found}
    assert len(named) == len(found), "no key stands twice on a page"
    return named


def text_of(page: HtmlElement, card: HtmlElement) -> str:
    """The text of a card, with the lines that it shares put back as the page's script does."""
    (pre,) = card.xpath(".//div[contains(@class, 'words')]//pre")
    whole = pre.text or ""
    for part in pre:
        if part.tag == "a":
            (kept,) = page.xpath("//*[@id=$id]", id=part.get("href").removeprefix("#"))
            whole += kept.text_content()
        else:
            whole += part.text_content()
        whole += part.tail or ""
    # A browser leaves out the line break right behind the tag.
    return whole.removeprefix("\n")


def skeleton(page: HtmlElement) -> Counter[tuple[str, tuple[str, ...]]]:
    """Each element with the names of its attributes: what no data may add to."""
    return Counter(
        (element.tag, tuple(sorted(element.attrib)))
        for element in page.iter()
        if isinstance(element.tag, str)
    )


def harmless(page: HtmlElement) -> None:
    """Fail unless nothing on the page but the program's own script and style can do anything."""
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none';")
    (script,) = page.xpath("//script")
    (style,) = page.xpath("//style")
    assert script.get("src") is None
    assert f"'nonce-{script.get('nonce')}'" in policy
    assert script.get("nonce") == style.get("nonce")
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        assert element.tag not in {"iframe", "object", "embed", "base", "link", "svg", "math"}
        for name, value in element.attrib.items():
            assert not name.startswith("on"), f"{element.tag} does something {name}"
            assert name != "style"
            if name == "href":
                assert value.startswith(MAY_LINK) or value[:4].isdigit(), value
            if name == "src":
                assert value.startswith(("pictures/", "../pictures/")), value
