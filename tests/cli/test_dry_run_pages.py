"""A dry-run of many messages: a first page that is small, pages of at most 500, and an index."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from casekit import TOML
from htmlkit import cards, harmless, read_page, text_of
from uadispatch.views.dry_run import site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from clikit import Cli

HEAD = """\
urgent_action: {number: 46/30, title: A case, country: KZ, deadline: 2199-09-27}
languages: [ru, en]
channels: [email, twitter, facebook]
letter:
  en: {subject: Release A. Person, text: "%s"}
  ru: {subject: Свободу, text: "%s"}
targets:
"""
TARGETS = 400
# Past midnight in Tokyo, and not in London.
NOW = "2199-09-27T16:00Z"


def target(number: int) -> dict[str, Any]:
    """Every 40th stands where the deadline has passed, every 50th has its neighbour's address."""
    shared = number - 1 if number % 50 == 49 else number
    return {
        "id": f"t{number}",
        "name": f"Official {number} </script>\u2019&",
        "role": "Deputy",
        "timezone": "Asia/Tokyo" if number % 40 == 0 else "Europe/London",
        "languages": [["ru"], ["en"], ["de"]][number % 3],
        "email": f"t{shared}@example.org",
        "twitter": f"@official{number}",
        "facebook": f"official.{number}",
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/uadispatch.toml").write_text(TOML)
    file = tmp_path / "ua.yaml"
    texts = ("I write about her. " * 30, "Я пишу о ней. " * 30)
    lines = [f"  - {json.dumps(target(number))}\n" for number in range(TARGETS)]
    file.write_text(HEAD % texts + "".join(lines))
    return file


def index_of(folder: Path) -> Iterator[tuple[int, str, list[Any], list[str]]]:
    """Page, target, row and words, as the page's script is given them."""
    for file in sorted((folder / "search").glob("*.js")):
        found = re.fullmatch(r"dryRunIndex\(\d+,(.*)\);\n", file.read_text("utf-8"), re.DOTALL)
        assert found is not None
        assert "<" not in found[1]
        chunk = json.loads(found[1])
        for page, id_, *_, rows in chunk["targets"]:
            for row in rows:
                yield page, id_, row, chunk["words"]


def test_every_message_stands_once_on_pages_that_a_browser_can_open(file: Path, cli: Cli) -> None:
    folder = file.parent / "page"
    planned = cli("dry-run", file, "--now", NOW, "--html", folder, "--json").json["messages"]
    assert len(planned) == 3 * TARGETS
    assert (folder / "index.html").stat().st_size < 2_000_000
    first = read_page(folder / "index.html")
    harmless(first)

    where: dict[str, str] = {}
    of_target: dict[str, set[str]] = {}
    bodies = {message["key"][:12]: message for message in planned}
    files = sorted((folder / "pages").glob("*.html"))
    assert [each.name for each in files] == ["0001.html", "0002.html", "0003.html"]
    for each in files:
        page = read_page(each)
        harmless(page)
        shown = cards(page)
        assert len(shown) <= 500
        for key, card in shown.items():
            assert key not in where
            where[key] = f"pages/{each.name}#m-{key}"
            of_target.setdefault(bodies[key]["target"], set()).add(each.name)
            if bodies[key]["channel"] == "email":
                assert text_of(page, card) == bodies[key]["body"]
    assert where.keys() == bodies.keys()
    assert {len(names) for names in of_target.values()} == {1}, "a target's messages are together"

    linked = set(first.xpath("//section[@class='look']//a/@href"))
    odd = {key for key, each in bodies.items() if each["state"] == "refused" or each["held"]}
    assert len(odd) > 30
    assert linked == {where[key] for key in odd}

    indexed = {
        row[0]: (page, id_, words[row[1]], words[row[2]], words[row[3]])
        for page, id_, row, words in index_of(folder)
    }
    assert indexed == {
        key: (int(where[key][6:10]), each["target"], each["channel"], each["language"],
              each["state"])
        for key, each in bodies.items()
    }  # fmt: skip


def test_the_first_page_has_a_sample_of_each_kind(file: Path, cli: Cli) -> None:
    folder = file.parent / "page"
    planned = cli("dry-run", file, "--now", NOW, "--html", folder, "--json").json["messages"]
    by_key = {message["key"][:12]: message for message in planned}
    samples = [by_key[key] for key in cards(read_page(folder / "index.html"))]

    def kinds(messages: list[dict[str, Any]]) -> set[object]:
        return {(each["channel"], each["language"], each["template"]) for each in messages} | {
            each["state"] for each in messages
        }

    assert kinds(samples) == kinds(planned)
    assert len(samples) < 20


def test_lines_that_messages_share_are_kept_once_a_page(file: Path, cli: Cli) -> None:
    folder = file.parent / "page"
    cli("dry-run", file, "--now", NOW, "--html", folder)
    for each in (folder / "pages").glob("*.html"):
        assert each.read_text("utf-8").count("I write about her. " * 30) <= 6


def test_pages_lead_to_each_other(file: Path, cli: Cli) -> None:
    folder = file.parent / "page"
    cli("dry-run", file, "--now", NOW, "--html", folder)
    middle = read_page(folder / "pages/0002.html")
    assert set(middle.xpath("//a[@rel='prev']/@href")) == {"0001.html"}
    assert set(middle.xpath("//a[@rel='next']/@href")) == {"0003.html"}
    assert not read_page(folder / "pages/0003.html").xpath("//a[@rel='next']")
    links = read_page(folder / "index.html").xpath("//nav[@class='pages']//a/@href")
    assert links == [f"pages/000{number}.html" for number in (1, 2, 3)]


def test_the_first_page_stays_small_whatever_is_refused(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is refused, and there is room for little of it: the rest is counted."""
    monkeypatch.setattr(site, "LARGEST", 80_000)
    folder = file.parent / "page"
    after = "2199-09-29T16:00Z"
    cli("dry-run", file, "--now", after, "--html", folder)
    assert (folder / "index.html").stat().st_size <= 80_000
    page = read_page(folder / "index.html")
    words = " ".join(page.text_content().split())
    assert "1,200 messages" in words
    assert "search for the state “refused”" in words
    assert page.xpath("//section[@class='look']//a")


def test_a_kind_whose_sample_has_no_room_is_named(
    file: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "LARGEST", 60_000)
    cli("dry-run", file, "--now", NOW, "--html", tmp_path / "page")
    first = read_page(tmp_path / "page/index.html")
    assert (tmp_path / "page/index.html").stat().st_size < 60_000
    kinds = {
        (card.get("data-channel"), card.get("data-language"))
        for number in range(1, 4)
        for card in cards(read_page(tmp_path / f"page/pages/{number:04}.html")).values()
    }
    shown = cards(first).values()
    said = {(card.get("data-channel"), card.get("data-language")) for card in shown}
    links = first.xpath("//ul[@id='more-kinds']//a/@href")
    for href in links:
        place, _, key = href.partition("#m-")
        card = cards(read_page(tmp_path / "page" / place))[key]
        said.add((card.get("data-channel"), card.get("data-language")))
    assert links
    assert said == kinds


def test_few_messages_with_long_texts_are_pages_too(
    file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = file.parent / "page"
    few = ["--target", "t1", "--target", "t2", "--target", "t3"]
    words = cli("dry-run", file, "--now", NOW, *few, "--html", folder, "--json").json
    whole = (folder / "index.html").stat().st_size
    monkeypatch.setattr(site, "LARGEST", whole - 1)
    cli("dry-run", file, "--now", NOW, *few, "--html", folder)
    keys = cards(read_page(folder / "pages/0001.html")).keys()
    assert keys == {message["key"][:12] for message in words["messages"]}
    assert (folder / "index.html").stat().st_size < whole


def test_a_smaller_page_leaves_nothing_of_a_larger_one(file: Path, cli: Cli) -> None:
    folder = file.parent / "page"
    cli("dry-run", file, "--now", NOW, "--html", folder)
    cli("dry-run", file, "--now", NOW, "--target", "t1", "--html", folder)
    assert sorted(path.name for path in folder.iterdir()) == [".uadispatch-page", "index.html"]
